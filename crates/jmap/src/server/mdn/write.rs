//! Writes a notification as a message (RFC 8098, 3).

use std::borrow::Cow;

use message::{Composer, DispositionNotification, Leaf, format_date};

use super::{Disposition, Kind, SendingMode};

/// All that a notification is made of.
pub(super) struct Notification<'a> {
    pub(super) from: (&'a str, &'a str),
    pub(super) to: &'a [String],
    pub(super) subject: Option<&'a str>,
    pub(super) text: Option<&'a str>,
    pub(super) disposition: &'a Disposition,
    pub(super) report: &'a DispositionNotification,
    /// The header of the message that it is about.
    pub(super) about: &'a [u8],
    /// That message, if it goes back.
    pub(super) original: Option<&'a [u8]>,
    /// A word that nobody else has.
    pub(super) name: &'a str,
    pub(super) now_s: i64,
}

impl Notification<'_> {
    /// Under which subject it goes.
    pub(super) fn subject(&self) -> Cow<'_, str> {
        if let Some(subject) = self.subject {
            return subject.into();
        }
        let about = message::find(self.about, "Subject");
        let about = about.map(|field| message::decode_words(&field.unfolded())).unwrap_or_default();
        let about: String = about.trim().chars().take(SUBJECT_CHARACTERS_MAX).collect();
        let what = match self.disposition.kind {
            Kind::Deleted => "Deleted",
            Kind::Dispatched => "Passed on",
            Kind::Displayed => "Read",
            Kind::Processed => "Processed",
        };
        format!("{what}: {about}").into()
    }

    /// What it says to people.
    pub(super) fn text(&self) -> &str {
        self.text.unwrap_or(match self.disposition.kind {
            Kind::Deleted => "Your message was deleted. Whether it was read is not known.\r\n",
            Kind::Dispatched => "Your message was passed on.\r\n",
            Kind::Displayed => {
                "Your message was shown to its recipient. Whether it was read or understood is not known.\r\n"
            }
            Kind::Processed => "Your message was processed without being shown.\r\n",
        })
    }

    pub(super) fn octets(&self) -> Vec<u8> {
        let to: Vec<(&str, &str)> = self.to.iter().map(|address| ("", address.as_str())).collect();
        let (_, domain) = self.from.1.rsplit_once('@').unwrap_or_default();
        let mut composer = Composer::new()
            .raw("Date", &format_date(self.now_s))
            .addresses("From", &[self.from])
            .addresses("To", &to)
            .text("Subject", &self.subject())
            .raw("Message-ID", &format!("<mdn.{}@{domain}>", self.name));
        if let Some(id) = &self.report.original_message_id {
            composer = composer.raw("In-Reply-To", id).raw("References", id);
        }
        if self.disposition.sending_mode == SendingMode::MdnSentAutomatically {
            // No program shall answer this (RFC 3834, 5).
            composer = composer.raw("Auto-Submitted", "auto-replied");
        }
        let kind = "message/disposition-notification";
        let mut leaves = vec![Leaf::text(self.text()), Leaf::new(kind, self.report.write())];
        if let Some(original) = self.original {
            leaves.push(Leaf::new("message/rfc822", original.to_vec()));
        }
        let boundary = format!("=_mdn_{}", self.name);
        composer.multipart(
            "multipart/report; report-type=disposition-notification",
            &boundary,
            &leaves,
        )
    }
}

const SUBJECT_CHARACTERS_MAX: usize = 200;
