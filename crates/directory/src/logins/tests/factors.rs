//! Second factors of logins to pages.

use std::sync::Arc;

use mailbox::{AccountId, SetClock, Timestamp};
use sasl::{Denied, Secret};
use totp_rs::Builder;

use super::{Logins, logins_at, peer};
use crate::limits::{
    CODE_FAILURES_HALVED_S, CODE_FAILURES_MAX, CODES_PER_LOGIN_MAX, PENDING_LOGIN_S,
    PENDING_LOGINS_PER_USER_MAX, RECOVERY_CODES, TOTP_BEGUN_S,
};
use crate::people::{PeopleError, Refusal};
use crate::records::Stay;
use crate::{
    FactorDenied, Factors, NewPageSession, PageAttempt, PageEntry, PageProof, People, ScramKeys,
};

const NOW: i64 = 1_000_000_000;
const ANA: AccountId = AccountId(1);
const OVER: FactorDenied = FactorDenied { denied: Denied::Wrong, again: false };
const AGAIN: FactorDenied = FactorDenied { denied: Denied::Wrong, again: true };

struct World {
    clock: Arc<SetClock>,
    people: Arc<People>,
    logins: Logins,
}

impl World {
    async fn new() -> World {
        let clock = Arc::new(SetClock::at(Timestamp(NOW)));
        let (people, logins) = logins_at(Arc::clone(&clock)).await;
        World { clock, people, logins }
    }

    fn now(&self) -> i64 {
        use mailbox::Clock as _;
        self.clock.now().0
    }

    fn later(&self, seconds: i64) {
        self.clock.set(Timestamp(self.now() + seconds));
    }

    /// Ana with an authenticator app, and her recovery codes.
    async fn with_app(&self) -> (App, Vec<Secret>) {
        let app = App::of(&self.people.begin_totp(ANA).await.unwrap());
        let codes = self.people.confirm_totp(ANA, &app.code(self.now())).await.unwrap();
        self.later(30);
        (app, codes)
    }

    async fn password(&self, password: &str) -> Result<PageEntry, Denied> {
        let (password, peer) = (Secret::new(password), peer("192.0.2.7"));
        let attempt = PageAttempt {
            login: "ana",
            password: &password,
            peer: &peer,
            program: "Firefox",
            stay: Stay::Long,
        };
        self.logins.log_in_page(attempt).await
    }

    async fn ticket(&self) -> Secret {
        match self.password("long enough").await.ok().unwrap() {
            PageEntry::SecondFactor { ticket, .. } => ticket,
            PageEntry::In(_) => panic!("no second factor was asked for"),
        }
    }

    async fn code(&self, ticket: &Secret, code: &str) -> Result<NewPageSession, FactorDenied> {
        self.logins.second_factor(ticket, code, &peer("192.0.2.7")).await
    }
}

/// An authenticator app.
struct App(totp_rs::Totp);

impl App {
    fn of(secret: &Secret) -> App {
        let text = std::str::from_utf8(secret.expose()).unwrap();
        let secret = totp_rs::Secret::try_from_base32(text).unwrap();
        App(Builder::new().with_secret(secret).build().unwrap())
    }

    fn code(&self, now: i64) -> String {
        self.0.generate(u64::try_from(now).unwrap()).to_string()
    }
}

fn text(code: &Secret) -> String {
    String::from_utf8(code.expose().to_vec()).unwrap()
}

fn refusal<T>(done: Result<T, PeopleError>) -> Refusal {
    match done {
        Err(PeopleError::Refused(refusal)) => refusal,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was done"),
    }
}

#[tokio::test(start_paused = true)]
async fn an_app_counts_once_a_code_of_it_was_right() {
    let world = World::new().await;
    let people = &world.people;
    assert_eq!(refusal(people.confirm_totp(ANA, "123456").await), Refusal::NothingBegun);
    let app = App::of(&people.begin_totp(ANA).await.unwrap());
    assert_eq!(people.factors(ANA).unwrap(), Factors::default());
    assert!(matches!(world.password("long enough").await, Ok(PageEntry::In(_))));
    let other = App::of(&people.begin_totp(ANA).await.unwrap());
    for wrong in ["", "12345", "abcdef", &app.code(NOW), &other.code(NOW - 90)] {
        assert_eq!(refusal(people.confirm_totp(ANA, wrong).await), Refusal::WrongCode, "{wrong}");
    }
    world.later(TOTP_BEGUN_S);
    let late = people.confirm_totp(ANA, &other.code(world.now())).await;
    assert_eq!(refusal(late), Refusal::NothingBegun);
    let (_, codes) = world.with_app().await;
    assert_eq!(codes.len(), RECOVERY_CODES);
    let factors = people.factors(ANA).unwrap();
    assert_eq!((factors.recovery_codes, factors.are_asked()), (RECOVERY_CODES, true));
}

