//! Selectors: elements, classes and ids, how they stand to each other, and a few pseudo-classes. None that looks at attributes: by
//! these, sheets read what they should not know.

use cssparser::{Delimiter, Parser, Token};

use super::value::{name, number};
use super::{Left, left_out};
use crate::name::prefixed;

const PSEUDO: [&str; 14] = [
    "active",
    "empty",
    "first-child",
    "first-of-type",
    "focus",
    "focus-within",
    "hover",
    "last-child",
    "last-of-type",
    "link",
    "only-child",
    "only-of-type",
    "root",
    "visited",
];

const COUNTED: [&str; 4] = ["nth-child", "nth-last-child", "nth-last-of-type", "nth-of-type"];

/// How many parts a selector has.
const PARTS_MAX: usize = 40;

/// A list of selectors, up to the end: those that may stand. None of them: the rule goes.
pub(super) fn list(parser: &mut Parser<'_>) -> Result<String, Left> {
    let mut list = Vec::new();
    loop {
        let one = parser.parse_until_before(Delimiter::Comma, |parser| {
            let mut selector = Selector::default();
            selector.parts(parser)?;
            Ok::<_, Left>(selector.written)
        });
        if let Ok(one) = one {
            let one = one.trim_end_matches(' ');
            if !one.is_empty() && !one.ends_with(['>', '+', '~']) {
                list.push(one.to_owned());
            }
        }
        if parser.is_exhausted() {
            break;
        }
        parser.expect_comma()?;
    }
    if list.is_empty() { Err(left_out()) } else { Ok(list.join(",")) }
}

#[derive(Default)]
struct Selector {
    written: String,
    parts: usize,
}

impl Selector {
    fn parts(&mut self, parser: &mut Parser<'_>) -> Result<(), Left> {
        while let Ok(token) = parser.next_including_whitespace().cloned() {
            self.parts = self.parts.saturating_add(1);
            if self.parts > PARTS_MAX {
                return Err(left_out());
            }
            match token {
                Token::Ident(element) => self.element(&name(&element)?)?,
                Token::Delim('*') => self.element("*")?,
                Token::IDHash(id) => self.written.push_str(&format!("#{}", prefixed(&id))),
                Token::Delim('.') => match parser.next_including_whitespace()? {
                    Token::Ident(class) => self.written.push_str(&format!(".{}", prefixed(class))),
                    _ => return Err(left_out()),
                },
                Token::Delim(sign @ ('>' | '+' | '~')) => {
                    let end = self.written.trim_end().len();
                    if end == 0 {
                        return Err(left_out());
                    }
                    self.written.truncate(end);
                    self.written.push(sign);
                }
                Token::WhiteSpace(_) => {
                    if !self.written.is_empty() && !self.written.ends_with(['>', '+', '~', ' ']) {
                        self.written.push(' ');
                    }
                }
                Token::Colon => self.pseudo(parser)?,
                _ => return Err(left_out()),
            }
        }
        Ok(())
    }

    /// An element stands first in its compound.
    fn element(&mut self, element: &str) -> Result<(), Left> {
        let is_first = self.written.is_empty() || self.written.ends_with([' ', '>', '+', '~']);
        if !is_first {
            return Err(left_out());
        }
        self.written.push_str(element);
        Ok(())
    }

    fn pseudo(&mut self, parser: &mut Parser<'_>) -> Result<(), Left> {
        match parser.next_including_whitespace()?.clone() {
            Token::Ident(word) => {
                let word = word.to_ascii_lowercase();
                let known = PSEUDO.iter().find(|known| **known == word).ok_or_else(left_out)?;
                self.written.push_str(&format!(":{known}"));
            }
            Token::Function(word) => {
                let word = word.to_ascii_lowercase();
                let known = COUNTED.iter().find(|known| **known == word).ok_or_else(left_out)?;
                let counted = parser.parse_nested_block(counted)?;
                self.written.push_str(&format!(":{known}({counted})"));
            }
            _ => return Err(left_out()),
        }
        Ok(())
    }
}

/// `2n+1`, `odd`, `3`.
fn counted(parser: &mut Parser<'_>) -> Result<String, Left> {
    let (step, offset) = cssparser::parse_nth(parser)?;
    let step = number(to_f32(step)?)?;
    let offset = to_f32(offset)?;
    let sign = if offset < 0.0 { "" } else { "+" };
    let offset = number(offset)?;
    Ok(if step == "0" { offset } else { format!("{step}n{sign}{offset}") })
}

fn to_f32(number: i32) -> Result<f32, Left> {
    i16::try_from(number).map(f32::from).map_err(|_| left_out())
}
