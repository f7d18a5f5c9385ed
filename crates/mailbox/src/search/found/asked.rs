//! What is known about one key of a search from the words of the account.

use words::{Alike, Close, Numbers, Pattern, Term};

use crate::index::{Field, Segment};
use crate::search::fuzzy::{self, has_all};
use crate::search::key::{Key, Says};

/// A key the words are asked about.
pub(super) struct Asked {
    /// Its place in the plan.
    pub(super) key: usize,
    pub(super) fields: &'static [Field],
    what: What,
    /// The emails that may match. By their numbers.
    may: Numbers,
}

enum What {
    /// A text as it is.
    Text {
        needle: Box<words::Needle>,
        says: Says,
        /// The emails that match.
        sure: Numbers,
    },
    /// Words in any form: how strongly each email has each.
    Terms { terms: Vec<Term>, strengths: Vec<Vec<u8>> },
}

impl Asked {
    /// None: words say nothing about the key.
    pub(super) fn by(at: usize, key: &Key) -> Option<Asked> {
        let (fields, what) = if let Key::Fuzzy(meant) = key {
            (meant.fields, What::Terms { terms: meant.terms.clone(), strengths: Vec::new() })
        } else {
            let (fields, needle, says) = key.asks()?;
            let needle = Box::new(needle.in_words().and_then(words::Needle::new)?);
            (fields, What::Text { needle, says, sure: Numbers::default() })
        };
        Some(Asked { key: at, fields, what, may: Numbers::default() })
    }

    /// What the answers about emails below a bound take in memory, in octets.
    pub(super) fn held_octets(&self, bound: u32) -> u64 {
        let bound = u64::from(bound);
        match &self.what {
            What::Text { .. } => bound / 4,
            What::Terms { terms, .. } => {
                let terms = u64::try_from(terms.len()).unwrap_or(u64::MAX);
                bound.saturating_mul(terms).saturating_add(bound / 8)
            }
        }
    }

    /// Knows nothing of emails below a bound.
    pub(super) fn begin(&mut self, bound: u32) {
        self.may = Numbers::none(bound);
        match &mut self.what {
            What::Text { sure, .. } => *sure = Numbers::none(bound),
            What::Terms { terms, strengths } => {
                let emails = usize::try_from(bound).unwrap_or(usize::MAX);
                *strengths = vec![vec![0; emails]; terms.len()];
            }
        }
    }

    /// An email has to be asked itself.
    pub(super) fn doubt(&mut self, email: u32) {
        self.may.insert(email);
    }

    /// The patterns to look for: the sure one, then those that are needed.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        let needle = match &self.what {
            What::Text { needle, .. } => Some(needle),
            What::Terms { .. } => None,
        };
        needle.into_iter().flat_map(|needle| needle.sure.iter().chain(&needle.needed))
    }

    /// The words to look for in whatever form.
    pub(super) fn terms(&self) -> &[Term] {
        match &self.what {
            What::Text { .. } => &[],
            What::Terms { terms, .. } => terms,
        }
    }

    /// Takes what was found of its patterns and terms in a field of a segment.
    pub(super) fn take(
        &mut self,
        (segment, field): (&Segment, Field),
        found: &mut impl Iterator<Item = Numbers>,
        alike: &mut impl Iterator<Item = Alike>,
    ) {
        let first = super::number(segment.first);
        let put = |from: &Numbers, into: &mut Numbers| {
            from.iter().for_each(|number| into.insert(number.saturating_add(first)));
        };
        match &mut self.what {
            What::Text { needle, says, sure } => {
                let surely = needle.sure.as_ref().and_then(|_| found.next());
                let mut all: Option<Numbers> = None;
                for more in found.by_ref().take(needle.needed.len()) {
                    match &mut all {
                        Some(all) => all.retain(&more),
                        None => all = Some(more),
                    }
                }
                if let Some(surely) = &surely {
                    put(surely, if *says == Says::All { sure } else { &mut self.may });
                }
                all.iter().for_each(|all| put(all, &mut self.may));
            }
            What::Terms { strengths, .. } => {
                for (strengths, mut alike) in strengths.iter_mut().zip(alike) {
                    alike.form.remove(&alike.same);
                    for (close, numbers) in [(Close::Same, alike.same), (Close::Form, alike.form)] {
                        let more = fuzzy::strength(field, close);
                        for number in numbers.iter() {
                            let at = usize::try_from(number.saturating_add(first));
                            if let Some(strength) = strengths.get_mut(at.unwrap_or(usize::MAX)) {
                                *strength = strength.saturating_add(more);
                            }
                        }
                    }
                }
            }
        }
    }

    /// Whether an email matches. None: it has to be asked.
    pub(super) fn answer(&self, email: u32) -> Option<bool> {
        match &self.what {
            What::Text { sure, .. } if sure.contains(email) => Some(true),
            What::Terms { strengths, .. } if !self.may.contains(email) => {
                let mut all = strengths.iter().map(|strengths| strength_of(strengths, email));
                Some(all.all(|strength| has_all(&[strength])))
            }
            What::Text { .. } | What::Terms { .. } => {
                if self.may.contains(email) {
                    None
                } else {
                    Some(false)
                }
            }
        }
    }

    /// Adds how strongly an email has each word; says whether that is known.
    pub(super) fn weigh(&self, email: u32, into: &mut Vec<u8>) -> bool {
        let What::Terms { strengths, .. } = &self.what else { return false };
        let is_known = !self.may.contains(email);
        if is_known {
            into.extend(strengths.iter().map(|strengths| strength_of(strengths, email)));
        }
        is_known
    }

    /// How many emails have each word.
    pub(super) fn having(&self) -> Vec<u64> {
        let What::Terms { strengths, .. } = &self.what else { return Vec::new() };
        let count = |strengths: &Vec<u8>| {
            let having = strengths.iter().filter(|strength| **strength > 0).count();
            u64::try_from(having).unwrap_or(u64::MAX)
        };
        strengths.iter().map(count).collect()
    }
}

fn strength_of(strengths: &[u8], email: u32) -> u8 {
    let at = usize::try_from(email).unwrap_or(usize::MAX);
    strengths.get(at).copied().unwrap_or(0)
}
