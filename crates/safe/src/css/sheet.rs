//! Style sheets: rules, and rules for media. Nothing that fetches (`@import`, `@font-face`) or moves (`@keyframes`).

use cssparser::{Delimiter, Parser, Token};

use super::value::{name, number};
use super::{Left, block, left_out, selector};
use crate::ColorScheme;

/// A style sheet as it may stand.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    pub(crate) rules: String,
    /// What it says of schemes of colours.
    pub(crate) scheme: Option<ColorScheme>,
    /// Whether some of its rules are for those who prefer dark colours.
    pub(crate) is_dark_too: bool,
}

/// In how many levels rules for media lie.
const MEDIA_DEPTH_MAX: usize = 2;

/// Reads a style sheet.
pub(crate) fn sheet(text: &str) -> Sheet {
    let mut sheet = Sheet::default();
    let rules = sheet.rules(&mut Parser::new(text), 0);
    sheet.rules = rules;
    sheet
}

impl Sheet {
    fn rules(&mut self, parser: &mut Parser<'_>, depth: usize) -> String {
        let mut written = String::new();
        loop {
            parser.skip_whitespace();
            let before = parser.state();
            let Ok(token) = parser.next().cloned() else { return written };
            let rule = match token {
                Token::CDO | Token::CDC | Token::Semicolon => continue,
                Token::AtKeyword(word) => self.at_rule(parser, &word, depth),
                _ => {
                    parser.reset(&before);
                    self.rule(parser)
                }
            };
            if let Ok(rule) = rule {
                written.push_str(&rule);
            }
        }
    }

    fn rule(&mut self, parser: &mut Parser<'_>) -> Result<String, Left> {
        let selectors = parser.parse_until_before(Delimiter::CurlyBracketBlock, selector::list);
        parser.expect_curly_bracket_block()?;
        let scheme = &mut self.scheme;
        let declared = parser.parse_nested_block(|parser| Ok::<_, Left>(block(parser, scheme)))?;
        let selectors = selectors?;
        if declared.is_empty() {
            return Err(left_out());
        }
        Ok(format!("{selectors}{{{declared}}}"))
    }

    fn at_rule(
        &mut self,
        parser: &mut Parser<'_>,
        word: &str,
        depth: usize,
    ) -> Result<String, Left> {
        let ends = Delimiter::CurlyBracketBlock | Delimiter::Semicolon;
        let mut media = Media::default();
        let asked = parser.parse_until_before(ends, |parser| media.read(parser, 0));
        match parser.next() {
            Ok(Token::CurlyBracketBlock) => {}
            Ok(_) | Err(_) => return Err(left_out()),
        }
        let is_media =
            word.eq_ignore_ascii_case("media") && depth < MEDIA_DEPTH_MAX && asked.is_ok();
        if !is_media {
            // Its block is skipped, whatever is in it.
            return parser.parse_nested_block(|_| Err(left_out()));
        }
        let inside = parser.parse_nested_block(|parser| {
            Ok::<_, Left>(self.rules(parser, depth.saturating_add(1)))
        })?;
        if inside.is_empty() {
            return Err(left_out());
        }
        self.is_dark_too |= media.is_dark_too;
        Ok(format!("@media {}{{{inside}}}", media.written.trim_end()))
    }
}

/// For which media rules are.
#[derive(Default)]
struct Media {
    written: String,
    is_dark_too: bool,
}

impl Media {
    fn read(&mut self, parser: &mut Parser<'_>, depth: usize) -> Result<(), Left> {
        if depth > MEDIA_DEPTH_MAX {
            return Err(left_out());
        }
        while let Ok(token) = parser.next_including_whitespace().cloned() {
            match token {
                Token::Ident(word) => {
                    let word = name(&word)?;
                    self.is_dark_too |= word == "prefers-color-scheme";
                    self.written.push_str(&word);
                }
                Token::ParenthesisBlock => {
                    self.written.push('(');
                    parser
                        .parse_nested_block(|parser| self.read(parser, depth.saturating_add(1)))?;
                    self.written.push(')');
                }
                Token::Dimension { value, unit, .. } => {
                    self.written.push_str(&format!("{}{}", number(value)?, name(&unit)?));
                }
                Token::Number { value, .. } => self.written.push_str(&number(value)?),
                Token::Colon => self.written.push(':'),
                Token::Comma => self.written.push(','),
                Token::Delim('/') => self.written.push('/'),
                Token::WhiteSpace(_) => {
                    if !self.written.is_empty() && !self.written.ends_with([' ', '(', ':', ',']) {
                        self.written.push(' ');
                    }
                }
                _ => return Err(left_out()),
            }
        }
        if self.written.is_empty() { Err(left_out()) } else { Ok(()) }
    }
}
