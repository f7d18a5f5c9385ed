//! How a verb gets to the provider and to the account here, and how it ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use admin::{AdminFault, CompanionMail, Missing};
use anyhow::Result;
use clap::Args;
use host::provider::ProviderNetwork;
use machine::{Size, SystemClock};
use mailbox::{Clock as _, Timestamp};
use sasl::Pass;
use sync::companion::ProviderAccount;
use sync::{
    Endpoint, Exit, Imap, Login, Network, Pop3, RateLimited, Service, Submission, Trouble, open,
    open_imap, open_submission,
};

use super::{failed, language, lets_nobody_in, pass_of, storage, troubled, trust_of};
use crate::context::Context;

/// How fast a verb may be.
#[derive(Args, Clone, Copy)]
pub(crate) struct LimitRate {
    /// Read no more than this in a second, such as 500K
    #[arg(long, value_name = "SIZE")]
    limit_rate: Option<Size>,
}

impl LimitRate {
    /// The network, as fast as that.
    pub(crate) fn network(self) -> Box<dyn Network> {
        let network = ProviderNetwork::default();
        match self.limit_rate {
            Some(Size(octets_per_s)) => Box::new(RateLimited { network, octets_per_s }),
            None => Box::new(network),
        }
    }
}

/// Where a service of an account is.
pub(crate) fn place(account: &ProviderAccount, service: Service) -> Result<&Endpoint> {
    let missing =
        || failed(Exit::NeedsPerson, language().no_service(account.name.as_str(), service));
    account.place(service).ok_or_else(missing)
}

/// Logs in over POP3.
pub(crate) async fn enter(
    context: &Context,
    account: &ProviderAccount,
    network: &dyn Network,
) -> Result<Pop3> {
    let endpoint = place(account, Service::Pop3)?;
    entered(context, account, endpoint, async |login| open(network, login).await).await
}

/// Logs in over IMAP.
pub(crate) async fn enter_imap(
    context: &Context,
    account: &ProviderAccount,
    network: &dyn Network,
) -> Result<Imap> {
    let endpoint = place(account, Service::Imap)?;
    entered(context, account, endpoint, async |login| open_imap(network, login).await).await
}

/// Logs in; with another token, once, where the server does not take the one that should be good.
async fn entered<C>(
    context: &Context,
    account: &ProviderAccount,
    endpoint: &Endpoint,
    opens: impl AsyncFn(&Login<'_>) -> Result<C, Trouble>,
) -> Result<C> {
    let trust = trust_of(account)?;
    let login = async |pass: &Pass| {
        opens(&Login { endpoint, trust: &trust, user: &account.user, pass }).await
    };
    let pass = pass_of(context, account, None).await?;
    let done = match (login(&pass).await, &pass) {
        (Err(trouble), Pass::Token(refused)) if trouble.is_about_token() => {
            let another = pass_of(context, account, Some(refused)).await?;
            login(&another).await
        }
        (done, _) => done,
    };
    done.map_err(|trouble| lets_nobody_in(&trouble, account))
}

/// Logs in to send.
pub(crate) async fn enter_submission(
    context: &Context,
    account: &ProviderAccount,
    network: &dyn Network,
) -> Result<Submission> {
    let endpoint = place(account, Service::Submission)?;
    entered(context, account, endpoint, async |login| open_submission(network, login).await).await
}

/// Works on the account here, which is given back at the end. Gives what came of the work, and how the store closed.
pub(crate) async fn with_account<T>(
    context: &Context,
    account: &ProviderAccount,
    service: Service,
    work: impl AsyncFnOnce(CompanionMail<'_>) -> (CompanionMail<'_>, T),
) -> Result<(T, Result<(), AdminFault>)> {
    let remote = sync::remote_id(place(account, service)?, &account.user);
    let mut local = context.reach(Missing::Refuse).await?;
    let mail = local.companion(&account.local, remote).await.map_err(storage)?;
    let (mail, done) = work(mail).await;
    let closed = match mail.finish().await {
        Ok(()) => local.close().await,
        Err(fault) => Err(fault),
    };
    Ok((done, closed))
}

/// How a verb ends: by its own trouble, or else by that of the store, which is told by the former where it has failed.
pub(crate) fn ended(trouble: Option<Trouble>, closed: Result<(), AdminFault>) -> Result<()> {
    match trouble {
        Some(trouble) => Err(troubled(&trouble, language().0)),
        None => closed.map_err(storage),
    }
}

/// The time.
pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

/// Set when somebody interrupts: what is on its way still comes, and the session ends in good order. The second time
/// ends the program.
pub(crate) fn stop_on_interrupt() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&stop);
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if set.swap(true, Ordering::Relaxed) {
                std::process::exit(i32::from(Exit::Network.code()));
            }
        }
    });
    stop
}
