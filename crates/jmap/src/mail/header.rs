//! Header fields as properties, in each form (RFC 8621, 4.1.2 and 4.1.3).

use icu_normalizer::ComposingNormalizerBorrowed;
use message::{Address, AddressList, Field, SentDate};
use serde_json::{Value, json};

use super::date::local_date;

/// How the value of a field is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As it stands.
    Raw,
    /// As text.
    Text,
    /// As addresses, groups left out.
    Addresses,
    /// As addresses in their groups.
    GroupedAddresses,
    /// As ids of messages.
    MessageIds,
    /// As a date.
    Date,
    /// As URLs.
    Urls,
}

const FORMS: [(&str, Form); 6] = [
    ("asText", Form::Text),
    ("asAddresses", Form::Addresses),
    ("asGroupedAddresses", Form::GroupedAddresses),
    ("asMessageIds", Form::MessageIds),
    ("asDate", Form::Date),
    ("asURLs", Form::Urls),
];

const ADDRESSES: &[Form] = &[Form::Addresses, Form::GroupedAddresses];

/// The fields of RFC 5322 and RFC 2369, and the forms they may be shown in besides Raw. All others may be shown in any.
const DEFINED: &[(&str, &[Form])] = &[
    ("Subject", &[Form::Text]),
    ("Comments", &[Form::Text]),
    ("Keywords", &[Form::Text]),
    ("From", ADDRESSES),
    ("Sender", ADDRESSES),
    ("Reply-To", ADDRESSES),
    ("To", ADDRESSES),
    ("Cc", ADDRESSES),
    ("Bcc", ADDRESSES),
    ("Resent-From", ADDRESSES),
    ("Resent-Sender", ADDRESSES),
    ("Resent-Reply-To", ADDRESSES),
    ("Resent-To", ADDRESSES),
    ("Resent-Cc", ADDRESSES),
    ("Resent-Bcc", ADDRESSES),
    ("Message-ID", &[Form::MessageIds]),
    ("In-Reply-To", &[Form::MessageIds]),
    ("References", &[Form::MessageIds]),
    ("Resent-Message-ID", &[Form::MessageIds]),
    ("Date", &[Form::Date]),
    ("Resent-Date", &[Form::Date]),
    ("List-Help", &[Form::Urls]),
    ("List-Unsubscribe", &[Form::Urls]),
    ("List-Subscribe", &[Form::Urls]),
    ("List-Post", &[Form::Urls]),
    ("List-Owner", &[Form::Urls]),
    ("List-Archive", &[Form::Urls]),
    ("Return-Path", &[]),
    ("Received", &[]),
];

/// The properties that stand for a field in a form.
const CONVENIENT: [(&str, &str, Form); 11] = [
    ("messageId", "Message-ID", Form::MessageIds),
    ("inReplyTo", "In-Reply-To", Form::MessageIds),
    ("references", "References", Form::MessageIds),
    ("sender", "Sender", Form::Addresses),
    ("from", "From", Form::Addresses),
    ("to", "To", Form::Addresses),
    ("cc", "Cc", Form::Addresses),
    ("bcc", "Bcc", Form::Addresses),
    ("replyTo", "Reply-To", Form::Addresses),
    ("subject", "Subject", Form::Text),
    ("sentAt", "Date", Form::Date),
];

/// A property that is a field of the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderProperty {
    /// The name of the field.
    pub field: String,
    /// How its value is shown.
    pub form: Form,
    /// Whether all fields of the name are shown, and not only the last.
    pub all: bool,
}

impl HeaderProperty {
    /// Takes the name of a property, such as `header:Resent-To:asAddresses:all` or `subject`. None: it is no such property, or
    /// its field is not shown in that form.
    pub fn named(property: &str) -> Option<HeaderProperty> {
        if let Some((_, field, form)) = CONVENIENT.iter().find(|(name, ..)| *name == property) {
            return Some(HeaderProperty { field: (*field).to_owned(), form: *form, all: false });
        }
        let mut parts = property.strip_prefix("header:")?.split(':');
        let field = parts.next()?;
        if field.is_empty() || !field.bytes().all(|octet| octet.is_ascii_graphic()) {
            return None;
        }
        let rest: Vec<&str> = parts.collect();
        let (form, all) = match rest[..] {
            [] => (Form::Raw, false),
            ["all"] => (Form::Raw, true),
            [form] => (form_named(form)?, false),
            [form, "all"] => (form_named(form)?, true),
            _ => return None,
        };
        may_be_shown(field, form).then(|| HeaderProperty { field: field.to_owned(), form, all })
    }

    /// The value in a header.
    pub fn value(&self, header: &[u8]) -> Value {
        let named = message::fields(header).filter(|field| field.is(&self.field));
        if self.all {
            named.map(|field| shown(&field, self.form)).collect()
        } else {
            named.last().map_or(Value::Null, |field| shown(&field, self.form))
        }
    }
}

/// All fields of a header, in their order (`EmailHeader[]`).
pub fn headers(header: &[u8]) -> Value {
    // What is no field, such as the first line of an mbox, has no name.
    let fields = message::fields(header).filter(|field| !field.name.is_empty());
    fields
        .map(
            |field| json!({"name": String::from_utf8_lossy(field.name), "value": raw(field.value)}),
        )
        .collect()
}

