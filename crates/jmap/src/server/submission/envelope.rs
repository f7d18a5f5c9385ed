//! The envelope of a submission: as the client says it, or as it follows from the header (RFC 8621, 7).

use mailbox::Timestamp;
use message::AddressList;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::limits::HOLD_S_MAX;
use crate::mail::{HeaderProperty, read_date};
use crate::server::ports;

/// From whom, and to whom.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Envelope {
    pub(super) mail_from: Address,
    pub(super) rcpt_to: Vec<Address>,
}

/// An address with its parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Address {
    pub(super) email: String,
    #[serde(default)]
    pub(super) parameters: Option<Map<String, Value>>,
}

impl Address {
    pub(super) fn plain(email: &str) -> Address {
        Address { email: email.to_owned(), parameters: None }
    }
}

/// Who is named in fields of a header, each once.
fn named(header: &[u8], properties: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for property in properties {
        let all = HeaderProperty::named(&format!("header:{property}:asAddresses:all"));
        let Some(Value::Array(fields)) = all.map(|all| all.value(header)) else { continue };
        let addresses = fields.iter().filter_map(Value::as_array).flatten();
        for email in addresses.filter_map(|address| address.get("email")?.as_str()) {
            // Domains are compared in any case (RFC 5321, 2.4).
            let is_same = |known: &String| same_address(known, email);
            if !email.is_empty() && !found.iter().any(is_same) {
                found.push(email.to_owned());
            }
        }
    }
    found
}

fn same_address(one: &str, other: &str) -> bool {
    match (one.rsplit_once('@'), other.rsplit_once('@')) {
        (Some((local, domain)), Some((other_local, other_domain))) => {
            local == other_local && domain.eq_ignore_ascii_case(other_domain)
        }
        _ => one == other,
    }
}

/// The sender that a header names: Sender, or else From. None: there is none. Error: there are several.
pub(super) fn sender(header: &[u8]) -> Result<Option<String>, &'static str> {
    for (field, property) in [("Sender", "sender"), ("From", "from")] {
        let fields = message::fields(header).filter(|it| it.is(field)).count();
        let addresses = named(header, &[field]);
        if fields == 0 || addresses.is_empty() {
            continue;
        }
        return if fields > 1 || addresses.len() > 1 {
            Err(property)
        } else {
            Ok(addresses.into_iter().next())
        };
    }
    Ok(None)
}

/// To whom a header says that it goes.
pub(super) fn recipients(header: &[u8]) -> Vec<Address> {
    named(header, &["To", "Cc", "Bcc"]).iter().map(|email| Address::plain(email)).collect()
}

/// Whether somebody is named as the author (RFC 5322, 3.6).
pub(super) fn has_author(header: &[u8]) -> bool {
    let mut from = message::fields(header).filter(|field| field.is("From"));
    match (from.next(), from.next()) {
        (Some(field), None) => AddressList::of(field.value).iter().any(|it| {
            it.mailbox.is_some_and(|it| !it.is_empty()) && it.host.is_some_and(|it| !it.is_empty())
        }),
        _ => false,
    }
}

impl Envelope {
    /// As the way out takes it: the time until when it is held is taken out of the parameters (RFC 4865, 4).
    pub(super) fn for_outbox(&self, now: Timestamp) -> Result<ports::Envelope, String> {
        let mut parameters = self.mail_from.parameters.clone().unwrap_or_default();
        let hold = hold(&mut parameters, now)?;
        let recipient =
            |to: &Address| (to.email.clone(), to.parameters.clone().unwrap_or_default());
        Ok(ports::Envelope {
            from: Some(self.mail_from.email.clone()).filter(|from| !from.is_empty()),
            parameters,
            recipients: self.rcpt_to.iter().map(recipient).collect(),
            hold_until: hold,
        })
    }
}

/// Takes HOLDFOR or HOLDUNTIL.
fn hold(parameters: &mut Map<String, Value>, now: Timestamp) -> Result<Option<Timestamp>, String> {
    let mut take = |wanted: &str| {
        let name = parameters.keys().find(|name| name.eq_ignore_ascii_case(wanted)).cloned()?;
        parameters.remove(&name)
    };
    let until = match (take("HOLDFOR"), take("HOLDUNTIL")) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => return Err("HOLDFOR and HOLDUNTIL exclude each other".to_owned()),
        (Some(seconds), None) => {
            let seconds = seconds.as_str().filter(|it| it.bytes().all(|it| it.is_ascii_digit()));
            let seconds: Option<i64> = seconds.and_then(|it| it.parse().ok());
            now.0.saturating_add(seconds.ok_or("HOLDFOR is not a number of seconds")?)
        }
        (None, Some(date)) => {
            let date = date.as_str().and_then(read_date);
            date.ok_or("HOLDUNTIL is not a date")?.0
        }
    };
    if until > now.0.saturating_add(i64::from(HOLD_S_MAX)) {
        return Err(format!("it would be held for more than {HOLD_S_MAX} seconds"));
    }
    Ok(Some(Timestamp(until)).filter(|until| *until > now))
}

#[cfg(test)]
mod tests {
    use mailbox::Timestamp;
    use serde_json::{Map, Value, json};

    use super::{has_author, hold, recipients, sender};

    #[test]
    fn the_envelope_follows_from_the_header() {
        let header =
            b"From: Ana <ana@x>\r\nTo: b@X, g: c@x, b@x;\r\nCc: B@x\r\nBcc: d@x\r\nCc: c@x\r\n\r\n";
        assert_eq!(sender(header), Ok(Some("ana@x".to_owned())));
        let to: Vec<String> = recipients(header).into_iter().map(|it| it.email).collect();
        assert_eq!(to, ["b@X", "c@x", "B@x", "d@x"]);
        assert_eq!(sender(b"From: a@x, b@x\r\nSender: b@x\r\n\r\n"), Ok(Some("b@x".to_owned())));
        assert_eq!(sender(b"From: a@x, b@x\r\n\r\n"), Err("from"));
        assert_eq!(sender(b"From: a@x\r\nFrom: a@x\r\n\r\n"), Err("from"));
        assert_eq!(sender(b"Subject: x\r\n\r\n"), Ok(None));
        assert!(has_author(header));
        for none in [&b"From: ana\r\n\r\n"[..], b"From: \r\n\r\n", b"X: y\r\n\r\n"] {
            assert!(!has_author(none));
        }
    }

    #[test]
    fn mail_is_held_for_a_time_or_until_one() {
        let of = |value: Value| {
            let Value::Object(mut parameters) = value else { return Err(String::new()) };
            hold(&mut parameters, Timestamp(1_000)).map(|until| (until.map(|it| it.0), parameters))
        };
        let nothing = Map::new;
        assert_eq!(of(json!({})), Ok((None, nothing())));
        assert_eq!(of(json!({"holdfor": "60"})), Ok((Some(1_060), nothing())));
        assert_eq!(of(json!({"HOLDUNTIL": "1970-01-01T01:00:00Z"})), Ok((Some(3_600), nothing())));
        assert_eq!(of(json!({"HOLDUNTIL": "1970-01-01T00:00:01Z"})), Ok((None, nothing())));
        for wrong in [
            json!({"HOLDFOR": "-1"}),
            json!({"HOLDFOR": 60}),
            json!({"HOLDFOR": null}),
            json!({"HOLDFOR": "99999999"}),
            json!({"HOLDUNTIL": "tomorrow"}),
            json!({"HOLDFOR": "1", "HOLDUNTIL": "1970-01-01T01:00:00Z"}),
        ] {
            assert!(of(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
