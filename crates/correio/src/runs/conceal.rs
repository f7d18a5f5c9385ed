//! Keeps passwords out of the records: what a server or a command says may have one in it.

use serde_json::Value;
use sync::companion::{Hidden, PasswordFrom};

use crate::companion;
use crate::context::Context;

/// Texts that are not written down.
pub(super) struct Concealed(Vec<String>);

/// Shorter ones would take half of the words of an error with them.
const CHARACTERS_MIN: usize = 3;

impl Concealed {
    /// The passwords that stand with the accounts, the commands that give them (which may have them in them), and those of this
    /// command line and its environment.
    #[expect(clippy::disallowed_methods, reason = "a password may stand in the environment")]
    pub(super) fn of(context: &Context) -> Concealed {
        let mut texts = Vec::new();
        let accounts = context.folder().ok().and_then(|folder| companion::read(&folder).ok());
        for account in accounts.map(|it| it.accounts).unwrap_or_default() {
            match &account.password {
                PasswordFrom::Here(password) => texts.push(shown(password)),
                PasswordFrom::Command(command) => texts.push(command.clone()),
                PasswordFrom::Granted(granted) => {
                    texts.extend(granted.client.secret.as_ref().map(shown));
                }
                PasswordFrom::File(_) | PasswordFrom::Kept(_) => {}
            }
        }
        texts.extend(std::env::var("CORREIO_BACKUP_PASSWORD"));
        let mut words = std::env::args();
        while let Some(word) = words.next() {
            match word.strip_prefix("--password-command") {
                Some("") => texts.extend(words.next()),
                Some(rest) => texts.extend(rest.strip_prefix('=').map(str::to_owned)),
                None => {}
            }
        }
        Concealed::texts(texts)
    }

    fn texts(mut texts: Vec<String>) -> Concealed {
        texts.retain(|text| text.chars().count() >= CHARACTERS_MIN);
        // The longest first: one may be in another.
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        Concealed(texts)
    }

    /// A text without them.
    pub(super) fn text(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
    }

    /// A value without them.
    pub(super) fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(list) => list.into_iter().map(|one| self.value(one)).collect(),
            Value::Object(members) => {
                members.into_iter().map(|(name, one)| (name, self.value(one))).collect()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value,
        }
    }
}

fn shown(hidden: &Hidden) -> String {
    String::from_utf8_lossy(hidden.secret().expose()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_written_down() {
        let secrets = ["secret", "echo 'secret'", "x"].map(str::to_owned);
        let concealed = Concealed::texts(secrets.to_vec());
        assert_eq!(
            concealed.text("the command `echo 'secret'` failed: secret xyz"),
            "the command `***` failed: *** xyz"
        );
        let value = concealed.value(serde_json::json!({ "why": ["my secret"], "new": 1 }));
        assert_eq!(value, serde_json::json!({ "why": ["my ***"], "new": 1 }));
    }
}
