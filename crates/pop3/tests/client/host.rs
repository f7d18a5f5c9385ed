//! Our own host with one maildrop, and sessions of the client's with it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use pop3::client::Client;
use pop3::client::pull::{Go, Policy, Progress, Summary, pull};
use pop3::{First, Service, Stls, serve};
use sasl::{
    Attempt, Binding, Credentials, Denied, Directory, Login, Mechanism, Nonce, Peer, Proof, Ready,
    ScramSecret, Secret, Security,
};
use tokio::io::{DuplexStream, duplex};

use crate::line::{Cut, Line, far_away};
use crate::people::People;
use crate::shelf::Shelf;
use crate::world::World;

pub(crate) struct Host {
    pub(crate) world: World,
    service: Arc<Service>,
    /// Commands that the server does not know.
    pub(crate) hidden: &'static [&'static str],
    pub(crate) pipe_octets: usize,
    /// How long an octet is under way.
    pub(crate) delay: Duration,
}

/// What became of a session.
pub(crate) struct Session {
    pub(crate) result: Result<Summary, String>,
    pub(crate) server_octets: usize,
    pub(crate) client_octets: usize,
}

/// Whether the client lives on when the line is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    LivesOn,
    Dies,
}

impl Host {
    pub(crate) async fn new(hidden: &'static [&'static str]) -> Host {
        let world = World::new().await;
        let accounts = world.service.accounts.clone();
        let service =
            Arc::new(Service::new(accounts, Arc::new(Plain(People::default())), Stls::NotOffered));
        Host { world, service, hidden, pipe_octets: 1 << 16, delay: Duration::ZERO }
    }

    /// Whether the server has the message that came at this index.
    pub(crate) fn has(&self, index: usize) -> bool {
        let uid = mailbox::Uid::new(index as u32 + 1).unwrap();
        self.world.uids("INBOX").contains(uid)
    }

    /// How many messages the server has.
    pub(crate) fn messages(&self) -> usize {
        self.world.uids("INBOX").len() as usize
    }

    /// A client that has not logged in.
    pub(crate) async fn client(&self) -> Client<DuplexStream> {
        let (ours, theirs) = duplex(self.pipe_octets);
        let peer = Peer::new(None, Security::Tls);
        tokio::spawn(serve(theirs, Arc::clone(&self.service), peer, First::Greeting));
        Client::begin(ours, Security::Tls).await.unwrap()
    }

    /// Logs in and pulls, until all is done or the line is cut.
    pub(crate) async fn pull(
        &self,
        shelf: &mut Shelf,
        policy: &Policy,
        cut: Cut,
        fate: Fate,
    ) -> Session {
        self.watched(shelf, policy, cut, fate, &mut |_| Go::On).await
    }

    pub(crate) async fn watched(
        &self,
        shelf: &mut Shelf,
        policy: &Policy,
        cut: Cut,
        fate: Fate,
        watch: &mut (dyn FnMut(Progress) -> Go + Send),
    ) -> Session {
        let (mut ours, theirs) = duplex(self.pipe_octets);
        if !self.delay.is_zero() {
            ours = far_away(ours, self.delay);
        }
        let peer = Peer::new(None, Security::Tls);
        let server = tokio::spawn(serve(theirs, Arc::clone(&self.service), peer, First::Greeting));
        let dead = (fate == Fate::Dies).then(|| Arc::clone(&shelf.dead));
        let (line, went) = Line::new(ours, cut, dead, self.hidden);
        let now = shelf.now;
        let result = async {
            let mut client =
                Client::begin(line, Security::Tls).await.map_err(|fault| fault.to_string())?;
            let credentials = Credentials::password("ana", Secret::new("secret"));
            let nonce = Nonce::from_random([5; 18]);
            let login = client.login(credentials, nonce, Binding::Unable).await;
            login.map_err(|fault| fault.to_string())?;
            pull(client, shelf, policy, now, watch).await.map_err(|fault| fault.to_string())
        };
        let result = result.await;
        // The line is dropped now, so the server notices and ends.
        server.await.unwrap();
        Session {
            result,
            server_octets: went.server.load(Ordering::SeqCst),
            client_octets: went.client.load(Ordering::SeqCst),
        }
    }
}

/// People who log in with PLAIN only: SCRAM costs time, and there are many sessions.
struct Plain(People);

impl Directory for Plain {
    fn mechanisms(&self, _peer: &Peer) -> Vec<Mechanism> {
        vec![Mechanism::Plain]
    }

    fn verify<'a>(&'a self, attempt: Attempt<'a>) -> Ready<'a, Result<Login, Denied>> {
        self.0.verify(attempt)
    }

    fn scram<'a>(
        &'a self,
        login: &'a str,
        peer: &'a Peer,
        door: &'static str,
    ) -> Ready<'a, Result<ScramSecret, Denied>> {
        self.0.scram(login, peer, door)
    }

    fn scram_done<'a>(
        &'a self,
        login: &'a str,
        proof: Proof,
        peer: &'a Peer,
        door: &'static str,
    ) -> Ready<'a, Result<Login, Denied>> {
        self.0.scram_done(login, proof, peer, door)
    }

    fn nonce(&self) -> Nonce {
        self.0.nonce()
    }
}
