//! `correio account`: accounts at providers.

mod add;
mod consent;
mod login;
mod set;
mod show;

use anyhow::Result;
use clap::Subcommand;
use host::provider::ProviderNetwork;
use sync::Exit;

use crate::companion::{enter, enter_imap, enter_submission, failed, language, local_users, read};
use crate::context::Context;
use crate::outbox::{clear_outbox, has_outbox, outbox_of, stored};
use crate::output::line;
use crate::show::show as show_answer;

/// Accounts at providers, whose mail `correio pull` and `correio mirror` bring onto this computer, and over which `correio send` sends
///
/// Exit status of these: 0 done, 1 wrong usage, 2 a person has to do something (a certificate, a server that was not
/// found), 3 the provider lets nobody in, 4 the network, 5 the store here, 6 refused for safety, 7 what is here is not what
/// came.
#[derive(Subcommand)]
pub(crate) enum Account {
    Add(Box<add::Add>),
    Set(Box<set::Set>),
    /// List the accounts
    List,
    /// Show an account and what is set for it
    Show {
        /// The account
        name: String,
    },
    /// Log in at the provider, and say what it has and can do
    Test {
        /// The account
        name: String,
    },
    Login(login::Login),
    /// Remove an account, and its mail from this computer
    ///
    /// What is at the provider stays there.
    Remove {
        /// The account
        name: String,
        /// Keep the mail that is here
        #[arg(long)]
        keep_mail: bool,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

impl Account {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Account::Add(add) => add.run(context).await,
            Account::Set(set) => set.run(context).await,
            Account::List => show::list(context),
            Account::Show { name } => show::one(context, &name),
            Account::Login(login) => login.run(context).await,
            Account::Test { name } => test(context, &name).await,
            Account::Remove { name, keep_mail, yes } => {
                remove(context, &name, keep_mail, yes).await
            }
        }
    }
}

async fn test(context: &Context, name: &str) -> Result<()> {
    let companion = read(&context.folder()?)?;
    let account = companion.account(name)?;
    let network = ProviderNetwork::default();
    if account.pop3.is_some() {
        let mut client = enter(context, account, &network).await?;
        show::state(context, account, &mut client).await?;
        drop(client.quit().await);
    }
    if account.imap.is_some() {
        let mut client = enter_imap(context, account, &network).await?;
        show::imap_state(context, account, &mut client).await?;
        drop(client.log_out().await);
    }
    if account.submission.is_some() {
        let client = enter_submission(context, account, &network).await?;
        show::submission_state(context, account, &client)?;
        client.quit().await;
    }
    Ok(())
}

async fn remove(context: &Context, name: &str, keep_mail: bool, yes: bool) -> Result<()> {
    let folder = context.folder()?;
    let account = read(&folder)?.account(name)?.clone();
    let local = account.local.clone();
    if has_outbox(context, &account)? {
        let list = outbox_of(context, &account)?.list().map_err(stored)?;
        if !list.parcels.is_empty() || !list.unreadable.is_empty() {
            return Err(failed(Exit::Refused, language().waiting_mail(account.name.as_str())));
        }
    }
    if !keep_mail {
        if !yes && !crate::companion::somebody_is_there() {
            let text = "the mail that is here would be gone for good; say --keep-mail or --yes";
            return Err(failed(Exit::Refused, text));
        }
        super::user::certain(&format!("All mail of {local} on this computer"), yes)?;
    }
    login::forgotten(context, &account).await?;
    crate::companion::change(&folder, |companion| Ok(companion.remove(name).map(drop)?)).await?;
    clear_outbox(context, &account)?;
    if keep_mail {
        let text = format!("{} is removed; its mail stays with {local}", account.name);
        return if context.json { show::removed(&account, true) } else { line(&text) };
    }
    if folder.is_used() && local_users(context).await?.contains(&local) {
        let task = admin::request::UserTask::Remove;
        let task = admin::Task::User { address: local.clone(), task };
        let answer = context.ask(task, admin::Missing::Refuse).await?;
        if !context.json {
            show_answer(context, answer, &local)?;
        }
    }
    if context.json {
        show::removed(&account, false)
    } else {
        line(&format!("{} is removed", account.name))
    }
}
