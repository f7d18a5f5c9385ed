//! GNOME's keyring, as Debian has it: a password of the companion is kept there and nowhere else, found again, and taken away; while
//! the keyring is locked it stays there, and nobody waits.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use interop::host::{Listener, PASSWORD, RUN_AS, address, binary, starter};
use interop::{Host, Program, need};

/// What a session of D-Bus runs: opens a keyring, and works with it.
const SESSION: &str = r#"
echo -n "of the keyring" | gnome-keyring-daemon --unlock --components=secrets > /dev/null
set -eu
# Whoever asks before the daemon is on the bus has another one started, beside the first.
gdbus wait --session --timeout 30 org.freedesktop.secrets
alias="gdbus call --session --dest org.freedesktop.secrets --object-path /org/freedesktop/secrets
    --method org.freedesktop.Secret.Service.ReadAlias default"
for turn in $(seq 300); do
    if $alias | grep -q "'/org/"; then break; fi
    sleep 0.1
done
add="$CORREIO account add $USER_THERE --name there --imap $IMAP --keyring"
echo "$PASSWORD" | $add
$CORREIO account show there
$CORREIO account test there
grep -c "$PASSWORD" $CORREIO_DATA/companion.toml || true
secret-tool lookup application correio account $CORREIO_DATA/there
echo
$CORREIO account remove there --yes
secret-tool lookup application correio account $CORREIO_DATA/there || echo "forgotten"
echo "$PASSWORD" | $add
gdbus call --session --dest org.freedesktop.secrets --object-path /org/freedesktop/secrets \
    --method org.freedesktop.Secret.Service.Lock "['/org/freedesktop/secrets/aliases/default']" > /dev/null
$CORREIO account test there < /dev/null || echo "status $?"
"#;

#[test]
fn a_password_lies_in_the_keyring_and_nowhere_else() {
    let (Some(session), Some(_), Some(_), Some(_)) = (
        need("dbus-run-session"),
        need("gnome-keyring-daemon"),
        need("secret-tool"),
        need("gdbus"),
    ) else {
        return;
    };
    let host = Host::start(&["ana"]);
    let user = address("ana");
    let scratch = tempfile::Builder::new().prefix("keyring-").tempdir().unwrap();
    let folder = scratch.path().join("companion");
    let imap = format!("imap+insecure://127.0.0.1:{}", host.port(Listener::Imap));
    let done = Program::new(&session, scratch.path())
        .args(["--", "bash", "-c", SESSION])
        .env("CORREIO", binary().to_str().unwrap())
        .env("CORREIO_DATA", folder.to_str().unwrap())
        .env(RUN_AS, &starter())
        .env("USER_THERE", &user)
        .env("IMAP", &imap)
        .env("PASSWORD", PASSWORD)
        .run()
        .ok();
    let said = &done.output;
    for part in [
        "was added as there",
        "kept in the keyring of the system",
        "Its Inbox has 0 messages.",
        // It does not stand in the file.
        "\n0\n",
        &format!("\n{PASSWORD}\n"),
        "status 2",
        "forgotten",
    ] {
        assert!(said.contains(part), "no {part:?} in {said}{}", done.errors);
    }
    assert!(done.errors.contains("the keyring is locked"), "{}", done.errors);
}
