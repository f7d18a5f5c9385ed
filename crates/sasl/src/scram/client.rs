//! The client's half of SCRAM (RFC 5802, 5).

use super::{Binding, Nonce, equal, hmac, message, salted, xor};
use crate::client::ClientFault;
use crate::limits::{ROUNDS_MAX, ROUNDS_MIN};
use crate::{Secret, encode, prepare};
use sha2::{Digest, Sha256};

/// Send `first`, answer the two challenges with `respond`; `proven` tells whether the server knows the password too.
pub struct ScramClient {
    login: String,
    password: Secret,
    nonce: String,
    header: String,
    bound: Vec<u8>,
    state: State,
}

enum State {
    Begun,
    Proved { expected: String },
    Trusted,
    Broken,
}

impl ScramClient {
    /// Makes a client that has said nothing yet.
    pub fn new(login: String, password: Secret, nonce: Nonce, binding: Binding) -> ScramClient {
        let (flag, octets) = match binding {
            Binding::Unable => ("n".to_owned(), Vec::new()),
            Binding::NotOffered => ("y".to_owned(), Vec::new()),
            Binding::To(binding) => (format!("p={}", binding.name), binding.octets),
        };
        let header = format!("{flag},,");
        let bound = [header.as_bytes(), &octets].concat();
        ScramClient { login, password, nonce: nonce.0, header, bound, state: State::Begun }
    }

    /// The first message.
    pub fn first(&self) -> Vec<u8> {
        format!("{}{}", self.header, self.bare()).into_bytes()
    }

    fn bare(&self) -> String {
        let name = message::escaped(&prepare(&self.login));
        format!("n={name},r={}", self.nonce)
    }

    /// Answers a challenge.
    pub fn respond(&mut self, challenge: &[u8]) -> Result<Vec<u8>, ClientFault> {
        let text = str::from_utf8(challenge).map_err(|_| ClientFault::Server("not UTF-8"))?;
        match std::mem::replace(&mut self.state, State::Broken) {
            State::Begun => self.prove(text),
            State::Proved { expected } => {
                let given = text.strip_prefix("v=").ok_or(ClientFault::Refused)?;
                if !equal(given.as_bytes(), expected.as_bytes()) {
                    return Err(ClientFault::Server(
                        "its proof is wrong: it does not know the password",
                    ));
                }
                self.state = State::Trusted;
                Ok(Vec::new())
            }
            State::Trusted | State::Broken => Err(ClientFault::Server("one challenge too many")),
        }
    }

    fn prove(&mut self, first: &str) -> Result<Vec<u8>, ClientFault> {
        let fault = |_| ClientFault::Server("its first message is not SCRAM");
        let mut rest = Some(first);
        let nonce = message::attribute(&mut rest, "r", "r=").map_err(fault)?;
        let salt =
            message::attribute(&mut rest, "s", "s=").and_then(message::base64).map_err(fault)?;
        let rounds = message::attribute(&mut rest, "i", "i=").map_err(fault)?;
        if nonce.len() <= self.nonce.len() || !nonce.starts_with(&self.nonce) {
            return Err(ClientFault::Server("it does not repeat our nonce"));
        }
        let rounds: u32 =
            rounds.parse().map_err(|_| ClientFault::Server("a bad iteration count"))?;
        if !(ROUNDS_MIN..=ROUNDS_MAX).contains(&rounds) {
            return Err(ClientFault::Server("an iteration count outside 4,096 to 10,000,000"));
        }
        let salted = salted(&self.password, &salt, rounds);
        let unproven = format!("c={},r={nonce}", encode(&self.bound));
        let signed = format!("{},{first},{unproven}", self.bare());
        let client_key = hmac(salted.as_slice(), &[b"Client Key"]);
        let stored: [u8; 32] = Sha256::digest(client_key).into();
        let proof = xor(&client_key, &hmac(&stored, &[signed.as_bytes()]));
        let server_key = hmac(salted.as_slice(), &[b"Server Key"]);
        self.state = State::Proved { expected: encode(&hmac(&server_key, &[signed.as_bytes()])) };
        Ok(format!("{unproven},p={}", encode(&proof)).into_bytes())
    }

    /// Whether the server has proved that it knows the password.
    pub fn proven(&self) -> bool {
        matches!(self.state, State::Trusted)
    }
}
