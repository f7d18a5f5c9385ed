//! MDN/send (RFC 9007, 2.1). For each email one notification at most is sent: its mark is set, in a commit of its own, before anything
//! goes out, and taken away where nothing did.

use std::collections::BTreeMap;

use mailbox::operations::Email;
use mailbox::{Destroy, EmailChange, EmailId, FlagNames, Keyword, KeywordChange};
use message::{AddressList, DispositionNotification, Outline, is_extension};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::write::Notification;
use super::{CAPABILITY, Disposition, SENT};
use crate::arguments::{Arguments, invalid};
use crate::call::Call;
use crate::error::{MethodError, More, SetError};
use crate::id::Id;
use crate::limits::{
    MDN_EXTENSIONS_MAX, MDN_ORIGINAL_OCTETS_MAX, MDN_RECIPIENTS_MAX, MDN_TEXT_OCTETS_MAX,
    SENT_HEADER_OCTETS_MAX,
};
use crate::run::Row;
use crate::server::identity::Identity;
use crate::server::ports::{Envelope, NotSent, Sender};
use crate::server::{Context, drawer, email, ids};
use crate::standard::Set;

pub(super) const ROW: Row<Context> =
    Row { name: "MDN/send", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

/// How often an email is marked anew, when others change emails all the time.
const TRIES_MAX: u32 = 32;

/// What a client says of one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Said {
    for_email_id: String,
    subject: Option<String>,
    text_body: Option<String>,
    #[serde(default)]
    include_original_message: bool,
    #[serde(rename = "reportingUA")]
    reporting_ua: Option<String>,
    disposition: Disposition,
    final_recipient: Option<String>,
    extension_fields: Option<BTreeMap<String, String>>,
}

/// What one came to: what the client did not say, or why it was not sent.
type Outcome = Result<Result<Map<String, Value>, SetError>, MethodError>;

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let account: Id = arguments.required("accountId")?;
    let identity: String = arguments.required("identityId")?;
    let send: BTreeMap<Id, Map<String, Value>> = arguments.required("send")?;
    let update: BTreeMap<String, Map<String, Value>> =
        arguments.optional("onSuccessUpdateEmail")?.unwrap_or_default();
    arguments.end()?;
    call.context.check_account(&account)?;
    if send.len() > call.limits.objects_in_set_max {
        let description = format!("send: more than {}", call.limits.objects_in_set_max);
        return Err(MethodError::RequestTooLarge { description });
    }
    for creation in send.keys() {
        // RFC 9007, 2.1: a call that would not set the keyword is refused.
        if !update.get(&format!("#{}", creation.as_str())).is_some_and(sets_mark) {
            let why = format!("it does not set {SENT} for #{}", creation.as_str());
            return Err(invalid("onSuccessUpdateEmail", &why));
        }
    }
    let identities = drawer::open::<Identity>(call.context).await?;
    let identity = call.created.find(&identity).as_ref().and_then(ids::identity_of);
    let identity = identity.and_then(|number| identities.get(number));
    let identity = identity.ok_or_else(|| invalid("identityId", "there is none"))?.clone();
    let (mut sent, mut not_sent, mut updates) = (Map::new(), Map::new(), BTreeMap::new());
    for (creation, object) in send {
        let said = match read(object) {
            Ok(said) => said,
            Err(error) => {
                not_sent.insert(creation.into(), json!(error));
                continue;
            }
        };
        let email = call.created.find(&said.for_email_id);
        match one(call.context, &identity, &said, email.as_ref()).await? {
            Ok(told) => {
                let patch = update.get(&format!("#{}", creation.as_str()));
                if let Some((id, patch)) = email.zip(patch) {
                    updates.insert(String::from(id), patch.clone());
                }
                sent.insert(creation.into(), told.into());
            }
            Err(error) => drop(not_sent.insert(creation.into(), json!(error))),
        }
    }
    if !updates.is_empty() {
        let set = Set {
            account: account.clone(),
            if_in_state: None,
            create: BTreeMap::new(),
            update: updates,
            destroy: Vec::new(),
        };
        let implied = email::set::perform(call.context, call.created, set).await;
        match implied.and_then(|implied| implied.arguments()) {
            Ok(implied) => call.imply("Email/set", implied),
            Err(error) => call.imply("error", error.arguments()),
        }
    }
    let or_null = |map: Map<String, Value>| if map.is_empty() { Value::Null } else { map.into() };
    let answer =
        [("accountId", json!(account)), ("sent", or_null(sent)), ("notSent", or_null(not_sent))];
    Ok(answer.map(|(name, value)| (name.to_owned(), value)).into_iter().collect())
}

