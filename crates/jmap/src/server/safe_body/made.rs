//! A part of an email, made safe; kept for a while, since it costs much more than all else that is done to show it.

use std::sync::Arc;

use mailbox::operations::Email;
use message::{Kind, Outline, Part};
use safe::{Body, Flow};

use crate::error::MethodError;
use crate::id::Id;
use crate::limits::SAFE_AT_ONCE_OCTETS_MAX;
use crate::mail::{BodyValue, Octets as _, ValueLimit, numbers};
use crate::server::email::KeptOctets;
use crate::server::{Context, ids};

/// The parts of an email, with the numbers that blobs are called by.
pub(super) struct Parts<'m> {
    parts: Vec<Part<'m>>,
    numbers: Vec<Option<String>>,
    blob: Id,
}

impl<'m> Parts<'m> {
    pub(super) fn of(email: &Email, outline: &'m Outline<'_>) -> Parts<'m> {
        let parts: Vec<Part<'_>> = outline.parts().collect();
        let numbers = numbers(&parts);
        Parts { parts, numbers, blob: ids::blob(email.id) }
    }

    /// A part that is no multipart and not of a message in the message, with its number and its blob.
    pub(super) fn get(&self, index: usize) -> Option<(&Part<'m>, &str, Id)> {
        let number = self.numbers.get(index)?.as_deref().filter(|number| !number.is_empty())?;
        Some((self.parts.get(index)?, number, self.blob.of_part(number)))
    }

    /// The part that is this blob.
    pub(super) fn find(&self, blob: &Id) -> Option<&Part<'m>> {
        let mut all = (0..self.parts.len()).filter_map(|index| self.get(index));
        all.find(|(_, _, id)| id == blob).map(|(part, _, _)| part)
    }

    /// The blob of the picture with a Content-ID (RFC 2392).
    pub(super) fn picture(&self, content_id: &str) -> Option<Id> {
        let mut all = (0..self.parts.len()).filter_map(|index| self.get(index));
        let is_it = |part: &Part<'_>| {
            let id = part.id.map(|id| String::from_utf8_lossy(id).into_owned());
            id.is_some_and(|id| {
                id.trim().trim_start_matches('<').trim_end_matches('>').trim() == content_id
            })
        };
        all.find(|(part, _, _)| is_it(part)).map(|(_, _, blob)| blob)
    }
}

/// Whether a part is text that can be made safe.
pub(super) fn is_text(part: &Part<'_>) -> bool {
    part.kind == Kind::Text && (part.is("text", "html") || part.is("text", "plain"))
}

/// How plain text flows (RFC 3676, 4).
fn flow(part: &Part<'_>) -> Flow {
    let says = |name: &str, value: &str| {
        part.parameters.find(name).is_some_and(|found| found.eq_ignore_ascii_case(value.as_bytes()))
    };
    match (says("format", "flowed"), says("delsp", "yes")) {
        (true, true) => Flow::FlowedWithoutSpace,
        (true, false) => Flow::Flowed,
        (false, _) => Flow::Fixed,
    }
}

impl Context {
    /// A text part, made safe.
    pub(super) async fn safe_body(
        &self,
        email: &Email,
        part: &Part<'_>,
        blob: &Id,
    ) -> Result<Arc<Body>, MethodError> {
        let cache = &self.ports.bodies.cache;
        let name = format!("{} {blob}", self.account_id());
        if let Some(kept) = cache.get(&name) {
            return Ok(kept);
        }
        let limit = ValueLimit::of(0);
        let end = part.body.start.saturating_add(limit.octets_read()).min(part.body.end);
        let octets = KeptOctets { account: &self.account, email };
        let octets = octets.read(part.body.start..end).map_err(|fault| self.failed(&fault))?;
        let text = BodyValue::of(part, &octets, limit).text;
        let (is_html, flow) = (part.is("text", "html"), flow(part));
        let make = move || if is_html { safe::of_html(&text) } else { safe::of_plain(&text, flow) };
        let made = if octets.len() <= SAFE_AT_ONCE_OCTETS_MAX {
            make()
        } else {
            drop(octets);
            let made = self.ports.accounts.apart(make).await;
            made.map_err(|fault| self.failed(&fault))?
        };
        let made = Arc::new(made);
        cache.put(name, &made);
        Ok(made)
    }
}
