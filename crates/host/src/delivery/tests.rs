//! Delivery as a connection sees it, over an engine in memory.

mod aliases;
mod rules;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use directory::{NewUser, People, ScramKeys, UserQuota};
use mailbox::memory::MemoryEngine;
use mailbox::operations::Append;
use mailbox::{
    Account, Accounts, Device, Door, FlagNames, Flags, Mailbox, MailboxName, Policy, Pop3Choice,
    Pop3Policy, Role, SentCopy, SetClock, Timestamp, Who,
};
use queue::OutboundQueue;
use sasl::{Login, Peer, Secret, Security};
use smtp::delivery::{
    Asking, Claim, Delivery, Envelope, Oddities, Owner, Recipient, Refused, Target,
};
use smtp::{Flavour, MailParameters, RecipientParameters};

use super::{Deliveries, DeliverySettings, WayOut};
use crate::config::{Config, FullMailbox, LocalSender, Senders};
use crate::metrics::Metrics;

const MESSAGE: &[u8] =
    b"Return-Path: <>\r\nReceived: from x\r\n\tby y; now\r\nMessage-ID: <0@x>\r\n\r\nhello\r\n";
const WITHOUT_ID: &[u8] =
    b"Return-Path: <>\r\nReceived: from x\r\n\tby y; now\r\nSubject: x\r\n\r\nhello\r\n";

struct Fixture {
    people: Arc<People>,
    queue: Arc<OutboundQueue>,
    deliveries: Arc<Deliveries>,
}

async fn fixture(full: FullMailbox, way_out: WayOut) -> Fixture {
    let clock = Arc::new(SetClock::at(Timestamp(1_000_000_000)));
    let policy = Policy {
        message_octets_max: 1 << 20,
        retention_s: 3600,
        hot_octets_max: 1 << 20,
        pop3: Pop3Policy::default(),
        ..Policy::default()
    };
    let accounts = Accounts::new(Arc::new(MemoryEngine::new()), clock, policy);
    let people = Arc::new(People::new(accounts.clone()));
    let domain: directory::Domain = "example.org".parse().unwrap();
    people.add_domain(&domain).await.unwrap();
    for (name, messages_max) in [("ana", None), ("bob", Some(1))] {
        let new = NewUser {
            address: format!("{name}@example.org").parse().unwrap(),
            password: Secret::new("long enough"),
            quota: UserQuota { octets_max: None, messages_max },
        };
        people.add_user(new, ScramKeys::Omit).await.unwrap();
    }
    let engine = Arc::clone(accounts.engine());
    let queue = Arc::new(OutboundQueue::open(engine, Arc::clone(accounts.clock())).await.unwrap());
    let settings = DeliverySettings {
        domain,
        full,
        local_sender: LocalSender::Mark,
        hostname: "mail.example.org".to_owned(),
        from: Senders::Own,
        way_out,
        recipients_per_day_max: 2,
        strangers_octets_max: 64 << 20,
        limits_loopback: true,
    };
    let deliveries = Deliveries::new(
        Arc::clone(&people),
        Arc::clone(&queue),
        Arc::new(Metrics::default()),
        settings,
    );
    Fixture { people, queue, deliveries: Arc::new(deliveries.unwrap()) }
}

fn envelope(login: Option<Login>) -> Envelope {
    Envelope {
        id: "x".to_owned(),
        flavour: if login.is_some() { Flavour::Submission } else { Flavour::Lmtp },
        peer: Peer::new(None, Security::Loopback),
        hello: "x".to_owned(),
        oddities: Oddities::default(),
        login,
        from: None,
        claim: Claim::Nothing,
        parameters: MailParameters::default(),
        recipients: Vec::new(),
        received_at: Timestamp(1_000_000_000),
        return_path_octets: 17,
    }
}

fn ana() -> Login {
    Login {
        account: 1,
        address: "ana@example.org".to_owned(),
        device: None,
        credential: sasl::Credential::Other,
    }
}

