//! Every command with every set of rights, against what RFC 4314, 4 says: two users, one of whom shares mailboxes with the other. The
//! tables here are that section's, written down from its text; RFC 6851, 4.2 and RFC 8508, 4.1 add MOVE and REPLACE.

use std::collections::BTreeMap;
use std::sync::Arc;

use imap::server::{First, serve};
use mailbox::operations::Append;
use mailbox::{
    AccountId, FlagNames, Flags, Grantee, Keyword, MailboxName, Rights, RightsChange, Sign,
};
use sasl::{Peer, Security};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use crate::world::World;

const LETTERS: [char; 11] = ['l', 'r', 's', 'w', 'i', 'p', 'k', 'x', 't', 'e', 'a'];
/// Ana's mailboxes: each for commands that do not get into the way of one another. In `Parent` Bob may do everything.
const MAILBOXES: [&str; 7] = ["Read", "Flags", "Expunge", "Moved", "Target", "Deleted", "Renamed"];
const BOB: AccountId = AccountId(2);

/// What has to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Want {
    Done,
    /// NO [NOPERM]
    NotAllowed,
    /// Whatever is answered of a mailbox that is not there.
    NotThere,
}

/// A command that needs all of some rights in the mailbox `@`, and what is not there is called `Nothing`.
struct Row {
    command: &'static str,
    needs: &'static str,
}

const fn row(needs: &'static str, command: &'static str) -> Row {
    Row { command, needs }
}

/// RFC 4314, 4: the commands of the authenticated state, in an order in which none takes from another what it needs.
const AUTHENTICATED: [Row; 17] = [
    row("r", "STATUS @Read (MESSAGES UNSEEN)"),
    row("r", "EXAMINE @Read"),
    row("r", "SELECT @Read"),
    row("r", "GETQUOTAROOT @Read"),
    row("a", "GETACL @Read"),
    row("a", "SETACL @Read eva@example.org l"),
    row("a", "DELETEACL @Read eva@example.org"),
    row("a", "LISTRIGHTS @Read eva@example.org"),
    row("lw", "SETMETADATA @Read (/shared/comment \"x\")"),
    row("i", "APPEND @Target (\\Seen \\Deleted \\Flagged $Work) {4+}\r\na: b"),
    row("i", "APPEND @Target {4+}\r\na: b"),
    row("", "SUBSCRIBE @Read"),
    row("", "UNSUBSCRIBE @Read"),
    row("", "LSUB \"\" *"),
    row("", "LIST \"\" *"),
    row("x", "RENAME @Renamed \"Other Users/ana@example.org/Parent/Renamed\""),
    row("x", "DELETE @Deleted"),
];

/// Of the state in which the mailbox is open, where "r" is had (RFC 4314, 4: it is implied).
const SELECTED: [(&str, Row); 16] = [
    ("Read", row("", "NOOP")),
    ("Read", row("", "CHECK")),
    ("Read", row("", "SEARCH ALL")),
    ("Read", row("", "SORT (DATE) UTF-8 ALL")),
    ("Read", row("", "THREAD REFERENCES UTF-8 ALL")),
    ("Read", row("", "FETCH 1 BODY[]")),
    ("Read", row("", "COPY 2 INBOX")),
    ("Read", row("i", "COPY 2 @Target")),
    ("Flags", row("s", "STORE 1 +FLAGS (\\Seen)")),
    ("Flags", row("t", "STORE 1 +FLAGS (\\Deleted)")),
    ("Flags", row("w", "STORE 1 +FLAGS (\\Flagged)")),
    ("Flags", row("w", "UID STORE 1 +FLAGS ($Work)")),
    ("Moved", row("te", "MOVE 1 INBOX")),
    ("Moved", row("ite", "REPLACE 1 @Moved {4+}\r\na: b")),
    ("Expunge", row("e", "UID EXPUNGE 1")),
    ("Expunge", row("e", "EXPUNGE")),
];

/// Some rights.
#[derive(Clone, Copy)]
struct Set(u32);

impl Set {
    fn has(self, letter: char) -> bool {
        LETTERS.iter().position(|it| *it == letter).is_some_and(|at| self.0 >> at & 1 == 1)
    }

    fn letters(self) -> String {
        LETTERS.into_iter().filter(|letter| self.has(*letter)).collect()
    }

    fn has_all(self, letters: &str) -> bool {
        letters.chars().all(|letter| self.has(letter))
    }

    fn has_any(self, letters: &str) -> bool {
        letters.chars().any(|letter| self.has(letter))
    }

    fn want(self, needs: &str) -> Want {
        match (self.has_all(needs), self.has('l')) {
            (true, _) => Want::Done,
            (false, true) => Want::NotAllowed,
            (false, false) => Want::NotThere,
        }
    }
}

struct Client {
    stream: DuplexStream,
}

