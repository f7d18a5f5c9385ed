//! Writes the value of a field from each form that JMAP has for it (RFC 8621, 4.1.2).

use message::{Group, Header, SentDate};
use serde::Deserialize;
use serde_json::Value;

use crate::mail::date::read_date;
use crate::mail::{Form, HeaderProperty};

type Written = Result<(), &'static str>;

/// What cannot be broken into lines has to fit into one.
const TOKEN_OCTETS_MAX: usize = 900;

const CONTROL: &str = "it holds a control character";
const MISREAD: &str = "it would be read as something else";

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct EmailAddress {
    #[serde(default)]
    name: Option<String>,
    email: String,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct EmailAddressGroup {
    #[serde(default)]
    name: Option<String>,
    addresses: Vec<EmailAddress>,
}

/// Writes the fields that a property says. Lists without anything in them give none, for a header has no empty lists.
pub(super) fn write(header: &mut Header, property: &HeaderProperty, value: &Value) -> Written {
    if !property.all {
        return one(header, property, value);
    }
    let Value::Array(values) = value else { return Err("it is not a list") };
    values.iter().try_for_each(|value| one(header, property, value))
}

fn one(header: &mut Header, property: &HeaderProperty, value: &Value) -> Written {
    let name = property.field.as_str();
    match property.form {
        Form::Raw => {
            let raw = value.as_str().ok_or("it is not a text")?;
            let wrong = "it is not ASCII, or no value that can stand in a header as it is";
            header.verbatim(name, raw).map_err(|_| wrong)
        }
        Form::Text => text(header, name, value.as_str().ok_or("it is not a text")?),
        Form::Addresses => {
            let addresses: Vec<EmailAddress> = read(value, "it is not a list of addresses")?;
            grouped(header, property, &[EmailAddressGroup { name: None, addresses }])
        }
        Form::GroupedAddresses => {
            let groups: Vec<EmailAddressGroup> = read(value, "it is not a list of groups")?;
            grouped(header, property, &groups)
        }
        Form::MessageIds => listed(header, property, value, " "),
        Form::Urls => listed(header, property, value, ", "),
        Form::Date => {
            let date = value.as_str().and_then(read_date).ok_or("it is not a date")?;
            let written = message::format_date_in(date.0, date.1);
            // A year has four digits, and is not before 1900 (RFC 5322, 3.3 and 4.3).
            let read = SentDate::parse(written.as_bytes()).map(|read| read.unix_s);
            if read != Some(date.0) {
                return Err(MISREAD);
            }
            header.tokens(name, &written);
            Ok(())
        }
    }
}

fn read<T: for<'de> Deserialize<'de>>(value: &Value, why: &'static str) -> Result<T, &'static str> {
    T::deserialize(value).map_err(|_| why)
}

/// A text of one line. Tabs are space; other control characters have no business in a header, and a line end would begin a field.
fn line(text: &str) -> Result<String, &'static str> {
    let spaced = text.replace('\t', " ");
    if spaced.chars().any(char::is_control) { Err(CONTROL) } else { Ok(spaced) }
}

fn text(header: &mut Header, name: &str, text: &str) -> Written {
    header.text(name, &line(text)?);
    Ok(())
}

/// Addresses may be those of half a draft (RFC 8621, 4.6), but have to be read back as they were said: one with a comma in it must
/// not become two.
fn grouped(
    header: &mut Header,
    property: &HeaderProperty,
    groups: &[EmailAddressGroup],
) -> Written {
    let cleaned = |name: &Option<String>| line(name.as_deref().unwrap_or_default());
    let mut names = Vec::new();
    for group in groups {
        let mut members = Vec::new();
        for address in &group.addresses {
            if address.email.chars().any(|c| c.is_control()) {
                return Err(CONTROL);
            }
            if address.email.len() > TOKEN_OCTETS_MAX {
                return Err("an address is too long");
            }
            members.push((cleaned(&address.name)?.trim().to_owned(), address.email.as_str()));
        }
        names.push((group.name.as_ref().map(|_| cleaned(&group.name)).transpose()?, members));
    }
    // Those outside of groups, of which there are none, are no list.
    names.retain(|(name, members)| name.is_some() || !members.is_empty());
    if names.is_empty() {
        return Ok(());
    }
    let groups: Vec<Group<'_>> = names
        .iter()
        .map(|(name, members)| Group {
            name: name.as_deref(),
            members: members.iter().map(|(name, email)| (name.as_str(), *email)).collect(),
        })
        .collect();
    let mut written = Header::default();
    written.addresses(&property.field, &groups);
    let form = HeaderProperty { form: Form::GroupedAddresses, all: false, ..property.clone() };
    let read: Vec<EmailAddressGroup> =
        read(&form.value(format!("{}\r\n", written.as_str()).as_bytes()), MISREAD)?;
    let emails = |group: &EmailAddressGroup| -> Vec<String> {
        group.addresses.iter().map(|address| address.email.clone()).collect()
    };
    let wanted = |group: &Group<'_>| -> Vec<String> {
        group.members.iter().map(|(_, email)| (*email).to_owned()).collect()
    };
    let is_same = read.len() == groups.len()
        && read.iter().zip(&groups).all(|(read, group)| {
            read.name.is_some() == group.name.is_some() && emails(read) == wanted(group)
        });
    if !is_same {
        return Err(MISREAD);
    }
    header.extend(&written);
    Ok(())
}

/// Message ids or URLs.
fn listed(header: &mut Header, property: &HeaderProperty, value: &Value, between: &str) -> Written {
    let items: Vec<String> = read(value, "it is not a list of texts")?;
    if items.is_empty() {
        return Ok(());
    }
    if items.iter().any(|item| item.len() > TOKEN_OCTETS_MAX) {
        return Err("one of them is too long");
    }
    if items.iter().any(|item| item.chars().any(char::is_control)) {
        return Err(CONTROL);
    }
    let bracketed: Vec<String> = items.iter().map(|item| format!("<{item}>")).collect();
    let mut written = Header::default();
    written.tokens(&property.field, &bracketed.join(between));
    let form = HeaderProperty { all: false, ..property.clone() };
    if form.value(format!("{}\r\n", written.as_str()).as_bytes()) != Value::from(items) {
        return Err(MISREAD);
    }
    header.extend(&written);
    Ok(())
}