/// Whether a patch sets the keyword.
fn sets_mark(patch: &Map<String, Value>) -> bool {
    let by_path = |(path, value): (&String, &Value)| {
        path.to_ascii_lowercase() == format!("keywords/{SENT}") && *value == true
    };
    let whole = patch.get("keywords").and_then(Value::as_object);
    let is_whole = whole.is_some_and(|keywords| {
        keywords.iter().any(|(name, value)| name.eq_ignore_ascii_case(SENT) && *value == true)
    });
    is_whole || patch.iter().any(by_path)
}

fn read(mut object: Map<String, Value>) -> Result<Said, SetError> {
    object.retain(|_, value| !value.is_null());
    let known = [
        "forEmailId",
        "subject",
        "textBody",
        "includeOriginalMessage",
        "reportingUA",
        "disposition",
        "finalRecipient",
        "extensionFields",
    ];
    if let Some(other) = object.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(SetError::properties(&[other], "a client does not say it"));
    }
    for name in ["forEmailId", "disposition"] {
        if !object.contains_key(name) {
            return Err(SetError::properties(&[name], "it is missing"));
        }
    }
    let said: Said = serde_json::from_value(object.into()).map_err(|error| SetError {
        description: Some(error.to_string()),
        ..SetError::of("invalidProperties")
    })?;
    let texts = [&said.subject, &said.text_body, &said.reporting_ua, &said.final_recipient];
    let extensions = said.extension_fields.iter().flatten();
    let octets = texts
        .into_iter()
        .flatten()
        .map(String::len)
        .chain(extensions.clone().map(|(name, value)| name.len().saturating_add(value.len())));
    if octets.fold(0, usize::saturating_add) > MDN_TEXT_OCTETS_MAX {
        let description = Some(format!("its texts have more than {MDN_TEXT_OCTETS_MAX} octets"));
        return Err(SetError { description, ..SetError::of("tooLarge") });
    }
    if extensions.clone().count() > MDN_EXTENSIONS_MAX
        || extensions.clone().any(|(name, _)| !is_extension(name))
    {
        let why =
            format!("they are at most {MDN_EXTENSIONS_MAX}, none of them a field of RFC 8098");
        return Err(SetError::properties(&["extensionFields"], why));
    }
    Ok(said)
}

