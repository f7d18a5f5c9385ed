//! What let somebody in, told apart without being told: what a program leaves behind can go when it is taken back.

use std::fmt;
use std::str::FromStr;

/// What let somebody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Credential {
    /// The main password, by a mark that another password does not have and from which nobody learns anything.
    Password(u64),
    /// An app password, or a token that the host gave out, by its number.
    Key(u64),
    /// The session of a page, by its number.
    Page(u64),
    /// Another one, which the host does not keep, such as a token of an identity provider.
    Other,
}

/// In one word, as it is kept.
impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Credential::Password(mark) => write!(f, "password:{mark:x}"),
            Credential::Key(number) => write!(f, "key:{number:x}"),
            Credential::Page(number) => write!(f, "page:{number:x}"),
            Credential::Other => f.write_str("other"),
        }
    }
}

/// It is none that we would write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what let somebody in is not understood")]
pub struct NoCredential;

impl FromStr for Credential {
    type Err = NoCredential;

    fn from_str(text: &str) -> Result<Credential, NoCredential> {
        let (kind, number) = text.split_once(':').unwrap_or((text, "0"));
        let number = u64::from_str_radix(number, 16).map_err(|_| NoCredential)?;
        let read = match kind {
            "password" => Credential::Password(number),
            "key" => Credential::Key(number),
            "page" => Credential::Page(number),
            "other" => Credential::Other,
            _ => return Err(NoCredential),
        };
        if read.to_string() == text { Ok(read) } else { Err(NoCredential) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Credential, NoCredential};

    #[test]
    fn a_credential_is_read_as_it_was_written() {
        for credential in [
            Credential::Password(u64::MAX),
            Credential::Key(0),
            Credential::Page(77),
            Credential::Other,
        ] {
            assert_eq!(credential.to_string().parse(), Ok(credential));
        }
        for text in ["", "key", "key:", "key:07", "key:x", "page:-1", "other:0", "another:1"] {
            assert_eq!(text.parse::<Credential>(), Err(NoCredential), "{text}");
        }
    }
}
