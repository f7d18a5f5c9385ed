//! Flags as words, as IMAP writes them (RFC 9051, 2.3.2): in receipts, and on their way to other places.

use imap::wire::{Flag, FlagList};
use mailbox::Keyword;

/// The system flags that go with a message wherever it goes. `\Deleted` does not: it says what is to become of the message
/// where it is; nor does `\Recent`, which nobody can set.
const LASTING: [(Flag, &str); 4] = [
    (Flag::Seen, "\\Seen"),
    (Flag::Answered, "\\Answered"),
    (Flag::Flagged, "\\Flagged"),
    (Flag::Draft, "\\Draft"),
];

/// The flags that go with a message, sorted. What no keyword may be called is left out.
pub(crate) fn words_of(flags: &FlagList) -> Vec<String> {
    let word = |flag: &Flag| match flag {
        Flag::Keyword(keyword) => Keyword::new(keyword).map(|_| keyword.clone()),
        Flag::Seen
        | Flag::Answered
        | Flag::Flagged
        | Flag::Draft
        | Flag::Deleted
        | Flag::Recent
        | Flag::Any
        | Flag::Extension(_) => {
            let known = LASTING.iter().find(|(lasting, _)| lasting == flag);
            known.map(|(_, word)| (*word).to_owned())
        }
    };
    let mut words: Vec<String> = flags.iter().filter_map(word).collect();
    words.sort_by_key(|word| word.to_ascii_lowercase());
    words.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
    words
}

/// The flags that these words are. Others are left out.
pub(crate) fn flags_of(words: &[String]) -> Vec<Flag> {
    let flag = |word: &String| {
        let system = LASTING.iter().find(|(_, known)| known.eq_ignore_ascii_case(word));
        let keyword = || Keyword::new(word).map(|_| Flag::Keyword(word.clone()));
        system.map(|(flag, _)| flag.clone()).or_else(keyword)
    };
    words.iter().filter_map(flag).collect()
}

/// Whether two lists say the same: keywords are the same in any case.
pub(crate) fn are_same(one: &[String], other: &[String]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| a.eq_ignore_ascii_case(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_go_along_as_words_and_come_back() {
        let keyword = |text: &str| Flag::Keyword(text.to_owned());
        let flags = vec![
            keyword("work"),
            Flag::Recent,
            Flag::Seen,
            Flag::Deleted,
            Flag::Extension("X".to_owned()),
            keyword("$Junk"),
            keyword("WORK"),
        ];
        let words = words_of(&flags);
        assert_eq!(words, ["$Junk", "\\Seen", "work"]);
        assert_eq!(flags_of(&words), [keyword("$Junk"), Flag::Seen, keyword("work")]);
        assert!(flags_of(&["\\Other".to_owned(), "two words".to_owned()]).is_empty());
        assert!(are_same(&words, &["$JUNK", "\\Seen", "Work"].map(str::to_owned)));
        assert!(!are_same(&words, &words[1..]));
    }
}
