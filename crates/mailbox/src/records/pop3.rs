//! What is kept about POP3: choices, devices, what each device has seen, and unique ids from elsewhere.

use bytes::Bytes;

use crate::codec::{Input, Output};
use crate::layout;
use crate::pop3::{Device, DeviceNote, OnDelete, Pop3Choice, Retrieved, SentCopy, Shows, Uidl};
use crate::{EmailId, MailboxId, Role, Timestamp, Uid};

/// How many emails one value of states covers, as a power of two.
const SEEN_CHUNK_BITS: u32 = 10;

/// What POP3 takes for one message, whatever mailbox it is in and whatever its UID: an email, or a copy of it by where
/// that was made. Its unique id is made of this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Identity {
    pub(crate) email: EmailId,
    pub(crate) copy: Option<(MailboxId, Uid)>,
}

/// What is known of a message for one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) identity: Identity,
    /// Since when it is hidden.
    pub(crate) hidden: Option<Timestamp>,
    /// When it was downloaded.
    pub(crate) downloaded: Option<Timestamp>,
}

/// The value in which an email's states are.
pub(crate) fn seen_chunk(email: EmailId) -> u64 {
    email.0 >> SEEN_CHUNK_BITS
}

const HIDDEN: u8 = 1;
const DOWNLOADED: u8 = 2;
const IS_COPY: u8 = 4;

/// Writes states, ascending by identity: emails and times as differences, so that most take few octets.
pub(crate) fn write_seen(chunk: u64, states: &[Seen]) -> Bytes {
    let mut output = Output::version(1);
    output.count(states.len());
    let (mut email, mut time) = (chunk << SEEN_CHUNK_BITS, 0i64);
    for state in states {
        output.number(state.identity.email.0.saturating_sub(email));
        email = state.identity.email.0;
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        output.octet(
            flag(state.hidden.is_some(), HIDDEN)
                | flag(state.downloaded.is_some(), DOWNLOADED)
                | flag(state.identity.copy.is_some(), IS_COPY),
        );
        if let Some((mailbox, uid)) = state.identity.copy {
            output.number(mailbox.0).number(uid.number());
        }
        for at in [state.hidden, state.downloaded].into_iter().flatten() {
            output.signed(at.0.wrapping_sub(time));
            time = at.0;
        }
    }
    output.done()
}

/// Reads states. None if any is not of the chunk, out of order, or says nothing.
pub(crate) fn read_seen(chunk: u64, value: &[u8]) -> Option<Vec<Seen>> {
    let mut input = Input::version(value, 1)?;
    let count = input.count()?;
    let mut states: Vec<Seen> = Vec::with_capacity(count);
    let (mut email, mut time) = (chunk.checked_shl(SEEN_CHUNK_BITS)?, 0i64);
    for _ in 0..count {
        email = email.checked_add(input.number()?)?;
        let flags = input.octet()?;
        let known = flags & (HIDDEN | DOWNLOADED) != 0 && flags < IS_COPY << 1;
        if !known || seen_chunk(EmailId(email)) != chunk {
            return None;
        }
        let copy = match flags & IS_COPY {
            0 => None,
            _ => Some((MailboxId(input.number_u32()?), Uid::new(input.number_u32()?)?)),
        };
        let mut at = |flag: u8| -> Option<Option<Timestamp>> {
            if flags & flag == 0 {
                return Some(None);
            }
            time = time.wrapping_add(input.signed()?);
            Some(Some(Timestamp(time)))
        };
        let (hidden, downloaded) = (at(HIDDEN)?, at(DOWNLOADED)?);
        let identity = Identity { email: EmailId(email), copy };
        if states.last().is_some_and(|last| last.identity >= identity) {
            return None;
        }
        states.push(Seen { identity, hidden, downloaded });
    }
    input.end().map(|()| states)
}

