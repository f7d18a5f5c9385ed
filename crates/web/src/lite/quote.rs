//! What an answer or a forwarded message begins with: to whom it goes, what it is about, and the text it answers.

use super::shown::{Address, Email, moment};
use super::words::Words;

/// So many octets of a text are quoted at most.
pub(super) const QUOTED_OCTETS_MAX: usize = 100 << 10;

/// To whom an answer goes: who wrote it, or whom that one names; with `all`, everybody else it went to as well. One's own addresses
/// are left out, unless nobody else is left.
pub(super) fn recipients(email: &Email, own: &[String], all: bool) -> (Vec<Address>, Vec<Address>) {
    let is_own = |address: &Address| own.iter().any(|own| own.eq_ignore_ascii_case(&address.email));
    let listed = |some: &Option<Vec<Address>>| some.clone().unwrap_or_default();
    let wrote = Some(listed(&email.reply_to))
        .filter(|it| !it.is_empty())
        .unwrap_or_else(|| listed(&email.from));
    // What one wrote oneself goes on to those it went to.
    let is_mine = !wrote.is_empty() && wrote.iter().all(is_own);
    let mut to = if is_mine { listed(&email.to) } else { wrote.clone() };
    let mut copies = Vec::new();
    if all {
        if !is_mine {
            to.extend(listed(&email.to));
        }
        copies = listed(&email.cc);
    }
    let mut seen: Vec<String> = Vec::new();
    let mut once = |address: &Address| {
        let lower = address.email.to_lowercase();
        let is_new = !seen.contains(&lower);
        seen.push(lower);
        is_new
    };
    to.retain(|address| !is_own(address) && once(address));
    copies.retain(|address| !is_own(address) && once(address));
    if to.is_empty() && copies.is_empty() {
        to = wrote;
    }
    (to, copies)
}

/// A subject with one mark before it, whatever marks it had of this kind.
pub(super) fn subject(subject: Option<&str>, mark: &str) -> String {
    let mut rest = subject.unwrap_or_default().trim();
    let marks: &[&str] = if mark == "Re" {
        &["re", "aw", "sv", "res", "antw"]
    } else {
        &["fwd", "fw", "wg", "enc", "tr"]
    };
    while let Some((before, after)) = rest.split_once(':') {
        let is_mark = marks.iter().any(|mark| before.trim().eq_ignore_ascii_case(mark));
        if !is_mark {
            break;
        }
        rest = after.trim_start();
    }
    format!("{mark}: {rest}")
}

/// The fields by which programs know what is answered (RFC 5322, 3.6.4): In-Reply-To and References.
pub(super) fn references(email: &Email) -> (Vec<String>, Vec<String>) {
    let ids = email.message_id.clone().unwrap_or_default();
    let before = email.references.clone().or_else(|| {
        // An only one stands for the references.
        email.in_reply_to.clone().filter(|parents| parents.len() == 1)
    });
    let mut references = before.unwrap_or_default();
    references.extend(ids.iter().cloned());
    (ids, references)
}

/// The text of an email: its plain text, or what its HTML says.
pub(super) fn text(email: &Email) -> String {
    let mut out = String::new();
    for part in &email.text_body {
        let value = part.part_id.as_ref().and_then(|id| email.body_values.get(id));
        let Some(value) = value else { continue };
        if !out.is_empty() {
            out.push_str("\n\n");
        }
        match part.kind.as_str() {
            "text/html" => out.push_str(&message::html_to_text(&value.value)),
            _ => out.push_str(&value.value),
        }
    }
    let end = out.floor_char_boundary(QUOTED_OCTETS_MAX);
    if end < out.len() {
        out.truncate(end);
        out.push('…');
    }
    out.replace("\r\n", "\n")
}

/// The text that an answer begins with.
pub(super) fn answered(words: &Words, email: &Email) -> String {
    let who =
        email.from.as_deref().and_then(|from| from.first()).map(Address::short).unwrap_or_default();
    let when = moment(email.sent_at.as_deref().unwrap_or(&email.received_at));
    let quoted: String = text(email)
        .trim_end()
        .lines()
        .map(
            |line| if line.starts_with('>') { format!(">{line}\n") } else { format!("> {line}\n") },
        )
        .collect();
    format!("\n\n{when}, {who} {}:\n{quoted}", words.wrote)
}