impl Fixture {
    async fn ask(&self, envelope: &mut Envelope, text: &str) -> Result<(), Refused> {
        let address: smtp::Address = text.parse().unwrap();
        let courier = self.deliveries.courier();
        let targets = courier.recipient(Asking { address: &address, envelope }).await?;
        let parameters = RecipientParameters::default();
        envelope.recipients.push(Recipient { address, parameters, targets });
        Ok(())
    }

    async fn inbox(&self, text: &str) -> u64 {
        let account = self.account(text).await;
        account.find(&MailboxName::inbox()).unwrap().unwrap().messages
    }

    async fn account(&self, text: &str) -> Account {
        let user = self.people.user(&text.parse().unwrap()).unwrap();
        self.people.open(user.account, Who::at(Door::Admin)).await.unwrap()
    }

    async fn sent(&self, text: &str) -> u64 {
        let account = self.account(text).await;
        sent_of(&account).map_or(0, |sent| sent.messages)
    }

    /// Whether ana's submissions are copied, from a device or from all.
    async fn choose_copy(&self, device: Option<&str>, sent: SentCopy) {
        let device = device.and_then(Device::new);
        let choice = Pop3Choice { sent: Some(sent), ..Pop3Choice::default() };
        self.account("ana@example.org").await.choose_pop3(device.as_ref(), choice).await.unwrap();
    }
}

fn sent_of(account: &Account) -> Option<Mailbox> {
    account.mailboxes().unwrap().iter().find(|mailbox| mailbox.role == Some(Role::Sent)).cloned()
}

async fn deliver(fixture: &Fixture, envelope: &Envelope, heard: bool) -> Vec<Result<(), Refused>> {
    deliver_this(fixture, envelope, heard, MESSAGE).await
}

async fn deliver_this(
    fixture: &Fixture,
    envelope: &Envelope,
    heard: bool,
    message: &[u8],
) -> Vec<Result<(), Refused>> {
    let courier = fixture.deliveries.courier();
    let mut receipt = courier.receive(Arc::new(envelope.clone())).await.unwrap();
    receipt.write(message).await.unwrap();
    let answers = match envelope.flavour {
        Flavour::Lmtp => receipt.finish_each().await,
        Flavour::Smtp | Flavour::Submission => vec![receipt.finish_whole().await],
    };
    if heard {
        courier.heard().store(true, Ordering::Relaxed);
    }
    courier.ended();
    answers
}

#[tokio::test]
async fn nobody_relays_and_nobody_unknown_gets_mail() {
    let fixture = fixture(FullMailbox::Defer, WayOut::Queue).await;
    let mut stranger = envelope(None);
    for (text, want) in [
        ("ana@example.org", Ok(())),
        ("ANA+x@Example.ORG", Ok(())),
        ("nobody@example.org", Err(Refused::UnknownUser)),
        ("x@example.net", Err(Refused::RelayDenied)),
        ("x@[192.0.2.1]", Err(Refused::RelayDenied)),
        ("\"ana@example.org\"@example.net", Err(Refused::RelayDenied)),
        ("\"x@example.net\"@example.org", Err(Refused::UnknownUser)),
        ("x%example.net@example.org", Err(Refused::UnknownUser)),
    ] {
        assert_eq!(fixture.ask(&mut stranger, text).await, want, "{text}");
    }
}

