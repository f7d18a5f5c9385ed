//! Changes of domains, aliases and people. Each answer says what holds from now on.

use directory::{Address, AliasTarget, NewUser, OldAddress, Refusal, Renamed};

use super::{Desk, DeskFault, answers, domain_of, parsed, quota_of};
use crate::answer::{Answer, Changed, DomainRow, UserRow};
use crate::request::{AliasTask, DomainTask, IdentityTask, Password, QuotaAsked};

fn changed(what: Changed) -> Result<Answer, DeskFault> {
    Ok(Answer::Changed(what))
}

impl Desk {
    /// Does something with the domains.
    pub(super) async fn domains(&self, task: DomainTask) -> Result<Answer, DeskFault> {
        match task {
            DomainTask::Add(domain) => {
                let domain = domain_of(&domain)?;
                self.people.add_domain(&domain).await?;
                changed(Changed::DomainAdded { domain: domain.to_string() })
            }
            DomainTask::Remove(domain) => {
                let domain = domain_of(&domain)?;
                self.people.remove_domain(&domain).await?;
                changed(Changed::DomainRemoved { domain: domain.to_string() })
            }
            DomainTask::List => {
                let users = self.people.users()?;
                let rows = self.people.domains()?.into_iter().map(|domain| {
                    let users = users.iter().filter(|user| *user.address.domain() == domain);
                    let users = u64::try_from(users.count()).unwrap_or(u64::MAX);
                    DomainRow { domain: domain.to_string(), users }
                });
                Ok(Answer::Domains(rows.collect()))
            }
        }
    }

    /// Does something with the aliases.
    pub(super) async fn aliases(&self, task: AliasTask) -> Result<Answer, DeskFault> {
        match task {
            AliasTask::Set { address, targets } => {
                let target = |text: &String| {
                    let parsed = text.parse::<AliasTarget>();
                    parsed.map_err(|fault| Refusal::Address { text: text.clone(), fault })
                };
                let targets = targets.iter().map(target).collect::<Result<Vec<_>, _>>()?;
                let set = self.people.set_alias(&address, &targets).await?;
                changed(Changed::AliasSet {
                    address: set.alias.address,
                    targets: set.alias.targets,
                    before: set.before,
                    warnings: self.without_way_out(&address)?,
                })
            }
            AliasTask::Remove(address) => {
                let alias = self.people.remove_alias(&address).await?;
                let (address, targets) = (alias.address, alias.targets);
                changed(Changed::AliasRemoved { address, targets })
            }
            AliasTask::List => Ok(Answer::Aliases(answers::aliases(self.people.aliases()?))),
        }
    }

    /// What is wrong with an alias that leads to other hosts where no mail can leave.
    fn without_way_out(&self, alias: &str) -> Result<Vec<String>, DeskFault> {
        // The catch-all leads where any address of the domain does.
        let one = if alias.starts_with('@') { format!("any{alias}") } else { alias.to_owned() };
        let leads = self.people.leads(&parsed(&one)?)?;
        if self.settings.has_way_out || leads.elsewhere.is_empty() {
            return Ok(Vec::new());
        }
        let to = leads.elsewhere.join(", ");
        Ok(vec![format!(
            "it leads to {to} on another host, and no relay is configured: mail for it is refused until there is one"
        )])
    }

    /// Changes the identities of a user.
    pub(super) async fn change_identity(
        &self,
        user: &Address,
        task: IdentityTask,
    ) -> Result<Answer, DeskFault> {
        let address = user.to_string();
        match task {
            IdentityTask::Add(identity) => {
                let identity = parsed(&identity)?;
                self.people.add_identity(user, &identity).await?;
                changed(Changed::IdentityAdded { address, identity: identity.to_string() })
            }
            IdentityTask::Remove(identity) => {
                let identity = parsed(&identity)?;
                self.people.remove_identity(user, &identity).await?;
                changed(Changed::IdentityRemoved { address, identity: identity.to_string() })
            }
            IdentityTask::List => Ok(Answer::Identities(self.people.identities(user)?)),
        }
    }

    /// Adds a user. The first one of an empty store brings the domain along.
    pub(super) async fn add_user(
        &self,
        address: Address,
        password: &Password,
        quota: Option<QuotaAsked>,
    ) -> Result<Answer, DeskFault> {
        if self.people.domains()?.is_empty() {
            self.people.ensure_domain(address.domain()).await?;
        }
        let quota = quota.map_or_else(|| self.settings.quota.get(), quota_of);
        let new = NewUser { address: address.clone(), password: password.secret(), quota };
        self.people.add_user(new, self.settings.scram).await?;
        changed(Changed::UserAdded(self.row(&address).await?))
    }

    /// Sets a password.
    pub(super) async fn set_password(
        &self,
        user: &Address,
        password: &Password,
    ) -> Result<Answer, DeskFault> {
        self.people.set_password(user, &password.secret(), self.settings.scram).await?;
        changed(Changed::PasswordSet { address: user.to_string() })
    }

    /// Sets a quota.
    pub(super) async fn set_quota(
        &self,
        user: &Address,
        quota: QuotaAsked,
    ) -> Result<Answer, DeskFault> {
        self.people.set_quota(user, quota_of(quota)).await?;
        changed(Changed::QuotaSet(self.row(user).await?))
    }

    /// Removes a user with all mail.
    pub(super) async fn remove_user(&self, user: &Address) -> Result<Answer, DeskFault> {
        let row = self.row(user).await?;
        self.people.remove_user(user).await?;
        changed(Changed::UserRemoved(row))
    }

    /// Gives a user another address.
    pub(super) async fn rename_user(
        &self,
        user: &Address,
        (to, becomes): (&str, OldAddress),
    ) -> Result<Answer, DeskFault> {
        let to = parsed(to)?;
        let Renamed { aliases, identities } = self.people.rename_user(user, &to, becomes).await?;
        let (from, to, old_is_alias) =
            (user.to_string(), to.to_string(), becomes == OldAddress::Alias);
        changed(Changed::UserRenamed { from, to, old_is_alias, aliases, identities })
    }

    /// Lets nobody log in as a user.
    pub(super) async fn disable_user(&self, user: &Address) -> Result<Answer, DeskFault> {
        self.people.disable_user(user).await?;
        changed(Changed::UserDisabled { address: user.to_string() })
    }

    /// Lets a user log in again.
    pub(super) async fn enable_user(&self, user: &Address) -> Result<Answer, DeskFault> {
        self.people.enable_user(user).await?;
        changed(Changed::UserEnabled { address: user.to_string() })
    }

    /// Takes the second factors of a user away who lost them.
    pub(super) async fn reset_factors(&self, user: &Address) -> Result<Answer, DeskFault> {
        self.people.reset_factors(user).await?;
        changed(Changed::FactorsReset { address: user.to_string() })
    }

    /// Revokes an app password.
    pub(super) async fn remove_app_password(
        &self,
        user: &Address,
        device: &str,
    ) -> Result<Answer, DeskFault> {
        let device = self.people.remove_app_password(user, device).await?;
        changed(Changed::AppPasswordRemoved { address: user.to_string(), device })
    }

    /// Revokes an access token.
    pub(super) async fn remove_token(
        &self,
        user: &Address,
        device: &str,
    ) -> Result<Answer, DeskFault> {
        let device = self.people.remove_token(user, device).await?;
        changed(Changed::TokenRemoved { address: user.to_string(), device })
    }

    /// A user as an administrator sees them.
    pub(super) async fn row(&self, address: &Address) -> Result<UserRow, DeskFault> {
        let user = self.people.user(address)?;
        Ok(answers::user(&self.people, &user).await?)
    }
}
