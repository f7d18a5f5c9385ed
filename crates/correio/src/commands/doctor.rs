//! `correio doctor`: examines all that can be wrong, and says what to do.

use anyhow::Result;
use clap::Args;
use sync::Exit;

use crate::companion::{failed, language};
use crate::context::Context;
use crate::doctor::{Level, Report, account, here};
use crate::overview::Overview;

/// Examine everything that can be wrong, and say what to do
///
/// The data folder, the room, the clock, the mail here, timers and repositories of backups; then of each account the password,
/// the server, its certificate, the login, what it can do, its folders, how full it is, and the last runs. What is wrong with one thing keeps no other
/// from being looked at. Nothing is changed. Of a host it looks at the same things here; `correio status` and `correio config check` say more of it.
///
/// Exit status: 0 nothing is bad, 1 wrong usage, 2 something is.
#[derive(Args)]
pub(crate) struct Doctor {
    /// Only this account, and this computer
    name: Option<String>,
}

impl Doctor {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let mut report = Report::new(context);
        let (companion, asked) = here::examine(&mut report, context).await?;
        let chosen = match &self.name {
            Some(name) => vec![companion.account(name)?],
            None => companion.accounts.iter().collect(),
        };
        let overview = Overview::of(context, &companion, &asked)?;
        for one in chosen {
            account::examine(&mut report, context, one).await?;
            let row = overview.accounts.iter().find(|row| row.name == one.name.as_str());
            if let Some(row) = row {
                account::runs(&mut report, row, &overview.next)?;
            }
        }
        match report.end()? {
            Level::Ok | Level::Warning => Ok(()),
            Level::Bad => Err(failed(Exit::NeedsPerson, language().something_bad())),
        }
    }
}
