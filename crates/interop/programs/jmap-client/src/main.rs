//! The crate jmap-client against the host: reads, imports, finds, flags, moves, sends, hears of news, and destroys.

use std::time::Duration;

use futures_util::StreamExt as _;
use jmap_client::client::{Client, Credentials};
use jmap_client::core::request::Request;
use jmap_client::core::set::SetObject as _;
use jmap_client::email::{self, Email, Property};
use jmap_client::event_source::PushNotification;
use jmap_client::mailbox::{self, Role};
use jmap_client::{DataType, URI};

async fn client(port: &str, address: &str, password: &str) -> Client {
    let client = Client::new().credentials(Credentials::basic(address, password));
    let client = client.accept_invalid_certs(true).follow_redirects(["127.0.0.1"]);
    let client = client.timeout(Duration::from_secs(20));
    client.connect(&format!("https://127.0.0.1:{port}")).await.expect("a session")
}

/// A request that uses what is needed. What this crate names by itself are capabilities that no server has all of, and a server has
/// to refuse those it does not know (RFC 8620, 3.6.1).
fn request(client: &Client) -> Request<'_> {
    let mut request = client.build();
    request.using = vec![URI::Core, URI::Mail, URI::Submission];
    request
}

async fn of_role(client: &Client, role: Role) -> String {
    let mut asking = request(client);
    asking.query_mailbox().filter(mailbox::query::Filter::role(role));
    asking
        .send_query_mailbox()
        .await
        .expect("mailboxes")
        .take_ids()
        .pop()
        .expect("one of that role")
}

async fn find(client: &Client, subject: &str) -> Vec<String> {
    let mut asking = request(client);
    let query = asking.query_email().filter(email::query::Filter::subject(subject));
    query.sort([email::query::Comparator::received_at()]);
    asking.send_query_email().await.expect("emails").take_ids()
}

async fn get(client: &Client, id: &str, properties: &[Property]) -> Email {
    let mut asking = request(client);
    asking.get_email().ids([id]).properties(properties.iter().cloned());
    asking.send_get_email().await.expect("an answer").pop().expect("the email")
}

/// Changes an email, and sees that it was.
async fn change(client: &Client, id: &str, change: impl FnOnce(&mut Email<jmap_client::Set>)) {
    let mut asking = request(client);
    change(asking.set_email().update(id));
    asking.send_set_email().await.expect("an answer").updated(id).expect("a change");
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [port, sender, receiver, password] = words.as_slice() else { panic!("four words") };
    let (ana, bob) = (client(port, sender, password).await, client(port, receiver, password).await);
    let (drafts, archive, trash) = (
        of_role(&ana, Role::Drafts).await,
        of_role(&ana, Role::Archive).await,
        of_role(&ana, Role::Trash).await,
    );
    let types = [DataType::Email, DataType::Mailbox];
    let mut news = bob.event_source(Some(types), false, Some(60), None).await.expect("events");

    let letter = format!(
        "From: {sender}\r\nTo: {receiver}\r\nSubject: Coimbra\r\nMessage-ID: <client@test.example>\r\n\r\nA torre toca.\r\n"
    );
    let blob = ana.upload(None, letter.into_bytes(), None).await.expect("an upload").take_blob_id();
    let mut asking = request(&ana);
    let import = asking.import_email().email(blob).mailbox_ids([&drafts]);
    import.keywords(["$draft"]);
    let creation = import.create_id();
    let made = asking.send_import_email().await.expect("an answer").created(&creation);
    let id = made.expect("an import").take_id();
    assert_eq!(find(&ana, "coimbra").await, [id.clone()]);
    let got = get(&ana, &id, &[Property::Subject, Property::Preview, Property::Keywords]).await;
    assert_eq!((got.subject(), got.keywords()), (Some("Coimbra"), vec!["$draft"]));
    assert!(got.preview().is_some_and(|preview| preview.starts_with("A torre toca.")));

    let mut asking = request(&ana);
    asking.get_identity();
    let identities = asking.send_get_identity().await.expect("identities");
    let identity = identities.list().first().expect("one").id().expect("an id").to_owned();
    let mut asking = request(&ana);
    let creation = asking.set_email_submission().create().email_id(&id).identity_id(identity);
    let creation = creation.create_id().expect("a creation");
    let sent = asking.send_set_email_submission().await.expect("an answer").created(&creation);
    assert!(sent.expect("a submission").id().is_some());
    loop {
        let event = news.next().await.expect("news").expect("an event");
        let PushNotification::StateChange(changes) = event else { continue };
        if changes.changed_accounts().any(|account| account == bob.default_account_id()) {
            break;
        }
    }
    let arrived = find(&bob, "Coimbra").await;
    let whole = get(&bob, arrived.first().expect("what was sent"), &[Property::BlobId]).await;
    let octets = bob.download(whole.blob_id().expect("a blob")).await.expect("octets");
    assert!(String::from_utf8_lossy(&octets).contains("A torre toca."));

    // Not keyword("$draft", false): that writes false into the patch, where RFC 8621, 4.1.1 has true or nothing.
    change(&ana, &id, |email| _ = email.keywords(["$seen", "verde"])).await;
    change(&ana, &id, |email| _ = email.mailbox_ids([&archive])).await;
    let mut asking = request(&ana);
    let creation = asking.set_mailbox().create().name("Viagens").role(Role::None).create_id();
    let creation = creation.expect("a creation");
    let own = asking.send_set_mailbox().await.expect("an answer").created(&creation);
    let own = own.expect("a mailbox").take_id();
    change(&ana, &id, |email| _ = email.mailbox_ids([&own, &trash])).await;
    let got = get(&ana, &id, &[Property::Keywords, Property::MailboxIds]).await;
    let (mut keywords, mut places) = (got.keywords(), got.mailbox_ids());
    keywords.sort_unstable();
    places.sort_unstable();
    let mut wanted = [own.as_str(), trash.as_str()];
    wanted.sort_unstable();
    assert_eq!((keywords, places), (vec!["$seen", "verde"], wanted.to_vec()));
    let mut asking = request(&ana);
    asking.set_mailbox().destroy([&own]).arguments().on_destroy_remove_emails(true);
    asking.send_set_mailbox().await.expect("an answer").destroyed(&own).expect("a mailbox less");
    let mut asking = request(&ana);
    asking.set_email().destroy([&id]);
    asking.send_set_email().await.expect("an answer").destroyed(&id).expect("an email less");
    assert!(find(&ana, "Coimbra").await.is_empty());
    println!("jmap-client is content");
}
