//! `correio outbox`: what waits to be sent.

use anyhow::Result;
use clap::{Args, Subcommand};
use machine::{Size, SystemClock};
use mailbox::Clock as _;
use sync::Exit;
use sync::companion::ProviderAccount;
use sync::outbox::{OutboxShelf as _, Parcel, Progress, Waits, WhichParcels};

use super::send::Row;
use crate::companion::{failed, from_of, language, read, to_of};
use crate::context::Context;
use crate::outbox::{Ran, Shows, find, has_outbox, of_run, outbox_of, run, stored, turn};
use crate::output::{json, line, table, warning};
use crate::runs::{About, noted};

/// What waits to be sent: list it, send it, look at it, take it out
///
/// Without a command it is listed. Exit status: as that of `correio send`.
#[derive(Args)]
pub(crate) struct Outbox {
    #[command(subcommand)]
    what: Option<What>,
}

/// What is done with it.
#[derive(Subcommand)]
enum What {
    /// List what waits
    List,
    /// Send what is due, and put the copies into Sent that are not there yet
    Send {
        /// Only that of this account, by its name or address
        #[arg(value_name = "NAME")]
        account: Option<String>,
    },
    /// Show a message, and how far each recipient is
    Show {
        /// The message, or the beginning of its name
        id: String,
    },
    /// Try messages again now, those too that were refused
    Retry {
        /// The messages, or the beginnings of their names
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
    /// Take messages out; they are not sent any more
    Remove {
        /// The messages, or the beginnings of their names
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
}

impl Outbox {
    /// What the record of it says; only of sending one is kept.
    pub(super) fn about(&self) -> Option<About> {
        let Some(What::Send { account }) = &self.what else { return None };
        Some(About { verb: "outbox send", account: account.clone(), ..About::default() })
    }

    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self.what.unwrap_or(What::List) {
            What::List => list(context),
            What::Send { account } => send(context, account.as_deref()).await,
            What::Show { id } => show(context, &id),
            What::Retry { ids } => retry(context, &ids).await,
            What::Remove { ids } => remove(context, &ids).await,
        }
    }
}

/// A message and whose it is.
type Listed = (ProviderAccount, Parcel);

/// Lists all messages of all accounts.
pub(super) fn list(context: &Context) -> Result<()> {
    let (companion, text) = (read(&context.folder()?)?, language());
    let mut all: Vec<Listed> = Vec::new();
    for account in &companion.accounts {
        if !has_outbox(context, account)? {
            continue;
        }
        let list = outbox_of(context, account)?.list().map_err(stored)?;
        for name in &list.unreadable {
            warning(&text.unreadable_parcel(name))?;
        }
        all.extend(list.parcels.into_iter().map(|parcel| (account.clone(), parcel)));
    }
    if context.json {
        let rows: Vec<Row> = all.iter().map(|(account, parcel)| Row::of(account, parcel)).collect();
        return json(&rows);
    }
    if all.is_empty() {
        return text.outbox_done(0, 0, 0).iter().try_for_each(|text| line(text));
    }
    let shown = |what: &str| what.chars().take(SHOWN_CHARACTERS_MAX).collect::<String>();
    let (account, to) = (text.of("account", "conta"), text.of("to", "para"));
    let (size, state) = (text.of("size", "tamanho"), text.of("state", "estado"));
    table(
        &all,
        &[
            ("id", &|(_, parcel): &Listed| parcel.id.to_string()),
            (account, &|(account, _)| account.name.to_string()),
            (to, &|(_, parcel)| shown(&to_of(&parcel.envelope))),
            (size, &|(_, parcel)| Size(parcel.envelope.octets).to_string()),
            (state, &|(_, parcel)| text.parcel_state(parcel)),
            (text.of("subject", "assunto"), &|(_, parcel)| shown(&parcel.envelope.subject)),
        ],
    )
}

const SHOWN_CHARACTERS_MAX: usize = 40;

fn show(context: &Context, id: &str) -> Result<()> {
    let companion = read(&context.folder()?)?;
    let (account, parcel) = find(context, &companion, id)?;
    if context.json {
        return json(&Row::of(&account, &parcel));
    }
    let text = language();
    let since = machine::seconds_text(parcel.envelope.queued_at);
    let mut lines = vec![
        ("id", parcel.id.to_string()),
        (text.of("account", "conta"), account.name.to_string()),
        (text.of("since", "desde"), since),
        (text.of("from", "de"), from_of(&parcel.envelope)),
        (text.of("subject", "assunto"), parcel.envelope.subject.clone()),
        ("Message-ID", sync::shown(&parcel.envelope.message_id)),
        (text.of("size", "tamanho"), Size(parcel.envelope.octets).to_string()),
        (text.of("state", "estado"), text.parcel_state(&parcel)),
    ];
    lines.extend(parcel.state.trouble.clone().map(|why| (text.of("because", "porque"), why)));
    for (what, said) in &lines {
        line(&format!("{what:<12}{said}"))?;
    }
    for recipient in &parcel.state.recipients {
        let address = sync::shown(&recipient.address);
        line(&format!("  {address}: {}", text.recipient_state(recipient)))?;
    }
    line("")?;
    let octets = outbox_of(context, &account)?.part(&parcel.id, 0).map_err(stored)?;
    let octets = octets.get(..SHOWN_OCTETS_MAX.min(octets.len())).unwrap_or_default();
    let harmless = |c: char| if c.is_control() && !matches!(c, '\n' | '\t') { ' ' } else { c };
    let shown = String::from_utf8_lossy(octets).replace("\r\n", "\n");
    line(shown.chars().map(harmless).collect::<String>().trim_end())
}

/// So much of a message is shown.
const SHOWN_OCTETS_MAX: usize = 4_096;

pub(super) async fn send(context: &Context, account: Option<&str>) -> Result<()> {
    let companion = read(&context.folder()?)?;
    let accounts = match account {
        Some(name) => vec![companion.account(name)?.clone()],
        None => companion.accounts.clone(),
    };
    let mut all: Vec<(ProviderAccount, Option<Ran>)> = Vec::new();
    for account in accounts {
        if has_outbox(context, &account)? {
            let ran = run(context, &account, WhichParcels::Due, Shows::Progress).await?;
            all.push((account, ran));
        }
    }
    tell(context, &all)
}

/// Says what came of runs, and ends by that.
fn tell(context: &Context, all: &[(ProviderAccount, Option<Ran>)]) -> Result<()> {
    let text = language();
    let (mut sent, mut waiting, mut decided) = (0_usize, 0_usize, 0_usize);
    let mut shown = Vec::new();
    for (account, ran) in all {
        let Some(ran) = ran else {
            warning(&format!("{}: {}", account.name, text.busy_outbox()))?;
            continue;
        };
        for parcel in &ran.parcels {
            shown.push(Row::of(account, parcel));
            let count = match parcel.state.waits() {
                Waits::ForNothing => &mut sent,
                Waits::ForServer(_) | Waits::ForCopy(_) => &mut waiting,
                Waits::ForPerson => &mut decided,
            };
            *count = count.saturating_add(1);
        }
    }
    noted(context, &serde_json::json!({ "sent": sent, "waiting": waiting, "decided": decided }));
    match context.json {
        true => json(&shown)?,
        false => {
            let lines = text.outbox_done(sent, waiting, decided);
            lines.iter().try_for_each(|text| line(text))?;
        }
    }
    let ran = || all.iter().filter_map(|(_, ran)| ran.as_ref());
    for why in ran().filter_map(|ran| ran.copy_trouble.as_ref()) {
        warning(why)?;
    }
    match ran().find_map(|ran| ran.trouble.clone()) {
        Some((exit, why)) => Err(failed(exit, why)),
        None if decided > 0 => Err(failed(Exit::NeedsPerson, text.incomplete())),
        None => Ok(()),
    }
}

async fn retry(context: &Context, ids: &[String]) -> Result<()> {
    let (companion, text) = (read(&context.folder()?)?, language());
    let (mut trouble, mut undone) = (None, false);
    for id in ids {
        let (account, parcel) = find(context, &companion, id)?;
        let outbox = outbox_of(context, &account)?;
        let Some(taken) = turn(&outbox).await? else {
            return Err(failed(Exit::Network, text.busy_outbox()));
        };
        let parcel = outbox.parcel(&parcel.id).map_err(stored)?;
        let Some(mut parcel) = parcel else { continue };
        parcel.state.retry(SystemClock.now());
        taken.keep(&parcel.id, &parcel.state).map_err(stored)?;
        drop(taken);
        let which = WhichParcels::These(vec![parcel.id.clone()]);
        let Some(ran) = run(context, &account, which, Shows::Progress).await? else {
            line(text.busy_outbox())?;
            continue;
        };
        if let Some(parcel) = of_run(&ran, &parcel.id) {
            match context.json {
                true => json(&Row::of(&account, parcel))?,
                false => text.sent_parcel(parcel).iter().try_for_each(|text| line(text))?,
            }
            undone |= !matches!(parcel.state.waits(), Waits::ForNothing | Waits::ForCopy(_));
        }
        trouble = trouble.or(ran.trouble);
    }
    match trouble {
        Some((exit, why)) => Err(failed(exit, why)),
        None if undone => Err(failed(Exit::NeedsPerson, text.incomplete())),
        None => Ok(()),
    }
}

async fn remove(context: &Context, ids: &[String]) -> Result<()> {
    let (companion, text) = (read(&context.folder()?)?, language());
    for id in ids {
        let (account, parcel) = find(context, &companion, id)?;
        let outbox = outbox_of(context, &account)?;
        let Some(taken) = turn(&outbox).await? else {
            return Err(failed(Exit::Network, text.busy_outbox()));
        };
        // It may have gone out while we waited.
        let Some(parcel) = outbox.parcel(&parcel.id).map_err(stored)? else {
            return Err(failed(Exit::NeedsPerson, text.no_parcel(id)));
        };
        taken.remove(&parcel.id).map_err(stored)?;
        let has_gone = parcel.state.has(Progress::Sent) || parcel.state.answers_lost > 0;
        let id = parcel.id.as_str();
        let said = if has_gone { text.removed_sent(id) } else { text.removed_parcel(id) };
        match context.json {
            true => json(&Row::of(&account, &parcel))?,
            false => line(&said)?,
        }
    }
    Ok(())
}
