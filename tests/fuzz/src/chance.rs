//! Chance from a seed: the same seed, target and run draw the same case, on every machine.

use fastrand::Rng;

/// A source of draws.
pub struct Chance(Rng);

impl Chance {
    /// The draws of one run of a target.
    pub fn of(seed: u64, target: &str, run: u64) -> Self {
        let name = target.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        });
        let mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ run.wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ name;
        let mut rng = Rng::with_seed(mixed);
        // Seeds that differ in few bits draw alike at first.
        for _ in 0..8 {
            rng.u64(..);
        }
        Self(rng)
    }

    /// A number below `end`, which is not zero.
    pub fn below(&mut self, end: usize) -> usize {
        self.0.usize(..end)
    }

    /// True once in so many times.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    pub fn number(&mut self) -> u64 {
        self.0.u64(..)
    }

    pub fn byte(&mut self) -> u8 {
        self.0.u8(..)
    }

    pub fn float(&mut self) -> f64 {
        self.0.f64()
    }

    /// Letters and digits.
    pub fn word(&mut self, length: usize) -> String {
        (0..length).map(|_| self.0.alphanumeric()).collect()
    }

    /// A character from anywhere in Unicode.
    pub fn character(&mut self) -> char {
        self.0.char(..)
    }
}
