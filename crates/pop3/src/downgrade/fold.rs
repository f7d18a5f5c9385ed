//! Writes the value of a field in ASCII: folded, and with encoded words for what is not ASCII (RFC 2047; RFC 5322, 2.2.3).

use super::lexer::{Token, content};

/// The longest line that is written where there is a choice (RFC 2047, 2).
const LINE_OCTETS: usize = 76;
/// The longest encoded word (RFC 2047, 2).
const WORD_OCTETS: usize = 75;
/// The least that an encoded word must have room for: the longest character.
const CHARACTER_OCTETS: usize = 12;
/// What a comment should have room for on the line on which it begins.
const COMMENT_OCTETS: usize = 32;

/// A value on its way out. Hand in tokens, then call `end_words`; or hand in a whole `text`.
pub(super) struct Folded<'o> {
    out: &'o mut Vec<u8>,
    column: usize,
    /// White space that the next token has before it.
    owed: Vec<u8>,
    /// Neighbouring words that are not ASCII, with the space between them, for that is lost between encoded words.
    run: Vec<u8>,
    /// The white space behind them.
    run_space: Vec<u8>,
    last: Last,
}

/// What was written last.
#[derive(Clone, Copy, PartialEq)]
enum Last {
    Nothing,
    Ascii,
    Encoded,
    Opening,
}

impl<'o> Folded<'o> {
    /// Goes on at a column; 0 is the beginning of a line.
    pub(super) fn new(out: &'o mut Vec<u8>, column: usize) -> Folded<'o> {
        let (owed, run, run_space) = (Vec::new(), Vec::new(), Vec::new());
        Folded { out, column, owed, run, run_space, last: Last::Nothing }
    }

    /// Writes free text: everything but white space is a word.
    pub(super) fn text(&mut self, text: &[u8]) {
        let mut rest = text;
        while let Some(first) = rest.first() {
            let is_space = first.is_ascii_whitespace();
            let ends = |octet: &u8| octet.is_ascii_whitespace() != is_space;
            let at = rest.iter().position(ends).unwrap_or(rest.len());
            let (token, after) = rest.split_at_checked(at).unwrap_or((rest, &[]));
            self.word(if is_space { Token::Space(token) } else { Token::Word(token) });
            rest = after;
        }
        self.end_words();
    }

    /// Writes a token of a structured value, where it is a word of a phrase if it is one at all.
    pub(super) fn word(&mut self, token: Token<'_>) {
        match token {
            Token::Space(space) => self.space(space),
            Token::Comment(comment) if !comment.is_ascii() => self.comment(comment),
            Token::Quoted(quoted) if !quoted.is_ascii() => self.join(&content(quoted)),
            Token::Word(word) if !word.is_ascii() => self.join(word),
            Token::Comment(octets)
            | Token::Quoted(octets)
            | Token::Separator(octets)
            | Token::Word(octets) => self.ascii(octets),
        }
    }

    /// Writes what is held back. White space at the end is dropped.
    pub(super) fn end_words(&mut self) {
        self.flush(b"");
        self.owed.clear();
    }

    /// Writes words that are not ASCII as one run, whatever stands in them.
    pub(super) fn encoded_text(&mut self, text: &[u8]) {
        self.flush(b"");
        self.join(text);
        self.flush(b"");
    }

    /// Owes one space if none is owed.
    pub(super) fn one_space(&mut self) {
        self.flush(b"");
        if self.owed.is_empty() {
            self.owed.push(b' ');
        }
    }

    fn space(&mut self, space: &[u8]) {
        let owed = if self.run.is_empty() { &mut self.owed } else { &mut self.run_space };
        owed.extend(space.iter().filter(|octet| matches!(octet, b' ' | b'\t')));
        if owed.is_empty() {
            owed.push(b' ');
        }
    }

    fn join(&mut self, text: &[u8]) {
        if self.run.is_empty() {
            // The space between two encoded words is not shown (RFC 2047, 6.2), so it goes into the second.
            if self.last == Last::Encoded && !self.owed.is_empty() {
                self.run.push(b' ');
            }
        } else {
            self.run.append(&mut self.run_space);
        }
        self.run.extend_from_slice(text);
    }

    /// Writes the run, ahead of a token.
    fn flush(&mut self, next: &[u8]) {
        if self.run.is_empty() {
            return;
        }
        let mut run = std::mem::take(&mut self.run);
        if is_encoded_word(next) && !self.run_space.is_empty() {
            run.push(b' ');
        }
        for chunk in run.utf8_chunks() {
            self.encode(chunk.valid().as_bytes(), "utf-8");
            self.encode(chunk.invalid(), "unknown-8bit");
        }
        self.owed = std::mem::take(&mut self.run_space);
    }

    /// Writes a token as it is.
    pub(super) fn ascii(&mut self, token: &[u8]) {
        self.flush(token);
        if self.last == Last::Encoded && self.owed.is_empty() && token != b")" {
            self.owed.push(b' ');
        }
        self.place(token);
        self.last = match token {
            b"(" => Last::Opening,
            _ if is_encoded_word(token) => Last::Encoded,
            _ => Last::Ascii,
        };
    }

    fn comment(&mut self, comment: &[u8]) {
        let inside = content(comment);
        self.flush(b"(");
        // Behind the parenthesis no line can begin, so there has to be room for a word.
        let used = self.column.saturating_add(self.owed.len());
        if used.saturating_add(COMMENT_OCTETS) > LINE_OCTETS && self.last != Last::Nothing {
            self.fold();
        }
        self.ascii(b"(");
        for word in inside.split_inclusive(u8::is_ascii_whitespace) {
            let (text, space) = match word.split_last() {
                Some((last, text)) if last.is_ascii_whitespace() => (text, &b" "[..]),
                _ => (word, &b""[..]),
            };
            if !text.is_ascii() {
                self.join(text);
            } else if !text.is_empty() {
                self.ascii(&escaped(text));
            }
            if !space.is_empty() {
                self.space(space);
            }
        }
        // Nothing may stand between the last word and the parenthesis but what was there.
        self.ascii(b")");
    }

    fn place(&mut self, token: &[u8]) {
        let width = self.owed.len().saturating_add(token.len());
        if self.last != Last::Nothing && self.column.saturating_add(width) > LINE_OCTETS {
            self.fold();
        }
        self.out.extend_from_slice(&self.owed);
        self.out.extend_from_slice(token);
        self.column = self.column.saturating_add(width);
        self.owed.clear();
    }

    /// Begins a new line where white space is owed; elsewhere none can begin.
    fn fold(&mut self) {
        if !self.owed.is_empty() {
            self.out.extend_from_slice(b"\r\n");
            self.column = 0;
        }
    }

    /// Writes text as encoded words, each no longer than it may be and with whole characters in it.
    fn encode(&mut self, text: &[u8], charset: &str) {
        let coding = Coding::fit_for(text);
        let around = charset.len().saturating_add("=??q??=".len());
        let mut characters = text
            .chunk_by(|_, next| charset == "utf-8" && next & 0b1100_0000 == 0b1000_0000)
            .peekable();
        while characters.peek().is_some() {
            if self.owed.is_empty() && self.last != Last::Opening && self.column > 0 {
                self.owed.push(b' ');
            }
            let least = around.saturating_add(CHARACTER_OCTETS).saturating_add(self.owed.len());
            if self.column.saturating_add(least) > LINE_OCTETS && self.last != Last::Nothing {
                self.fold();
            }
            let used = self.column.saturating_add(self.owed.len());
            let room = LINE_OCTETS.saturating_sub(used).min(WORD_OCTETS);
            let room = room.saturating_sub(around).max(CHARACTER_OCTETS);
            let mut taken: Vec<u8> = Vec::new();
            while let Some(character) = characters.next_if(|character| {
                coding.octets(&taken).saturating_add(coding.octets_more(&taken, character)) <= room
            }) {
                taken.extend_from_slice(character);
            }
            let word = coding.word(charset, &taken);
            self.place(word.as_bytes());
            self.last = Last::Encoded;
        }
    }
}

/// How the octets of an encoded word are written (RFC 2047, 4).
#[derive(Clone, Copy)]
enum Coding {
    Quoted,
    Base64,
}

impl Coding {
    /// Quoted text can be read without a program as long as most of it is ASCII; the rest is shorter in base64.
    fn fit_for(text: &[u8]) -> Coding {
        let ascii = text.iter().filter(|octet| octet.is_ascii()).count();
        let others = text.iter().filter(|octet| **octet >= 0b1100_0000).count();
        if others > ascii { Coding::Base64 } else { Coding::Quoted }
    }

