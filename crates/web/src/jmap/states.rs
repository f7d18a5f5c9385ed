//! The states of all types of an account, as they are pushed.

use std::fmt;
use std::str::FromStr;

use jmap::server::ports::Notes;
use jmap::server::{PUSHED_NOTES, note_states};
use mailbox::{Account, Error};
use serde_json::{Map, Value};

/// How many types are told of.
const COUNT: usize = OF_MAIL + OF_NOTES;
/// How many of them are of mail.
const OF_MAIL: usize = 4;
/// How many are small objects that are kept in notes.
const OF_NOTES: usize = PUSHED_NOTES.len();

/// The types of mail, in the order in which an event's id has them. Those of notes follow.
const TYPES_OF_MAIL: [&str; OF_MAIL] = ["Email", "EmailDelivery", "Thread", "Mailbox"];

/// The state of each type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct States([u64; COUNT]);

/// What they are now.
pub(crate) async fn states(account: &Account, notes: &dyn Notes) -> Result<States, Error> {
    let of_notes = note_states(notes, account.id())?;
    let states = account.emails().await?.states();
    let of_mail = [states.email, states.delivery, states.thread, states.mailbox];
    let mut all = [0; COUNT];
    let both = of_mail.into_iter().map(|state| state.0).chain(of_notes);
    all.iter_mut().zip(both).for_each(|(to, state)| *to = state);
    Ok(States(all))
}

fn all_types() -> impl Iterator<Item = &'static str> {
    TYPES_OF_MAIL.into_iter().chain(PUSHED_NOTES)
}

impl States {
    /// States of which all are others, for those who were told nothing yet.
    pub(crate) fn all_others(&self) -> States {
        States(self.0.map(|state| !state))
    }

    /// The topic of a push that tells of these types, and of no others (RFC 8030, 5.4).
    pub(crate) fn topic(changed: &Map<String, Value>) -> String {
        let told = all_types().map(|name| if changed.contains_key(name) { '1' } else { '0' });
        told.collect()
    }

    #[cfg(test)]
    pub(crate) fn all(state: u64) -> States {
        States([state; COUNT])
    }

    /// Those that are others than before, of these types; none: of all.
    pub(crate) fn changed(&self, before: &States, types: Option<&[String]>) -> Map<String, Value> {
        let both = all_types().zip(self.0.iter().zip(before.0));
        let changed = both.filter(|(name, (now, before))| {
            let is_wanted = types.is_none_or(|types| types.iter().any(|wanted| wanted == name));
            is_wanted && *now != before
        });
        changed.map(|(name, (now, _))| (name.to_owned(), now.to_string().into())).collect()
    }
}

/// The id of an event.
impl fmt::Display for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, state) in self.0.iter().enumerate() {
            let between = if index == 0 { "" } else { "-" };
            write!(f, "{between}{state}")?;
        }
        Ok(())
    }
}

/// An id that is none of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unknown;

impl FromStr for States {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<States, Unknown> {
        let numbers: Option<Vec<u64>> = text.split('-').map(|number| number.parse().ok()).collect();
        let numbers = numbers.and_then(|numbers| <[u64; COUNT]>::try_from(numbers).ok());
        numbers.map(States).ok_or(Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::{States, Unknown};

    #[test]
    fn an_id_is_read_as_it_was_written() {
        let states = States([7, 6, 5, 18_446_744_073_709_551_615, 3, 2, 1, 0]);
        assert_eq!(states.to_string().parse(), Ok(states));
        for other in [
            "",
            "1",
            "1-2-3-4-5",
            "1-2-3-4-5-6-7-8-9",
            "1-2-3-4-5-6-7-x",
            "1-2-3-4-5-6-7-18446744073709551616",
        ] {
            assert_eq!(other.parse::<States>(), Err(Unknown), "{other}");
        }
    }

    #[test]
    fn only_what_changed_and_is_wanted_is_told() {
        let (before, now) = (States([1; 8]), States([2, 1, 1, 2, 1, 1, 1, 1]));
        let told = |types: Option<&[&str]>| {
            let types: Option<Vec<String>> =
                types.map(|it| it.iter().map(|it| (*it).to_owned()).collect());
            serde_json::to_string(&now.changed(&before, types.as_deref())).unwrap()
        };
        assert_eq!(told(None), r#"{"Email":"2","Mailbox":"2"}"#);
        assert_eq!(told(Some(&["Mailbox", "CalendarEvent"])), r#"{"Mailbox":"2"}"#);
        assert_eq!(told(Some(&["Thread"])), "{}");
    }
}
