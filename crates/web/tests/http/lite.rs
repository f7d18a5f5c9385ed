//! The plain pages, as a browser without scripts uses them.

use mailbox::MailboxName;

use crate::events::deliver_message;
use crate::world::{Answer, World};

const FORM: &str =
    "Content-Type: application/x-www-form-urlencoded\r\nOrigin: https://mail.example.org\r\n";

/// A browser in which Ana is logged in.
struct Browser<'w> {
    world: &'w World,
    cookie: String,
    /// What it shows.
    page: String,
}

impl<'w> Browser<'w> {
    async fn new(world: &'w World) -> Browser<'w> {
        let fields = "Content-Type: application/json\r\nX-Correio-CSRF: 1\r\n";
        let body = br#"{"login": "ana@example.org", "password": "secret"}"#;
        let answer = world.ask("POST /auth/login", fields, body).await;
        let field = answer.field("set-cookie").unwrap();
        let cookie = format!("Cookie: {}\r\n", field.split(';').next().unwrap());
        Browser { world, cookie, page: String::new() }
    }

    /// Opens a page, and follows where it leads; the status of the last one.
    async fn open(&mut self, path: &str) -> u16 {
        let answer = self.world.ask(&format!("GET {path}"), &self.cookie, b"").await;
        self.follow(answer).await
    }

    /// Sends a form of the page: the fields that stand in it, and these.
    async fn send(&mut self, action: &str, more: &[(&str, &str)]) -> u16 {
        let form =
            self.page.split("<form ").find(|form| form.contains(&format!("action=\"{action}\"")));
        let hidden = form.unwrap().split("type=\"hidden\"").skip(1).map(|input| {
            let value = |name: &str| {
                let (_, rest) = input.split_once(&format!("{name}=\"")).unwrap();
                rest.split('"').next().unwrap().replace("&amp;", "&")
            };
            (value("name"), value("value"))
        });
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let fields: Vec<String> = hidden
            .chain(more)
            .map(|(name, value)| {
                let value: String = value.bytes().map(|octet| format!("%{octet:02x}")).collect();
                format!("{name}={value}")
            })
            .collect();
        let head = format!("{}{FORM}", self.cookie);
        let answer =
            self.world.ask(&format!("POST {action}"), &head, fields.join("&").as_bytes()).await;
        self.follow(answer).await
    }

    async fn follow(&mut self, mut answer: Answer) -> u16 {
        for _ in 0..5 {
            let Some(to) = answer.field("location").map(str::to_owned) else { break };
            assert_eq!(answer.status, 303);
            answer = self.world.ask(&format!("GET {to}"), &self.cookie, b"").await;
        }
        self.page = String::from_utf8(answer.body).unwrap();
        answer.status
    }

    fn shows(&self, text: &str) -> bool {
        self.page.contains(text)
    }
}

async fn message(world: &World, subject: &str) {
    let text = format!(
        "From: Bob <bob@example.net>\r\nTo: ana@example.org\r\nSubject: {subject}\r\nMessage-ID: <{subject}@x>\r\n\
         Date: Mon, 1 Jan 2024 10:00:00 +0100\r\n\r\nHello {subject}\r\n> old\r\n"
    );
    deliver_message(world, text.as_bytes()).await;
}

/// How many are in a mailbox of Ana's, and how many of them are read.
fn counts(world: &World, name: &str) -> (usize, usize) {
    let account = world.accounts.open(mailbox::AccountId(1), mailbox::Who::at(mailbox::Door::Imap));
    let account = account.unwrap();
    let found = account.find(&MailboxName::new(name).unwrap()).unwrap().unwrap();
    let state = account.state(found.id).unwrap();
    let read = state.entries.iter().filter(|entry| entry.flags.contains(mailbox::Flags::SEEN));
    (state.entries.iter().count(), read.count())
}

#[tokio::test]
async fn mail_is_listed_read_moved_and_moved_back() {
    let world = World::new().await;
    for subject in ["one", "two", "three"] {
        message(&world, subject).await;
    }
    let mut browser = Browser::new(&world).await;
    assert_eq!(browser.open("/lite/").await, 200);
    for text in ["three", "Bob", "1–3 / 3", "<em>new</em>"] {
        assert!(browser.shows(text), "{text}: {}", browser.page);
    }
    assert_eq!(browser.open("/lite/email/M1").await, 200);
    assert!(browser.shows("Hello one") && browser.shows("<blockquote>"), "{}", browser.page);
    assert_eq!(counts(&world, "INBOX"), (3, 1));
    browser.open("/lite/").await;
    browser.send("/lite/act", &[("id", "M1"), ("id", "M3"), ("action", "trash")]).await;
    assert!(browser.shows("2 messages moved to Trash."), "{}", browser.page);
    assert_eq!((counts(&world, "INBOX").0, counts(&world, "Trash").0), (1, 2));
    browser.send("/lite/act", &[("action", "move")]).await;
    assert_eq!((counts(&world, "INBOX").0, counts(&world, "Trash").0), (3, 0));
    browser.open("/lite/").await;
    browser.send("/lite/act", &[("all", "yes"), ("action", "read")]).await;
    assert_eq!(counts(&world, "INBOX"), (3, 3));
    browser.send("/lite/act", &[("id", "M2"), ("action", "star")]).await;
    assert!(browser.shows("★"));
    browser.send("/lite/act", &[("action", "star")]).await;
    assert!(browser.shows("Nothing was chosen"));
}

#[tokio::test]
async fn what_is_deleted_for_good_is_asked_for_twice() {
    let world = World::new().await;
    message(&world, "one").await;
    let mut browser = Browser::new(&world).await;
    browser.open("/lite/").await;
    browser.send("/lite/act", &[("id", "M1"), ("action", "trash")]).await;
    let trash = browser.page.split("/lite/mailbox/").find(|rest| rest.contains("Trash")).unwrap();
    let trash = trash.split('"').next().unwrap().to_owned();
    browser.open(&format!("/lite/mailbox/{trash}")).await;
    browser.send("/lite/act", &[("id", "M1"), ("action", "destroy")]).await;
    assert!(browser.shows("1 message will be gone"), "{}", browser.page);
    assert_eq!(counts(&world, "Trash").0, 1);
    browser.send("/lite/act", &[("action", "destroy")]).await;
    assert!(browser.shows("1 message deleted."), "{}", browser.page);
    assert_eq!(counts(&world, "Trash").0, 0);
}

#[tokio::test]
async fn what_was_sought_is_found() {
    let world = World::new().await;
    for subject in ["alpha", "beta"] {
        message(&world, subject).await;
    }
    let mut browser = Browser::new(&world).await;
    browser.open("/lite/search?q=hello+beta").await;
    assert!(browser.shows(">beta<") && !browser.shows(">alpha<"), "{}", browser.page);
    browser.open("/lite/search?q=%22%3E%3Cscript%3E").await;
    assert!(browser.shows("Nothing was found") && !browser.shows("<script"), "{}", browser.page);
}

#[tokio::test]
async fn what_strangers_write_is_text() {
    let world = World::new().await;
    let evil = "\"><script>alert(1)</script><img src=x onerror=alert(2)>";
    let message = format!(
        "From: \"{0}\" <a@b>\r\nTo: {0} <ana@example.org>\r\nSubject: {1}\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n\
         --m\r\nContent-Type: text/html\r\n\r\n<p>{1}</p>\r\n\
         --m\r\nContent-Type: image/svg+xml; name=\"<svg onload=alert(3)>.svg\"\r\nContent-Disposition: attachment\r\n\r\n{1}\r\n--m--\r\n",
        evil.replace('"', "\\\""),
        evil
    );
    deliver_message(&world, message.as_bytes()).await;
    let mut browser = Browser::new(&world).await;
    for path in [
        "/lite/",
        "/lite/email/M1",
        "/lite/email/M1?html=1&pictures=1",
        "/lite/write?reply=M1",
        "/lite/write?reply-all=M1",
        "/lite/write?forward=M1",
        "/lite/search?q=script",
    ] {
        assert_eq!(browser.open(path).await, 200, "{path}");
        assert!(browser.shows("script&gt;"), "{path}: {}", browser.page);
        for bad in ["<script", "<img src=x", "<svg"] {
            assert!(!browser.shows(bad), "{path}: {bad}");
        }
    }
    browser.open("/lite/email/M1").await;
    assert!(browser.shows("sandbox=\"allow-popups allow-popups-to-escape-sandbox\""));
    let answer = world.ask("GET /lite/email/M1", &browser.cookie, b"").await;
    let policy = answer.field("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'self'; frame-src 'self'"),
        "{policy}"
    );
    assert!(!policy.contains("script") && !policy.contains("unsafe"), "{policy}");
}

