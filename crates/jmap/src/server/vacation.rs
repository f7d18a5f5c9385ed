//! What is answered while somebody is away (RFC 8621, 8). When it is answered, and to whom, is decided at delivery.

mod set;

use mailbox::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Context;
use super::capabilities::Capability;
use super::drawer::{Drawer, Object};
use super::ports::NoteKind;
use super::singleton::{self, Singleton};
use crate::error::SetError;
use crate::mail::{read_utc_date, utc_date};
use crate::run::Row;
use crate::standard::Patch;

const CAPABILITY: &str = "urn:ietf:params:jmap:vacationresponse";

pub(super) const DESCRIBED: Capability =
    Capability { name: CAPABILITY, of_session: || json!({}), of_account: |_| json!({}) };

pub(super) const ROWS: &[Row<Context>] = &[
    Row {
        name: "VacationResponse/get",
        capability: CAPABILITY,
        run: |call| Box::pin(singleton::get::<Vacation>(call)),
    },
    Row {
        name: "VacationResponse/set",
        capability: CAPABILITY,
        run: |call| Box::pin(singleton::set::<Vacation>(call)),
    },
];

/// What is answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Vacation {
    /// Whether anything is.
    pub is_enabled: bool,
    /// From when on, as a `UTCDate`; none: at once.
    pub from_date: Option<String>,
    /// Up to when; none: without end.
    pub to_date: Option<String>,
    /// Under which subject; none: the host's.
    pub subject: Option<String>,
    /// As plain text; none: what the HTML says.
    pub text_body: Option<String>,
    /// As HTML; none: as plain text alone.
    pub html_body: Option<String>,
}

impl Object for Vacation {
    const NOTE: NoteKind = NoteKind::Vacation;

    fn at_first(_: &Context, drawer: &mut Drawer<Vacation>) {
        drawer.insert(Vacation::default());
    }
}

impl Singleton for Vacation {
    const PROPERTIES: &'static [&'static str] =
        &["id", "isEnabled", "fromDate", "toDate", "subject", "textBody", "htmlBody"];

    fn object(&self) -> Map<String, Value> {
        let mut object = if let Ok(Value::Object(object)) = serde_json::to_value(self) {
            object
        } else {
            Map::new()
        };
        object.insert("id".to_owned(), singleton::ID.into());
        object
    }

    fn patched(&self, patch: &Patch) -> Result<Vacation, SetError> {
        set::patched(self, patch)
    }
}

impl Vacation {
    /// What a note holds; none: it cannot be read.
    pub fn of_note(note: &[u8]) -> Option<Vacation> {
        let drawer: Drawer<Vacation> = serde_json::from_slice(note).ok()?;
        drawer.iter().next().map(|(_, vacation)| vacation.clone())
    }

    /// Whether mail that comes now is answered.
    pub fn is_on(&self, now: Timestamp) -> bool {
        let date = |date: &Option<String>| date.as_deref().and_then(read_utc_date);
        self.is_enabled
            && date(&self.from_date).is_none_or(|from| from <= now.0)
            && date(&self.to_date).is_none_or(|to| now.0 < to)
    }

    /// Dates as JMAP writes them; none: one is no date.
    fn with_dates(self) -> Option<Vacation> {
        let canonical = |date: Option<String>| match date {
            None => Some(None),
            Some(date) => read_utc_date(&date).and_then(utc_date).map(Some),
        };
        let (from_date, to_date) = (canonical(self.from_date)?, canonical(self.to_date)?);
        Some(Vacation { from_date, to_date, ..self })
    }
}

#[cfg(test)]
mod tests {
    use mailbox::Timestamp;

    use super::Vacation;

    #[test]
    fn it_is_on_from_one_date_up_to_another() {
        let date = |text: &str| Some(text.to_owned());
        let vacation = Vacation {
            is_enabled: true,
            from_date: date("1970-01-01T00:01:00Z"),
            to_date: date("1970-01-01T00:02:00Z"),
            ..Vacation::default()
        };
        let on = |at| vacation.is_on(Timestamp(at));
        assert_eq!([on(59), on(60), on(119), on(120)], [false, true, true, false]);
        let always = Vacation { from_date: None, to_date: None, ..vacation.clone() };
        assert!(always.is_on(Timestamp(0)));
        assert!(!Vacation { is_enabled: false, ..always }.is_on(Timestamp(0)));
    }
}
