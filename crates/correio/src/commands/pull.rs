//! `correio pull`: brings new mail from a provider onto this computer.

use std::io::Write as _;
use std::sync::atomic::Ordering;
use std::time::Instant;

use anyhow::Result;
use clap::Args;
use machine::Size;
use pop3::client::pull::{Go, Progress, WithoutIds};
use serde::Serialize;
use sync::companion::{AtProvider, ProviderAccount};
use sync::{Exit, Pop3, PullDone, PullExtent, Service, Trouble, Wanted, planned, pulled};

use crate::companion::{
    LimitRate, Text, change, ended, enter, failed, language, now, place, read, somebody_is_there,
    stop_on_interrupt, troubled, with_account,
};
use crate::context::Context;
use crate::output::{json, line};
use crate::progress::Bar;
use crate::runs::{About, Ends, ends, noted};

/// Bring new mail from a provider's POP3 server onto this computer
///
/// A message is deleted at the provider only when it is safe on this computer, was read back from the disk, and you have
/// said that it should be deleted there. A pull that is cut off is simply run again: nothing is lost and nothing comes
/// twice. What you say about mail at the provider is remembered for the account; the first pull on a terminal asks.
///
/// Exit status: 0 done, 1 wrong usage, 2 a person has to do something (a certificate, a password file), 3 the provider
/// lets nobody in, 4 the network or the server, 5 the store here, 6 refused for safety, 7 what is here is not what came.
#[derive(Args)]
pub(crate) struct Pull {
    /// The account, as `correio account list` names it
    name: String,
    /// Delete mail at the provider once it is safe here
    #[arg(long = "move", group = "at_provider")]
    moves: bool,
    /// Leave mail at the provider
    #[arg(long, group = "at_provider")]
    keep: bool,
    /// Delete mail at the provider so many days after it came here
    #[arg(long, group = "at_provider", value_name = "N")]
    keep_days: Option<u32>,
    /// Delete mail at the provider when it is deleted here
    #[arg(long, group = "at_provider")]
    until_local_delete: bool,
    /// Leave larger messages at the provider, such as 5M; `none`: take all sizes
    #[arg(long, value_name = "SIZE", value_parser = size_or_none)]
    larger_than_leave: Option<SizeOrNone>,
    /// Take only the headers of what is new, so that you see what waits; the rest stays at the provider until it is asked for
    ///
    /// Nothing is deleted at the provider of which only the header is here. A later pull without this brings all of them whole.
    #[arg(long, conflicts_with = "body")]
    headers_only: bool,
    /// Bring the message whole of which only the header is here: what stands in it; can be said several times
    #[arg(long, value_name = "ID")]
    body: Vec<String>,
    #[command(flatten)]
    rate: LimitRate,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

/// A size, or none.
#[derive(Clone, Copy)]
struct SizeOrNone(Option<u64>);

fn size_or_none(text: &str) -> Result<SizeOrNone, machine::SizeFault> {
    if text == "none" {
        return Ok(SizeOrNone(None));
    }
    text.parse().map(|Size(octets)| SizeOrNone(Some(octets)))
}

impl Pull {
    /// What its record is about.
    pub(super) fn about(&self) -> About {
        let account = Some(self.name.clone());
        About { verb: "pull", account, dry_run: self.dry_run, ..About::default() }
    }

    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let (folder, text) = (context.folder()?, language());
        let account = read(&folder)?.account(&self.name)?.clone();
        let said = self.said();
        let chosen = match said.or(account.pull) {
            Some(chosen) => Some(chosen),
            None if somebody_is_there() && !context.json && !self.dry_run => Some(asked(text)?),
            None => None,
        };
        let octets_max = self.larger_than_leave.map_or(account.larger_than_leave, |it| it.0);
        let wanted = Wanted {
            at_provider: chosen.unwrap_or_default(),
            octets_max,
            without_ids: if self.moves { WithoutIds::Remove } else { WithoutIds::Leave },
            extent: self.extent(&account),
        };
        let begun = Instant::now();
        let mut client = enter(context, &account, &*self.rate.network()).await?;
        if self.headers_only {
            can_give_headers(&mut client, &account).await?;
        }
        let is_new = chosen != account.pull || octets_max != account.larger_than_leave;
        if is_new && !self.dry_run {
            change(&folder, |companion| {
                let account = companion.account_mut(account.name.as_str())?;
                (account.pull, account.larger_than_leave) = (chosen, octets_max);
                Ok(())
            })
            .await?;
            if let Some(chosen) = chosen.filter(|_| !context.json && chosen != account.pull) {
                line(&text.remembered(account.name.as_str(), chosen))?;
            }
        }
        let work = Work { context, account: &account, wanted, text };
        if self.dry_run { work.plan(client).await } else { work.pull(client, begun).await }
    }

