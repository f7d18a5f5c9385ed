//! An account's POP3: what is in force for each device and where it was chosen, and what was downloaded and hidden.

use std::collections::BTreeSet;

use directory::Address;
use directory::pop3_policy::{self, ChoiceWords};
use machine::time_text;
use mailbox::{Account, Device, Differ, OnDelete, Pop3Choice, Pop3Policy, Pop3Terms};

use super::{Desk, DeskFault};
use crate::answer::{Answer, Changed, Pop3Devices, Pop3Row, Pop3Setting, Pop3Settings};
use crate::request::Pop3Task;

impl Desk {
    /// Does something with somebody's POP3.
    pub(super) async fn pop3(
        &self,
        address: &Address,
        task: Pop3Task,
    ) -> Result<Answer, DeskFault> {
        let account = self.account(address).await?;
        match task {
            Pop3Task::Show => {
                let shown = self.pop3_shown(address, &account)?;
                Ok(Answer::Pop3(Box::new(shown)))
            }
            Pop3Task::Set { device, choice } => {
                let device = device.as_deref().map(named).transpose()?;
                let warnings = self.choose(address, &account, device.as_ref(), &choice).await?;
                pop3_changed(address, &account, device.as_ref(), warnings)
            }
            Pop3Task::Reset { device } => {
                let device = device.as_deref().map(named).transpose()?;
                account.choose_pop3(device.as_ref(), Pop3Choice::default()).await?;
                pop3_changed(address, &account, device.as_ref(), Vec::new())
            }
            Pop3Task::ShowAgain { device } => {
                let device = device.as_deref().map(named).transpose()?;
                let messages = account.show_again(device.as_ref()).await?;
                Ok(Answer::ShownAgain { messages })
            }
        }
    }

    async fn choose(
        &self,
        address: &Address,
        account: &Account,
        device: Option<&Device>,
        words: &ChoiceWords,
    ) -> Result<Vec<String>, DeskFault> {
        let (of_account, of_devices) = account.pop3_choices()?;
        let before = match device {
            None => of_account,
            Some(device) => {
                let found = of_devices.into_iter().find(|(known, _)| known == device);
                found.map(|(_, choice)| choice).unwrap_or_default()
            }
        };
        let choice = words.over(before).map_err(|fault| DeskFault::Words(fault.to_string()))?;
        let waited_for = match &choice.on_delete {
            Some(OnDelete::KeepUntil(devices)) if words.on_delete.is_some() => devices.as_slice(),
            Some(_) | None => &[],
        };
        // Before the choice makes its device a known one.
        let known = self.known_devices(address, account)?;
        let warnings = device
            .into_iter()
            .chain(waited_for)
            .filter(|device| !known.contains(*device))
            .map(unknown)
            .collect();
        account.choose_pop3(device, choice).await?;
        Ok(warnings)
    }

    /// The devices that have an app password or a token, a choice of their own, or were here.
    fn known_devices(
        &self,
        address: &Address,
        account: &Account,
    ) -> Result<BTreeSet<Device>, DeskFault> {
        let mut known: BTreeSet<Device> = self.app_devices(address)?;
        known.extend(
            self.people.tokens(address)?.iter().filter_map(|token| Device::new(&token.name)),
        );
        known.extend(account.pop3_choices()?.1.into_iter().map(|(device, _)| device));
        known.extend(account.pop3_devices()?.into_iter().filter_map(|state| state.device));
        Ok(known)
    }

    fn app_devices(&self, address: &Address) -> Result<BTreeSet<Device>, DeskFault> {
        let passwords = self.people.app_passwords(address)?;
        Ok(passwords.iter().filter_map(|password| Device::new(&password.name)).collect())
    }