/// Sends one.
async fn one(context: &Context, identity: &Identity, said: &Said, id: Option<&Id>) -> Outcome {
    let not_found = || Ok(Err(SetError::of("notFound")));
    let Some(id) = id.and_then(ids::email_of) else { return not_found() };
    let emails = context.account.emails().await.map_err(|error| context.not_done(&error))?;
    if emails.thread_of(id).is_none() {
        return not_found();
    }
    drop(emails);
    let found = context.account.reader().and_then(|reader| reader.email(id));
    let Some(email) = found.map_err(|fault| context.failed(&fault))? else { return not_found() };
    let header = Outline::decode(&email.outline).map_or(0, |outline| outline.header().end);
    let header = header.min(email.octets).min(SENT_HEADER_OCTETS_MAX);
    let header = context.account.body(&email, 0..header).map_err(|it| context.failed(&it))?;
    let to = asked_by(&header);
    if to.is_empty() {
        return not_found();
    }
    if to.len() > MDN_RECIPIENTS_MAX {
        let description = Some("too many addresses ask for it".to_owned());
        return Ok(Err(SetError { description, ..SetError::of("forbidden") }));
    }
    let recipient = match final_recipient(context, identity, said)? {
        Ok(recipient) => recipient,
        Err(error) => return Ok(Err(error)),
    };
    if said.include_original_message && email.octets > MDN_ORIGINAL_OCTETS_MAX {
        let more = Some(More::MaxSize(MDN_ORIGINAL_OCTETS_MAX));
        return Ok(Err(SetError { more, ..SetError::of("tooLarge") }));
    }
    if !mark(context, id).await? {
        return Ok(Err(SetError::of("mdnAlreadySent")));
    }
    let report = DispositionNotification {
        reporting_ua: said.reporting_ua.clone(),
        original_recipient: value(&header, "Original-Recipient"),
        final_recipient: Some(recipient),
        original_message_id: value(&header, "Message-ID"),
        disposition: Some(said.disposition.written()),
        extensions: said.extension_fields.clone().into_iter().flatten().collect(),
        ..DispositionNotification::default()
    };
    let sent = deliver(context, identity, said, (&email, &header), (&to, report)).await;
    if !matches!(sent, Ok(Ok(_)) | Err(MethodError::ServerPartialFail)) {
        unmark(context, id).await?;
    }
    sent
}

/// Who asks for a notification (RFC 8098, 2.1).
fn asked_by(header: &[u8]) -> Vec<String> {
    let mut to: Vec<String> = Vec::new();
    for field in message::fields(header).filter(|field| field.is("Disposition-Notification-To")) {
        for address in AddressList::of(field.value).iter() {
            let (Some(local), Some(host)) = (address.mailbox, address.host) else { continue };
            let text = [local, b"@", host].concat();
            let Ok(text) = String::from_utf8(text) else { continue };
            if !local.is_empty() && !host.is_empty() && !to.contains(&text) {
                to.push(text);
            }
        }
    }
    to
}

/// The value of a field, on one line; none: it is not there.
fn value(header: &[u8], name: &str) -> Option<String> {
    let value = message::find(header, name)?;
    let value = String::from_utf8_lossy(&value.unfolded()).trim().to_owned();
    Some(value).filter(|value| !value.is_empty())
}

/// For whom it is sent: the identity, or another address of the user.
fn final_recipient(
    context: &Context,
    identity: &Identity,
    said: &Said,
) -> Result<Result<String, SetError>, MethodError> {
    let named = said.final_recipient.as_deref();
    let address = named.map_or(&*identity.email, |named| match named.split_once(';') {
        Some((kind, address)) if kind.trim().eq_ignore_ascii_case("rfc822") => address.trim(),
        Some(_) | None => named.trim(),
    });
    let may = context.ports.outbox.may_send_as(context.account.id(), address);
    Ok(match may.map_err(|fault| context.failed(&fault))? {
        true => Ok(format!("rfc822; {address}")),
        false => Err(SetError::of("forbiddenFrom")),
    })
}

fn keyword() -> FlagNames {
    FlagNames { keywords: Keyword::new(SENT).into_iter().collect(), ..FlagNames::default() }
}

fn keywords(id: EmailId, add: FlagNames, remove: FlagNames) -> EmailChange {
    let keywords = Some(KeywordChange::Patch { add, remove });
    EmailChange { email: id, keywords, mailboxes: None, destroy: Destroy::No }
}

