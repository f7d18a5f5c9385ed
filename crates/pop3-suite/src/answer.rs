//! What a server answers: the first line, and the lines behind it.

/// How much of a line is shown.
const SHOWN_CHARS_MAX: usize = 160;

/// The first line of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The line with its line end.
    pub(crate) raw: Vec<u8>,
}

impl Answer {
    /// `+OK`, as RFC 1939, 3 wants it: in upper case, then a space or the end.
    pub(crate) fn is_ok(&self) -> bool {
        self.has_status("+OK")
    }

    /// `-ERR`.
    pub(crate) fn is_err(&self) -> bool {
        self.has_status("-ERR")
    }

    /// A challenge of AUTH: `+ ` and Base64.
    pub(crate) fn is_challenge(&self) -> bool {
        let line = self.line();
        line.starts_with("+ ") || line == "+"
    }

    fn has_status(&self, status: &str) -> bool {
        let line = self.line();
        line.strip_prefix(status).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    }

    /// The line without its line end.
    pub(crate) fn line(&self) -> String {
        let line = self.raw.strip_suffix(b"\n").unwrap_or(&self.raw);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        String::from_utf8_lossy(line).into_owned()
    }

    /// The text behind the status.
    pub(crate) fn text(&self) -> String {
        let line = self.line();
        let text = line.strip_prefix("+OK").or(line.strip_prefix("-ERR")).unwrap_or(&line);
        text.strip_prefix(' ').unwrap_or(text).to_owned()
    }

    /// The response code: what stands in brackets at the beginning of the text, in upper case.
    pub(crate) fn code(&self) -> Option<String> {
        let text = self.text();
        let (code, _) = text.strip_prefix('[')?.split_once(']')?;
        Some(code.to_ascii_uppercase())
    }
}

/// An answer of several lines.
#[derive(Clone, Debug)]
pub(crate) struct Many {
    /// The lines as they came: with line ends, dots still doubled.
    pub(crate) raw: Vec<Vec<u8>>,
}

impl Many {
    /// The lines as text, without line ends and doubled dots.
    pub(crate) fn lines(&self) -> Vec<String> {
        let text = |line: &Vec<u8>| {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            String::from_utf8_lossy(line.strip_prefix(b".").unwrap_or(line)).into_owned()
        };
        self.raw.iter().map(text).collect()
    }

    /// The octets that the client keeps: each line with its line end, doubled dots undone.
    pub(crate) fn content(&self) -> Vec<u8> {
        self.raw.iter().flat_map(|line| line.strip_prefix(b".").unwrap_or(line)).copied().collect()
    }
}

/// Reads a number as RFC 1939 prints them: digits only.
pub(crate) fn digits(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// A line of LIST: the number, the size, and what follows them.
pub(crate) fn scan_listing(line: &str) -> Option<(u64, u64, &str)> {
    let (number, rest) = line.split_once(' ')?;
    let (size, more) =
        rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
    let proper = more.is_empty() || more.starts_with(' ');
    Some((digits(number)?, digits(size)?, more)).filter(|_| proper)
}

/// A line of UIDL: the number and the id.
pub(crate) fn unique_listing(line: &str) -> Option<(u64, &str)> {
    let (number, id) = line.split_once(' ')?;
    Some((digits(number)?, id))
}

/// A line fit for a report: no control characters, not too long.
pub(crate) fn shortened(line: &str) -> String {
    let clean: String = line.chars().flat_map(char::escape_debug).collect();
    let clean = clean.replace("\\'", "'").replace("\\\"", "\"");
    match clean.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}... ({} octets)", &clean[..end], line.len()),
        None => clean,
    }
}
