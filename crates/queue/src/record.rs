//! A message as it stands in the queue. Its form on disk is JSON, and is not the form on the wire.

use mailbox::{BodyHash, Timestamp};
use serde::{Deserialize, Serialize};
use smtp::command::{Mail, Rcpt};
use smtp::delivery::{Envelope, Target};
use smtp::{
    Address, BodyKind, Brackets, MailParameters, Notify, OriginalRecipient, RecipientParameters,
    Return, Utf8,
};

use crate::limits::SAID_CHARACTERS_MAX;

/// What is put into the queue. Make it with `of`, or by hand.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The message's name in the log.
    pub name: String,
    /// The envelope's sender and parameters.
    pub mail: Mail,
    /// Who is named as the sender to the next host instead, where mail is passed on for somebody elsewhere; the sender is
    /// told of failures all the same.
    pub sent_as: Option<Address>,
    /// The recipients of RCPT.
    pub recipients: Vec<Rcpt>,
    /// How many octets at the start of the body are not sent (`Envelope::return_path_octets`).
    pub skipped_octets: u64,
    /// Who submitted it.
    pub login: Option<String>,
    /// Before when it is not tried, and can be called back; none: it is tried at once.
    pub held_until: Option<Timestamp>,
}

impl Submission {
    /// Takes all recipients of an envelope that says until when the message is held (RFC 4865), those that are here too: where
    /// their mail goes then is asked then. None if that time has come, or there is none.
    pub fn held(envelope: &Envelope, now: Timestamp) -> Option<Submission> {
        let until = envelope.parameters.hold_until.filter(|until| *until > now)?;
        let recipients = envelope.recipients.iter().map(|recipient| Rcpt {
            to: recipient.address.clone(),
            parameters: recipient.parameters.clone(),
            brackets: Brackets::There,
        });
        Some(Submission {
            held_until: Some(until),
            ..Submission::with(envelope, recipients.collect())
        })
    }

    fn with(envelope: &Envelope, recipients: Vec<Rcpt>) -> Submission {
        Submission {
            name: envelope.id.clone(),
            mail: Mail {
                from: envelope.from.clone(),
                parameters: envelope.parameters.clone(),
                brackets: Brackets::There,
            },
            sent_as: None,
            recipients,
            skipped_octets: envelope.return_path_octets,
            login: envelope.login.as_ref().map(|login| login.address.clone()),
            held_until: None,
        }
    }

    /// Takes the recipients of an envelope that are elsewhere; none if all are here.
    pub fn of(envelope: &Envelope) -> Option<Submission> {
        let mut recipients = Vec::new();
        for recipient in &envelope.recipients {
            for target in &recipient.targets {
                let Target::Elsewhere(address) = target else { continue };
                if recipients.iter().any(|there: &Rcpt| there.to == *address) {
                    // Two aliases lead there: one copy is enough.
                    continue;
                }
                let mut parameters = recipient.parameters.clone();
                if *address != recipient.address && parameters.original.is_none() {
                    // An alias leads on: notifications name the address that the sender knows (RFC 3461, 5.2.1).
                    let address = recipient.address.to_string();
                    parameters.original =
                        Some(OriginalRecipient { kind: "rfc822".to_owned(), address });
                }
                recipients.push(Rcpt {
                    to: address.clone(),
                    parameters,
                    brackets: Brackets::There,
                });
            }
        }
        (!recipients.is_empty()).then(|| Submission::with(envelope, recipients))
    }
}

/// A message in the queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queued {
    /// Its name in the log.
    pub name: String,
    /// Who is told when it fails; none: nobody.
    pub from: Option<String>,
    /// Who is named as the sender to the next host, if that is somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_as: Option<String>,
    /// Who submitted it.
    pub login: Option<String>,
    /// When it came, in seconds since 1970.
    pub queued_at: i64,
    /// When it is looked at next.
    pub due: i64,
    /// Until when somebody is trying it.
    pub leased_until: Option<i64>,
    /// Until when it is held; none: it is not, or not any more. Then it counts as new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_until: Option<i64>,
    /// When it was held until.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_at: Option<i64>,
    /// How many octets its body has, those that are not sent included.
    pub octets: u64,
    /// The recipients, those that are settled too.
    pub recipients: Vec<QueuedRecipient>,
    pub(crate) body: [u8; 32],
    pub(crate) skipped_octets: u64,
    eight_bit: bool,
    utf8: bool,
    ret: Option<String>,
    pub(crate) envelope_id: Option<String>,
}

/// A recipient of a message in the queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuedRecipient {
    /// The address in RCPT.
    pub address: String,
    /// Whether it still waits.
    pub progress: Progress,
    /// What was said at the last try.
    pub last: Option<Said>,
    /// What the sender must still be told.
    pub owed: Option<Owed>,
    /// Whether the sender was told that it is late.
    pub warned: bool,
    notify: Option<String>,
    original: Option<(String, String)>,
}

