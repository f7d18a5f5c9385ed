//! Dovecot's `pop3_uidl_format`: text with variables in it, as Dovecot 2.3 expands them. What cannot be told from the
//! files, or is so rare that nobody tried it here, is refused and not guessed.

use md5::{Digest as _, Md5};

/// What a message has that an id can be made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Values<'v> {
    pub(crate) uid: u32,
    pub(crate) validity: u32,
    /// The file without its flags.
    pub(crate) name: &'v str,
    pub(crate) guid: &'v str,
}

/// A format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Variable { variable: Variable, changes: Vec<Change>, cut: Cut },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Variable {
    Uid,
    Validity,
    Name,
    Guid,
}

/// What is done to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Hex,
    Lower,
    Upper,
    Reverse,
    Md5,
}

/// What is done to its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    Whole,
    /// Zeros before it up to this width.
    Pad(usize),
    /// So many octets are left out at the beginning, and so many, or the rest, are taken.
    From {
        skip: usize,
        take: Option<usize>,
    },
    /// It begins so many octets before the end.
    Last {
        begin: usize,
        take: Option<usize>,
    },
}

/// No number in a format is larger.
const WIDTH_MAX: usize = 999;
/// The longest format, in octets.
const FORMAT_OCTETS_MAX: usize = 200;

impl Default for Template {
    /// `%08Xu%08Xv`, as Dovecot has it.
    fn default() -> Template {
        let variable =
            |variable| Piece::Variable { variable, changes: vec![Change::Hex], cut: Cut::Pad(8) };
        Template(vec![variable(Variable::Uid), variable(Variable::Validity)])
    }
}

impl Template {
    /// Reads a format.
    pub fn parse(text: &str) -> Result<Template, String> {
        if text.len() > FORMAT_OCTETS_MAX {
            return Err(format!("a format of more than {FORMAT_OCTETS_MAX} octets"));
        }
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('%') {
            plain.push_str(before);
            if let Some(after) = after.strip_prefix('%') {
                plain.push('%');
                rest = after;
                continue;
            }
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            let (piece, after) = if let Some(named) = after.strip_prefix('{') {
                let (inside, after) =
                    named.split_once('}').ok_or("a variable in braces has no closing brace")?;
                (filtered(inside)?, after)
            } else {
                lettered(after)?
            };
            pieces.push(piece);
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        if !pieces.iter().any(|piece| matches!(piece, Piece::Variable { .. })) {
            return Err("a format without variables gives all messages the same id".to_owned());
        }
        Ok(Template(pieces))
    }

    /// The id of a message.
    pub(crate) fn make(&self, values: &Values<'_>) -> String {
        let mut id = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => id.push_str(text),
                Piece::Variable { variable, changes, cut } => {
                    let value = match variable {
                        Variable::Uid => values.uid.to_string(),
                        Variable::Validity => values.validity.to_string(),
                        Variable::Name => values.name.to_owned(),
                        Variable::Guid => values.guid.to_owned(),
                    };
                    let value = changes.iter().fold(value, |value, change| change.apply(value));
                    cut.apply(&value, &mut id);
                }
            }
        }
        id
    }
}

/// A variable as Dovecot up to 2.3 writes it: `%`, then `08X` and the like, then a letter.
fn lettered(text: &str) -> Result<(Piece, &str), String> {
    let (cut, mut rest) = widths(text)?;
    let mut changes = Vec::new();
    loop {
        let mut letters = rest.chars();
        let letter = letters.next().ok_or("the format ends within a variable")?;
        rest = letters.as_str();
        let variable = match letter {
            'u' => Variable::Uid,
            'v' => Variable::Validity,
            'f' => Variable::Name,
            'g' => Variable::Guid,
            'X' => {
                changes.push(Change::Hex);
                continue;
            }
            'L' => {
                changes.push(Change::Lower);
                continue;
            }
            'U' => {
                changes.push(Change::Upper);
                continue;
            }
            'R' => {
                changes.push(Change::Reverse);
                continue;
            }
            'M' => {
                changes.push(Change::Md5);
                continue;
            }
            other => return Err(unknown(other)),
        };
        return Ok((whole(variable, changes, cut)?, rest));
    }
}

