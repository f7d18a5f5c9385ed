//! Authorities that err, names that lead elsewhere: the certificate in use stays, the reason is told, and all comes right again.

use acme_authority::Ways;

use super::world::{NAMES, World, days, hours};
use crate::config::ChallengeKind;

/// What goes wrong, and what is told.
#[tokio::test(start_paused = true)]
async fn an_authority_that_errs_takes_nothing_away_and_is_tried_again() {
    for (ways, want) in [
        (Ways::Redirects, "redirects to https://elsewhere.example/directory"),
        (Ways::Downgrades, "http://ca.example:443/nonce is no address that begins with https://"),
        (Ways::NotJson, "is acme.directory right?"),
        (Ways::Endless, "more than 262144 octets"),
        (Ways::Cuts, "ended before its answer did"),
        (Ways::Silent, "does not answer in 45 seconds"),
        (Ways::RateLimited(60), "left alone for a while: too many certificates of late"),
        (Ways::Pending, "could not check mail.example.org"),
        (Ways::WrongKey, "the key cannot be used with the certificate"),
        (Ways::WrongName, "it is not for mail.example.org"),
        (Ways::Ended, "it has ended already"),
        (Ways::WrongTokens, "a token that is none"),
        (Ways::DnsOnly, "acme.challenges has none of these"),
        (Ways::ExternalAccounts, "set acme.external_account_id"),
    ] {
        let world = World::new();
        world.authority.err(ways.clone());
        let first = world.tls.held();
        let _work = world.work(|section| section.challenges = vec![ChallengeKind::Http01]);
        world.pass(hours(1) / 6).await;
        let standing = world.told.standing();
        let why = standing.why.unwrap_or_default();
        assert!(why.contains(want), "{ways:?}: {why}");
        assert!(standing.failures >= 1 && standing.issued == 0, "{ways:?}");
        assert!(world.told.trouble().is_some());
        assert_eq!(world.tls.held().certified.cert, first.certified.cert, "{ways:?}");
        assert!(!world.folder.acme_certificate().exists(), "{ways:?}");
        world.authority.err(Ways::Right);
        world.pass(hours(2)).await;
        assert!(world.tls.held().covers(NAMES[0]), "{ways:?}: {:?}", world.told.standing());
        assert!(world.told.trouble().is_none(), "{ways:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_fails_leaves_the_certificate_and_goes_on_trying() {
    let world = World::new();
    let work = world.work(|_| ());
    world.until_issued(1).await;
    let first = world.tls.held();
    world.authority.err(Ways::Pending);
    world.pass(days(80)).await;
    assert_eq!(world.tls.held().certified.cert, first.certified.cert);
    let standing = world.told.standing();
    assert!(standing.failures > 5, "{standing:?}");
    assert!(world.told.row().unwrap().why.is_some());
    // Also where the host is started anew.
    drop(work);
    let next = world.again();
    let _work = next.work(|_| ());
    assert_eq!(next.tls.held().certified.cert, first.certified.cert);
    next.authority.err(Ways::Right);
    next.pass(days(1)).await;
    assert_ne!(next.tls.held().certified.cert, first.certified.cert);
}

#[tokio::test(start_paused = true)]
async fn orders_that_fail_become_seldom() {
    let world = World::new();
    world.authority.err(Ways::Pending);
    let work = world.work(|_| ());
    world.pass(hours(1)).await;
    let in_an_hour = world.authority.seen().orders;
    assert!((2..=4).contains(&in_an_hour), "{in_an_hour}");
    // To start the host again and again changes nothing.
    drop(work);
    for _ in 0..20 {
        let next = world.again();
        let _work = next.work(|_| ());
        next.pass(hours(1) / 60).await;
    }
    let orders = world.authority.seen().orders;
    assert!(orders <= in_an_hour + 1, "{orders}");
    let next = world.again();
    let _work = next.work(|_| ());
    next.pass(days(4)).await;
    let orders = world.authority.seen().orders;
    assert!((8..=16).contains(&orders), "{orders}");
}

#[tokio::test(start_paused = true)]
async fn an_authority_that_has_had_enough_is_left_alone_whoever_asks() {
    let world = World::new();
    world.authority.err(Ways::RateLimited(30 * 3600));
    let _work = world.work(|_| ());
    world.pass(hours(1)).await;
    assert_eq!(world.authority.seen().orders, 1);
    world.try_now();
    world.pass(hours(28)).await;
    assert_eq!(world.authority.seen().orders, 1);
    world.authority.err(Ways::Right);
    world.pass(hours(2)).await;
    assert_eq!(world.authority.seen().signed, 1);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_leads_elsewhere_is_explained_and_tried_at_once_when_told_to() {
    let world = World::new();
    world.let_names_lead_here(false);
    let _work = world.work(|_| ());
    world.pass(hours(1) / 30).await;
    let why = world.told.standing().why.unwrap();
    for want in [
        "cannot reach mail.example.org on port 443",
        "mail.example.org leads to 192.0.2.9",
        "led to the https listener",
        "it says: mail.example.org refuses connections",
    ] {
        assert!(why.contains(want), "{why}");
    }
    world.let_names_lead_here(true);
    world.try_now();
    world.pass(hours(1) / 60).await;
    assert_eq!(world.authority.seen().signed, 1);
}

#[tokio::test(start_paused = true)]
async fn nonces_that_are_stale_and_accounts_that_are_forgotten_are_got_over() {
    let world = World::new();
    world.authority.err(Ways::BadNonces);
    let _work = world.work(|_| ());
    world.until_issued(1).await;
    assert_eq!(world.told.standing().failed, 0);
    world.authority.err(Ways::Forgetful);
    world.pass(days(64)).await;
    let seen = world.authority.seen();
    assert_eq!((seen.signed, seen.accounts), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn that_one_stands_in_for_another_is_not_insisted_on() {
    let world = World::new();
    let now_s = world.now_s();
    world.authority.suggest(Some((now_s + 60 * 86_400, now_s + 61 * 86_400)));
    let _work = world.work(|_| ());
    world.until_issued(1).await;
    world.authority.err(Ways::NoReplacing);
    world.pass(days(62)).await;
    let seen = world.authority.seen();
    assert!(seen.signed >= 2, "{:?}", world.told.standing());
    assert_eq!(seen.replacing, 0);
}
