//! Modified UTF-7, in which IMAP4rev1 writes mailbox names (RFC 3501, 5.1.3). Both ways; only the canonical form is
//! read, so that one mailbox has one name.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/// Writes a name.
pub fn encode(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut shifted = Base64::default();
    for character in name.chars() {
        if (' '..='~').contains(&character) {
            shifted.finish(&mut out);
            out.push(character);
            if character == '&' {
                out.push('-');
            }
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                shifted.push(&mut out, *unit);
            }
        }
    }
    shifted.finish(&mut out);
    out
}

/// Bits on their way into a stretch between `&` and `-`.
#[derive(Default)]
struct Base64 {
    open: bool,
    bits: u32,
    count: u32,
}

impl Base64 {
    fn push(&mut self, out: &mut String, unit: u16) {
        if !self.open {
            out.push('&');
            self.open = true;
        }
        self.bits = (self.bits << 16) | u32::from(unit);
        self.count = self.count.saturating_add(16);
        while self.count >= 6 {
            self.count = self.count.saturating_sub(6);
            digit(out, self.bits.checked_shr(self.count).unwrap_or(0));
        }
        self.bits &= 0x3f;
    }

    fn finish(&mut self, out: &mut String) {
        if self.count > 0 {
            let left = 6u32.saturating_sub(self.count);
            digit(out, self.bits.checked_shl(left).unwrap_or(0));
        }
        if self.open {
            out.push('-');
        }
        *self = Base64::default();
    }
}

fn digit(out: &mut String, bits: u32) {
    let index = usize::try_from(bits & 0x3f).unwrap_or(0);
    out.push(char::from(ALPHABET.get(index).copied().unwrap_or(b'A')));
}

/// Reads a name; none if it is not canonical modified UTF-7. Takes time linear in its length.
pub fn decode(name: &str) -> Option<String> {
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    // Two stretches may not stand side by side: they would be one (RFC 3501, 5.1.3, "superfluous shifts").
    let mut after_shift = false;
    while let Some((plain, shifted)) = rest.split_once('&') {
        printable(&mut out, plain)?;
        let (base64, after) = shifted.split_once('-')?;
        rest = after;
        if base64.is_empty() {
            out.push('&');
            after_shift = false;
            continue;
        }
        if after_shift && plain.is_empty() {
            return None;
        }
        shifted_text(&mut out, base64)?;
        after_shift = true;
    }
    printable(&mut out, rest)?;
    Some(out)
}