/// The answer to a command.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    untagged: Vec<String>,
    tagged: String,
}

impl Client {
    async fn bob(world: &World) -> Client {
        let (stream, server) = tokio::io::duplex(1 << 16);
        let service = Arc::clone(&world.service);
        let peer = Peer::new(None, Security::Tls);
        tokio::spawn(async move { serve(server, service, peer, First::Greeting).await });
        let mut client = Client { stream };
        assert!(client.line().await.starts_with("* OK "));
        client.ask("LOGIN bob secret").await;
        client
    }

    async fn line(&mut self) -> String {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            line.push(self.stream.read_u8().await.unwrap());
        }
        String::from_utf8(line).unwrap().trim_end().to_owned()
    }

    async fn ask(&mut self, command: &str) -> Answer {
        self.stream.write_all(format!("t {command}\r\n").as_bytes()).await.unwrap();
        let mut untagged = Vec::new();
        loop {
            let line = self.line().await;
            match line.strip_prefix("t ") {
                Some(tagged) => return Answer { untagged, tagged: tagged.to_owned() },
                None => untagged.push(line),
            }
        }
    }

    /// Gives a command, about the mailbox whose name begins with `@` if one does, and judges the answer.
    async fn check(&mut self, set: Set, command: &str, want: Want) {
        let Some((before, rest)) = command.split_once(" @") else {
            let answer = self.ask(command).await;
            return judge(set, command, want, &answer, None);
        };
        let (name, after) = rest.split_at(rest.find([' ', '\r']).unwrap_or(rest.len()));
        let of = |name: &str| format!("{before} \"Other Users/ana@example.org/{name}\"{after}");
        let answer = self.ask(&of(name)).await;
        let nothing = match want {
            Want::NotThere => Some(self.ask(&of("Nothing")).await),
            Want::Done | Want::NotAllowed => None,
        };
        judge(set, command, want, &answer, nothing.as_ref());
    }
}

fn judge(set: Set, command: &str, want: Want, answer: &Answer, nothing: Option<&Answer>) {
    let is = match want {
        Want::Done => answer.tagged.starts_with("OK "),
        Want::NotAllowed => answer.tagged.starts_with("NO [NOPERM] "),
        Want::NotThere => {
            answer.tagged.starts_with("NO [") && nothing.is_none_or(|nothing| nothing == answer)
        }
    };
    assert!(is, "{command} with {:?}: {want:?}, but {answer:?}", set.letters());
}

async fn world(set: Set) -> World {
    let world = World::new().await;
    let name = |text: &str| MailboxName::new(text).unwrap();
    let give = async |mailbox, letters: &str| {
        let rights = RightsChange::Replace(Rights::parse(letters).unwrap());
        let bob = (Grantee::User(BOB), Sign::Given);
        world.ana.set_rights(mailbox, bob, rights).await.unwrap();
    };
    give(world.ana.create_mailbox(&name("Parent"), None).await.unwrap(), "lrswipkxtea").await;
    for mailbox in MAILBOXES {
        let id = world.ana.create_mailbox(&name(mailbox), None).await.unwrap();
        let mut messages = Vec::new();
        for _ in 0..2 {
            let mut incoming = world.service.accounts.receive();
            incoming.write(b"Subject: x\r\n\r\nx\r\n").await.unwrap();
            let received = incoming.finish().await.unwrap();
            let system = if mailbox == "Expunge" { Flags::DELETED } else { Flags::NONE };
            let flags = FlagNames { system, keywords: Vec::new() };
            messages.push(Append { received, flags, internal_date: None, uidl: None });
        }
        world.ana.append(id, messages).await.unwrap();
        give(id, &set.letters()).await;
    }
    world
}

/// The flags of all messages in one of Ana's mailboxes, by UID.
fn flags(world: &World, mailbox: &str) -> BTreeMap<u32, (Flags, bool)> {
    let state = world.ana.state(world.mailbox(mailbox)).unwrap();
    let work = Keyword::new("$Work").unwrap();
    let entries = state.entries.iter();
    let of = |entry: &mailbox::Entry| {
        let has_work = state.keywords_of(entry.flags).any(|keyword| *keyword == work);
        (entry.uid.number(), (Flags(entry.flags.0 & Flags::SYSTEM.0), has_work))
    };
    entries.map(of).collect()
}

