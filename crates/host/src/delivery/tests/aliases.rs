//! Aliases that lead to other hosts: who is named as the sender there, and what comes back.

use directory::AliasTarget;
use smtp::Flavour;
use smtp::delivery::{Claim, Delivery as _, Refused, Target};

use super::{Fixture, ana, deliver, envelope, fixture};
use crate::config::FullMailbox;
use crate::delivery::WayOut;

const BOB: &str = "bob@example.net";

async fn with_alias(way_out: WayOut) -> Fixture {
    let fixture = fixture(FullMailbox::Defer, way_out).await;
    let to = |text: &str| text.parse::<AliasTarget>().unwrap();
    let targets = [to("Carla.C@example.com"), to("ana@example.org")];
    fixture.people.set_alias("info@example.org", &targets).await.unwrap();
    fixture.people.set_alias("too@example.org", &targets[..1]).await.unwrap();
    fixture
}

#[tokio::test]
async fn mail_is_passed_on_once_with_a_sender_that_may_send() {
    let fixture = with_alias(WayOut::Queue).await;
    let mut mail = envelope(None);
    (mail.flavour, mail.from) = (Flavour::Smtp, Some(BOB.parse().unwrap()));
    for alias in ["info@example.org", "too@example.org"] {
        fixture.ask(&mut mail, alias).await.unwrap();
    }
    assert_eq!(deliver(&fixture, &mail, true).await, [Ok(())]);
    assert_eq!(fixture.inbox("ana@example.org").await, 1);
    let queued = fixture.queue.list(9).unwrap().remove(0).1;
    let to: Vec<&str> = queued.recipients.iter().map(|one| one.address.as_str()).collect();
    assert_eq!(to, ["Carla.C@example.com"]);
    // Failures are told to the sender; the next host sees an address of the alias's domain.
    assert_eq!(queued.from.as_deref(), Some(BOB));
    let sent_as: smtp::Address = queued.sent_as.unwrap().parse().unwrap();
    assert!(sent_as.to_string().ends_with("=example.net=bob@example.org"), "{sent_as}");

    // A report comes back to it, and goes on to the sender; nothing else does.
    let courier = fixture.deliveries.courier();
    let mut report = envelope(None);
    fixture.ask(&mut report, &sent_as.to_string()).await.unwrap();
    assert_eq!(report.recipients[0].targets, [Target::Elsewhere(BOB.parse().unwrap())]);
    report.from = Some("x@example.com".parse().unwrap());
    let refused = fixture.ask(&mut report, &sent_as.to_string()).await;
    assert_eq!(refused, Err(Refused::UnknownUser));
    // A catch-all does not keep reports from the sender.
    fixture
        .people
        .set_alias("@example.org", &["ana@example.org".parse::<AliasTarget>().unwrap()])
        .await
        .unwrap();
    let mut report = envelope(None);
    fixture.ask(&mut report, &sent_as.to_string()).await.unwrap();
    assert_eq!(report.recipients[0].targets, [Target::Elsewhere(BOB.parse().unwrap())]);
    // Where it is sent back to us it claims nothing that is not so.
    assert_eq!(courier.claim(&sent_as).await, Ok(Claim::Nothing));
    assert_eq!(courier.claim(&"ana@example.org".parse().unwrap()).await, Ok(Claim::OurDomain));
}

#[tokio::test]
async fn people_of_this_host_and_reports_stay_who_they_are() {
    let fixture = with_alias(WayOut::Queue).await;
    let mut mail = envelope(Some(ana()));
    mail.from = Some("ana@example.org".parse().unwrap());
    let mut report = envelope(None);
    report.flavour = Flavour::Smtp;
    for envelope in [&mut mail, &mut report] {
        fixture.ask(envelope, "too@example.org").await.unwrap();
        assert_eq!(deliver(&fixture, envelope, true).await, [Ok(())]);
    }
    let queued = fixture.queue.list(9).unwrap();
    let senders = queued.iter().map(|(_, one)| (one.from.as_deref(), one.sent_as.is_some()));
    assert_eq!(senders.collect::<Vec<_>>(), [(Some("ana@example.org"), false), (None, false)]);
}

#[tokio::test]
async fn without_a_way_out_nothing_is_promised() {
    let fixture = with_alias(WayOut::None).await;
    let mut mail = envelope(None);
    mail.from = Some(BOB.parse().unwrap());
    assert_eq!(fixture.ask(&mut mail, "info@example.org").await, Err(Refused::NoRelay));
}
