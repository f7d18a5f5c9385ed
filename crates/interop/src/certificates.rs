//! A certificate authority for one test, and certificates by it, made with openssl.

use std::path::{Path, PathBuf};

use crate::Program;

/// What a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// ECDSA on P-256.
    P256,
    /// RSA with 2,048 bits.
    Rsa,
}

/// A certificate and its key, with the authority that vouches for it.
pub struct Certificate {
    /// The authority, PEM.
    pub root: PathBuf,
    /// The chain, PEM.
    pub chain: PathBuf,
    /// The key, PEM.
    pub key: PathBuf,
}

impl Certificate {
    /// Makes one for these names in a folder.
    pub fn make(openssl: &Path, folder: &Path, kind: Key, names: &[&str]) -> Certificate {
        let file = |name: &str| folder.join(name);
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let run = |words: Vec<String>| {
            let ran = Program::new(openssl, folder).args(words).run();
            assert_eq!(ran.code, 0, "{}", ran.errors);
        };
        let begin = |kind: Key, key: &Path, chain: &Path, subject: &str| {
            let kind: &[&str] = match kind {
                Key::P256 => &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
                Key::Rsa => &["rsa:2048"],
            };
            let words = [&["req", "-x509", "-days", "30", "-nodes", "-newkey"], kind].concat();
            let mut words: Vec<String> = words.into_iter().map(str::to_owned).collect();
            let (key, chain) = (text(key), text(chain));
            words.extend(["-keyout", &key, "-out", &chain, "-subj", subject].map(str::to_owned));
            words
        };
        let (root, root_key) = (file("root.pem"), file("root-key.pem"));
        let mut words = begin(Key::P256, &root_key, &root, "/CN=An authority for a test");
        words.extend(["-addext", "keyUsage=critical,keyCertSign"].map(str::to_owned));
        run(words);
        let (chain, key) = (file("chain.pem"), file("key.pem"));
        let mut words = begin(kind, &key, &chain, &format!("/CN={}", names[0]));
        let names: Vec<String> = names.iter().map(|name| format!("DNS:{name}")).collect();
        let names = format!("subjectAltName={}", names.join(","));
        words.extend(["-CA", &text(&root), "-CAkey", &text(&root_key)].map(str::to_owned));
        words.extend(["-addext", &names, "-addext"].map(str::to_owned));
        words.push("basicConstraints=critical,CA:FALSE".to_owned());
        run(words);
        Certificate { root, chain, key }
    }

    /// The section of a configuration that names it.
    pub fn section(&self) -> String {
        format!("[tls]\ncertificate = {:?}\nkey = {:?}\n", self.chain, self.key)
    }
}