#[tokio::test(start_paused = true)]
async fn the_second_factor_is_asked_for_after_the_right_password_only() {
    let world = World::new().await;
    let (app, _) = world.with_app().await;
    assert_eq!(world.password("a guess").await.err(), Some(Denied::Wrong));
    let ticket = world.ticket().await;
    assert_eq!(world.people.page_sessions(ANA).unwrap(), [], "nobody is in yet");
    assert_eq!(world.logins.page_session(&ticket).await.unwrap(), None);
    let session = world.code(&ticket, &app.code(world.now())).await.ok().unwrap();
    assert_eq!(session.session.address, "ana@example.org");
    assert_eq!(session.session.program, "Firefox");
    assert!(world.logins.page_session(&session.secret).await.unwrap().is_some());
    // The ticket is good once, whatever comes with it.
    world.later(30);
    assert_eq!(world.code(&ticket, &app.code(world.now())).await.err(), Some(OVER));
}

#[tokio::test(start_paused = true)]
async fn a_code_is_good_once_in_all_logins_and_proofs() {
    let world = World::new().await;
    let (app, _) = world.with_app().await;
    let (first, second) = (world.ticket().await, world.ticket().await);
    let code = app.code(world.now());
    let session = world.code(&first, &code).await.ok().unwrap().session;
    assert_eq!(world.code(&second, &code).await.err(), Some(AGAIN));
    let confirm = async |code: &str| {
        let whose = (session.account, session.id);
        let (proof, peer) = (PageProof::Code(code), peer("192.0.2.7"));
        world.logins.confirm_page(whose, &session.address, proof, &peer).await
    };
    assert_eq!(confirm(&code).await, Err(Denied::Wrong));
    world.later(30);
    assert_eq!(confirm(&app.code(world.now())).await, Ok(()));
    assert_eq!(world.people.page_sessions(ANA).unwrap()[0].proven_s, world.now());
}

