//! Where words begin and end: in a text that is kept and in a text that is looked for alike.

/// What a character is to the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Stands in words.
    Letter,
    /// Joins two letters: `ana@example.org` is one word, the dot behind it is none of it.
    Joiner,
    /// Of a script that puts no space between words.
    Dense,
    /// Stands between words.
    Separator,
}

impl Kind {
    pub(crate) fn of(character: char) -> Kind {
        match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' => Kind::Letter,
            '.' | '@' | '-' | '_' | '+' | '\'' => Kind::Joiner,
            '\0'..='\u{7f}' => Kind::Separator,
            // Hiragana to the ideographs of the first plane, those of compatibility, and all planes of ideographs; Thai to Myanmar; Khmer.
            '\u{3041}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{3ffff}'
            | '\u{e00}'..='\u{109f}'
            | '\u{1780}'..='\u{17ff}' => Kind::Dense,
            '\u{2000}'..='\u{206f}' | '\u{3000}'..='\u{3040}' | '\u{ab}' | '\u{bb}' | '\u{b7}' => {
                Kind::Separator
            }
            other if other.is_whitespace() || other.is_control() => Kind::Separator,
            _ => Kind::Letter,
        }
    }
}

/// Characters that stand together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run<'t> {
    pub(crate) text: &'t str,
    /// Where it begins in the text.
    pub(crate) at: usize,
    pub(crate) is_dense: bool,
}

/// The runs of a text, in their order.
pub(crate) fn runs(text: &str) -> Runs<'_> {
    Runs { text, at: 0 }
}

pub(crate) struct Runs<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Iterator for Runs<'t> {
    type Item = Run<'t>;

    fn next(&mut self) -> Option<Run<'t>> {
        let rest = self.text.get(self.at..)?;
        let begins = |(_, character): &(usize, char)| {
            matches!(Kind::of(*character), Kind::Letter | Kind::Dense)
        };
        let (begin, first) = rest.char_indices().find(begins)?;
        let is_dense = Kind::of(first) == Kind::Dense;
        let run = rest.get(begin..)?;
        let octets = if is_dense { dense_octets(run) } else { word_octets(run) };
        let at = self.at.saturating_add(begin);
        self.at = at.saturating_add(octets);
        Some(Run { text: run.get(..octets)?, at, is_dense })
    }
}

fn dense_octets(run: &str) -> usize {
    run.char_indices()
        .find(|(_, character)| Kind::of(*character) != Kind::Dense)
        .map_or(run.len(), |(at, _)| at)
}

/// Letters, with one joiner between them at a time.
fn word_octets(run: &str) -> usize {
    let mut end = 0_usize;
    let mut joined = false;
    for (at, character) in run.char_indices() {
        match Kind::of(character) {
            Kind::Letter => {
                end = at.saturating_add(character.len_utf8());
                joined = false;
            }
            Kind::Joiner if !joined => joined = true,
            Kind::Joiner | Kind::Dense | Kind::Separator => break,
        }
    }
    end
}

/// A word longer than this is kept in pieces of about this size.
const PIECE_OCTETS: usize = 128;
/// A piece begins so many octets behind the one before it.
const STRIDE_OCTETS: usize = 96;
/// What has up to so many octets lies in one piece of whatever word it lies in.
pub(crate) const WHOLE_OCTETS_MAX: usize = 24;
/// How many characters stand in one piece of a run without spaces.
pub(crate) const DENSE_PIECE_CHARACTERS: usize = 2;

/// The words of a text as they are kept: of long runs and of those without spaces pieces that lie over each other.
pub fn each_word<'t>(text: &'t str, mut take: impl FnMut(&'t str)) {
    for run in runs(text) {
        if run.is_dense {
            each_dense_piece(run.text, &mut take);
        } else if run.text.len() <= PIECE_OCTETS {
            take(run.text);
        } else {
            each_piece(run.text, &mut take);
        }
    }
}

/// Pieces of a long word. Any `WHOLE_OCTETS_MAX` octets of it lie in one of them.
fn each_piece<'t>(word: &'t str, take: &mut impl FnMut(&'t str)) {
    let mut from = 0_usize;
    loop {
        let begin = word.floor_char_boundary(from);
        let end = word.ceil_char_boundary(begin.saturating_add(PIECE_OCTETS));
        take(word.get(begin..end).unwrap_or_default());
        if end >= word.len() {
            return;
        }
        from = from.saturating_add(STRIDE_OCTETS);
    }
}

fn each_dense_piece<'t>(run: &'t str, take: &mut impl FnMut(&'t str)) {
    let mut begins = run.char_indices().map(|(at, _)| at);
    let mut ends =
        run.char_indices().map(|(at, character)| at.saturating_add(character.len_utf8()));
    let mut end = ends.next();
    for _ in 1..DENSE_PIECE_CHARACTERS {
        end = ends.next().or(end);
    }
    let mut take_from = |begin: Option<usize>, end: Option<usize>| {
        if let (Some(begin), Some(end)) = (begin, end) {
            take(run.get(begin..end).unwrap_or_default());
        }
    };
    take_from(begins.next(), end);
    for end in ends {
        take_from(begins.next(), Some(end));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        let mut words = Vec::new();
        each_word(text, |word| words.push(word));
        words
    }

    #[test]
    fn words_end_where_people_see_them_end() {
        for (text, want) in [
            ("", vec![]),
            (" . - ", vec![]),
            ("ola, mundo.", vec!["ola", "mundo"]),
            ("ana.lima@example.org!", vec!["ana.lima@example.org"]),
            ("a--b a-b -c d-", vec!["a", "b", "a-b", "c", "d"]),
            ("não é", vec!["não", "é"]),
            ("x\u{3000}y\u{2019}z", vec!["x", "y", "z"]),
            ("会議の", vec!["会議", "議の"]),
            ("abc会x", vec!["abc", "会", "x"]),
            ("https://x.example/a?b=c", vec!["https", "x.example", "a", "b", "c"]),
        ] {
            assert_eq!(words(text), want, "{text}");
        }
    }

    #[test]
    fn a_short_part_of_a_long_word_lies_in_one_piece() {
        for letter in ["a", "é", "ℵ"] {
            let word: String = (0..700).map(|n| if n % 7 == 0 { letter } else { "b" }).collect();
            let pieces = words(&word);
            for (from, _) in word.char_indices() {
                let to = word.floor_char_boundary((from + WHOLE_OCTETS_MAX).min(word.len()));
                let begins = |piece: &&str| piece.as_ptr() as usize - word.as_ptr() as usize;
                let holds =
                    |piece: &&str| begins(piece) <= from && begins(piece) + piece.len() >= to;
                assert!(pieces.iter().any(holds), "{from}");
            }
            assert!(pieces.iter().map(|piece| piece.len()).sum::<usize>() < word.len() * 3 / 2);
        }
    }
}
