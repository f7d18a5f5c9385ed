//! Sending an email (RFC 8621, 7.5).

use std::ops::Range;

use mailbox::operations::Email;
use mailbox::{EmailId, ThreadId};
use message::Outline;
use serde_json::{Map, Value};

use super::envelope::{self, Address, Envelope};
use super::{Submission, Undo, may_hold};
use crate::call::Created;
use crate::error::{MethodError, More, SetError};
use crate::limits::SENT_HEADER_OCTETS_MAX;
use crate::mail::without_bcc;
use crate::server::drawer::Drawer;
use crate::server::identity::Identity;
use crate::server::ports::{NotSent, Sender, Sending};
use crate::server::{Context, ids};

/// What one came to.
type Outcome = Result<Result<Submission, SetError>, MethodError>;

/// How many octets of a message are read at once.
const PIECE_OCTETS: u64 = 128 << 10;

/// What is to be sent.
struct Wanted {
    identity: (u64, Identity),
    email: Email,
    thread: ThreadId,
    envelope: Option<Envelope>,
}

/// Sends one.
pub(super) async fn create(
    context: &Context,
    created: &Created,
    (identities, submissions): (&Drawer<Identity>, &Drawer<Submission>),
    object: &Map<String, Value>,
) -> Outcome {
    let wanted = match read(context, created, identities, object).await? {
        Ok(wanted) => wanted,
        Err(error) => return Ok(Err(error)),
    };
    let header = match header_of(context, &wanted.email)? {
        Ok(header) => header,
        Err(error) => return Ok(Err(error)),
    };
    if !envelope::has_author(&header) {
        let from = Some(vec!["from".to_owned()]);
        return Ok(Err(SetError { properties: from, ..SetError::of("invalidEmail") }));
    }
    let Wanted { identity, email, thread, envelope } = wanted;
    let envelope = match envelope {
        Some(envelope) => envelope,
        None => match generated(context, &identity.1, &header)? {
            Ok(envelope) => envelope,
            Err(error) => return Ok(Err(error)),
        },
    };
    if envelope.rcpt_to.is_empty() {
        return Ok(Err(SetError::of("noRecipients")));
    }
    let now = context.ports.accounts.clock().now();
    let for_outbox = match envelope.for_outbox(now) {
        Ok(for_outbox) => for_outbox,
        Err(why) => return Ok(Err(SetError::properties(&["envelope"], why))),
    };
    let held_until = for_outbox.hold_until;
    if held_until.is_some() && !may_hold(submissions, email.octets) {
        let description = Some("too much is held already".to_owned());
        return Ok(Err(SetError { description, ..SetError::of("forbiddenToSend") }));
    }
    let main = context.user.addresses.first().unwrap_or(&context.user.name);
    let who = context.account.who();
    let sender = Sender {
        account: context.account.id(),
        address: main,
        device: who.device.as_deref(),
        peer: who.address,
    };
    let sent = match context.ports.outbox.begin(sender, &for_outbox).await {
        Ok(sending) => send(context, sending, &email, header).await?,
        Err(error) => Err(error),
    };
    match sent {
        Err(error) => worded(error).map(Err),
        Ok(name) => Ok(Ok(Submission {
            identity: identity.0,
            email: email.id.0,
            thread: thread.0,
            envelope,
            octets: email.octets,
            send_at: held_until.unwrap_or(now).0,
            held: held_until.map(|_| name),
            undo: if held_until.is_some() { Undo::Pending } else { Undo::Final },
        })),
    }
}

async fn read(
    context: &Context,
    created: &Created,
    identities: &Drawer<Identity>,
    object: &Map<String, Value>,
) -> Result<Result<Wanted, SetError>, MethodError> {
    let known = ["identityId", "emailId", "envelope"];
    if let Some(other) = object.keys().find(|name| !known.contains(&name.as_str())) {
        return Ok(Err(SetError::properties(&[other], "the client does not say it")));
    }
    let id = |name: &str| created.find(object.get(name)?.as_str()?);
    let identity = id("identityId").as_ref().and_then(ids::identity_of);
    let identity = identity.and_then(|number| Some((number, identities.get(number)?.clone())));
    let email = match id("emailId").as_ref().and_then(ids::email_of) {
        Some(email) => find(context, email).await?,
        None => None,
    };
    let envelope = match object.get("envelope") {
        None | Some(Value::Null) => Some(None),
        Some(envelope) => serde_json::from_value(envelope.clone()).ok().map(Some),
    };
    let wrong: Vec<&str> = [
        ("identityId", identity.is_none()),
        ("emailId", email.is_none()),
        ("envelope", envelope.is_none()),
    ]
    .into_iter()
    .filter_map(|(name, is_wrong)| is_wrong.then_some(name))
    .collect();
    match (identity, email, envelope) {
        (Some(identity), Some((email, thread)), Some(envelope)) => {
            Ok(Ok(Wanted { identity, email, thread, envelope }))
        }
        _ => Ok(Err(SetError::properties(&wrong, "it is missing, wrong, or not there"))),
    }
}

