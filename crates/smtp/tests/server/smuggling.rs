//! SMTP smuggling (CVE-2023-51764 and its kin): no sequence of odd line ends makes two messages of one.

use transcript::{Transcript, cut_behind_each_octet, in_pieces, whole};

use crate::acts::Host;

/// All sequences that were reported, with what our side must make of the message that holds one.
const SEQUENCES: [&str; 10] = [
    r"\n.\n",
    r"\n.\r\n",
    r"\r\n.\n",
    r"\r.\r",
    r"\r\n.\r",
    r"\r\n\x00.\r\n",
    r"\r.\r\n",
    r"\r\n.\r\r\n",
    r"\n.\r",
    r"\r.\n",
];

const GREETING: &str = "\
S: 220 mail.example.org ESMTP correio
C: HELO client.example
S: 250 mail.example.org greets client.example
C: MAIL FROM:<x@other.example>
S: 250 2.1.0 Sender OK
C: RCPT TO:<ana@example.org>
S: 250 2.1.5 Recipient OK
C: DATA
S: 354 Start mail input; end with <CRLF>.<CRLF>
";

#[test]
fn no_odd_end_lets_a_second_message_in() {
    for sequence in SEQUENCES {
        let smuggled = r"MAIL FROM:<admin@example.org>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\nFrom: admin\r\n\r\nevil";
        let answer = if sequence.contains("x00") {
            "S: 550 5.6.0 NUL octet received; a text must not hold one (RFC 2045, 2.8): encode it in base64"
        } else {
            "S: 550 5.6.0 Bare CR or LF received; lines must end with CRLF"
        };
        let text = format!(
            "# {sequence}\n@ serve smtp clear\n{GREETING}C: Subject: a\\r\\n\\r\\nhello{sequence}{smuggled}\\-\n\
             C: \\r\\n.\\r\\nQUIT\n{answer}\nS: 221 2.0.0 Bye\n@ closed\n"
        );
        let all = [Transcript { name: sequence.to_owned(), text }];
        whole::<Host>(&all);
        in_pieces::<Host>(&all, &[1]);
        cut_behind_each_octet::<Host>(&all, usize::MAX);
    }
}
