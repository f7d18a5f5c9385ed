//! Files as programs wrote them, and the messages that are in them.

use mailbox::Timestamp;

use super::{Dialect, Framing, Letters};

const MBOX: Framing = Framing::Mbox(Dialect::Auto);
const FROM: &str = "From a@b Tue Aug  6 10:23:41 2002\n";

fn read(text: &[u8], framing: Framing) -> (Vec<String>, Vec<(u64, &'static str)>) {
    let mut letters = Letters::new(text, framing);
    let mut found = Vec::new();
    while let Some(head) = letters.next().unwrap() {
        let mut octets = head.header;
        while letters.body(&mut octets).unwrap() {}
        found.push(String::from_utf8(octets).unwrap());
        assert_eq!(head.number, found.len() as u64);
    }
    assert_eq!(letters.read(), text.len() as u64);
    (found, letters.notes().0.into_iter().map(|note| (note.offset, note.what)).collect())
}

/// The messages of a file of which nothing is to be told.
fn all(text: impl AsRef<[u8]>, framing: Framing) -> Vec<String> {
    let (found, notes) = read(text.as_ref(), framing);
    assert!(notes.is_empty(), "{notes:?}");
    found
}

#[test]
fn an_mbox_is_taken_apart() {
    let text = format!(
        "{FROM}Subject: 1\n\none\n\nFrom here on\n>From me\n>>From you\n\n{FROM}Subject: 2\n\n\n\n{FROM}Subject: 3\n\n{FROM}Subject: 4\n\nend"
    );
    assert_eq!(
        all(&text, MBOX),
        [
            "Subject: 1\r\n\r\none\r\n\r\nFrom here on\r\nFrom me\r\n>From you\r\n",
            "Subject: 2\r\n\r\n\r\n",
            "Subject: 3\r\n\r\n",
            "Subject: 4\r\n\r\nend",
        ]
    );
    assert!(all("", MBOX).is_empty());
}

#[test]
fn a_file_that_is_one_message_is_taken_whole() {
    let text = format!("Subject: 1\r\n\r\n\n>From me\n{FROM}\nlast");
    let want = format!("Subject: 1\r\n\r\n\r\n>From me\r\n{}\r\n\r\nlast", FROM.trim_end());
    assert_eq!(all(&text, Framing::Whole), [want]);
    assert_eq!(all(format!("{FROM}A: b\n\nx\n"), Framing::Whole), ["A: b\r\n\r\nx\r\n"]);
    assert_eq!(all("\nbody\n", Framing::Whole), ["\r\nbody\r\n"]);
    assert_eq!(all("A: b\n\nx\n\n\n\n", Framing::Whole), ["A: b\r\n\r\nx\r\n\r\n\r\n\r\n"]);
    assert!(all("", Framing::Whole).is_empty());
}

#[test]
fn thunderbirds_lines_from_with_nothing_behind_begin_messages() {
    let letter = |subject: &str| {
        format!("From \r\nX-Mozilla-Status: 0001\r\nSubject: {subject}\r\n\r\n>From x\r\n\r\n")
    };
    let want =
        |subject: &str| format!("X-Mozilla-Status: 0001\r\nSubject: {subject}\r\n\r\nFrom x\r\n");
    assert_eq!(all(letter("1") + &letter("2"), MBOX), [want("1"), want("2")]);
    // Older messages of the same file have the older form.
    let older = FROM.replace("a@b", "-") + "Subject: 0\n\nx\n\nFrom - \nSubject: 1\n\ny\n\n";
    let two = ["Subject: 0\r\n\r\nx\r\n", "Subject: 1\r\n\r\ny\r\n"];
    assert_eq!(all(&older, MBOX), two);
    assert_eq!(all(older + &letter("2"), MBOX)[2], want("2"));
    let dated_first = format!("{FROM}Subject: 0\n\nx\n\n{}", letter("1"));
    assert_eq!(all(dated_first, MBOX), ["Subject: 0\r\n\r\nx\r\n", &want("1")]);
    // In files of others it is text, unless a header follows.
    let text = format!("{FROM}Subject: 1\n\nyou have it\n\nFrom \nme to you\n");
    let want = "Subject: 1\r\n\r\nyou have it\r\n\r\nFrom \r\nme to you\r\n";
    assert_eq!(all(text, MBOX), [want]);
}

#[test]
fn only_an_empty_line_and_a_date_part_messages() {
    let text = format!(
        "{FROM}Subject: 1\n\nhours:\n\nFrom 09:00 to 17:00 we are open\nFrom then 10:30 on\nbye\n\n{FROM}Subject: 2\n\nx\n"
    );
    let want = "Subject: 1\r\n\r\nhours:\r\n\r\nFrom 09:00 to 17:00 we are open\r\nFrom then 10:30 on\r\nbye\r\n";
    assert_eq!(all(text, MBOX), [want, "Subject: 2\r\n\r\nx\r\n"]);
    // Who writes such a line without an empty one before it is named.
    let text = format!("{FROM}Subject: 1\n\nx\n{FROM}Subject: 2\n\n{FROM}Subject: 3\n\n");
    let (found, notes) = read(text.as_bytes(), MBOX);
    assert_eq!(found.len(), 2);
    let at = (FROM.len() + "Subject: 1\n\nx\n".len()) as u64;
    assert!(matches!(&notes[..], [(offset, _)] if *offset == at), "{notes:?}");
    // Eudora has none.
    let eudora = FROM.replace("a@b", "???@???");
    let text = format!("{eudora}Subject: 1\r\n\r\nx\r\n{eudora}Subject: 2\r\n\r\ny\r\n");
    assert_eq!(all(text, MBOX), ["Subject: 1\r\n\r\nx\r\n", "Subject: 2\r\n\r\ny\r\n"]);
}

#[test]
fn content_length_counts_where_it_leads_to_the_next_message() {
    let inner = format!("hello\n{FROM}in body\n\n{FROM}\n");
    let letter = |length: usize, text: &str| {
        format!("{FROM}Subject: x\nContent-Length: {length}\n\n{text}\n")
    };
    let text = letter(inner.len(), &inner) + &letter(9, ">From me\n");
    let crlf = |text: &str| text.replace('\n', "\r\n");
    let head = |length: usize| format!("Subject: x\r\nContent-Length: {length}\r\n\r\n");
    // The first text shows that nothing is quoted there (mboxcl2).
    let want = [head(inner.len()) + &crlf(&inner), head(9) + ">From me\r\n"];
    assert_eq!(all(&text, MBOX), want);
    let quoted = letter(9, ">From me\n") + &letter(10, ">>From me\n");
    assert_eq!(all(&quoted, MBOX), [head(9) + "From me\r\n", head(10) + ">From me\r\n"]);
    let mboxcl = Framing::Mbox(Dialect::Mboxcl);
    assert_eq!(all(&quoted, mboxcl), [head(9) + "From me\r\n", head(10) + ">>From me\r\n"]);
    let mboxcl2 = Framing::Mbox(Dialect::Mboxcl2);
    assert_eq!(all(&quoted, mboxcl2)[0], head(9) + ">From me\r\n");
    // It may leave out the last line end, which the text then has not.
    assert_eq!(all(letter(3, "one\n"), MBOX), [head(3) + "one"]);
    assert_eq!(all(letter(3, "one\n") + &letter(4, "two\n"), MBOX)[0], head(3) + "one");
    // One that leads elsewhere is nothing: a sender may have written it, or somebody changed the text.
    for length in [0, 1, 5, 60, 1_000_000, usize::MAX] {
        let found = all(letter(length, "one\n\ntwo\n") + &letter(4, "two\n"), MBOX);
        assert_eq!(found, [head(length) + "one\r\n\r\ntwo\r\n", head(4) + "two\r\n"]);
    }
}

#[test]
fn dialects_that_are_named_are_followed() {
    let text = format!("{FROM}Subject: x\nContent-Length: 3\n\n>From a\n>>From b\n");
    let found = |dialect| all(&text, Framing::Mbox(dialect)).concat();
    assert!(found(Dialect::Mboxrd).ends_with("\r\n\r\nFrom a\r\n>From b\r\n"));
    assert!(found(Dialect::Mboxo).ends_with("\r\n\r\nFrom a\r\n>>From b\r\n"));
    assert!(found(Dialect::Mboxcl2).ends_with("\r\n\r\n>From a\r\n>>From b\r\n"));
}

#[test]
fn old_and_odd_line_ends_are_understood() {
    let text = format!("{FROM}Subject: 1\n\nhello\n\n{FROM}Subject: 2\n\nx\n");
    let want = ["Subject: 1\r\n\r\nhello\r\n", "Subject: 2\r\n\r\nx\r\n"];
    assert_eq!(all(text.replace('\n', "\r"), MBOX), want);
    assert_eq!(all(text.replace('\n', "\r\n"), MBOX), want);
    assert_eq!(all(text.replace('\n', "\r\r\n"), MBOX), want);
    assert_eq!(all(format!("\u{feff}{text}"), MBOX), want);
    assert_eq!(all(format!("\n\n{text}"), MBOX), want);
    let whole = "\u{feff}Subject: 1\r\r\n\r\r\nx\r\r\n";
    assert_eq!(all(whole, Framing::Whole), ["Subject: 1\r\n\r\nx\r\n"]);
    assert_eq!(all("Subject: 1\r\rx\r", Framing::Whole), ["Subject: 1\r\n\r\nx\r\n"]);
}

#[test]
fn what_looks_like_no_message_is_named_and_kept_where_in_doubt() {
    let text = format!("Dear diary\n\n{FROM}Subject: 1\n\nx\n\n{FROM}\n{FROM}no header\n");
    let (found, notes) = read(text.as_bytes(), MBOX);
    assert_eq!(found, ["Dear diary\r\n\r\n", "Subject: 1\r\n\r\nx\r\n", "no header\r\n"]);
    let at = (12 + FROM.len() + "Subject: 1\n\nx\n\n".len()) as u64;
    assert_eq!(notes.iter().map(|(offset, _)| *offset).collect::<Vec<_>>(), [0, at]);
}

#[test]
fn a_message_that_is_passed_over_does_not_spoil_the_next() {
    let text = format!("{FROM}Subject: 1\n\na\nb\n\n{FROM}Subject: 2\n\nc\n");
    let mut letters = Letters::new(text.as_bytes(), MBOX);
    letters.next().unwrap().unwrap();
    let second = letters.next().unwrap().unwrap();
    assert_eq!(second.header, b"Subject: 2\r\n\r\n");
    assert_eq!(second.from_date, Some(Timestamp(1_028_629_421).into()));
    assert_eq!(second.offset, (FROM.len() + "Subject: 1\n\na\nb\n\n".len()) as u64);
}
