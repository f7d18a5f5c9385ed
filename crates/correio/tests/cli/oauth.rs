//! The companion gets in without a password: a host of our own gives it tokens, asked for in a browser and by a code.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Child;

use crate::program::{Host, Program};

const PASSWORD: &str = "long enough";
const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

/// The page of somebody who is logged in at a host, as their browser has it.
struct Browser {
    at: String,
    cookie: String,
}

impl Browser {
    fn of(host: &Host) -> Browser {
        let mut browser = Browser { at: host.said("http listening on "), cookie: String::new() };
        let body = format!(r#"{{"login": "ana@example.org", "password": "{PASSWORD}"}}"#);
        let kind = "Content-Type: application/json\r\nX-Correio-CSRF: 1\r\n";
        let answer = browser.ask("POST /auth/login", kind, &body);
        let (_, cookie) = answer.split_once("set-cookie: ").expect(&answer);
        browser.cookie = format!("Cookie: {}\r\n", cookie.split(';').next().unwrap());
        browser
    }

    fn ask(&self, line: &str, fields: &str, body: &str) -> String {
        let Browser { at, cookie } = self;
        fetched(
            at,
            &format!(
                "{line} HTTP/1.1\r\nHost: {at}\r\nOrigin: http://{at}\r\nConnection: close\r\n{cookie}{fields}Content-Length: {}\r\n\r\n{body}",
                body.len()
            ),
        )
    }

    /// Looks at a page of the host, and says yes or no there.
    fn decides(&self, path: &str, form: &str, decision: &str) -> String {
        let page = self.ask(&format!("GET {path}"), "", "");
        let (_, token) = page.split_once("name=\"token\" value=\"").expect(&page);
        let token = token.split('"').next().unwrap();
        let to = path.split('?').next().unwrap();
        let body = format!("token={token}&decision={decision}&{form}");
        self.ask(&format!("POST {to}"), FORM, &body)
    }
}

fn fetched(at: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(at).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// A program that waits for its person: what it says to them, and how it ends.
struct Waiting {
    child: Child,
    said: BufReader<std::process::ChildStderr>,
}

impl Waiting {
    fn begun(program: &Program, arguments: &[&str]) -> Waiting {
        let mut child = program.started(arguments);
        let said = BufReader::new(child.stderr.take().unwrap());
        Waiting { child, said }
    }

    /// The first line that begins so.
    fn line(&mut self, begins: &str) -> String {
        let mut all = String::new();
        loop {
            let mut line = String::new();
            assert_ne!(self.said.read_line(&mut line).unwrap(), 0, "no {begins:?} in {all}");
            if let Some(found) = line.trim_start().strip_prefix(begins) {
                return found.trim().to_owned();
            }
            all.push_str(&line);
        }
    }

    fn ended(mut self) -> (Option<i32>, String) {
        let mut error = String::new();
        self.said.read_to_string(&mut error).unwrap();
        (self.child.wait().unwrap().code(), error)
    }

    /// The person opens the page in a browser, decides, and is led back.
    fn decided_in(&mut self, browser: &Browser, decision: &str) {
        let page = self.line("http://");
        let (_, target) = page.split_once("/auth/authorize?").unwrap();
        let query: String = target
            .bytes()
            .map(|octet| match octet.is_ascii_alphanumeric() {
                true => char::from(octet).to_string(),
                false => format!("%{octet:02X}"),
            })
            .collect();
        let path = format!("/auth/authorize?{target}");
        let answer = browser.decides(&path, &format!("query={query}"), decision);
        let (_, back) = answer.split_once("location: http://").expect(&answer);
        let (at, target) = back.split_once('/').unwrap();
        let target = target.split("\r\n").next().unwrap();
        // Other pages on this computer may knock, too.
        let forged = format!("GET /?code=x&state=y HTTP/1.1\r\nHost: {at}\r\n\r\n");
        assert!(fetched(at, &forged).starts_with("HTTP/1.1 404"));
        let came = fetched(at, &format!("GET /{target} HTTP/1.1\r\nHost: {at}\r\n\r\n"));
        assert!(came.starts_with("HTTP/1.1 200"), "{came}");
    }
}

struct World {
    provider: Program,
    host: Host,
    companion: Program,
    issuer: String,
    imap: String,
    pop3: String,
}

fn world() -> World {
    let provider = Program::new();
    provider.ok(&["user", "add", "ana@example.org"], &format!("{PASSWORD}\n"));
    let listen: Vec<String> = ["imap", "pop3", "lmtp", "http"]
        .iter()
        .flat_map(|door| ["--listen".to_owned(), format!("{door}=127.0.0.1:0")])
        .collect();
    let listen: Vec<&str> = listen.iter().map(String::as_str).collect();
    let host = provider.serve(&listen);
    let said = |door: &str| host.said(&format!("{door} listening on "));
    let issuer = format!("http://{}", said("http"));
    let imap = format!("imap+insecure://{}", said("imap"));
    let pop3 = format!("pop3+insecure://{}", said("pop3"));
    World { provider, companion: Program::new(), issuer, imap, pop3, host }
}

impl World {
    fn add<'a>(&'a self, flow: &'a str) -> Vec<&'a str> {
        vec![
            "account",
            "add",
            "ana@example.org",
            "--imap",
            &self.imap,
            "--pop3",
            &self.pop3,
            "--oauth",
            &self.issuer,
            "--flow",
            flow,
        ]
    }

    fn tokens(&self) -> serde_json::Value {
        serde_json::from_str(&std::fs::read_to_string(self.file()).unwrap()).unwrap()
    }

    fn file(&self) -> String {
        self.companion.path("data/tokens/ana/tokens.json")
    }
}

#[test]
fn a_person_allows_it_in_a_browser_and_no_password_is_kept() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = world();
    let browser = Browser::of(&world.host);
    let mut adding = Waiting::begun(&world.companion, &world.add("browser"));
    adding.decided_in(&browser, "allow");
    let (code, error) = adding.ended();
    assert_eq!(code, Some(0), "{error}");
    world.host.lmtp("ana@example.org", "Subject: one\r\n\r\nHello\r\n");
    let companion = &world.companion;
    assert!(companion.ok(&["pull", "ana", "--keep"], "").contains("1 new message ("));
    companion.ok(&["mirror", "ana"], "");
    let shown = companion.ok(&["account", "show", "ana"], "");
    assert!(
        shown.contains("none: OAuth 2 by http://") && shown.contains("only you can read"),
        "{shown}"
    );
    let mode = std::fs::metadata(world.file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // It is renewed before it ends, and each refresh token is used once.
    let before = world.tokens();
    let ended = before.to_string().replace(&before["expires_s"].to_string(), "7");
    std::fs::write(world.file(), ended).unwrap();
    companion.ok(&["account", "test", "ana"], "");
    let after = world.tokens();
    assert_ne!(before["refresh"], after["refresh"]);
    assert!(after["expires_s"].as_i64() > before["expires_s"].as_i64().map(|end_s| end_s - 60));
    // One that is refused although it should be good is renewed once.
    let access = after["access"].as_str().unwrap();
    std::fs::write(world.file(), after.to_string().replace(access, "correio_access.spoiled"))
        .unwrap();
    companion.ok(&["account", "test", "ana"], "");
    assert_ne!(world.tokens()["refresh"], after["refresh"]);
    // Tokens are in no backup, for one that is shown again may be taken for stolen.
    let (backup, restored) = (companion.path("backup"), companion.path("restored"));
    companion.ok(&["backup", &backup], "");
    companion.ok(&["restore", &backup, "--data", &restored], "");
    let pull = companion.run(&["pull", "ana", "--data", &restored], "");
    assert_eq!(pull.code, 3, "{}", pull.error);
    assert!(pull.error.contains("Log in again: correio account login ana"), "{}", pull.error);
    companion.ok(&["account", "remove", "ana", "--yes"], "");
    let listed = world.provider.json(&["user", "token", "list", "ana@example.org", "--json"]);
    assert_eq!(listed, serde_json::json!([]), "it was given back");
    assert!(!std::path::Path::new(&world.file()).exists());
}

#[test]
fn what_was_allowed_and_ends_is_allowed_again() {
    let world = world();
    let browser = Browser::of(&world.host);
    let mut adding = Waiting::begun(&world.companion, &world.add("device"));
    let code = adding.line("or open this page, which knows the code: ");
    let (_, code) = code.split_once("user_code=").unwrap();
    let form = format!("user_code={code}");
    let answer = browser.decides(&format!("/auth/activate?user_code={code}"), &form, "allow");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let (status, error) = adding.ended();
    assert_eq!(status, Some(0), "{error}");
    let listed = world.provider.json(&["user", "token", "list", "ana@example.org", "--json"]);
    let name = listed[0]["device"].as_str().unwrap().to_owned();
    assert!(name.starts_with("correio"), "{name}");
    world.provider.ok(&["user", "token", "remove", "ana@example.org", &name], "");
    let companion = &world.companion;
    let test = companion.run(&["account", "test", "ana"], "");
    assert_eq!(test.code, 3, "{}", test.error);
    assert!(test.error.contains("Log in again: correio account login ana"), "{}", test.error);
    let mut again = Waiting::begun(companion, &["account", "login", "ana", "--flow", "browser"]);
    again.decided_in(&browser, "deny");
    let (status, error) = again.ended();
    assert_eq!(status, Some(3), "{error}");
    assert!(error.contains("you did not allow it"), "{error}");
    let mut again = Waiting::begun(companion, &["account", "login", "ana", "--flow", "browser"]);
    again.decided_in(&browser, "allow");
    assert_eq!(again.ended().0, Some(0));
    companion.ok(&["account", "test", "ana"], "");
}

#[test]
fn what_cannot_be_done_is_said_before_anything_is_asked() {
    let companion = Program::new();
    let add = |more: &[&str]| {
        let arguments = [&["account", "add", "ana@gmail.com"][..], more].concat();
        companion.run(&arguments, "")
    };
    // Nobody's registration is brought along.
    let google = add(&["--oauth", "google"]);
    assert_eq!(google.code, 2, "{}", google.error);
    assert!(google.error.contains("--client-id ID"), "{}", google.error);
    let unknown = add(&["--oauth", "frob"]);
    assert_eq!(unknown.code, 2, "{}", unknown.error);
    assert!(unknown.error.contains("google and microsoft"), "{}", unknown.error);
    let clear = add(&["--oauth", "http://mail.example.org"]);
    assert_eq!(clear.code, 2, "{}", clear.error);
    assert!(clear.error.contains("is not https"), "{}", clear.error);
    let closed = add(&["--oauth", "http://127.0.0.1:1"]);
    assert_eq!(closed.code, 4, "{}", closed.error);
    for usage in [
        &["--oauth", "google", "--password-command", "x"][..],
        &["--client-id", "x"],
        &["--flow", "device"],
        &["--oauth", "google", "--flow", "letter"],
        &["--keyring", "--password-command", "x"],
    ] {
        assert_eq!(add(usage).code, 1, "{usage:?}");
    }
    // No session, no keyring: it says so at once, and keeps nothing elsewhere.
    let url = ["--imap", "imap+insecure://127.0.0.1:1", "--keyring"];
    let keyring = add(&url);
    assert_eq!(keyring.code, 2, "{}", keyring.error);
    assert!(keyring.error.contains("has no keyring"), "{}", keyring.error);
    assert_eq!(companion.ok(&["account", "list"], "").trim(), "(none)");
}
