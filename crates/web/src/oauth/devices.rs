//! Devices without a browser: they show a short code, which their owner types in elsewhere (RFC 8628).

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use axum::response::Response;
use jmap::server::ports::Fresh;
use serde_json::json;
use tokio::time::Instant;

use super::parameters::Parameters;
use super::program::Program;
use super::refused::{Refused, answer};
use super::{granted_scope, metadata};
use crate::client::Client;
use crate::limits::{DEVICE_LIFE, DEVICES_MAX, DEVICES_PER_NETWORK_MAX, WRONG_CODES_MAX};
use crate::site::Desk;

/// Letters that are not mistaken for others, and spell no words (RFC 8628, 6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const LETTERS_IN_CODE: usize = 8;
/// How often a device may ask, in seconds (RFC 8628, 3.5).
const INTERVAL_S: u64 = 5;

/// The devices that wait for their owners.
#[derive(Default)]
pub(super) struct Devices {
    waiting: Mutex<Vec<Device>>,
    /// How many wrong codes each user typed in, and since when.
    wrong: Mutex<BTreeMap<String, (u32, Instant)>>,
}

struct Device {
    key: blake3::Hash,
    user_code: String,
    program: String,
    name: String,
    network: Option<IpAddr>,
    until: Instant,
    interval: Duration,
    asked: Option<Instant>,
    decision: Option<Decision>,
}

/// What the owner of a device decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// The program may do what the user of this address may.
    Allow(String),
    Deny,
}

/// What a device hears that asks (RFC 8628, 3.5).
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Polled {
    Pending,
    SlowDown,
    Denied,
    /// There is no such code, or its time is over.
    Expired,
    /// It may begin, for the user of this address, with this name. It is told once.
    Allowed {
        address: String,
        name: String,
    },
}

/// A code for a device and one for its owner.
pub(super) struct NewDevice {
    pub(super) device_code: String,
    pub(super) user_code: String,
}

impl Devices {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Device>> {
        let mut devices = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        devices.retain(|device| device.until > now);
        devices
    }

    /// Has a device wait.
    pub(super) fn begin(
        &self,
        fresh: &dyn Fresh,
        (id, program): (&str, &Program),
        from: Option<IpAddr>,
    ) -> Result<NewDevice, Refused> {
        let network = from.map(network);
        let device_code = fresh.name().map_err(|fault| Refused::of_fault(&fault))?;
        let mut devices = self.lock();
        if devices.iter().filter(|device| device.network == network).count()
            >= DEVICES_PER_NETWORK_MAX
        {
            return Err(Refused::too_many(
                "too many devices of your network wait for their owners",
            ));
        }
        if devices.len() >= DEVICES_MAX {
            return Err(Refused::later("too many devices wait for their owners"));
        }
        let user_code = loop {
            let code = user_code(&fresh.name().map_err(|fault| Refused::of_fault(&fault))?);
            if devices.iter().all(|device| device.user_code != code) {
                break code;
            }
        };
        let now = Instant::now();
        devices.push(Device {
            key: blake3::hash(device_code.as_bytes()),
            user_code: user_code.clone(),
            program: id.to_owned(),
            name: program.name.clone(),
            network,
            until: now.checked_add(DEVICE_LIFE).unwrap_or(now),
            interval: Duration::from_secs(INTERVAL_S),
            asked: None,
            decision: None,
        });
        Ok(NewDevice { device_code, user_code: shown(&user_code) })
    }

    /// The name of the program that waits for a code.
    pub(super) fn find(&self, typed: &str) -> Option<String> {
        let code = read(typed)?;
        let devices = self.lock();
        let device = devices.iter().find(|it| it.user_code == code && it.decision.is_none())?;
        Some(device.name.clone())
    }

    /// Takes note of what the owner of a device decided. Says whether it still waited.
    pub(super) fn decide(&self, typed: &str, decision: Decision) -> bool {
        let Some(code) = read(typed) else { return false };
        let mut devices = self.lock();
        let waiting = devices.iter_mut().find(|it| it.user_code == code && it.decision.is_none());
        waiting.map(|device| device.decision = Some(decision)).is_some()
    }