#[tokio::test]
async fn an_answer_goes_out_and_is_kept_among_what_was_sent() {
    let world = World::new().await;
    message(&world, "one").await;
    let mut browser = Browser::new(&world).await;
    browser.open("/lite/write?reply=M1").await;
    for text in
        ["value=\"Re: one\"", "&lt;bob@example.net&gt;", "wrote:\n&gt; Hello one\n&gt;&gt; old"]
    {
        assert!(browser.shows(text), "{text}: {}", browser.page);
    }
    let letter = [
        ("to-people", "Bob <bob@example.net>; eva@example.net"),
        ("subject", "Re: one"),
        ("text", "Ol\u{e1}\r\n\r\n> Hello one"),
        ("action", "send"),
    ];
    assert_eq!(browser.send("/lite/write", &letter).await, 200);
    assert!(browser.shows("Your message was sent."), "{}", browser.page);
    let sent = world.sent.messages();
    let sent = String::from_utf8(sent[0].1.clone()).unwrap();
    for line in [
        "Subject: Re: one\r\n",
        "In-Reply-To: <one@x>\r\n",
        "References: <one@x>\r\n",
        "bob@example.net",
        "eva@example.net",
    ] {
        assert!(sent.contains(line), "{line}: {sent}");
    }
    assert_eq!((counts(&world, "Drafts").0, counts(&world, "Sent").0), (0, 1));
    browser.open("/lite/write?forward=M1").await;
    assert!(browser.shows("value=\"Fwd: one\"") && browser.shows("Hello one"), "{}", browser.page);
}

