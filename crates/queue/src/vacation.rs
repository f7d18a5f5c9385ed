//! Whether a message is answered while its recipient is away, and with what (RFC 3834; RFC 5230, 4; RFC 8621, 8). Pure: that a sender
//! has had an answer lately is for others to know.

use mailbox::Timestamp;
use message::{AddressList, Composer, Leaf, decode_words, format_date, html_to_text};

use crate::limits::ABSENCE_SUBJECT_CHARACTERS_MAX;

/// A message that was delivered.
#[derive(Clone, Copy, Debug)]
pub struct Arrived<'a> {
    /// The sender of its envelope; none: nobody.
    pub from: Option<&'a str>,
    /// Its header.
    pub header: &'a [u8],
}

/// What somebody says while they are away.
#[derive(Clone, Copy, Debug, Default)]
pub struct Absence<'a> {
    /// Under which subject; none: that of the message, marked.
    pub subject: Option<&'a str>,
    /// As plain text; none: what the HTML says.
    pub text: Option<&'a str>,
    /// As HTML.
    pub html: Option<&'a str>,
}

/// Who answers whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answering {
    /// To whom: the sender of the envelope (RFC 3834, 4).
    pub to: String,
    /// From whom: the address that the message was written to.
    pub me: String,
}

/// Fields that only mail of lists has (RFC 5230, 4.6; RFC 2369; RFC 2919).
const OF_LISTS: [&str; 8] = [
    "List-Id",
    "List-Help",
    "List-Subscribe",
    "List-Unsubscribe",
    "List-Post",
    "List-Owner",
    "List-Archive",
    "Mailing-List",
];

/// Fields that name those to whom a message was written (RFC 5230, 4.5).
const NAMING: [&str; 6] = ["To", "Cc", "Bcc", "Resent-To", "Resent-Cc", "Resent-Bcc"];

