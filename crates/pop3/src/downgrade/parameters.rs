//! Values with parameters: those that are not ASCII are written as RFC 2231, 4 asks, long ones in pieces (RFC 2231, 3).

use std::collections::BTreeSet;

use super::fold::Folded;
use super::lexer::{Lexer, Token, content};

const SEPARATORS: &[u8] = b";=";
/// How many octets of a value go on one line.
const PIECE_OCTETS: usize = 48;

/// Writes a value and its parameters.
pub(super) fn write(value: &[u8], folded: &mut Folded<'_>) {
    let tokens: Vec<Token<'_>> = Lexer::new(value, SEPARATORS).collect();
    let extended: BTreeSet<Vec<u8>> = tokens
        .split(|token| *token == Token::Separator(b";"))
        .filter_map(|part| name(part)?.strip_suffix(b"*").map(<[u8]>::to_ascii_lowercase))
        .collect();
    for (index, part) in tokens.split(|token| *token == Token::Separator(b";")).enumerate() {
        // Where the same is said in ASCII, that is enough.
        let is_double =
            name(part).is_some_and(|name| extended.contains(&name.to_ascii_lowercase()));
        if is_double && part.iter().any(|token| !token.octets().is_ascii()) {
            continue;
        }
        if index > 0 {
            folded.ascii(b";");
        }
        match (name(part), part_value(part)) {
            (Some(name), Some(value)) if !value.is_ascii() => {
                folded.one_space();
                write_parameter(name, &value, folded);
                write_comments(part, folded);
            }
            _ => write_other(part, folded),
        }
    }
    folded.end_words();
}

/// The name of a parameter, if it is one and its name is ASCII.
fn name<'a>(part: &[Token<'a>]) -> Option<&'a [u8]> {
    let mut words =
        part.iter().filter(|token| !matches!(token, Token::Space(_) | Token::Comment(_)));
    match (words.next(), words.next()) {
        (Some(Token::Word(name)), Some(Token::Separator(b"="))) if name.is_ascii() => Some(name),
        _ => None,
    }
}

/// The value of a parameter.
fn part_value(part: &[Token<'_>]) -> Option<Vec<u8>> {
    let equals = part.iter().position(|token| *token == Token::Separator(b"="))?;
    let behind = part.iter().skip(equals.saturating_add(1));
    let words = behind.filter(|token| !matches!(token, Token::Comment(_)));
    let text: Vec<u8> = words
        .flat_map(|token| match token {
            Token::Quoted(quoted) => content(quoted),
            Token::Space(_) => b" ".to_vec(),
            Token::Comment(octets) | Token::Separator(octets) | Token::Word(octets) => {
                octets.to_vec()
            }
        })
        .collect();
    Some(text.trim_ascii().to_vec())
}

fn write_parameter(name: &[u8], value: &[u8], folded: &mut Folded<'_>) {
    // It says already that it is extended, and its percent signs are meant as such; only octets that should never have
    // been there are added to them.
    if let Some(plain) = name.strip_suffix(b"*") {
        let mut text = [plain, b"*="].concat();
        for octet in value {
            push_octet(*octet, octet.is_ascii_graphic(), &mut text);
        }
        return folded.ascii(&text);
    }
    // A piece of a longer value: its number stays, and only the first names the charset.
    if name.contains(&b'*') {
        let mut text = [name, b"*="].concat();
        if name.ends_with(b"*0") {
            text.extend_from_slice(charset_of(value));
        }
        for octet in value {
            push_octet(*octet, is_plain(*octet), &mut text);
        }
        return folded.ascii(&text);
    }
    let mut pieces: Vec<Vec<u8>> = vec![charset_of(value).to_vec()];
    for octet in value {
        if pieces.last().is_some_and(|piece| piece.len() >= PIECE_OCTETS) {
            pieces.push(Vec::new());
        }
        if let Some(piece) = pieces.last_mut() {
            push_octet(*octet, is_plain(*octet), piece);
        }
    }
    if let [piece] = &pieces[..] {
        return folded.ascii(&[name, b"*=", piece].concat());
    }
    for (index, piece) in pieces.iter().enumerate() {
        if index > 0 {
            folded.ascii(b";");
            folded.one_space();
        }
        folded.ascii(&[name, format!("*{index}*=").as_bytes(), piece].concat());
    }
}

fn charset_of(value: &[u8]) -> &'static [u8] {
    if std::str::from_utf8(value).is_ok() { b"utf-8''" } else { b"unknown-8bit''" }
}

fn is_plain(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_')
}

fn push_octet(octet: u8, is_plain: bool, out: &mut Vec<u8>) {
    if is_plain {
        out.push(octet);
    } else {
        out.extend_from_slice(format!("%{octet:02X}").as_bytes());
    }
}

fn write_comments(part: &[Token<'_>], folded: &mut Folded<'_>) {
    for token in part.iter().filter(|token| matches!(token, Token::Comment(_))) {
        folded.one_space();
        folded.word(*token);
    }
}

/// Writes what is no parameter that we could rewrite. What is not ASCII in it goes into a comment, where it does no harm.
fn write_other(part: &[Token<'_>], folded: &mut Folded<'_>) {
    for token in part {
        match *token {
            Token::Quoted(octets) | Token::Word(octets) if !octets.is_ascii() => {
                folded.one_space();
                folded.word(Token::Comment(&[b"(", octets, b")"].concat()));
                folded.one_space();
            }
            Token::Space(_)
            | Token::Comment(_)
            | Token::Quoted(_)
            | Token::Separator(_)
            | Token::Word(_) => folded.word(*token),
        }
    }
}
