//! Sessions of pages.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use mailbox::{AccountId, SetClock, Timestamp};
use sasl::{Denied, Login, Secret};
use tokio::time::Instant;

use super::{Logins, add, log_in, logins_at, peer};
use crate::limits::{
    BRIEF_SESSION_IDLE_S, BRIEF_SESSION_S, PAGE_SESSION_IDLE_S, PAGE_SESSIONS_MAX,
    PROGRAM_OCTETS_MAX,
};
use crate::records::Stay;
use crate::{
    EndOf, Kept, NewPageSession, OldAddress, PageAttempt, PageEntry, PageProof, PageSession,
    People, Revoked, ScramKeys,
};

const NOW: i64 = 1_000_000_000;
const HOUR: i64 = 3_600;
const ANA: AccountId = AccountId(1);

struct World {
    clock: Arc<SetClock>,
    people: Arc<People>,
    logins: Logins,
    /// The sessions whose connections were called off.
    revoked: Arc<Mutex<BTreeSet<u64>>>,
}

impl World {
    async fn new() -> World {
        let clock = Arc::new(SetClock::at(Timestamp(NOW)));
        let (people, logins) = logins_at(Arc::clone(&clock)).await;
        let revoked: Arc<Mutex<BTreeSet<u64>>> = Arc::default();
        let noted = Arc::clone(&revoked);
        people.on_revoke(move |account, what| {
            assert_eq!(account, ANA);
            if let Revoked::Page(id) = what {
                noted.lock().unwrap().insert(id);
            }
        });
        World { clock, people, logins, revoked }
    }

    async fn enter(&self, login: &str, password: &str) -> Result<NewPageSession, Denied> {
        self.enter_for(login, password, Stay::Long).await
    }

    async fn enter_for(
        &self,
        login: &str,
        password: &str,
        stay: Stay,
    ) -> Result<NewPageSession, Denied> {
        let (password, peer) = (Secret::new(password), peer("192.0.2.7"));
        let program = "Firefox";
        let attempt = PageAttempt { login, password: &password, peer: &peer, program, stay };
        match self.logins.log_in_page(attempt).await? {
            PageEntry::In(new) => Ok(new),
            PageEntry::SecondFactor { .. } => panic!("there is no second factor"),
        }
    }

    async fn ana(&self) -> NewPageSession {
        self.enter("ana", "long enough").await.ok().unwrap()
    }

    async fn found(&self, secret: &Secret) -> Option<PageSession> {
        Some(self.logins.page_session(secret).await.unwrap()?.session)
    }