fn form_named(name: &str) -> Option<Form> {
    FORMS.iter().find(|(known, _)| *known == name).map(|(_, form)| *form)
}

fn may_be_shown(field: &str, form: Form) -> bool {
    let defined = DEFINED.iter().find(|(name, _)| name.eq_ignore_ascii_case(field));
    form == Form::Raw || defined.is_none_or(|(_, forms)| forms.contains(&form))
}

fn shown(field: &Field<'_>, form: Form) -> Value {
    match form {
        Form::Raw => raw(field.value).into(),
        Form::Text => text(field.value).into(),
        Form::Addresses => {
            let list = AddressList::of(field.value);
            list.iter().filter_map(|address| email_address(&address)).collect()
        }
        Form::GroupedAddresses => grouped(&AddressList::of(field.value)),
        Form::MessageIds => message_ids_or_null(field.value),
        Form::Date => SentDate::parse(field.value)
            .and_then(|date| local_date(date.unix_s, date.zone_s))
            .into(),
        Form::Urls => or_null(urls(field.value)),
    }
}

/// A list that is null where there is nothing to list.
fn or_null(list: Vec<String>) -> Value {
    if list.is_empty() { Value::Null } else { list.into() }
}

pub(super) fn message_ids_or_null(value: &[u8]) -> Value {
    or_null(message_ids(value))
}

fn lossy(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).replace('\0', "")
}

/// RFC 8621, 4.1.2.1: what is neither ASCII nor UTF-8 is replaced, and NUL is dropped.
fn raw(value: &[u8]) -> String {
    lossy(value)
}

/// RFC 8621, 4.1.2.2.
pub(super) fn text(value: &[u8]) -> String {
    normal(&message::decode_words(value))
}

fn normal(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned()
}

/// None: it is a mark of a group.
pub(super) fn email_address(address: &Address<'_>) -> Option<Value> {
    let host = address.host?;
    let local = lossy(address.mailbox.unwrap_or_default());
    let is_plain = !local.is_empty()
        && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom_text));
    let mut email = if is_plain || host.is_empty() { local } else { quoted(&local) };
    if !host.is_empty() {
        email.push('@');
        email.push_str(&lossy(host));
    }
    let name = address.name.map(text).filter(|name| !name.is_empty());
    Some(json!({"name": name, "email": email}))
}

