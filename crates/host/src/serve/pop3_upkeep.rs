//! What POP3 policies leave to the host: messages whose days are over are removed, and what devices had of messages that
//! are gone for good is forgotten.

use std::time::Duration;

use mailbox::{AccountId, Accounts, Door, Error, Fault, Who};
use tokio::sync::watch;
use tokio::time::sleep;

use super::Phase;

/// How often it is looked whether the days of a message are over.
const EVERY: Duration = Duration::from_secs(3600);

/// Works until it is dropped. The first round comes at once: a host that is started again every night must get to it, too.
pub(super) async fn work(accounts: &Accounts, phase: &watch::Receiver<Phase>) {
    loop {
        match round(accounts, phase).await {
            Ok(Round { removed: 0, failed: 0 }) => {}
            Ok(Round { removed, failed }) => {
                tracing::info!(removed, failed, "mail whose POP3 days were over was removed");
            }
            Err(fault) => tracing::error!(%fault, "POP3 days cannot be counted"),
        }
        sleep(EVERY).await;
    }
}

/// What one round came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Round {
    /// Messages that were removed.
    removed: u64,
    /// Accounts in which it did not work.
    failed: u64,
}

/// Looks at the accounts that keep mail for some days; where there are none, that costs nothing.
async fn round(accounts: &Accounts, phase: &watch::Receiver<Phase>) -> Result<Round, Fault> {
    let mut round = Round::default();
    let asking = accounts.clone();
    // The first time, all accounts are looked at for it.
    let terms = accounts.apart(move || asking.pop3_terms()).await??;
    if terms.expire_days.is_none() {
        return Ok(round);
    }
    for id in accounts.list()? {
        if *phase.borrow() == Phase::Stopping {
            break;
        }
        match of_account(accounts, id).await {
            Ok(removed) => round.removed = round.removed.saturating_add(removed),
            Err(error) => {
                round.failed = round.failed.saturating_add(1);
                tracing::error!(user = accounts.name(id), %error, "mail stays beyond its POP3 days");
            }
        }
        // People come first.
        tokio::task::yield_now().await;
    }
    Ok(round)
}

async fn of_account(accounts: &Accounts, id: AccountId) -> Result<u64, Error> {
    let account = match accounts.open(id, Who::at(Door::System)) {
        Ok(account) => account,
        // It was removed just now.
        Err(Error::Refused(_)) => return Ok(0),
        Err(fault) => return Err(fault),
    };
    if account.pop3_terms()?.expire_days.is_none() {
        return Ok(0);
    }
    let removed = account.pop3_upkeep().await?;
    if removed > 0 {
        tracing::info!(
            user = accounts.name(id),
            removed,
            "mail whose POP3 days were over was removed"
        );
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mailbox::memory::MemoryEngine;
    use mailbox::operations::Append;
    use mailbox::{
        Account, AccountId, Accounts, Device, Door, FlagNames, MailboxName, OnDelete, Policy,
        Pop3Choice, Pop3Ended, Pop3Policy, Quit, SetClock, Timestamp, UidSet, Who,
    };
    use tokio::sync::watch;

    use super::{Phase, Round, round};

    const DAY: i64 = 86_400;

    async fn with_mail(accounts: &Accounts, number: u32) -> Account {
        let who = Who { device: Some("PC".to_owned()), ..Who::at(Door::Pop3) };
        let account = accounts.create(AccountId(number), &who).await.unwrap();
        let inbox = account.find(&MailboxName::inbox()).unwrap().unwrap().id;
        for text in ["Subject: 1\r\n\r\n", "Subject: 2\r\n\r\n"] {
            let mut incoming = accounts.receive();
            incoming.write(text.as_bytes()).await.unwrap();
            let received = incoming.finish().await.unwrap();
            let flags = FlagNames::default();
            let append = Append { received, flags, internal_date: None, uidl: None };
            account.append(inbox, vec![append]).await.unwrap();
        }
        accounts.open(AccountId(number), who).unwrap()
    }

    async fn download_first(account: &Account) {
        let view = account.open_pop3().unwrap();
        let first: UidSet = view.state().entries.iter().take(1).map(|entry| entry.uid).collect();
        let ended = Pop3Ended { deleted: UidSet::default(), downloaded: first, quit: Quit::Yes };
        account.close_pop3(view, ended).await.unwrap();
    }

    fn messages(account: &Account) -> u64 {
        account.find(&MailboxName::inbox()).unwrap().unwrap().messages
    }

    #[tokio::test]
    async fn mail_goes_when_its_days_are_over_and_not_before() {
        let clock = Arc::new(SetClock::at(Timestamp(1_000_000_000)));
        let policy = Policy {
            message_octets_max: 1 << 20,
            retention_s: 14 * DAY,
            hot_octets_max: 1 << 20,
            pop3: Pop3Policy::default(),
            ..Policy::default()
        };
        let engine = Arc::new(MemoryEngine::new());
        let accounts = Accounts::new(engine, Arc::<SetClock>::clone(&clock), policy);
        let (_stop, phase) = watch::channel(Phase::Serving);
        let keeping = with_mail(&accounts, 1).await;
        let plain = with_mail(&accounts, 2).await;
        assert_eq!(round(&accounts, &phase).await.unwrap(), Round::default());
        let on_delete = Some(OnDelete::KeepDays(3));
        let choice = Pop3Choice { on_delete, ..Pop3Choice::default() };
        keeping.choose_pop3(Device::new("pc").as_ref(), choice).await.unwrap();
        for account in [&keeping, &plain] {
            download_first(account).await;
        }
        for (after, want) in [(3 * DAY - 1, 0), (3 * DAY + 1, 1), (30 * DAY, 0)] {
            clock.set(Timestamp(1_000_000_000 + after));
            let round = round(&accounts, &phase).await.unwrap();
            assert_eq!(round, Round { removed: want, failed: 0 }, "after {after} s");
        }
        assert_eq!((messages(&keeping), messages(&plain)), (1, 2));
        let retained = keeping.retained(10).unwrap();
        assert_eq!(
            (retained[0].who.door, retained[0].who.device.as_deref()),
            (Door::Pop3, Some("PC"))
        );
    }
}
