//! What is kept of the accounts at providers: a text that people can read and edit (`companion.toml` in the data
//! folder). Its presence makes the folder a companion's.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use zeroize::Zeroize as _;

use crate::limits::{ACCOUNT_NAME_CHARACTERS_MAX, ACCOUNTS_MAX};
use crate::oauth::{Granted, Kept, ProviderSettings};
use crate::{Endpoint, Service};

/// All accounts at providers.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Companion {
    /// For whom `correio serve` is there.
    #[serde(default)]
    pub serve: ServeFor,
    /// Servers of OAuth, by the names that `--oauth` takes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub oauth: BTreeMap<String, ProviderSettings>,
    /// By when they were added.
    #[serde(default, rename = "account", skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<ProviderAccount>,
}

/// For whom `correio serve` is there where no listeners are named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServeFor {
    /// This machine alone: what mail programs read here, without a way in for mail.
    #[default]
    ThisMachine,
    /// Everybody, as any host: the folder was one before it had accounts at providers.
    Everybody,
}

/// An account at a provider.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderAccount {
    /// What it is called here.
    pub name: Name,
    /// The address there.
    pub address: String,
    /// The local user who has the mail.
    pub local: String,
    /// Where its POP3 is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pop3: Option<Place>,
    /// Where its IMAP is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imap: Option<Place>,
    /// Where mail is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submission: Option<Place>,
    /// Who puts what is sent into Sent.
    #[serde(default, skip_serializing_if = "SentBy::is_usual")]
    pub sent: SentBy,
    /// The name to log in with.
    pub user: String,
    /// Where the password comes from.
    #[serde(flatten)]
    pub password: PasswordFrom,
    /// The SHA-256 of the one certificate that is trusted, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Pin>,
    /// A PEM file with authorities to trust beside the usual ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    /// What `pull` does at the provider; none: nobody has said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull: Option<AtProvider>,
    /// What `pull` leaves there because it is larger, in octets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub larger_than_leave: Option<u64>,
}

impl ProviderAccount {
    /// Where a service of it is.
    pub fn place(&self, service: Service) -> Option<&Endpoint> {
        let place = match service {
            Service::Pop3 => &self.pop3,
            Service::Imap => &self.imap,
            Service::Submission => &self.submission,
        };
        place.as_ref().map(|place| &place.0)
    }
}

/// Who puts what is sent into Sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SentBy {
    /// We do, at a provider that is not known to do it by itself, and where it is not there yet.
    #[default]
    Usual,
    /// The provider, by itself.
    Provider,
    /// Nobody.
    Nobody,
}

impl SentBy {
    fn is_usual(&self) -> bool {
        *self == SentBy::Usual
    }
}

/// Where a password comes from.
#[derive(Clone, Serialize, Deserialize)]
pub enum PasswordFrom {
    /// It stands here.
    #[serde(rename = "password")]
    Here(Hidden),
    /// The first line of a file.
    #[serde(rename = "password_file")]
    File(String),
    /// The first line that a command prints.
    #[serde(rename = "password_command")]
    Command(String),
    /// It is kept elsewhere.
    #[serde(rename = "password_in")]
    Kept(Kept),
    /// There is none: the person has granted that the program gets in.
    #[serde(rename = "oauth")]
    Granted(Box<Granted>),
}

impl PasswordFrom {
    /// What a person has granted.
    pub fn granted(&self) -> Option<&Granted> {
        match self {
            PasswordFrom::Granted(granted) => Some(granted),
            PasswordFrom::Here(_)
            | PasswordFrom::File(_)
            | PasswordFrom::Command(_)
            | PasswordFrom::Kept(_) => None,
        }
    }
}

/// A password as it is kept. It has no `Debug`, and is wiped.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hidden(String);

impl Hidden {
    /// Keeps a password.
    pub fn new(text: String) -> Hidden {
        Hidden(text)
    }

