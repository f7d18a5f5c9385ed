//! Messages that are hard on files: made of what files mean something by.

use std::path::Path;

use mailbox::{Flags, Timestamp, ZonedTime};

/// Numbers that look random and are the same for the same seed (SplitMix64).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn seeded(seed: u64) -> Random {
        Random(seed)
    }

    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.number() % (end.max(1) as u64)) as usize
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// A message.
pub(crate) struct Letter {
    pub(crate) mailbox: String,
    pub(crate) octets: Vec<u8>,
    pub(crate) flags: Flags,
    pub(crate) keywords: Vec<String>,
    pub(crate) date: ZonedTime,
}

impl Letter {
    pub(crate) fn plain(octets: &[u8]) -> Letter {
        Letter {
            mailbox: "INBOX".to_owned(),
            octets: octets.to_vec(),
            flags: Flags::default(),
            keywords: Vec::new(),
            date: Timestamp(1_028_629_421).into(),
        }
    }
}

const SYSTEM: [Flags; 5] =
    [Flags::SEEN, Flags::ANSWERED, Flags::FLAGGED, Flags::DELETED, Flags::DRAFT];

/// The system flags among flags.
pub(crate) fn system(flags: Flags) -> Vec<usize> {
    (0..SYSTEM.len()).filter(|index| flags.contains(SYSTEM[*index])).collect()
}

/// Lines of headers and texts.
const LINES: [&str; 40] = [
    "Subject: x",
    "From: ana@example.org",
    "Status: RO",
    "X-Status: D",
    "X-Keywords: $Junk work",
    "X-UID: 7",
    "X-IMAPbase: 1 2",
    "X-Mozilla-Status: 0009",
    "X-Mozilla-Keys: $label1",
    "X-Correio-UIDL: theirs",
    "X-Correio-Export: fields=2 octets=9 lines=mixed",
    "X-Gmail-Labels: Trash",
    "Content-Length: 5",
    "Content-Length: 0",
    "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA",
    " folded",
    "\tfolded",
    "",
    "",
    "",
    "text",
    "caf\u{e9}",
    "\0",
    "\u{feff}",
    ".",
    "..",
    "From ",
    "From - ",
    "From here on",
    "From 09:00 to 17:00",
    "From a@b Tue Aug  6 10:23:41 2002",
    "From - Tue Aug  6 10:23:41 2002",
    "From ???@??? Tue Aug  6 10:23:41 2002",
    "From correio-export Tue Aug  6 10:23:41 2002",
    "From 1@xxx Tue Aug  6 10:23:41 +0000 2002",
    ">From x",
    ">>>>From a@b Tue Aug  6 10:23:41 2002",
    ">",
    ">>F",
    "From",
];

/// Ends of lines; most messages have only the first.
const ENDS: [&str; 6] = ["\r\n", "\n", "\r", "\r\r\n", "", "\n\r"];

/// Makes messages.
pub(crate) fn letters(count: usize, names: &[String], random: &mut Random) -> Vec<Letter> {
    (0..count).map(|_| letter(octets(random), names, random)).collect()
}

/// Takes the files below a folder as messages.
pub(crate) fn of_folder(folder: &Path, names: &[String], random: &mut Random) -> Vec<Letter> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let octets = std::fs::read(path).unwrap();
                if !octets.is_empty() {
                    found.push(letter(octets, names, random));
                }
            }
        }
    }
    found
}

fn letter(octets: Vec<u8>, names: &[String], random: &mut Random) -> Letter {
    let mut flags = Flags::default();
    let mut keywords = Vec::new();
    for flag in SYSTEM {
        if random.below(3) == 0 {
            flags = flags.with(flag);
        }
    }
    // More keywords than a Maildir has letters for.
    for number in 0..40 {
        if random.below(20) == 0 {
            keywords.push(format!("keyword-{number}"));
        }
    }
    if random.below(4) == 0 {
        keywords.push("$Forwarded".to_owned());
    }
    let date_s = *random.one_of(&[0, 1, -86_400, 1_028_629_421, 4_000_000_000])
        + random.below(100_000) as i64;
    let zone_minutes = *random.one_of(&[0, 0, 60, 120, -180, 345, -210, 1440, -1440]);
    let date = ZonedTime { time: Timestamp(date_s), zone_minutes };
    Letter { mailbox: random.one_of(names).clone(), octets, flags, keywords, date }
}

fn octets(random: &mut Random) -> Vec<u8> {
    let mut octets = Vec::new();
    let ends: &[&str] = if random.below(3) == 0 { &ENDS } else { &ENDS[..1] };
    for _ in 0..=random.below(14) {
        octets.extend_from_slice(random.one_of(&LINES).as_bytes());
        octets.extend_from_slice(random.one_of(ends).as_bytes());
    }
    // Lines and headers longer than what is held at once.
    match random.below(150) {
        0 => octets.extend(vec![b'>'; 65_530 + random.below(12)]),
        1 => octets.extend(vec![b'x'; 65_530 + random.below(12)]),
        2 => octets.extend(b"X-Long: y\r\n".repeat(100_000)),
        _ => {}
    }
    if random.below(2) == 0 {
        octets.extend_from_slice(random.one_of(&LINES).as_bytes());
    }
    if octets.is_empty() {
        octets.push(b'x');
    }
    octets
}
