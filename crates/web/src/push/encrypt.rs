//! A push as nobody can read it on its way (RFC 8291): one record of `aes128gcm` (RFC 8188), with a key of its own for each.

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jmap::server::PushKeys;

/// How many octets a record has at most. Push services take so many, and need take no more (RFC 8030, 7.2).
const RECORD_OCTETS: u32 = 4096;
/// How many octets of a message fit: without the head, what ends it, and the tag (RFC 8291, 4).
pub(super) const PLAIN_OCTETS_MAX: usize = 3993;
const PUBLIC_OCTETS: usize = 65;
const SECRET_OCTETS: usize = 16;

/// Some programs pad base64, and RFC 8620 does not say that they may not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Who reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reader {
    public: [u8; PUBLIC_OCTETS],
    secret: [u8; SECRET_OCTETS],
}

/// Random octets, for one push alone.
pub(super) struct Fresh {
    /// A private key of P-256.
    pub(super) key: [u8; 32],
    pub(super) salt: [u8; 16],
}

impl Reader {
    /// The keys that a client gave; none: they are no such keys.
    pub(super) fn of(keys: &PushKeys) -> Option<Reader> {
        let public = BASE64.decode(&keys.p256dh).ok()?.try_into().ok()?;
        let secret = BASE64.decode(&keys.auth).ok()?.try_into().ok()?;
        let reader = Reader { public, secret };
        // Any private key tells whether the other is a point of the curve.
        let probe = PrivateKey::from_private_key(&ECDH_P256, &[1; 32]).ok()?;
        reader.shared(&probe).map(|_| reader)
    }

    fn shared(&self, private: &PrivateKey) -> Option<[u8; 32]> {
        let public = UnparsedPublicKey::new(&ECDH_P256, self.public);
        agree(private, public, (), |shared| shared.try_into().map_err(drop)).ok()
    }

    /// Encrypts a message. None: it is too long, or the fresh octets are no key, which is one case in 2^32.
    pub(super) fn encrypt(&self, fresh: &Fresh, plain: &[u8]) -> Option<Vec<u8>> {
        if plain.len() > PLAIN_OCTETS_MAX {
            return None;
        }
        let private = PrivateKey::from_private_key(&ECDH_P256, &fresh.key).ok()?;
        let own = private.compute_public_key().ok()?;
        let shared = self.shared(&private)?;
        // RFC 8291, 3.4.
        let info = [b"WebPush: info\0".as_slice(), &self.public, own.as_ref()];
        let key: [u8; 32] = derive(&self.secret, &shared, &info)?;
        // RFC 8188, 2.2 and 2.3; of one record the number is 0.
        let content: [u8; 16] = derive(&fresh.salt, &key, &[b"Content-Encoding: aes128gcm\0"])?;
        let nonce: [u8; 12] = derive(&fresh.salt, &key, &[b"Content-Encoding: nonce\0"])?;
        let mut record = plain.to_vec();
        // The last record ends so (RFC 8188, 2).
        record.push(2);
        let content = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &content).ok()?);
        let nonce = Nonce::assume_unique_for_key(nonce);
        content.seal_in_place_append_tag(nonce, Aad::empty(), &mut record).ok()?;
        let id_octets = u8::try_from(own.as_ref().len()).ok()?;
        let head = [&fresh.salt[..], &RECORD_OCTETS.to_be_bytes(), &[id_octets], own.as_ref()];
        Some([head.concat(), record].concat())
    }
}

/// A key of so many octets.
struct Octets(usize);

impl KeyType for Octets {
    fn len(&self) -> usize {
        self.0
    }
}

/// HKDF with SHA-256 (RFC 5869).
fn derive<const N: usize>(salt: &[u8], from: &[u8], info: &[&[u8]]) -> Option<[u8; N]> {
    let mut key = [0; N];
    let pseudorandom = Salt::new(HKDF_SHA256, salt).extract(from);
    pseudorandom.expand(info, Octets(N)).ok()?.fill(&mut key).ok()?;
    Some(key)
}

#[cfg(test)]
pub(super) mod tests {
    use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
    use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
    use base64::Engine as _;
    use jmap::server::PushKeys;

