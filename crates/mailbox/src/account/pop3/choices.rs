//! What was chosen about POP3, what is in force, and which devices were here.

use std::collections::BTreeMap;

use super::Account;
use crate::limits::SEEN_CHUNKS_PER_COMMIT;
use crate::pop3::{Device, DeviceNote, DeviceState, Pop3Choice, Pop3Policy, Pop3Terms};
use crate::records::{self, damaged};
use crate::transaction::Transaction;
use crate::writer::MANY;
use crate::{Error, Fault, layout};

impl Account {
    /// Chooses for a device; none: for the account. What was chosen before is replaced; an empty choice forgets.
    pub async fn choose_pop3(
        &self,
        device: Option<&Device>,
        choice: Pop3Choice,
    ) -> Result<(), Error> {
        let (device, choice) = (device.cloned(), choice.checked()?);
        self.write(move |transaction, _| {
            if transaction.pop3().choices.get(&device) != Some(&choice) {
                transaction.set_choice(device.clone(), choice.clone())?;
            }
            Ok(())
        })
        .await
    }

    /// What was chosen for the account, and for each of its devices.
    pub fn pop3_choices(&self) -> Result<(Pop3Choice, Vec<(Device, Pop3Choice)>), Fault> {
        let pop3 = self.shared.pop3_hot();
        let account = pop3.choices.get(&None).cloned().unwrap_or_default();
        let devices = pop3.choices.iter();
        let devices =
            devices.filter_map(|(device, choice)| Some((device.clone()?, choice.clone())));
        Ok((account, devices.collect()))
    }

    /// What is in force for a device; none: for one without a name.
    pub fn pop3_policy(&self, device: Option<&Device>) -> Result<Pop3Policy, Fault> {
        Ok(self.shared.pop3_hot().policy(device, &self.shared.ports.policy.pop3))
    }

    /// What CAPA says of this account: the fewest days and the longest wait of the account and its devices.
    pub fn pop3_terms(&self) -> Result<Pop3Terms, Fault> {
        Ok(self.shared.pop3_hot().terms(&self.shared.ports.policy.pop3))
    }

    /// The devices that were here over POP3, and those that were chosen for.
    pub fn pop3_devices(&self) -> Result<Vec<DeviceState>, Fault> {
        let pop3 = self.shared.pop3_hot();
        let mut notes: BTreeMap<Option<Device>, Option<DeviceNote>> =
            pop3.devices.iter().map(|(device, note)| (device.clone(), Some(*note))).collect();
        for device in pop3.choices.keys().filter(|device| device.is_some()) {
            notes.entry(device.clone()).or_insert(None);
        }
        let state = |(device, note): (Option<Device>, Option<DeviceNote>)| DeviceState {
            device,
            hidden: note.map_or(0, |note| note.hidden),
            downloaded: note.map_or(0, |note| note.downloaded),
            last: note.map(|note| note.last),
        };
        Ok(notes.into_iter().map(state).collect())
    }

    /// Shows a device everything again that is hidden from it. Gives how many messages.
    pub async fn show_again(&self, device: Option<&Device>) -> Result<u64, Error> {
        let mut shown = 0u64;
        let mut from = Some(0u64);
        while let Some(start) = from {
            let device = device.cloned();
            let (count, next) = self
                .write_many(MANY, move |transaction, _| {
                    show_some(transaction, device.as_ref(), start)
                })
                .await?;
            shown = shown.saturating_add(count);
            from = next;
        }
        Ok(shown)
    }
}

/// Shows again what is hidden from a chunk on. Gives how many messages, and the chunk to go on with.
fn show_some(
    transaction: &mut Transaction<'_, '_>,
    device: Option<&Device>,
    start: u64,
) -> Result<(u64, Option<u64>), Error> {
    let owner = device.cloned();
    let Some(mut note) = transaction.pop3().devices.get(&owner).copied() else {
        return Ok((0, None));
    };
    if note.hidden == 0 {
        return Ok((0, None));
    }
    let account = transaction.account();
    let mut range = layout::pop3_seen_by(account, device);
    range.start = layout::pop3_seen(account, device, start);
    let (mut shown, mut next) = (0u64, None);
    for (number, (key, value)) in
        transaction.range(&range, SEEN_CHUNKS_PER_COMMIT)?.into_iter().enumerate()
    {
        let chunk = chunk_of(&key).ok_or_else(|| damaged(&key))?;
        if number >= SEEN_CHUNKS_PER_COMMIT {
            break;
        }
        let mut states = records::read_seen(chunk, &value).ok_or_else(|| damaged(&key))?;
        let mut here = 0u64;
        for state in &mut states {
            if state.hidden.take().is_some() {
                here = here.saturating_add(1);
            }
        }
        states.retain(|state| state.downloaded.is_some());
        if here > 0 {
            transaction.set_seen(device, chunk, &states);
        }
        shown = shown.saturating_add(here);
        next = chunk.checked_add(1);
    }
    note.hidden = note.hidden.saturating_sub(shown);
    if shown > 0 {
        transaction.set_device(device, Some(note));
    }
    Ok((shown, next))
}

/// The chunk that a key is of.
pub(super) fn chunk_of(key: &[u8]) -> Option<u64> {
    let (_, rest) = layout::take_device(layout::tail(key))?;
    layout::take64(rest).map(|(chunk, _)| chunk)
}
