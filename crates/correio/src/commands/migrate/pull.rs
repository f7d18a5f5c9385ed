//! What comes before the migration of a POP3 account: its mail is brought here, and stays there.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use pop3::client::pull::{Go, Progress, WithoutIds};
use sync::companion::{AtProvider, ProviderAccount};
use sync::{Network, PullExtent, Service, Trouble, Wanted, planned, pulled};

use crate::companion::{ended, enter, language, now, place, with_account};
use crate::context::Context;
use crate::output::line;
use crate::progress::Bar;

/// Brings the mail of an account here; or says what it would, when nothing is to be done.
pub(super) async fn first(
    context: &Context,
    account: &ProviderAccount,
    network: &dyn Network,
    stop: &AtomicBool,
    dry_run: bool,
) -> Result<()> {
    let (at_provider, without_ids) = (AtProvider::Keep, WithoutIds::Leave);
    let (octets_max, extent) = (None, PullExtent::Whole);
    let wanted = Wanted { at_provider, octets_max, without_ids, extent };
    let (endpoint, text) = (place(account, Service::Pop3)?, language());
    let client = enter(context, account, network).await?;
    let say = |lines: Vec<String>| match context.json {
        true => Ok(()),
        false => lines.iter().try_for_each(|text| line(text)),
    };
    if dry_run {
        let planning = with_account(context, account, Service::Pop3, async |mail| {
            planned(client, mail, &wanted, now()).await
        });
        let (plan, closed) = planning.await?;
        return match plan {
            Ok(plan) => {
                say(text.plan(&plan))?;
                ended(None, closed)
            }
            Err(fault) => ended(Some(Trouble::of_pull(fault, endpoint)), closed),
        };
    }
    let mut bar = Bar::new();
    let mut watch = |progress: Progress| {
        bar.transfer(text.pulling(), progress.octets, progress.octets_expected);
        if stop.load(Ordering::Relaxed) { Go::Stop } else { Go::On }
    };
    let pulling = with_account(context, account, Service::Pop3, async |mail| {
        pulled(client, mail, &wanted, now(), &mut watch).await
    })
    .await;
    bar.clear();
    let (mut done, closed) = pulling?;
    say(text.done(&done, &wanted))?;
    ended(done.fault.take().map(|fault| Trouble::of_pull(fault, endpoint)), closed)
}