    /// Takes note of a wrong code that a user typed in.
    pub(super) fn guessed(&self, user: &str) {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        wrong.retain(|_, (_, since)| now.duration_since(*since) < DEVICE_LIFE);
        let (count, _) = wrong.entry(user.to_owned()).or_insert((0, now));
        *count = count.saturating_add(1);
    }

    /// Whether a user typed in so many wrong codes that they are guessing at those of others (RFC 8628, 5.1).
    pub(super) fn has_guessed(&self, user: &str) -> bool {
        let wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        wrong.get(user).is_some_and(|(count, since)| {
            *count >= WRONG_CODES_MAX && now.duration_since(*since) < DEVICE_LIFE
        })
    }

    /// Answers a device that asks.
    pub(super) fn poll(&self, device_code: &str, program: &str) -> Polled {
        let (key, now) = (blake3::hash(device_code.as_bytes()), Instant::now());
        let mut devices = self.lock();
        let Some(at) = devices.iter().position(|it| it.key == key && it.program == program) else {
            return Polled::Expired;
        };
        let Some(device) = devices.get_mut(at) else { return Polled::Expired };
        match &device.decision {
            Some(Decision::Allow(address)) => {
                let (address, name) = (address.clone(), device.name.clone());
                devices.remove(at);
                return Polled::Allowed { address, name };
            }
            Some(Decision::Deny) => {
                devices.remove(at);
                return Polled::Denied;
            }
            None => {}
        }
        let too_early =
            device.asked.is_some_and(|asked| now.duration_since(asked) < device.interval);
        device.asked = Some(now);
        if too_early {
            device.interval = device.interval.saturating_add(Duration::from_secs(INTERVAL_S));
            return Polled::SlowDown;
        }
        Polled::Pending
    }
}

/// `POST /auth/device` (RFC 8628, 3.1).
pub(super) async fn authorize(
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refused> {
    let said = Parameters::read(&headers, body).await?;
    let (id, program) = super::token::program(&desk, &said)?;
    if granted_scope(said.get("scope")).is_none() {
        return Err(Refused::new("invalid_scope", "none of these scopes is known here"));
    }
    let devices = &desk.settings.oauth.devices;
    let new = devices.begin(&*desk.ports.fresh, (&id, &program), client.address)?;
    let page = format!("{}/auth/activate", metadata::issuer(&desk, &client));
    Ok(answer(&json!({
        "device_code": new.device_code,
        "user_code": new.user_code,
        "verification_uri": page,
        "verification_uri_complete": format!("{page}?user_code={}", new.user_code),
        "expires_in": DEVICE_LIFE.as_secs(),
        "interval": INTERVAL_S,
    })))
}

/// What one customer of a provider has: a single IPv4 address or an IPv6 /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let bits = u128::from(address) & (u128::MAX << 64);
            IpAddr::V6(bits.into())
        }
    }
}

/// A code for people, of a name that nobody can guess.
fn user_code(name: &str) -> String {
    let mut octets = blake3::Hasher::new_derive_key("correio 2026-11 codes of devices");
    octets.update(name.as_bytes());
    let (mut octets, mut code, mut octet) = (octets.finalize_xof(), String::new(), [0; 1]);
    while code.len() < LETTERS_IN_CODE {
        octets.fill(&mut octet);
        let [octet] = octet;
        // Each letter as often as any other: 240 is a multiple of 20.
        let letter = (octet < 240).then(|| LETTERS.get(usize::from(octet % 20))).flatten();
        code.extend(letter.map(|letter| char::from(*letter)));
    }
    code
}

/// In two halves, for people.
fn shown(code: &str) -> String {
    let (one, other) = code.split_at_checked(LETTERS_IN_CODE / 2).unwrap_or((code, ""));
    format!("{one}-{other}")
}

