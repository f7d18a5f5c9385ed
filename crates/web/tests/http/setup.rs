//! What mail programs and people find.

use sasl::Security;
use web::Connection;

use crate::world::{Answer, World, secured};

fn text(answer: &Answer) -> &str {
    assert_eq!(answer.status, 200, "{answer:?}");
    str::from_utf8(&answer.body).unwrap()
}

#[tokio::test]
async fn thunderbird_finds_all_servers_the_best_first() {
    let world = World::new().await;
    for path in ["/.well-known/autoconfig/mail/config-v1.1.xml", "/mail/config-v1.1.xml"] {
        let answer =
            world.ask(&format!("GET {path}?emailaddress=ana%40example.net"), "", b"").await;
        assert_eq!(answer.field("content-type"), Some("text/xml; charset=utf-8"));
        let file = text(&answer);
        let ports: Vec<&str> =
            file.split("<port>").skip(1).map(|rest| rest.split('<').next().unwrap()).collect();
        assert_eq!(ports, ["993", "143", "995", "587"]);
        assert!(file.contains("<emailProvider id=\"example.net\">"));
        assert_eq!(file.matches("<hostname>mail.example.org</hostname>").count(), 4);
        assert!(file.contains("<outgoingServer type=\"smtp\">"));
    }
    let host = "Host: autoconfig.example.pt\r\n";
    let answer = world.ask("GET /mail/config-v1.1.xml", host, b"").await;
    assert!(text(&answer).contains("<domain>example.pt</domain>"));
    let evil = world.ask("GET /mail/config-v1.1.xml?emailaddress=a%40%3Cx%3E%22%26", "", b"").await;
    assert!(text(&evil).contains("<domain>mail.example.org</domain>"));
}

#[tokio::test]
async fn nobody_learns_whether_there_is_such_a_user() {
    let world = World::new().await;
    let ask = async |name: &str| {
        let path = format!("GET /mail/config-v1.1.xml?emailaddress={name}%40example.org");
        world.ask(&path, "", b"").await.body
    };
    assert_eq!(ask("ana").await, ask("nobody").await);
}

#[tokio::test]
async fn outlook_finds_one_server_for_each_service() {
    let world = World::new().await;
    let question = |address: &str| {
        format!(
            "<?xml version=\"1.0\"?><Autodiscover><Request><EMailAddress>{address}</EMailAddress></Request></Autodiscover>"
        )
    };
    for path in ["/autodiscover/autodiscover.xml", "/Autodiscover/Autodiscover.xml"] {
        let body = question("ana@example.org");
        let answer =
            world.ask(&format!("POST {path}"), "Content-Type: text/xml\r\n", body.as_bytes()).await;
        let file = text(&answer);
        assert_eq!(file.matches("<Protocol>").count(), 3);
        assert!(
            file.contains("<Port>993</Port>")
                && file.contains("<LoginName>ana@example.org</LoginName>")
        );
        assert!(file.contains("<Encryption>TLS</Encryption>"));
    }
    for bad in
        ["", "x", &question("<b>@example.org"), &question("a@<b>"), &question("@example.org")]
    {
        let answer = world.ask("POST /autodiscover/autodiscover.xml", "", bad.as_bytes()).await;
        let is_harmless =
            answer.status == 400 || !String::from_utf8_lossy(&answer.body).contains("<b>");
        assert!(is_harmless, "{answer:?}");
    }
    let long = question(&"x".repeat(20_000));
    assert_eq!(
        world.ask("POST /autodiscover/autodiscover.xml", "", long.as_bytes()).await.status,
        400
    );
}

#[tokio::test]
async fn outlook_finds_out_where_to_post() {
    let world = World::new().await;
    for path in [
        "/autodiscover/autodiscover.json?Email=ana%40example.org&Protocol=AutodiscoverV1",
        "/autodiscover/autodiscover.json/v1.0/ana@example.org?Protocol=Autodiscoverv1",
    ] {
        let answer = world.ask(&format!("GET {path}"), "", b"").await;
        assert_eq!(answer.json()["Url"], "https://mail.example.org/autodiscover/autodiscover.xml");
    }
    let other = world.ask("GET /autodiscover/autodiscover.json?Protocol=EWS", "", b"").await;
    assert_eq!(
        (other.status, other.json()["ErrorCode"].as_str()),
        (400, Some("ProtocolNotSupported"))
    );
}

#[tokio::test]
async fn apple_gets_a_profile_for_an_address() {
    let world = World::new().await;
    let answer =
        world.ask("GET /setup/mail.mobileconfig?address=ana%2Blists%40example.org", "", b"").await;
    assert_eq!(
        answer.field("content-type"),
        Some("application/x-apple-aspen-config; charset=utf-8")
    );
    assert!(answer.field("content-disposition").unwrap().starts_with("attachment"));
    let file = text(&answer);
    for part in [
        "<string>EmailTypeIMAP</string>",
        "<key>IncomingMailServerPortNumber</key><integer>993</integer>",
        "<key>OutgoingMailServerPortNumber</key><integer>587</integer>",
        "<key>EmailAddress</key><string>ana+lists@example.org</string>",
    ] {
        assert!(file.contains(part), "{part}: {file}");
    }
    let contacts = "<key>CardDAVHostName</key><string>mail.example.org</string>";
    assert!(file.contains(contacts) && file.contains("CardDAVPort</key><integer>443<"), "{file}");
    let ask = async |connection, fields: &str| {
        let line = "GET /setup/mail.mobileconfig?address=ana@example.org";
        let answer = world.ask_from(connection, line, fields, b"").await;
        text(&answer).to_owned()
    };
    let named = ask(secured(), "Host: mx.example:8443\r\n").await;
    assert!(named.contains("<string>mx.example</string>") && named.contains("<integer>8443<"));
    // Contacts are not reached without TLS.
    let clear = Connection { security: Security::Loopback, ..secured() };
    assert!(!ask(clear, "").await.contains("CardDAV"));
    for bad in ["", "?address=ana", "?address=%3Cb%3E%40%3Cx%3E", "?address=@example.org"] {
        assert_eq!(
            world.ask(&format!("GET /setup/mail.mobileconfig{bad}"), "", b"").await.status,
            400
        );
    }
}

#[tokio::test]
async fn people_read_how_to_set_a_program_up_in_their_language() {
    let world = World::with(jmap::Limits::default(), "/mail").await;
    for (language, title) in [("pt-PT", "Correio de"), ("en", "Mail at"), ("de", "Mail at")] {
        let answer =
            world.ask("GET /mail/setup", &format!("Accept-Language: {language}\r\n"), b"").await;
        let page = text(&answer);
        assert!(
            page.contains(&format!("<h1>{title} <span>mail.example.org</span></h1>")),
            "{page}"
        );
        assert!(page.contains("https://mail.example.org/mail/.well-known/jmap"));
        assert!(page.contains("<code>https://mail.example.org/mail/dav/</code>"));
        assert!(page.contains("<td data-name=") && !page.contains("<script"));
        assert!(answer.field("content-security-policy").unwrap().contains("style-src 'self'"));
    }
    let style = world.ask("GET /mail/setup.css", "", b"").await;
    assert!(text(&style).contains("prefers-color-scheme"));
}
