//! The framer's tests: every input is also fed one octet at a time.

use bytes::Bytes;

use super::{FrameLimits, Framer, Line, Step, Then, TooBig, Waits};
use crate::wire::Literals;

/// Runs input through a framer in pieces and writes down what comes out. A message is taken and shown.
fn run(input: &[u8], piece: usize, limits: FrameLimits) -> Vec<String> {
    let mut framer = Framer::new(limits);
    let mut seen = Vec::new();
    let mut pieces = input.chunks(piece.max(1));
    loop {
        match framer.step() {
            Step::More => {
                if framer.message_left() > 0 {
                    let mut message = Vec::new();
                    while framer.message_left() > 0 {
                        message.extend_from_slice(&framer.take_message());
                        if framer.message_left() > 0 {
                            let Some(more) = pieces.next() else { break };
                            framer.room().extend_from_slice(more);
                        }
                    }
                    seen.push(format!("message {}", message.escape_ascii()));
                    if framer.message_left() == 0 {
                        continue;
                    }
                }
                let Some(more) = pieces.next() else { break };
                framer.room().extend_from_slice(more);
            }
            Step::Continue => seen.push("+".into()),
            Step::Command(octets) => seen.push(format!("command {}", octets.escape_ascii())),
            Step::AppendBegin(head) => {
                seen.push(format!("begin {} {:?}", head.octets.escape_ascii(), head.waits));
                framer.accept_message();
            }
            Step::AppendNext(head) => {
                seen.push(format!("next {} {:?}", head.octets.escape_ascii(), head.waits));
                framer.accept_message();
            }
            Step::AppendEnd(octets) => seen.push(format!("end {}", octets.escape_ascii())),
            Step::Refused(refusal) => {
                let tag = refusal.tag.map_or("*".into(), |tag| tag.to_string());
                seen.push(format!("refused {tag} {:?} {:?}", refusal.why, refusal.then));
                if refusal.then == Then::HangUp {
                    break;
                }
            }
        }
    }
    seen
}

#[track_caller]
fn check(input: &[u8], want: &[&str]) {
    check_with(FrameLimits::AFTER_LOGIN, input, want);
}

#[track_caller]
fn check_with(limits: FrameLimits, input: &[u8], want: &[&str]) {
    for piece in [1, 2, 3, 7, 64, input.len()] {
        assert_eq!(run(input, piece, limits), want, "in pieces of {piece}");
    }
}

#[test]
fn commands_end_with_their_line() {
    check(
        b"a NOOP\r\nb CAPABILITY\nc LOGOUT\r\nd NO",
        &["command a NOOP", "command b CAPABILITY", "command c LOGOUT"],
    );
    check(b"\r\n\r\n", &["command ", "command "]);
    check(b"a X{3}y\r\n", &["command a X{3}y"]);
    check(b"a X {}\r\nb Y {+}\r\n", &["command a X {}", "command b Y {+}"]);
}

#[test]
fn literals_belong_to_the_command() {
    check(
        b"a LOGIN {3}\r\nfoo {5+}\r\nb\r\nar\r\nb NOOP\r\n",
        &["+", "command a LOGIN {3}\\r\\nfoo {5+}\\r\\nb\\r\\nar", "command b NOOP"],
    );
    check(b"a LOGIN {0}\r\n {0+}\r\n\r\n", &["+", "command a LOGIN {0}\\r\\n {0+}\\r\\n"]);
    check(b"a X ~{2+}\r\n\r\n\r\n", &["command a X ~{2+}\\r\\n\\r\\n"]);
}

#[test]
fn messages_of_an_append_go_past() {
    check(
        b"a append INBOX (\\Seen) {5}\r\na\r\nb\n\r\nb NOOP\r\n",
        &[
            "begin a append INBOX (\\\\Seen) {5}\\r\\n ForContinue",
            "message a\\r\\nb\\n",
            "end ",
            "command b NOOP",
        ],
    );
    check(
        b"a APPEND {5+}\r\nINBOX {3+}\r\nabc (\\Draft) ~{1+}\r\nd UTF8 (~{2}\r\nef)\r\n",
        &[
            "begin a APPEND {5+}\\r\\nINBOX {3+}\\r\\n Not",
            "message abc",
            "next  (\\\\Draft) ~{1+}\\r\\n Not",
            "message d",
            "next  UTF8 (~{2}\\r\\n ForContinue",
            "message ef",
            "end )",
        ],
    );
    check(b"a APPEND x {0}\r\n\r\n", &["begin a APPEND x {0}\\r\\n ForContinue", "end "]);
    check(b"a APPEND x\r\n", &["command a APPEND x"]);
    check(b"a APPENDED x {1+}\r\ny\r\n", &["command a APPENDED x {1+}\\r\\ny"]);
}

