//! A word as people mean it: whatever its ending, in English and Portuguese, and with or without diacritics.

use icu_normalizer::ComposingNormalizerBorrowed;
use rust_stemmers::{Algorithm, Stemmer};

use crate::Numbers;
use crate::bare::bare;
use crate::runs::{Kind, each_word, runs};

/// Of a text with more words only the longest are asked for.
const TERMS_MAX: usize = 8;
/// Nothing longer than this has an ending that is looked at.
const STEMMED_OCTETS_MAX: usize = 40;
/// So many characters at the beginning are the same in all forms of a word.
const SAME_CHARACTERS: usize = 3;

/// A word that is meant.
#[derive(Clone, Debug)]
pub struct Term {
    kind: TermKind,
}

#[derive(Clone, Debug)]
enum TermKind {
    /// What stands between joiners, one behind the other: `e-mail` has two.
    Word(Vec<Part>),
    /// Characters of a script without spaces.
    Dense(Box<str>),
}

#[derive(Clone, Debug)]
struct Part {
    bare: String,
    stems: Option<[String; 3]>,
}

/// How close a word comes to what is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Close {
    /// Another form of it.
    Form,
    /// It, perhaps with other diacritics.
    Same,
}

/// The texts that have a term, by how close.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alike {
    /// Those with the word itself.
    pub same: Numbers,
    /// Those with another form of it.
    pub form: Numbers,
}

impl Alike {
    /// None of those below a bound.
    pub fn none(bound: u32) -> Alike {
        Alike { same: Numbers::none(bound), form: Numbers::none(bound) }
    }

    pub(crate) fn of(&mut self, close: Close) -> &mut Numbers {
        match close {
            Close::Same => &mut self.same,
            Close::Form => &mut self.form,
        }
    }
}

impl Term {
    /// The words that a folded text means; none if it has no words.
    pub fn all(text: &str) -> Vec<Term> {
        let mut found: Vec<(&str, bool)> = Vec::new();
        for run in runs(text) {
            each_word(run.text, |word| found.push((word, run.is_dense)));
        }
        found.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        let mut seen: Vec<&str> = Vec::new();
        found.retain(|(word, _)| {
            let is_new = !seen.contains(word);
            if is_new {
                seen.push(word);
            }
            is_new && seen.len() <= TERMS_MAX
        });
        let term = |(word, is_dense): (&str, bool)| Term {
            kind: if is_dense {
                TermKind::Dense(word.into())
            } else {
                TermKind::Word(parts(word).map(Part::new).collect())
            },
        };
        found.into_iter().map(term).collect()
    }

    /// Whether a word, one of those that `each_word` gives, is meant.
    pub fn meets(&self, word: &str) -> Option<Close> {
        match &self.kind {
            TermKind::Dense(piece) => word.contains(&**piece).then_some(Close::Same),
            TermKind::Word(wanted) => {
                if !self.may_meet(word.as_bytes()) {
                    return None;
                }
                let mut from = Some(word);
                let mut closest = None;
                while let Some(rest) = from {
                    closest = closest.max(meets_here(wanted, rest));
                    from = rest.split_once(is_joiner).map(|(_, behind)| behind);
                }
                closest
            }
        }
    }

    /// What all words that are meant have in them, without diacritics: at the beginning of a part, where they are bounded.
    pub(crate) fn begin(&self) -> &[u8] {
        let begin = match &self.kind {
            TermKind::Dense(piece) => piece,
            TermKind::Word(parts) => parts.first().map_or("", |part| {
                let end = part.bare.char_indices().nth(SAME_CHARACTERS);
                end.and_then(|(end, _)| part.bare.get(..end)).unwrap_or(&part.bare)
            }),
        };
        begin.as_bytes()
    }

    /// Whether that stands at the beginning of a part.
    pub(crate) fn is_bounded(&self) -> bool {
        matches!(self.kind, TermKind::Word(_))
    }

    /// Whether a part of the word begins as the first one that is wanted, or with what has to be looked at.
    pub(crate) fn may_meet(&self, word: &[u8]) -> bool {
        let TermKind::Word(wanted) = &self.kind else { return true };
        let wanted = wanted.first().and_then(|part| part.bare.as_bytes().first());
        let Some(wanted) = wanted.copied().filter(u8::is_ascii) else { return true };
        let mut begins = true;
        for octet in word {
            if begins && (*octet == wanted || !octet.is_ascii()) {
                return true;
            }
            begins = matches!(octet, b'.' | b'@' | b'-' | b'_' | b'+' | b'\'');
        }
        false
    }
}

fn is_joiner(character: char) -> bool {
    Kind::of(character) == Kind::Joiner
}

fn parts(word: &str) -> impl Iterator<Item = &str> {
    word.split(is_joiner).filter(|part| !part.is_empty())
}

/// Whether a text begins with the parts that are wanted.
fn meets_here(wanted: &[Part], text: &str) -> Option<Close> {
    let mut closest = Close::Same;
    let mut there = text.split(is_joiner);
    for part in wanted {
        closest = closest.min(part.meets(there.next()?)?);
    }
    Some(closest)
}

impl Part {
    fn new(word: &str) -> Part {
        let bare = bare(word).into_owned();
        let stems = stems(word, &bare);
        Part { bare, stems }
    }