async fn authenticated(set: Set) {
    let world = world(set).await;
    let mut bob = Client::bob(&world).await;
    for row in &AUTHENTICATED {
        bob.check(set, row.command, set.want(row.needs)).await;
    }
    // Any of these; none of them makes it something that is not there.
    let told = if set.has_any("lrikxa") { Want::Done } else { Want::NotThere };
    bob.check(set, "MYRIGHTS @Read", told).await;
    // RFC 5464, 3.3: any of these, beside that to list it.
    let annotated = match (set.has('l'), set.has_any("rswip")) {
        (false, _) => Want::NotThere,
        (true, false) => Want::NotAllowed,
        (true, true) => Want::Done,
    };
    bob.check(set, "GETMETADATA @Read /shared/comment", annotated).await;
    bob.check(set, "SETMETADATA @Read (/private/comment \"x\")", annotated).await;
    let listed = bob.ask("LIST \"\" \"Other Users/ana@example.org/*\"").await;
    let is_listed = listed.untagged.iter().any(|line| line.ends_with("/Read\""));
    assert_eq!(is_listed, set.has('l'), "LIST with {}", set.letters());
    // For the parent; and what is made is shared alike (RFC 4314, 4).
    let made = bob.ask("CREATE \"Other Users/ana@example.org/Read/Made\"").await;
    judge(set, "CREATE", if set.has('k') { Want::Done } else { Want::NotAllowed }, &made, None);
    if set.has('k') {
        let rights = Rights::parse(&set.letters()).unwrap();
        let told = bob.ask("MYRIGHTS \"Other Users/ana@example.org/Read/Made\"").await;
        let want = format!(
            "* MYRIGHTS \"Other Users/ana@example.org/Read/Made\" {}",
            rights.with_old_letters()
        );
        assert_eq!(told.untagged, [want]);
    }
    if set.has('i') {
        // Each flag with its right, and no failure for want of one.
        let system = [(Flags::SEEN, 's'), (Flags::DELETED, 't'), (Flags::FLAGGED, 'w')];
        let system = system.into_iter().filter(|(_, letter)| set.has(*letter));
        let system = system.fold(Flags::NONE, |all, (flag, _)| all.with(flag));
        assert_eq!(flags(&world, "Target")[&3], (system, set.has('w')), "{}", set.letters());
    }
}

async fn selected(set: Set) {
    let world = world(set).await;
    let mut bob = Client::bob(&world).await;
    let mut open = "";
    for (mailbox, row) in &SELECTED {
        if *mailbox != open {
            let command = format!("SELECT \"Other Users/ana@example.org/{mailbox}\"");
            let answer = bob.ask(&command).await;
            // RFC 4314, 5.2
            let changes = set.has_any("iewst");
            let code = if changes { "OK [READ-WRITE] " } else { "OK [READ-ONLY] " };
            assert!(answer.tagged.starts_with(code), "{answer:?} with {}", set.letters());
            // RFC 4314, 5.1.1
            let permanent = answer.untagged.iter().find(|line| line.contains("PERMANENTFLAGS"));
            for (flag, letter) in [
                ("\\Seen", 's'),
                ("\\Deleted", 't'),
                ("\\Flagged", 'w'),
                ("\\Answered", 'w'),
                ("\\Draft", 'w'),
                ("\\*", 'w'),
            ] {
                let told = permanent.is_some_and(|line| line.contains(flag));
                assert_eq!(told, set.has(letter), "{flag} with {}", set.letters());
            }
            open = mailbox;
        }
        bob.check(set, row.command, set.want(row.needs)).await;
        if row.command.starts_with("FETCH") {
            let seen = flags(&world, "Read")[&1].0.contains(Flags::SEEN);
            assert_eq!(seen, set.has('s'), "FETCH with {}", set.letters());
        }
    }
    // All at once: what may be set is, and it fails only where nothing may.
    let answer = bob.ask("SELECT \"Other Users/ana@example.org/Flags\"").await;
    assert!(answer.tagged.starts_with("OK "));
    let answer = bob.ask("STORE 2 FLAGS (\\Seen \\Deleted \\Flagged $Work)").await;
    assert_eq!(answer.tagged.starts_with("OK "), set.has_any("stw"), "{}", set.letters());
    let (system, work) = flags(&world, "Flags")[&2];
    for (flag, letter) in [(Flags::SEEN, 's'), (Flags::DELETED, 't'), (Flags::FLAGGED, 'w')] {
        assert_eq!(system.contains(flag), set.has(letter), "{}", set.letters());
    }
    assert_eq!(work, set.has('w'));
    // CLOSE never fails, and expunges only with the right.
    let closed = bob.ask("CLOSE").await;
    assert!(closed.tagged.starts_with("OK "), "{closed:?} with {}", set.letters());
    let expunged = !flags(&world, "Flags").contains_key(&2);
    assert_eq!(expunged, set.has_all("te"), "CLOSE with {}", set.letters());
}

fn run(test: impl AsyncFn(Set)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        for bits in 0..1 << LETTERS.len() {
            test(Set(bits)).await;
        }
    });
}

#[test]
fn commands_by_name_answer_as_the_rights_say() {
    run(authenticated);
}

#[test]
fn commands_in_an_open_mailbox_answer_as_the_rights_say() {
    run(async |set| {
        if set.has('r') {
            selected(set).await;
        }
    });
}