fn unknown(letter: char) -> String {
    match letter {
        'm' => "%m (the MD5 sum of the header) is not kept in files that could be read here: take the answer of the old host to UIDL as a list".to_owned(),
        'H' | 'N' | 'E' | 'D' | 'T' => format!(
            "the modifier {letter} is not known here: take the answer of the old host to UIDL as a list"
        ),
        other => format!("there is no variable %{other}; known are %u, %v, %f and %g"),
    }
}

/// `8`, `08`, `2.4`, `-5.2` or nothing.
fn widths(text: &str) -> Result<(Cut, &str), String> {
    let odd = || {
        "this combination of widths is not known here: take the answer of the old host to UIDL as a list".to_owned()
    };
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (first, after) = digits(rest);
    let Some(behind_dot) = after.strip_prefix('.') else {
        let width = width(first)?;
        let cut = match (first.starts_with('0'), width) {
            (_, 0) => Cut::Whole,
            (true, width) => Cut::Pad(width),
            (false, width) => Cut::From { skip: 0, take: Some(width) },
        };
        // A sign belongs to an offset; without one it says nothing.
        return if negative { Err(odd()) } else { Ok((cut, after)) };
    };
    let (second, after) = digits(behind_dot);
    let leading_zero = |digits: &str| digits.len() > 1 && digits.starts_with('0');
    if leading_zero(first) || leading_zero(second) {
        return Err(odd());
    }
    let take = Some(width(second)?).filter(|take| *take > 0);
    let offset = width(first)?;
    let cut = match (negative, offset) {
        (true, 1..) => Cut::Last { begin: offset, take },
        _ => Cut::From { skip: offset, take },
    };
    Ok((cut, after))
}

fn digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn width(digits: &str) -> Result<usize, String> {
    if digits.is_empty() {
        return Ok(0);
    }
    let width = digits.parse().ok().filter(|width| *width <= WIDTH_MAX);
    width.ok_or_else(|| format!("{digits} is too large a width"))
}

/// A variable as Dovecot from 2.4 writes it: `uid | hex(8)`.
fn filtered(text: &str) -> Result<Piece, String> {
    let mut parts = text.split('|').map(str::trim);
    let variable = match parts.next().unwrap_or_default() {
        "uid" => Variable::Uid,
        "uidvalidity" => Variable::Validity,
        "filename" => Variable::Name,
        "guid" => Variable::Guid,
        other => {
            return Err(format!(
                "there is no variable %{{{other}}} here; known are uid, uidvalidity, filename and guid"
            ));
        }
    };
    let (mut changes, mut cut) = (Vec::new(), Cut::Whole);
    for filter in parts {
        let padded = filter.strip_prefix("hex(").and_then(|rest| rest.strip_suffix(')'));
        match (filter, padded) {
            ("lower", _) => changes.push(Change::Lower),
            ("upper", _) => changes.push(Change::Upper),
            ("md5", _) => changes.push(Change::Md5),
            ("hex", _) => changes.push(Change::Hex),
            (_, Some(digits)) if changes.is_empty() => {
                changes.push(Change::Hex);
                cut = Cut::Pad(width(digits.trim())?);
            }
            _ => {
                return Err(format!(
                    "the filter {filter} is not known here: take the answer of the old host to UIDL as a list"
                ));
            }
        }
    }
    whole(variable, changes, cut)
}

fn whole(variable: Variable, changes: Vec<Change>, cut: Cut) -> Result<Piece, String> {
    let text = matches!(variable, Variable::Name | Variable::Guid);
    let hex_at = changes.iter().position(|change| *change == Change::Hex);
    if hex_at.is_some_and(|at| text || at > 0)
        || changes.iter().filter(|change| **change == Change::Hex).count() > 1
    {
        return Err("only numbers can be made hexadecimal, and once".to_owned());
    }
    Ok(Piece::Variable { variable, changes, cut })
}

impl Change {
    fn apply(self, value: String) -> String {
        match self {
            Change::Hex => value.parse::<u32>().map_or(value, |number| format!("{number:x}")),
            Change::Lower => value.to_ascii_lowercase(),
            Change::Upper => value.to_ascii_uppercase(),
            Change::Reverse => value.chars().rev().collect(),
            Change::Md5 => {
                let sum = Md5::digest(value.as_bytes());
                sum.iter().map(|octet| format!("{octet:02x}")).collect()
            }
        }
    }
}