/// RFC 5322, 3.2.3, and RFC 6532, 3.2.
fn is_atom_text(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || !c.is_ascii()
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

/// RFC 8621, 4.1.2.4.
fn grouped(list: &AddressList) -> Value {
    let mut groups: Vec<(Option<String>, Vec<Value>)> = Vec::new();
    let mut is_inside = false;
    for address in list.iter() {
        if let Some(shown) = email_address(&address) {
            if !is_inside && !matches!(groups.last(), Some((None, _))) {
                groups.push((None, Vec::new()));
            }
            if let Some((_, addresses)) = groups.last_mut() {
                addresses.push(shown);
            }
            continue;
        }
        is_inside = address.mailbox.is_some();
        if let Some(name) = address.mailbox {
            groups.push((Some(text(name)), Vec::new()));
        }
    }
    let group = |(name, addresses)| json!({"name": name, "addresses": Value::Array(addresses)});
    groups.into_iter().map(group).collect()
}

/// The ids as they are written, in linear time: space goes, and quoting stays, so that an id can be put between angle brackets again.
fn message_ids(value: &[u8]) -> Vec<String> {
    let value = lossy(value);
    let mut found = Vec::new();
    let mut id: Option<String> = None;
    let (mut comments, mut is_quoted, mut is_escaped) = (0_u32, false, false);
    for c in value.chars() {
        let was_escaped = is_escaped;
        is_escaped = c == '\\' && !was_escaped;
        match (&mut id, c) {
            (Some(id), c) if is_quoted || was_escaped => {
                is_quoted &= c != '"' || was_escaped;
                id.push(c);
            }
            (Some(id), '"') => {
                is_quoted = true;
                id.push(c);
            }
            (Some(_), '>') => found.extend(id.take().filter(|id| !id.is_empty())),
            // The one before it was not closed.
            (Some(id), '<') => id.clear(),
            (Some(_), ' ' | '\t' | '\r' | '\n') => {}
            (Some(id), c) => id.push(c),
            (None, '(') if !was_escaped => comments = comments.saturating_add(1),
            (None, ')') if !was_escaped => comments = comments.saturating_sub(1),
            (None, '<') if comments == 0 => id = Some(String::new()),
            (None, _) => {}
        }
    }
    found
}

/// What stands in angle brackets, without the space that folding put there (RFC 2369, 2).
fn urls(value: &[u8]) -> Vec<String> {
    let value = lossy(value);
    let mut rest = value.as_str();
    let mut found = Vec::new();
    while let Some((_, after)) = rest.split_once('<') {
        let Some((url, after)) = after.split_once('>') else { break };
        let url: String = url.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        if !url.is_empty() {
            found.push(url);
        }
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Form, HeaderProperty, headers};

    const HEADER: &str = "Received: from a\r\n by b\r\nSubject: =?utf-8?q?cafe=CC=81?=\r\n =?utf-8?q?_com?= leite \r\n\
        From: \"  James Smythe\" <james@example.com>, Friends:\r\n  jane@example.com, =?UTF-8?Q?John_Sm=C3=AEth?=\r\n  <john@example.com>;\r\n\
        To: \"a b\"@example.com, undisclosed:;, x@y (Ana), bare\r\n\
        Message-ID: <1@x>\r\nReferences: <0@x>\r\n <\"a b\"@x>\r\nIn-Reply-To: what you said\r\n\
        Date: Thu, 30 Oct 2014 14:12:00 +0800\r\nList-Post: NO (no posting)\r\n\
        List-Unsubscribe: (Use this) <https://example.com/\r\n u?x=1>,\r\n <mailto:leave@example.com>\r\n\
        X-Note: one\r\nx-note: t\u{00fc}o\r\n\r\n";

    fn value(property: &str) -> Value {
        HeaderProperty::named(property).unwrap().value(HEADER.as_bytes())
    }

    #[test]
    fn each_form_shows_what_the_standard_says() {
        assert_eq!(value("subject"), "caf\u{e9} com leite");
        assert_eq!(value("header:Received"), " from a\r\n by b");
        assert_eq!(value("header:X-NOTE:all"), json!([" one", " t\u{fc}o"]));
        assert_eq!(value("header:X-Note:asText"), "t\u{fc}o");
        assert_eq!(value("header:None"), Value::Null);
        assert_eq!(value("header:None:all"), json!([]));
        assert_eq!(value("messageId"), json!(["1@x"]));
        assert_eq!(value("references"), json!(["0@x", "\"a b\"@x"]));
        assert_eq!(value("inReplyTo"), Value::Null);
        assert_eq!(value("sentAt"), "2014-10-30T14:12:00+08:00");
        assert_eq!(value("header:X-Note:asDate"), Value::Null);
        assert_eq!(
            value("header:List-Unsubscribe:asURLs"),
            json!(["https://example.com/u?x=1", "mailto:leave@example.com"])
        );
        assert_eq!(value("header:List-Post:asURLs"), Value::Null);
    }

    #[test]
    fn addresses_are_those_of_the_standard_s_example() {
        let smythe = json!({"name": "James Smythe", "email": "james@example.com"});
        let jane = json!({"name": null, "email": "jane@example.com"});
        let john = json!({"name": "John Sm\u{ee}th", "email": "john@example.com"});
        assert_eq!(value("from"), json!([smythe, jane, john]));
        let groups = json!([
            {"name": null, "addresses": [smythe]},
            {"name": "Friends", "addresses": [jane, john]},
        ]);
        assert_eq!(value("header:From:asGroupedAddresses"), groups);
        let groups = json!([
            {"name": null, "addresses": [{"name": null, "email": "\"a b\"@example.com"}]},
            {"name": "undisclosed", "addresses": []},
            {"name": null, "addresses": [{"name": "Ana", "email": "x@y"}, {"name": null, "email": "bare"}]},
        ]);
        assert_eq!(value("header:To:asGroupedAddresses:all"), json!([groups]));
    }

    #[test]
    fn properties_that_make_no_sense_are_none() {
        for wrong in [
            "header:",
            "header::all",
            "header:X Y",
            "header:X:asNothing",
            "header:X:all:asText",
            "header:X:asText:all:all",
            "header:Subject:asAddresses",
            "header:from:asText",
            "header:Received:asText",
            "header:List-Help:asText",
            "Subject",
            "size",
            "header:\u{e9}",
        ] {
            assert_eq!(HeaderProperty::named(wrong), None, "{wrong}");
        }
        let right = HeaderProperty::named("header:List-Id:asText:all").unwrap();
        assert_eq!((&*right.field, right.form, right.all), ("List-Id", Form::Text, true));
    }

    #[test]
    fn ids_of_messages_are_found_among_whatever_stands_there() {
        for (text, want) in [
            ("<a@x>", json!(["a@x"])),
            ("(see <c@x>) <a@x><b@x> and", json!(["a@x", "b@x"])),
            ("<a @\r\n x>", json!(["a@x"])),
            ("<a@x <b@x>", json!(["b@x"])),
            ("<\"a>\\\"b\"@x>", json!(["\"a>\\\"b\"@x"])),
            ("<> a@x <b", Value::Null),
            ("", Value::Null),
        ] {
            let header = format!("References: {text}\r\n\r\n");
            let found = HeaderProperty::named("references").unwrap().value(header.as_bytes());
            assert_eq!(found, want, "{text}");
        }
    }

    #[test]
    fn all_fields_are_listed_as_they_stand() {
        let list = headers(b"From ana Mon\r\nA: \xe9\0x\r\nb:\r\n\r\nC: body\r\n");
        assert_eq!(list, json!([{"name": "A", "value": " \u{fffd}x"}, {"name": "b", "value": ""}]));
    }
}
