//! The base subject (RFC 5256, 2.1): a subject without `Re:`, `[list]` and `(fwd)`, for threads and sorting.

use crate::encoded_word;
use crate::work::spend;

/// A subject without its artifacts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BaseSubject {
    /// The base subject, decoded, with single spaces. Compare it in any case.
    pub text: String,
    /// Whether something was taken off that marks a reply or a forwarded message (RFC 5256, 3, REFERENCES, step 5).
    pub is_reply: bool,
    /// Whether some of it could not be decoded: see `Decoded::is_whole`.
    pub is_broken: bool,
}

impl BaseSubject {
    /// Reads the value of a Subject field. Takes linear time.
    pub fn of(value: &[u8]) -> BaseSubject {
        // Step 1.
        let decoded = encoded_word::decode_noting(value);
        let spaces = decoded.text.split([' ', '\t', '\r', '\n']);
        let single_spaced: Vec<&str> = spaces.filter(|word| !word.is_empty()).collect();
        let text = single_spaced.join(" ");
        let mut is_reply = false;
        let mut rest = text.as_str();
        loop {
            rest = strip_trailers(rest, &mut is_reply);
            rest = strip_leaders(rest, &mut is_reply);
            // Step 6.
            let inner =
                strip_prefix_any_case(rest, "[fwd:").and_then(|rest| rest.strip_suffix(']'));
            let Some(inner) = inner else { break };
            is_reply = true;
            rest = inner;
        }
        BaseSubject { text: rest.to_owned(), is_reply, is_broken: !decoded.is_whole }
    }
}

/// Step 2: takes `(fwd)` and space off the end.
fn strip_trailers<'s>(mut text: &'s str, is_reply: &mut bool) -> &'s str {
    loop {
        text = text.trim_end_matches(' ');
        spend(1);
        let front = text.len().checked_sub(5).and_then(|at| text.split_at_checked(at));
        match front {
            Some((front, end)) if end.eq_ignore_ascii_case("(fwd)") => {
                *is_reply = true;
                text = front;
            }
            _ => return text,
        }
    }
}

/// Steps 3 to 5: takes `Re:`, `Fwd:`, `[list]` and space off the beginning, as long as something is left.
fn strip_leaders<'s>(mut text: &'s str, is_reply: &mut bool) -> &'s str {
    loop {
        text = text.trim_start_matches(' ');
        spend(1);
        // All blobs at once: looking past them again for each one taken off would cost the square of their number.
        let mut behind = text;
        let mut last_blob = text;
        while let Some(next) = strip_blob(behind) {
            last_blob = behind;
            behind = next;
        }
        if let Some(next) = strip_reply_mark(behind) {
            *is_reply = true;
            text = next;
        } else if behind.is_empty() {
            // The last blob is the subject itself (RFC 5256, 5: subj-middle).
            return last_blob;
        } else {
            return behind;
        }
    }
}

/// subj-blob: `[...]` and the space behind it.
fn strip_blob(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('[')?;
    let end = inside.find(['[', ']']);
    spend(end.unwrap_or(inside.len()));
    let end = end?;
    Some(inside.get(end..)?.strip_prefix(']')?.trim_start_matches(' '))
}

/// subj-refwd: `Re:`, `Fw:` or `Fwd:`, perhaps with a blob before the colon (`Re[2]:`).
fn strip_reply_mark(text: &str) -> Option<&str> {
    let rest = ["re", "fwd", "fw"].iter().find_map(|mark| strip_prefix_any_case(text, mark))?;
    let rest = rest.trim_start_matches(' ');
    strip_blob(rest).unwrap_or(rest).strip_prefix(':')
}

fn strip_prefix_any_case<'s>(text: &'s str, prefix: &str) -> Option<&'s str> {
    let (front, rest) = text.split_at_checked(prefix.len())?;
    front.eq_ignore_ascii_case(prefix).then_some(rest)
}
