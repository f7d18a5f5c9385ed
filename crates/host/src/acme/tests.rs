//! The whole of it against an authority in memory, under a clock that runs as fast as nothing happens.

mod errors;
mod world;

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use acme_authority::Ways;
use machine::files;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use self::world::{DAY_S, NAMES, World, days, hours};
use crate::config::ChallengeKind;
use crate::listen::Protocol;

#[tokio::test(start_paused = true)]
async fn both_challenges_bring_a_certificate_for_all_names() {
    for kind in [ChallengeKind::TlsAlpn01, ChallengeKind::Http01] {
        let world = World::new();
        let first = world.tls.held();
        assert!(!first.covers(NAMES[0]));
        let _work = world.work(|section| section.challenges = vec![kind]);
        world.until_issued(1).await;
        let held = world.tls.held();
        assert!(NAMES.iter().all(|name| held.covers(name)));
        let seen = world.authority.seen();
        assert_eq!(seen.proved.into_iter().collect::<Vec<_>>(), [(kind.name().to_owned(), 2)]);
        assert_eq!(seen.wrong, Vec::<String>::new());
        assert_eq!(seen.contacts, ["mailto:ana@example.org"]);
        for file in [world.folder.acme_certificate(), world.folder.acme_accounts()] {
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
        }
        // Nothing is answered any more.
        assert!(
            world
                .ask_for_token("token_1-AbCdEfGhIjKlMnOpQrStUvWxYz")
                .await
                .starts_with("HTTP/1.1 404")
        );
        assert!(world.told.trouble().is_none());
        let row = world.told.row().unwrap();
        assert_eq!((row.failures, row.names), (0, NAMES.map(str::to_owned).to_vec()));
    }
}

#[tokio::test(start_paused = true)]
async fn every_listener_takes_the_certificate_and_no_session_is_cut() {
    let world = World::new();
    let connector = TlsConnector::from(world.trusting_authority());
    let mut self_signed = rustls::RootCertStore::empty();
    self_signed.add(world.tls.held().certified.cert[0].clone()).unwrap();
    let before = TlsConnector::from(world::client(self_signed));
    let connect = |connector: TlsConnector, name: &'static str, protocol| {
        let (near, far) = duplex(64 << 10);
        let acceptor = TlsAcceptor::from(world.tls.config(protocol));
        async move {
            let accepting = tokio::spawn(async move { acceptor.accept(far).await.ok() });
            let name = name.try_into().unwrap();
            Some((connector.connect(name, near).await.ok()?, accepting.await.ok()??))
        }
    };
    let (mut near, mut far) = connect(before, "localhost", Protocol::Imaps).await.unwrap();
    assert!(connect(connector.clone(), NAMES[0], Protocol::Imaps).await.is_none());
    let _work = world.work(|_| ());
    world.until_issued(1).await;
    for protocol in [
        Protocol::Imap,
        Protocol::Imaps,
        Protocol::Pop3s,
        Protocol::Submissions,
        Protocol::Smtp,
        Protocol::Https,
    ] {
        assert!(connect(connector.clone(), NAMES[1], protocol).await.is_some(), "{protocol}");
    }
    near.write_all(b"NOOP").await.unwrap();
    near.flush().await.unwrap();
    let mut heard = [0; 4];
    far.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"NOOP");
}