/// Three hundred strangers, each in the middle of a message whose header has a megabyte, do not take a megabyte each.
#[tokio::test(start_paused = true)]
async fn mail_that_comes_from_strangers_takes_a_bounded_part_of_memory() {
    let fixture = fixture(FullMailbox::Defer, WayOut::None).await;
    let mut mail = envelope(None);
    fixture.ask(&mut mail, "ana@example.org").await.unwrap();
    mail.flavour = Flavour::Smtp;
    let field = format!("X-Long: {}\r\n", "x".repeat(900));
    let piece = field.repeat(18).into_bytes();
    let (mut under_way, mut refused) = (Vec::new(), 0);
    for number in 0..300_u32 {
        let address = [10, (number >> 8) as u8, number as u8, 1].into();
        let peer = Peer::new(Some(address), Security::Clear);
        let from_there = Envelope { peer, ..mail.clone() };
        let courier = fixture.deliveries.courier();
        let mut receipt = courier.receive(Arc::new(from_there)).await.unwrap();
        receipt.write(b"Return-Path: <>\r\nReceived: from x\r\n").await.unwrap_or_default();
        for _ in 0..(1 << 20) / piece.len() {
            match receipt.write(&piece).await {
                Ok(()) => {}
                Err(Refused::Busy) => {
                    refused += 1;
                    break;
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        // Those that are refused are dropped, as the session does.
        if refused == 0 {
            under_way.push(receipt);
        } else if refused > 3 {
            break;
        }
    }
    assert!((12..64).contains(&under_way.len()), "{} under way", under_way.len());
    assert!(fixture.deliveries.strangers.taken_octets() <= 64 << 20);
    let whole = under_way.pop().unwrap().finish_whole().await;
    assert_eq!(whole, Ok(()));
    drop(under_way);
    assert_eq!(fixture.deliveries.strangers.taken_octets(), 0);
    assert_eq!(deliver(&fixture, &mail, true).await, [Ok(())]);
    // Who is trusted pays nothing: LMTP, and who has logged in.
    assert_eq!(fixture.inbox("ana@example.org").await, 2);
}

#[tokio::test]
async fn a_sender_of_ours_is_known_by_its_domain() {
    let fixture = fixture(FullMailbox::Defer, WayOut::None).await;
    for (text, want) in [
        ("ana@example.org", Claim::OurDomain),
        ("nobody@EXAMPLE.org", Claim::OurDomain),
        ("ana@example.net", Claim::Nothing),
        ("ana@[192.0.2.1]", Claim::Nothing),
        ("ana@sub.example.org", Claim::Nothing),
    ] {
        let address: smtp::Address = text.parse().unwrap();
        assert_eq!(fixture.deliveries.courier().claim(&address).await, Ok(want), "{text}");
    }
}

#[tokio::test]
async fn mail_leaves_only_where_there_is_a_way_and_not_without_end() {
    let closed = fixture(FullMailbox::Defer, WayOut::None).await;
    let mut mine = envelope(Some(ana()));
    assert_eq!(closed.ask(&mut mine, "x@example.net").await, Err(Refused::NoRelay));
    let companion = fixture(FullMailbox::Defer, WayOut::Companion).await;
    let mut mine = envelope(Some(ana()));
    let refused = companion.ask(&mut mine, "x@example.net").await.unwrap_err().to_string();
    assert!(refused.starts_with("550 5.7.1") && refused.contains("`correio send`"), "{refused}");
    let open = fixture(FullMailbox::Defer, WayOut::Queue).await;
    let mut mine = envelope(Some(ana()));
    for text in ["x@example.net", "y@example.net", "bob@example.org"] {
        open.ask(&mut mine, text).await.unwrap();
    }
    let third = open.ask(&mut mine, "z@example.net").await;
    assert!(matches!(third, Err(Refused::TooMuch { .. })), "{third:?}");
    assert_eq!(deliver(&open, &mine, true).await, [Ok(())]);
    assert_eq!(open.inbox("bob@example.org").await, 1);
    let queued = open.queue.list(10).unwrap();
    assert_eq!(queued.len(), 1);
    assert_eq!(queued[0].1.recipients.len(), 2);
}

#[tokio::test]
async fn a_full_mailbox_answers_as_configured_and_harms_nobody_else() {
    for (full, want) in
        [(FullMailbox::Defer, Refused::FullForNow), (FullMailbox::Reject, Refused::Full)]
    {
        let fixture = fixture(full, WayOut::None).await;
        let mut both = envelope(None);
        fixture.ask(&mut both, "ana@example.org").await.unwrap();
        fixture.ask(&mut both, "bob@example.org").await.unwrap();
        assert_eq!(deliver(&fixture, &both, true).await, [Ok(()), Ok(())]);
        // Bob was asked about before he was full.
        assert_eq!(deliver(&fixture, &both, true).await, [Ok(()), Err(want.clone())]);
        assert_eq!(fixture.ask(&mut envelope(None), "bob@example.org").await, Err(want.clone()));
        assert_eq!(fixture.inbox("ana@example.org").await, 2);
        assert_eq!(fixture.inbox("bob@example.org").await, 1);
        // Over SMTP there is one answer for all. Nobody can be told of the one who is full, so nothing is stored.
        both.flavour = Flavour::Smtp;
        assert_eq!(deliver(&fixture, &both, true).await, [Err(want)]);
        assert_eq!(fixture.inbox("ana@example.org").await, 2);
    }
}

/// Bob takes one message. The queue's messages, each with its recipients.
async fn queued(fixture: &Fixture) -> Vec<Vec<String>> {
    let listed = fixture.queue.list(10).unwrap();
    let recipients = listed.into_iter().map(|(_, queued)| queued.recipients);
    recipients.map(|each| each.into_iter().map(|recipient| recipient.address).collect()).collect()
}

#[tokio::test]
async fn a_full_mailbox_keeps_no_mail_from_the_others() {
    for (from, way_out, want, in_ana, told) in [
        ("x@example.net", WayOut::Queue, Ok(()), 2, vec![vec!["x@example.net".to_owned()]]),
        // Nobody can tell the sender, who hears it at once instead.
        ("x@example.net", WayOut::None, Err(Refused::FullForNow), 1, Vec::new()),
        // The sender is here, and gets the report beside her copy.
        ("ana@example.org", WayOut::None, Ok(()), 3, Vec::new()),
    ] {
        let fixture = fixture(FullMailbox::Defer, way_out).await;
        let mut both = envelope(None);
        fixture.ask(&mut both, "ana@example.org").await.unwrap();
        fixture.ask(&mut both, "bob@example.org").await.unwrap();
        deliver(&fixture, &both, true).await;
        // Bob is full now, which RCPT did not know.
        both.flavour = Flavour::Smtp;
        both.from = Some(from.parse().unwrap());
        assert_eq!(deliver_this(&fixture, &both, true, WITHOUT_ID).await, [want], "{from}");
        assert_eq!(fixture.inbox("ana@example.org").await, in_ana, "{from}");
        assert_eq!(fixture.inbox("bob@example.org").await, 1);
        assert_eq!(queued(&fixture).await, told, "{from}");
    }
}

#[tokio::test]
async fn the_only_recipient_who_is_full_is_refused() {
    let fixture = fixture(FullMailbox::Defer, WayOut::Queue).await;
    let mut mail = envelope(None);
    fixture.ask(&mut mail, "bob@example.org").await.unwrap();
    deliver(&fixture, &mail, true).await;
    (mail.flavour, mail.from) = (Flavour::Smtp, Some("x@example.net".parse().unwrap()));
    assert_eq!(deliver(&fixture, &mail, true).await, [Err(Refused::FullForNow)]);
    assert!(queued(&fixture).await.is_empty());
}

#[tokio::test]
async fn who_sends_with_which_address_is_a_setting_for_those_of_other_hosts_only() {
    for (from, elsewhere) in
        [(Senders::Own, Err(Refused::NotYours)), (Senders::Any, Ok(Owner::Elsewhere))]
    {
        let fixture = fixture(FullMailbox::Defer, WayOut::None).await;
        let mut config = Config::default();
        config.submission.from = from;
        fixture.deliveries.set(&config);
        let user = "ana@example.org".parse().unwrap();
        for identity in ["noreply@example.org", "ana@old.example"] {
            fixture.people.add_identity(&user, &identity.parse().unwrap()).await.unwrap();
        }
        let courier = fixture.deliveries.courier();
        for (address, want) in [
            ("ana@example.org", Ok(Owner::User)),
            ("noreply@example.org", Ok(Owner::User)),
            ("ana@old.example", Ok(Owner::User)),
            ("bob@example.org", Err(Refused::NotYours)),
            ("nobody@example.org", Err(Refused::NotYours)),
            ("boss@bank.example", elsewhere.clone()),
            ("x@[192.0.2.1]", elsewhere.clone()),
        ] {
            let asked = courier.sender(&ana(), &address.parse().unwrap()).await;
            assert_eq!(asked, want, "{address} {from:?}");
        }
    }
}

#[tokio::test]
async fn the_size_announced_is_refused_when_one_octet_does_not_fit() {
    let fixture = fixture(FullMailbox::Reject, WayOut::None).await;
    let mut mail = envelope(None);
    fixture.ask(&mut mail, "ana@example.org").await.unwrap();
    deliver(&fixture, &mail, true).await;
    let used = fixture.account("ana@example.org").await.quota().unwrap().octets.0;
    for (left, size, want) in [
        (10, Some(10), Ok(())),
        (10, Some(11), Err(Refused::Full)),
        (10, None, Ok(())),
        (1, Some(0), Ok(())),
        (0, Some(1), Err(Refused::Full)),
        (0, None, Err(Refused::Full)),
    ] {
        let quota = UserQuota { octets_max: Some(used + left), messages_max: None };
        fixture.people.set_quota(&"ana@example.org".parse().unwrap(), quota).await.unwrap();
        let mut mail = envelope(None);
        mail.parameters.size = size;
        let asked = fixture.ask(&mut mail, "ana@example.org").await;
        assert_eq!(asked, want, "{left} left, {size:?} asked for");
    }
}

#[tokio::test]
async fn a_message_comes_twice_only_when_its_sender_knew_of_the_first() {
    let fixture = fixture(FullMailbox::Defer, WayOut::None).await;
    let mut mail = envelope(None);
    fixture.ask(&mut mail, "ana@example.org").await.unwrap();
    for (heard, want) in [(true, 1), (true, 2), (false, 3), (true, 3), (true, 4)] {
        assert_eq!(deliver(&fixture, &mail, heard).await, [Ok(())]);
        assert_eq!(fixture.inbox("ana@example.org").await, want);
    }
}

#[tokio::test]
async fn messages_without_an_id_are_never_taken_for_one_another() {
    let fixture = fixture(FullMailbox::Defer, WayOut::None).await;
    let mut mail = envelope(None);
    fixture.ask(&mut mail, "ana@example.org").await.unwrap();
    for want in 1..=5 {
        // Each over a connection of its own that ends without QUIT.
        assert_eq!(deliver_this(&fixture, &mail, false, WITHOUT_ID).await, [Ok(())]);
        assert_eq!(fixture.inbox("ana@example.org").await, want);
    }
}

#[tokio::test]
async fn the_same_octets_in_another_envelope_are_another_message() {
    let fixture = fixture(FullMailbox::Defer, WayOut::None).await;
    let mut first = envelope(None);
    fixture.ask(&mut first, "ana@example.org").await.unwrap();
    let mut other = envelope(None);
    fixture.ask(&mut other, "ana+lista@example.org").await.unwrap();
    let bounce = Envelope { from: Some("x@example.net".parse().unwrap()), ..first.clone() };
    for (mail, want) in [(&first, 1), (&other, 2), (&bounce, 3), (&first, 3), (&other, 3)] {
        assert_eq!(deliver(&fixture, mail, false).await, [Ok(())]);
        assert_eq!(fixture.inbox("ana@example.org").await, want);
    }
}

#[tokio::test]
async fn a_sub_address_is_handed_on() {
    let fixture = fixture(FullMailbox::Defer, WayOut::None).await;
    let mut mail = envelope(None);
    fixture.ask(&mut mail, "ana+lista@example.org").await.unwrap();
    let want = Target::Account { account: 1, detail: Some("lista".to_owned()) };
    assert_eq!(mail.recipients[0].targets, [want]);
}

#[tokio::test]
async fn what_is_submitted_is_copied_where_the_policy_of_the_device_says_so() {
    let fixture = fixture(FullMailbox::Defer, WayOut::Queue).await;
    let mut mine = envelope(Some(ana()));
    fixture.ask(&mut mine, "bob@example.org").await.unwrap();
    let from = |device: Option<&str>| Envelope {
        login: Some(Login { device: device.map(str::to_owned), ..ana() }),
        ..mine.clone()
    };
    assert_eq!(deliver_this(&fixture, &from(Some("Office PC")), true, WITHOUT_ID).await, [Ok(())]);
    assert_eq!(fixture.sent("ana@example.org").await, 0, "nobody asked for copies");
    fixture
        .people
        .set_quota(&"bob@example.org".parse().unwrap(), UserQuota::default())
        .await
        .unwrap();

    fixture.choose_copy(Some("Office PC"), SentCopy::Copy).await;
    for (device, want) in [(None, 0), (Some("Phone"), 0), (Some("OFFICE pc"), 1)] {
        assert_eq!(deliver_this(&fixture, &from(device), true, WITHOUT_ID).await, [Ok(())]);
        assert_eq!(fixture.sent("ana@example.org").await, want, "{device:?}");
    }
    let account = fixture.account("ana@example.org").await;
    let sent = sent_of(&account).unwrap();
    let copy = account.state(sent.id).unwrap().entries.last().unwrap();
    assert!(copy.flags.contains(Flags::SEEN));
    let log = account.changes_since(mailbox::ModSeq(0), 1000).unwrap();
    let who = &log.last().unwrap().who;
    assert_eq!((who.door, who.device.as_deref()), (Door::Submission, Some("OFFICE pc")));

    // The account chooses for all devices but the one that chose otherwise.
    fixture.choose_copy(None, SentCopy::Copy).await;
    fixture.choose_copy(Some("Phone"), SentCopy::NoCopy).await;
    for (device, want) in [(None, 2), (Some("Phone"), 2), (Some("Tablet"), 3)] {
        assert_eq!(deliver_this(&fixture, &from(device), true, WITHOUT_ID).await, [Ok(())]);
        assert_eq!(fixture.sent("ana@example.org").await, want, "{device:?}");
    }
    // Mail from strangers is nobody's copy.
    let mut stranger = envelope(None);
    fixture.ask(&mut stranger, "ana@example.org").await.unwrap();
    assert_eq!(deliver(&fixture, &stranger, true).await, [Ok(())]);
    assert_eq!(fixture.sent("ana@example.org").await, 3);
}

#[tokio::test]
async fn a_submission_that_comes_again_is_not_copied_again() {
    let fixture = fixture(FullMailbox::Defer, WayOut::Queue).await;
    fixture.choose_copy(None, SentCopy::Copy).await;
    let mut mine = envelope(Some(ana()));
    // To oneself too: that copy and the one in Sent are two.
    for text in ["ana@example.org", "x@example.net"] {
        fixture.ask(&mut mine, text).await.unwrap();
    }
    // Sent a third time on purpose it is another message, but in Sent there is one with its Message-ID already.
    for (heard, want) in [(false, 1), (true, 1), (true, 2)] {
        assert_eq!(deliver(&fixture, &mine, heard).await, [Ok(())]);
        assert_eq!(fixture.sent("ana@example.org").await, 1);
        assert_eq!(fixture.inbox("ana@example.org").await, want);
        assert_eq!(u64::try_from(fixture.queue.list(10).unwrap().len()), Ok(want));
    }
}

#[tokio::test]
async fn a_submission_goes_out_without_its_copy_when_there_is_no_room_for_that() {
    let fixture = fixture(FullMailbox::Defer, WayOut::Queue).await;
    fixture.choose_copy(None, SentCopy::Copy).await;
    let full = UserQuota { octets_max: Some(1), messages_max: Some(0) };
    fixture.people.set_quota(&"ana@example.org".parse().unwrap(), full).await.unwrap();
    let mut mine = envelope(Some(ana()));
    fixture.ask(&mut mine, "bob@example.org").await.unwrap();
    assert_eq!(deliver(&fixture, &mine, true).await, [Ok(())]);
    assert_eq!(fixture.inbox("bob@example.org").await, 1);
    assert_eq!(fixture.sent("ana@example.org").await, 0);
    // A submission that is refused leaves no copy either: bob is full now.
    fixture
        .people
        .set_quota(&"ana@example.org".parse().unwrap(), UserQuota::default())
        .await
        .unwrap();
    assert_eq!(deliver(&fixture, &mine, true).await, [Err(Refused::FullForNow)]);
    assert_eq!(fixture.sent("ana@example.org").await, 0);
}

#[tokio::test]
async fn a_copy_that_the_client_has_put_there_is_enough() {
    let fixture = fixture(FullMailbox::Defer, WayOut::Queue).await;
    fixture.choose_copy(None, SentCopy::Copy).await;
    let account = fixture.account("ana@example.org").await;
    let mut own = fixture.people.accounts().receive();
    own.write(b"Bcc: z@example.net\r\nMessage-ID: <1@x>\r\n\r\nhello\r\n").await.unwrap();
    let received = own.finish().await.unwrap();
    let flags = FlagNames::default();
    let append = Append { received, flags, internal_date: None, uidl: None };
    account.append(sent_of(&account).unwrap().id, vec![append]).await.unwrap();
    let mut mine = envelope(Some(ana()));
    fixture.ask(&mut mine, "x@example.net").await.unwrap();
    for (id, want) in [("1@x", 1), ("2@x", 2)] {
        let message = format!(
            "Return-Path: <>\r\nReceived: from x\r\n\tby y; now\r\nMessage-ID: <{id}>\r\n\r\nhello\r\n"
        );
        let answers = deliver_this(&fixture, &mine, true, message.as_bytes()).await;
        assert_eq!(answers, [Ok(())]);
        assert_eq!(fixture.sent("ana@example.org").await, want, "{id}");
    }
}

#[tokio::test]
async fn a_sent_that_is_not_there_is_made_again() {
    let fixture = fixture(FullMailbox::Defer, WayOut::Queue).await;
    fixture.choose_copy(None, SentCopy::Copy).await;
    let account = fixture.account("ana@example.org").await;
    account.delete_mailbox(sent_of(&account).unwrap().id).await.unwrap();
    let mut mine = envelope(Some(ana()));
    fixture.ask(&mut mine, "x@example.net").await.unwrap();
    assert_eq!(deliver(&fixture, &mine, true).await, [Ok(())]);
    assert_eq!(fixture.sent("ana@example.org").await, 1);
}

#[tokio::test]
async fn a_delivery_leaves_one_line_that_names_the_user() {
    let fixture = fixture(FullMailbox::Reject, WayOut::None).await;
    let mut envelope = envelope(None);
    let (log, _guard) = crate::log::tests::Written::begin(crate::config::LogFormat::Text);
    fixture.ask(&mut envelope, "ana@example.org").await.unwrap();
    fixture.ask(&mut envelope, "nobody@example.org").await.unwrap_err();
    assert_eq!(deliver(&fixture, &envelope, true).await, [Ok(())]);
    let lines = log.untimed();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert_eq!(
        lines[0],
        r#"INFO recipient door=lmtp outcome=refused reason="550 5.1.1 User unknown" id=x to=nobody@example.org"#
    );
    assert!(lines[1].starts_with("INFO delivery door=lmtp outcome=ok id=x octets="), "{lines:#?}");
    assert!(lines[1].ends_with(" user=ana@example.org"), "{lines:#?}");
}
