//! A set of messages of one session, by their indexes: one bit each, and nothing as long as it is empty.

/// Some messages.
#[derive(Default)]
pub(crate) struct Marks {
    bits: Vec<u64>,
    len: usize,
}

impl Marks {
    const WORD_BITS: usize = 64;

    /// How many messages are in it.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Whether a message is in it.
    pub(crate) fn contains(&self, index: usize) -> bool {
        let word = self.bits.get(index / Marks::WORD_BITS).copied().unwrap_or(0);
        word >> (index % Marks::WORD_BITS) & 1 == 1
    }

    /// Puts a message into it.
    pub(crate) fn set(&mut self, index: usize) {
        if self.contains(index) {
            return;
        }
        let word = index / Marks::WORD_BITS;
        if word >= self.bits.len() {
            self.bits.resize(word.saturating_add(1), 0);
        }
        if let Some(word) = self.bits.get_mut(word) {
            *word |= 1 << (index % Marks::WORD_BITS);
            self.len = self.len.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Marks;

    #[test]
    fn each_message_is_in_it_once() {
        let mut marks = Marks::default();
        for index in [0, 63, 64, 100_000, 64, 0] {
            marks.set(index);
        }
        assert_eq!(marks.len(), 4);
        assert!([0, 63, 64, 100_000].iter().all(|index| marks.contains(*index)));
        assert!([1, 62, 65, 99_999, 100_001, 1 << 40].iter().all(|index| !marks.contains(*index)));
    }
}