    /// The password, to log in with.
    pub fn secret(&self) -> sasl::Secret {
        sasl::Secret::new(self.0.as_bytes())
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// What `pull` does at the provider with mail that is safe here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AtProvider {
    /// It stays there.
    #[default]
    Keep,
    /// It goes at once.
    Move,
    /// It goes so many days after it was taken.
    KeepDays(u32),
    /// It goes when it is deleted here.
    UntilLocalDelete,
}

impl fmt::Display for AtProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AtProvider::Keep => f.write_str("keep"),
            AtProvider::Move => f.write_str("move"),
            AtProvider::KeepDays(days) => write!(f, "keep-days {days}"),
            AtProvider::UntilLocalDelete => f.write_str("until-local-delete"),
        }
    }
}

/// A text in the file is not what stands there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {0}")]
pub struct Expected(&'static str);

impl FromStr for AtProvider {
    type Err = Expected;

    fn from_str(text: &str) -> Result<AtProvider, Expected> {
        let days = |text: &str| text.trim().parse().ok().map(AtProvider::KeepDays);
        match text {
            "keep" => Some(AtProvider::Keep),
            "move" => Some(AtProvider::Move),
            "until-local-delete" => Some(AtProvider::UntilLocalDelete),
            _ => text.strip_prefix("keep-days ").and_then(days),
        }
        .ok_or(Expected("keep, move, keep-days N or until-local-delete"))
    }
}

/// What an account is called: lower case letters, digits, `-`, `_` and `.`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name that an address suggests: what stands before the `@`, as far as that can be one.
    pub fn of_address(address: &str) -> Option<Name> {
        let local = address.rsplit_once('@')?.0.split('+').next()?;
        let text: String = local.chars().map(|c| c.to_ascii_lowercase()).filter(plain).collect();
        let text: String =
            text.trim_matches('.').chars().take(ACCOUNT_NAME_CHARACTERS_MAX).collect();
        text.parse().ok()
    }
}

fn plain(c: &char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.')
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Name {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Name, Expected> {
        let fits = !text.is_empty()
            && text.len() <= ACCOUNT_NAME_CHARACTERS_MAX
            && text.chars().all(|c| plain(&c))
            && !text.starts_with(['.', '-'])
            && !text.ends_with('.')
            && !text.contains("..");
        fits.then(|| Name(text.to_owned())).ok_or(Expected(
            "a name of up to 40 letters a to z, digits, -, _ and . that begins with a letter, a digit or _",
        ))
    }
}

/// The SHA-256 of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin(pub [u8; 32]);

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl FromStr for Pin {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Pin, Expected> {
        let wrong = Expected("64 hexadecimal digits, with or without colons");
        let bare: Vec<u8> = text.bytes().filter(|octet| *octet != b':').collect();
        let mut pin = [0; 32];
        if bare.len() != 64 {
            return Err(wrong);
        }
        for (octet, pair) in pin.iter_mut().zip(bare.chunks(2)) {
            let pair = std::str::from_utf8(pair).ok().filter(|it| !it.starts_with('+'));
            *octet = pair.and_then(|it| u8::from_str_radix(it, 16).ok()).ok_or(wrong.clone())?;
        }
        Ok(Pin(pin))
    }
}

/// A place as it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(pub Endpoint);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Place {
    type Err = crate::EndpointFault;

    fn from_str(text: &str) -> Result<Place, crate::EndpointFault> {
        text.parse().map(Place)
    }
}