impl Arrived<'_> {
    /// Who answers whom; none: nobody. `is_mine` says of an address whether it is one of the recipient's.
    pub fn answered(&self, is_mine: impl Fn(&str) -> bool) -> Option<Answering> {
        // RFC 3834, 2: nobody answers those who cannot be told of failures, nor themselves, nor programs.
        let to = self.from.filter(|from| !is_robot(from) && !is_mine(from))?;
        if self.is_automatic() || OF_LISTS.iter().any(|name| self.value(name).is_some()) {
            return None;
        }
        let me = NAMING.iter().find_map(|name| self.named(name).into_iter().find(|it| is_mine(it)));
        Some(Answering { to: to.to_owned(), me: me? })
    }

    /// Whether a program sent it by itself, or to many (RFC 3834, 2 and 5; RFC 5230, 4.6).
    fn is_automatic(&self) -> bool {
        let word = |name: &str| {
            let value = self.value(name).map(|value| value.to_ascii_lowercase());
            value.map(|value| value.split([';', '(']).next().unwrap_or_default().trim().to_owned())
        };
        let submitted = word("Auto-Submitted").is_some_and(|how| how != "no");
        let precedence = word("Precedence");
        let bulk = precedence.is_some_and(|it| matches!(&*it, "bulk" | "list" | "junk"));
        // Exchange and others say so when they do not want an answer.
        let suppressed = self.value("X-Auto-Response-Suppress").is_some_and(|value| {
            let value = value.to_ascii_lowercase();
            value.split(',').any(|it| matches!(it.trim(), "all" | "oof" | "autoreply"))
        });
        submitted || bulk || suppressed || self.value("Feedback-ID").is_some()
    }

    fn value(&self, name: &str) -> Option<String> {
        let field = message::find(self.header, name)?;
        Some(String::from_utf8_lossy(field.value).trim().to_owned())
    }

    fn named(&self, name: &str) -> Vec<String> {
        let fields = message::fields(self.header).filter(|field| field.is(name));
        let mut found = Vec::new();
        for field in fields {
            let list = AddressList::of(field.value);
            found.extend(list.iter().filter_map(|address| {
                let [local, domain] =
                    [address.mailbox?, address.host?].map(String::from_utf8_lossy);
                Some(format!("{local}@{domain}"))
            }));
        }
        found
    }

    /// The answer. `name` is one that no other message has; its envelope has no sender (RFC 3834, 3.3).
    pub fn answer(
        &self,
        absence: &Absence<'_>,
        answering: &Answering,
        name: &str,
        now: Timestamp,
    ) -> Vec<u8> {
        let domain = answering.me.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
        let mut composer = Composer::new()
            .raw("Date", &format_date(now.0))
            .addresses("From", &[("", &answering.me)])
            .addresses("To", &[("", &answering.to)])
            .text("Subject", &self.subject(absence))
            .raw("Message-ID", &format!("<{name}@{domain}>"))
            // RFC 3834, 3.1.7: so that two of us do not answer each other for ever.
            .raw("Auto-Submitted", "auto-replied");
        if let Some(id) = self.value("Message-ID").filter(|id| is_one_id(id)) {
            composer = composer.raw("In-Reply-To", &id).raw("References", &id);
        }
        let text = match (absence.text, absence.html) {
            (Some(text), _) => text.to_owned(),
            (None, Some(html)) => html_to_text(html),
            (None, None) => {
                "I am away at the moment and will read your message later.\n".to_owned()
            }
        };
        let plain = Leaf::text(&text);
        match absence.html {
            None => composer.single(&plain),
            Some(html) => {
                let rich = Leaf::new("text/html; charset=utf-8", html.as_bytes().to_vec());
                let boundary = format!("=_{name}");
                composer.multipart("multipart/alternative", &boundary, &[plain, rich])
            }
        }
    }

    /// RFC 5230, 4.1 and RFC 3834, 3.1.5: that of the message, marked.
    fn subject(&self, absence: &Absence<'_>) -> String {
        let subject = match absence.subject {
            Some(subject) => subject.to_owned(),
            None => {
                let field = message::find(self.header, "Subject");
                let subject = field.map(|field| decode_words(field.value)).unwrap_or_default();
                format!("Auto: {}", subject.trim()).trim().to_owned()
            }
        };
        subject.chars().take(ABSENCE_SUBJECT_CHARACTERS_MAX).collect()
    }
}

/// Whether it is one id of a message, that can stand in a field again.
fn is_one_id(text: &str) -> bool {
    let inner = text.strip_prefix('<').and_then(|text| text.strip_suffix('>'));
    inner.is_some_and(|id| {
        id.len() < 900 && !id.contains(['<', '>']) && id.bytes().all(|it| it.is_ascii_graphic())
    })
}

/// Addresses behind which programs are, or lists (RFC 5230, 4.6).
fn is_robot(address: &str) -> bool {
    let local = address.rsplit_once('@').map_or(address, |(local, _)| local).to_ascii_lowercase();
    let names = ["mailer-daemon", "listserv", "majordomo", "postmaster", "noreply", "no-reply"];
    names.contains(&local.as_str())
        || local.starts_with("owner-")
        || local.starts_with("bounce")
        || local.starts_with("srs0=")
        || local.ends_with("-request")
        || local.ends_with("-owner")
        || local.ends_with("-bounces")
        || local.contains("-bounces+")
}

#[cfg(test)]
mod tests {
    use mailbox::Timestamp;
    use message::{Kind, Outline, decode_words, find, part_text};

    use super::{Absence, Answering, Arrived};

    const FROM: &str = "bob@example.net";

    fn answered(from: Option<&str>, header: &str) -> Option<Answering> {
        let header = format!("{header}\r\n\r\n");
        let is_mine = |address: &str| matches!(address, "ana@example.org" | "a.silva@example.org");
        Arrived { from, header: header.as_bytes() }.answered(is_mine)
    }