/// Reads a LIST pattern. What is no modified UTF-7 stands for itself; of a stretch that a wildcard cuts off, or the end,
/// the whole characters count.
pub fn decode_pattern(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((plain, shifted)) = rest.split_once('&') {
        out.push_str(plain);
        let is_digit = |octet: &u8| ALPHABET.contains(octet);
        let digits = shifted.bytes().take_while(is_digit).count();
        let (base64, after) = shifted.split_at_checked(digits).unwrap_or((shifted, ""));
        let cut_off = after.is_empty() || after.starts_with(['*', '%']);
        let text = match after.strip_prefix('-') {
            Some(_) if base64.is_empty() => Some("&".to_owned()),
            Some(_) => decode(&format!("&{base64}-")),
            None if cut_off => whole_characters(base64),
            None => None,
        };
        match text {
            Some(text) => {
                out.push_str(&text);
                rest = after.strip_prefix('-').unwrap_or(after);
            }
            None => {
                out.push('&');
                rest = shifted;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The characters that a stretch holds whole, if there are any.
fn whole_characters(base64: &str) -> Option<String> {
    let units = units(base64)?.whole;
    let characters = char::decode_utf16(units).map_while(Result::ok);
    Some(characters.collect()).filter(|text: &String| !text.is_empty())
}

fn printable(out: &mut String, text: &str) -> Option<()> {
    text.bytes().all(|octet| (0x20..=0x7e).contains(&octet)).then(|| out.push_str(text))
}

/// What a stretch holds: UTF-16, and bits that are left over.
struct Units {
    whole: Vec<u16>,
    bits: u32,
    count: u32,
}

fn units(base64: &str) -> Option<Units> {
    let mut whole = Vec::with_capacity(base64.len() / 2);
    let (mut bits, mut count) = (0u32, 0u32);
    for octet in base64.bytes() {
        let value = ALPHABET.iter().position(|digit| *digit == octet)?;
        bits = (bits << 6) | u32::try_from(value).ok()?;
        count = count.saturating_add(6);
        if count >= 16 {
            count = count.saturating_sub(16);
            whole.push(u16::try_from(bits.checked_shr(count)? & 0xffff).ok()?);
            bits &= 1u32.checked_shl(count)?.saturating_sub(1);
        }
    }
    Some(Units { whole, bits, count })
}

fn shifted_text(out: &mut String, base64: &str) -> Option<()> {
    let Units { whole: units, bits, count } = units(base64)?;
    // What is left over is padding: less than one digit, and zero.
    if count >= 6 || bits != 0 || units.is_empty() {
        return None;
    }
    for character in char::decode_utf16(units) {
        let character = character.ok()?;
        // Printable ASCII stands for itself.
        if (' '..='~').contains(&character) {
            return None;
        }
        out.push(character);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{decode, decode_pattern, encode};

    #[test]
    fn names_are_read_and_written() {
        for (wire, name) in [
            ("INBOX", "INBOX"),
            ("Q&-A", "Q&A"),
            ("&-&-", "&&"),
            ("~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"),
            ("&Jjo-!", "☺!"),
            ("Entw&APw-rfe", "Entwürfe"),
            ("&AOk-&-", "é&"),
            ("&2D3eAA-", "😀"),
        ] {
            assert_eq!(decode(wire).as_deref(), Some(name), "{wire}");
            assert_eq!(encode(name), wire, "{name}");
        }
    }

    #[test]
    fn patterns_need_not_be_names() {
        for (wire, pattern) in [
            ("R&D*", "R&D*"),
            ("R&-D*", "R&D*"),
            ("R&", "R&"),
            ("&*", "&*"),
            ("Entw&APw*", "Entwü*"),
            ("Entw&APwA*", "Entwü*"),
            ("Entw&APw", "Entwü"),
            ("Entw&APw-rfe", "Entwürfe"),
            ("Entw&A%", "Entw&A%"),
            ("&2D3*", "&2D3*"),
            ("&AGE-*", "&AGE-*"),
            ("&U,BTFw%&ZeVnLIqe-", "台北%日本語"),
        ] {
            assert_eq!(decode_pattern(wire), pattern, "{wire}");
        }
    }

    #[test]
    fn aliases_and_broken_names_are_refused() {
        for wire in [
            "&AGE-",
            "&2D3-",
            "&Jjo",
            "&",
            "a&b",
            "&A-",
            "&AAA",
            "&Jjo-&Jjo-",
            "&Jj=-",
            "&Jjp-",
            "\u{7f}",
            "é",
            "a\tb",
            "&3gA-",
            "&Jjo/-",
            "&ACY-",
        ] {
            assert_eq!(decode(wire), None, "{wire}");
        }
        // A NUL is a character like any other here; that names have none is the model's rule.
        assert_eq!(decode("&AAA-").as_deref(), Some("\0"));
    }

    proptest! {
        #[test]
        fn every_name_comes_back(name in "\\PC*") {
            let wire = encode(&name);
            prop_assert!(wire.is_ascii());
            prop_assert_eq!(decode(&wire), Some(name));
        }

        #[test]
        fn what_is_read_is_written_the_same(wire in "[&A-Ca-c0-2,+/ -]{0,12}") {
            if let Some(name) = decode(&wire) {
                prop_assert_eq!(encode(&name), wire);
            }
        }
    }
}