#[tokio::test(start_paused = true)]
async fn it_is_renewed_after_two_thirds_of_its_life_and_stays_in_use_until_then() {
    let world = World::new();
    let _work = world.work(|_| ());
    world.until_issued(1).await;
    let first = world.tls.held();
    world.pass(days(59)).await;
    assert_eq!(world.authority.seen().orders, 1);
    assert_eq!(world.tls.held().certified.cert, first.certified.cert);
    world.pass(days(5)).await;
    assert_eq!(world.authority.seen().signed, 2);
    assert_ne!(world.tls.held().certified.cert, first.certified.cert);
    // And so on, with the same account.
    world.pass(days(2 * 64)).await;
    let seen = world.authority.seen();
    assert_eq!((seen.signed, seen.accounts, seen.wrong.len()), (4, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn the_authority_may_say_when_to_renew() {
    let world = World::new();
    let now_s = world.now_s();
    world.authority.suggest(Some((now_s + 10 * DAY_S, now_s + 11 * DAY_S)));
    let _work = world.work(|_| ());
    world.until_issued(1).await;
    world.pass(days(9)).await;
    assert_eq!(world.authority.seen().signed, 1);
    world.pass(days(3)).await;
    let seen = world.authority.seen();
    // The second says whose place it takes; the window being past, it is taken at once and again at the next look.
    assert!(seen.signed >= 2 && seen.replacing >= 1, "{seen:?}");
    let after = world.now_s() + 30 * DAY_S;
    world.authority.suggest(Some((after, after + DAY_S)));
    world.pass(days(1)).await;
    let signed = world.authority.seen().signed;
    // A certificate that has to be replaced soon is replaced soon.
    world.authority.suggest(Some((now_s, now_s + DAY_S)));
    world.pass(hours(7)).await;
    assert!(world.authority.seen().signed > signed);
}

#[tokio::test(start_paused = true)]
async fn a_window_that_is_past_does_not_make_it_order_without_end() {
    let world = World::new();
    let now_s = world.now_s();
    world.authority.suggest(Some((now_s - 2 * DAY_S, now_s - DAY_S)));
    let _work = world.work(|_| ());
    world.until_issued(1).await;
    world.pass(days(10)).await;
    let signed = world.authority.seen().signed;
    assert!((2..=21).contains(&signed), "{signed}");
}

#[tokio::test(start_paused = true)]
async fn a_host_that_is_started_again_goes_on_where_it_was() {
    let world = World::new();
    let work = world.work(|_| ());
    world.until_issued(1).await;
    let first = world.tls.held();
    drop(work);
    let next = world.again();
    assert!(!next.tls.held().covers(NAMES[0]));
    let work = next.work(|_| ());
    assert_eq!(next.tls.held().certified.cert, first.certified.cert);
    next.pass(days(1)).await;
    assert_eq!(next.authority.seen().orders, 1);
    drop(work);
    // One name more: that certificate will not do.
    let work = next.work(|section| section.names.push("imap.example.org".to_owned()));
    next.pass(hours(1)).await;
    assert!(next.tls.held().covers("imap.example.org"));
    assert_eq!(next.authority.seen().signed, 2);
    drop(work);
    // Others to write to: the authority is told at the next order.
    let _work = next.work(|section| section.contacts = vec!["rui@example.org".to_owned()]);
    next.pass(days(64)).await;
    let seen = next.authority.seen();
    assert_eq!((seen.contacts, seen.accounts), (vec!["mailto:rui@example.org".to_owned()], 1));
}

#[tokio::test(start_paused = true)]
async fn another_authority_is_asked_at_once() {
    let world = World::new();
    let work = world.work(|_| ());
    world.until_issued(1).await;
    drop(work);
    let other = world.at_another_authority();
    let _work = other.work(|_| ());
    other.pass(hours(1)).await;
    assert_eq!((other.authority.seen().signed, world.authority.seen().signed), (1, 1));
    // Both accounts are kept.
    let kept = files::read_text(&other.folder.acme_accounts()).unwrap();
    assert_eq!(kept.matches("key_pkcs8").count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_customer_of_an_authority_is_known_there() {
    let world = World::new();
    world.authority.err(Ways::ExternalAccounts);
    let path = world.folder.0.join("key");
    let key = {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE.encode(acme_authority::jws::CUSTOMER_KEY)
    };
    files::write_secret(&path, format!("{key}\n").as_bytes()).unwrap();
    let _work = world.work(|section| {
        section.external_account_id = Some("kid-1".to_owned());
        section.external_account_key_file = Some(path.clone());
    });
    world.until_issued(1).await;
    assert_eq!(world.authority.seen().customers, ["kid-1"]);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_no_authority_knows_is_told_and_not_ordered() {
    let world = World::new();
    assert!(world.try_work(|section| section.names = vec!["mail".to_owned()]).is_none());
    world.pass(days(1)).await;
    assert_eq!(world.authority.seen().orders, 0);
    assert!(world.told.trouble().unwrap().contains("this machine or network only"));
    let waited = Duration::from_secs(1);
    world.pass(waited).await;
}
