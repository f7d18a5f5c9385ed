//! The server's half of SCRAM (RFC 5802, 5 and 6).

use super::{ChannelBinding, Nonce, ScramSecret, equal, hmac, message, xor};
use crate::{Mechanism, Syntax, encode, prepare};
use sha2::{Digest, Sha256};

/// The client's first message, read. `answer` it with the secret of `login`.
#[derive(Debug)]
pub struct ServerFirst {
    login: String,
    acting_as: String,
    nonce: String,
    /// The message without its channel binding header: a part of what is signed.
    bare: String,
    /// What the client's last message must repeat: the header and the octets bound to.
    bound: Vec<u8>,
}

impl ServerFirst {
    /// Parses the client's first message.
    pub fn parse(
        octets: &[u8],
        mechanism: Mechanism,
        bindings: &[ChannelBinding],
    ) -> Result<ServerFirst, Syntax> {
        let text = str::from_utf8(octets).map_err(|_| Syntax("UTF-8"))?;
        let mut parts = text.splitn(3, ',');
        let (Some(flag), Some(acting_as), Some(bare)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(Syntax("a header, a name and a nonce"));
        };
        let binding = binding(flag, mechanism, bindings)?;
        let mut bound = format!("{flag},{acting_as},").into_bytes();
        bound.extend_from_slice(binding);
        let acting_as = match acting_as.strip_prefix("a=") {
            Some(name) => message::name(name)?,
            None if acting_as.is_empty() => String::new(),
            None => return Err(Syntax("a= or nothing")),
        };
        let mut rest = Some(bare);
        // An extension that must be understood (`m=`) would stand here; none is (RFC 5802, 5.1).
        let login = prepare(&message::name(message::attribute(&mut rest, "n", "n=, the name")?)?);
        let nonce = message::nonce(message::attribute(&mut rest, "r", "r=, a nonce")?)?.to_owned();
        Ok(ServerFirst { login, acting_as, nonce, bare: bare.to_owned(), bound })
    }

    /// Who wants to log in.
    pub fn login(&self) -> &str {
        &self.login
    }

    /// Gives the server's first message and the machine that checks the proof.
    pub fn answer(self, nonce: Nonce, secret: ScramSecret) -> (Server, Vec<u8>) {
        let nonce = self.nonce + &nonce.0;
        let salt = encode(&secret.salt);
        let first = format!("r={nonce},s={salt},i={}", secret.rounds);
        let signed = format!("{},{first},", self.bare);
        let server = Server {
            login: self.login,
            acting_as: self.acting_as,
            nonce,
            signed,
            bound: self.bound,
            secret,
        };
        (server, first.into_bytes())
    }
}

/// Looks at what the client says about channel binding (RFC 5802, 6), and gives the octets it binds to.
fn binding<'a>(
    flag: &str,
    mechanism: Mechanism,
    bindings: &'a [ChannelBinding],
) -> Result<&'a [u8], Syntax> {
    let plus = mechanism == Mechanism::ScramSha256Plus;
    match flag.strip_prefix("p=") {
        Some(name) if plus => bindings
            .iter()
            .find(|binding| binding.name == name)
            .map(|binding| binding.octets.as_slice())
            .ok_or(Syntax("a channel binding that this server supports")),
        None if plus => Err(Syntax("p=, the channel binding")),
        None if flag == "n" => Ok(&[]),
        // The client could bind and thinks that we cannot. We can: somebody took the offer out.
        None if flag == "y" && bindings.is_empty() => Ok(&[]),
        None if flag == "y" => Err(Syntax("SCRAM-SHA-256-PLUS, which is offered here")),
        Some(_) | None => Err(Syntax("n or y")),
    }
}

/// Waits for the client's proof.
pub struct Server {
    login: String,
    acting_as: String,
    nonce: String,
    signed: String,
    bound: Vec<u8>,
    secret: ScramSecret,
}

impl Server {
    /// Who wants to log in.
    pub fn login(&self) -> &str {
        &self.login
    }

    /// Whom that wants to act as; empty: itself.
    pub fn acting_as(&self) -> &str {
        &self.acting_as
    }

    /// Checks the client's last message. Gives the key that fits and the server's own proof, or nothing.
    pub fn verify(&self, octets: &[u8]) -> Result<Option<(u64, Vec<u8>)>, Syntax> {
        let text = str::from_utf8(octets).map_err(|_| Syntax("UTF-8"))?;
        let (unproven, proof) = message::split_proof(text)?;
        let mut rest = Some(unproven);
        let bound = message::base64(message::attribute(&mut rest, "c", "c=, the binding")?)?;
        let nonce = message::attribute(&mut rest, "r", "r=, the nonce")?;
        let proof: [u8; 32] =
            message::base64(proof)?.try_into().map_err(|_| Syntax("a proof of 32 octets"))?;
        if !equal(nonce.as_bytes(), self.nonce.as_bytes()) || !equal(&bound, &self.bound) {
            return Ok(None);
        }
        let signed = [self.signed.as_bytes(), unproven.as_bytes()];
        let mut fits = None;
        for key in &self.secret.keys {
            let client_key = xor(&proof, &hmac(&key.stored, &signed));
            if equal(&Sha256::digest(client_key), &key.stored) {
                fits = Some((key.id, format!("v={}", encode(&hmac(&key.server, &signed)))));
            }
        }
        Ok(fits.map(|(key, answer)| (key, answer.into_bytes())))
    }
}