/// The text that a forwarded message begins with.
pub(super) fn forwarded(words: &Words, email: &Email) -> String {
    let list = |people: &Option<Vec<Address>>| super::addresses::written(people.as_deref());
    let mut out = format!("\n\n---------- {} ----------\n", words.forwarded);
    for (name, value) in [
        (words.from, list(&email.from)),
        (words.date, moment(email.sent_at.as_deref().unwrap_or(&email.received_at))),
        (words.subject, email.subject.clone().unwrap_or_default()),
        (words.to, list(&email.to)),
        (words.cc, list(&email.cc)),
    ] {
        if !value.is_empty() {
            out.push_str(&format!("{name}: {value}\n"));
        }
    }
    out.push('\n');
    out.push_str(&text(email));
    out
}

#[cfg(test)]
mod tests {
    use super::{answered, recipients, references, subject};
    use crate::language::Language;
    use crate::lite::shown::{Address, BodyValue, Email, Part};
    use crate::lite::words::Words;

    fn people(emails: &[&str]) -> Option<Vec<Address>> {
        let address = |email: &&str| Address { name: None, email: (*email).to_owned() };
        Some(emails.iter().map(address).collect())
    }

    fn emails(people: &[Address]) -> Vec<&str> {
        people.iter().map(|address| address.email.as_str()).collect()
    }

    #[test]
    fn an_answer_goes_to_who_wrote_and_to_all_others_if_wanted() {
        let own = ["ana@example.org".to_owned()];
        let mut email = Email {
            from: people(&["bob@x"]),
            to: people(&["Ana@example.org", "eva@x"]),
            cc: people(&["leo@x", "EVA@x"]),
            ..Email::default()
        };
        let (to, cc) = recipients(&email, &own, false);
        assert_eq!((emails(&to), emails(&cc)), (vec!["bob@x"], vec![]));
        let (to, cc) = recipients(&email, &own, true);
        assert_eq!((emails(&to), emails(&cc)), (vec!["bob@x", "eva@x"], vec!["leo@x"]));
        email.reply_to = people(&["list@x"]);
        assert_eq!(emails(&recipients(&email, &own, false).0), ["list@x"]);
        let mine = Email {
            from: people(&["ana@example.org"]),
            to: people(&["bob@x"]),
            ..Email::default()
        };
        assert_eq!(emails(&recipients(&mine, &own, false).0), ["bob@x"]);
        let to_self = Email {
            from: people(&["ana@example.org"]),
            to: people(&["ana@example.org"]),
            ..Email::default()
        };
        assert_eq!(emails(&recipients(&to_self, &own, true).0), ["ana@example.org"]);
        assert_eq!(recipients(&Email::default(), &own, true), (vec![], vec![]));
    }

    #[test]
    fn a_subject_has_one_mark() {
        for (before, mark, want) in [
            (Some("Hello"), "Re", "Re: Hello"),
            (Some("RE: Re: AW: RES: Hello: you"), "Re", "Re: Hello: you"),
            (Some("Re: Hello"), "Fwd", "Fwd: Re: Hello"),
            (Some("ENC: Fw: Hello"), "Fwd", "Fwd: Hello"),
            (None, "Re", "Re: "),
        ] {
            assert_eq!(subject(before, mark), want);
        }
    }

    #[test]
    fn an_answer_names_what_it_answers_and_all_before_it() {
        let ids = |ids: &[&str]| Some(ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>());
        let mut email = Email {
            message_id: ids(&["c@x"]),
            references: ids(&["a@x", "b@x"]),
            ..Email::default()
        };
        assert_eq!(
            references(&email),
            (ids(&["c@x"]).unwrap(), ids(&["a@x", "b@x", "c@x"]).unwrap())
        );
        email.references = None;
        email.in_reply_to = ids(&["b@x"]);
        assert_eq!(references(&email).1, ["b@x", "c@x"]);
        email.in_reply_to = ids(&["a@x", "b@x"]);
        assert_eq!(references(&email).1, ["c@x"]);
    }

    #[test]
    fn what_is_answered_is_quoted() {
        let part = |id: &str, kind: &str| Part {
            part_id: Some(id.to_owned()),
            blob_id: None,
            size: 0,
            name: None,
            kind: kind.to_owned(),
            charset: None,
            disposition: None,
            cid: None,
        };
        let value = |text: &str| BodyValue { value: text.to_owned(), is_truncated: false };
        let email = Email {
            from: people(&["bob@x"]),
            received_at: "2026-11-30T10:00:00Z".to_owned(),
            text_body: vec![part("1", "text/plain"), part("2", "text/html")],
            body_values: [
                ("1".to_owned(), value("Hello\r\n> old\r\n")),
                ("2".to_owned(), value("<p>a&amp;b<script>x</script>")),
            ]
            .into(),
            ..Email::default()
        };
        let quoted = answered(Words::of(Language::English), &email);
        assert_eq!(
            quoted,
            "\n\n2026-11-30 10:00 UTC, bob@x wrote:\n> Hello\n>> old\n> \n> \n> a&b\n"
        );
    }
}
