//! A provider: an account behind our own IMAP server, some of whose abilities can be hidden, and the line to it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use imap::server::{First, Introduced, Patience, Service, StartTls, Stopping, serve};
use mailbox::memory::MemoryEngine;
use mailbox::operations::Append;
use mailbox::{
    Account, AccountId, Accounts, Door, FlagNames, Flags, Keyword, MailboxName, Policy, SetClock,
    Timestamp, Who, ZonedTime,
};
use sasl::{
    Attempt, Binding, Credentials, Denied, Directory, Login, Mechanism, Nonce, Peer, Proof, Ready,
    ScramSecret, Secret, Security,
};
use sync::{Imap, Stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::line::{Cut, Line};

pub(crate) struct Provider {
    pub(crate) accounts: Accounts,
    pub(crate) account: Account,
    /// What the server does not say it can.
    pub(crate) hidden: Vec<&'static str>,
}

impl Provider {
    pub(crate) async fn new() -> Provider {
        let clock = Arc::new(SetClock::at(Timestamp(1_700_000_000)));
        let policy = Policy { message_octets_max: 1 << 20, ..Policy::default() };
        let accounts = Accounts::new(Arc::new(MemoryEngine::new()), clock, policy);
        let account = accounts.create(AccountId(1), &Who::at(Door::Imap)).await.unwrap();
        Provider { accounts, account, hidden: Vec::new() }
    }

    /// Puts a message into a folder.
    pub(crate) async fn mail(&self, folder: &str, text: &str, flags: Flags, keywords: &[&str]) {
        put(&self.accounts, &self.account, folder, text, flags, keywords).await;
    }

    /// A session that has logged in; none: it did not come to that.
    pub(crate) async fn connect(&self, cut: Cut) -> Option<Imap> {
        let (here, there) = tokio::io::duplex(32 << 10);
        let service = Arc::new(Service {
            accounts: self.accounts.clone(),
            directory: Arc::new(Ana),
            host_name: "imap.example.org".into(),
            version: "1".into(),
            start_tls: StartTls::Missing,
            patience: Patience::default(),
            stopping: Stopping::never(),
            introduced: Introduced::nobody(),
            jmap_url: None,
            metadata: imap::server::ServerMetadata::default(),
        });
        tokio::spawn(serve(there, service, Peer::new(None, Security::Tls), First::Greeting));
        let hiding = Hiding { stream: here, hidden: self.hidden.clone() };
        let stream: Box<dyn Stream> = Box::new(Line::new(hiding, cut));
        let mut client = Imap::begin(stream, Security::Tls).await.ok()?;
        let credentials = Credentials::password("ana", Secret::new("secret"));
        client.log_in(credentials, Nonce::from_random([5; 18]), Binding::Unable).await.ok()?;
        Some(client)
    }
}

/// Puts a message into a folder of an account.
pub(crate) async fn put(
    accounts: &Accounts,
    account: &Account,
    folder: &str,
    text: &str,
    system: Flags,
    keywords: &[&str],
) {
    let mut incoming = accounts.receive();
    incoming.write(text.as_bytes()).await.unwrap();
    let keywords = keywords.iter().map(|it| Keyword::new(it).unwrap()).collect();
    let time = Timestamp(1_600_000_000 + text.len() as i64);
    let message = Append {
        received: incoming.finish().await.unwrap(),
        flags: FlagNames { system, keywords },
        internal_date: Some(ZonedTime { time, zone_minutes: -180 }),
        uidl: None,
    };
    let id = account.find(&MailboxName::new(folder).unwrap()).unwrap().unwrap().id;
    account.append(id, vec![message]).await.unwrap();
}

/// Takes words out of what the server says of itself.
struct Hiding<S> {
    stream: S,
    hidden: Vec<&'static str>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Hiding<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, into);
        let came = &mut into.filled_mut()[before..];
        if came.windows(10).any(|it| it == b"CAPABILITY") {
            for word in &self.hidden {
                let word = word.as_bytes();
                let places: Vec<usize> =
                    (0..came.len()).filter(|at| came[*at..].starts_with(word)).collect();
                places.into_iter().for_each(|at| came[at] = b'#');
            }
        }
        if self.hidden.contains(&"UIDPLUS") {
            for code in [b"[APPENDUID".as_slice(), b"[COPYUID"] {
                let places: Vec<usize> =
                    (0..came.len()).filter(|at| came[*at..].starts_with(code)).collect();
                places.into_iter().for_each(|at| came[at + 1] = b'X');
            }
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Hiding<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Lets everybody in.
struct Ana;

impl Directory for Ana {
    fn mechanisms(&self, _: &Peer) -> Vec<Mechanism> {
        vec![Mechanism::Plain]
    }

    fn verify<'a>(&'a self, _: Attempt<'a>) -> Ready<'a, Result<Login, Denied>> {
        let credential = sasl::Credential::Other;
        let address = "ana@example.org".to_owned();
        Box::pin(async move { Ok(Login { account: 1, address, device: None, credential }) })
    }

    fn scram<'a>(
        &'a self,
        _: &'a str,
        _: &'a Peer,
        _: &'static str,
    ) -> Ready<'a, Result<ScramSecret, Denied>> {
        Box::pin(async { Err(Denied::Wrong) })
    }

    fn scram_done<'a>(
        &'a self,
        _: &'a str,
        _: Proof,
        _: &'a Peer,
        _: &'static str,
    ) -> Ready<'a, Result<Login, Denied>> {
        Box::pin(async { Err(Denied::Wrong) })
    }

    fn nonce(&self) -> Nonce {
        Nonce::from_random([5; 18])
    }
}
