//! Numbers that look random and are the same for the same seed.

/// A source of numbers (SplitMix64).
#[derive(Clone, Debug)]
pub struct Dice {
    state: u64,
}

impl Dice {
    /// The numbers that belong to a seed.
    pub fn new(seed: u64) -> Dice {
        Dice { state: seed }
    }

    /// The next number.
    #[expect(clippy::should_implement_trait, reason = "not an iterator: it never ends")]
    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below this one; 0 if it is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        let number = self.next();
        number.checked_rem(end).unwrap_or(0)
    }

    /// Says yes in so many of a hundred cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of these; none if there are none.
    pub fn one_of<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        let index = self.below(u64::try_from(of.len()).unwrap_or(u64::MAX));
        of.get(usize::try_from(index).unwrap_or(usize::MAX))
    }

    /// A seed for something else, so that it does not shift the numbers here.
    pub fn fork(&mut self) -> Dice {
        Dice::new(self.next())
    }
}
