//! Messages for searches: words of several languages, in eight charsets, in plain text, HTML, messages inside messages and
//! encoded headers.

use encoding_rs::Encoding;
use store::sim::Dice;

/// The charsets, each with words that it has.
const LANGUAGES: [(&str, &[&str]); 8] = [
    ("utf-8", &["reunião", "straße", "会議", "naïve", "meeting", "the", "of", "a", "é", "x"]),
    ("iso-8859-1", &["reunião", "amanhã", "relatório", "ação", "of", "encontro", "a", "é"]),
    ("windows-1252", &["façade", "“quoted”", "price", "€", "the", "meeting", "no-reply"]),
    ("iso-8859-15", &["œuvre", "€", "déjà", "vu", "relatório", "a"]),
    ("koi8-r", &["Привет", "привет", "встреча", "завтра", "и", "the"]),
    ("windows-1251", &["отчёт", "встреча", "до", "завтра", "meeting"]),
    ("iso-2022-jp", &["会議", "会議の議事録", "明日", "です", "abc"]),
    ("utf-16be", &["Σίσυφος", "reunião", "foo--bar", "2026-11-29", "the"]),
];

const PEOPLE: [&str; 6] = [
    "Ana Lima <ana.lima@example.org>",
    "bo@b.example",
    "=?utf-8?q?Jo=C3=A3o?= <joao@x.example>",
    "\"Costa, Carla\" <carla@example.org>",
    "Team: ana.lima@example.org, bo@b.example;",
    "=?koi8-r?b?8NLJ18XU?= <p@example.ru>",
];

/// A text in a language, of up to so many words.
fn text(dice: &mut Dice, language: usize, words: u64) -> String {
    let known = LANGUAGES[language].1;
    let mut text = String::new();
    for _ in 0..1 + dice.below(words) {
        match dice.below(12) {
            0 => text.push_str(&format!("n{}", dice.below(900))),
            1 => text.push_str(&format!("user{}@host{}.example", dice.below(40), dice.below(9))),
            _ => text.push_str(dice.one_of(known).unwrap()),
        }
        let gaps = [" ", " ", " ", " ", ", ", "", "-", ".\r\n"];
        text.push_str(dice.one_of(&gaps).unwrap());
    }
    text
}

fn encoded(text: &str, language: usize) -> Vec<u8> {
    match LANGUAGES[language].0 {
        "utf-16be" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        label => Encoding::for_label(label.as_bytes()).unwrap().encode(text).0.into_owned(),
    }
}

fn base64(octets: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in octets.chunks(3) {
        let at = |place: usize| u32::from(three.get(place).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place > three.len() { '=' } else { char::from(letter) });
        }
    }
    text
}

/// An entity with this text: its fields that say what it is, an empty line, its octets.
fn entity(dice: &mut Dice, language: usize) -> Vec<u8> {
    let mut text = text(dice, language, 40);
    let is_html = dice.chance(25);
    if is_html {
        text = format!("<p>{}</p>", text.replace(' ', "</b> <i>"));
    }
    let kind = if is_html { "html" } else { "plain" };
    let mut octets = encoded(&text, language);
    let encoding = match dice.below(3) {
        0 if LANGUAGES[language].0 != "utf-16be" => "8bit",
        1 => {
            let written = octets.iter().map(|octet| format!("={octet:02X}"));
            let mut lines = String::new();
            for (at, written) in written.enumerate() {
                lines.push_str(if at % 20 == 19 { "=\r\n" } else { "" });
                lines.push_str(&written);
            }
            octets = lines.into_bytes();
            "quoted-printable"
        }
        _ => {
            let lines: Vec<String> = octets.chunks(54).map(base64).collect();
            octets = lines.join("\r\n").into_bytes();
            "base64"
        }
    };
    let mut entity = format!(
        "Content-Type: text/{kind}; charset={}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n",
        LANGUAGES[language].0
    )
    .into_bytes();
    entity.extend(octets);
    entity
}

/// A message. The number makes it unlike any other.
pub(crate) fn message(dice: &mut Dice, number: u32) -> Vec<u8> {
    let language = dice.below(8) as usize;
    let subject = text(dice, language, 4).replace("\r\n", " ");
    let subject = if dice.chance(60) {
        format!("=?{}?b?{}?=", LANGUAGES[language].0, base64(&encoded(&subject, language)))
    } else {
        format!("meeting {}\r\n about n{}", dice.below(50), dice.below(900))
    };
    let mut person = || *dice.one_of(&PEOPLE).unwrap();
    let (from, to, cc) = (person(), person(), person());
    let mut message = format!(
        "Received: from mx{0}.example by host; id {number:x}\r\nFrom: {from}\r\nTo: {to},\r\n {cc}\r\nCc: {cc}\r\n\
         Subject: {subject}\r\nMessage-ID: <{number}.s@example.org>\r\nX-Folded: one\r\n two {0}\r\nMIME-Version: 1.0\r\n",
        dice.below(30)
    )
    .into_bytes();
    match dice.below(4) {
        0 => {
            message.extend(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n");
            for _ in 0..2 {
                message.extend(b"--b\r\n");
                let language = dice.below(8) as usize;
                message.extend(entity(dice, language));
                message.extend(b"\r\n");
            }
            message.extend(b"--b--\r\n");
        }
        1 => {
            message.extend(b"Content-Type: message/rfc822\r\n\r\nSubject: inner ");
            message.extend(format!("n{}\r\n", dice.below(900)).into_bytes());
            message.extend(entity(dice, language));
        }
        _ => message.extend(entity(dice, language)),
    }
    message
}
