//! What POP3 knows of emails is of emails that are there, is counted right, and no two emails have one unique id.

use super::{About, Checked, wide};
use crate::AccountId;
use crate::pop3::{Device, DeviceNote};
use crate::records::Seen;
use crate::survey::Survey;

pub(super) fn check(account: AccountId, survey: &Survey, checked: &mut Checked) {
    states(survey, checked);
    unique_ids(account, survey, checked);
}

fn states(survey: &Survey, checked: &mut Checked) {
    for ((device, _), states) in &survey.pop3.seen {
        let known = survey.pop3.devices.keys().any(|known| key(known.as_ref()) == device);
        checked.must(known, About::Account, || {
            format!("POP3 states of device {device:?} that was never here")
        });
        for seen in states {
            let email = seen.identity.email;
            let there = survey.emails.contains_key(&email);
            checked.must(there, About::Account, || {
                format!("a POP3 state of email {email} that is not there")
            });
        }
    }
    for (device, note) in &survey.pop3.devices {
        let counted = counted(survey, key(device.as_ref()));
        let same = (note.hidden, note.downloaded) == (counted.hidden, counted.downloaded);
        checked.must(same, About::Account, || {
            let name = device.as_ref().map_or("", Device::as_str);
            format!("the counts of POP3 device {name:?} are wrong")
        });
    }
}

fn unique_ids(account: AccountId, survey: &Survey, checked: &mut Checked) {
    for (email, uidl) in &survey.pop3.uidls {
        let there = survey.emails.contains_key(email);
        checked.must(there, About::Email(*email), || {
            format!("a unique id of email {email} that is not there")
        });
        let back = survey.pop3.owners.get(uidl) == Some(email);
        checked.must(back, About::Email(*email), || {
            format!("unique id {uidl} does not lead to its email {email}")
        });
        let forged = survey.head.as_ref().is_some_and(|head| {
            uidl.own(account, head.created)
                .is_some_and(|own| own.0 >= head.next_email || survey.emails.contains_key(&own))
        });
        checked.must(!forged, About::Email(*email), || {
            format!("unique id {uidl} could be that of another email")
        });
    }
    for (uidl, email) in &survey.pop3.owners {
        let there = survey.pop3.uidls.get(email) == Some(uidl);
        checked.must(there, About::Email(*email), || {
            format!("unique id {uidl} is not that of its email {email}")
        });
    }
}

/// The name of a device as keys have it.
pub(crate) fn key(device: Option<&Device>) -> &str {
    device.map_or("", Device::key)
}

/// The counts of a device that one gets by counting, and its last state.
pub(crate) fn counted(survey: &Survey, device: &str) -> DeviceNote {
    let range = (device.to_owned(), 0)..=(device.to_owned(), u64::MAX);
    let states = survey.pop3.seen.range(range).flat_map(|(_, states)| states);
    let mut note = DeviceNote::default();
    let all: Vec<&Seen> = states.collect();
    note.hidden = wide(all.iter().filter(|seen| seen.hidden.is_some()).count());
    note.downloaded = wide(all.iter().filter(|seen| seen.downloaded.is_some()).count());
    note.last =
        all.iter().flat_map(|s| [s.hidden, s.downloaded]).flatten().max().unwrap_or_default();
    note
}