    fn pop3_shown(&self, address: &Address, account: &Account) -> Result<Pop3Row, DeskFault> {
        let (of_account, of_devices) = account.pop3_choices()?;
        let states = account.pop3_devices()?;
        let with_password = self.app_devices(address)?;
        let in_force = account.pop3_policy(None)?;
        let mut devices = Vec::new();
        let unnamed = states.iter().any(|state| state.device.is_none()).then_some(None);
        let mut named = self.known_devices(address, account)?;
        // Those that are waited for but do not exist are seen best beside those that do.
        for choice in of_devices.iter().map(|(_, choice)| choice).chain([&of_account]) {
            if let Some(OnDelete::KeepUntil(waited_for)) = &choice.on_delete {
                named.extend(waited_for.iter().cloned());
            }
        }
        for device in unnamed.into_iter().chain(named.into_iter().map(Some)) {
            let state = states.iter().find(|state| state.device == device);
            let chosen = of_devices.iter().find(|(known, _)| Some(known) == device.as_ref());
            let none = Pop3Choice::default();
            let chosen = chosen.map_or(&none, |(_, choice)| choice);
            let policy = account.pop3_policy(device.as_ref())?;
            devices.push(Pop3Devices {
                app_password: device.as_ref().is_some_and(|device| with_password.contains(device)),
                settings: settings(&policy, &[("device", chosen), ("account", &of_account)]),
                downloaded: state.map_or(0, |state| state.downloaded),
                hidden: state.map_or(0, |state| state.hidden),
                last: state.and_then(|state| state.last).map(time_text),
                device: device.map(|device| device.as_str().to_owned()),
            });
        }
        let terms = account.pop3_terms()?;
        let host = &self.people.accounts().policy().pop3;
        Ok(Pop3Row {
            address: address.to_string(),
            host: settings(host, &[]),
            account: settings(&in_force, &[("account", &of_account)]),
            devices,
            expire_days: terms.expire_days,
            login_delay_s: terms.login_delay_s,
            // After the login nothing differs any more.
            told: told(&Pop3Terms {
                expire_differs: Differ::No,
                login_delay_differs: Differ::No,
                ..terms
            }),
            told_before_login: told(&self.people.accounts().pop3_terms()?),
        })
    }
}

/// What is in force after a choice.
fn pop3_changed(
    address: &Address,
    account: &Account,
    device: Option<&Device>,
    warnings: Vec<String>,
) -> Result<Answer, DeskFault> {
    let (of_account, of_devices) = account.pop3_choices()?;
    let chosen = of_devices.into_iter().find(|(known, _)| Some(known) == device);
    let chosen = chosen.map(|(_, choice)| choice).unwrap_or_default();
    let levels = [("device", &chosen), ("account", &of_account)];
    Ok(Answer::Changed(Changed::Pop3 {
        address: address.to_string(),
        device: device.map(|device| device.as_str().to_owned()),
        settings: Box::new(settings(&account.pop3_policy(device)?, &levels)),
        warnings,
    }))
}

/// What CAPA says (RFC 2449, 6.5 and 6.7).
fn told(terms: &Pop3Terms) -> Vec<String> {
    let user = |differ: Differ| match differ {
        Differ::ByUser => " USER",
        Differ::No => "",
    };
    let mut lines = vec![match terms.expire_days {
        Some(days) => format!("EXPIRE {days}{}", user(terms.expire_differs)),
        None => "EXPIRE NEVER".to_owned(),
    }];
    if terms.login_delay_s > 0 {
        let differs = user(terms.login_delay_differs);
        lines.push(format!("LOGIN-DELAY {}{differs}", terms.login_delay_s));
    }
    lines
}

fn named(name: &str) -> Result<Device, DeskFault> {
    Device::new(name).ok_or_else(|| DeskFault::Words(pop3_policy::WordFault::Device.to_string()))
}

fn unknown(device: &Device) -> String {
    format!(
        "no app password or token is named \"{device}\", and no device of that name has been here yet; see `correio user password list`",
        device = device.as_str()
    )
}

/// What is in force, and which level chose it: the first of `levels` that did, or the host.
fn settings(policy: &Pop3Policy, levels: &[(&'static str, &Pop3Choice)]) -> Pop3Settings {
    let [on_delete, show, mark_read, sent_copy, login_delay] = pop3_policy::policy_texts(policy);
    let setting = |value: String, is_chosen: &dyn Fn(&Pop3Choice) -> bool| {
        let level = levels.iter().find(|(_, choice)| is_chosen(choice));
        Pop3Setting { value, chosen_by: level.map_or("host", |(name, _)| name).to_owned() }
    };
    Pop3Settings {
        on_delete: setting(on_delete, &|choice| choice.on_delete.is_some()),
        show: setting(show, &|choice| choice.shows.is_some()),
        mark_read: setting(mark_read, &|choice| choice.retrieved.is_some()),
        sent_copy: setting(sent_copy, &|choice| choice.sent.is_some()),
        login_delay: setting(login_delay, &|choice| choice.login_delay_s.is_some()),
    }
}
