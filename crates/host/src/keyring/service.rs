//! The Secret Service (freedesktop.org, Secret Service API 0.2): finds, keeps and takes away secrets, and has a person open what is
//! locked. Secrets go over the socket of the session as they are (the algorithm `plain`): who can read there can ask the
//! keyring as well.

use std::time::Duration;

use sasl::Secret;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::bus::Bus;
use super::wire::{Call, Message, Writer};
use super::{ANSWER_TIMEOUT_S, KeyringFault, PERSON_TIMEOUT_S, Person};

const NAME: &str = "org.freedesktop.secrets";
const PATH: &str = "/org/freedesktop/secrets";
const SERVICE: &str = "org.freedesktop.Secret.Service";
const COLLECTION: &str = "org.freedesktop.Secret.Collection";
const ITEM: &str = "org.freedesktop.Secret.Item";
const PROMPT: &str = "org.freedesktop.Secret.Prompt";
/// The path of an object that is none.
const NOTHING: &str = "/";
/// How many secrets with one key are looked at: there should be one.
const ITEMS_MAX: usize = 16;

/// A session with the keyring.
pub(super) struct Service<S> {
    bus: Bus<S>,
    session: String,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Service<S> {
    /// Begins a session.
    pub(super) async fn begin(stream: S) -> Result<Service<S>, KeyringFault> {
        let user = rustix::process::getuid().as_raw();
        let mut service = Service { bus: Bus::begin(stream, user).await?, session: String::new() };
        let mut body = Writer::default();
        body.text("plain").signature("s").text("");
        let answer = service.ask(PATH, SERVICE, "OpenSession", ("sv", body)).await?;
        let mut read = answer.body("vo")?;
        if read.signature()? != "s" {
            return Err(KeyringFault::Broken("an algorithm that nobody asked for"));
        }
        drop(read.text()?);
        service.session = read.text()?;
        Ok(service)
    }

    /// Opens the collection where new secrets are kept, and gives its path.
    pub(super) async fn open(&mut self, person: Person) -> Result<(), KeyringFault> {
        let collection = self.collection().await?;
        self.unlock(&collection, person).await
    }

    async fn collection(&mut self) -> Result<String, KeyringFault> {
        let mut body = Writer::default();
        body.text("default");
        let answer = self.ask(PATH, SERVICE, "ReadAlias", ("s", body)).await?;
        let path = answer.body("o")?.text()?;
        if path == NOTHING {
            return Err(KeyringFault::NoCollection);
        }
        Ok(path)
    }

    /// The secret of a key.
    pub(super) async fn read(
        &mut self,
        key: &str,
        person: Person,
    ) -> Result<Option<Secret>, KeyringFault> {
        let Some(item) = self.items(key, person).await?.into_iter().next() else {
            return Ok(None);
        };
        let mut body = Writer::default();
        body.text(&self.session);
        let answer = self.ask(&item, ITEM, "GetSecret", ("o", body)).await?;
        let mut read = answer.body("(oayays)")?;
        drop(read.text()?);
        drop(read.octets()?);
        read.octets().map(Some)
    }

    /// Keeps a secret in place of the one before.
    pub(super) async fn write(
        &mut self,
        (key, label): (&str, &str),
        secret: &Secret,
        person: Person,
    ) -> Result<(), KeyringFault> {
        let collection = self.collection().await?;
        self.unlock(&collection, person).await?;
        let mut body = Writer::default();
        body.list(8, |properties| {
            let of_item = |name: &str| format!("{ITEM}.{name}");
            properties.align(8).text(&of_item("Label")).signature("s").text(label);
            properties.align(8).text(&of_item("Attributes")).signature("a{ss}");
            attributes(properties, key);
        });
        body.align(8).text(&self.session).bytes(b"").bytes(secret.expose());
        body.text("text/plain; charset=utf8").number(1);
        let types = "a{sv}(oayays)b";
        let answer = self.ask(&collection, COLLECTION, "CreateItem", (types, body)).await?;
        let mut read = answer.body("oo")?;
        let (_item, prompt) = (read.text()?, read.text()?);
        self.prompted(&prompt, person).await
    }

    /// Takes the secrets of a key away.
    pub(super) async fn remove(&mut self, key: &str, person: Person) -> Result<(), KeyringFault> {
        for item in self.items(key, person).await? {
            let answer = self.ask(&item, ITEM, "Delete", ("", Writer::default())).await?;
            let prompt = answer.body("o")?.text()?;
            self.prompted(&prompt, person).await?;
        }
        Ok(())
    }

    /// The secrets of a key, unlocked.
    async fn items(&mut self, key: &str, person: Person) -> Result<Vec<String>, KeyringFault> {
        let mut body = Writer::default();
        attributes(&mut body, key);
        let answer = self.ask(PATH, SERVICE, "SearchItems", ("a{ss}", body)).await?;
        let mut read = answer.body("aoao")?;
        let (mut open, locked) = (read.paths(ITEMS_MAX)?, read.paths(ITEMS_MAX)?);
        // One that is open is enough; what is locked may be another collection's.
        if let Some(first) = locked.first().filter(|_| open.is_empty()) {
            self.unlock(first, person).await?;
            open.push(first.clone());
        }
        Ok(open)
    }

    /// Opens what is locked; nothing happens to what is open.
    async fn unlock(&mut self, path: &str, person: Person) -> Result<(), KeyringFault> {
        let mut body = Writer::default();
        body.list(4, |paths| {
            paths.text(path);
        });
        let answer = self.ask(PATH, SERVICE, "Unlock", ("ao", body)).await?;
        let mut read = answer.body("aoo")?;
        let (_open, prompt) = (read.paths(ITEMS_MAX)?, read.text()?);
        self.prompted(&prompt, person).await
    }

    /// Has a person decide, where that is wanted.
    async fn prompted(&mut self, prompt: &str, person: Person) -> Result<(), KeyringFault> {
        if prompt == NOTHING {
            return Ok(());
        }
        if person == Person::Absent {
            return Err(KeyringFault::Locked);
        }
        let is_path = |octet: u8| octet.is_ascii_alphanumeric() || b"/_".contains(&octet);
        if !prompt.bytes().all(is_path) {
            return Err(KeyringFault::Broken("the path of an object"));
        }
        self.bus.listen(prompt).await?;
        let mut body = Writer::default();
        body.text("");
        self.ask(prompt, PROMPT, "Prompt", ("s", body)).await?;
        let patience = Duration::from_secs(PERSON_TIMEOUT_S);
        let signal = timeout(patience, self.bus.signal(prompt, "Completed")).await;
        let signal = signal.unwrap_or(Err(KeyringFault::TimedOut))?;
        let is_dismissed = signal.body("bv")?.number()? != 0;
        if is_dismissed { Err(KeyringFault::Dismissed) } else { Ok(()) }
    }

    async fn ask(
        &mut self,
        path: &str,
        interface: &str,
        member: &str,
        (signature, body): (&str, Writer),
    ) -> Result<Message, KeyringFault> {
        let call = Call { to: NAME, path, interface, member, signature, body };
        let patience = Duration::from_secs(ANSWER_TIMEOUT_S);
        timeout(patience, self.bus.call(call)).await.unwrap_or(Err(KeyringFault::TimedOut))
    }
}

/// By what a secret is found again.
fn attributes(body: &mut Writer, key: &str) {
    body.list(8, |pairs| {
        for (name, value) in [("application", "correio"), ("account", key)] {
            pairs.align(8).text(name).text(value);
        }
    });
}