impl Cut {
    fn apply(self, value: &str, to: &mut String) {
        let length = value.chars().count();
        let (skip, take) = match self {
            Cut::Whole => (0, None),
            Cut::Pad(width) => {
                to.extend(std::iter::repeat_n('0', width.saturating_sub(length)));
                (0, None)
            }
            Cut::From { skip, take } => (skip, take),
            Cut::Last { begin, take } => (length.saturating_sub(begin), take),
        };
        to.extend(value.chars().skip(skip).take(take.unwrap_or(usize::MAX)));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Template, Values};

    const VALUES: Values<'_> = Values {
        uid: 1,
        validity: 1_795_329_403,
        name: "165539031.M11P7.host,W=60",
        guid: "0123456789abcdef0123456789abcdef",
    };

    // Each answer is Dovecot 2.3.19's own.
    #[test]
    fn ids_are_made_as_dovecot_makes_them() {
        let cases = [
            ("%08Xu%08Xv", "000000016b028d7b"),
            ("%08Xv%08Xu", "6b028d7b00000001"),
            ("%v.%u", "1795329403.1"),
            ("%v-%u", "1795329403-1"),
            ("%f", "165539031.M11P7.host,W=60"),
            ("%Uf", "165539031.M11P7.HOST,W=60"),
            ("%Lf", "165539031.m11p7.host,w=60"),
            ("%LUf", "165539031.M11P7.HOST,W=60"),
            ("%ULf", "165539031.m11p7.host,w=60"),
            ("%Rf", "06=W,tsoh.7P11M.130935561"),
            ("%g", "0123456789abcdef0123456789abcdef"),
            ("%Mf", "a02683ec09720b854f29a41a26576fa6"),
            ("%MUf", "A02683EC09720B854F29A41A26576FA6"),
            ("%UMf", "7271f03c369485f8907fdcc98c166c1c"),
            ("%2Mf", "a0"),
            ("%04u", "0001"),
            ("%02v", "1795329403"),
            ("%10u", "1"),
            ("%2v", "17"),
            ("%2.4v", "9532"),
            ("%-4.2v", "94"),
            ("%-3.8v", "403"),
            ("%.3f", "165"),
            ("%5.f.%u", "9031.M11P7.host,W=60.1"),
            ("%5.0f", "9031.M11P7.host,W=60"),
            ("%0.5f", "16553"),
            ("%-5.f", ",W=60"),
            ("%-60.3f.%u", "165.1"),
            ("%50.f.%u", ".1"),
            ("%Xv", "6b028d7b"),
            ("%XUv", "6B028D7B"),
            ("%XRv", "b7d820b6"),
            ("%4Xv", "6b02"),
            ("%8Xv", "6b028d7b"),
            ("%8Xu.", "1."),
            ("%0u.", "1."),
            ("%%%u", "%1"),
        ];
        for (format, want) in cases {
            let template = Template::parse(format).unwrap();
            assert_eq!(template.make(&VALUES), want, "{format}");
        }
        assert_eq!(Template::default(), Template::parse("%08Xu%08Xv").unwrap());
    }

    #[test]
    fn filters_are_read_too() {
        let make = |format: &str| Template::parse(format).unwrap().make(&VALUES);
        assert_eq!(make("%{uid | hex(8)}%{uidvalidity | hex(8)}"), "000000016b028d7b");
        assert_eq!(make("%{uidvalidity|hex|upper}-%{uid}"), "6B028D7B-1");
        assert_eq!(make("%{guid}"), VALUES.guid);
        assert_eq!(make("%{filename | md5}"), "a02683ec09720b854f29a41a26576fa6");
        assert!(Template::parse("%{uid | sha1}").is_err());
        assert!(Template::parse("%{uid").is_err());
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for format in
            ["", "x", "%", "%08", "%m", "%Hf", "%q", "%Xf", "%XXu", "%-4v", "%03.08Xv", "%9999u"]
        {
            assert!(Template::parse(format).is_err(), "{format}");
        }
        assert!(Template::parse("%m").unwrap_err().contains("MD5"));
    }

    proptest! {
        #[test]
        fn any_format_is_read_or_refused(text in "[-%0-9.XLURufvgm{} |(a]{0,30}") {
            if let Ok(template) = Template::parse(&text) {
                template.make(&VALUES);
            }
        }

        #[test]
        fn the_usual_format_tells_messages_apart(a in any::<u32>(), b in any::<u32>()) {
            let id = |uid| Template::default().make(&Values { uid, ..VALUES });
            prop_assert_eq!(a == b, id(a) == id(b));
        }
    }
}