    #[test]
    fn a_person_who_writes_to_me_is_answered() {
        let want = |me: &str| Some(Answering { to: FROM.to_owned(), me: me.to_owned() });
        assert_eq!(answered(Some(FROM), "To: Ana <ana@example.org>"), want("ana@example.org"));
        assert_eq!(
            answered(Some(FROM), "To: x@example.org\r\nCc: g: y@z, a.silva@example.org;"),
            want("a.silva@example.org")
        );
        assert_eq!(
            answered(Some(FROM), "To: ana@example.org\r\nAuto-Submitted: no (by hand)"),
            want("ana@example.org")
        );
        assert_eq!(
            answered(Some(FROM), "Resent-To: ana@example.org\r\nPrecedence: first-class"),
            want("ana@example.org")
        );
    }

    #[test]
    fn programs_lists_and_those_who_do_not_mean_me_are_not_answered() {
        let to_me = "To: ana@example.org";
        for from in [
            "MAILER-DAEMON@example.net",
            "owner-list@example.net",
            "list-request@example.net",
            "noreply@example.net",
            "list-bounces+ana=example.org@example.net",
            "SRS0=abc=de=example.com=x@example.net",
            "ana@example.org",
            "a.silva@example.org",
        ] {
            assert_eq!(answered(Some(from), to_me), None, "{from}");
        }
        assert_eq!(answered(None, to_me), None);
        for field in [
            "Auto-Submitted: auto-generated",
            "Auto-Submitted: Auto-Replied; owner-email=\"x\"",
            "Precedence: Bulk",
            "Precedence: list",
            "Precedence: junk",
            "List-Id: <x.example.net>",
            "List-Unsubscribe: <mailto:x@y>",
            "X-Auto-Response-Suppress: DR, OOF",
            "Feedback-ID: x",
        ] {
            assert_eq!(answered(Some(FROM), &format!("{to_me}\r\n{field}")), None, "{field}");
        }
        for header in ["To: other@example.org", "Subject: ana@example.org", "To: undisclosed:;"] {
            assert_eq!(answered(Some(FROM), header), None, "{header}");
        }
    }

    #[test]
    fn the_answer_says_what_it_is_and_to_what() {
        let header = "From: b@c\r\nSubject: =?utf-8?q?Ol=C3=A1?=\r\nMessage-ID: <1@x>\r\n\r\n";
        let arrived = Arrived { from: Some(FROM), header: header.as_bytes() };
        let answering = Answering { to: FROM.to_owned(), me: "ana@example.org".to_owned() };
        let answer =
            |absence: Absence<'_>| arrived.answer(&absence, &answering, "n1", Timestamp(0));
        let html = Absence { html: Some("<p>Away <b>now</b></p>"), ..Absence::default() };
        let mail = answer(html);
        let value = |name: &str| {
            let field = find(&mail, name).map(|field| field.value.to_vec());
            field.map(|value| String::from_utf8(value).unwrap().trim().to_owned())
        };
        assert_eq!(value("Auto-Submitted").as_deref(), Some("auto-replied"));
        assert_eq!(value("In-Reply-To").as_deref(), Some("<1@x>"));
        assert_eq!(value("To").as_deref(), Some(FROM));
        assert_eq!(value("Message-ID").as_deref(), Some("<n1@example.org>"));
        let outline = Outline::of(&mail);
        let parts: Vec<_> = outline.parts().collect();
        assert_eq!(parts[0].kind, Kind::Multipart);
        assert!(part_text(&parts[1], &mail).contains("Away now"));
        let plain =
            answer(Absence { text: Some("Away"), subject: Some("x\r\nBcc: y"), html: None });
        assert!(find(&plain, "Bcc").is_none());
        assert!(String::from_utf8(plain).unwrap().ends_with("\r\n\r\nAway"));
        let usual = answer(Absence::default());
        let subject = find(&usual, "Subject").map(|field| decode_words(field.value));
        assert_eq!(subject.as_deref(), Some("Auto: Ol\u{e1}"));
    }
}
