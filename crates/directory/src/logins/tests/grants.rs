//! Grants: how a program's tokens follow one another, and when they end.

use std::sync::{Arc, Mutex};

use mailbox::Timestamp;
use sasl::{Denied, Exchange, Mechanism, Secret, Turn};

use super::tokens::{Host, host, offers_tokens};
use crate::limits::{ACCESS_TOKEN_S, GRANT_UNUSED_S_MAX, SUCCESSORS_MAX, TOKENS_MAX};
use crate::logins::issuer::tests::NOW;
use crate::{Granted, PeopleError, Refreshed, Revoked, TokenKind};

const PROGRAM: &str = "the identifier of a program";

impl Host {
    async fn grant(&self, name: &str) -> Result<Granted, PeopleError> {
        self.people.grant(&"ana@example.org".parse().unwrap(), name, PROGRAM).await
    }

    async fn next(&self, refresh: &Secret, program: &str) -> Option<Granted> {
        match self.people.refresh(refresh, program).await.unwrap() {
            Refreshed::Granted(granted) => Some(granted),
            Refreshed::Invalid => None,
        }
    }

    fn devices(&self) -> Vec<String> {
        let tokens = self.people.tokens(&"ana@example.org".parse().unwrap()).unwrap();
        tokens.into_iter().map(|token| token.name).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_grant_lets_its_program_in_until_it_is_removed() {
    let host = host(None).await;
    let ana = "ana@example.org".parse().unwrap();
    assert!(!offers_tokens(&host.logins));
    let granted = host.grant(" Phone ").await.unwrap();
    assert!(offers_tokens(&host.logins));
    let login = host.show(Some("ana"), &granted.access).await.unwrap();
    assert_eq!((login.account, login.device.as_deref()), (1, Some("Phone")));
    assert_eq!(host.people.tokens(&ana).unwrap()[0].kind, TokenKind::Granted);
    // After a start of the host too.
    let again = host.again().await;
    let bearer = sasl::Bearer {
        login: None,
        token: &granted.access,
        peer: &super::peer("192.0.2.1"),
        door: "imap",
    };
    assert!(sasl::Directory::verify_token(&again, bearer).await.is_ok());
    for wrong in [
        &granted.refresh,
        &Secret::new([granted.access.expose(), b"x"].concat()),
        &Secret::new("correio_access."),
        &Secret::new("correio_access.AAAA"),
    ] {
        assert_eq!(host.show(None, wrong).await, Err(Denied::Wrong));
    }
    assert_eq!(host.show(Some("bob"), &granted.access).await, Err(Denied::Wrong));
    host.people.remove_token(&ana, "phone").await.unwrap();
    assert_eq!(host.show(None, &granted.access).await, Err(Denied::Wrong));
    assert!(host.next(&granted.refresh, PROGRAM).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn each_octet_of_an_access_token_is_sealed() {
    let host = host(None).await;
    let granted = host.grant("Phone").await.unwrap();
    let text = granted.access.expose();
    for at in 0..text.len() {
        let mut changed = text.to_vec();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        // One at a time, and none counts for the next.
        let snapshot = host.people.snapshot().unwrap();
        assert!(host.people.sealed(&*snapshot, &Secret::new(changed)).unwrap().is_none(), "{at}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_access_token_is_good_for_an_hour_and_a_grant_as_long_as_it_is_used() {
    let host = host(None).await;
    let mut granted = host.grant("Phone").await.unwrap();
    host.clock.set(Timestamp(NOW.0 + ACCESS_TOKEN_S - 1));
    host.show(None, &granted.access).await.unwrap();
    host.clock.set(Timestamp(NOW.0 + ACCESS_TOKEN_S));
    // It is no guess.
    for _ in 0..100 {
        assert_eq!(host.show(None, &granted.access).await, Err(Denied::Wrong));
    }
    let mut now = NOW.0;
    for _ in 0..4 {
        now += GRANT_UNUSED_S_MAX - 1;
        host.clock.set(Timestamp(now));
        granted = host.next(&granted.refresh, PROGRAM).await.unwrap();
        host.show(None, &granted.access).await.unwrap();
    }
    host.clock.set(Timestamp(now + GRANT_UNUSED_S_MAX));
    assert!(host.next(&granted.refresh, PROGRAM).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_got_lost_or_came_twice_costs_nothing() {
    // Whichever of two successors a program goes on with, the other is over then: whoever has it is not the program.
    for kept in [0, 1] {
        let host = host(None).await;
        let first = host.grant("Phone").await.unwrap();
        let mut both = Vec::new();
        for _ in 0..2 {
            both.push(host.next(&first.refresh, PROGRAM).await.unwrap());
        }
        let third = host.next(&both[kept].refresh, PROGRAM).await.unwrap();
        host.show(None, &third.access).await.unwrap();
        assert!(host.next(&both[1 - kept].refresh, PROGRAM).await.is_none());
        assert!(host.devices().is_empty());
    }
    // Not any number of them.
    let host = host(None).await;
    let first = host.grant("Phone").await.unwrap();
    let oldest = host.next(&first.refresh, PROGRAM).await.unwrap();
    for _ in 0..SUCCESSORS_MAX {
        host.next(&first.refresh, PROGRAM).await.unwrap();
    }
    assert!(host.next(&oldest.refresh, PROGRAM).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_that_comes_again_ends_the_grant() {
    let host = host(None).await;
    let gone = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&gone);
    host.people.on_revoke(move |account, revoked| {
        let Revoked::Device(device) = revoked else { panic!() };
        noted.lock().unwrap().push((account.0, device.to_owned()));
    });
    let first = host.grant("Phone").await.unwrap();
    let second = host.next(&first.refresh, PROGRAM).await.unwrap();
    let third = host.next(&second.refresh, PROGRAM).await.unwrap();
    assert!(host.next(&first.refresh, PROGRAM).await.is_none());
    assert!(host.next(&third.refresh, PROGRAM).await.is_none());
    assert_eq!(host.show(None, &third.access).await, Err(Denied::Wrong));
    assert_eq!(*gone.lock().unwrap(), [(1, "Phone".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_is_good_for_its_program_and_its_user_alone() {
    let host = host(None).await;
    let ana = "ana@example.org".parse().unwrap();
    let granted = host.grant("Phone").await.unwrap();
    assert!(host.next(&granted.refresh, "another program").await.is_none());
    for wrong in [&b""[..], b"correio_refresh.", b"correio_refresh.AAAA", granted.access.expose()] {
        assert!(host.next(&Secret::new(wrong), PROGRAM).await.is_none());
    }
    host.people.disable_user(&ana).await.unwrap();
    assert!(host.next(&granted.refresh, PROGRAM).await.is_none());
    host.people.enable_user(&ana).await.unwrap();
    assert!(host.next(&granted.refresh, PROGRAM).await.is_some());
    host.people.remove_user(&ana).await.unwrap();
    assert!(host.next(&granted.refresh, PROGRAM).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_program_can_end_its_grant_and_no_other() {
    let host = host(None).await;
    let (first, second) = (host.grant("Phone").await.unwrap(), host.grant("phone").await.unwrap());
    assert_eq!(host.devices(), ["Phone", "phone 2"]);
    host.people.end_grant(&first.refresh, "another program").await.unwrap();
    host.people.end_grant(&Secret::new("nonsense"), PROGRAM).await.unwrap();
    assert_eq!(host.devices().len(), 2);
    let next = host.next(&first.refresh, PROGRAM).await.unwrap();
    host.people.end_grant(&next.refresh, PROGRAM).await.unwrap();
    host.people.end_grant(&second.access, PROGRAM).await.unwrap();
    assert!(host.devices().is_empty());
}

#[tokio::test(start_paused = true)]
async fn grants_are_bounded_and_what_is_over_makes_room() {
    let host = host(None).await;
    let long = "é".repeat(32);
    for _ in 0..TOKENS_MAX {
        host.grant(&long).await.unwrap();
    }
    let (devices, refused) = (host.devices(), host.grant("One more").await);
    assert!(refused.is_err() && devices.iter().all(|name| name.len() <= 64), "{devices:?}");
    host.clock.set(Timestamp(NOW.0 + GRANT_UNUSED_S_MAX));
    host.grant("One more").await.unwrap();
    assert_eq!(host.devices(), ["One more"]);
    let program = "x".repeat(crate::limits::PROGRAM_ID_OCTETS_MAX + 1);
    assert!(host.people.grant(&"ana@example.org".parse().unwrap(), "x", &program).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_program_whose_token_is_refused_hears_of_our_own_server() {
    let host = host(None).await;
    let url = "https://mail.example.org/.well-known/oauth-authorization-server";
    host.logins.tell_of_own_server(url.to_owned());
    let peer = super::peer("192.0.2.1");
    let mut exchange = Exchange::new(Mechanism::OauthBearer, &host.logins, &peer, "imap");
    let message = b"n,a=ana@example.org,\x01auth=Bearer correio_x\x01\x01".to_vec();
    let Turn::Challenge(told) = exchange.begin(Some(message)).await else { panic!() };
    assert!(
        String::from_utf8(told).unwrap().contains(&format!("\"openid-configuration\":\"{url}\""))
    );
}
