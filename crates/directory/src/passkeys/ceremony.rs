//! What an authenticator signs (Web Authentication, Level 3, sections 7.1 and 7.2), for keys that nobody attests: which authenticator made a
//! key is of no interest here, and without it a registration has no signature to check.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
    VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::limits::{CREDENTIAL_ID_OCTETS_MAX, PASSKEY_PART_OCTETS_MAX};

/// The algorithms of COSE that are taken (RFC 9053, 2; RFC 8812, 2): ES256, EdDSA, RS256.
pub const ALGORITHMS: [i64; 3] = [-7, -8, -257];

/// The user was there.
const PRESENT: u8 = 0x01;
/// The authenticator made sure who the user is.
const VERIFIED: u8 = 0x04;
/// A new key comes with it.
const ATTESTED: u8 = 0x40;

/// The host, as browsers know it.
#[derive(Clone, Copy, Debug)]
pub struct RelyingParty<'a> {
    /// Its name, to which keys are bound.
    pub id: &'a str,
    /// Where its pages come from, such as `https://mail.example.org`.
    pub origin: &'a str,
}

/// What a browser answers when a key is made (`RegistrationResponseJSON`), as far as it is of use here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Registration {
    response: Attested,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attested {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    authenticator_data: String,
    public_key: String,
    public_key_algorithm: i64,
}

/// What a browser answers when a key signs (`AuthenticationResponseJSON`), as far as it is of use here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assertion {
    id: String,
    response: Signed,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Signed {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    authenticator_data: String,
    signature: String,
    user_handle: Option<String>,
}

/// A new key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewKey {
    pub(crate) credential_id: Vec<u8>,
    /// SubjectPublicKeyInfo.
    pub(crate) public_key: Vec<u8>,
    pub(crate) algorithm: i64,
    pub(crate) counter: u32,
}

/// What a signature says, once it was found to be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) counter: u32,
    /// Whether the authenticator made sure who its user is.
    pub(crate) verified: bool,
}

/// What is wrong, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unfit(pub(crate) &'static str);

/// What the browser says of the page (5.8.1).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
}

/// What the authenticator says (6.1).
struct AuthenticatorData<'a> {
    party: &'a [u8],
    flags: u8,
    counter: u32,
    rest: &'a [u8],
}

impl Registration {
    /// The challenge that it answers.
    pub(crate) fn challenge(&self) -> Option<Vec<u8>> {
        challenge(&self.response.client_data)
    }

    /// Reads a new key (7.1, steps 5 to 25).
    pub(crate) fn key(&self, party: RelyingParty<'_>) -> Result<NewKey, Unfit> {
        let Attested { client_data, authenticator_data, public_key, public_key_algorithm } =
            &self.response;
        check_client(&octets(client_data)?, "webauthn.create", party)?;
        let data = octets(authenticator_data)?;
        let data = AuthenticatorData::read(&data)?;
        data.check(party)?;
        if data.flags & VERIFIED == 0 {
            return Err(Unfit("the user was not verified"));
        }
        let credential_id = data.credential_id()?;
        let algorithm = *public_key_algorithm;
        if !ALGORITHMS.contains(&algorithm) {
            return Err(Unfit("the algorithm is none that is taken"));
        }
        let public_key = octets(public_key)?;
        // A key that cannot be read would let nobody in later.
        let readable = UnparsedPublicKey::new(scheme(algorithm)?, &public_key).parse();
        readable.map_err(|_| Unfit("the key cannot be read"))?;
        Ok(NewKey { credential_id, public_key, algorithm, counter: data.counter })
    }
}

impl Assertion {
    /// The challenge that it answers.
    pub(crate) fn challenge(&self) -> Option<Vec<u8>> {
        challenge(&self.response.client_data)
    }

    /// Which key it is of.
    pub(crate) fn credential_id(&self) -> Option<Vec<u8>> {
        octets(&self.id).ok().filter(|id| id.len() <= CREDENTIAL_ID_OCTETS_MAX)
    }

    /// Whose key it says it is of, if it says so.
    pub(crate) fn user_handle(&self) -> Option<Vec<u8>> {
        octets(self.response.user_handle.as_deref()?).ok()
    }

