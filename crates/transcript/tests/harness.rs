//! The harness sees what it should: played against a server that echoes lines, it passes what is right, in every cut,
//! and fails where a line, an end or a silence differs.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "tests may be blunt"
)]

use std::panic::catch_unwind;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream};
use transcript::{
    Cut, Served, Start, Transcript, World, cut_behind_each_octet, fits, in_pieces, octets, play,
    whole,
};

/// A server that says each line again; `bye` ends it, `tls` asks for TLS.
struct Echo {
    count: usize,
}

impl World for Echo {
    async fn begin() -> Echo {
        Echo { count: 0 }
    }

    #[expect(clippy::manual_async_fn, reason = "the future must not borrow the world")]
    fn serve(
        &self,
        stream: DuplexStream,
        start: Start,
    ) -> impl Future<Output = Served> + Send + 'static {
        async move {
            let mut stream = BufReader::new(stream);
            if start == Start::Greeting {
                drop(stream.write_all(b"hello\r\n").await);
            }
            let mut line = Vec::new();
            while let Ok(1..) = stream.read_until(b'\n', &mut line).await {
                match &line[..] {
                    b"bye\r\n" => break,
                    b"tls\r\n" => return Served::WantsTls(stream.into_inner()),
                    line => drop(stream.write_all(line).await),
                }
                line.clear();
            }
            Served::Closed
        }
    }

    async fn act(&mut self, verb: &str, rest: &str) -> Vec<String> {
        self.count += 1;
        assert_eq!(verb, "echo", "no such act");
        vec![format!("C: {rest}"), format!("S: {rest}")]
    }

    fn end(&self) {
        assert!(self.count < 3, "too many acts");
    }
}

fn transcript(text: &str) -> Transcript {
    Transcript { name: "test".to_owned(), text: text.to_owned() }
}

const RIGHT: &str = "\
# lines, two connections, TLS, an act, an end
S: hello
C: one
C: two
S: one
S: t...o
S2: hello
C2: th\\x72ee
S2: three
C: tls
@ tls handshake
@2 echo four
C* 2 ab
C: \\r\\n\\-
S: abab
C: five
C: six
S: ...
S: six
C: bye
@ closed
@2 hang up
";

#[test]
fn what_is_right_passes_in_every_cut() {
    let all = [transcript(RIGHT)];
    whole::<Echo>(&all);
    in_pieces::<Echo>(&all, &[1, 2, 3]);
    cut_behind_each_octet::<Echo>(&all, usize::MAX);
    cut_behind_each_octet::<Echo>(&all, 5);
}

#[test]
fn every_octet_of_the_client_is_counted() {
    assert_eq!(
        play::<Echo>(&transcript("S: hello\nC: ab\nC* 3 c\nC: \nS: ab\nS: ccc\n"), Cut::Whole),
        9
    );
}

#[test]
fn what_is_wrong_fails() {
    for wrong in [
        "S: hallo\n",
        "S: hello\nC: a\nS: b\n",
        "S: hello\nC: a\n",
        "S: hello\nS: more\n",
        "S: hello\n@ closed\n",
        "S: hello\nC: bye\nS: bye\n",
        "S: hello\n@ tls handshake\nS: a\n",
        "S: hello\n@ echo a\n@ echo a\n@ echo a\n",
        "S: hello\n@ dance\n",
        "s: hello\n",
    ] {
        let played = catch_unwind(|| play::<Echo>(&transcript(wrong), Cut::Whole));
        assert!(played.is_err(), "passed: {wrong}");
    }
}

#[test]
fn a_transcript_for_whole_only_is_not_cut() {
    // Pieces would bring the second line behind the first one's TLS.
    let all =
        [transcript("@ whole only\nS: hello\nC: tls\nC: lost\n@ tls handshake\nC: a\nS: a\n")];
    whole::<Echo>(&all);
    in_pieces::<Echo>(&all, &[1]);
    cut_behind_each_octet::<Echo>(&all, usize::MAX);
}

#[test]
fn texts_have_escapes_and_dots_for_anything() {
    assert_eq!(octets("a\\r\\n\\\\\\x41\\Seen"), b"a\r\n\\A\\Seen");
    for (line, wanted, fit) in [
        ("abc", "abc", true),
        ("abc", "ab", false),
        ("abc", "a...", true),
        ("abc", "...c", true),
        ("abc", "a...c", true),
        ("abcbd", "a...c...d", true),
        ("abd", "a...c...d", false),
    ] {
        assert_eq!(fits(line.as_bytes(), wanted), fit, "{line} {wanted}");
    }
}
