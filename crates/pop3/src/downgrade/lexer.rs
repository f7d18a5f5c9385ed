//! Takes a structured value apart into words, quoted strings, comments and what stands between them (RFC 5322, 3.2).

/// One token. Together they are the value, octet for octet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// White space, line ends among it.
    Space(&'a [u8]),
    /// A comment with its parentheses; the last one may be missing.
    Comment(&'a [u8]),
    /// A quoted string with its quotes; the last one may be missing.
    Quoted(&'a [u8]),
    /// One of the separators that were asked for.
    Separator(&'a [u8]),
    /// Anything else.
    Word(&'a [u8]),
}

impl<'a> Token<'a> {
    pub(super) fn octets(self) -> &'a [u8] {
        match self {
            Token::Space(octets)
            | Token::Comment(octets)
            | Token::Quoted(octets)
            | Token::Separator(octets)
            | Token::Word(octets) => octets,
        }
    }
}

/// Walks the tokens of a value.
#[derive(Clone, Copy)]
pub(super) struct Lexer<'a> {
    rest: &'a [u8],
    separators: &'static [u8],
}

impl<'a> Lexer<'a> {
    pub(super) fn new(value: &'a [u8], separators: &'static [u8]) -> Lexer<'a> {
        Lexer { rest: value, separators }
    }

    fn is_word(&self, octet: u8) -> bool {
        !octet.is_ascii_whitespace()
            && !matches!(octet, b'(' | b'"')
            && !self.separators.contains(&octet)
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let first = *self.rest.first()?;
        let length = match first {
            b'(' => closed(self.rest, Some(b'('), b')'),
            b'"' => closed(self.rest, None, b'"'),
            first if self.separators.contains(&first) => 1,
            first if first.is_ascii_whitespace() => {
                run(self.rest, |octet| octet.is_ascii_whitespace())
            }
            _ => run(self.rest, |octet| self.is_word(octet)),
        };
        let (token, rest) = self.rest.split_at_checked(length.max(1))?;
        self.rest = rest;
        Some(match first {
            b'(' => Token::Comment(token),
            b'"' => Token::Quoted(token),
            first if self.separators.contains(&first) => Token::Separator(token),
            first if first.is_ascii_whitespace() => Token::Space(token),
            _ => Token::Word(token),
        })
    }
}

/// How many octets from the beginning are of a kind.
fn run(octets: &[u8], of_kind: impl Fn(u8) -> bool) -> usize {
    octets.iter().position(|octet| !of_kind(*octet)).unwrap_or(octets.len())
}

/// How long what begins here is, up to where it is closed; comments nest, and a backslash takes the next octet along.
fn closed(octets: &[u8], opening: Option<u8>, closing: u8) -> usize {
    let (mut depth, mut escaped) = (0usize, false);
    for (index, octet) in octets.iter().enumerate() {
        match *octet {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            octet if Some(octet) == opening => depth = depth.saturating_add(1),
            octet if octet == closing && index > 0 => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return index.saturating_add(1);
                }
            }
            _ => {}
        }
    }
    octets.len()
}

/// The content of a quoted string or a comment, without what encloses it and without backslashes.
pub(super) fn content(token: &[u8]) -> Vec<u8> {
    let inside = token.get(1..).unwrap_or_default();
    let mut content = Vec::with_capacity(inside.len());
    let (mut escaped, mut last_is_escaped) = (false, false);
    for octet in inside {
        last_is_escaped = escaped;
        match *octet {
            b'\\' if !escaped => escaped = true,
            b'\r' | b'\n' if !escaped => {}
            octet => {
                content.push(octet);
                escaped = false;
            }
        }
    }
    let closing = if token.first() == Some(&b'(') { b')' } else { b'"' };
    if content.last() == Some(&closing) && !last_is_escaped {
        content.pop();
    }
    content
}

#[cfg(test)]
mod tests {
    use super::{Lexer, Token, content};

    #[test]
    fn tokens_are_found_and_together_make_the_value() {
        let value = b" \"a,\\\" b\" (c (d) \\) e)<x@y>, z (open";
        let tokens: Vec<Token<'_>> = Lexer::new(value, b",<>").collect();
        assert_eq!(tokens[1], Token::Quoted(b"\"a,\\\" b\""));
        assert_eq!(tokens[3], Token::Comment(b"(c (d) \\) e)"));
        assert_eq!(tokens[4], Token::Separator(b"<"));
        assert_eq!(tokens[5], Token::Word(b"x@y"));
        assert_eq!(tokens.last(), Some(&Token::Comment(b"(open")));
        let together: Vec<u8> = tokens.iter().flat_map(|token| token.octets().to_vec()).collect();
        assert_eq!(together, value);
    }

    #[test]
    fn content_is_without_what_encloses_it() {
        assert_eq!(content(b"\"a \\\"b\\\\\""), b"a \"b\\");
        assert_eq!(content(b"\"open"), b"open");
        assert_eq!(content(b"\"open\\\""), b"open\"");
        assert_eq!(content(b"(a\r\n b)"), b"a b");
        assert_eq!(content(b"\""), b"");
    }
}
