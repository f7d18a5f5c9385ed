//! What decides who gets in as somebody, shown to them and changed by them: the directory's, and what POP3 does for their devices.

use std::collections::BTreeSet;
use std::sync::Arc;

use directory::pop3_policy::{self, ChoiceWords};
use directory::{Address, Logins, People, PeopleError, Refusal, Registration};
use mailbox::{Account, AccountId, Device, Door, Fault, Pop3Choice, Who};
use sasl::Ready;
use web::{
    AskedBy, Change, Changed, NotChanged, OwnSecurity, PageSession, Pop3, Refused, Security,
    Setting,
};

use super::page_logins::{self, new_session, stay_of};

/// Shows and changes what the people of the host have.
pub(super) struct HostOwnSecurity {
    pub(super) people: Arc<People>,
    pub(super) logins: Arc<Logins>,
}

impl OwnSecurity for HostOwnSecurity {
    fn look(&self, account: AccountId) -> Ready<'_, Result<Security, Fault>> {
        Box::pin(async move {
            self.looked(account).await.map_err(|error| match error {
                PeopleError::Fault(fault) => fault,
                refused @ (PeopleError::Refused(_) | PeopleError::Mail(_)) => {
                    Fault::caused("the security of a user cannot be shown", refused)
                }
            })
        })
    }

    fn change<'a>(
        &'a self,
        session: &'a PageSession,
        change: Change,
        by: AskedBy<'a>,
    ) -> Ready<'a, Result<Changed, NotChanged>> {
        Box::pin(async move { self.changed(session, change, by).await.map_err(not_changed) })
    }
}

impl HostOwnSecurity {
    async fn looked(&self, account: AccountId) -> Result<Security, PeopleError> {
        let people = &self.people;
        let Some(user) = people.user_of(account)? else { return Ok(Security::default()) };
        let factors = people.factors(account)?;
        let app_passwords =
            people.app_passwords(&user.address)?.into_iter().map(|app| web::Device {
                name: app.name,
                added_s: app.added_s,
                used_s: app.used_s,
                expires_s: None,
            });
        let tokens = people.tokens(&user.address)?.into_iter().map(|token| web::Device {
            name: token.name,
            added_s: token.added_s,
            used_s: token.used_s,
            expires_s: token.expires_s,
        });
        let (app_passwords, tokens): (Vec<_>, Vec<_>) = (app_passwords.collect(), tokens.collect());
        let who = Who::at(Door::Jmap);
        let opened = people.open(account, who).await?;
        let named = app_passwords.iter().chain(&tokens).map(|device| device.name.as_str());
        let pop3 = pop3(&opened, named)?;
        Ok(Security {
            password_set_s: user.password_set_s,
            only_app_passwords: user.only_app_passwords,
            app_added_s: factors.totp_added_s,
            recovery_codes: factors.recovery_codes,
            passkeys: factors.passkeys.into_iter().map(of_passkey).collect(),
            app_passwords,
            tokens,
            pop3,
        })
    }

    async fn changed(
        &self,
        session: &PageSession,
        change: Change,
        AskedBy { peer, party }: AskedBy<'_>,
    ) -> Result<Changed, PeopleError> {
        let (people, account) = (&self.people, session.account);
        let unknown = || Refusal::NoSuchUser(session.address.clone());
        let address: Address = session.address.parse().map_err(|_| unknown())?;
        Ok(match change {
            Change::Password { new } => {
                let stay = stay_of(session.stay);
                let whose = (session.address.as_str(), session.program.as_str(), stay);
                let begun = self.logins.change_password_page(whose, &new, peer).await?;
                Changed::Session(new_session(begun))
            }
            Change::BeginApp {} => Changed::App(people.begin_totp(account).await?),
            Change::ConfirmApp { code } => {
                let codes = people.confirm_totp(account, &code).await?;
                if codes.is_empty() { Changed::Done } else { Changed::Codes(codes) }
            }
            Change::AddPasskey { name, response } => {
                let unfit = || Refusal::WrongPasskey("it cannot be read");
                let registration: Registration =
                    serde_json::from_value(response).map_err(|_| unfit())?;
                let party = page_logins::party(party.ok_or_else(unfit)?);
                let codes = self.logins.add_passkey(account, &name, &registration, party).await?;
                if codes.is_empty() { Changed::Done } else { Changed::Codes(codes) }
            }
            Change::RenamePasskey { name, new } => {
                people.rename_passkey(account, &name, &new).await?;
                Changed::Done
            }
            Change::RemovePasskey { name } => {
                people.remove_passkey(account, &name).await?;
                Changed::Done
            }
            Change::RemoveApp {} => {
                people.remove_totp(account).await?;
                Changed::Done
            }
            Change::NewRecoveryCodes {} => {
                Changed::Codes(people.new_recovery_codes(account).await?)
            }
            Change::OnlyAppPasswords { only } => {
                people.set_only_app_passwords(&address, only).await?;
                Changed::Done
            }
            Change::AddAppPassword { name } => {
                Changed::Made(self.logins.add_app_password(&address, &name).await?.0)
            }
            Change::RemoveAppPassword { name } => {
                people.remove_app_password(&address, &name).await?;
                Changed::Done
            }
            Change::AddToken { name, days } => {
                Changed::Made(people.add_token(&address, &name, days).await?.token)
            }
            Change::RemoveToken { name } => {
                people.remove_token(&address, &name).await?;
                Changed::Done
            }
            Change::ChoosePop3 { device, on_delete, show, mark_read, sent_copy } => {
                let words =
                    ChoiceWords { on_delete, show, mark_read, sent_copy, login_delay: None };
                let device_of = (session.program.clone(), peer.address);
                self.choose(account, device.as_deref(), &words, device_of).await?;
                Changed::Done
            }
        })
    }

