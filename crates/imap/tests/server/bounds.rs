//! What a session holds.

use std::sync::Arc;

use imap::server::{First, serve};
use sasl::{Peer, Security};
use tokio::io::DuplexStream;

use crate::world::World;

#[tokio::test]
async fn a_session_is_a_small_future() {
    let world = World::new().await;
    let (_, theirs) = tokio::io::duplex(64);
    let future = serve::<DuplexStream>(
        theirs,
        Arc::clone(&world.service),
        Peer::new(None, Security::Tls),
        First::Greeting,
    );
    let octets = std::mem::size_of_val(&future);
    println!("the future of a session has {octets} octets");
    assert!(octets < 4_096, "{octets}");
}
