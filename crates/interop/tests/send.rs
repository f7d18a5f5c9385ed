//! The companion sends through Debian's Postfix, which asks Debian's Dovecot who may, with the copy in Dovecot's Sent; and Debian's mutt
//! sends through the companion.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::time::{Duration, Instant};

use interop::host::{RUN_AS, binary, starter};
use interop::pop3_peers::{Peer, Running, free_port};
use interop::postfix::Postfix;
use interop::program::{Outcome, skip};
use interop::{Program, need};
use tempfile::TempDir;

const PASSWORD: &str = "suite-2026";

/// A provider: Dovecot has the mail, and Postfix takes what is sent; what is for example.net stays with it.
struct Provider {
    scratch: TempDir,
    dovecot: Running,
    postfix: Postfix,
    port: u16,
}

impl Provider {
    /// None: it cannot run here.
    fn start() -> Option<Provider> {
        need("postfix")?;
        if !Path::new("/usr/sbin/dovecot").exists() {
            skip("Dovecot (Debian's dovecot-imapd) is not installed");
            return None;
        }
        if starter() != "0" {
            skip("this is not root");
            return None;
        }
        let scratch = tempfile::Builder::new().prefix("correio-send-").tempdir().unwrap();
        fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let dovecot = match Peer::Dovecot.start(scratch.path()) {
            Ok(dovecot) => dovecot,
            Err(why) => {
                skip(&format!("Dovecot does not start: {why}"));
                return None;
            }
        };
        let (port, top) = (free_port(), scratch.path().display().to_string());
        let boxes = scratch.path().join("boxes");
        fs::create_dir(&boxes).unwrap();
        fs::set_permissions(&boxes, fs::Permissions::from_mode(0o777)).unwrap();
        let main = format!(
            "smtpd_sasl_auth_enable = yes\nsmtpd_sasl_type = dovecot\nsmtpd_sasl_path = {top}/dovecot/run/auth-postfix\n\
             smtpd_tls_security_level = encrypt\nsmtpd_tls_auth_only = yes\n\
             smtpd_tls_cert_file = {top}/dovecot/cert.pem\nsmtpd_tls_key_file = {top}/dovecot/key.pem\n\
             smtpd_recipient_restrictions = permit_sasl_authenticated, reject\n\
             smtpd_relay_restrictions = permit_sasl_authenticated, reject\nmessage_size_limit = 100000\n\
             virtual_mailbox_domains = example.net\nvirtual_mailbox_base = {top}/boxes\n\
             virtual_mailbox_maps = inline:{{bea@example.net=bea/}}\nsmtpd_reject_unlisted_recipient = yes\n\
             virtual_uid_maps = static:65534\nvirtual_gid_maps = static:65534\nvirtual_minimum_uid = 1\n"
        );
        let master = format!(
            "127.0.0.1:{port} inet n - n - - smtpd\nvirtual unix - n n - - virtual\n\
             tlsmgr unix - - n 1000? 1 tlsmgr\n"
        );
        let mut postfix = Postfix::new(&main, &master);
        postfix.start();
        let provider = Provider { scratch, dovecot, postfix, port };
        provider
            .wait("Postfix listens", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        Some(provider)
    }

    fn wait(&self, what: &str, is_so: impl Fn() -> bool) {
        let deadline = Instant::now().checked_add(Duration::from_secs(60)).unwrap();
        while !is_so() {
            assert!(Instant::now() < deadline, "{what}: {}", self.postfix.log());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn delivered(&self) -> Vec<String> {
        texts(&self.scratch.path().join("boxes/bea"))
    }

    fn in_sent(&self) -> Vec<String> {
        texts(&self.scratch.path().join("dovecot/mail/suite/.Sent"))
    }
}

/// The messages of a Maildir.
fn texts(folder: &Path) -> Vec<String> {
    let of = |part: &str| fs::read_dir(folder.join(part)).into_iter().flatten();
    let files = of("new").chain(of("cur")).map(|file| file.unwrap().path());
    files.map(|file| String::from_utf8_lossy(&fs::read(file).unwrap()).into_owned()).collect()
}

struct Companion(TempDir);

impl Companion {
    fn run(&self, words: &[&str], input: &str) -> Outcome {
        let data = self.0.path().join("data");
        Program::new(&binary(), self.0.path())
            .args(words.iter().copied())
            .env("CORREIO_DATA", data.to_str().unwrap())
            .env(RUN_AS, &starter())
            .input(input.as_bytes())
            .run()
    }

    /// With the account of a provider, over TLS that is pinned.
    fn of(provider: &Provider) -> Option<Companion> {
        let pop3_suite::Fill::Imap(host, port) = &provider.dovecot.options.fill else {
            return None;
        };
        let companion = Companion(tempfile::tempdir().unwrap());
        let imap = format!("imap://{host}:{port}");
        let submission = format!("submission://127.0.0.1:{}", provider.port);
        let add = ["account", "add", "suite@example.org", "--user", "suite", "--imap", &imap];
        let add = [&add[..], &["--submission", &submission]].concat();
        let refused = companion.run(&add, &format!("{PASSWORD}\n"));
        let pin = refused.errors.split("--pin ").nth(1).unwrap().trim().to_owned();
        let pinned = [&add[..], &["--pin", &pin]].concat();
        let added = companion.run(&pinned, &format!("{PASSWORD}\n"));
        assert_eq!(added.code, 0, "{}{}", added.errors, provider.postfix.log());
        print!("{}", added.output);
        Some(companion)
    }
}

#[test]
fn postfix_and_dovecot_have_each_message_once() {
    let Some(provider) = Provider::start() else { return };
    let Some(companion) = Companion::of(&provider) else { return };
    let tested = companion.run(&["account", "test", "suite"], "");
    print!("{}", tested.output);
    assert!(tested.output.contains("It takes messages up to"), "{}", tested.errors);
    let large = "a line of text, and of no great interest\n".repeat(2_000);
    for (number, text) in ["Hello\n.\n..\nbye\n", "Olá, José\n", &large].iter().enumerate() {
        let header = format!("To: bea@example.net\nSubject: number {number}\nBcc: bea@example.net");
        let sent = companion.run(&["send"], &format!("{header}\n\n{text}"));
        print!("{}", sent.output);
        assert_eq!(sent.code, 0, "{}{}{}", sent.output, sent.errors, provider.postfix.log());
        assert!(sent.output.contains("Its copy is in Sent."), "{}", sent.output);
    }
    provider.wait("all are delivered", || provider.delivered().len() == 3);
    assert_eq!(provider.in_sent().len(), 3);
    let delivered = provider.delivered();
    let has = |text: &str| delivered.iter().any(|it| it.contains(text));
    assert!(has("\n\nHello\n.\n..\nbye\n") && has("\n\nOlá, José\n"), "{delivered:?}");
    assert!(!has("Bcc"));
    // Too large is refused before anything of it goes out; who is not there keeps nobody from having it.
    let huge = format!("To: bea@example.net\n\n{}", large.repeat(3));
    let refused = companion.run(&["send"], &huge);
    assert_eq!(refused.code, 2, "{}", refused.errors);
    assert!(refused.output.contains("the provider takes 100000 at most"), "{}", refused.output);
    let refused = companion.run(&["send"], "To: bea@example.net, nobody@example.net\n\nx\n");
    print!("{}", refused.output);
    assert_eq!(refused.code, 2, "{}{}", refused.output, provider.postfix.log());
    assert!(refused.output.contains("Sent to 1 recipient."), "{}", refused.output);
    provider.wait("the others have it", || provider.delivered().len() == 4);
    assert_eq!(provider.in_sent().len(), 4);
}

#[test]
fn mutt_sends_through_the_companion() {
    let Some(provider) = Provider::start() else { return };
    let Some(companion) = Companion::of(&provider) else { return };
    let Some(mutt) = need("mutt") else { return };
    let (home, data) = (companion.0.path(), companion.0.path().join("data"));
    symlink(binary(), home.join("sendmail")).unwrap();
    let configuration = format!(
        "set sendmail=\"{}/sendmail -oem -oi\"\nset from=suite@example.org\nset realname=\"José\"\n\
         set use_envelope_from=yes\nset copy=no\nset dsn_notify=failure\nset charset=utf-8\n",
        home.display()
    );
    fs::write(home.join("rc"), configuration).unwrap();
    let words = ["-F", "rc", "-s", "from mutt", "--", "bea@example.net"];
    let sent = Program::new(&mutt, home)
        .args(words)
        .env("CORREIO_DATA", data.to_str().unwrap())
        .env(RUN_AS, &starter())
        .input("Olá Bea\n.\n".as_bytes())
        .run();
    assert_eq!(sent.code, 0, "{}{}", sent.output, sent.errors);
    provider.wait("it is delivered", || provider.delivered().len() == 1);
    assert!(provider.delivered()[0].contains("Subject: from mutt"));
    assert_eq!(provider.in_sent().len(), 1);
}