/// How far a recipient is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Progress {
    /// It will be tried.
    Waiting {
        /// When, in seconds since 1970.
        next_at: i64,
        /// How often it was tried.
        tries: u32,
    },
    /// Another host has it.
    Sent,
    /// It was given up.
    Failed,
}

/// What a sender is told (RFC 3464, 2.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Owed {
    /// That it failed.
    Failed,
    /// That it is late.
    Delayed,
    /// That it went to a host that tells no more.
    Relayed,
}

/// What came of a try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The host that said it; none: we did.
    pub remote: Option<String>,
    /// The enhanced status code (RFC 3463).
    pub status: String,
    /// The words, with the reply code if there was one.
    pub text: String,
    /// When, in seconds since 1970.
    pub at: i64,
}

impl Said {
    /// Makes one. Words from outside are cut, and what is not printable is replaced.
    pub fn new(remote: Option<&str>, status: &str, text: &str, at: Timestamp) -> Said {
        let clean = |text: &str| -> String {
            let printable = text.chars().map(|c| if c.is_control() { ' ' } else { c });
            printable.take(SAID_CHARACTERS_MAX).collect()
        };
        Said { remote: remote.map(clean), status: clean(status), text: clean(text), at: at.0 }
    }
}

impl Queued {
    /// Makes the record of a submission.
    pub(crate) fn new(
        submission: &Submission,
        body: BodyHash,
        octets: u64,
        now: Timestamp,
    ) -> Queued {
        let parameters = &submission.mail.parameters;
        let first_try = submission.held_until.map_or(now, |until| until.max(now));
        Queued {
            name: submission.name.clone(),
            from: submission.mail.from.as_ref().map(Address::to_string),
            sent_as: submission.sent_as.as_ref().map(Address::to_string),
            login: submission.login.clone(),
            queued_at: now.0,
            due: first_try.0,
            leased_until: None,
            held_until: submission.held_until.map(|until| until.0),
            released_at: None,
            octets,
            recipients: submission
                .recipients
                .iter()
                .map(|r| QueuedRecipient::new(r, first_try))
                .collect(),
            body: body.0,
            skipped_octets: submission.skipped_octets,
            eight_bit: parameters.body == BodyKind::EightBit,
            utf8: parameters.utf8 == Utf8::Yes,
            ret: parameters.ret.map(|ret| match ret {
                Return::Full => "FULL".to_owned(),
                Return::Header => "HDRS".to_owned(),
            }),
            envelope_id: parameters.envelope_id.clone(),
        }
    }

    /// When it began to be tried, or begins to: from then on it has its time.
    pub fn born_at(&self) -> i64 {
        self.released_at.or(self.held_until).unwrap_or(self.queued_at)
    }

    /// The body's hash.
    pub fn body(&self) -> BodyHash {
        BodyHash(self.body)
    }

    /// How much comes back when it fails.
    pub(crate) fn ret(&self) -> Option<Return> {
        match self.ret.as_deref() {
            Some("FULL") => Some(Return::Full),
            Some("HDRS") => Some(Return::Header),
            Some(_) | None => None,
        }
    }

    /// Whether its addresses may go beyond ASCII.
    pub(crate) fn utf8(&self) -> Utf8 {
        if self.utf8 { Utf8::Yes } else { Utf8::No }
    }

    /// The sender's part of the envelope; none if the record is broken.
    pub(crate) fn mail(&self) -> Option<Mail> {
        let from = match self.sent_as.as_ref().or(self.from.as_ref()) {
            Some(from) => Some(from.parse().ok()?),
            None => None,
        };
        let parameters = MailParameters {
            size: None,
            body: if self.eight_bit { BodyKind::EightBit } else { BodyKind::SevenBit },
            utf8: self.utf8(),
            ret: self.ret(),
            envelope_id: self.envelope_id.clone(),
            hold_until: None,
        };
        Some(Mail { from, parameters, brackets: Brackets::There })
    }
}

impl QueuedRecipient {
    fn new(recipient: &Rcpt, now: Timestamp) -> QueuedRecipient {
        QueuedRecipient {
            address: recipient.to.to_string(),
            progress: Progress::Waiting { next_at: now.0, tries: 0 },
            last: None,
            owed: None,
            warned: false,
            notify: recipient.parameters.notify.map(Notify::print),
            original: recipient.parameters.original.clone().map(|o| (o.kind, o.address)),
        }
    }

    /// When the sender wants to be told; none: it did not say.
    pub(crate) fn notify(&self) -> Option<Notify> {
        self.notify.as_deref().and_then(|text| Notify::parse(text).ok())
    }

    /// The address that the sender wrote first.
    pub(crate) fn original(&self) -> Option<OriginalRecipient> {
        let (kind, address) = self.original.clone()?;
        Some(OriginalRecipient { kind, address })
    }

    /// The recipient's part of the envelope; none if the record is broken.
    pub(crate) fn rcpt(&self) -> Option<Rcpt> {
        let to = self.address.parse().ok()?;
        let parameters = RecipientParameters { notify: self.notify(), original: self.original() };
        Some(Rcpt { to, parameters, brackets: Brackets::There })
    }
}