/// The device of a key's tail, given its name as it was first written.
fn device_of(tail: &[u8], given: &str) -> Option<Option<Device>> {
    let (key, rest) = layout::take_device(tail)?;
    let device = Device::new(given);
    let same = device.as_ref().map_or("", Device::key) == key && rest.is_empty();
    (same && device.is_some() != given.is_empty()).then_some(device)
}

pub(crate) fn write_device(device: Option<&Device>, note: &DeviceNote) -> Bytes {
    Output::version(1)
        .text(device.map_or("", Device::as_str))
        .number(note.hidden)
        .number(note.downloaded)
        .signed(note.last.0)
        .done()
}

pub(crate) fn read_device(tail: &[u8], value: &[u8]) -> Option<(Option<Device>, DeviceNote)> {
    let mut input = Input::version(value, 1)?;
    let device = device_of(tail, input.text()?)?;
    let note = DeviceNote {
        hidden: input.number()?,
        downloaded: input.number()?,
        last: Timestamp(input.signed()?),
    };
    input.end().map(|()| (device, note))
}

pub(crate) fn write_choice(device: Option<&Device>, choice: &Pop3Choice) -> Bytes {
    let mut output = Output::version(1);
    output.text(device.map_or("", Device::as_str));
    match &choice.on_delete {
        None => output.octet(0),
        Some(OnDelete::Remove) => output.octet(1),
        Some(OnDelete::KeepDays(days)) => output.octet(2).number(*days),
        Some(OnDelete::KeepUntil(devices)) => {
            output.octet(3).count(devices.len());
            devices.iter().for_each(|device| {
                output.text(device.as_str());
            });
            &mut output
        }
        Some(OnDelete::Hide) => output.octet(4),
        Some(OnDelete::MoveTo(role)) => output.octet(if *role == Role::Archive { 5 } else { 6 }),
    };
    match choice.shows {
        None => output.octet(0),
        Some(Shows::All) => output.octet(1),
        Some(Shows::Since(time)) => output.octet(2).signed(time.0),
        Some(Shows::Newest(messages)) => output.octet(3).number(messages),
    };
    output
        .octet(match choice.retrieved {
            None => 0,
            Some(Retrieved::LeaveUnread) => 1,
            Some(Retrieved::MarkRead) => 2,
        })
        .octet(match choice.sent {
            None => 0,
            Some(SentCopy::NoCopy) => 1,
            Some(SentCopy::Copy) => 2,
        })
        .maybe(choice.login_delay_s.map(u64::from));
    output.done()
}

/// Reads what was chosen, and for which device.
pub(crate) fn read_choice(tail: &[u8], value: &[u8]) -> Option<(Option<Device>, Pop3Choice)> {
    let mut input = Input::version(value, 1)?;
    let device = device_of(tail, input.text()?)?;
    let on_delete = match input.octet()? {
        0 => None,
        1 => Some(OnDelete::Remove),
        2 => Some(OnDelete::KeepDays(u16::try_from(input.number()?).ok()?)),
        3 => {
            let count = input.count()?;
            let devices = (0..count).map(|_| Device::new(input.text()?)).collect::<Option<_>>()?;
            Some(OnDelete::KeepUntil(devices))
        }
        4 => Some(OnDelete::Hide),
        5 => Some(OnDelete::MoveTo(Role::Archive)),
        6 => Some(OnDelete::MoveTo(Role::Trash)),
        _ => return None,
    };
    let shows = match input.octet()? {
        0 => None,
        1 => Some(Shows::All),
        2 => Some(Shows::Since(Timestamp(input.signed()?))),
        3 => Some(Shows::Newest(input.number_u32()?)),
        _ => return None,
    };
    let retrieved = match input.octet()? {
        0 => None,
        1 => Some(Retrieved::LeaveUnread),
        2 => Some(Retrieved::MarkRead),
        _ => return None,
    };
    let sent = match input.octet()? {
        0 => None,
        1 => Some(SentCopy::NoCopy),
        2 => Some(SentCopy::Copy),
        _ => return None,
    };
    let login_delay_s = match input.maybe()? {
        None => None,
        Some(delay_s) => Some(u32::try_from(delay_s).ok()?),
    };
    let choice = Pop3Choice { on_delete, shows, retrieved, sent, login_delay_s };
    input.end().map(|()| (device, choice))
}

