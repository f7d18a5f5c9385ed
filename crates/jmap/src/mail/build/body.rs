//! The body of a message in the making: as its structure says, or as the server builds it from texts and attachments
//! (RFC 8621, 4.6).

use serde_json::{Map, Value};

use super::fault::Faults;
use super::part::{Node, Said, Values};
use crate::limits::BODY_PARTS_MAX;

/// Takes the properties of the body. None: there is none, or it is wrong.
pub(super) fn bodies(email: &mut Map<String, Value>, faults: &mut Faults) -> Option<Node> {
    let mut take = |name: &str| email.remove(name).filter(|value| !value.is_null());
    let values = match take("bodyValues") {
        None => Map::new(),
        Some(Value::Object(values)) => values,
        Some(_) => {
            faults.note("bodyValues", "it is not an object");
            Map::new()
        }
    };
    let (text, html, attachments) = (take("textBody"), take("htmlBody"), take("attachments"));
    let mut of_values = Faults::default();
    let mut reading =
        Reading { values: Values(values, &mut of_values), faults, parts_left: BODY_PARTS_MAX };
    let node = match take("bodyStructure") {
        None => reading.built(text, html, attachments),
        Some(structure) => {
            for (name, value) in
                [("textBody", text), ("htmlBody", html), ("attachments", attachments)]
            {
                if value.is_some() {
                    reading.faults.note(name, "there is a bodyStructure");
                }
            }
            reading.structure("bodyStructure", &structure)
        }
    };
    faults.extend(of_values);
    node
}

struct Reading<'r, 'v> {
    values: Values<'v>,
    faults: &'r mut Faults,
    parts_left: usize,
}

impl Reading<'_, '_> {
    fn said(&mut self, path: &str, value: &Value) -> Option<Said> {
        let Some(fewer) = self.parts_left.checked_sub(1) else {
            self.faults.note(path, "a message has too many parts");
            return None;
        };
        self.parts_left = fewer;
        match value {
            Value::Object(object) => Some(Said::read(path, object, self.faults)),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => {
                self.faults.note(path, "it is not a part");
                None
            }
        }
    }

    /// A part and all in it. JSON is not nested deeply, so neither is this.
    fn structure(&mut self, path: &str, value: &Value) -> Option<Node> {
        let mut said = self.said(path, value)?;
        let Some(parts) = said.parts.take() else {
            let usual = usual_type(&said);
            return said.into_leaf(path, usual, &mut self.values, self.faults);
        };
        let mut children = Vec::with_capacity(parts.len().min(BODY_PARTS_MAX));
        for (number, part) in parts.iter().enumerate().take(BODY_PARTS_MAX.saturating_add(1)) {
            children.extend(self.structure(&format!("{path}/subParts/{number}"), part));
        }
        Some(said.into_multipart(path, children, self.faults))
    }

    /// RFC 8621, 4.6: exactly one part, and of that type.
    fn only(&mut self, name: &str, kind: &str, value: Option<Value>) -> Option<Node> {
        let Value::Array(parts) = value? else {
            self.faults.note(name, "it is not a list");
            return None;
        };
        let [part] = &parts[..] else {
            self.faults.note(name, "it has not exactly one part");
            return None;
        };
        let path = format!("{name}/0");
        let said = self.said(&path, part)?;
        if said.parts.is_some() || said.kind(kind) != kind {
            self.faults.note(&format!("{path}/type"), &format!("it is not {kind}"));
            return None;
        }
        said.into_leaf(&path, kind, &mut self.values, self.faults)
    }

    /// Attachments: those that an HTML text shows within itself, and the others.
    fn attached(&mut self, value: Option<Value>) -> (Vec<Node>, Vec<Node>) {
        let (mut shown, mut others) = (Vec::new(), Vec::new());
        let parts = match value {
            None => return (shown, others),
            Some(Value::Array(parts)) => parts,
            Some(_) => {
                self.faults.note("attachments", "it is not a list");
                return (shown, others);
            }
        };
        for (number, part) in parts.iter().enumerate().take(BODY_PARTS_MAX.saturating_add(1)) {
            let path = format!("attachments/{number}");
            let Some(mut said) = self.said(&path, part) else { continue };
            if said.parts.is_some() {
                self.faults.note(&format!("{path}/subParts"), "an attachment has no parts");
                continue;
            }
            said.attach(&path, self.faults);
            let is_inline =
                said.disposition.as_deref().is_some_and(|it| it.eq_ignore_ascii_case("inline"));
            let list = if is_inline && said.cid.is_some() { &mut shown } else { &mut others };
            let usual = usual_type(&said);
            list.extend(said.into_leaf(&path, usual, &mut self.values, self.faults));
        }
        (shown, others)
    }

    fn built(
        &mut self,
        text: Option<Value>,
        html: Option<Value>,
        attachments: Option<Value>,
    ) -> Option<Node> {
        let text = self.only("textBody", "text/plain", text);
        let html = self.only("htmlBody", "text/html", html);
        let (mut shown, mut others) = self.attached(attachments);
        let html = match html {
            Some(html) if !shown.is_empty() => {
                // RFC 2387: the text that shows the others comes first.
                let all = std::iter::once(html).chain(shown.drain(..)).collect();
                Some(Node::multipart("related", all))
            }
            html => html,
        };
        let body = match (text, html) {
            // RFC 2046, 5.1.4: the richest comes last.
            (Some(text), Some(html)) => Some(Node::multipart("alternative", vec![text, html])),
            (text, html) => text.or(html),
        };
        shown.append(&mut others);
        if shown.is_empty() {
            return body;
        }
        Some(Node::multipart("mixed", body.into_iter().chain(shown).collect()))
    }
}

/// What a part is that does not say its type.
fn usual_type(said: &Said) -> &'static str {
    if said.part.is_some() { "text/plain" } else { "application/octet-stream" }
}
