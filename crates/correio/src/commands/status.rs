//! `correio status`: how the host and its store are, and what of the mail at providers is safe.

use admin::answer::Status as HostStatus;
use admin::{Answer, Missing};
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use sync::Exit;
use sync::companion::ServeFor;

use crate::companion::{Text, failed, language, read};
use crate::context::Context;
use crate::output::{Tint, json, line, tinted};
use crate::overview::{Advice, Asked, Overview, Urgency};
use crate::show::show;

/// Show how the host is, and what of the mail of your accounts at providers is safe
///
/// Of a host: its listeners, how many are connected over each protocol, the certificate's last day, mail that waits to be sent, the
/// room on the disk, the last backup, what is known of damage, when all mail was last read through, and what somebody should look
/// after.
///
/// Of accounts at providers: when each was last pulled or mirrored, backed up and tried out, what is only here and what is only
/// there, how full the provider is and when it will be full, and what to do next, the most urgent first. No connection is
/// needed: it is what the last runs found out.
///
/// Exit status: 0 done, 1 failed or wrong usage, 2 something about an account at a provider cannot wait.
#[derive(Args)]
pub(crate) struct Status {}

/// What `--json` prints.
#[derive(Serialize)]
struct Whole<'s> {
    /// How the host and the store are; none: another program has the store, or there is none.
    #[serde(flatten)]
    status: Option<&'s HostStatus>,
    /// The accounts at providers; none: there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    companion: Option<&'s Overview>,
}

impl Status {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let companion = read(&context.folder()?)?;
        if companion.accounts.is_empty() {
            let answer = context.ask(admin::Task::Status, Missing::Refuse).await?;
            return show(context, answer, "");
        }
        let asked = match context.reach_if_free().await {
            Ok(Some(client)) => Asked::of(client).await,
            Ok(None) => Ok(Asked::default()),
            Err(error) => Err(error),
        };
        let asked = asked.unwrap_or_else(|error| Asked::failed(&error));
        let overview = Overview::of(context, &companion, &asked)?;
        if context.json {
            json(&Whole { status: asked.status.as_ref(), companion: Some(&overview) })?;
        } else {
            let is_host = companion.serve == ServeFor::Everybody;
            let status = asked.status.filter(|status| is_host || status.host.is_some());
            if let Some(status) = status {
                show(context, Answer::Status(Box::new(status)), "")?;
                line("")?;
            }
            tell(&overview, language())?;
        }
        match overview.needs_person {
            true => Err(failed(Exit::NeedsPerson, language().something_to_do())),
            false => Ok(()),
        }
    }
}

fn tell(overview: &Overview, text: Text) -> Result<()> {
    for account in &overview.accounts {
        block(&format!("{} ({})", account.name, account.address), text.account_lines(account))?;
    }
    block(text.this_computer(), text.here_lines(&overview.here, &overview.running))?;
    if overview.next.is_empty() {
        return line(&tinted(text.nothing_to_do(), Tint::Green));
    }
    line(&tinted(text.next_title(), Tint::Bold))?;
    let numbered = (1_u32..).zip(&overview.next);
    numbered.into_iter().try_for_each(|(number, advice)| advise(number, advice))
}

/// A title, and labelled lines below it.
fn block(title: &str, lines: Vec<(&'static str, String)>) -> Result<()> {
    line(&tinted(title, Tint::Bold))?;
    for (label, said) in lines {
        let wide = 12_usize.saturating_sub(label.chars().count());
        line(format!("  {label}{:wide$}{said}", "").trim_end())?;
    }
    line("")
}

fn advise(number: u32, advice: &Advice) -> Result<()> {
    let tint = if advice.urgency == Urgency::Now { Tint::Red } else { Tint::None };
    let whose = advice.account.as_ref().map(|it| format!("{it}: ")).unwrap_or_default();
    line(&tinted(&format!("{number:>3}. {whose}{}", advice.text), tint))?;
    match advice.command.as_str() {
        "" => Ok(()),
        command => line(&format!("     {command}")),
    }
}
