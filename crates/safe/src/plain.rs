//! Plain text: escaped, its lines as they are or flowed (RFC 3676), quotes as quotes, addresses as links.

use crate::Body;
use crate::address::link;
use crate::limits::{PLAIN_LINKS_MAX, PLAIN_OCTETS_MAX, QUOTES_MAX};
use crate::piece::Piece;

/// Whether a line may go on in the next (RFC 3676).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Each line is one.
    Fixed,
    /// `format=flowed`: a line that ends in a space goes on.
    Flowed,
    /// With `delsp=yes`: that space is not part of the text.
    FlowedWithoutSpace,
}

/// Makes plain text fit to be shown.
pub fn of_plain(text: &str, flow: Flow) -> Body {
    let kept = text.get(..text.floor_char_boundary(PLAIN_OCTETS_MAX)).unwrap_or_default();
    let mut writer = Writer { flow, ..Writer::default() };
    writer.out.push_str("<div class=\"plain\">");
    for line in kept.lines() {
        writer.line(line);
    }
    writer.level(0);
    writer.out.push_str("</div>");
    Body {
        content: vec![Piece::Text(writer.out.into())],
        is_cut: kept.len() < text.len(),
        ..Body::default()
    }
}

struct Writer {
    out: String,
    flow: Flow,
    level: usize,
    /// Whether the line before goes on in this one.
    goes_on: bool,
    /// Whether a line stands here already, at this level.
    has_line: bool,
    links: usize,
}

impl Default for Writer {
    fn default() -> Writer {
        Writer {
            out: String::new(),
            flow: Flow::Fixed,
            level: 0,
            goes_on: false,
            has_line: false,
            links: 0,
        }
    }
}

impl Writer {
    fn level(&mut self, level: usize) {
        while self.level < level {
            self.out.push_str("<blockquote>");
            self.level = self.level.saturating_add(1);
            self.has_line = false;
        }
        while self.level > level {
            self.out.push_str("</blockquote>");
            self.level = self.level.saturating_sub(1);
            self.has_line = false;
        }
    }

    fn line(&mut self, line: &str) {
        let (level, text) = quoted(line, self.flow);
        let is_other = level.min(QUOTES_MAX) != self.level;
        self.level(level.min(QUOTES_MAX));
        let is_signature = text == "-- ";
        if self.has_line && (!self.goes_on || is_other || is_signature) {
            self.out.push('\n');
        }
        let soft = self.flow != Flow::Fixed && text.ends_with(' ') && !is_signature;
        let shown = if soft && self.flow == Flow::FlowedWithoutSpace {
            text.strip_suffix(' ').unwrap_or(text)
        } else {
            text
        };
        self.with_links(shown);
        (self.has_line, self.goes_on) = (true, soft);
    }

    fn with_links(&mut self, text: &str) {
        let mut rest = text;
        while let Some((before, found, behind)) = next_link(rest) {
            let leads = link(found).filter(|_| self.links < PLAIN_LINKS_MAX);
            escape(before, &mut self.out);
            match leads {
                Some(address) => {
                    self.links = self.links.saturating_add(1);
                    self.out.push_str(
                        "<a target=\"_blank\" rel=\"noopener noreferrer nofollow\" href=\"",
                    );
                    escape(&address, &mut self.out);
                    self.out.push_str("\">");
                    escape(found, &mut self.out);
                    self.out.push_str("</a>");
                }
                None => escape(found, &mut self.out),
            }
            rest = behind;
        }
        escape(rest, &mut self.out);
    }
}

/// In how many levels a line is quoted, and the line without their signs. Old programs put a space before each sign; in flowed text
/// the space behind them is stuffed (RFC 3676, 4.4).
fn quoted(line: &str, flow: Flow) -> (usize, &str) {
    let mut level = 0_usize;
    let mut rest = line;
    loop {
        let next = match flow {
            Flow::Fixed => rest.strip_prefix(' ').filter(|_| level > 0).unwrap_or(rest),
            Flow::Flowed | Flow::FlowedWithoutSpace => rest,
        };
        match next.strip_prefix('>') {
            // From is quoted so in mbox files, and means no quote.
            Some(behind) if !(level == 0 && behind.starts_with("From ")) => rest = behind,
            Some(_) | None => break,
        }
        level = level.saturating_add(1);
    }
    let is_stuffed = level > 0 || flow != Flow::Fixed;
    (level, if is_stuffed { rest.strip_prefix(' ').unwrap_or(rest) } else { rest })
}

const BEGINNINGS: [&str; 3] = ["https://", "http://", "mailto:"];

