//! Lines of a vCard: unfolded (RFC 6350, 3.2), and each a property with its parameters (RFC 6350, 3.3).

use super::{NotVcard, Property, VCard, Version};

impl VCard {
    /// Reads one vCard.
    pub fn read(text: &str) -> Result<VCard, NotVcard> {
        let mut lines = unfolded(text.strip_prefix('\u{feff}').unwrap_or(text)).into_iter();
        let is = |line: &Property, name: &str| {
            line.name == name && line.value.trim().eq_ignore_ascii_case("VCARD")
        };
        let first = lines.next().and_then(|(_, line)| Property::read(&line));
        if !first.is_some_and(|line| is(&line, "BEGIN")) {
            return Err(NotVcard::Frame);
        }
        let (mut version, mut properties) = (None, Vec::new());
        let mut has_ended = false;
        for (number, line) in lines {
            if has_ended {
                return Err(NotVcard::Several);
            }
            let property = Property::read(&line).ok_or(NotVcard::Line(number))?;
            match property.name.as_str() {
                "BEGIN" => return Err(NotVcard::Several),
                "END" if is(&property, "END") => has_ended = true,
                "END" => return Err(NotVcard::Frame),
                "VERSION" => {
                    version = Some(Version::read(&property.value).ok_or(NotVcard::Version)?);
                }
                _ => properties.push(property),
            }
        }
        if !has_ended {
            return Err(NotVcard::Frame);
        }
        Ok(VCard { version: version.ok_or(NotVcard::Version)?, properties })
    }
}

/// The lines that say something, unfolded, each with its number.
fn unfolded(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(more), Some((_, last))) => last.push_str(more),
            _ if line.trim().is_empty() => {}
            _ => lines.push((index.saturating_add(1), line.to_owned())),
        }
    }
    lines
}

impl Property {
    fn read(line: &str) -> Option<Property> {
        let (head, value) = cut(line, ':')?;
        let mut rest = Some(head);
        let mut parts = std::iter::from_fn(|| {
            let (part, more) = match cut(rest?, ';') {
                Some((part, more)) => (part, Some(more)),
                None => (rest?, None),
            };
            rest = more;
            Some(part)
        });
        let named = parts.next()?.trim();
        let (group, name) = match named.rsplit_once('.') {
            Some((group, name)) => (Some(group), name),
            None => (None, named),
        };
        if !is_name(name) || !group.is_none_or(is_name) {
            return None;
        }
        let mut property = Property::new(&name.to_ascii_uppercase(), value.to_owned());
        property.group = group.map(str::to_owned);
        for part in parts.filter(|part| !part.is_empty()) {
            // Before 3.0 types stood alone, and some programs still write them so.
            let (name, values) = part.split_once('=').unwrap_or(("TYPE", part));
            if !is_name(name) {
                return None;
            }
            let name = name.to_ascii_uppercase();
            for value in values_of(values) {
                // RFC 6350, 5.6: types may stand in one pair of quotation marks, as `TYPE="voice,home"`.
                let each = if name == "TYPE" { value.split(',').collect() } else { vec![&*value] };
                for value in each {
                    property = property.with(&name, value);
                }
            }
        }
        Some(property)
    }
}

/// Whether it may be the name of a property, a parameter or a group.
pub(super) fn is_name(name: &str) -> bool {
    let is_of = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_';
    !name.is_empty() && name.bytes().all(is_of)
}

/// What stands before and after the first of this letter outside of quotation marks.
fn cut(text: &str, at: char) -> Option<(&str, &str)> {
    let mut is_quoted = false;
    for (index, letter) in text.char_indices() {
        if letter == '"' {
            is_quoted = !is_quoted;
        } else if letter == at && !is_quoted {
            let (front, back) = text.split_at(index);
            return Some((front, back.get(1..).unwrap_or_default()));
        }
    }
    None
}

/// The values of a parameter, without quotation marks and what stands for them (RFC 6868).
fn values_of(text: &str) -> Vec<String> {
    let mut values = Vec::new();
    let mut rest = text;
    while let Some((value, more)) = cut(rest, ',') {
        values.push(plain(value));
        rest = more;
    }
    values.push(plain(rest));
    values
}

fn plain(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut letters = value.trim().chars().filter(|letter| *letter != '"').peekable();
    while let Some(letter) = letters.next() {
        let stands_for = match (letter, letters.peek()) {
            ('^', Some('n')) => '\n',
            ('^', Some('^')) => '^',
            ('^', Some('\'')) => '"',
            _ => {
                out.push(letter);
                continue;
            }
        };
        letters.next();
        out.push(stands_for);
    }
    out
}
