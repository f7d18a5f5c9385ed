//! The directory as one connection sees it: whoever logs in takes a seat among the connections of that user, and
//! leaves it when the connection ends.

use std::sync::{Arc, Mutex};

use directory::Logins;
use mailbox::{AccountId, Clock};
use sasl::{
    Apop, Attempt, Bearer, Credential, Denied, Directory, Login, Mechanism, Nonce, Peer, Proof,
    Ready, ScramSecret, Secret,
};

use super::live::{End, Live, Meanwhile, Moment};
use crate::listen::Protocol;
use crate::listen::connections::{Connections, UserSeat};

/// The directory of one connection.
pub(super) struct Guarded {
    logins: Arc<Logins>,
    connections: Arc<Connections>,
    live: Arc<Live>,
    clock: Arc<dyn Clock>,
    end: Arc<End>,
    seat: Mutex<Option<(AccountId, UserSeat)>>,
}

impl Guarded {
    pub(super) fn new(
        logins: Arc<Logins>,
        connections: Arc<Connections>,
        live: Arc<Live>,
        (protocol, clock): (Protocol, Arc<dyn Clock>),
    ) -> Guarded {
        let (end, seat) = (Arc::new(End::of(protocol)), Mutex::new(None));
        Guarded { logins, connections, live, clock, end, seat }
    }

    /// What calls this session off.
    pub(super) fn end(&self) -> Arc<End> {
        Arc::clone(&self.end)
    }

    /// Lets in who has a session of a page. What the browser is counts as the device.
    pub(super) async fn page(&self, secret: &Secret, peer: &Peer) -> Result<Login, Denied> {
        let began = self.live.moment();
        let found = self.logins.page_session(secret).await.map_err(|fault| {
            tracing::error!(%fault, "the directory cannot be read");
            Denied::Unavailable
        })?;
        let session = found.ok_or(Denied::Wrong)?.session;
        self.end.is_by_page(session.id);
        let device = Some(session.program).filter(|program| !program.is_empty());
        let credential = Credential::Page(session.id);
        let login =
            Login { account: session.account.0, address: session.address, device, credential };
        self.seat(login, (peer, "web"), began)
    }

    fn seat(
        &self,
        login: Login,
        (peer, door): (&Peer, &'static str),
        began: Moment,
    ) -> Result<Login, Denied> {
        let account = AccountId(login.account);
        match self.connections.log_in(account, peer.address) {
            Ok(seat) => {
                let how = (began, peer, self.clock.now());
                if let Err(Meanwhile) = self.live.enter(&login, &self.end, how) {
                    return Err(Denied::Unavailable);
                }
                if let Ok(mut mine) = self.seat.lock() {
                    *mine = Some((account, seat));
                }
                Ok(login)
            }
            Err(why) => {
                tracing::info!(
                    door,
                    address = peer.address.map(tracing::field::display),
                    outcome = "refused",
                    reason = %why,
                    user = login.address,
                    device = login.device,
                    "login"
                );
                Err(Denied::Unavailable)
            }
        }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        if let Ok(mut seat) = self.seat.lock()
            && let Some((account, _)) = seat.take()
        {
            self.live.leave(account, &self.end);
        }
    }
}

impl Directory for Guarded {
    fn mechanisms(&self, peer: &Peer) -> Vec<Mechanism> {
        self.logins.mechanisms(peer)
    }

    fn verify<'a>(&'a self, attempt: Attempt<'a>) -> Ready<'a, Result<Login, Denied>> {
        Box::pin(async move {
            let (origin, began) = ((attempt.peer, attempt.door), self.live.moment());
            let login = Directory::verify(&*self.logins, attempt).await?;
            self.seat(login, origin, began)
        })
    }

    fn scram<'a>(
        &'a self,
        login: &'a str,
        peer: &'a Peer,
        door: &'static str,
    ) -> Ready<'a, Result<ScramSecret, Denied>> {
        self.logins.scram(login, peer, door)
    }

    fn scram_done<'a>(
        &'a self,
        login: &'a str,
        proof: Proof,
        peer: &'a Peer,
        door: &'static str,
    ) -> Ready<'a, Result<Login, Denied>> {
        Box::pin(async move {
            let (origin, began) = ((peer, door), self.live.moment());
            let login = self.logins.scram_done(login, proof, peer, door).await?;
            self.seat(login, origin, began)
        })
    }

    fn nonce(&self) -> Nonce {
        self.logins.nonce()
    }

    fn verify_token<'a>(&'a self, bearer: Bearer<'a>) -> Ready<'a, Result<Login, Denied>> {
        Box::pin(async move {
            let (origin, began) = ((bearer.peer, bearer.door), self.live.moment());
            let login = self.logins.verify_token(bearer).await?;
            self.seat(login, origin, began)
        })
    }

    fn token_help(&self) -> Option<String> {
        self.logins.token_help()
    }

    fn token_scope(&self) -> Option<String> {
        self.logins.token_scope()
    }

    fn apop_offered(&self) -> bool {
        self.logins.apop_offered()
    }

    fn apop<'a>(&'a self, apop: Apop<'a>) -> Ready<'a, Result<Login, Denied>> {
        Box::pin(async move {
            let (origin, began) = ((apop.peer, apop.door), self.live.moment());
            let login = self.logins.apop(apop).await?;
            self.seat(login, origin, began)
        })
    }
}
