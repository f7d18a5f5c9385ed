//! `correio config`: what it finds is what a start would find, and what it prints is in force.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use crate::program::Program;

/// Listens nowhere where another program might be.
const LISTEN: &str = "listen = [\"imap=127.0.0.1:0\"]\n";

#[track_caller]
fn finds(program: &Program, text: &str, wants: &[&str]) {
    let file = program.write("correio.toml", text);
    let checked = program.run(&["config", "check", "--config", &file], "");
    let started = program.run(&["serve", "--config", &file], "");
    assert_eq!((checked.code, started.code), (1, 1), "{text}: {}", checked.error);
    for want in wants {
        assert!(checked.error.contains(want), "{text}: {want}: {}", checked.error);
        assert!(started.error.contains(want), "start: {text}: {want}: {}", started.error);
    }
}

#[test]
fn what_a_start_would_find_is_found_before() {
    let program = Program::new();
    let secret = program.write("secret", "x");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = format!("imap=127.0.0.1:{}", taken.local_addr().unwrap().port());
    finds(
        &program,
        "[limits]\nconnections_maxx = 3\n[log]\nlevl = \"info\"\n",
        &[
            "correio.toml, line 2, column 1: unknown setting limits.connections_maxx; did you mean limits.connections_max?",
            "line 4, column 1: unknown setting log.levl; did you mean log.level?",
        ],
    );
    finds(
        &program,
        "[log]\nlevel = \"loud\"",
        &["line 2, column 1: log.level: unknown level loud"],
    );
    let files = format!(
        "{LISTEN}[tls]\ncertificate = \"/nowhere/chain.pem\"\nkey = \"{secret}\"\n[oauth]\nissuer = \"i\"\n\
         audience = \"a\"\nkeys_file = \"/nowhere/keys.json\"\n"
    );
    finds(
        &program,
        &files,
        &[
            "tls.certificate: /nowhere/chain.pem: No such file",
            "oauth.keys_file: /nowhere/keys.json: No such file",
        ],
    );
    let relay = "relay = \"smtps://ana@relay.example\"\nrelay_password_file = \"/nowhere/p\"\n";
    finds(&program, &format!("{LISTEN}{relay}"), &["relay_password_file: /nowhere/p: No such"]);
    let ports = format!("listen = [\"{taken}\", \"pop3={}\"]", &taken[5..]);
    finds(
        &program,
        &ports,
        &["imap cannot listen on 127.0.0.1", "pop3 cannot listen on 127.0.0.1"],
    );
    let lmtp = program.path("lmtp");
    let group =
        format!("listen = [\"lmtp=unix:{lmtp}\"]\n[lmtp]\nsocket_group = \"no-such-group\"");
    finds(&program, &group, &["lmtp.socket_group: there is no group no-such-group"]);
    assert!(!std::path::Path::new(&lmtp).exists(), "a socket is left on which nobody listens");
    finds(&program, "domain = 3", &["line 1, column 10: domain: invalid type: integer `3`"]);
    assert!(!program.run(&["config", "check", "--config", "/nowhere/c"], "").error.is_empty());
}

#[test]
fn a_check_changes_nothing_and_tells_what_is_no_fault() {
    let program = Program::new();
    let lmtp = program.path("lmtp");
    let text = format!("listen = [\"lmtp=unix:{lmtp}\", \"lmtp=0.0.0.0:0\"]\n");
    let file = program.write("correio.toml", &text);
    let done = program.run(&["config", "check", "--config", &file], "");
    assert_eq!(done.code, 0, "{}", done.error);
    assert!(done.output.contains("is valid"), "{}", done.output);
    assert!(done.error.contains("warning: lmtp=0.0.0.0:0 answers only this machine"));
    let json = program.json(&["config", "check", "--config", &file, "--json"]);
    assert_eq!((&json["valid"], json["warnings"].as_array().unwrap().len()), (&true.into(), 1));
    for made in [lmtp, program.path("data")] {
        assert!(!std::path::Path::new(&made).exists(), "{made}");
    }
    let missing = program.write("named.toml", &format!("{LISTEN}hostname = \"mail.invalid\"\n"));
    let done = program.run(&["config", "check", "--config", &missing], "");
    assert_eq!(done.code, 0, "{}", done.error);
    assert!(done.error.contains("hint: mail.invalid has no address in DNS"), "{}", done.error);
}

#[test]
fn a_running_host_is_no_obstacle_to_a_check() {
    let program = Program::new();
    let mut host = program.serve(&["--listen", "imap=127.0.0.1:0"]);
    let taken = format!("imap={}", host.said("imap listening on "));
    let done = program.run(&["config", "check", "--listen", &taken], "");
    assert_eq!(done.code, 0, "{}", done.error);
    assert!(done.error.contains("hint: a host is running on"), "{}", done.error);
    host.stop();
}

#[test]
fn what_is_in_force_is_shown_with_its_source_and_no_secret() {
    let program = Program::new();
    let password = program.write("password", "Cavalo-marinho 7");
    let text = format!(
        "retention_days = 3\nrelay = \"smtps://ana@relay.example\"\nrelay_password_file = \"{password}\"\n"
    );
    let file = program.write("correio.toml", &text);
    let shown = program.ok(&["config", "show", "--config", &file], "");
    for (setting, from) in [
        ("retention_days = 3 ", "# line 1"),
        ("history_days = 90 ", "# default"),
        ("#hostname: the domain", "the domain"),
        ("hot_memory = \"256M\" ", "# default"),
    ] {
        let line = shown.lines().find(|line| line.starts_with(setting));
        assert!(line.is_some_and(|line| line.ends_with(from)), "{setting}: {shown}");
    }
    assert!(!shown.contains("Cavalo"), "{shown}");
    let json = program.json(&["config", "show", "--config", &file, "--json"]);
    let rows = json.as_array().unwrap();
    let row = rows.iter().find(|row| row["setting"] == "retention_days").unwrap();
    assert_eq!((&row["value"], &row["line"]), (&3.into(), &1.into()));
    // What is printed can be read again.
    let again = program.write("again.toml", &shown);
    assert_eq!(program.run(&["config", "show", "--config", &again], "").code, 0);
    let sample = program.write("sample.toml", &program.ok(&["config", "sample"], ""));
    assert!(program.ok(&["config", "show", "--config", &sample], "").contains("history_days"));
}

#[test]
fn the_unix_socket_of_lmtp_has_the_mode_that_is_set() {
    let program = Program::new();
    let lmtp = program.path("lmtp");
    let group = rustix::process::getegid().as_raw();
    let text = format!(
        "listen = [\"lmtp=unix:{lmtp}\"]\n[lmtp]\nsocket_group = \"{group}\"\nsocket_mode = \"0620\"\n"
    );
    let file = program.write("correio.toml", &text);
    let mut host = program.serve(&["--config", &file]);
    let mode = std::fs::metadata(&lmtp).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o620);
    host.stop();
}
