//! Address lists: names and comments become encoded words; an address that is not ASCII has no form that a program could
//! answer to, so it is shown in an empty group (RFC 6857, 3.1.6 and 3.1.7).

use super::fold::Folded;
use super::lexer::{Lexer, Token, content};

const SEPARATORS: &[u8] = b",;:<>";

/// Writes an address list of RFC 5322, 3.4.
pub(super) fn write(value: &[u8], folded: &mut Folded<'_>) {
    let mut tokens = Lexer::new(value, SEPARATORS);
    let mut element: Vec<Token<'_>> = Vec::new();
    let mut brackets = Brackets::Outside;
    while let Some(token) = tokens.next() {
        brackets = brackets.after(token);
        let is_between = brackets == Brackets::Outside;
        if is_between && token == Token::Separator(b":") {
            write_group(&mut element, &mut tokens, folded);
        } else if is_between && [Token::Separator(b","), Token::Separator(b";")].contains(&token) {
            write_mailbox(&element, folded);
            element.clear();
            folded.ascii(token.octets());
        } else {
            element.push(token);
        }
    }
    write_mailbox(&element, folded);
    folded.end_words();
}

/// Whether a place lies in angle brackets, where separators do not separate.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Brackets {
    Outside,
    Inside,
}

impl Brackets {
    fn after(self, token: Token<'_>) -> Brackets {
        if token == Token::Separator(b"<") {
            Brackets::Inside
        } else if token == Token::Separator(b">") {
            Brackets::Outside
        } else {
            self
        }
    }
}

/// Writes a group: its name is at hand, its members come. If one of them cannot be written, the whole list is shown
/// in the group's name.
fn write_group<'a>(name: &mut Vec<Token<'a>>, tokens: &mut Lexer<'a>, folded: &mut Folded<'_>) {
    let mut members: Vec<Vec<Token<'a>>> = vec![Vec::new()];
    let mut brackets = Brackets::Outside;
    let mut closed = false;
    for token in tokens {
        brackets = brackets.after(token);
        let is_between = brackets == Brackets::Outside;
        if is_between && token == Token::Separator(b";") {
            closed = true;
            break;
        } else if is_between && token == Token::Separator(b",") {
            members.push(Vec::new());
        } else if let Some(member) = members.last_mut() {
            member.push(token);
        }
    }
    write_phrase(name, folded);
    name.clear();
    if members.iter().all(|member| address(member).is_ascii()) {
        folded.ascii(b":");
        for (index, member) in members.iter().enumerate() {
            if index > 0 {
                folded.ascii(b",");
            }
            write_mailbox(member, folded);
        }
        folded.end_words();
        if closed {
            folded.ascii(b";");
        }
        return;
    }
    let between = [Token::Separator(b",")];
    let list: Vec<Token<'a>> = members.join(&between[..]);
    let text: Vec<u8> = list.iter().flat_map(|token| plain(*token)).collect();
    write_empty_group(&text, folded);
}

/// Writes one mailbox.
fn write_mailbox(element: &[Token<'_>], folded: &mut Folded<'_>) {
    let address = address(element);
    if address.is_ascii() {
        return write_phrase(element, folded);
    }
    let before = element.iter().take_while(|token| !matches!(token, Token::Separator(b"<")));
    let has_brackets = element.contains(&Token::Separator(b"<"));
    if has_brackets {
        write_phrase(&before.copied().collect::<Vec<_>>(), folded);
    } else if let Some(Token::Space(_)) = element.first() {
        folded.one_space();
    }
    write_empty_group(&address, folded);
    for token in element.iter().filter(|token| matches!(token, Token::Comment(_))) {
        // Those before the address were part of its name.
        if !has_brackets {
            folded.one_space();
            folded.word(*token);
        }
    }
}

fn write_empty_group(text: &[u8], folded: &mut Folded<'_>) {
    folded.one_space();
    folded.encoded_text(text.trim_ascii());
    folded.one_space();
    folded.ascii(b":;");
}

/// The address of a mailbox: what is in its angle brackets, or all of it but comments and space.
fn address(element: &[Token<'_>]) -> Vec<u8> {
    let brackets = |token: &Token<'_>| matches!(token, Token::Separator(b"<"));
    let begin = element.iter().position(brackets).map_or(0, |at| at.saturating_add(1));
    let is_bare = begin == 0;
    let inside = element.iter().skip(begin);
    let inside = inside.take_while(|token| !matches!(token, Token::Separator(b">")));
    let words = inside.filter(|token| !matches!(token, Token::Comment(_) | Token::Space(_)));
    let address: Vec<u8> = words.flat_map(|token| token.octets().to_vec()).collect();
    // A name without an address is no address: what groups and broken lists have.
    if is_bare && !address.contains(&b'@') { Vec::new() } else { address }
}

/// What a token says, for people.
fn plain(token: Token<'_>) -> Vec<u8> {
    match token {
        Token::Quoted(quoted) => content(quoted),
        Token::Space(_) => b" ".to_vec(),
        Token::Comment(octets) | Token::Separator(octets) | Token::Word(octets) => octets.to_vec(),
    }
}

fn write_phrase(tokens: &[Token<'_>], folded: &mut Folded<'_>) {
    for token in tokens {
        folded.word(*token);
    }
}
