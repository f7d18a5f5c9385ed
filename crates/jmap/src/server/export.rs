//! Mail as files: all emails, those of a mailbox, some, or those that match, one after another in one stream (`docs/jmap/export.md`).
//! What the files look like the host knows (`ports::Packers`).

use std::sync::Arc;

use bytes::Bytes;
use mailbox::operations::Email;
use mailbox::{EmailId, Emails, Fault, MailboxId};
use serde_json::{Map, Value, json};

use super::capabilities::Capability;
use super::email::condition;
use super::ports::{LineEnds, PackFormat, Packed, Packing};
use super::{Context, ids, own};
use crate::arguments::{Arguments, invalid};
use crate::error::MethodError;
use crate::id::Id;
use crate::limits::{EXPORTED_IDS_MAX, EXPORTED_ZIP_EMAILS_MAX};
use crate::standard::take_filter;

pub(super) const DESCRIBED: Capability =
    Capability { name: own::EXPORT, of_session: || json!({}), of_account };

fn of_account(_: &Context) -> Value {
    json!({
        "formats": FORMATS.map(|(name, ..)| name),
        "maxEmailsInZip": EXPORTED_ZIP_EMAILS_MAX,
        "maxIdsInExport": EXPORTED_IDS_MAX,
    })
}

/// Name, format, media type and the end of file names.
const FORMATS: [(&str, PackFormat, &str, &str); 3] = [
    ("mbox", PackFormat::Mbox, "application/mbox", "mbox"),
    ("zip", PackFormat::EmlZip, "application/zip", "zip"),
    ("maildir", PackFormat::MaildirTar, "application/x-tar", "tar"),
];

/// How many emails are looked up at once.
const STEP_EMAILS: usize = 64;
/// How many octets of a message are read at once, and go out at once.
const PIECE_OCTETS: u64 = 128 << 10;

/// Mail on its way out.
pub struct Export {
    account: Id,
    mailbox: Option<MailboxId>,
    /// The last first.
    waiting: Vec<EmailId>,
    /// The last first.
    ready: Vec<Ready>,
    open: Option<Open>,
    /// None: it is at its end.
    packing: Option<Box<dyn Packing>>,
    left_out: Vec<String>,
    /// The media type.
    pub media_type: &'static str,
    /// What the name of the file ends with.
    pub extension: &'static str,
}

/// A message that is known.
struct Ready {
    email: Email,
    packed: Packed,
}

/// The message that is being written.
struct Open {
    ready: Ready,
    at: u64,
    /// Its octets, where they are few.
    octets: Option<Bytes>,
}

/// What was found when a message was read once: damaged ones are left out whole.
enum Looked {
    Whole(LineEnds, Option<Bytes>),
    Damaged,
}

impl Export {
    /// Begins what is asked for: `format`, and one of `mailboxId`, `ids` and `filter`, or none of them for all.
    pub async fn begin(
        context: &Context,
        account: Id,
        asked: Map<String, Value>,
    ) -> Result<Export, MethodError> {
        let mut arguments = Arguments::of(asked);
        let format: String = arguments.required("format")?;
        let mailbox: Option<Id> = arguments.optional("mailboxId")?;
        let some: Option<Vec<Id>> = arguments.optional("ids")?;
        let filter = take_filter(&mut arguments, condition)?;
        arguments.end()?;
        let known = FORMATS.iter().find(|(name, ..)| *name == format);
        let (_, format, media_type, extension) =
            known.ok_or_else(|| invalid("format", "it is mbox, zip or maildir"))?;
        let emails = context.emails(&account).await?;
        let (mailbox, mut waiting) = match (mailbox, some, filter) {
            (None, None, filter) => {
                (None, of_indexes(&emails, &context.find(&emails, filter.as_ref()).await?))
            }
            (Some(id), None, None) => {
                let mailbox = ids::mailbox_of(&id).filter(|id| emails.state(*id).is_some());
                let mailbox =
                    mailbox.ok_or_else(|| invalid("mailboxId", "there is no such mailbox"))?;
                let uids = emails.in_mailbox(mailbox);
                (Some(mailbox), uids.iter().map(Emails::email_of).collect())
            }
            (None, Some(some), None) if some.len() <= EXPORTED_IDS_MAX => {
                let there =
                    |id: &Id| ids::email_of(id).filter(|email| emails.thread_of(*email).is_some());
                (None, some.iter().filter_map(there).collect())
            }
            (None, Some(_), None) => {
                let description = format!("ids: more than {EXPORTED_IDS_MAX}");
                return Err(MethodError::RequestTooLarge { description });
            }
            _ => return Err(invalid("filter", "only one of mailboxId, ids and filter is said")),
        };
        if *format == PackFormat::EmlZip && waiting.len() > EXPORTED_ZIP_EMAILS_MAX {
            let description =
                format!("more than {EXPORTED_ZIP_EMAILS_MAX} emails; take mbox or maildir");
            return Err(MethodError::RequestTooLarge { description });
        }
        waiting.reverse();
        let packing = Some(context.ports.packers.pack(*format));
        let (ready, left_out) = (Vec::new(), Vec::new());
        let (media_type, extension) = (*media_type, *extension);
        Ok(Export {
            account,
            mailbox,
            waiting,
            ready,
            open: None,
            packing,
            left_out,
            media_type,
            extension,
        })
    }

