//! What must hold for any octets: by random mail, by random octets, and by the fuzzer's corpus.
#![allow(missing_docs, reason = "tests")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests may be blunt")]

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Pieces that mean something to a reader of mail, so that random sequences of them get deep.
const PIECES: &[&str] = &[
    "\r\n",
    "\n",
    "\r",
    "\r\n\r\n",
    "\n\n",
    " ",
    "\t",
    "\0",
    "--",
    "--a",
    "--b",
    "--a--",
    "--b--",
    "a",
    "b",
    "\r\n--a\r\n",
    "\r\n--b\r\n",
    "\n--a\n",
    "\r\n--a--\r\n",
    "\r\n--b--\r\n",
    "From: ",
    "To: ",
    "Subject: ",
    "Date: ",
    "References: ",
    "Message-ID: ",
    "Content-Type: ",
    "x: y\r\n",
    "Content-Type: multipart/mixed; boundary=a\r\n",
    "Content-Type: multipart/digest; boundary=b\r\n",
    "Content-Type: multipart/alternative; boundary=\"a\"\r\n\r\n",
    "Content-Type: message/rfc822\r\n\r\n",
    "Content-Type: text/html; charset=",
    "Content-Transfer-Encoding: base64\r\n",
    "Content-Transfer-Encoding: quoted-printable\r\n",
    "Content-Disposition: attachment; filename=",
    "filename*0*=utf-8''",
    "; name=",
    "text/plain",
    "utf-8",
    "iso-2022-jp",
    "<a@b>",
    "a@b",
    "\"q\"",
    "(c)",
    "(",
    ")",
    "<",
    ">",
    "@",
    ",",
    ";",
    ":",
    "\\",
    "\"",
    "[",
    "]",
    "=?utf-8?q?",
    "=?utf-8?b?",
    "?=",
    "=",
    "=41",
    "=\r\n",
    "SGk=",
    "é",
    "\u{202e}",
    "Tue, 1 Jul 2025 10:00:00 +0200",
    "-0800",
    "1:2:3",
    "99",
    "Jan",
    "Re: ",
    "[x] ",
    "[fwd: ",
    "(fwd)",
    "<p>",
    "</p>",
    "<!--",
    "-->",
    "<script>",
    "&amp;",
    "&nbsp;",
    "> ",
    "-- \r\n",
];

fn mail() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        20 => prop::sample::select(PIECES).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..8),
    ];
    prop::collection::vec(piece, 0..120).prop_map(|pieces| pieces.concat())
}

fn check(octets: &[u8]) {
    if let Err(broken) = message::invariants::check(octets) {
        panic!("{broken}: {}", octets.escape_ascii());
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        rng_seed: RngSeed::Fixed(5322),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_mail_keeps_the_invariants(mail in mail()) {
        check(&mail);
    }

    #[test]
    fn any_octets_keep_the_invariants(octets in prop::collection::vec(any::<u8>(), 0..400)) {
        check(&octets);
    }

    #[test]
    fn any_octets_are_an_outline_or_none(mut octets in prop::collection::vec(any::<u8>(), 0..200)) {
        octets.insert(0, 1);
        if let Some(outline) = message::Outline::decode(&octets) {
            outline.walk().for_each(drop);
        }
    }
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the corpus lies in files")]
fn the_corpus_of_the_fuzzer_keeps_the_invariants() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/message");
    let mut count = 0;
    for entry in std::fs::read_dir(corpus).unwrap() {
        let path = entry.unwrap().path();
        let octets = std::fs::read(&path).unwrap();
        if let Err(broken) = message::invariants::check(&octets) {
            panic!("{}: {broken}", path.display());
        }
        count += 1;
    }
    assert!(count >= 20, "the corpus is missing");
}