    /// How much of which messages.
    fn extent(&self, account: &ProviderAccount) -> PullExtent {
        match (self.headers_only, self.body.is_empty()) {
            (true, _) => PullExtent::Headers { account: account.name.to_string() },
            (false, true) => PullExtent::Whole,
            (false, false) => PullExtent::These(self.body.clone()),
        }
    }

    /// What was said on the command line.
    fn said(&self) -> Option<AtProvider> {
        match (self.moves, self.keep, self.keep_days, self.until_local_delete) {
            (true, ..) => Some(AtProvider::Move),
            (_, true, ..) => Some(AtProvider::Keep),
            (_, _, Some(days), _) => Some(AtProvider::KeepDays(days)),
            (.., true) => Some(AtProvider::UntilLocalDelete),
            (false, false, None, false) => None,
        }
    }
}

/// Refuses headers from a server that says that it gives none (TOP, RFC 1939, 7).
async fn can_give_headers(client: &mut Pop3, account: &ProviderAccount) -> Result<()> {
    let (text, endpoint) = (language(), place(account, Service::Pop3)?);
    let capabilities = client.capabilities().await;
    let capabilities =
        capabilities.map_err(|fault| troubled(&Trouble::of_session(fault, endpoint), text.0))?;
    if capabilities.answered && !capabilities.top {
        return Err(failed(Exit::NeedsPerson, text.no_headers(&endpoint.host)));
    }
    Ok(())
}

/// Asks what becomes of the mail at the provider.
fn asked(text: Text) -> Result<AtProvider> {
    let answer = |prompt: &str| -> Result<String> {
        write!(std::io::stderr(), "{prompt}")?;
        let mut line = String::new();
        std::io::stdin().read_line(&mut line)?;
        Ok(line.trim().to_owned())
    };
    let wrong = || failed(Exit::NeedsPerson, text.no_choice());
    match answer(text.ask_policy())?.as_str() {
        "" | "1" => Ok(AtProvider::Keep),
        "2" => Ok(AtProvider::Move),
        "3" => match answer(text.ask_days())?.as_str() {
            "" => Ok(AtProvider::KeepDays(30)),
            days => days.parse().map(AtProvider::KeepDays).map_err(|_| wrong()),
        },
        "4" => Ok(AtProvider::UntilLocalDelete),
        _ => Err(wrong()),
    }
}

/// One pull, once somebody is logged in.
struct Work<'w> {
    context: &'w Context,
    account: &'w ProviderAccount,
    wanted: Wanted,
    text: Text,
}

