//! Those who let Ana and Bob in to pages.

use std::sync::Mutex;

use mailbox::{AccountId, Fault};
use sasl::{Denied, Login, Peer, Ready, Secret};
use web::{EndOf, FoundSession, NewSession, PageAttempt, PageLogins, PageSession};

use crate::people::said;

/// When all is: the time of the tests.
pub(crate) const NOW: i64 = 1_700_000_000;

/// The sessions, with their secrets.
#[derive(Default)]
pub(crate) struct Pages(pub(crate) Mutex<Vec<Kept>>);

#[derive(Clone)]
pub(crate) struct Kept {
    secret: Vec<u8>,
    pub(crate) session: PageSession,
    /// Whether its time begins anew when it is used next.
    pub(crate) is_due: bool,
}

impl Pages {
    pub(crate) fn of(&self, secret: &Secret) -> Option<PageSession> {
        let kept = self.0.lock().unwrap();
        kept.iter().find(|kept| secret.equals(&kept.secret)).map(|kept| kept.session.clone())
    }

    /// Changes what is kept of all sessions.
    pub(crate) fn change(&self, change: impl Fn(&mut Kept)) {
        self.0.lock().unwrap().iter_mut().for_each(change);
    }
}

impl PageLogins for Pages {
    fn log_in<'a>(&'a self, attempt: PageAttempt<'a>) -> Ready<'a, Result<NewSession, Denied>> {
        Box::pin(async move {
            let Login { account, address, device } =
                said(attempt.login, attempt.password.expose())?;
            assert_eq!(device, None, "the main password alone");
            let mut kept = self.0.lock().unwrap();
            let id = u64::try_from(kept.len()).unwrap() + 0xabc;
            let secret = format!("{id:x}").repeat(14)[..42].to_owned();
            let session = PageSession {
                id,
                account: AccountId(account),
                address,
                program: attempt.program.to_owned(),
                from: attempt.peer.address.map(|address| address.to_string()),
                made_s: NOW,
                used_s: NOW,
                expires_s: NOW + 14 * 24 * 3_600,
                proven_s: NOW,
            };
            let secret = secret.into_bytes();
            kept.push(Kept { secret: secret.clone(), session: session.clone(), is_due: false });
            Ok(NewSession { secret: Secret::new(secret), session })
        })
    }

    fn session<'a>(&'a self, secret: &'a Secret) -> Ready<'a, Result<Option<FoundSession>, Fault>> {
        let mut kept = self.0.lock().unwrap();
        let found = kept.iter_mut().find(|kept| secret.equals(&kept.secret));
        let found = found.map(|kept| FoundSession {
            session: kept.session.clone(),
            renewed: std::mem::take(&mut kept.is_due),
        });
        Box::pin(async move { Ok(found) })
    }

    fn confirm<'a>(
        &'a self,
        session: &'a PageSession,
        password: &'a Secret,
        _: &'a Peer,
    ) -> Ready<'a, Result<(), Denied>> {
        let said = said(&session.address, password.expose()).map(drop);
        if said.is_ok() {
            self.change(|kept| {
                if kept.session.id == session.id {
                    kept.session.proven_s = NOW;
                }
            });
        }
        Box::pin(async move { said })
    }

    fn sessions(&self, account: AccountId) -> Ready<'_, Result<Vec<PageSession>, Fault>> {
        let kept = self.0.lock().unwrap();
        let sessions = kept.iter().map(|kept| kept.session.clone());
        let own: Vec<PageSession> = sessions.filter(|it| it.account == account).collect();
        Box::pin(async move { Ok(own) })
    }

    fn end(&self, account: AccountId, which: EndOf) -> Ready<'_, Result<usize, Fault>> {
        let mut kept = self.0.lock().unwrap();
        let before = kept.len();
        kept.retain(|Kept { session, .. }| {
            let is_meant = match which {
                EndOf::One(id) => session.id == id,
                EndOf::AllBut(id) => session.id != id,
                EndOf::All => true,
            };
            session.account != account || !is_meant
        });
        let ended = before - kept.len();
        Box::pin(async move { Ok(ended) })
    }
}
