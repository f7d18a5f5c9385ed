//! The letters made for the checks: each has something about it that servers have stumbled over.

use std::time::{SystemTime, UNIX_EPOCH};

/// A letter.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    /// What it is called; letters called the same are the same.
    pub(crate) name: &'static str,
    /// Its octets.
    pub(crate) text: Vec<u8>,
    /// Delivery would change or refuse it.
    pub(crate) only_by_append: bool,
}

/// How many small letters there are; some of them are deleted by the checks.
pub(crate) const MANY: usize = 24;

/// All letters of a run.
pub(crate) fn all(token: &str, large_lines: usize) -> Vec<Letter> {
    let mut letters = vec![
        letter(token, "plain", &numbered_lines(10)),
        letter(token, "dots", ".\r\n..\r\n...\r\n.hidden\r\n..two\r\n. apart\r\nx.\r\n.\r\n"),
        letter(
            token,
            "blanks",
            "\r\n\r\nafter two blank lines\r\n\r\nSubject: no header\r\n\r\n\r\n",
        ),
        letter(token, "nobody", ""),
        letter(token, "long-line", &format!("{}\r\nshort\r\n", "long ".repeat(198))),
        letter(token, "twin", "One of two that are the same.\r\n"),
        letter(token, "twin", "One of two that are the same.\r\n"),
        letter(token, "large", &large(large_lines)),
        eight_bit(token),
        utf8(token),
        append_only(letter(token, "longer-line", &format!("{}\r\nshort\r\n", "x".repeat(5_000)))),
        append_only(bare_header(token)),
        append_only(letter(token, "no-line-end", "first line\r\nlast line without line end")),
    ];
    letters.extend((0..MANY).map(|index| small(token, index)));
    letters
}

/// A small letter with a name of its own.
pub(crate) fn small(token: &str, index: usize) -> Letter {
    let mut small = letter(token, "many-", &format!("Letter {index}\r\n"));
    let mark = format!("X-Suite-Letter: {token} many-{index}\r\n").into_bytes();
    let rest = small.text.iter().position(|octet| *octet == b'\n').map_or(0, |at| at + 1);
    small.text.splice(..rest, mark);
    small
}

fn append_only(letter: Letter) -> Letter {
    Letter { only_by_append: true, ..letter }
}

fn letter(token: &str, name: &'static str, body: &str) -> Letter {
    let text = format!("{}Subject: {name}\r\n\r\n{body}", header(token, name)).into_bytes();
    Letter { name, text, only_by_append: false }
}

/// Nine lines with the folded one, so that who counts header lines as body lines is seen to.
fn header(token: &str, name: &str) -> String {
    format!(
        "X-Suite-Letter: {token} {name}\r\nFrom: Suite <suite@example.net>\r\n\
         To: Reader <reader@example.org>\r\nDate: Tue, 3 Feb 2026 10:00:00 +0000\r\n\
         Message-ID: <{token}.{name}@example.net>\r\nX-Folded: first\r\n\tsecond\r\n third\r\n"
    )
}

/// A body of numbered lines.
pub(crate) fn numbered_lines(count: usize) -> String {
    (1..=count).map(|number| format!("body line {number}\r\n")).collect()
}

fn large(lines: usize) -> String {
    (0..lines)
        .map(|number| format!("{number:06} {}\r\n", "the quick brown fox ".repeat(3)))
        .collect()
}

fn eight_bit(token: &str) -> Letter {
    let mime = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\
                Content-Transfer-Encoding: 8bit\r\n";
    let mut text =
        format!("{}{mime}Subject: eight-bit\r\n\r\n", header(token, "eight-bit")).into_bytes();
    text.extend_from_slice(b"S\xe3o Jo\xe3o, cora\xe7\xe3o\r\n");
    Letter { name: "eight-bit", text, only_by_append: false }
}

/// A header in UTF-8 (RFC 6532).
fn utf8(token: &str) -> Letter {
    let mime = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
                Content-Transfer-Encoding: 8bit\r\n";
    let head = header(token, "utf8").replace("From: Suite", "From: João");
    let text = format!("{head}{mime}Subject: Olá, coração\r\n\r\nUm cão.\r\n").into_bytes();
    Letter { name: "utf8", text, only_by_append: false }
}

/// Header lines, and then nothing: not even the blank line.
fn bare_header(token: &str) -> Letter {
    let text = format!("{}Subject: bare\r\n", header(token, "bare-header")).into_bytes();
    Letter { name: "bare-header", text, only_by_append: true }
}

/// Something that differs from run to run.
pub(crate) fn moment() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros())
}
