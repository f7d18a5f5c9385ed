//! Header fields as properties, of the envelope that is kept beside a message: what lists of mail show, without reading it.
//!
//! The envelope has the first of two fields of one name where a header has the last count (RFC 8621, 4.1.2), and puts addresses of
//! several together. Messages with two such fields break RFC 5322, 3.6.

use message::{Addresses, Envelope, SentDate};
use serde_json::Value;

use super::date::local_date;
use super::header::{Form, HeaderProperty, email_address, message_ids_or_null, text};

impl HeaderProperty {
    /// The value by the envelope. None: it does not tell.
    pub fn of_envelope(&self, envelope: &Envelope<'_>) -> Option<Value> {
        if self.all {
            return None;
        }
        let is = |name: &str| self.field.eq_ignore_ascii_case(name);
        match self.form {
            Form::Text if is("Subject") => Some(envelope.subject.map(text).into()),
            Form::Date if is("Date") => {
                let sent = envelope.date.and_then(SentDate::parse);
                Some(sent.and_then(|date| local_date(date.unix_s, date.zone_s)).into())
            }
            Form::MessageIds if is("Message-ID") => {
                Some(message_ids_or_null(envelope.message_id.unwrap_or_default()))
            }
            Form::MessageIds if is("In-Reply-To") => {
                Some(message_ids_or_null(envelope.in_reply_to.unwrap_or_default()))
            }
            Form::Addresses => {
                let lists = [
                    ("From", envelope.from),
                    ("To", envelope.to),
                    ("Cc", envelope.cc),
                    ("Bcc", envelope.bcc),
                ];
                let list = lists.into_iter().find(|(name, _)| is(name));
                list.map(|(_, list)| addresses(list))
            }
            // Sender and Reply-To are those of From there, where they are missing.
            Form::Raw
            | Form::Text
            | Form::Date
            | Form::MessageIds
            | Form::GroupedAddresses
            | Form::Urls => None,
        }
    }
}

fn addresses(list: Addresses<'_>) -> Value {
    if list.is_empty() {
        return Value::Null;
    }
    list.iter().filter_map(|address| email_address(&address)).collect()
}

#[cfg(test)]
mod tests {
    use message::HeaderEnvelope;

    use super::HeaderProperty;

    #[test]
    fn the_envelope_says_what_the_header_says() {
        let header = "Subject: =?utf-8?q?ol=C3=A1?=\r\n dia\r\nFrom: Ana <ana@x>, Rui: b@x, c@x;\r\nTo: undisclosed:;\r\n\
            Bcc: \"a b\"@x\r\nDate: Thu, 30 Oct 2014 14:12:00 +0800\r\nMessage-ID: <1@x>\r\nIn-Reply-To: <0@x>\r\n <2@x>\r\n\r\n";
        let envelope = HeaderEnvelope::of(header.as_bytes());
        let mut told = 0;
        for name in [
            "subject",
            "from",
            "to",
            "cc",
            "bcc",
            "sentAt",
            "messageId",
            "inReplyTo",
            "sender",
            "replyTo",
            "references",
        ] {
            let property = HeaderProperty::named(name).unwrap();
            if let Some(value) = property.of_envelope(&envelope.envelope()) {
                assert_eq!(value, property.value(header.as_bytes()), "{name}");
                told += 1;
            }
        }
        assert_eq!(told, 8);
        let raw = HeaderProperty::named("header:Subject").unwrap();
        assert_eq!(raw.of_envelope(&envelope.envelope()), None);
    }
}