    /// The next octets; none at the end.
    pub async fn next(&mut self, context: &Context) -> Result<Option<Bytes>, MethodError> {
        let mut out = Vec::new();
        loop {
            lane::breathe(Some(context.account.turns())).await;
            if wide(out.len()) >= PIECE_OCTETS {
                return Ok(Some(out.into()));
            }
            if self.open.is_some() {
                self.go_on(context, &mut out)?;
                continue;
            }
            let Some(ready) = self.ready.pop() else {
                if !self.waiting.is_empty() {
                    self.look_up(context).await?;
                    continue;
                }
                let Some(packing) = self.packing.take() else { return Ok(None) };
                packing.finish(&self.left_out, &mut out);
                return Ok(Some(out.into()));
            };
            self.begin_message(context, ready, &mut out).await?;
        }
    }

    /// Looks up some emails as they are now. Those that went meanwhile are passed over.
    async fn look_up(&mut self, context: &Context) -> Result<(), MethodError> {
        let from = self.waiting.len().saturating_sub(STEP_EMAILS);
        let some = self.waiting.split_off(from);
        let emails = context.emails(&self.account).await?;
        let records = context.account.reader().and_then(|reader| reader.emails(&some));
        let records = records.map_err(|fault| context.failed(&fault))?;
        for (id, record) in some.into_iter().zip(records) {
            let Some(place) = self.place(&emails, id) else { continue };
            match record {
                Ok(Some(email)) => {
                    let packed = packed(&emails, &email, place);
                    self.ready.extend(packed.map(|packed| Ready { email, packed }));
                }
                Ok(None) => {}
                Err(fault) if fault.is_damaged() => self.leave_out(context, id, &fault),
                Err(fault) => return Err(context.failed(&fault)),
            }
        }
        Ok(())
    }

    /// Where an email is exported from: the mailbox that is asked for, or the first that it is in.
    fn place(&self, emails: &Emails, id: EmailId) -> Option<(MailboxId, mailbox::Uid)> {
        let mut places = emails.places(id).iter();
        places.find(|(mailbox, _)| self.mailbox.is_none_or(|wanted| wanted == *mailbox)).copied()
    }

    fn leave_out(&mut self, context: &Context, id: EmailId, fault: &Fault) {
        context.failed(fault);
        self.left_out.push(format!("{}: it is damaged", ids::email(id)));
    }

    async fn begin_message(
        &mut self,
        context: &Context,
        mut ready: Ready,
        out: &mut Vec<u8>,
    ) -> Result<(), MethodError> {
        let octets = match look(context, &ready.email).await? {
            Looked::Damaged => {
                let email = ready.email.id;
                self.leave_out(context, email, &Fault::damaged("an exported message"));
                return Ok(());
            }
            Looked::Whole(line_ends, octets) => {
                ready.packed.line_ends = line_ends;
                octets
            }
        };
        if let Some(packing) = &mut self.packing {
            packing.begin(&ready.packed, out);
        }
        self.open = Some(Open { ready, at: 0, octets });
        Ok(())
    }

    /// Writes more of the message that is open.
    fn go_on(&mut self, context: &Context, out: &mut Vec<u8>) -> Result<(), MethodError> {
        let (Some(open), Some(packing)) = (&mut self.open, &mut self.packing) else {
            return Ok(());
        };
        let email = &open.ready.email;
        if open.at < email.octets {
            let piece = match open.octets.take() {
                Some(octets) => octets,
                None => {
                    let end = open.at.saturating_add(PIECE_OCTETS);
                    let piece = context.account.body(email, open.at..end);
                    piece.map_err(|fault| context.failed(&fault))?
                }
            };
            if piece.is_empty() {
                return Err(context.failed(&Fault::damaged("a body is shorter than its size says")));
            }
            packing.write(&piece, out);
            open.at = open.at.saturating_add(wide(piece.len()));
        }
        if open.at >= email.octets {
            packing.end(out);
            self.open = None;
        }
        Ok(())
    }
}

fn of_indexes(emails: &Arc<Emails>, indexes: &[u32]) -> Vec<EmailId> {
    let entry = |index: &u32| emails.all().entries.get(usize::try_from(*index).ok()?);
    indexes.iter().filter_map(entry).map(|entry| entry.email).collect()
}

fn packed(
    emails: &Emails,
    email: &Email,
    (mailbox, uid): (MailboxId, mailbox::Uid),
) -> Option<Packed> {
    let state = emails.state(mailbox)?;
    let name = emails.mailboxes().iter().find(|it| it.id == mailbox)?.name.as_str().to_owned();
    Some(Packed {
        mailbox: name,
        flags: emails.keywords(email.id),
        date: email.internal_date,
        octets: email.octets,
        line_ends: LineEnds::Mixed,
        uid: (state.uid_validity, uid),
    })
}

/// Reads a message to its end, to see how its lines end and whether it is whole.
async fn look(context: &Context, email: &Email) -> Result<Looked, MethodError> {
    let (mut at, mut is_after_cr, mut line_ends) = (0, false, LineEnds::Crlf);
    loop {
        let piece = match context.account.body(email, at..at.saturating_add(PIECE_OCTETS)) {
            Ok(piece) => piece,
            Err(fault) if fault.is_damaged() => return Ok(Looked::Damaged),
            Err(fault) => return Err(context.failed(&fault)),
        };
        for octet in &piece {
            let is_right = (*octet == b'\n') == is_after_cr;
            is_after_cr = *octet == b'\r';
            if !is_right {
                line_ends = LineEnds::Mixed;
            }
        }
        at = at.saturating_add(wide(piece.len()));
        if at >= email.octets {
            let line_ends = if is_after_cr { LineEnds::Mixed } else { line_ends };
            return Ok(Looked::Whole(line_ends, (email.octets <= PIECE_OCTETS).then_some(piece)));
        }
        if piece.is_empty() {
            return Ok(Looked::Damaged);
        }
        lane::breathe(Some(context.account.turns())).await;
    }
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