    /// Checks the signature of a key (7.2, steps 10 to 21).
    pub(crate) fn check(
        &self,
        party: RelyingParty<'_>,
        (public_key, algorithm): (&[u8], i64),
    ) -> Result<Said, Unfit> {
        let Signed { client_data, authenticator_data, signature, .. } = &self.response;
        let client_data = octets(client_data)?;
        check_client(&client_data, "webauthn.get", party)?;
        let signed = octets(authenticator_data)?;
        let data = AuthenticatorData::read(&signed)?;
        data.check(party)?;
        let (counter, verified) = (data.counter, data.flags & VERIFIED != 0);
        let message = [signed.as_slice(), &Sha256::digest(&client_data)].concat();
        let key = UnparsedPublicKey::new(scheme(algorithm)?, public_key);
        let fits = key.verify(&message, &octets(signature)?);
        fits.map_err(|_| Unfit("the signature is wrong"))?;
        Ok(Said { counter, verified })
    }
}

fn scheme(algorithm: i64) -> Result<&'static dyn VerificationAlgorithm, Unfit> {
    match algorithm {
        -7 => Ok(&ECDSA_P256_SHA256_ASN1),
        -8 => Ok(&ED25519),
        -257 => Ok(&RSA_PKCS1_2048_8192_SHA256),
        _ => Err(Unfit("the algorithm is none that is taken")),
    }
}

fn octets(text: &str) -> Result<Vec<u8>, Unfit> {
    if text.len() > PASSKEY_PART_OCTETS_MAX {
        return Err(Unfit("a part is too long"));
    }
    // Browsers leave the padding out; some libraries of pages do not.
    let text = text.trim_end_matches('=');
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Unfit("a part is not in base64url"))
}

fn challenge(client_data: &str) -> Option<Vec<u8>> {
    let client: ClientData = serde_json::from_slice(&octets(client_data).ok()?).ok()?;
    octets(&client.challenge).ok()
}

fn check_client(
    client_data: &[u8],
    kind: &'static str,
    party: RelyingParty<'_>,
) -> Result<(), Unfit> {
    let client: ClientData = serde_json::from_slice(client_data)
        .map_err(|_| Unfit("what the browser says cannot be read"))?;
    if client.kind != kind {
        return Err(Unfit("it was signed for another purpose"));
    }
    if client.origin != party.origin || client.cross_origin {
        return Err(Unfit("it was signed on a page of another site"));
    }
    Ok(())
}

impl<'a> AuthenticatorData<'a> {
    fn read(data: &'a [u8]) -> Result<AuthenticatorData<'a>, Unfit> {
        let short = Unfit("what the authenticator says is too short");
        let (party, data) = data.split_at_checked(32).ok_or(short)?;
        let (flags, data) = data.split_first().ok_or(short)?;
        let (counter, rest) = data.split_first_chunk::<4>().ok_or(short)?;
        let counter = u32::from_be_bytes(*counter);
        Ok(AuthenticatorData { party, flags: *flags, counter, rest })
    }

    fn check(&self, party: RelyingParty<'_>) -> Result<(), Unfit> {
        let ours = Sha256::digest(party.id.as_bytes());
        if !bool::from(self.party.ct_eq(ours.as_slice())) {
            return Err(Unfit("it is of another host"));
        }
        if self.flags & PRESENT == 0 {
            return Err(Unfit("no user was there"));
        }
        Ok(())
    }

    /// The name of a new key (6.5.1): behind the model of the authenticator and a length.
    fn credential_id(&self) -> Result<Vec<u8>, Unfit> {
        let none = Unfit("there is no new key");
        if self.flags & ATTESTED == 0 {
            return Err(none);
        }
        let (_, rest) = self.rest.split_at_checked(16).ok_or(none)?;
        let (length, rest) = rest.split_first_chunk::<2>().ok_or(none)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let id = rest.get(..length).ok_or(none)?;
        if id.is_empty() || id.len() > CREDENTIAL_ID_OCTETS_MAX {
            return Err(Unfit("the name of the key is too long"));
        }
        Ok(id.to_vec())
    }
}