impl Work<'_> {
    async fn plan(self, client: Pop3) -> Result<()> {
        let planning = with_account(self.context, self.account, Service::Pop3, async |mail| {
            planned(client, mail, &self.wanted, now()).await
        });
        let (plan, closed) = planning.await?;
        let plan = match plan {
            Ok(plan) => plan,
            Err(fault) => return ended(Some(self.trouble(fault)?), closed),
        };
        ended(None, closed)?;
        if self.context.json {
            return json(&PlanRow {
                account: self.account.name.to_string(),
                listed: plan.listed,
                take: plan.take,
                take_octets: plan.take_octets,
                delete: plan.remove,
                headers: plan.headers,
                held: plan.held,
                left: plan.left,
                unsure: plan.unsure,
            });
        }
        self.text.plan(&plan).iter().try_for_each(|text| line(text))
    }

    async fn pull(self, client: Pop3, begun: Instant) -> Result<()> {
        let stop = stop_on_interrupt();
        let mut bar = Bar::new();
        let what = self.text.pulling();
        let mut watch = |progress: Progress| {
            bar.transfer(what, progress.octets, progress.octets_expected);
            if stop.load(Ordering::Relaxed) { Go::Stop } else { Go::On }
        };
        let due = ends::due(self.context, self.account.name.as_str());
        let pulling = with_account(self.context, self.account, Service::Pop3, async |mail| {
            let (mut mail, done) = pulled(client, mail, &self.wanted, now(), &mut watch).await;
            let has_changed = done.new > 0 || done.summary.removed > 0;
            let standing = match done.fault.is_none() && (has_changed || due.figures) {
                true => ends::of_maildrop(&mut mail, &done.summary).await,
                false => None,
            };
            (mail, (done, Ends { standing, room: None }))
        })
        .await;
        bar.clear();
        let ((mut done, ends), closed) = pulling?;
        self.tell(&done, begun, ends)?;
        if !done.not_met.is_empty() && done.fault.is_none() {
            ended(None, closed)?;
            return Err(failed(Exit::NeedsPerson, self.text.no_such_body(&done.not_met)));
        }
        let trouble = done.fault.take().map(|fault| self.trouble(fault)).transpose()?;
        ended(trouble, closed)?;
        if done.summary.unreadable > 0 {
            return Err(failed(Exit::Verification, self.text.incomplete()));
        }
        if done.summary.refused > 0 {
            return Err(failed(Exit::Network, self.text.incomplete()));
        }
        Ok(())
    }

    fn tell(&self, done: &PullDone, begun: Instant, ends: Ends) -> Result<()> {
        let summary = &done.summary;
        let row = DoneRow {
            account: self.account.name.to_string(),
            at_provider: self.wanted.at_provider.to_string(),
            complete: done.fault.is_none() && !summary.stopped,
            listed: summary.listed,
            new: done.new,
            taken: summary.taken,
            taken_octets: summary.taken_octets,
            headers: summary.headers,
            deleted: summary.removed,
            held_before: summary.held_before,
            left_without_id: summary.kept_without_id,
            left_too_large: summary.too_large,
            waiting: summary.waiting,
            refused: summary.refused,
            unreadable: summary.unreadable,
            seconds: begun.elapsed().as_secs_f64(),
            ends,
        };
        noted(self.context, &row);
        if self.context.json {
            return json(&row);
        }
        let lines = self.text.done(done, &self.wanted);
        lines.iter().try_for_each(|text| line(text))
    }

    fn trouble(&self, fault: pop3::client::pull::PullFault) -> Result<Trouble> {
        Ok(Trouble::of_pull(fault, place(self.account, Service::Pop3)?))
    }
}

#[derive(Serialize)]
struct PlanRow {
    account: String,
    listed: u32,
    take: u32,
    take_octets: u64,
    delete: u32,
    headers: u32,
    held: u32,
    left: u32,
    unsure: u32,
}

#[derive(Serialize)]
struct DoneRow {
    account: String,
    at_provider: String,
    complete: bool,
    listed: u32,
    new: u64,
    taken: u32,
    taken_octets: u64,
    headers: u32,
    deleted: u32,
    held_before: u32,
    left_without_id: u32,
    left_too_large: u32,
    waiting: u32,
    refused: u32,
    unreadable: u32,
    seconds: f64,
    #[serde(flatten)]
    ends: Ends,
}
