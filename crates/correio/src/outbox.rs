//! What the verbs that send share: which account a message is sent from, how it comes into the outbox, and one run over that.

pub(crate) mod sysexits;

use std::time::Duration;

use admin::{Outbox, OutboxFault, OutboxTurn};
use anyhow::Result;
use host::provider::ProviderNetwork;
use machine::SystemClock;
use sasl::Pass;
use sync::companion::{Companion, ProviderAccount, SentBy};
use sync::outbox::{OutboxRun, Parcel, ParcelId, WhichParcels};
use sync::{Exit, Login, Service, Trouble};

use crate::companion::{
    Failed, Text, enter_imap, failed, language, lets_nobody_in, now, pass_of, place, trust_of,
    with_account,
};
use crate::context::Context;
use crate::progress::Bar;

/// Providers that put what is sent into Sent by themselves, by the ends of the names of their servers.
const FILE_BY_THEMSELVES: [&str; 2] = ["gmail.com", "googlemail.com"];
/// How long another run is waited for, in tenths of a second.
const TURN_TENTHS_MAX: u32 = 100;

/// What a run came to.
pub(crate) struct Ran {
    /// The messages of the account, those too that went out.
    pub(crate) parcels: Vec<Parcel>,
    /// What stood in the way of sending: how the program ends, and why.
    pub(crate) trouble: Option<(Exit, String)>,
    /// What stood in the way of a copy.
    pub(crate) copy_trouble: Option<String>,
}

/// How a run may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shows {
    /// Its progress, on a terminal.
    Progress,
    /// Nothing.
    Nothing,
}

/// The outbox of an account.
pub(crate) fn outbox_of(context: &Context, account: &ProviderAccount) -> Result<Outbox> {
    let outbox = Outbox::of(&context.folder()?, account.name.as_str());
    outbox.map_err(|error| stored(OutboxFault::from(error)))
}

/// The outbox does not do what it should.
pub(crate) fn stored(fault: OutboxFault) -> anyhow::Error {
    let text = language().outbox_fault(&fault);
    failed(Exit::Storage, text)
}

