//! The keyring of the system, as far as this program uses it: one secret for each account, in words that a person understands where
//! that fails.

use admin::keep::Folder;
use host::keyring::{KeyringFault, Person};
use sasl::Secret;
use sync::Exit;

use super::{Failed, language, somebody_is_there};

/// What the keyring has for an account.
pub(crate) struct Keyring {
    keyring: host::keyring::Keyring,
    key: String,
    label: String,
}

impl Keyring {
    /// For the account of this name. Those of another data folder are others.
    pub(crate) fn of(folder: &Folder, name: &str) -> Keyring {
        let person = if somebody_is_there() { Person::Asked } else { Person::Absent };
        Keyring {
            keyring: host::keyring::Keyring::new(person),
            key: format!("{}/{name}", folder.0.display()),
            label: format!("correio: {name}"),
        }
    }

    /// Whether there is one, and it opens.
    pub(crate) async fn opened(&self) -> Result<(), Failed> {
        self.keyring.open().await.map_err(told)
    }

    /// The secret; none: there is none.
    pub(crate) async fn read(&self) -> Result<Option<Secret>, Failed> {
        self.keyring.read(&self.key).await.map_err(told)
    }

    /// Keeps a secret in place of the one before.
    pub(crate) async fn write(&self, secret: &Secret) -> Result<(), Failed> {
        self.keyring.write(&self.key, &self.label, secret).await.map_err(told)
    }

    /// Takes the secret away.
    pub(crate) async fn remove(&self) -> Result<(), Failed> {
        self.keyring.remove(&self.key).await.map_err(told)
    }
}

fn told(fault: KeyringFault) -> Failed {
    Failed { exit: Exit::NeedsPerson, text: language().keyring(&fault) }
}
