//! Codes that browsers carry from us to a program: good once, for a minute, for who asked for them (RFC 6749, 4.1.2; RFC 7636).

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sasl::Secret;
use tokio::time::Instant;

use crate::limits::{CODE_LIFE, CODES_MAX, CODES_PER_USER_MAX};

/// What somebody consented to.
#[derive(Clone, Debug)]
pub(super) struct Consent {
    /// Who.
    pub(super) address: String,
    /// The identifier of the program.
    pub(super) program: String,
    /// Where the code was sent.
    pub(super) redirect: String,
    /// Whether the program named that address itself (RFC 6749, 4.1.3).
    pub(super) redirect_was_asked: bool,
    /// The SHA-256 of what the program will show, in base 64 (RFC 7636, 4.2).
    pub(super) challenge: String,
}

/// The codes that are on their way.
#[derive(Default)]
pub(super) struct Codes(Mutex<VecDeque<Code>>);

struct Code {
    key: blake3::Hash,
    until: Instant,
    state: State,
}

enum State {
    Fresh(Consent),
    /// It was used.
    Used {
        /// What came of it, once that is known.
        grant: Option<Grant>,
        /// Whether it came again since.
        again: Again,
    },
}

/// Whether a code came a second time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    Yes,
    No,
}

/// A grant that a code led to, by what ends it.
#[derive(Clone)]
pub(super) struct Grant {
    pub(super) access: Secret,
    pub(super) program: String,
}

/// What a code leads to.
pub(super) enum Found {
    /// What was consented to.
    Consent(Consent),
    /// It came before: whoever has it took it from its program, or the other way round. What came of it has to end.
    Again(Option<Grant>),
    Nothing,
}

impl Codes {
    /// Makes a code, that nobody can guess, stand for a consent.
    pub(super) fn put(&self, code: &str, consent: Consent) {
        let now = Instant::now();
        let until = now.checked_add(CODE_LIFE).unwrap_or(now);
        let mut codes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        codes.retain(|code| code.until > now);
        let own =
            |code: &Code| matches!(&code.state, State::Fresh(of) if of.address == consent.address);
        // The oldest makes room, one's own first.
        let oldest = if codes.iter().filter(|code| own(code)).count() >= CODES_PER_USER_MAX {
            codes.iter().position(own)
        } else {
            (codes.len() >= CODES_MAX).then_some(0)
        };
        oldest.map(|at| codes.remove(at));
        let key = blake3::hash(code.as_bytes());
        codes.push_back(Code { key, until, state: State::Fresh(consent) });
    }

    /// Takes a code; it is not good again.
    pub(super) fn take(&self, code: &str) -> Found {
        let (key, now) = (blake3::hash(code.as_bytes()), Instant::now());
        let mut codes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        codes.retain(|code| code.until > now);
        let Some(code) = codes.iter_mut().find(|code| code.key == key) else {
            return Found::Nothing;
        };
        let used = |again| State::Used { grant: None, again };
        match std::mem::replace(&mut code.state, used(Again::Yes)) {
            State::Fresh(consent) => {
                code.state = used(Again::No);
                Found::Consent(consent)
            }
            State::Used { grant, .. } => Found::Again(grant),
        }
    }

    /// Notes what came of a code, so that it ends should the code come again. Says whether it did meanwhile: then it has to end now.
    pub(super) fn led_to(&self, code: &str, came: Grant) -> Again {
        let key = blake3::hash(code.as_bytes());
        let mut codes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match codes.iter_mut().find(|code| code.key == key).map(|code| &mut code.state) {
            Some(State::Used { grant, again: Again::No }) => {
                *grant = Some(came);
                Again::No
            }
            Some(State::Used { again: Again::Yes, .. }) => Again::Yes,
            Some(State::Fresh(_)) | None => Again::No,
        }
    }
}

/// Whether what a program shows is what it had the hash of when it asked (RFC 7636, 4.6).
pub(super) fn proves(verifier: &str, challenge: &str) -> bool {
    use sha2::{Digest as _, Sha256};
    let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    Secret::new(hash.into_bytes()).equals(challenge.as_bytes())
}

/// Whether a text can be a verifier: 43 to 128 letters of a few kinds (RFC 7636, 4.1). A challenge by S256 always has 43.
pub(super) fn is_verifier(text: &str) -> bool {
    let is_right = |octet: u8| octet.is_ascii_alphanumeric() || b"-._~".contains(&octet);
    (43..=128).contains(&text.len()) && text.bytes().all(is_right)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sasl::Secret;
    use tokio::time::advance;

    use super::{Again, Codes, Consent, Found, Grant, is_verifier, proves};
    use crate::limits::{CODE_LIFE, CODES_MAX, CODES_PER_USER_MAX};

    fn consent(address: &str) -> Consent {
        Consent {
            address: address.to_owned(),
            program: "program".to_owned(),
            redirect: "https://app.example/".to_owned(),
            redirect_was_asked: false,
            challenge: String::new(),
        }
    }

    fn is_good(codes: &Codes, code: &str) -> bool {
        matches!(codes.take(code), Found::Consent(_))
    }

    #[tokio::test(start_paused = true)]
    async fn a_code_is_good_once_and_for_a_minute() {
        let codes = Codes::default();
        let (first, second, third) = ("first", "second", "third");
        codes.put(first, consent("ana"));
        codes.put(second, consent("ana"));
        assert!(is_good(&codes, first));
        assert!(matches!(codes.take(first), Found::Again(None)));
        let grant = || Grant { access: Secret::new("a"), program: "program".to_owned() };
        // It came again before anything came of it.
        assert_eq!(codes.led_to(first, grant()), Again::Yes);
        codes.put("other", consent("ana"));
        assert!(is_good(&codes, "other"));
        assert_eq!(codes.led_to("other", grant()), Again::No);
        assert!(matches!(codes.take("other"), Found::Again(Some(_))));
        advance(CODE_LIFE - Duration::from_millis(1)).await;
        assert!(is_good(&codes, second));
        codes.put(third, consent("ana"));
        advance(CODE_LIFE).await;
        assert!(matches!(codes.take(third), Found::Nothing));
        assert!(matches!(codes.take("x"), Found::Nothing));
    }

    #[tokio::test(start_paused = true)]
    async fn codes_are_bounded_and_nobody_takes_the_room_of_all() {
        let codes = Codes::default();
        codes.put("other", consent("bob"));
        let own: Vec<String> = (0..CODES_MAX).map(|number| format!("own {number}")).collect();
        own.iter().for_each(|code| codes.put(code, consent("ana")));
        assert_eq!(codes.0.lock().unwrap().len(), CODES_PER_USER_MAX + 1);
        assert!(is_good(&codes, "other") && is_good(&codes, own.last().unwrap()));
        for user in 0..2 * CODES_MAX {
            codes.put(&format!("of {user}"), consent(&user.to_string()));
        }
        assert_eq!(codes.0.lock().unwrap().len(), CODES_MAX);
    }

    #[test]
    fn the_example_of_the_standard_proves_itself() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert!(proves(verifier, challenge) && is_verifier(verifier));
        assert!(!proves("x", challenge) && !proves(challenge, verifier));
        assert!(!is_verifier("short") && !is_verifier(&"x".repeat(129)));
        assert!(!is_verifier(&format!("{} ", "x".repeat(43))));
    }
}
