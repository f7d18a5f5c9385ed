//! Messages that can be made again from their name alone, so that every octet of them can be checked.

use crate::random::Random;

/// The octets of the message with this name.
pub(super) fn letter(name: &str) -> Vec<u8> {
    let seed =
        name.bytes().fold(7u64, |sum, octet| sum.wrapping_mul(31).wrapping_add(octet.into()));
    let mut random = Random::new(seed);
    let mut text = format!(
        "From: Sender <sender@example.net>\r\nTo: somebody@example.org\r\nSubject: {name}\r\n\
         Message-ID: <{name}@example.net>\r\nDate: Tue, 03 Feb 2026 10:11:12 +0000\r\n\r\n"
    );
    let octets = match random.below(20) {
        0 => random.between(20_000, 300_000),
        _ => random.between(100, 9_000),
    };
    while (text.len() as u64) < octets {
        let words = ["mar", "sal", ".", "vento", "..", "areia", "onda"];
        for _ in 0..random.between(1, 14) {
            text.push_str(random.one(&words).unwrap());
            text.push(' ');
        }
        text.push_str("\r\n");
    }
    text.into_bytes()
}

/// The name that a header tells.
pub(super) fn name_of(header: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(header);
    let line = text.lines().find_map(|line| line.strip_prefix("Subject: "))?;
    Some(line.trim().to_owned())
}