/// Waits for the turn; none: another run goes on, and takes what is there now as well.
pub(crate) async fn turn(outbox: &Outbox) -> Result<Option<OutboxTurn>> {
    for _ in 0..TURN_TENTHS_MAX {
        if let Some(turn) = outbox.turn(now()).map_err(stored)? {
            return Ok(Some(turn));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(None)
}

/// Sends what is due and makes the copies. None: another run goes on.
pub(crate) async fn run(
    context: &Context,
    account: &ProviderAccount,
    which: WhichParcels,
    shows: Shows,
) -> Result<Option<Ran>> {
    let outbox = outbox_of(context, account)?;
    let Some(turn) = turn(&outbox).await? else { return Ok(None) };
    let (clock, text) = (SystemClock, language());
    let mut run = OutboxRun::new(&turn, &clock, text.0, which).map_err(stored)?;
    let mut trouble = None;
    if run.is_due() {
        trouble = sent(context, account, &mut run, shows).await?;
    }
    let copy_trouble = copied(context, account, &mut run).await?;
    run.finish().map_err(stored)?;
    Ok(Some(Ran { parcels: run.parcels, trouble, copy_trouble }))
}

async fn sent(
    context: &Context,
    account: &ProviderAccount,
    run: &mut OutboxRun<'_, OutboxTurn>,
    shows: Shows,
) -> Result<Option<(Exit, String)>> {
    // What keeps us from logging in keeps nothing from waiting.
    let prepared = async {
        let endpoint = place(account, Service::Submission)?;
        Ok((endpoint, pass_of(context, account, None).await?, trust_of(account)?))
    };
    let (endpoint, pass, trust) = match prepared.await {
        Ok(prepared) => prepared,
        Err(error) => return Ok(Some(as_trouble(&error))),
    };
    let mut bar = (shows == Shows::Progress).then(Bar::new);
    let mut watch = |sent, of| {
        if let Some(bar) = &mut bar {
            bar.transfer(language().sending(), sent, of);
        }
    };
    let (network, user) = (ProviderNetwork::default(), &account.user);
    let login = Login { endpoint, trust: &trust, user, pass: &pass };
    let mut trouble = run.send(&network, &login, &mut watch).await.map_err(stored)?;
    // With another token, once, where the server does not take the one that should be good.
    if let (Some(true), Pass::Token(refused)) =
        (trouble.as_ref().map(Trouble::is_about_token), &pass)
    {
        match pass_of(context, account, Some(refused)).await {
            Ok(another) => {
                let login = Login { pass: &another, ..login };
                trouble = run.send(&network, &login, &mut watch).await.map_err(stored)?;
            }
            Err(error) => return Ok(Some(as_trouble(&error))),
        }
    }
    if let Some(bar) = &bar {
        bar.clear();
    }
    Ok(trouble.map(|trouble| as_trouble(&lets_nobody_in(&trouble, account))))
}

fn as_trouble(error: &anyhow::Error) -> (Exit, String) {
    let exit = error.downcast_ref::<Failed>().map_or(Exit::NeedsPerson, |failed| failed.exit);
    (exit, format!("{error:#}"))
}

/// Makes the copies in Sent that are due, and says what stood in the way.
async fn copied(
    context: &Context,
    account: &ProviderAccount,
    run: &mut OutboxRun<'_, OutboxTurn>,
) -> Result<Option<String>> {
    if run.copies_due() == 0 {
        return Ok(None);
    }
    if account.sent != SentBy::Usual || files_by_itself(account) {
        run.leave_copies().map_err(stored)?;
        return Ok(None);
    }
    let text = language();
    if account.imap.is_some() {
        return copied_there(context, account, run, text).await;
    }
    let copying = with_account(context, account, Service::Submission, async |mut mail| {
        let copied = run.copy_here(&mut mail).await;
        (mail, copied)
    });
    let why = match copying.await {
        Ok((Ok(()), Ok(()))) => return Ok(None),
        Ok((Ok(()), Err(fault))) => fault.to_string(),
        Ok((Err(sync::outbox::LocalFault::Shelf(fault)), _)) => return Err(stored(fault)),
        Ok((Err(sync::outbox::LocalFault::Local(fault)), _)) => fault.to_string(),
        Ok((Err(sync::outbox::LocalFault::Refused(why)), _)) => why,
        Err(error) => format!("{error:#}"),
    };
    run.hinder_copies(&why).map_err(stored)?;
    Ok(Some(why))
}

async fn copied_there(
    context: &Context,
    account: &ProviderAccount,
    run: &mut OutboxRun<'_, OutboxTurn>,
    text: Text,
) -> Result<Option<String>> {
    let entered = async {
        let endpoint = place(account, Service::Imap)?;
        Ok((endpoint, enter_imap(context, account, &ProviderNetwork::default()).await?))
    };
    match entered.await {
        Ok((endpoint, mut client)) => {
            let copied = run.copy_there(&mut client, endpoint).await.map_err(stored)?;
            drop(client.log_out().await);
            Ok(copied.map(|trouble: Trouble| trouble.tell(text.0)))
        }
        Err(error) => {
            let why = as_trouble(&error).1;
            run.hinder_copies(&why).map_err(stored)?;
            Ok(Some(why))
        }
    }
}

fn files_by_itself(account: &ProviderAccount) -> bool {
    let host = account.place(Service::Submission).map(|place| place.host.as_str());
    let is_of = |end: &&'static str| {
        let rest = host.and_then(|host| host.strip_suffix(*end));
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    FILE_BY_THEMSELVES.iter().any(is_of)
}

/// The accounts that can send.
pub(crate) fn senders(companion: &Companion) -> Vec<&ProviderAccount> {
    companion.accounts.iter().filter(|account| account.submission.is_some()).collect()
}

/// The account that has an address; the domain in any case.
pub(crate) fn account_of<'c>(
    accounts: &[&'c ProviderAccount],
    addresses: &[String],
) -> Option<&'c ProviderAccount> {
    let has = |account: &&&ProviderAccount| {
        addresses.iter().any(|address| account.address.eq_ignore_ascii_case(address))
    };
    accounts.iter().find(has).copied()
}

/// The account of an outbox, where a message is, by its name or by the beginning of that.
pub(crate) fn find(
    context: &Context,
    companion: &Companion,
    wanted: &str,
) -> Result<(ProviderAccount, Parcel)> {
    let mut found = Vec::new();
    for account in &companion.accounts {
        if !has_outbox(context, account)? {
            continue;
        }
        let list = outbox_of(context, account)?.list().map_err(stored)?;
        let fits = |parcel: &Parcel| parcel.id.as_str().starts_with(wanted);
        found.extend(list.parcels.into_iter().filter(fits).map(|it| (account.clone(), it)));
    }
    let text = language();
    match found.len() {
        0 => Err(failed(Exit::NeedsPerson, text.no_parcel(wanted))),
        1 => found.pop().ok_or_else(|| failed(Exit::NeedsPerson, text.no_parcel(wanted))),
        _ => Err(failed(Exit::NeedsPerson, text.many_parcels(wanted))),
    }
}

/// Whether an account has an outbox yet.
pub(crate) fn has_outbox(context: &Context, account: &ProviderAccount) -> Result<bool> {
    Ok(context.folder()?.outbox().join(account.name.as_str()).is_dir())
}

/// Removes the outbox of an account that goes, and in which nothing is.
pub(crate) fn clear_outbox(context: &Context, account: &ProviderAccount) -> Result<()> {
    if has_outbox(context, account)? {
        let outbox = outbox_of(context, account)?;
        outbox.clear().map_err(stored)?;
        let folder = context.folder()?.outbox().join(account.name.as_str());
        machine::files::remove_empty_folder(&folder)?;
    }
    Ok(())
}

/// One of the messages of a run.
pub(crate) fn of_run<'r>(ran: &'r Ran, id: &ParcelId) -> Option<&'r Parcel> {
    ran.parcels.iter().find(|parcel| parcel.id == *id)
}

/// Octets that no other message has, as letters and digits.
pub(crate) fn unique() -> Result<String> {
    let random: [u8; 10] = machine::random()?;
    Ok(machine::readable(&random).replace('-', ""))
}
