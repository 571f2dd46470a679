//! The datatype of elements of which only some patterns of bits are values.

/// Makes a type an [`Element`](crate::Element) of which `bytemuck` knows the bits: an enumeration, most of all.
///
/// It is sent as the number that [`CheckedBitPattern`](bytemuck::CheckedBitPattern) says it is stored as; what arrives
/// and is no value of it is an error, as of every element. In files such types need `hdf5::H5Type` as well.
///
/// ```
/// use bytemuck::CheckedBitPattern;
///
/// #[derive(Debug, Clone, Copy, PartialEq, Default, CheckedBitPattern)]
/// #[repr(u8)]
/// enum Phase {
///     #[default]
///     Solid = 1,
///     Liquid = 2,
///     Gas = 7,
/// }
/// partita::element!(Phase);
///
/// # fn is_element<A: partita::Element>() {}
/// # is_element::<Phase>();
/// ```
///
/// A type without such a promise has none to be held to:
///
/// ```compile_fail
/// #[derive(Debug, Clone, Copy, PartialEq, Default)]
/// #[repr(u8)]
/// enum Phase {
///     #[default]
///     Solid = 1,
/// }
/// partita::element!(Phase);
/// ```
#[macro_export]
macro_rules! element {
    ($type:ty) => {
        // SAFETY: `CheckedBitPattern` promises that a value of the type lies in memory as one of its `Bits`.
        unsafe impl $crate::of_element::Equivalence for $type {
            type Out = <<$type as $crate::of_element::CheckedBitPattern>::Bits as $crate::of_element::Equivalence>::Out;

            fn equivalent_datatype() -> Self::Out {
                <<$type as $crate::of_element::CheckedBitPattern>::Bits as $crate::of_element::Equivalence>::equivalent_datatype()
            }
        }
    };
}
