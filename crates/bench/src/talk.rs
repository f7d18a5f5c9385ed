//! Mail as people have it, for searches: words as rare and as common as in a language, some hundreds of writers, trace fields
//! and signatures in the header.

/// How many words the language has, made of syllables.
const WORDS: u64 = 60_000;
/// In one message of so many stands each of the things that are looked for.
pub(crate) const RARE: u32 = 1_000;
/// A word that stands in few messages, in a phrase that does too.
pub(crate) const RARE_WORD: &str = "quxlimoeiro";
/// The phrase; its words alone are common.
pub(crate) const PHRASE: &str = "the green ledger of";
/// A writer of few messages.
pub(crate) const WRITER: &str = "benedita.quxana@example.net";

struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end.max(1)
    }

    /// A word: the one with number n about n times as rarely as the first.
    fn word(&mut self, text: &mut String) {
        let part = self.below(1 << 20) as f64 / f64::from(1 << 20);
        push_word((WORDS as f64).powf(part) as u64 - 1, text);
    }

    fn noise(&mut self, length: u32, text: &mut String) {
        for _ in 0..length {
            let at = self.below(64) as usize;
            text.push(char::from(
                b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[at],
            ));
        }
    }
}

fn push_word(number: u64, text: &mut String) {
    match number {
        0 => return text.push_str("the"),
        1 => return text.push_str("of"),
        20 => return text.push_str("green"),
        40 => return text.push_str("ledger"),
        _ => {}
    }
    const BEGIN: [&str; 18] = [
        "b", "c", "d", "f", "g", "l", "m", "n", "p", "r", "s", "t", "v", "br", "tr", "ch", "", "qu",
    ];
    const MIDDLE: [&str; 9] = ["a", "e", "i", "o", "u", "ão", "ei", "ia", "é"];
    let mut rest = number + 7;
    while rest > 0 {
        text.push_str(BEGIN[(rest % 18) as usize]);
        rest /= 18;
        text.push_str(MIDDLE[(rest % 9) as usize]);
        rest /= 9;
    }
}

/// A message of about this many octets. The number makes it unlike any other.
pub(crate) fn message(number: u32, octets: usize) -> Vec<u8> {
    let mut dice = Dice((u64::from(number) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    for _ in 0..4 {
        dice.below(2);
    }
    let mut text = String::with_capacity(octets + 200);
    for hop in 0..3 {
        let (address, id) = (dice.below(250), dice.below(1 << 48));
        text.push_str(&format!(
            "Received: from mx{address}.example.net (mx{address}.example.net [192.0.2.{address}])\r\n\
             \tby hop{hop}.example.org with ESMTPS id {id:012x};\r\n\
             \tTue, 03 Nov 2026 10:{:02}:{:02} +0100\r\n",
            number / 60 % 60,
            number % 60,
        ));
    }
    text.push_str(
        "DKIM-Signature: v=1; a=rsa-sha256; d=example.net; s=k1; h=from:to:subject;\r\n\tbh=",
    );
    dice.noise(43, &mut text);
    text.push_str("=;\r\n\tb=");
    for _ in 0..6 {
        dice.noise(57, &mut text);
        text.push_str("\r\n\t ");
    }
    let writer = dice.below(700);
    let is_rare = number % RARE == 7;
    let from = if is_rare {
        WRITER.to_owned()
    } else {
        format!("writer{writer}@example{}.net", writer % 90)
    };
    text.push_str(&format!(
        "\r\nFrom: Person {writer} <{from}>\r\nTo: Bruno <bruno@example.org>\r\nSubject: "
    ));
    for _ in 0..5 {
        dice.word(&mut text);
        text.push(' ');
    }
    text.push_str(&format!(
        "\r\nDate: Tue, 03 Nov 2026 10:{:02}:{:02} +0100\r\nMessage-ID: <{number}.talk@example.net>\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
        number / 60 % 60,
        number % 60,
    ));
    if is_rare {
        text.push_str(&format!("{PHRASE} {RARE_WORD}.\r\n"));
    }
    let mut line = 0;
    while text.len() + 12 < octets {
        let before = text.len();
        dice.word(&mut text);
        line += text.len() - before + 1;
        text.push_str(if line > 66 { "\r\n" } else { " " });
        line = if line > 66 { 0 } else { line };
    }
    text.push_str("\r\n");
    text.into_bytes()
}
