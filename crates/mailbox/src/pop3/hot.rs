//! What an account holds in memory about POP3: the choices, and which devices have states. So that a login where
//! nothing was chosen and nothing is hidden asks the engine for nothing.

use std::collections::BTreeMap;

use crate::engine::Snapshot;
use crate::hot::each;
use crate::pop3::{Device, OnDelete, Pop3Choice, Pop3Policy, Pop3Terms};
use crate::{AccountId, Fault, Timestamp, layout, records};

/// Choices and devices of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pop3Hot {
    /// The account's own under `None`.
    pub(crate) choices: BTreeMap<Option<Device>, Pop3Choice>,
    /// The device that logs in without a name under `None`.
    pub(crate) devices: BTreeMap<Option<Device>, DeviceNote>,
}

/// What is kept of a device that has states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DeviceNote {
    pub(crate) hidden: u64,
    pub(crate) downloaded: u64,
    pub(crate) last: Timestamp,
}

impl Pop3Hot {
    pub(crate) fn load(account: AccountId, snapshot: &dyn Snapshot) -> Result<Pop3Hot, Fault> {
        let mut hot = Pop3Hot::load_choices(account, snapshot)?;
        each(snapshot, &layout::all(account, layout::Kind::Pop3Device), |key, value| {
            let (device, note) = records::read_device(layout::tail(key), value)?;
            hot.devices.insert(device, note);
            Some(())
        })?;
        Ok(hot)
    }

    /// The choices alone.
    pub(crate) fn load_choices(
        account: AccountId,
        snapshot: &dyn Snapshot,
    ) -> Result<Pop3Hot, Fault> {
        let mut hot = Pop3Hot::default();
        each(snapshot, &layout::all(account, layout::Kind::Pop3Choice), |key, value| {
            let (device, choice) = records::read_choice(layout::tail(key), value)?;
            hot.choices.insert(device, choice);
            Some(())
        })?;
        Ok(hot)
    }

    /// What is in force for a device.
    pub(crate) fn policy(&self, device: Option<&Device>, host: &Pop3Policy) -> Pop3Policy {
        let account = match self.choices.get(&None) {
            Some(choice) => choice.over(host),
            None => host.clone(),
        };
        match device.and_then(|device| self.choices.get(&Some(device.clone()))) {
            Some(choice) => choice.over(&account),
            None => account,
        }
    }

    /// What CAPA says of the account: what holds for every device.
    pub(crate) fn terms(&self, host: &Pop3Policy) -> Pop3Terms {
        let account = self.policy(None, host);
        let devices = self.choices.iter().filter(|(device, _)| device.is_some());
        devices
            .map(|(_, choice)| choice.over(&account).terms())
            .fold(account.terms(), Pop3Terms::with)
    }

    /// All devices that were here or were chosen for, and the one without a name, with what is in force for each.
    pub(crate) fn policies(&self, host: &Pop3Policy) -> BTreeMap<Option<Device>, Pop3Policy> {
        let devices = self.choices.keys().chain(self.devices.keys());
        let all = devices.chain([&None]).cloned();
        all.map(|device| {
            let policy = self.policy(device.as_ref(), host);
            (device, policy)
        })
        .collect()
    }

    /// Whether somebody chose something about a device, so that what is known of it must not be forgotten.
    pub(crate) fn counts_on(&self, device: Option<&Device>, host: &Pop3Policy) -> bool {
        let Some(device) = device else { return true };
        let chosen = self.choices.contains_key(&Some(device.clone()));
        let lists = self.choices.values().map(|choice| choice.on_delete.as_ref());
        let named = |on_delete: Option<&OnDelete>| matches!(on_delete, Some(OnDelete::KeepUntil(devices)) if devices.contains(device));
        chosen || lists.chain([Some(&host.on_delete)]).any(named)
    }
}
