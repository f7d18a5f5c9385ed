//! The states of all types of an account, as they are pushed.

use std::fmt;
use std::str::FromStr;

use jmap::server::ports::Notes;
use jmap::server::{PUSHED_NOTES, Quotas, note_states};
use mailbox::{Account, Error};
use serde_json::{Map, Value};

/// How many types have a number as their state.
const COUNT: usize = OF_MAIL + OF_NOTES + OF_CONTACTS;
/// How many of them are of mail.
const OF_MAIL: usize = 4;
/// How many are small objects that are kept in notes.
const OF_NOTES: usize = PUSHED_NOTES.len();

/// How many are of contacts.
const OF_CONTACTS: usize = 2;

/// The types of contacts, which follow those of notes.
const TYPES_OF_CONTACTS: [&str; OF_CONTACTS] = ["AddressBook", "ContactCard"];
/// The types of mail, in the order in which an event's id has them. Those of notes and of contacts follow, and quotas at last.
const TYPES_OF_MAIL: [&str; OF_MAIL] = ["Email", "EmailDelivery", "Thread", "Mailbox"];
/// The type whose state is figures (RFC 9425).
const QUOTA: &str = "Quota";

/// The state of each type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct States {
    numbers: [u64; COUNT],
    quotas: Quotas,
}

/// What they are now.
pub(crate) async fn states(account: &Account, notes: &dyn Notes) -> Result<States, Error> {
    let of_notes = note_states(notes, account.id())?;
    let states = account.emails().await?.states();
    let of_mail = [states.email, states.delivery, states.thread, states.mailbox];
    let mut numbers = [0; COUNT];
    let contacts = account.contacts_states()?;
    let of_contacts = [contacts.books, contacts.cards];
    let all = of_mail.into_iter().map(|state| state.0).chain(of_notes).chain(of_contacts);
    numbers.iter_mut().zip(all).for_each(|(to, state)| *to = state);
    Ok(States { numbers, quotas: Quotas::now(account)? })
}

fn numbered_types() -> impl Iterator<Item = &'static str> {
    TYPES_OF_MAIL.into_iter().chain(PUSHED_NOTES).chain(TYPES_OF_CONTACTS)
}

impl States {
    /// The topic of a push that tells of these types, and of no others (RFC 8030, 5.4).
    pub(crate) fn topic(changed: &Map<String, Value>) -> String {
        let told = |name: &str| if changed.contains_key(name) { '1' } else { '0' };
        numbered_types().chain([QUOTA]).map(told).collect()
    }

    #[cfg(test)]
    pub(crate) fn all(state: u64) -> States {
        let quotas = format!("{state}-none-{state}-7").parse().unwrap();
        States { numbers: [state; COUNT], quotas }
    }

    /// Those that are others than before, of these types; none: of all. Before there was nothing: all.
    pub(crate) fn changed(
        &self,
        before: Option<&States>,
        types: Option<&[String]>,
    ) -> Map<String, Value> {
        let is_wanted =
            |name: &str| types.is_none_or(|types| types.iter().any(|wanted| wanted == name));
        let numbers = numbered_types().zip(self.numbers).enumerate();
        let changed = numbers.filter(|(index, (_, now))| {
            before.is_none_or(|before| before.numbers.get(*index) != Some(now))
        });
        let mut told: Map<String, Value> = changed
            .filter(|(_, (name, _))| is_wanted(name))
            .map(|(_, (name, now))| (name.to_owned(), now.to_string().into()))
            .collect();
        if before.is_none_or(|before| before.quotas != self.quotas) && is_wanted(QUOTA) {
            told.insert(QUOTA.to_owned(), self.quotas.to_string().into());
        }
        told
    }
}

/// The id of an event.
impl fmt::Display for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for state in &self.numbers {
            write!(f, "{state}-")?;
        }
        write!(f, "{}", self.quotas)
    }
}

/// An id that is none of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unknown;

impl FromStr for States {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<States, Unknown> {
        let mut rest = text;
        let mut numbers = [0; COUNT];
        for number in &mut numbers {
            let (first, others) = rest.split_once('-').ok_or(Unknown)?;
            (*number, rest) = (first.parse().map_err(|_| Unknown)?, others);
        }
        Ok(States { numbers, quotas: rest.parse().map_err(|_| Unknown)? })
    }
}

#[cfg(test)]
mod tests {
    use super::{States, Unknown};

    #[test]
    fn an_id_is_read_as_it_was_written() {
        let id = "7-6-5-18446744073709551615-3-2-1-0-4-9-8-1000-5000-3-none";
        let states: States = id.parse().unwrap();
        assert_eq!(states.to_string(), id);
        for other in [
            "",
            "1",
            // Those of before quotas, contacts and rules were pushed.
            "1-2-3-4-5-6-7-8",
            "1-2-3-4-5-6-7-8-1000-5000-3-none",
            "1-2-3-4-5-6-7-8-9-1000-5000-3-none",
            "1-2-3-4-5-6-7-8-9-10-1000-5000-3-none",
            "1-2-3-4-5-6-7-8-9-10-11-1000-5000-3-none-9",
            "1-2-3-4-5-6-7-8-9-10-x-1000-5000-3-none",
            "1-2-3-4-5-6-7-8-9-10-18446744073709551616-1000-5000-3-none",
        ] {
            assert_eq!(other.parse::<States>(), Err(Unknown), "{other}");
        }
    }

    #[test]
    fn only_what_changed_and_is_wanted_is_told() {
        let before = States::all(1);
        let now: States = "2-1-1-2-1-1-1-1-1-1-1-1-none-1-8".parse().unwrap();
        let told = |before, types: Option<&[&str]>| {
            let types: Option<Vec<String>> =
                types.map(|it| it.iter().map(|it| (*it).to_owned()).collect());
            serde_json::to_string(&now.changed(before, types.as_deref())).unwrap()
        };
        let quota = "1-none-1-8";
        let all = format!(r#"{{"Email":"2","Mailbox":"2","Quota":"{quota}"}}"#);
        assert_eq!(told(Some(&before), None), all);
        assert_eq!(told(Some(&before), Some(&["Mailbox", "Event"])), r#"{"Mailbox":"2"}"#);
        assert_eq!(told(Some(&before), Some(&["Thread"])), "{}");
        assert_eq!(told(Some(&now), None), "{}");
        assert_eq!(told(None, Some(&["Thread"])), r#"{"Thread":"1"}"#);
        assert_eq!(now.changed(None, None).len(), 12);
    }
}
