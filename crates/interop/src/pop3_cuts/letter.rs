//! The messages of a run: each has an identity, and a body that is known, with what makes POP3 stumble.

use crate::random::Random;

/// A message that was delivered.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    pub(super) id: String,
    pub(super) body: String,
}

impl Letter {
    /// Makes one; its size is small mostly, now and then large.
    pub(super) fn new(id: String, random: &mut Random) -> Letter {
        let octets = match random.below(12) {
            0 => random.between(60_000, 250_000),
            1..3 => random.between(8_000, 40_000),
            3 => 0,
            _ => random.between(100, 5_000),
        };
        let mut body = String::new();
        while (body.len() as u64) < octets {
            match random.below(8) {
                0 => body.push_str(".\n"),
                1 => body.push_str("..two dots\n"),
                2 => body.push_str(".one dot\n"),
                3 => body.push('\n'),
                4 => body.push_str("+OK not an answer\n-ERR neither\nQUIT\n"),
                5 => body.push_str("ação, São João, 東京\n"),
                6 => body.push_str(&format!("{}\n", "x".repeat(random.between(500, 990) as usize))),
                _ => body.push_str(&format!("line {} of a letter\n", random.number())),
            }
        }
        body.push_str(&format!("the end of {id}\n"));
        Letter { id, body }
    }

    /// As it is delivered.
    pub(super) fn octets(&self) -> Vec<u8> {
        let id = &self.id;
        let head = format!(
            "From: Rita <rita@example.net>\nTo: them@example.org\nDate: Tue, 3 Feb 2026 10:00:00 +0000\n\
             Message-ID: <{id}@example.net>\nSubject: letter {id}\nMIME-Version: 1.0\n\
             Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
        );
        format!("{head}{}", self.body).replace('\n', "\r\n").into_bytes()
    }
}