/// What is a text in the file.
macro_rules! text {
    ($($type:ty),*) => {$(
        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

text!(AtProvider, Name, Pin, Place);

/// Why the accounts cannot be changed or read.
#[derive(Debug, thiserror::Error)]
pub enum CompanionFault {
    /// The text is not what it should be.
    #[error("{0}")]
    Text(Box<toml::de::Error>),
    /// It cannot be written as text.
    #[error("{0}")]
    Write(#[from] toml::ser::Error),
    /// There is one of that name.
    #[error("there is an account named {0} already; give this one another name with --name")]
    NameTaken(Name),
    /// There is none of that name.
    #[error("there is no account named {name}; {}", named(.known))]
    NoSuchAccount {
        /// The name.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// There are too many.
    #[error("there are {ACCOUNTS_MAX} accounts, and no more can be added")]
    TooMany,
}

fn named(known: &[String]) -> String {
    match known {
        [] => "`correio account add ADDRESS` adds one".to_owned(),
        names => format!("there is {}", names.join(", ")),
    }
}

impl Companion {
    /// Reads the text.
    pub fn read(text: &str) -> Result<Companion, CompanionFault> {
        toml::from_str(text).map_err(|fault| CompanionFault::Text(Box::new(fault)))
    }

    /// Writes the text.
    pub fn write(&self) -> Result<String, CompanionFault> {
        let head = "# Accounts at providers, for `correio account`, `pull` and `mirror`. Passwords may stand here: nobody but\n\
                    # the owner may read this file. serve: for whom `correio serve` listens, this-machine or everybody.\n\n";
        Ok(head.to_owned() + &toml::to_string(self)?)
    }

    /// The account of a name; an address does as well when one account has it.
    pub fn account(&self, name: &str) -> Result<&ProviderAccount, CompanionFault> {
        let named = self.accounts.iter().find(|account| account.name.as_str() == name);
        let mut of_address =
            self.accounts.iter().filter(|account| account.address.eq_ignore_ascii_case(name));
        let addressed = of_address.next().filter(|_| of_address.next().is_none());
        named.or(addressed).ok_or_else(|| CompanionFault::NoSuchAccount {
            name: name.to_owned(),
            known: self.accounts.iter().map(|account| account.name.to_string()).collect(),
        })
    }

    /// The same, to be changed.
    pub fn account_mut(&mut self, name: &str) -> Result<&mut ProviderAccount, CompanionFault> {
        let found = self.account(name)?.name.clone();
        let account = self.accounts.iter_mut().find(|account| account.name == found);
        let none = || CompanionFault::NoSuchAccount { name: name.to_owned(), known: Vec::new() };
        account.ok_or_else(none)
    }

    /// Adds an account.
    pub fn add(&mut self, account: ProviderAccount) -> Result<(), CompanionFault> {
        self.free(&account.name)?;
        self.accounts.push(account);
        Ok(())
    }

    /// Refuses a name that is taken, and any when there are too many.
    pub fn free(&self, name: &Name) -> Result<(), CompanionFault> {
        if self.accounts.iter().any(|account| account.name == *name) {
            return Err(CompanionFault::NameTaken(name.clone()));
        }
        if self.accounts.len() >= ACCOUNTS_MAX {
            return Err(CompanionFault::TooMany);
        }
        Ok(())
    }

    /// Takes an account out.
    pub fn remove(&mut self, name: &str) -> Result<ProviderAccount, CompanionFault> {
        let found = self.account(name)?.clone();
        self.accounts.retain(|account| account.name != found.name);
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(name: &str) -> ProviderAccount {
        ProviderAccount {
            name: name.parse().unwrap(),
            address: "ana@example.org".to_owned(),
            local: format!("{name}@localhost"),
            pop3: Some("pop3s://pop.example.org".parse().unwrap()),
            imap: None,
            submission: Some("submissions://smtp.example.org".parse().unwrap()),
            sent: SentBy::Provider,
            user: "ana".to_owned(),
            password: PasswordFrom::Here(Hidden::new("secret \"word\"".to_owned())),
            pin: Some(Pin([0xab; 32])),
            ca: None,
            pull: Some(AtProvider::KeepDays(30)),
            larger_than_leave: Some(5 << 20),
        }
    }

    #[test]
    fn accounts_are_read_as_written() {
        let mut companion = Companion::default();
        companion.add(account("ana")).unwrap();
        companion
            .add(ProviderAccount {
                password: PasswordFrom::Command("pass show mail".to_owned()),
                pop3: None,
                imap: Some("imap+insecure://localhost:1143".parse().unwrap()),
                submission: None,
                sent: SentBy::Usual,
                pin: None,
                pull: None,
                larger_than_leave: None,
                ..account("work")
            })
            .unwrap();
        assert!(matches!(companion.add(account("ana")), Err(CompanionFault::NameTaken(_))));
        let text = companion.write().unwrap();
        let again = Companion::read(&text).unwrap();
        assert_eq!(again.write().unwrap(), text);
        let work = again.account("work").unwrap();
        assert_eq!(work.place(Service::Imap).map(|it| it.port), Some(1143));
        assert_eq!(work.place(Service::Pop3), None);
        assert_eq!((work.place(Service::Submission), work.sent), (None, SentBy::Usual));
        let ana = again.account("ana").unwrap();
        assert_eq!(ana.place(Service::Submission).map(|it| it.port), Some(465));
        assert_eq!(ana.sent, SentBy::Provider);
        assert_eq!((ana.pin, ana.pull), (Some(Pin([0xab; 32])), Some(AtProvider::KeepDays(30))));
        assert!(
            matches!(&ana.password, PasswordFrom::Here(it) if it.secret().expose() == b"secret \"word\"")
        );
        // Two accounts have the address, so that it names neither.
        assert!(again.account("ana@example.org").is_err());
        let mut again = again;
        again.remove("work").unwrap();
        assert_eq!(again.account("ANA@example.org").unwrap().name.as_str(), "ana");
    }

    #[test]
    fn what_was_granted_and_by_whom_is_read_as_written() {
        let mut companion = Companion::default();
        let settings = ProviderSettings {
            client_id: Some("me".to_owned()),
            client_secret: Some(Hidden::new("no secret".to_owned())),
            redirect: "http://localhost".parse().ok(),
            ..ProviderSettings::default()
        };
        companion.oauth.insert("google".to_owned(), settings);
        let client = crate::oauth::OAuthClient { id: "me".to_owned(), secret: None };
        let granted = Granted {
            provider: "google".to_owned(),
            client,
            token_endpoint: "https://id.example.org/token".parse().unwrap(),
            revocation_endpoint: None,
            kept: Kept::Keyring,
        };
        let password = PasswordFrom::Granted(Box::new(granted));
        companion.add(ProviderAccount { password, ..account("ana") }).unwrap();
        let password = PasswordFrom::Kept(Kept::Keyring);
        companion.add(ProviderAccount { password, ..account("bea") }).unwrap();
        let text = companion.write().unwrap();
        assert!(text.contains("password_in = \"keyring\"") && text.contains("[oauth.google]"));
        let again = Companion::read(&text).unwrap();
        assert_eq!(again.write().unwrap(), text);
        let granted = again.account("ana").unwrap().password.granted().unwrap();
        assert_eq!((granted.client.id.as_str(), granted.kept), ("me", Kept::Keyring));
        assert_eq!(again.oauth["google"].client_id.as_deref(), Some("me"));
        let insecure = text.replace("https://id.example.org", "http://id.example.org");
        assert!(Companion::read(&insecure).is_err());
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let good = {
            let mut one = Companion::default();
            one.add(account("ana")).unwrap();
            one.write().unwrap()
        };
        for (from, to) in [
            ("pop3s://", "gopher://"),
            ("keep-days 30", "keep-days x"),
            ("\"ana\"\n", "\"a/b\"\n"),
            ("pin = \"ab", "pin = \"zz"),
            ("address =", "adress ="),
        ] {
            assert!(good.contains(from), "{from}");
            assert!(Companion::read(&good.replacen(from, to, 1)).is_err(), "{to}");
        }
        for name in ["", "..", "a..b", ".a", "-a", "a.", "A", "a/b", "a b", &"a".repeat(41)] {
            assert!(name.parse::<Name>().is_err(), "{name:?}");
        }
        let suggested = |address| Name::of_address(address).map(|it| it.to_string());
        assert_eq!(suggested("Ana.Silva+news@example.org"), Some("ana.silva".to_owned()));
        assert_eq!(suggested("..@example.org"), None);
    }
}
