//! One field: what is in ASCII stays as it is, to the octet; anything else is rewritten as its kind asks (RFC 6857, 3).

use super::fold::Folded;
use super::lexer::{Lexer, Token};
use super::{Labels, addresses, parameters};

/// What octets of a field begin with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Beginning {
    /// The name of the field.
    #[default]
    Name,
    /// More of a value whose beginning went before.
    Value(Kind),
}

/// How a field is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Free text (RFC 6857, 3.1.1).
    Text,
    /// Addresses (RFC 6857, 3.1.4 to 3.1.7).
    Addresses,
    /// A value with parameters (RFC 6857, 3.1.3).
    Parameters,
    /// Words, phrases and comments (RFC 6857, 3.1.2).
    Words,
    /// Where the message went through.
    Received,
    /// Message ids, which have no form in ASCII: kept under another name (RFC 6857, 3.1.8).
    Encapsulated,
}

/// The fields that are not free text.
const KINDS: [(&str, Kind); 32] = [
    ("apparently-to", Kind::Addresses),
    ("bcc", Kind::Addresses),
    ("cc", Kind::Addresses),
    ("content-disposition", Kind::Parameters),
    ("content-id", Kind::Encapsulated),
    ("content-transfer-encoding", Kind::Words),
    ("content-type", Kind::Parameters),
    ("date", Kind::Words),
    ("delivered-to", Kind::Addresses),
    ("disposition-notification-to", Kind::Addresses),
    ("envelope-to", Kind::Addresses),
    ("errors-to", Kind::Addresses),
    ("from", Kind::Addresses),
    ("in-reply-to", Kind::Encapsulated),
    ("keywords", Kind::Words),
    ("message-id", Kind::Encapsulated),
    ("mime-version", Kind::Words),
    ("received", Kind::Received),
    ("references", Kind::Encapsulated),
    ("reply-to", Kind::Addresses),
    ("resent-bcc", Kind::Addresses),
    ("resent-cc", Kind::Addresses),
    ("resent-date", Kind::Words),
    ("resent-from", Kind::Addresses),
    ("resent-message-id", Kind::Encapsulated),
    ("resent-reply-to", Kind::Addresses),
    ("resent-sender", Kind::Addresses),
    ("resent-to", Kind::Addresses),
    ("return-path", Kind::Addresses),
    ("sender", Kind::Addresses),
    ("to", Kind::Addresses),
    ("x-original-to", Kind::Addresses),
];

/// What is put before the name of a field that has no form in ASCII.
const DOWNGRADED: &[u8] = b"Downgraded-";

fn kind_of(name: &[u8]) -> Kind {
    let fits = |(known, _): &&(&str, Kind)| known.as_bytes().eq_ignore_ascii_case(name);
    KINDS.iter().find(fits).map_or(Kind::Text, |(_, kind)| *kind)
}

/// Rewrites a field, or a part of one. Gives what the octets behind it begin with, should there be more of it.
pub(super) fn rewrite(
    raw: &[u8],
    beginning: Beginning,
    labels: Labels,
    out: &mut Vec<u8>,
) -> Beginning {
    let name = match beginning {
        Beginning::Name => message::fields(raw).next().map(|field| field.name).unwrap_or_default(),
        Beginning::Value(_) => &[],
    };
    let kind = match beginning {
        Beginning::Name => kind_of(name),
        Beginning::Value(kind) => kind,
    };
    if labels == Labels::Global && name.eq_ignore_ascii_case(b"content-type") {
        rewrite_global(raw, out);
    } else if raw.is_ascii() {
        out.extend_from_slice(raw);
    } else {
        rewrite_value(raw, name, kind, out);
    }
    Beginning::Value(kind)
}

