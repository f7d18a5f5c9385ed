//! How relevant messages are to what was looked for (RFC 6203, 4): by how strongly each has the words that were meant, and by
//! how rare these are in the account, as far as its index has got.

/// What was learnt of the messages that were given: one sum for each, however many words are looked for.
#[derive(Debug, Default)]
pub(super) struct Relevance {
    /// How rare each word is; known once the first message is given.
    rarities: Vec<u32>,
    sums: Vec<u32>,
}

impl Relevance {
    /// Whether no message was given yet.
    pub(super) fn is_empty(&self) -> bool {
        self.sums.is_empty()
    }

    /// Says how rare each word is; to be said before the first message.
    pub(super) fn weigh_by(&mut self, rarities: Vec<u32>) {
        self.rarities = rarities;
    }

    /// Another message is given, which has each word as strongly as this.
    pub(super) fn add(&mut self, strengths: &[u8]) {
        let products = strengths
            .iter()
            .zip(&self.rarities)
            .map(|(strength, rarity)| u32::from(*strength).saturating_mul(*rarity));
        self.sums.push(products.fold(0, u32::saturating_add));
    }

    /// From 1 to 100, which the most relevant ones have.
    pub(super) fn scores(&self) -> Vec<u8> {
        let most = u64::from(self.sums.iter().copied().max().unwrap_or(0));
        let score = |sum: &u32| match u64::from(*sum).saturating_mul(99).checked_div(most) {
            None => 100,
            Some(part) => u8::try_from(part).unwrap_or(99).saturating_add(1),
        };
        self.sums.iter().map(score).collect()
    }
}

/// How much a word that so many of the messages have says: about a hundred for each time that half of them lack it.
pub(super) fn rarity(messages: u64, having: u64) -> u32 {
    let times = messages.saturating_add(1).checked_div(having.max(1)).unwrap_or(1).max(1);
    // The logarithm to the base of two, with the part behind the point read from the next bits.
    let whole = times.ilog2();
    let above = times.saturating_sub(1_u64.checked_shl(whole).unwrap_or(0));
    let part = above.saturating_mul(100) >> whole;
    whole.saturating_mul(100).saturating_add(u32::try_from(part).unwrap_or(99)).max(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores<const WORDS: usize>(rarities: &[u32], messages: &[[u8; WORDS]]) -> Vec<u8> {
        let mut relevance = Relevance::default();
        relevance.weigh_by(rarities.to_vec());
        messages.iter().for_each(|strengths| relevance.add(strengths));
        relevance.scores()
    }

    #[test]
    fn rare_words_in_weighty_places_count_most() {
        let messages = [[60, 12], [12, 60], [12, 0], [0, 0]];
        assert_eq!(scores(&[100, 300], &messages), [50, 100, 7, 1]);
        assert_eq!(scores(&[100, 100], &messages), [100, 100, 17, 1]);
    }

    #[test]
    fn where_nothing_tells_messages_apart_all_are_equal() {
        assert!(scores::<0>(&[], &[]).is_empty());
        assert_eq!(scores(&[], &[[], []]), [100, 100]);
    }

    #[test]
    fn what_is_held_of_a_message_does_not_grow_with_the_words() {
        let mut relevance = Relevance::default();
        relevance.weigh_by(vec![100; 8_000]);
        (0..1_000_u16).for_each(|_| relevance.add(&[12; 8_000]));
        let held = (relevance.sums.capacity() + relevance.rarities.capacity()) * size_of::<u32>();
        assert!(held <= (1_024 + 8_000) * size_of::<u32>(), "{held} octets");
        assert_eq!(relevance.scores(), [100; 1_000]);
    }

    #[test]
    fn the_rarer_a_word_the_more_it_says() {
        let rarities = [1_000, 500, 100, 10, 1, 0].map(|having| rarity(1_000, having));
        assert_eq!(rarities, [10, 100, 325, 656, 995, 995]);
    }
}
