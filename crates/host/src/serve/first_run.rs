//! What a host needs to be of any use: a domain, and somebody in it.

use admin::Settings;
use admin::keep::{Folder, Keep};
use directory::{Address, Domain, NewUser, People, PeopleError, UserQuota};
use machine::{random, readable};
use sasl::Secret;

use super::ServeFault;
use crate::config::Config;

/// The user that the first run makes.
pub struct FirstUser {
    /// The address.
    pub address: String,
    /// The password. It is not kept.
    pub password: Secret,
}

/// Opens the mail store, clears up what an earlier host left half done, and gives the domain that the host goes by.
pub(super) async fn open(
    folder: &Folder,
    settings: &Settings,
    config: &Config,
    domain: Option<Domain>,
) -> Result<(Keep, Domain), ServeFault> {
    let configured = config.domain.as_deref().map(str::parse).transpose()?;
    let keep = admin::open(folder, settings.policy.clone()).await?;
    keep.people.sweep_removed().await?;
    keep.people.make_missing_accounts().await?;
    let domain = first_domain(&keep.people, domain.or(configured)).await?;
    Ok((keep, domain))
}

/// The domain that the host goes by: the one that was asked for, else the first there is, else the machine's own.
async fn first_domain(people: &People, wanted: Option<Domain>) -> Result<Domain, PeopleError> {
    if let Some(domain) = wanted {
        people.ensure_domain(&domain).await?;
        return Ok(domain);
    }
    let users = people.users()?;
    if let Some(user) = users.first() {
        return Ok(user.address.domain().clone());
    }
    if let Some(domain) = people.domains()?.into_iter().next() {
        return Ok(domain);
    }
    let domain = own_name();
    people.ensure_domain(&domain).await?;
    Ok(domain)
}

/// The machine's name when it has a full one, else `localhost`.
fn own_name() -> Domain {
    let system = rustix::system::uname();
    let name = system.nodename().to_str().unwrap_or("");
    let full = name.contains('.').then(|| name.parse().ok()).flatten();
    full.unwrap_or_else(Domain::localhost)
}

/// Makes `you@domain` with a random password when there is nobody at all. Mail for the
/// postmaster goes there too, as it goes to the first user of any host.
pub(super) async fn first_user(
    people: &People,
    domain: &Domain,
    config: &Config,
) -> Result<Option<FirstUser>, PeopleError> {
    if !people.is_empty()? {
        return Ok(None);
    }
    let address = Address::you(domain);
    let text = readable(&random::<10>()?);
    let quota = UserQuota {
        octets_max: config.quota.size.map(|size| size.0),
        messages_max: config.quota.messages,
    };
    let password = Secret::new(text);
    let new = NewUser { address: address.clone(), password: password.clone(), quota };
    people.add_user(new, config.scram_keys()).await?;
    Ok(Some(FirstUser { address: address.to_string(), password }))
}