/// Puts a value into ASCII, behind the name of its field if there is one.
fn rewrite_value(raw: &[u8], name: &[u8], kind: Kind, out: &mut Vec<u8>) {
    let (value, line_end) = split_line_end(raw);
    let mut value = value;
    let mut before: &[u8] = &[];
    if name.is_empty() {
        // The white space that a later part of a value begins with, with the line end in it, if that was cut off there.
        let text = value.trim_ascii_start();
        (before, value) =
            value.split_at_checked(value.len().saturating_sub(text.len())).unwrap_or((&[], value));
    } else if let Some(colon) = memchr::memchr(b':', value) {
        if kind == Kind::Encapsulated {
            out.extend_from_slice(DOWNGRADED);
        }
        (before, value) = value.split_at_checked(colon.saturating_add(1)).unwrap_or((&[], value));
    }
    out.extend_from_slice(before);
    let column = if name.is_empty() { before.len() } else { before.len().saturating_add(1) };
    let mut folded = Folded::new(out, column);
    match kind {
        Kind::Text | Kind::Encapsulated => folded.text(value),
        Kind::Addresses => addresses::write(value, &mut folded),
        Kind::Parameters => parameters::write(value, &mut folded),
        Kind::Words => write_words(Lexer::new(value, b",;:<>@"), &mut folded),
        Kind::Received => write_received(value, &mut folded),
    }
    out.extend_from_slice(line_end);
}

fn split_line_end(raw: &[u8]) -> (&[u8], &[u8]) {
    let value = raw.strip_suffix(b"\n").unwrap_or(raw);
    let value =
        if value.len() < raw.len() { value.strip_suffix(b"\r").unwrap_or(value) } else { value };
    raw.split_at_checked(value.len()).unwrap_or((raw, &[]))
}

/// Writes words and comments, each in ASCII.
fn write_words(lexer: Lexer<'_>, folded: &mut Folded<'_>) {
    for token in lexer {
        folded.word(token);
    }
    folded.end_words();
}

/// A trace field loses the clause that names the recipient, when that has no form in ASCII (RFC 6857, 3.2.9).
fn write_received(value: &[u8], folded: &mut Folded<'_>) {
    let tokens = Lexer::new(value, b";");
    let mut clause: Option<Token<'_>> = None;
    let mut dropped = false;
    for token in tokens {
        let is_for = matches!(token, Token::Word(word) if word.eq_ignore_ascii_case(b"for"));
        match (clause, token) {
            (None, _) if is_for => clause = Some(token),
            (Some(_), Token::Space(_)) => {}
            (Some(begun), token) => {
                let is_ascii = token.octets().is_ascii();
                if is_ascii {
                    folded.word(begun);
                    folded.word(Token::Space(b" "));
                    folded.word(token);
                }
                (clause, dropped) = (None, !is_ascii);
            }
            (None, Token::Space(_)) if dropped => dropped = false,
            (None, token) => folded.word(token),
        }
    }
    if let Some(begun) = clause {
        folded.word(begun);
    }
    folded.end_words();
}

/// A message with UTF-8 in its header becomes an ordinary one, for its header is put into ASCII as well.
fn rewrite_global(raw: &[u8], out: &mut Vec<u8>) {
    const GLOBAL: &[u8] = b"message/global";
    let at = raw.windows(GLOBAL.len()).position(|window| window.eq_ignore_ascii_case(GLOBAL));
    let mut renamed = Vec::with_capacity(raw.len());
    match at.and_then(|at| raw.split_at_checked(at)) {
        Some((before, rest)) => {
            renamed.extend_from_slice(before);
            renamed.extend_from_slice(b"message/rfc822");
            renamed.extend_from_slice(rest.get(GLOBAL.len()..).unwrap_or_default());
        }
        None => renamed.extend_from_slice(raw),
    }
    if renamed.is_ascii() {
        out.extend_from_slice(&renamed);
    } else {
        rewrite_value(&renamed, b"content-type", Kind::Parameters, out);
    }
}

#[cfg(test)]
mod tests {
    use super::KINDS;

    #[test]
    fn the_fields_are_sorted_and_in_small_letters() {
        assert!(KINDS.is_sorted_by_key(|(name, _)| *name));
        assert!(KINDS.iter().all(|(name, _)| *name == name.to_ascii_lowercase()));
    }
}
