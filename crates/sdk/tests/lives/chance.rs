//! Numbers that a seed decides.

/// `SplitMix64` (Steele, Lea and Flood, 2014): small, and the same everywhere.
pub(super) struct Chance(u64);

impl Chance {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// True once in `times`.
    pub(super) fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    pub(super) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.below(choices.len() as u64)).unwrap()]
    }

    /// The secret of a key.
    pub(super) fn secret(&mut self) -> [u8; 32] {
        let mut secret = [0; 32];
        for eight in secret.chunks_exact_mut(8) {
            eight.copy_from_slice(&self.next().to_le_bytes());
        }
        secret
    }

    /// Seconds between a minute and forty days, short ones as often as long ones.
    pub(super) fn while_passing(&mut self) -> i64 {
        let scale = self.pick(&[60, 3_600, 86_400, 10 * 86_400]);
        scale + i64::try_from(self.below(3)).unwrap() * scale
    }
}
