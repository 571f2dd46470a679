//! Several reductions in one.

use super::Reducer;
use crate::error::Result;

macro_rules! tuple {
    ($($reducer:ident $place:tt),*) => {
        impl<A, $($reducer: Reducer<A>),*> Reducer<A> for ($($reducer,)*) {
            type State = ($($reducer::State,)*);
            type Output = ($($reducer::Output,)*);
            const NAME: &'static str = "several reductions";
            const POSITIONED: bool = $($reducer::POSITIONED)||*;

            fn start(&self) -> Self::State {
                ($(self.$place.start(),)*)
            }

            fn add(&self, state: &mut Self::State, position: usize, values: &[A]) {
                $(self.$place.add(&mut state.$place, position, values);)*
            }

            fn merge(&self, state: &mut Self::State, other: Self::State) {
                $(self.$place.merge(&mut state.$place, other.$place);)*
            }

            fn finish(&self, state: Self::State) -> Result<Self::Output> {
                Ok(($(self.$place.finish(state.$place)?,)*))
            }
        }
    };
}

tuple!(R0 0, R1 1);
tuple!(R0 0, R1 1, R2 2);
tuple!(R0 0, R1 1, R2 2, R3 3);
tuple!(R0 0, R1 1, R2 2, R3 3, R4 4);
tuple!(R0 0, R1 1, R2 2, R3 3, R4 4, R5 5);
