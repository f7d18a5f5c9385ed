//! What is counted of the content of an email: who sent it, and what is attached to it.

use message::{Outline, Part};
use serde::Serialize;

use crate::limits::STATISTICS_SENDER_OCTETS_MAX;
use crate::mail::Bodies;

/// What the largest attachment of an email is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Kind {
    None,
    Image,
    Video,
    Audio,
    Pdf,
    Document,
    Archive,
    Message,
    Calendar,
    Other,
}

/// Beginnings of types and of names' ends that say what something is. Many programs say only `application/octet-stream`.
const KINDS: [(Kind, &[&str], &[&str]); 8] = [
    (
        Kind::Image,
        &["image/"],
        &["jpg", "jpeg", "png", "gif", "webp", "heic", "tif", "tiff", "svg"],
    ),
    (Kind::Video, &["video/"], &["mp4", "mov", "avi", "mkv", "webm", "wmv"]),
    (Kind::Audio, &["audio/"], &["mp3", "m4a", "wav", "ogg", "flac", "opus"]),
    (Kind::Pdf, &["application/pdf"], &["pdf"]),
    (
        Kind::Document,
        &[
            "text/",
            "application/msword",
            "application/rtf",
            "application/vnd.ms-",
            "application/vnd.oasis.opendocument",
            "application/vnd.openxmlformats-officedocument",
        ],
        &["doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "odp", "rtf", "txt", "csv"],
    ),
    (
        Kind::Archive,
        &[
            "application/zip",
            "application/gzip",
            "application/x-7z",
            "application/x-rar",
            "application/x-tar",
            "application/x-zip",
            "application/vnd.rar",
        ],
        &["zip", "gz", "tgz", "7z", "rar", "tar", "xz", "bz2"],
    ),
    (Kind::Message, &["message/"], &["eml", "msg"]),
    (Kind::Calendar, &["text/calendar", "application/ics"], &["ics"]),
];

impl Kind {
    /// Of an email. What is only shown with its text is none.
    pub(super) fn of(outline: &Outline<'_>, bodies: &Bodies) -> Kind {
        if !bodies.has_attachment {
            return Kind::None;
        }
        let attached = outline.parts().filter(|part| bodies.attachments.contains(&part.index));
        attached.max_by_key(Part::octets).map_or(Kind::Other, |part| Kind::of_part(&part))
    }

    fn of_part(part: &Part<'_>) -> Kind {
        let media_type = crate::mail::media_type(part);
        // A calendar is text as well, and a more exact word for it.
        let of_type = KINDS
            .iter()
            .rev()
            .find(|(_, types, _)| types.iter().any(|known| media_type.starts_with(known)));
        if let Some((kind, ..)) = of_type {
            return *kind;
        }
        let name = part.file_name().unwrap_or_default().to_lowercase();
        let end = name.rsplit_once('.').map_or("", |(_, end)| end);
        KINDS.iter().find(|(.., ends)| ends.contains(&end)).map_or(Kind::Other, |(kind, ..)| *kind)
    }
}

/// The address of the first author in lower case, and the name. Empty where there is none.
pub(super) fn sender_of(outline: &Outline<'_>) -> (String, Option<String>) {
    let envelope = outline.envelope();
    let Some(address) = envelope.from.iter().next() else { return (String::new(), None) };
    let text =
        |octets: Option<&[u8]>| String::from_utf8_lossy(octets.unwrap_or_default()).into_owned();
    let (mailbox, host) = (text(address.mailbox), text(address.host));
    let mut email = match (mailbox.as_str(), host.as_str()) {
        ("", "") => String::new(),
        (mailbox, "") => mailbox.to_lowercase(),
        (mailbox, host) => format!("{mailbox}@{host}").to_lowercase(),
    };
    if email.len() > STATISTICS_SENDER_OCTETS_MAX {
        email = email.chars().take(STATISTICS_SENDER_OCTETS_MAX / 4).collect();
    }
    let name = address.name.map(|name| message::decode_words_noting(name).text);
    (email, name.filter(|name| !name.is_empty()))
}

/// A time as a number that is in the same order.
pub(super) fn ordered(unix_s: i64) -> u64 {
    u64::try_from(i128::from(unix_s).saturating_sub(i128::from(i64::MIN))).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use message::Outline;

    use super::{Kind, ordered, sender_of};
    use crate::mail::Bodies;

    fn kind(kind: &str, name: &str) -> Kind {
        let message = format!(
            "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n\
             Content-Type: {kind}\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\nx\r\n--b--\r\n"
        );
        let outline = Outline::of(message.as_bytes());
        Kind::of(&outline, &Bodies::of(&outline))
    }

    #[test]
    fn a_type_or_else_a_name_says_what_is_attached() {
        for (media_type, name, want) in [
            ("image/jpeg", "a.pdf", Kind::Image),
            ("application/octet-stream", "Report.PDF", Kind::Pdf),
            ("text/calendar", "x", Kind::Calendar),
            ("text/csv", "x", Kind::Document),
            (
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                "x",
                Kind::Document,
            ),
            ("application/zip", "x", Kind::Archive),
            ("application/octet-stream", "x", Kind::Other),
        ] {
            assert_eq!(kind(media_type, name), want, "{media_type} {name}");
        }
        let plain = Outline::of(b"Subject: x\r\n\r\ntext");
        assert_eq!(Kind::of(&plain, &Bodies::of(&plain)), Kind::None);
    }

    #[test]
    fn a_sender_is_an_address_without_regard_to_case() {
        let outline =
            Outline::of(b"From: =?utf-8?q?Jo=C3=A3o?= <Joao@EXAMPLE.org>, b@example.org\r\n\r\n");
        let (email, name) = sender_of(&outline);
        assert_eq!((email.as_str(), name.as_deref()), ("joao@example.org", Some("João")));
        assert_eq!(sender_of(&Outline::of(b"\r\n")), (String::new(), None));
        let long = format!("From: {}@example.org\r\n\r\n", "a".repeat(5_000));
        assert!(sender_of(&Outline::of(long.as_bytes())).0.len() <= 320);
    }

    #[test]
    fn times_stay_in_order() {
        assert!(ordered(i64::MIN) < ordered(-1) && ordered(-1) < ordered(0));
        assert!(ordered(0) < ordered(i64::MAX));
    }
}
