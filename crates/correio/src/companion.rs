//! What the verbs of the companion share: the file of the accounts, passwords, the language, and how they end.

mod age;
mod consent;
mod keyring;
mod password;
mod session;
mod tokens;
pub(crate) mod verbs;
mod words;

use std::error::Error;
use std::fmt;
use std::path::Path;

use admin::keep::Folder;
use admin::{AdminFault, Answer, Missing, Password, Task};
use anyhow::{Context as _, Result};
use sync::companion::{Companion, ProviderAccount, ServeFor};
use sync::{Exit, Trouble, Trust, Words};

use crate::context::Context;

pub(crate) use self::age::Age;
pub(crate) use self::consent::{Consent, Flow};
pub(crate) use self::keyring::Keyring;
pub(crate) use self::password::{ask as ask_password, from_command, from_file, of_account};
pub(crate) use self::session::{
    LimitRate, ended, enter, enter_imap, enter_submission, now, place, stop_on_interrupt,
    with_account,
};
pub(crate) use self::tokens::{Keeper, lets_nobody_in, pass_of, trust_at, web_trust};
pub(crate) use self::words::{Met, PutBack, Text, from_of, language, somebody_is_there, to_of};

/// Why a verb of the companion failed, for people and for programs.
#[derive(Debug)]
pub(crate) struct Failed {
    /// How the program ends.
    pub(crate) exit: Exit,
    /// What people are told.
    pub(crate) text: String,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Failed {}

/// A failure that says how the program ends.
pub(crate) fn failed(exit: Exit, text: impl Into<String>) -> anyhow::Error {
    Failed { exit, text: text.into() }.into()
}

/// A trouble at the provider.
pub(crate) fn troubled(trouble: &Trouble, words: Words) -> anyhow::Error {
    failed(trouble.exit(), trouble.tell(words))
}

/// The store here does not do what it should.
pub(crate) fn storage(fault: AdminFault) -> anyhow::Error {
    failed(Exit::Storage, format!("{:#}", anyhow::Error::from(fault)))
}

/// Reads the accounts; none yet: none.
pub(crate) fn read(folder: &Folder) -> Result<Companion> {
    let path = folder.companion();
    if !path.exists() {
        return Ok(Companion::default());
    }
    let text = machine::files::read_text(&path);
    let text = text.with_context(|| format!("{} cannot be read", path.display()))?;
    Companion::read(&text).with_context(|| format!("{} cannot be read", path.display()))
}

/// Changes the accounts. Of several programs each waits for its turn.
pub(crate) async fn change<T>(
    folder: &Folder,
    work: impl FnOnce(&mut Companion) -> Result<T>,
) -> Result<T> {
    machine::files::make_private_folder(&folder.0)?;
    let _turn = turn(&folder.0).await?;
    let mut companion = read(folder)?;
    let done = work(&mut companion)?;
    machine::files::write_secret(&folder.companion(), companion.write()?.as_bytes())
        .with_context(|| format!("{} cannot be written", folder.companion().display()))?;
    Ok(done)
}

/// How often a turn is waited for, a tenth of a second each.
const TURNS_MAX: u32 = 100;

async fn turn(folder: &Path) -> Result<std::fs::File> {
    let mut waited = 0;
    loop {
        match machine::files::lock_folder(folder) {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock && waited < TURNS_MAX => {
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                waited = waited.saturating_add(1);
            }
            other => return other.with_context(|| format!("{}", folder.display())),
        }
    }
}

/// Which certificates an account trusts.
pub(crate) fn trust_of(account: &ProviderAccount) -> Result<Trust> {
    match (&account.pin, &account.ca) {
        (Some(pin), _) => Ok(Trust::Pin(pin.0)),
        (None, Some(path)) => authority(Path::new(path)),
        (None, None) => Ok(Trust::Usual),
    }
}

/// Trusts the authorities in a file, too.
pub(crate) fn authority(path: &Path) -> Result<Trust> {
    let text = machine::files::read_text(path);
    let why = || format!("the file of the authority {} cannot be read", path.display());
    text.map(Trust::Authority)
        .map_err(|error| failed(Exit::NeedsPerson, format!("{}: {error}", why())))
}

/// Makes the local user who has an account's mail, unless it is there. Nobody can log in as that user before somebody
/// sets a password.
pub(crate) async fn ensure_local_user(context: &Context, address: &str) -> Result<()> {
    use admin::request::UserTask;
    let users = match context.folder()?.is_used() {
        true => local_users(context).await?,
        false => Vec::new(),
    };
    if users.iter().any(|user| user == address) {
        return Ok(());
    }
    let random: [u8; 20] = machine::random()?;
    let quota = Some(admin::request::QuotaAsked::default());
    let task = UserTask::Add { password: Password::new(machine::readable(&random)), quota };
    let task = Task::User { address: address.to_owned(), task };
    context.ask(task, Missing::Make).await.map(drop)
}

/// The addresses of all users here.
pub(crate) async fn local_users(context: &Context) -> Result<Vec<String>> {
    let answer = context.ask(Task::UserList, Missing::Refuse).await?;
    let Answer::Users(rows) = answer else { return Ok(Vec::new()) };
    Ok(rows.into_iter().map(|row| row.address).collect())
}

/// For whom `correio serve` is there: a folder with users of other domains was a host before.
pub(crate) fn serve_for(users: &[String]) -> ServeFor {
    let is_local = |user: &String| user.ends_with("@localhost");
    if users.iter().all(is_local) { ServeFor::ThisMachine } else { ServeFor::Everybody }
}