    fn later(&self, seconds: i64) {
        use mailbox::Clock as _;
        self.clock.set(Timestamp(self.clock.now().0 + seconds));
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_is_found_by_its_secret_alone_and_only_a_hash_is_kept() {
    let world = World::new().await;
    let NewPageSession { secret, session } = world.ana().await;
    assert_eq!(secret.expose().len(), 43);
    let found = world.found(&secret).await.unwrap();
    assert_eq!(found, session);
    assert_eq!((found.address.as_str(), found.program.as_str()), ("ana@example.org", "Firefox"));
    assert_eq!(found.from.as_deref(), Some("192.0.2.7"));
    assert_eq!((found.made_s, found.used_s, found.proven_s), (NOW, NOW, NOW));
    assert_eq!(found.expires_s(), NOW + 14 * 24 * HOUR);
    let mut guess = secret.expose().to_vec();
    guess[0] = if guess[0] == b'A' { b'B' } else { b'A' };
    for wrong in [guess, Vec::new(), session.id.to_be_bytes().to_vec()] {
        assert_eq!(world.found(&Secret::new(wrong)).await, None);
    }
    let snapshot = world.people.accounts().engine().snapshot().unwrap();
    let mut kept = 0;
    let walk = &mut |key: &[u8], value: &[u8]| {
        kept += 1;
        for octets in [key, value] {
            let holds = octets.windows(secret.expose().len()).any(|part| part == secret.expose());
            assert!(!holds, "the secret is kept");
        }
        std::ops::ControlFlow::Continue(())
    };
    snapshot.range(&b"\0"[..]..&b"\xff"[..], walk).unwrap();
    assert!(kept > 5, "{kept}");
    let other = world.ana().await;
    assert!(!other.secret.equals(secret.expose()) && other.session.id != session.id);
}

#[tokio::test(start_paused = true)]
async fn a_session_lasts_two_weeks_from_its_last_use() {
    let world = World::new().await;
    let NewPageSession { secret, .. } = world.ana().await;
    for _ in 0..3 {
        world.later(PAGE_SESSION_IDLE_S - 1);
        let found = world.logins.page_session(&secret).await.unwrap().unwrap();
        assert!(found.renewed);
        // To the hour: what comes soon after is not noted.
        world.later(HOUR - 1);
        let again = world.logins.page_session(&secret).await.unwrap().unwrap();
        assert_eq!((again.renewed, again.session.used_s), (false, found.session.used_s));
        world.later(1 - HOUR);
    }
    world.later(PAGE_SESSION_IDLE_S);
    assert_eq!(world.found(&secret).await, None);
    assert_eq!(world.people.page_sessions(ANA).unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn on_a_computer_of_others_it_lasts_some_hours_however_much_it_is_used() {
    let world = World::new().await;
    let enter = async || world.enter_for("ana", "long enough", Stay::Brief).await.ok().unwrap();
    let NewPageSession { secret, session } = enter().await;
    assert_eq!(session.expires_s(), NOW + BRIEF_SESSION_IDLE_S);
    // Used all the time, it ends all the same.
    for _ in 0..3 {
        world.later(BRIEF_SESSION_IDLE_S - 1);
        assert_eq!(world.found(&secret).await.unwrap().stay, Stay::Brief);
    }
    assert_eq!(world.found(&secret).await.unwrap().expires_s(), NOW + BRIEF_SESSION_S);
    world.later(3);
    assert_eq!(world.found(&secret).await, None);
    // Not used, it ends before; and a new password leaves it what it was.
    let NewPageSession { secret, session } = enter().await;
    let (peer, password) = (peer("192.0.2.7"), Secret::new("another one"));
    let whose = (session.address.as_str(), "Firefox", session.stay);
    let other = world.logins.change_password_page(whose, &password, &peer).await.unwrap();
    assert_eq!(world.found(&secret).await, None);
    assert_eq!(world.found(&other.secret).await.unwrap().stay, Stay::Brief);
    world.later(BRIEF_SESSION_IDLE_S);
    assert_eq!(world.found(&other.secret).await, None);
    assert_eq!(world.people.page_sessions(ANA).unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn with_too_many_the_one_used_longest_ago_ends() {
    let world = World::new().await;
    let first = world.ana().await;
    world.later(1);
    let second = world.ana().await;
    world.later(1);
    for _ in 2..PAGE_SESSIONS_MAX {
        world.ana().await;
    }
    world.later(2 * HOUR);
    assert!(world.found(&first.secret).await.is_some());
    assert_eq!(world.people.page_sessions(ANA).unwrap().len(), PAGE_SESSIONS_MAX);
    world.ana().await;
    assert_eq!(world.people.page_sessions(ANA).unwrap().len(), PAGE_SESSIONS_MAX);
    assert!(world.found(&first.secret).await.is_some());
    assert_eq!(world.found(&second.secret).await, None);
    assert_eq!(*world.revoked.lock().unwrap(), BTreeSet::from([second.session.id]));
}

#[tokio::test(start_paused = true)]
async fn a_password_of_one_program_does_not_open_pages() {
    let world = World::new().await;
    let ana = "ana@example.org".parse().unwrap();
    let phone = world.people.add_app_password(&ana, "Phone", ScramKeys::Omit, Kept::Hashes).await;
    let phone = String::from_utf8(phone.unwrap().0.expose().to_vec()).unwrap();
    // Neither when nothing is remembered of it nor afterwards; and elsewhere it is right all the while.
    for _ in 0..2 {
        let denied = world.enter("ana", &phone).await;
        assert_eq!(denied.err(), Some(Denied::Wrong));
        let login = log_in(&world.logins, "ana", &phone, "127.0.0.1").await.unwrap();
        assert_eq!(login.device.as_deref(), Some("Phone"));
    }
    // The main password is right on both, whoever asks first, and the name of a device changes nothing.
    world.enter("ana+office@example.org", "long enough").await.ok().unwrap();
    let login: Login = log_in(&world.logins, "ana", "long enough", "127.0.0.1").await.unwrap();
    assert_eq!(login.device, None);
}

#[tokio::test(start_paused = true)]
async fn nobody_learns_who_exists() {
    let world = World::new().await;
    let mut took = Vec::new();
    for login in ["ana", "nobody", "nobody@example.net", "ana@@", "+"] {
        let began = Instant::now();
        let fresh = World::new().await;
        let denied = fresh.enter(login, "a guess").await;
        assert_eq!(denied.err(), Some(Denied::Wrong), "{login}");
        took.push(began.elapsed());
    }
    took.dedup();
    assert_eq!(took.len(), 1, "{took:?}");
    for (login, password) in [("", "x"), ("ana", ""), ("ana", "a\0b"), ("ana", &"x".repeat(2_000))]
    {
        assert_eq!(world.enter(login, password).await.err(), Some(Denied::Wrong), "{login}");
    }
}

#[tokio::test(start_paused = true)]
async fn guesses_at_pages_count_like_those_at_other_doors() {
    let world = World::new().await;
    for number in 0..crate::limits::FAILURES_PER_ADDRESS_MAX {
        let denied = world.enter("ana", &format!("guess {number}")).await;
        assert_eq!(denied.err(), Some(Denied::Wrong));
    }
    assert!(matches!(world.enter("bob", "x").await.err(), Some(Denied::TooMany { .. })));
    let elsewhere = log_in(&world.logins, "ana", "long enough", "192.0.2.7").await;
    assert!(matches!(elsewhere, Err(Denied::TooMany { .. })));
}

#[tokio::test(start_paused = true)]
async fn sessions_end_with_the_password_the_user_and_the_wish_of_their_owner() {
    let world = World::new().await;
    let ana = "ana@example.org".parse().unwrap();
    let password = Secret::new("long enough");
    for change in ["password", "disable", "one", "others", "all", "remove"] {
        let (one, other) = (world.ana().await, world.ana().await);
        let people = &world.people;
        let other_stays = match change {
            "password" => {
                people.set_password(&ana, &password, ScramKeys::Omit).await.unwrap();
                false
            }
            "disable" => {
                people.disable_user(&ana).await.unwrap();
                people.enable_user(&ana).await.unwrap();
                false
            }
            "one" => {
                let ended = people.end_page_sessions(ANA, EndOf::One(one.session.id)).await;
                assert_eq!(ended.unwrap(), 1);
                true
            }
            "others" => {
                let but = EndOf::AllBut(other.session.id);
                people.end_page_sessions(ANA, but).await.unwrap();
                true
            }
            "all" => {
                people.end_page_sessions(ANA, EndOf::All).await.unwrap();
                false
            }
            _ => {
                people.remove_user(&ana).await.unwrap();
                false
            }
        };
        assert_eq!(world.found(&one.secret).await, None, "{change}");
        assert_eq!(world.found(&other.secret).await.is_some(), other_stays, "{change}");
        let listed = people.page_sessions(ANA).unwrap();
        assert_eq!(listed.iter().any(|it| it.id == other.session.id), other_stays, "{change}");
        if ["one", "others", "all"].contains(&change) {
            let revoked = world.revoked.lock().unwrap();
            assert!(revoked.contains(&one.session.id), "{change}");
            assert_eq!(revoked.contains(&other.session.id), !other_stays, "{change}");
        }
    }
    // Nothing is left of them.
    let snapshot = world.people.accounts().engine().snapshot().unwrap();
    for kind in [b's', b'w', b'l'] {
        let prefix = [mailbox::keys::DIRECTORY, kind];
        assert!(crate::people::under(&*snapshot, &prefix, 9).unwrap().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn an_end_of_what_is_not_there_or_somebody_elses_is_none() {
    let world = World::new().await;
    add(&world.people, "bob@example.org", "bob's password").await;
    let ana = world.ana().await;
    let ended = world.people.end_page_sessions(AccountId(2), EndOf::One(ana.session.id)).await;
    assert_eq!(ended.unwrap(), 0);
    assert!(world.found(&ana.secret).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn the_owner_proves_it_once_more_with_the_right_password() {
    let world = World::new().await;
    let NewPageSession { secret, session } = world.ana().await;
    world.later(HOUR);
    let confirm = async |password: &str| {
        let (password, peer) = (Secret::new(password), peer("192.0.2.7"));
        let whose = (session.account, session.id);
        let proof = PageProof::Password(&password);
        world.logins.confirm_page(whose, &session.address, proof, &peer).await
    };
    assert_eq!(confirm("a guess").await, Err(Denied::Wrong));
    assert_eq!(world.found(&secret).await.unwrap().proven_s, NOW);
    assert_eq!(confirm("long enough").await, Ok(()));
    assert_eq!(world.found(&secret).await.unwrap().proven_s, NOW + HOUR);
    world.people.end_page_sessions(ANA, EndOf::All).await.unwrap();
    assert_eq!(confirm("long enough").await, Err(Denied::Wrong));
}

#[tokio::test(start_paused = true)]
async fn a_session_follows_its_owner_to_another_address() {
    let world = World::new().await;
    let NewPageSession { secret, .. } = world.ana().await;
    let (old, new) = ("ana@example.org".parse().unwrap(), "anna@example.org".parse().unwrap());
    world.people.rename_user(&old, &new, OldAddress::Freed).await.unwrap();
    assert_eq!(world.found(&secret).await.unwrap().address, "anna@example.org");
}

#[tokio::test(start_paused = true)]
async fn the_name_of_a_browser_is_plain_and_short() {
    let world = World::new().await;
    let (password, peer) = (Secret::new("long enough"), peer("192.0.2.7"));
    let program = format!("a\r\n\u{1b}{}", "\u{e9}".repeat(100));
    let attempt = PageAttempt {
        login: "ana",
        password: &password,
        peer: &peer,
        program: &program,
        stay: Stay::Long,
    };
    let entry = world.logins.log_in_page(attempt).await.ok().unwrap();
    let PageEntry::In(NewPageSession { session, .. }) = entry else { unreachable!() };
    assert!(session.program.starts_with("a\u{e9}"));
    assert_eq!(session.program.len(), PROGRAM_OCTETS_MAX - 1);
}

#[tokio::test(start_paused = true)]
async fn a_password_for_pages_alone_lets_no_program_in() {
    let world = World::new().await;
    let ana = "ana@example.org".parse().unwrap();
    let phone = world.logins.add_app_password(&ana, "Phone").await.unwrap().0;
    let phone = String::from_utf8(phone.expose().to_vec()).unwrap();
    // It is remembered from before, and holds no more.
    log_in(&world.logins, "ana", "long enough", "127.0.0.1").await.unwrap();
    assert!(world.people.set_only_app_passwords(&ana, true).await.unwrap().only_app_passwords);
    for _ in 0..2 {
        let denied = log_in(&world.logins, "ana", "long enough", "127.0.0.1").await;
        assert_eq!(denied, Err(Denied::Wrong));
        world.ana().await;
        log_in(&world.logins, "ana", &phone, "127.0.0.1").await.unwrap();
    }
    let proof = sasl::Proof::Right { key: crate::records::MAIN_PASSWORD };
    let peer = peer("127.0.0.1");
    let denied = sasl::Directory::scram_done(&world.logins, "ana", proof, &peer, "imap").await;
    assert_eq!(denied, Err(Denied::Wrong));
    world.people.set_only_app_passwords(&ana, false).await.unwrap();
    log_in(&world.logins, "ana", "long enough", "127.0.0.1").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn whether_a_guess_was_right_is_not_told_where_only_app_passwords_are_taken() {
    let mut took = Vec::new();
    for password in ["long enough", "a guess"] {
        let world = World::new().await;
        let ana = "ana@example.org".parse().unwrap();
        world.people.set_only_app_passwords(&ana, true).await.unwrap();
        let began = Instant::now();
        let denied = log_in(&world.logins, "ana", password, "192.0.2.7").await;
        assert_eq!(denied, Err(Denied::Wrong));
        took.push(began.elapsed());
    }
    assert_eq!(took[0], took[1]);
}

#[tokio::test(start_paused = true)]
async fn a_new_password_ends_all_sessions_and_begins_one() {
    let world = World::new().await;
    let (one, other) = (world.ana().await, world.ana().await);
    let (weak, new, peer) =
        (Secret::new("short"), Secret::new("another password"), peer("192.0.2.7"));
    let whose = ("ana@example.org", "Firefox", Stay::Long);
    assert!(world.logins.change_password_page(whose, &weak, &peer).await.is_err());
    assert!(world.found(&one.secret).await.is_some());
    let begun = world.logins.change_password_page(whose, &new, &peer).await.unwrap();
    assert_eq!(world.found(&one.secret).await, None);
    assert_eq!(world.found(&other.secret).await, None);
    assert_eq!(world.found(&begun.secret).await.unwrap().program, "Firefox");
    assert_eq!(world.enter("ana", "long enough").await.err(), Some(Denied::Wrong));
    assert!(world.enter("ana", "another password").await.is_ok());
}