#[tokio::test(start_paused = true)]
async fn many_at_once_use_one_code_once() {
    let world = World::new().await;
    let (app, codes) = world.with_app().await;
    for code in [app.code(world.now()), text(&codes[0])] {
        let mut tickets = Vec::new();
        for _ in 0..4 {
            tickets.push(world.ticket().await);
        }
        let tries = tickets.iter().map(|ticket| world.code(ticket, &code));
        let (a, b, c, d) = {
            let mut tries = tries.map(Box::pin);
            let mut next = || tries.next().unwrap();
            tokio::join!(next(), next(), next(), next())
        };
        let right = [a, b, c, d].iter().filter(|done| done.is_ok()).count();
        assert_eq!(right, 1, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn recovery_codes_are_good_once_each_and_made_anew() {
    let world = World::new().await;
    let (_, codes) = world.with_app().await;
    let ticket = world.ticket().await;
    assert_eq!(world.code(&ticket, "0000-0000-0000-0000").await.err(), Some(AGAIN));
    // However it is typed.
    let typed = text(&codes[3]).replace('-', " ").to_uppercase();
    assert!(world.code(&ticket, &typed).await.is_ok());
    let ticket = world.ticket().await;
    assert_eq!(world.code(&ticket, &text(&codes[3])).await.err(), Some(AGAIN));
    assert_eq!(world.people.factors(ANA).unwrap().recovery_codes, RECOVERY_CODES - 1);
    let anew = world.people.new_recovery_codes(ANA).await.unwrap();
    assert_eq!(world.code(&ticket, &text(&codes[4])).await.err(), Some(AGAIN));
    assert!(world.code(&ticket, &text(&anew[0])).await.is_ok());
    // Nothing of them can be read from what is kept.
    let snapshot = world.people.accounts().engine().snapshot().unwrap();
    let walk = &mut |_: &[u8], value: &[u8]| {
        for code in codes.iter().chain(&anew) {
            for form in [text(code), text(code).replace('-', "")] {
                assert!(!value.windows(form.len()).any(|part| part == form.as_bytes()));
            }
        }
        std::ops::ControlFlow::Continue(())
    };
    snapshot.range(&b"\0"[..]..&b"\xff"[..], walk).unwrap();
}

#[tokio::test(start_paused = true)]
async fn without_a_second_factor_there_are_no_recovery_codes() {
    let world = World::new().await;
    let refused = world.people.new_recovery_codes(ANA).await;
    assert_eq!(refusal(refused), Refusal::NoSecondFactor);
    world.with_app().await;
    world.people.remove_totp(ANA).await.unwrap();
    assert_eq!(world.people.factors(ANA).unwrap(), Factors::default());
    assert!(matches!(world.password("long enough").await, Ok(PageEntry::In(_))));
}

#[tokio::test(start_paused = true)]
async fn a_login_waits_for_its_second_factor_for_a_while_and_some_tries() {
    let world = World::new().await;
    let (app, _) = world.with_app().await;
    let ticket = world.ticket().await;
    world.later(PENDING_LOGIN_S);
    assert_eq!(world.code(&ticket, &app.code(world.now())).await.err(), Some(OVER));
    let ticket = world.ticket().await;
    for _ in 1..CODES_PER_LOGIN_MAX {
        assert_eq!(world.code(&ticket, "000000").await.err(), Some(AGAIN));
    }
    assert_eq!(world.code(&ticket, "000000").await.err(), Some(OVER));
    assert_eq!(world.code(&ticket, &app.code(world.now())).await.err(), Some(OVER));
    for wrong in ["", "x", "no-such-ticket-no-such-ticket-no-such-ticket"] {
        assert_eq!(world.code(&Secret::new(wrong), "000000").await.err(), Some(OVER));
    }
    let first = world.ticket().await;
    for _ in 0..PENDING_LOGINS_PER_USER_MAX {
        world.later(1);
        world.ticket().await;
    }
    assert_eq!(world.code(&first, &app.code(world.now())).await.err(), Some(OVER));
}

#[tokio::test(start_paused = true)]
async fn however_many_logins_begin_a_user_has_few_codes() {
    let world = World::new().await;
    let (app, codes) = world.with_app().await;
    let mut tried = 0;
    let denied = loop {
        let ticket = world.ticket().await;
        let denied = world.code(&ticket, "000000").await.err().unwrap().denied;
        if denied != Denied::Wrong {
            break denied;
        }
        tried += 1;
    };
    assert_eq!(tried, CODE_FAILURES_MAX);
    assert_eq!(denied, Denied::TooMany { wait_s: CODE_FAILURES_HALVED_S });
    let ticket = world.ticket().await;
    let denied = world.code(&ticket, &app.code(world.now())).await.err().unwrap().denied;
    assert_eq!(denied, Denied::TooMany { wait_s: CODE_FAILURES_HALVED_S });
    // With the time some come back, and who is in has all of them again.
    world.later(i64::from(CODE_FAILURES_HALVED_S));
    let ticket = world.ticket().await;
    assert_eq!(world.code(&ticket, "000000").await.err(), Some(AGAIN));
    assert!(world.code(&ticket, &text(&codes[0])).await.is_ok());
    let ticket = world.ticket().await;
    assert!(world.code(&ticket, &app.code(world.now())).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_password_changed_meanwhile_lets_nobody_in_by_the_second_factor() {
    let world = World::new().await;
    let (app, codes) = world.with_app().await;
    let ana = "ana@example.org".parse().unwrap();
    let ticket = world.ticket().await;
    let password = Secret::new("another password");
    world.people.set_password(&ana, &password, ScramKeys::Omit).await.unwrap();
    let denied = world.code(&ticket, &app.code(world.now())).await.err();
    assert_eq!(denied, Some(OVER));
    let PageEntry::SecondFactor { ticket, .. } = world.password("another password").await.unwrap()
    else {
        panic!("the second factor stays")
    };
    world.people.disable_user(&ana).await.unwrap();
    assert!(world.code(&ticket, &text(&codes[1])).await.is_err());
    world.people.remove_user(&ana).await.unwrap();
    assert_eq!(world.people.factors(ANA).unwrap(), Factors::default());
}
