//! What must hold of a client whatever a server says. The fuzz target `pop3_client` runs this.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use mailbox::Timestamp;
use pop3::client::Client;
use pop3::client::pull::{
    DeletedHere, Go, Larger, Leave, Order, Policy, Removal, WithoutIds, pull,
};
use sasl::{Binding, Credentials, Nonce, Secret, Security};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::runtime::Builder;

use crate::shelf::Shelf;

/// Panics when something does not hold. The first octet chooses what the person wants, the rest is what the server says.
pub(crate) fn check(octets: &[u8]) {
    let Some((wish, says)) = octets.split_first() else { return };
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let (mut one, mut two) = (Shelf::new(), Shelf::new());
        // A second run meets what the first one has left behind.
        for _ in 0..2 {
            let whole = session(*wish, says, usize::MAX, &mut one).await;
            let pieces = session(*wish, says, 1 + usize::from(*wish % 5), &mut two).await;
            assert_eq!(whole, pieces, "it matters how the answers are cut");
            assert_eq!(one.durable.mail, two.durable.mail);
            one.crash();
            two.crash();
        }
    });
}

/// One run: what came of it, and what the client said.
async fn session(wish: u8, says: &[u8], piece: usize, shelf: &mut Shelf) -> (String, String) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let stream = Says { left: says.to_vec(), piece, heard: Arc::clone(&heard) };
    let now = shelf.now;
    let outcome = async {
        let mut client = Client::begin(stream, Security::Tls).await.map_err(|f| f.to_string())?;
        if wish & 128 != 0 {
            drop(client.languages().await);
            drop(client.enter_utf8().await);
        }
        let pass = Secret::new("secret");
        let login = if wish & 64 != 0 {
            Credentials::token("ana", pass)
        } else {
            Credentials::password("ana", pass)
        };
        let nonce = Nonce::from_random([5; 18]);
        let login = client.login(login, nonce, Binding::Unable).await;
        login.map_err(|fault| fault.to_string())?;
        let pulled = pull(client, shelf, &policy(wish), now, &mut |_| Go::On).await;
        pulled.map_err(|fault| format!("{fault} {:?}", fault.summary))
    };
    let outcome = format!("{:?}", outcome.await);
    let heard = String::from_utf8_lossy(&heard.lock().unwrap()).into_owned();
    (outcome, heard)
}

fn policy(wish: u8) -> Policy {
    let leave = |days| Removal::Leave(Leave { days, deleted_here: DeletedHere::Go });
    let chosen = |bit: u8| wish & bit != 0;
    Policy {
        removal: match wish & 3 {
            0 => leave(None),
            1 => leave(Some(0)),
            _ => Removal::AtOnce,
        },
        newest: chosen(4).then_some(2),
        since: chosen(8).then_some(Timestamp(1_600_000_000)),
        octets_max: chosen(16).then_some(100),
        larger: if chosen(32) { Larger::TakeHeader } else { Larger::Leave },
        messages_max: chosen(32).then_some(3),
        order: if chosen(64) { Order::Newest } else { Order::Oldest },
        without_ids: if chosen(2) { WithoutIds::Remove } else { WithoutIds::Leave },
        octets_hard_max: 4_000,
    }
}

/// A server that says all it has to say, in pieces, and takes in whatever it is told.
struct Says {
    left: Vec<u8>,
    piece: usize,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl AsyncRead for Says {
    fn poll_read(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let this = self.get_mut();
        let read = this.piece.min(this.left.len()).min(buffer.remaining());
        let rest = this.left.split_off(read);
        buffer.put_slice(&this.left);
        this.left = rest;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Says {
    fn poll_write(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.heard.lock().unwrap().extend_from_slice(octets);
        Poll::Ready(Ok(octets.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