    async fn choose(
        &self,
        account: AccountId,
        device: Option<&str>,
        words: &ChoiceWords,
        (program, address): (String, Option<std::net::IpAddr>),
    ) -> Result<(), PeopleError> {
        let refused = |fault: pop3_policy::WordFault| Refusal::Pop3(fault.to_string());
        let device = device.map(|name| Device::new(name).ok_or(pop3_policy::WordFault::Device));
        let device = device.transpose().map_err(refused)?;
        let device_of = Some(program).filter(|program| !program.is_empty());
        let who = Who { device: device_of, address, ..Who::at(Door::Jmap) };
        let account = self.people.open(account, who).await?;
        let (of_account, of_devices) = account.pop3_choices()?;
        let before = match &device {
            None => of_account,
            Some(device) => {
                let mut found = of_devices.into_iter().filter(|(known, _)| known == device);
                found.next().map(|(_, choice)| choice).unwrap_or_default()
            }
        };
        let choice = words.over(before).map_err(refused)?;
        account.choose_pop3(device.as_ref(), choice).await?;
        Ok(())
    }
}

fn of_passkey(passkey: directory::Passkey) -> web::Device {
    let directory::Passkey { name, added_s, used_s, .. } = passkey;
    web::Device { name, added_s, used_s, expires_s: None }
}

/// What POP3 does for all devices, and for each that is known.
fn pop3<'a>(
    account: &Account,
    named: impl Iterator<Item = &'a str>,
) -> Result<Vec<Pop3>, mailbox::Error> {
    let (of_account, of_devices) = account.pop3_choices()?;
    let states = account.pop3_devices()?;
    let mut known: BTreeSet<Device> = named.filter_map(Device::new).collect();
    known.extend(of_devices.iter().map(|(device, _)| device.clone()));
    known.extend(states.iter().filter_map(|state| state.device.clone()));
    let mut rows = Vec::new();
    for device in std::iter::once(None).chain(known.into_iter().map(Some)) {
        let none = Pop3Choice::default();
        let chosen = match &device {
            None => &of_account,
            Some(device) => {
                let mut found = of_devices.iter().filter(|(known, _)| known == device);
                found.next().map_or(&none, |(_, choice)| choice)
            }
        };
        let state = states.iter().find(|state| state.device == device);
        let policy = account.pop3_policy(device.as_ref())?;
        let [on_delete, show, mark_read, sent_copy, _] = pop3_policy::policy_texts(&policy);
        let setting = |value, is_chosen| Setting { value, is_chosen };
        rows.push(Pop3 {
            on_delete: setting(on_delete, chosen.on_delete.is_some()),
            show: setting(show, chosen.shows.is_some()),
            mark_read: setting(mark_read, chosen.retrieved.is_some()),
            sent_copy: setting(sent_copy, chosen.sent.is_some()),
            downloaded: state.map_or(0, |state| state.downloaded),
            last_s: state.and_then(|state| state.last).map(|last| last.0),
            device: device.map(|device| device.as_str().to_owned()),
        });
    }
    Ok(rows)
}

fn not_changed(error: PeopleError) -> NotChanged {
    let refusal = match error {
        PeopleError::Refused(refusal) => refusal,
        PeopleError::Mail(refused) => {
            return NotChanged::Refused(Refused::Other(refused.to_string()));
        }
        PeopleError::Fault(fault) => return NotChanged::Fault(fault),
    };
    let refused = match refusal {
        Refusal::WrongCode => Refused::WrongCode,
        Refusal::NothingBegun => Refused::NothingBegun,
        Refusal::WrongPasskey(_) => Refused::WrongPasskey,
        Refusal::NoSecondFactor => Refused::NoSecondFactor,
        Refusal::WeakPassword(characters_min) => Refused::WeakPassword { characters_min },
        Refusal::DeviceExists(_) | Refusal::TokenExists(_) => Refused::NameTaken,
        Refusal::NoSuchDevice(_) | Refusal::NoSuchToken(_) => Refused::NoSuchName,
        Refusal::DeviceName(octets_max) => Refused::BadName { octets_max },
        Refusal::TooMany { max, .. } => Refused::TooMany { max },
        Refusal::TokenDays(max) => Refused::BadDays { max },
        Refusal::Pop3(words) => Refused::BadPop3(words),
        other @ (Refusal::NoSuchDomain(_)
        | Refusal::DomainExists(_)
        | Refusal::DomainTargeted { .. }
        | Refusal::DomainInUse { .. }
        | Refusal::AddressTaken(_)
        | Refusal::SameAddress(_)
        | Refusal::SubAddress
        | Refusal::NoSuchUser(_)
        | Refusal::NoSuchAlias(_)
        | Refusal::AliasTarget(_)
        | Refusal::Targeted(_)
        | Refusal::AliasDepth(_)
        | Refusal::IdentityExists(_)
        | Refusal::NoSuchIdentity(_)
        | Refusal::Address { .. }) => Refused::Other(other.to_string()),
    };
    NotChanged::Refused(refused)
}