    /// How long the text becomes.
    fn octets(self, text: &[u8]) -> usize {
        match self {
            Coding::Quoted => text.iter().map(|octet| if is_plain(*octet) { 1 } else { 3 }).sum(),
            Coding::Base64 => text.len().div_ceil(3).saturating_mul(4),
        }
    }

    /// How much longer some text becomes with a character more.
    fn octets_more(self, text: &[u8], character: &[u8]) -> usize {
        match self {
            Coding::Quoted => self.octets(character),
            Coding::Base64 => {
                let together = text.len().saturating_add(character.len());
                together.div_ceil(3).saturating_mul(4).saturating_sub(self.octets(text))
            }
        }
    }

    fn word(self, charset: &str, text: &[u8]) -> String {
        match self {
            Coding::Base64 => format!("=?{charset}?b?{}?=", sasl::encode(text)),
            Coding::Quoted => {
                let quoted = |octet: &u8| match *octet {
                    b' ' => "_".to_owned(),
                    octet if is_plain(octet) => char::from(octet).to_string(),
                    octet => format!("={octet:02X}"),
                };
                let text: String = text.iter().map(quoted).collect();
                format!("=?{charset}?q?{text}?=")
            }
        }
    }
}

/// Whether an octet takes one octet in a quoted word, wherever that stands (RFC 2047, 5).
fn is_plain(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'!' | b'*' | b'+' | b'-' | b'/' | b' ')
}

fn is_encoded_word(token: &[u8]) -> bool {
    token.starts_with(b"=?") && token.ends_with(b"?=")
}

/// Text as it may stand in a comment.
fn escaped(text: &[u8]) -> Vec<u8> {
    let special = |octet: &u8| matches!(octet, b'(' | b')' | b'\\');
    text.iter()
        .flat_map(|octet| [b'\\', *octet].into_iter().skip(usize::from(!special(octet))))
        .collect()
}