/// The first address in a text: what is before it, the address, and what is behind it.
fn next_link(text: &str) -> Option<(&str, &str, &str)> {
    let at = text.match_indices(':').find_map(|(colon, _)| {
        BEGINNINGS.iter().find_map(|beginning| {
            let scheme = beginning.find(':')?;
            let at = colon.checked_sub(scheme)?;
            let found = text.get(at..at.checked_add(beginning.len())?)?;
            let before = text.get(..at)?.chars().next_back();
            let is_word = before.is_some_and(char::is_alphanumeric);
            (found.eq_ignore_ascii_case(beginning) && !is_word).then_some(at)
        })
    })?;
    let (before, from) = text.split_at(at);
    let ends = |c: char| {
        c.is_whitespace() || c.is_control() || "<>\"\u{ab}\u{bb}\u{201c}\u{201d}".contains(c)
    };
    let end = from.find(ends).unwrap_or(from.len());
    let mut address = from.get(..end).unwrap_or_default();
    // What ends a sentence, or a bracket that was opened before, is not part of it.
    let count = |c: char| address.matches(c).count();
    let mut spare = [('(', ')'), ('[', ']')]
        .map(|(open, close)| (close, count(close).saturating_sub(count(open))));
    while let Some(last) = address.chars().next_back() {
        match spare.iter_mut().find(|(close, _)| *close == last) {
            Some((_, 0)) => break,
            Some((_, spare)) => *spare = spare.saturating_sub(1),
            None if ".,;:!?'*_".contains(last) => {}
            None => break,
        }
        address = address.strip_suffix(last).unwrap_or_default();
    }
    let behind = from.get(address.len()..).unwrap_or_default();
    Some((before, address, behind))
}

fn escape(text: &str, to: &mut String) {
    for c in text.chars() {
        match c {
            '&' => to.push_str("&amp;"),
            '<' => to.push_str("&lt;"),
            '>' => to.push_str("&gt;"),
            '"' => to.push_str("&quot;"),
            '\t' => to.push('\t'),
            c if c.is_control() => to.push('\u{fffd}'),
            c => to.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Flow, of_plain};

    fn shown(text: &str, flow: Flow) -> String {
        let content = of_plain(text, flow).show(|_| None).content;
        let inside = content.strip_prefix("<div class=\"plain\">").unwrap();
        let inside = inside.strip_suffix("</div>").unwrap();
        inside.replace(" target=\"_blank\" rel=\"noopener noreferrer nofollow\"", "")
    }

    #[test]
    fn text_is_escaped_and_has_links_and_quotes() {
        for (text, want) in [
            ("a < b & \"c\"\r\n\0x", "a &lt; b &amp; &quot;c&quot;\n\u{fffd}x"),
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("> a\n> > b\n>> c\nd", "<blockquote>a<blockquote>b\nc</blockquote></blockquote>d"),
            (">From me", "&gt;From me"),
            (
                "see (https://x.example/a_(b)). Or",
                "see (<a href=\"https://x.example/a_%28b%29\">https://x.example/a_(b)</a>). Or",
            ),
            (
                "HTTP://X.example?a=1&b=2,",
                "<a href=\"http://x.example/?a=1&amp;b=2\">HTTP://X.example?a=1&amp;b=2</a>,",
            ),
            (
                "<mailto:a@b.example>",
                "&lt;<a href=\"mailto:a@b.example\">mailto:a@b.example</a>&gt;",
            ),
            ("javascript:alert(1) xhttp://y", "javascript:alert(1) xhttp://y"),
            ("https://", "https://"),
            ("http://\u{202e}", "http://\u{202e}"),
        ] {
            assert_eq!(shown(text, Flow::Fixed), want, "{text:?}");
        }
    }

    #[test]
    fn flowed_text_flows() {
        assert_eq!(shown("a \nb\n> c \n> d\ne", Flow::Flowed), "a b<blockquote>c d</blockquote>e");
        assert_eq!(shown("a \nb", Flow::FlowedWithoutSpace), "ab");
        assert_eq!(shown("a\n-- \nb", Flow::Flowed), "a\n-- \nb");
        assert_eq!(shown(" >x", Flow::Flowed), "&gt;x");
        assert_eq!(shown("a \nb", Flow::Fixed), "a \nb");
    }

    #[test]
    fn long_lines_of_links_take_no_long_time() {
        assert!(of_plain(&"http:".repeat(400_000), Flow::Fixed).octets() > 0);
        assert!(of_plain(&"https://a.b/ ".repeat(150_000), Flow::Fixed).octets() > 0);
        assert!(of_plain(&">".repeat(1_000_000), Flow::Fixed).octets() > 0);
        assert!(of_plain(&format!("http://{}", ")".repeat(200_000)), Flow::Fixed).octets() > 0);
    }
}