    use super::{BASE64, Fresh, PLAIN_OCTETS_MAX, RECORD_OCTETS, Reader, derive};

    pub(in crate::push) fn decoded(text: &str) -> Vec<u8> {
        BASE64.decode(text).unwrap()
    }

    /// The keys of RFC 8291, Appendix A.
    pub(in crate::push) fn keys() -> PushKeys {
        PushKeys {
            p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
                .to_owned(),
            auth: "BTBZMqHH6r4Tts7J_aSIgg".to_owned(),
        }
    }

    /// Reads a push as its client does, with the private key of RFC 8291, Appendix A.
    pub(in crate::push) fn decrypt(push: &[u8]) -> Vec<u8> {
        let private = decoded("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94");
        let private = PrivateKey::from_private_key(&ECDH_P256, &private).unwrap();
        let (salt, rest) = push.split_at(16);
        assert_eq!(rest[..4], RECORD_OCTETS.to_be_bytes());
        assert_eq!(rest[4], 65);
        let (sender, record) = rest[5..].split_at(65);
        let shared = agree(&private, UnparsedPublicKey::new(&ECDH_P256, sender), (), |shared| {
            Ok::<_, ()>(shared.to_vec())
        });
        let public = private.compute_public_key().unwrap();
        let info = [b"WebPush: info\0".as_slice(), public.as_ref(), sender];
        let secret = decoded(&keys().auth);
        let key: [u8; 32] = derive(&secret, &shared.unwrap(), &info).unwrap();
        let content: [u8; 16] = derive(salt, &key, &[b"Content-Encoding: aes128gcm\0"]).unwrap();
        let nonce: [u8; 12] = derive(salt, &key, &[b"Content-Encoding: nonce\0"]).unwrap();
        let content = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &content).unwrap());
        let mut record = record.to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce);
        let plain = content.open_in_place(nonce, Aad::empty(), &mut record).unwrap();
        plain.strip_suffix(&[2]).unwrap().to_vec()
    }

    #[test]
    fn the_example_of_rfc_8291_comes_out() {
        let reader = Reader::of(&keys()).unwrap();
        let fresh = Fresh {
            key: decoded("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw").try_into().unwrap(),
            salt: decoded("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap(),
        };
        let plain = b"When I grow up, I want to be a watermelon";
        let push = reader.encrypt(&fresh, plain).unwrap();
        let want = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6T\
                    lzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4\
                    a-fN";
        assert_eq!(push, decoded(want));
        assert_eq!(decrypt(&push), plain);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let with = |p256dh: &str, auth: &str| {
            Reader::of(&PushKeys { p256dh: p256dh.to_owned(), auth: auth.to_owned() })
        };
        let PushKeys { p256dh, auth } = keys();
        assert!(with(&p256dh, &auth).is_some());
        assert!(with(&format!("{p256dh}="), &format!("{auth}==")).is_some(), "padded");
        // Not a point of the curve: the last bit is another one.
        let mut elsewhere = decoded(&p256dh);
        *elsewhere.last_mut().unwrap() ^= 1;
        assert_eq!(with(&BASE64.encode(&elsewhere), &auth), None);
        for (p256dh, auth) in
            [("", &*auth), (&p256dh[..80], &auth), (&p256dh, "BTBZ"), ("+/", &auth)]
        {
            assert_eq!(with(p256dh, auth), None);
        }
    }

    #[test]
    fn a_push_has_room_for_so_much_and_no_more() {
        let reader = Reader::of(&keys()).unwrap();
        let fresh = Fresh { key: [3; 32], salt: [4; 16] };
        let push = reader.encrypt(&fresh, &[b'x'; PLAIN_OCTETS_MAX]).unwrap();
        assert_eq!(push.len(), 4096);
        assert_eq!(decrypt(&push), [b'x'; PLAIN_OCTETS_MAX]);
        assert_eq!(reader.encrypt(&fresh, &[b'x'; PLAIN_OCTETS_MAX + 1]), None);
        assert_eq!(reader.encrypt(&Fresh { key: [0; 32], salt: [4; 16] }, b"x"), None);
    }
}
