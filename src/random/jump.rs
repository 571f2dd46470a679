//! Jumping ahead in xoshiro256: polynomials over GF(2) modulo the generator's characteristic one.
//!
//! One step of the generator is a linear map of its 256 bits of state. A map satisfies its own
//! characteristic polynomial, so that e steps are the remainder of x^e modulo that polynomial, evaluated at
//! the map: 256 steps and as many additions, however large e is.
//!
//! Source: H. Haramoto, M. Matsumoto, T. Nishimura, F. Panneton and P. L'Ecuyer, *Efficient jump ahead for
//! F₂-linear random number generators*, INFORMS Journal on Computing 20 (2008); the generator and the
//! distances 2^128 and 2^192: D. Blackman and S. Vigna, *Scrambled linear pseudorandom number generators*,
//! ACM Transactions on Mathematical Software 47 (2021).

use std::sync::LazyLock;

use super::lanes::WORDS;

/// The bits of the generator's state.
const DEGREE: usize = 64 * WORDS;

/// The characteristic polynomial without its leading x^256, the lowest coefficients first. A test
/// holds it against the generator.
const CHARACTERISTIC: [u64; WORDS] = [
    0x9d11_6f2b_b0f0_f001,
    0x0280_002b_cefd_1a5e,
    0x04b4_edcf_2625_9f85,
    0x0003_c03c_3f3e_cb19,
];

/// The steps from one stream to the next, as an exponent of 2.
const STREAM_EXPONENT: usize = 128;

/// A polynomial modulo the characteristic one: a distance to jump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jump([u64; WORDS]);

/// x^(2^(128 + k)): the distances from which that to any stream is multiplied together.
static DOUBLINGS: LazyLock<[Jump; 128]> = LazyLock::new(|| {
    let one_step = Jump([2, 0, 0, 0]);
    let mut power = (0..STREAM_EXPONENT).fold(one_step, |power, _| power.times(power));
    std::array::from_fn(|_| {
        let here = power;
        power = power.times(power);
        here
    })
});

impl Jump {
    /// No step at all.
    const NONE: Jump = Jump([1, 0, 0, 0]);

    /// Over `streams` streams of 2^128 steps and `families` families of 2^192.
    pub fn over(streams: u64, families: u64) -> Self {
        let bits = u128::from(families) << 64 | u128::from(streams);
        (0..128)
            .filter(|bit| bits >> bit & 1 == 1)
            .fold(Jump::NONE, |jump, bit| jump.times(DOUBLINGS[bit]))
    }

    /// Its coefficients, the lowest first.
    pub fn coefficients(&self) -> &[u64; WORDS] {
        &self.0
    }

    /// The one distance after the other: the product of the polynomials.
    fn times(self, other: Jump) -> Self {
        let mut product = [0; WORDS];
        for bit in (0..DEGREE).rev() {
            let carry = shift_left(&mut product);
            add_if(&mut product, &CHARACTERISTIC, carry);
            add_if(&mut product, &self.0, other.0[bit / 64] >> (bit % 64) & 1);
        }
        Jump(product)
    }
}

/// Multiplies by x; returns the coefficient of x^256.
fn shift_left(polynomial: &mut [u64; WORDS]) -> u64 {
    let mut carry = 0;
    for word in polynomial {
        let above = *word >> 63;
        *word = *word << 1 | carry;
        carry = above;
    }
    carry
}

/// Adds `other` if `condition` is 1, without a branch that could not be predicted.
fn add_if(polynomial: &mut [u64; WORDS], other: &[u64; WORDS], condition: u64) {
    let mask = condition.wrapping_neg();
    for (word, other) in polynomial.iter_mut().zip(other) {
        *word ^= other & mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::lanes::State;

    #[test]
    fn the_published_jumps_are_powers_of_one_step() {
        let jump = [
            0x180e_c6d3_3cfd_0aba,
            0xd5a6_1266_f0c9_392c,
            0xa958_2618_e03f_c9aa,
            0x39ab_dc45_29b1_661c,
        ];
        let long_jump = [
            0x76e1_5d3e_fefd_cbbf,
            0xc500_4e44_1c52_2fb3,
            0x7771_0069_854e_e241,
            0x3910_9bb0_2acb_e635,
        ];
        assert_eq!(Jump::over(1, 0), Jump(jump));
        assert_eq!(Jump::over(0, 1), Jump(long_jump));
        assert_eq!(Jump::over(0, 0), Jump::NONE);
    }

    #[test]
    fn the_generator_satisfies_its_characteristic_polynomial() {
        for word in 0..WORDS {
            let mut start = [[0]; WORDS];
            start[word] = [0x1234_5678_9abc_def1];
            let (mut there, mut sum) = (State::<1>(start), State::<1>(start));
            sum.jump(&Jump(CHARACTERISTIC));
            for _ in 0..DEGREE {
                there.next_outputs();
            }
            assert_eq!(sum, there);
        }
    }
}
