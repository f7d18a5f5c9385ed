//! A real Thunderbird, in a fresh profile, finds the settings of an address by our file and not by guessing.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests may be blunt")]

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use interop::certificates::{Certificate, Key};
use interop::host::{DOMAIN, address};
use interop::marionette::Marionette;
use interop::{Host, Listener, need};
use serde_json::{Value, json};

/// `nsMsgSocketType.SSL` and `nsMsgAuthMethod.passwordCleartext` (a plain password, under TLS).
const TLS: u16 = 3;
const STARTTLS: u16 = 2;
const PASSWORD: u16 = 3;

/// A proxy by which two names lead to our host, and no other name leads anywhere.
fn proxy(https: u16) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, asked) = (listener.local_addr().unwrap().port(), Arc::default());
    let noting: Arc<Mutex<Vec<String>>> = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let noting = Arc::clone(&noting);
            std::thread::spawn(move || lead(stream, https, &noting));
        }
    });
    (port, asked)
}

fn lead(mut client: TcpStream, https: u16, asked: &Mutex<Vec<String>>) {
    let (mut head, mut octet) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && client.read(&mut octet).is_ok_and(|read| read == 1) {
        head.extend(octet);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let line = head.lines().next().unwrap_or_default().to_owned();
    asked.lock().unwrap().push(line.clone());
    let is_ours = line.starts_with(&format!("CONNECT autoconfig.{DOMAIN}:443 "));
    if !is_ours {
        drop(client.write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"));
        return;
    }
    let host = TcpStream::connect(("127.0.0.1", https)).unwrap();
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    let (mut from, mut to) = (client.try_clone().unwrap(), host.try_clone().unwrap());
    std::thread::spawn(move || {
        drop(std::io::copy(&mut from, &mut to));
        drop(to.shutdown(Shutdown::Write));
    });
    let (mut from, mut to) = (host, client);
    drop(std::io::copy(&mut from, &mut to));
    drop(to.shutdown(Shutdown::Write));
}

/// Nothing but what the test wants goes out, and all of it by the proxy.
fn preferences(proxy: u16) -> Vec<(&'static str, Value)> {
    vec![
        ("network.proxy.type", json!(1)),
        ("network.proxy.http", json!("127.0.0.1")),
        ("network.proxy.http_port", json!(proxy)),
        ("network.proxy.ssl", json!("127.0.0.1")),
        ("network.proxy.ssl_port", json!(proxy)),
        ("network.proxy.no_proxies_on", json!("")),
        ("mail.provider.suppress_dialog_on_startup", json!(true)),
        ("app.update.enabled", json!(false)),
        ("datareporting.policy.dataSubmissionEnabled", json!(false)),
        ("network.captive-portal-service.enabled", json!(false)),
        ("network.connectivity-service.enabled", json!(false)),
    ]
}

#[test]
fn thunderbird_finds_its_settings_without_guessing() {
    let (Some(openssl), Some(thunderbird)) = (need("openssl"), need("thunderbird")) else { return };
    let folder = tempfile::tempdir().unwrap();
    let autoconfig = format!("autoconfig.{DOMAIN}");
    let names = ["mail.example.org", autoconfig.as_str()];
    let certificate = Certificate::make(&openssl, folder.path(), Key::P256, &names);
    let config = format!("hostname = \"mail.example.org\"\n{}", certificate.section());
    let host = Host::start_configured(&config, &["ana"]);
    let (proxy, asked) = proxy(host.port(Listener::Https));
    let profile = folder.path().join("profile");
    std::fs::create_dir(&profile).unwrap();
    let mut program = Marionette::start(&thunderbird, &profile, &preferences(proxy));
    let root = std::fs::read_to_string(&certificate.root).unwrap();
    let root: String = root.lines().filter(|line| !line.starts_with("-----")).collect();
    let ana = address("ana");
    let found = program.run(include_str!("setup/find.js"), json!([root, DOMAIN, ana]));
    let server = |kind: &str, listener, socket: u16| {
        json!([kind, "mail.example.org", host.port(listener), socket, ana, PASSWORD])
    };
    assert_eq!(found["source"], "xml", "{found} {asked:?}");
    assert_eq!(found["from"], "xml-from-isp-https", "{found}");
    let incoming = [
        server("imap", Listener::Imaps, TLS),
        server("imap", Listener::Imap, STARTTLS),
        server("pop3", Listener::Pop3s, TLS),
        server("pop3", Listener::Pop3, STARTTLS),
    ];
    let starttls = host.port(Listener::Submission);
    let outgoing = [
        server("smtp", Listener::Submissions, TLS),
        // Who is to log in here, Thunderbird fills in when somebody chooses it.
        json!(["smtp", "mail.example.org", starttls, STARTTLS, "%EMAILADDRESS%", PASSWORD]),
    ];
    assert_eq!(found["incoming"], json!(incoming), "{found}");
    assert_eq!(found["outgoing"], json!(outgoing), "{found}");
}