#[tokio::test]
async fn what_cannot_be_sent_is_not_lost() {
    let world = World::new().await;
    let mut browser = Browser::new(&world).await;
    browser.open("/lite/write").await;
    let letter = |to: &'static str| {
        [
            ("to-people", to),
            ("subject", "s"),
            ("text", "kept \u{201c}as it is\u{201d}\n\n  <b>"),
            ("action", "send"),
        ]
    };
    for (to, said) in
        [("", "Say first to whom it goes."), ("bob", "This is not an e-mail address: bob")]
    {
        assert_eq!(browser.send("/lite/write", &letter(to)).await, 422);
        assert!(
            browser.shows(said) && browser.shows("kept \u{201c}as it is\u{201d}\n\n  &lt;b&gt;"),
            "{}",
            browser.page
        );
    }
    assert_eq!(browser.send("/lite/write", &letter("bob@nowhere.example")).await, 422);
    assert!(browser.shows("It was not sent, and is kept in Drafts."), "{}", browser.page);
    assert_eq!((counts(&world, "Drafts").0, counts(&world, "Sent").0), (1, 0));
    let keep = [("to-people", "bob@example.net"), ("text", "more"), ("action", "save")];
    assert_eq!(browser.send("/lite/write", &keep).await, 200);
    assert!(
        browser.shows("kept in Drafts") && browser.shows(">\nmore</textarea>"),
        "{}",
        browser.page
    );
    assert_eq!(counts(&world, "Drafts").0, 1);
}

#[tokio::test]
async fn only_forms_of_ours_and_of_whoever_is_logged_in_do_anything() {
    let world = World::new().await;
    message(&world, "one").await;
    let mut browser = Browser::new(&world).await;
    browser.open("/lite/").await;
    for (path, body) in [
        ("/lite/act", "id=M1&action=trash&in=F1"),
        ("/lite/write", "to-people=bob%40example.net&text=x&action=send"),
        ("/auth/logout", ""),
    ] {
        let token = browser
            .page
            .split_once("name=\"token\" value=\"")
            .unwrap()
            .1
            .split('"')
            .next()
            .unwrap();
        let with_token = format!("token={token}&{body}");
        let cookie = &browser.cookie;
        let elsewhere = FORM.replace("https://mail.example.org", "https://evil.example");
        let referred =
            "Content-Type: application/x-www-form-urlencoded\r\nReferer: https://evil.example/\r\n";
        for (head, body) in [
            (format!("{cookie}{FORM}"), body),
            (format!("{cookie}{elsewhere}"), &*with_token),
            (format!("{cookie}{referred}"), &*with_token),
            (FORM.to_owned(), &*with_token),
        ] {
            let answer = world.ask(&format!("POST {path}"), &head, body.as_bytes()).await;
            assert_eq!(answer.status, 403, "{path} {head}");
        }
    }
    assert_eq!((counts(&world, "INBOX"), world.sent.messages().len()), ((1, 0), 0));
    for path in ["/lite/", "/lite/email/M1", "/lite/search?q=a%20b", "/lite/write?reply=M1"] {
        let answer = world.ask(&format!("GET {path}"), "", b"").await;
        let to = answer.field("location").unwrap();
        assert!(answer.status == 303 && to.starts_with("/auth/login?next=/lite/"), "{to}");
    }
    browser.open("/lite/").await;
    let token = browser.page.split("name=\"token\" value=\"").nth(1).unwrap();
    let token = format!("token={}", token.split('"').next().unwrap());
    let head = format!("{}{FORM}", browser.cookie);
    let out = world.ask("POST /auth/logout", &head, token.as_bytes()).await;
    // What the webmail kept in the browser goes with the login.
    assert_eq!((out.status, out.field("clear-site-data")), (303, Some("\"storage\"")));
    assert_eq!(browser.open("/lite/").await, 200);
    assert!(browser.shows("name=\"password\""), "{}", browser.page);
}

#[tokio::test]
async fn what_is_not_there_is_said_in_ones_language() {
    let world = World::new().await;
    let browser = Browser::new(&world).await;
    let head = format!("{}Accept-Language: pt-BR\r\n", browser.cookie);
    for path in [
        "/lite/email/M99",
        "/lite/mailbox/F99",
        "/lite/write?reply=M99",
        "/lite/email/%3Cscript%3E",
    ] {
        let answer = world.ask(&format!("GET {path}"), &head, b"").await;
        let page = String::from_utf8(answer.body.clone()).unwrap();
        assert!([404, 400].contains(&answer.status), "{path}: {answer:?}");
        assert!(page.contains("lang=\"pt\"") && !page.contains("<script"), "{page}");
    }
}