#[test]
fn a_refused_message_is_dropped_to_the_end_of_its_command() {
    for (input, waits) in [
        (&b"a APPEND x {3+}\r\nabc {6+}\r\nb NO\r\n (\\Seen)\r\nc NOOP\r\n"[..], Waits::Not),
        (b"a APPEND x {3+}\r\nabc {6}\r\nc NOOP\r\n", Waits::Not),
        (b"a APPEND x {3}\r\nc NOOP\r\n", Waits::ForContinue),
    ] {
        for piece in 1..=input.len() {
            let mut framer = Framer::new(FrameLimits::AFTER_LOGIN);
            let mut commands = Vec::new();
            for piece in input.chunks(piece) {
                framer.room().extend_from_slice(piece);
                loop {
                    match framer.step() {
                        Step::More => break,
                        Step::AppendBegin(head) => {
                            assert_eq!(head.waits, waits);
                            assert_eq!(framer.refuse_message(), Then::GoOn);
                        }
                        Step::Command(octets) => commands.push(octets),
                        Step::Continue
                        | Step::AppendNext(_)
                        | Step::AppendEnd(_)
                        | Step::Refused(_) => panic!("unexpected step"),
                    }
                }
            }
            assert_eq!(commands, [Bytes::from_static(b"c NOOP")], "pieces of {piece}");
        }
    }
}

#[test]
fn what_is_too_long_is_refused_with_its_tag_and_dropped() {
    let limits = FrameLimits {
        line_octets_max: 32,
        literal_octets_max: 10,
        command_octets_max: 40,
        literals: Literals::Plus,
    };
    let line = "refused a Line { octets_max: 32 } GoOn";
    check_with(
        limits,
        b"a XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX\r\nb NOOP\r\n",
        &[line, "command b NOOP"],
    );
    // The literal of a line that is dropped is dropped, and the line after it.
    check_with(
        limits,
        b"a XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX {8+}\r\nx NOOP\r\nyy {1+}\r\nz\r\nb NOOP\r\n",
        &[line, "command b NOOP"],
    );
    let literal = "refused a Literal { octets_max: 10 } GoOn";
    check_with(limits, b"a X {11}\r\nb NOOP\r\n", &[literal, "command b NOOP"]);
    check_with(
        limits,
        b"a X {11+}\r\nb NOOP\r\nfoo bar\r\nc NOOP\r\n",
        &[literal, "command c NOOP"],
    );
    check_with(
        limits,
        b"a X {9+}\r\n123456789 {9+}\r\n123456789 {9+}\r\n123456789\r\nb NOOP\r\n",
        &["refused a Command { octets_max: 40 } GoOn", "command b NOOP"],
    );
    check_with(
        limits,
        b"a X {4294967295}\r\nb X {99999999999999999999}\r\nc X {18446744073709551616}\r\n",
        &[
            "refused a Literal { octets_max: 10 } GoOn",
            "refused b Literal { octets_max: 10 } GoOn",
            "refused c Literal { octets_max: 10 } GoOn",
        ],
    );
    check_with(
        limits,
        b"a X {99999999999999999999+}\r\nb NOOP\r\n",
        &["refused a Literal { octets_max: 10 } HangUp"],
    );
    check_with(
        limits,
        b"a APPEND x {9999999999999999999}\r\nb NOOP\r\n",
        &["refused a Literal { octets_max: 10 } GoOn", "command b NOOP"],
    );
}

#[test]
fn literal_minus_bars_large_literals_that_do_not_wait() {
    let limits = FrameLimits { literals: Literals::Minus, ..FrameLimits::AFTER_LOGIN };
    let mut input = b"a APPEND x {4097+}\r\n".to_vec();
    input.extend(std::iter::repeat_n(b'x', 4097));
    input.extend_from_slice(b"\r\nb NOOP\r\n");
    check_with(
        limits,
        &input,
        &["refused a NotWaited { octets_max: 4096 } GoOn", "command b NOOP"],
    );
}

#[test]
fn ten_thousand_literals_hold_no_memory() {
    let mut framer = Framer::new(FrameLimits::BEFORE_LOGIN);
    for number in 0..10_000 {
        framer.room().extend_from_slice(format!("a{number} LOGIN {{1048576}}\r\n").as_bytes());
        let Step::Refused(refusal) = framer.step() else { panic!("taken") };
        assert_eq!(refusal.why, TooBig::Literal { octets_max: 8192 });
        assert!(framer.input.capacity() <= 64 << 10);
    }
}

#[test]
fn an_endless_line_holds_no_memory() {
    let mut framer = Framer::new(FrameLimits::BEFORE_LOGIN);
    let mut refused = 0;
    for _ in 0..10_000 {
        framer.room().extend_from_slice(&[b'x'; 1000]);
        refused += usize::from(framer.step() != Step::More);
        assert!(framer.input.capacity() <= 64 << 10, "{}", framer.input.capacity());
    }
    assert_eq!(refused, 1);
}

#[test]
fn lines_are_taken_where_no_command_is_due() {
    let mut framer = Framer::new(FrameLimits::AFTER_LOGIN);
    framer.room().extend_from_slice(b"DONE\r\na NOOP\r\n");
    assert_eq!(framer.line(10), Line::Line(Bytes::from_static(b"DONE")));
    assert_eq!(framer.step(), Step::Command(Bytes::from_static(b"a NOOP")));
    framer.room().extend_from_slice(b"eHh4eHh4eHh4eHh4");
    assert_eq!(framer.line(10), Line::TooLong);
    framer.room().extend_from_slice(b"eHh4\r\nb NOOP\r\n");
    assert_eq!(framer.step(), Step::Command(Bytes::from_static(b"b NOOP")));
    framer.room().extend_from_slice(b"ab");
    assert_eq!(framer.line(10), Line::More);
    framer.room().extend_from_slice(b"c\n");
    assert_eq!(framer.line(10), Line::Line(Bytes::from_static(b"abc")));
}
