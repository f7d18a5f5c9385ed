//! The parts of SCRAM messages (RFC 5802, 7).

use crate::Syntax;
use crate::limits::{LOGIN_OCTETS_MAX, NONCE_OCTETS_MAX};

/// Takes `x=value` with its comma (or the end of the message), and gives the value.
pub(super) fn attribute<'a>(
    rest: &mut Option<&'a str>,
    name: &str,
    expected: &'static str,
) -> Result<&'a str, Syntax> {
    let text = rest.ok_or(Syntax(expected))?;
    let (field, after) = match text.split_once(',') {
        Some((field, after)) => (field, Some(after)),
        None => (text, None),
    };
    *rest = after;
    field.strip_prefix(name).and_then(|field| field.strip_prefix('=')).ok_or(Syntax(expected))
}

/// Reads a nonce: printable, without a comma, bounded.
pub(super) fn nonce(value: &str) -> Result<&str, Syntax> {
    if value.is_empty()
        || value.len() > NONCE_OCTETS_MAX
        || !value.bytes().all(|o| o.is_ascii_graphic())
    {
        return Err(Syntax("a printable nonce of at most 512 octets"));
    }
    Ok(value)
}

/// Undoes `=2C` and `=3D`; any other `=` is a fault (RFC 5802, 5.1).
pub(crate) fn name(value: &str) -> Result<String, Syntax> {
    const EXPECTED: Syntax = Syntax("a name with = as =3D and comma as =2C");
    if value.is_empty() || value.len() > LOGIN_OCTETS_MAX || value.contains('\0') {
        return Err(Syntax("a name of 1 to 1,024 octets"));
    }
    let mut pieces = value.split('=');
    let mut name = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (mark, tail) = match (piece.strip_prefix("2C"), piece.strip_prefix("3D")) {
            (Some(tail), _) => (',', tail),
            (None, Some(tail)) => ('=', tail),
            (None, None) => return Err(EXPECTED),
        };
        name.push(mark);
        name.push_str(tail);
    }
    Ok(name)
}

/// Puts `=2C` and `=3D` in.
pub(crate) fn escaped(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}

/// Reads strict base64.
pub(super) fn base64(value: &str) -> Result<Vec<u8>, Syntax> {
    crate::decode(value.as_bytes())
}

/// Splits the client's last message before its proof: what is signed, and the proof.
pub(super) fn split_proof(message: &str) -> Result<(&str, &str), Syntax> {
    message.rsplit_once(",p=").ok_or(Syntax("a proof as the last attribute"))
}