pub(crate) fn write_uidl(uidl: &Uidl) -> Bytes {
    Output::version(1).plain(uidl.as_str().as_bytes()).done()
}

pub(crate) fn read_uidl(value: &[u8]) -> Option<Uidl> {
    Uidl::new(read_uidl_text(value)?.as_bytes())
}

/// Reads a unique id that was kept, without a look at whether it may be one.
pub(crate) fn read_uidl_text(value: &[u8]) -> Option<&str> {
    std::str::from_utf8(Input::version(value, 1)?.rest()).ok()
}

pub(crate) fn write_uidl_owner(email: EmailId) -> Bytes {
    Output::version(1).number(email.0).done()
}

pub(crate) fn read_uidl_owner(value: &[u8]) -> Option<EmailId> {
    let mut input = Input::version(value, 1)?;
    let email = EmailId(input.number()?);
    input.end().map(|()| email)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::AccountId;

    proptest! {
        #[test]
        fn states_are_read_as_written(
            states in prop::collection::btree_map(
                (0u64..1024, prop::option::of((0u32..9, 1u32..99))),
                (prop::option::of(any::<i64>()), prop::option::of(any::<i64>())),
                0..60,
            ),
        ) {
            let states: Vec<Seen> = states
                .into_iter()
                .filter(|(_, (hidden, downloaded))| hidden.is_some() || downloaded.is_some())
                .map(|((email, copy), (hidden, downloaded))| Seen {
                    identity: Identity {
                        email: EmailId(5 * 1024 + email),
                        copy: copy.map(|(m, u)| (MailboxId(m), Uid::new(u).unwrap())),
                    },
                    hidden: hidden.map(Timestamp),
                    downloaded: downloaded.map(Timestamp),
                })
                .collect();
            let value = write_seen(5, &states);
            prop_assert_eq!(read_seen(5, &value), Some(states.clone()));
            if !states.is_empty() {
                prop_assert_eq!(read_seen(4, &value).is_none_or(|other| other != states), true);
            }
        }
    }

    #[test]
    fn choices_are_read_as_written() {
        let device = Device::new("Büro PC").unwrap();
        let list = vec![device.clone(), Device::new("home").unwrap()];
        for on_delete in [
            None,
            Some(OnDelete::Remove),
            Some(OnDelete::KeepDays(3_650)),
            Some(OnDelete::KeepUntil(list)),
            Some(OnDelete::Hide),
            Some(OnDelete::MoveTo(Role::Archive)),
            Some(OnDelete::MoveTo(Role::Trash)),
        ] {
            for shows in [None, Some(Shows::Since(Timestamp(-9))), Some(Shows::Newest(7))] {
                let choice = Pop3Choice {
                    on_delete: on_delete.clone(),
                    shows,
                    retrieved: Some(Retrieved::MarkRead),
                    sent: Some(SentCopy::Copy),
                    login_delay_s: Some(u32::MAX),
                };
                for device in [None, Some(device.clone())] {
                    let key = layout::pop3_choice(AccountId(7), device.as_ref());
                    let value = write_choice(device.as_ref(), &choice);
                    let read = read_choice(layout::tail(&key), &value);
                    assert_eq!(read, Some((device, choice.clone())));
                }
            }
        }
        // Of another device than its key says.
        let key = layout::pop3_choice(AccountId(7), None);
        let value = write_choice(Some(&device), &Pop3Choice::default());
        assert_eq!(read_choice(layout::tail(&key), &value), None);
    }
}