    fn meets(&self, word: &str) -> Option<Close> {
        let first = word.as_bytes().first()?;
        let wanted = self.bare.as_bytes().first()?;
        if first != wanted && first.is_ascii() && wanted.is_ascii() {
            return None;
        }
        let bare = bare(word);
        if bare == self.bare {
            return Some(Close::Same);
        }
        let wanted = self.stems.as_ref()?;
        if !bare.chars().take(SAME_CHARACTERS).eq(self.bare.chars().take(SAME_CHARACTERS)) {
            return None;
        }
        let stems = stems(word, &bare)?;
        stems.iter().zip(wanted).any(|(a, b)| a == b).then_some(Close::Form)
    }
}

/// What stays of a word without its ending: in English, in Portuguese as it is written, in Portuguese without diacritics.
fn stems(word: &str, bare: &str) -> Option<[String; 3]> {
    let has_ending = |word: &str| word.chars().all(char::is_alphabetic);
    if word.len() > STEMMED_OCTETS_MAX || !has_ending(bare) {
        return None;
    }
    let portuguese = Stemmer::create(Algorithm::Portuguese);
    // Words may be kept decomposed; the stemmer knows `ã`, but not the mark by itself.
    let word = ComposingNormalizerBorrowed::new_nfc().normalize(word);
    // `reuniões` and `reunião` have no stem in common once their diacritics are gone.
    let singular = bare.strip_suffix("oes").or_else(|| bare.strip_suffix("aes"));
    let singular = singular.map(|front| format!("{front}ao"));
    Some([
        Stemmer::create(Algorithm::English).stem(bare).into_owned(),
        self::bare(&portuguese.stem(&word)).into_owned(),
        portuguese.stem(singular.as_deref().unwrap_or(bare)).into_owned(),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Builder, filters, put_filter};
    use icu_normalizer::DecomposingNormalizerBorrowed;
    use proptest::prelude::*;

    fn closest(wanted: &str, text: &str) -> Option<Close> {
        let mut all = Vec::new();
        let mut builder = Builder::default();
        builder.add(0, text);
        let mut filter = Vec::new();
        builder.finish().iter().for_each(|block| put_filter(block, &mut filter).unwrap());
        let place = filters(&filter).unwrap().remove(0);
        for term in Term::all(wanted) {
            let mut closest = None;
            each_word(text, |word| closest = closest.max(term.meets(word)));
            assert!(closest.is_none() || term.may_be_in(&filter[place.clone()]), "{wanted}");
            all.push(closest);
        }
        all.into_iter().min().flatten()
    }

    #[test]
    fn words_are_met_in_their_forms() {
        let (same, form) = (Some(Close::Same), Some(Close::Form));
        for (wanted, text, want) in [
            ("cao", "o cão ladra", same),
            ("cão", "cao", same),
            ("correndo", "para correr", form),
            ("correr", "ele corria", form),
            ("reunioes", "reunião", form),
            ("reunião", "reuniões", form),
            ("relatorios", "relatório", form),
            ("meetings", "the meeting", form),
            ("running", "run", form),
            ("run", "runs", form),
            ("work", "word", None),
            ("correr", "carro", None),
            ("ana", "ana.lima@example.org", same),
            ("lima", "ana.lima@example.org", same),
            ("ana@example", "x-ana@example.org", same),
            ("ana@example", "ana example", None),
            ("email", "e-mail", None),
            ("e-mails", "e-mail", form),
            ("会議", "会議の", same),
            ("議", "会議", same),
            ("議会", "会議の", None),
            ("2026", "2025", None),
            ("a2s", "a2", None),
            ("meeting tomorrow", "tomorrow we meet", form),
            ("meeting tomorrow", "we meet", None),
            ("привет", "приветы", None),
            ("йод", "иод", same),
        ] {
            assert_eq!(closest(wanted, text), want, "{wanted} in {text}");
            let decomposed =
                |text: &str| DecomposingNormalizerBorrowed::new_nfd().normalize(text).into_owned();
            let (wanted, text) = (decomposed(wanted), decomposed(text));
            assert_eq!(closest(&wanted, &text), want, "{wanted} in {text}");
        }
    }

    #[test]
    fn a_text_without_words_means_nothing_and_a_long_one_its_longest_words() {
        assert!(Term::all(" .-! ").is_empty());
        let text: String =
            (10..40).map(|number| format!("{}{number} ", "a".repeat(number))).collect();
        let terms = Term::all(&text);
        assert_eq!(terms.len(), TERMS_MAX);
        assert_eq!(terms[0].meets(&format!("{}39", "a".repeat(39))), Some(Close::Same));
    }

    proptest! {
        #[test]
        fn a_word_is_always_met_by_itself(text in "\\PC{1,60}") {
            let mut builder = Builder::default();
            builder.add(0, &text);
            let mut filter = Vec::new();
            for block in builder.finish() {
                put_filter(&block, &mut filter).unwrap();
            }
            for term in Term::all(&text) {
                let mut places = filters(&filter).unwrap().into_iter();
                prop_assert!(places.any(|place| term.may_be_in(&filter[place])));
                let mut closest = None;
                each_word(&text, |word| closest = closest.max(term.meets(word)));
                prop_assert_eq!(closest, Some(Close::Same));
            }
        }
    }
}