/// A code as it was typed: small letters, with spaces or dashes anywhere (RFC 8628, 6.1).
fn read(typed: &str) -> Option<String> {
    if typed.len() > 64 {
        return None;
    }
    let letters = typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '-');
    let code: String = letters.map(|letter| letter.to_ascii_uppercase()).collect();
    let is_code = code.len() == LETTERS_IN_CODE && code.bytes().all(|it| LETTERS.contains(&it));
    is_code.then_some(code)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use jmap::server::ports::Fresh;
    use tokio::time::advance;

    use super::{Decision, Devices, NewDevice, Polled, user_code};
    use crate::limits::{DEVICE_LIFE, DEVICES_MAX, DEVICES_PER_NETWORK_MAX};
    use crate::oauth::program::Program;

    /// Names that are numbers, which go on from one device to the next.
    struct Numbers;

    static GIVEN: AtomicU64 = AtomicU64::new(0);

    impl Fresh for Numbers {
        fn name(&self) -> Result<String, mailbox::Fault> {
            Ok(GIVEN.fetch_add(1, Ordering::Relaxed).to_string())
        }
    }

    fn begin(devices: &Devices, from: &str) -> Option<NewDevice> {
        let program = Program::new("A television", Vec::new()).unwrap();
        devices.begin(&Numbers, ("id", &program), Some(from.parse().unwrap())).ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_device_begins_once_its_owner_says_so() {
        let devices = Devices::default();
        let new = begin(&devices, "192.0.2.1").unwrap();
        assert_eq!(devices.poll(&new.device_code, "id"), Polled::Pending);
        assert_eq!(devices.poll(&new.device_code, "another"), Polled::Expired);
        assert_eq!(devices.find("BCDF-GHJ"), None);
        let typed = format!(" {} ", new.user_code.to_lowercase().replace('-', " "));
        assert_eq!(devices.find(&typed).unwrap(), "A television");
        assert!(devices.decide(&typed, Decision::Allow("ana@example.org".to_owned())));
        assert!(!devices.decide(&typed, Decision::Deny) && devices.find(&typed).is_none());
        let allowed = Polled::Allowed {
            address: "ana@example.org".to_owned(),
            name: "A television".to_owned(),
        };
        assert_eq!(devices.poll(&new.device_code, "id"), allowed);
        assert_eq!(devices.poll(&new.device_code, "id"), Polled::Expired);
    }

    #[tokio::test(start_paused = true)]
    async fn a_device_that_asks_too_often_is_slowed_and_one_that_is_denied_hears_it() {
        let devices = Devices::default();
        let new = begin(&devices, "192.0.2.1").unwrap();
        for (wait_s, want) in [
            (0, Polled::Pending),
            (4, Polled::SlowDown),
            (9, Polled::SlowDown),
            (15, Polled::Pending),
            (15, Polled::Pending),
        ] {
            advance(Duration::from_secs(wait_s)).await;
            assert_eq!(devices.poll(&new.device_code, "id"), want, "{wait_s}");
        }
        assert!(devices.decide(&new.user_code, Decision::Deny));
        assert_eq!(devices.poll(&new.device_code, "id"), Polled::Denied);
        let new = begin(&devices, "192.0.2.1").unwrap();
        advance(DEVICE_LIFE).await;
        assert_eq!(devices.poll(&new.device_code, "id"), Polled::Expired);
        assert!(!devices.decide(&new.user_code, Decision::Deny));
    }

    #[tokio::test(start_paused = true)]
    async fn strangers_cannot_have_us_hold_more_and_more() {
        let devices = Devices::default();
        for from in ["192.0.2.1", "2001:db8::1"] {
            for _ in 0..DEVICES_PER_NETWORK_MAX {
                assert!(begin(&devices, from).is_some());
            }
            assert!(begin(&devices, from).is_none());
        }
        assert!(begin(&devices, "2001:db8::2").is_none(), "the same network");
        assert!(begin(&devices, "::ffff:192.0.2.1").is_none(), "the same address");
        for number in 0..2 * u32::try_from(DEVICES_MAX).unwrap() {
            let from = IpAddr::from((0x0a00_0000 + number).to_be_bytes()).to_string();
            begin(&devices, &from);
        }
        assert_eq!(devices.waiting.lock().unwrap().len(), DEVICES_MAX);
        advance(DEVICE_LIFE).await;
        assert!(begin(&devices, "192.0.2.1").is_some());
    }

    #[test]
    fn codes_for_people_have_letters_that_are_not_mistaken() {
        let codes: Vec<String> = (0..100).map(|number| user_code(&number.to_string())).collect();
        assert!(
            codes.iter().all(|code| code.len() == 8 && !code.contains(['A', 'E', 'I', 'O', 'U']))
        );
        assert!(codes.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
