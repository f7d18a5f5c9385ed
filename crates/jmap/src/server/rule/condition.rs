//! What a rule asks of mail that comes: those conditions of Email/query that can be answered before it is in a mailbox, and which
//! thread it joins.

use mailbox::search::{Arriving, Query};
use mailbox::{Fault, ThreadId};
use message::Outline;
use serde_json::{Map, Value};

use crate::arguments::invalid;
use crate::error::MethodError;
use crate::id::Id;
use crate::limits::FILTER_PARTS_MAX;
use crate::mail::Bodies;
use crate::server::email::{Condition, OfMessage, condition};
use crate::server::ids;
use crate::standard::Filter;

/// The names of what can be asked.
pub(super) const NAMES: [&str; 12] = [
    "text",
    "from",
    "to",
    "cc",
    "bcc",
    "subject",
    "body",
    "header",
    "minSize",
    "maxSize",
    "hasAttachment",
    "inThread",
];

/// One thing that has to be.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Asked {
    /// The message is so.
    OfMessage(OfMessage),
    /// It joins a thread; none: one that cannot be.
    InThread(Option<ThreadId>),
}

/// Reads a filter.
pub(super) fn read(filter: Map<String, Value>) -> Result<Filter<Vec<Asked>>, MethodError> {
    Filter::read(filter, &mut asked, &mut FILTER_PARTS_MAX.clone())
}

fn asked(mut object: Map<String, Value>) -> Result<Vec<Asked>, MethodError> {
    if let Some(name) = object.keys().find(|name| !NAMES.contains(&name.as_str())) {
        return Err(MethodError::UnsupportedFilter { description: name.clone() });
    }
    let mut all = Vec::with_capacity(object.len());
    if let Some(thread) = object.remove("inThread") {
        let id: Id = serde_json::from_value(thread)
            .map_err(|error| invalid("filter", &format!("inThread: {error}")))?;
        all.push(Asked::InThread(ids::thread_of(&id)));
    }
    let condition: Condition = condition(object)?;
    all.extend(condition.of_message().map(Asked::OfMessage));
    Ok(all)
}

/// Whether a message that comes fits.
pub(super) fn fits(filter: &Filter<Vec<Asked>>, arriving: &mut Arriving) -> Result<bool, Fault> {
    let mut failed = None;
    let fits = filter.matches(&mut |all| {
        all.iter().all(|asked| match is_so(asked, arriving) {
            Ok(is_so) => is_so,
            Err(fault) => {
                failed.get_or_insert(fault);
                false
            }
        })
    });
    failed.map_or(Ok(fits), Err)
}

fn is_so(asked: &Asked, arriving: &mut Arriving) -> Result<bool, Fault> {
    match asked {
        Asked::OfMessage(OfMessage::Found(query)) => arriving.matches(query),
        Asked::InThread(None) => Ok(false),
        Asked::InThread(Some(thread)) => arriving.matches(&Query::Thread(*thread)),
        Asked::OfMessage(OfMessage::Attached(wanted)) => {
            let outline = Outline::decode(arriving.received().outline());
            Ok(outline.is_some_and(|it| Bodies::of(&it).has_attachment == *wanted))
        }
    }
}