async fn find(context: &Context, email: EmailId) -> Result<Option<(Email, ThreadId)>, MethodError> {
    let emails = context.account.emails().await.map_err(|error| context.not_done(&error))?;
    let Some(thread) = emails.thread_of(email) else { return Ok(None) };
    let found = context.account.reader().and_then(|reader| reader.email(email));
    let found = found.map_err(|fault| context.failed(&fault))?;
    Ok(found.map(|email| (email, thread)))
}

fn body(email: &Email) -> Range<u64> {
    let header = Outline::decode(&email.outline).map_or(0, |outline| outline.header().end);
    header.min(email.octets)..email.octets
}

fn header_of(context: &Context, email: &Email) -> Result<Result<Vec<u8>, SetError>, MethodError> {
    let octets = body(email).start;
    if octets > SENT_HEADER_OCTETS_MAX {
        let description = Some(format!("its header has more than {SENT_HEADER_OCTETS_MAX} octets"));
        return Ok(Err(SetError { description, ..SetError::of("invalidEmail") }));
    }
    let header = context.account.body(email, 0..octets).map_err(|it| context.failed(&it))?;
    Ok(Ok(header.to_vec()))
}

/// RFC 8621, 7: what the server makes where the client says no envelope.
fn generated(
    context: &Context,
    identity: &Identity,
    header: &[u8],
) -> Result<Result<Envelope, SetError>, MethodError> {
    let named = match envelope::sender(header) {
        Ok(named) => named,
        Err(property) => {
            let properties = Some(vec![property.to_owned()]);
            return Ok(Err(SetError { properties, ..SetError::of("invalidEmail") }));
        }
    };
    let account = context.account.id();
    let may = match &named {
        Some(named) => context.ports.outbox.may_send_as(account, named),
        None => Ok(false),
    };
    let may = may.map_err(|fault| context.failed(&fault))?;
    let from = named.filter(|_| may).unwrap_or_else(|| identity.email.clone());
    let rcpt_to = envelope::recipients(header);
    Ok(Ok(Envelope { mail_from: Address::plain(&from), rcpt_to }))
}

/// Gives what the message is called.
async fn send(
    context: &Context,
    mut sending: Box<dyn Sending>,
    email: &Email,
    header: Vec<u8>,
) -> Result<Result<String, NotSent>, MethodError> {
    // RFC 8621, 7.5: who had a blind copy is not told.
    if let Err(error) = sending.write(&without_bcc(&header)).await {
        return Ok(Err(error));
    }
    let Range { mut start, end } = body(email);
    while start < end {
        lane::breathe(Some(context.account.turns())).await;
        let next = end.min(start.saturating_add(PIECE_OCTETS));
        let piece = context.account.body(email, start..next);
        let piece = piece.map_err(|fault| context.failed(&fault))?;
        if let Err(error) = sending.write(&piece).await {
            return Ok(Err(error));
        }
        start = next;
    }
    let name = sending.name();
    Ok(sending.finish().await.map(|()| name))
}

fn worded(error: NotSent) -> Result<SetError, MethodError> {
    let of = |kind, description| SetError { description: Some(description), ..SetError::of(kind) };
    let with = |more, kind| SetError { more: Some(more), ..SetError::of(kind) };
    Ok(match error {
        NotSent::MailFrom(why) => of("forbiddenMailFrom", why),
        NotSent::From(why) => of("forbiddenFrom", why),
        NotSent::Recipients(wrong) => with(More::InvalidRecipients(wrong), "invalidRecipients"),
        NotSent::TooManyRecipients(most) => with(More::MaxRecipients(most), "tooManyRecipients"),
        NotSent::Parameters(why) => SetError::properties(&["envelope"], why),
        NotSent::TooLarge(most) => with(More::MaxSize(most), "tooLarge"),
        NotSent::Message(why) => of("invalidEmail", why),
        NotSent::Forbidden(why) => of("forbiddenToSend", why),
        NotSent::Failed(why) => of("serverFail", why),
        NotSent::Unknown => return Err(MethodError::ServerPartialFail),
    })
}
