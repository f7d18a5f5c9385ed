//! How relevant messages are to what was looked for (RFC 6203, 4): by how strongly each has the words that were meant, and by
//! how rare these are in the account, as far as its index has got.

/// What was learnt of the messages that were given.
#[derive(Debug, Default)]
pub(super) struct Relevance {
    /// How strongly each has each word, one message behind the other.
    strengths: Vec<u8>,
    messages: usize,
}

impl Relevance {
    /// Another message is given; how strongly it has each word is added to what this gives.
    pub(super) fn next(&mut self) -> &mut Vec<u8> {
        self.messages = self.messages.saturating_add(1);
        &mut self.strengths
    }

    /// From 1 to 100, which the most relevant ones have.
    pub(super) fn scores(&self, rarities: &[u32]) -> Vec<u8> {
        let sum = |strengths: &[u8]| {
            let products = strengths
                .iter()
                .zip(rarities)
                .map(|(strength, rarity)| u64::from(*strength).saturating_mul(u64::from(*rarity)));
            products.fold(0, u64::saturating_add)
        };
        let sums: Vec<u64> = match rarities.len() {
            0 => vec![0; self.messages],
            words => self.strengths.chunks(words).map(sum).collect(),
        };
        let most = sums.iter().copied().max().unwrap_or(0);
        let score = |sum: u64| match sum.saturating_mul(99).checked_div(most) {
            None => 100,
            Some(part) => u8::try_from(part).unwrap_or(99).saturating_add(1),
        };
        sums.into_iter().map(score).collect()
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

    #[test]
    fn rare_words_in_weighty_places_count_most() {
        let mut relevance = Relevance::default();
        for strengths in [[60, 12], [12, 60], [12, 0], [0, 0]] {
            relevance.next().extend(strengths);
        }
        assert_eq!(relevance.scores(&[100, 300]), [50, 100, 7, 1]);
        assert_eq!(relevance.scores(&[100, 100]), [100, 100, 17, 1]);
    }

    #[test]
    fn where_nothing_tells_messages_apart_all_are_equal() {
        let mut relevance = Relevance::default();
        assert_eq!(relevance.scores(&[]), []);
        relevance.next();
        relevance.next();
        assert_eq!(relevance.scores(&[]), [100, 100]);
    }

    #[test]
    fn the_rarer_a_word_the_more_it_says() {
        let rarities = [1_000, 500, 100, 10, 1, 0].map(|having| rarity(1_000, having));
        assert_eq!(rarities, [10, 100, 325, 656, 995, 995]);
    }
}