/// Sets the keyword; false: it is there already, or another call sets it.
async fn mark(context: &Context, id: EmailId) -> Result<bool, MethodError> {
    for _ in 0..TRIES_MAX {
        let emails = context.account.emails().await.map_err(|error| context.not_done(&error))?;
        let has_it = |it: &Keyword| it.as_str().eq_ignore_ascii_case(SENT);
        if emails.keywords(id).keywords.iter().any(has_it) {
            return Ok(false);
        }
        let change = keywords(id, keyword(), FlagNames::default());
        let state = Some(emails.states().email);
        drop(emails);
        let changed = context.account.change_emails(vec![change], state).await;
        match changed.map_err(|error| context.not_done(&error))? {
            Some(changed) if changed.outcomes.iter().all(Result::is_ok) => return Ok(true),
            // It is gone by now.
            Some(_) => return Ok(false),
            None => {}
        }
    }
    Err(MethodError::ServerUnavailable)
}

async fn unmark(context: &Context, id: EmailId) -> Result<(), MethodError> {
    let change = keywords(id, FlagNames::default(), keyword());
    let changed = context.account.change_emails(vec![change], None).await;
    changed.map(drop).map_err(|error| context.not_done(&error))
}

async fn deliver(
    context: &Context,
    identity: &Identity,
    said: &Said,
    (email, header): (&Email, &[u8]),
    (to, report): (&[String], DispositionNotification),
) -> Outcome {
    let original = match said.include_original_message {
        false => None,
        true => {
            let octets = context.account.body(email, 0..email.octets);
            Some(octets.map_err(|fault| context.failed(&fault))?)
        }
    };
    let name = context.ports.fresh.name().map_err(|fault| context.failed(&fault))?;
    let notification = Notification {
        from: (&identity.name, &identity.email),
        to,
        subject: said.subject.as_deref(),
        text: said.text_body.as_deref(),
        disposition: &said.disposition,
        report: &report,
        about: header,
        original: original.as_deref(),
        name: &name,
        now_s: context.ports.accounts.clock().now().0,
    };
    // RFC 8098, 3: nobody is told when it fails.
    let envelope = Envelope {
        from: None,
        parameters: Map::new(),
        recipients: to.iter().map(|to| (to.clone(), Map::new())).collect(),
        hold_until: None,
    };
    let who = context.account.who();
    let sender = Sender {
        account: context.account.id(),
        address: context.user.addresses.first().unwrap_or(&context.user.name),
        device: who.device.as_deref(),
        peer: who.address,
    };
    let sent = async {
        let mut sending = context.ports.outbox.begin(sender, &envelope).await?;
        sending.write(&notification.octets()).await?;
        sending.finish().await
    };
    if let Err(error) = sent.await {
        return worded(error).map(Err);
    }
    let mut told = Map::new();
    let values = [
        ("finalRecipient", json!(report.final_recipient), said.final_recipient.is_some()),
        ("originalRecipient", json!(report.original_recipient), false),
        ("originalMessageId", json!(report.original_message_id), false),
        ("subject", json!(notification.subject()), said.subject.is_some()),
        ("textBody", json!(notification.text()), said.text_body.is_some()),
    ];
    for (name, value, is_said) in values {
        if !is_said && !value.is_null() {
            told.insert(name.to_owned(), value);
        }
    }
    Ok(Ok(told))
}

fn worded(error: NotSent) -> Result<SetError, MethodError> {
    let of = |kind, description| SetError { description: Some(description), ..SetError::of(kind) };
    Ok(match error {
        NotSent::MailFrom(why) | NotSent::Forbidden(why) => of("forbidden", why),
        NotSent::From(why) => of("forbiddenFrom", why),
        NotSent::Recipients(wrong) => {
            let more = Some(More::InvalidRecipients(wrong));
            SetError { more, ..SetError::of("forbidden") }
        }
        NotSent::TooManyRecipients(most) => of("forbidden", format!("at most {most} recipients")),
        NotSent::TooLarge(most) => {
            SetError { more: Some(More::MaxSize(most)), ..SetError::of("tooLarge") }
        }
        NotSent::Parameters(why) | NotSent::Message(why) => of("invalidProperties", why),
        NotSent::Failed(why) => of("serverFail", why),
        NotSent::Unknown => return Err(MethodError::ServerPartialFail),
    })
}
