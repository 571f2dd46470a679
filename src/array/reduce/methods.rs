//! Methods of [`Reductions`](super::Reductions) that differ in a word or two.

macro_rules! extremes {
    ($($method:ident $axis_method:ident $reducer:ident $what:literal),*) => {
        $(
            #[doc = concat!("The ", $what, ". *Collective.*")]
            ///
            /// # Cost
            /// One pass over the part, and one all-reduce of a number.
            ///
            /// # Errors
            /// [`Error::Shape`], on every rank, when there is none.
            #[track_caller]
            fn $method(&self) -> Result<Self::Element>
            where
                Self::Element: Ordered,
            {
                self.reduce_by(&$reducer)
            }

            #[doc = concat!("[`", stringify!($method), "`](Self::", stringify!($method), ") along an axis, as \
                [`reduce_axis_by`](Self::reduce_axis_by) has it. *Collective.*")]
            ///
            /// # Errors
            /// As there.
            #[track_caller]
            fn $axis_method(&self, axis: usize) -> Result<Reduced<Self, Self::Element>>
            where
                Self::Dim: Along,
                Self::Element: Ordered,
            {
                self.reduce_axis_by(axis, &$reducer)
            }
        )*
    };
}

macro_rules! places {
    ($($method:ident $axis_method:ident $reducer:ident $what:literal),*) => {
        $(
            #[doc = concat!("The global index of the ", $what, "; of several the first, in C order. *Collective.*")]
            ///
            /// # Cost
            /// One pass over the part, and one all-reduce of two numbers.
            ///
            /// # Errors
            /// [`Error::Shape`], on every rank, when there is none.
            #[track_caller]
            fn $method(&self) -> Result<<Self::Dim as Axes>::Index>
            where
                Self::Element: Ordered,
            {
                let position = self.reduce_by(&$reducer)?;
                Ok(super::extreme::index_of::<Self::Dim>(self.layout().shape(), position))
            }

            #[doc = concat!("[`", stringify!($method), "`](Self::", stringify!($method), ") along an axis: indices \
                along it, as [`reduce_axis_by`](Self::reduce_axis_by) has it. *Collective.*")]
            ///
            /// # Errors
            /// As there.
            #[track_caller]
            fn $axis_method(&self, axis: usize) -> Result<Reduced<Self, usize>>
            where
                Self::Dim: Along,
                Self::Element: Ordered,
            {
                self.reduce_axis_by(axis, &$reducer)
            }
        )*
    };
}

macro_rules! norms {
    ($($method:ident $axis_method:ident $reducer:ident $what:literal),*) => {
        $(
            #[doc = concat!($what, ", in f64. *Collective.*")]
            ///
            /// A NaN among the elements is the result; of no elements it is zero.
            ///
            /// # Cost
            /// One pass over the part, and one all-reduce of some 100 bytes.
            #[track_caller]
            fn $method(&self) -> Result<f64>
            where
                Self::Element: Normed,
            {
                self.reduce_by(&$reducer)
            }

            #[doc = concat!("[`", stringify!($method), "`](Self::", stringify!($method), ") along an axis, as \
                [`reduce_axis_by`](Self::reduce_axis_by) has it. *Collective.*")]
            ///
            /// # Errors
            /// As there.
            #[track_caller]
            fn $axis_method(&self, axis: usize) -> Result<Reduced<Self, f64>>
            where
                Self::Dim: Along,
                Self::Element: Normed,
            {
                self.reduce_axis_by(axis, &$reducer)
            }
        )*
    };
}

macro_rules! sums_along {
    ($($method:ident $whole:ident $reducer:expr),*) => {
        $(
            #[doc = concat!("[`", stringify!($whole), "`](Self::", stringify!($whole), ") along an axis, as \
                [`reduce_axis_by`](Self::reduce_axis_by) has it. *Collective.*")]
            ///
            /// # Errors
            /// As there.
            #[track_caller]
            fn $method(&self, axis: usize) -> Result<Reduced<Self, Self::Element>>
            where
                Self::Dim: Along,
                Self::Element: Summable,
            {
                self.reduce_axis_by(axis, &$reducer)
            }
        )*
    };
}

pub(super) use {extremes, norms, places, sums_along};
