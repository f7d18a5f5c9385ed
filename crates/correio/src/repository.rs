//! Repositories of backups on the command line: where one lies, its password, whose mail is meant, and what goes wrong.

mod account;
mod when;
mod words;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use backup::{Fault, Folder, Place, Repository, Watch};
use clap::Args;
use sync::Exit;

pub(crate) use self::account::{AccountFiles, Bodies};
pub(crate) use self::when::When;
use crate::companion::{
    self, Text, ask_password, failed, from_command, from_file, language, local_users,
    somebody_is_there,
};
use crate::context::Context;

/// The repository of a backup.
#[derive(Args)]
pub(crate) struct To {
    /// The repository: a folder
    #[arg(long, value_name = "REPOSITORY")]
    pub(crate) to: PathBuf,
    #[command(flatten)]
    pub(crate) password: RepositoryPassword,
}

impl To {
    /// The repository, as it is told: a whole path.
    pub(crate) fn shown(&self) -> String {
        let path = std::path::absolute(&self.to).unwrap_or_else(|_| self.to.clone());
        path.display().to_string()
    }
}

/// Where the password of a repository comes from.
#[derive(Args)]
pub(crate) struct RepositoryPassword {
    /// Read the password of the repository from the first line of a file that only you can read
    ///
    /// Without this and --password-command it is what the variable CORREIO_BACKUP_PASSWORD says, or asked for.
    #[arg(long, value_name = "FILE", group = "password_from")]
    password_file: Option<PathBuf>,
    /// Take the first line that a command prints as the password
    #[arg(long, value_name = "COMMAND", group = "password_from")]
    password_command: Option<String>,
}

/// What is done where there is no repository yet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Absent {
    /// One is made.
    Make,
    /// That is said.
    Refuse,
}

impl RepositoryPassword {
    /// The password; of a new repository it is asked for twice.
    #[expect(clippy::disallowed_methods, reason = "the password may stand in the environment")]
    async fn read(&self, text: Text, is_new: bool) -> Result<String> {
        let secret = match (&self.password_file, &self.password_command) {
            (Some(path), _) => from_file(path)?,
            (_, Some(command)) => from_command(command).await?,
            (None, None) => {
                let said = std::env::var("CORREIO_BACKUP_PASSWORD");
                if let Ok(password) = said.as_deref()
                    && !password.is_empty()
                {
                    return Ok(password.to_owned());
                }
                if !somebody_is_there() {
                    return Err(failed(Exit::NeedsPerson, text.no_repository_password()));
                }
                let password = ask_password(text.ask_repository_password())?;
                if is_new && ask_password(text.once_more())? != password {
                    return Err(failed(Exit::NeedsPerson, text.not_the_same()));
                }
                return Ok(password);
            }
        };
        Ok(String::from_utf8_lossy(secret.expose()).into_owned())
    }
}

/// Opens a repository, on a thread that may wait.
pub(crate) async fn open(
    place: &std::path::Path,
    password: &RepositoryPassword,
    absent: Absent,
    watch: Watch,
) -> Result<Repository> {
    let text = language();
    if place.to_str().is_some_and(|place| place.contains("://")) {
        return Err(failed(Exit::NeedsPerson, text.only_folders()));
    }
    let folder: Arc<dyn Place> = Arc::new(Folder::new(std::path::absolute(place)?));
    let found = Arc::clone(&folder);
    let is_there = waiting(move || Repository::is_there(&*found)).await?;
    if !is_there && absent == Absent::Refuse {
        return Err(told(Fault::Missing(folder.location())));
    }
    let password = password.read(text, !is_there).await?;
    waiting(move || match is_there {
        true => Repository::open(folder, &password, watch),
        false => Repository::create(folder, &password, watch),
    })
    .await
}

/// Does something with a repository on a thread that may wait.
pub(crate) async fn waiting<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await?.map_err(told)
}

/// A fault of a repository, for people and for programs.
pub(crate) fn told(fault: Fault) -> anyhow::Error {
    let exit = match &fault {
        Fault::Missing(_) | Fault::Snapshot(_) => Exit::NeedsPerson,
        Fault::Password(_) => Exit::Login,
        Fault::Busy(_) => Exit::Refused,
        Fault::Damaged { .. } => Exit::Verification,
        Fault::Place { .. } | Fault::Source(_) | Fault::Format(_) => Exit::Storage,
    };
    failed(exit, language().fault(&fault))
}

/// Whose mail is meant.
#[derive(Args)]
pub(crate) struct Of {
    /// Whose mail: an account as `correio account list` names it, or a user's address; may be given several times
    #[arg(long, value_name = "NAME", conflicts_with = "of_host")]
    pub(crate) of: Vec<String>,
    /// The mail of all users here
    #[arg(long)]
    pub(crate) of_host: bool,
}

impl Of {
    /// The addresses of the users here who have that mail. Without a name: of the only one there is.
    pub(crate) async fn addresses(&self, context: &Context) -> Result<Vec<String>> {
        let users = local_users(context).await?;
        if self.of_host || (self.of.is_empty() && users.len() == 1) {
            return Ok(users);
        }
        if self.of.is_empty() {
            return Err(failed(Exit::NeedsPerson, language().say_whose()));
        }
        let accounts = companion::read(&context.folder()?)?;
        let address = |name: &String| match accounts.account(name) {
            Ok(account) => Ok(account.local.clone()),
            Err(_) if users.contains(name) => Ok(name.clone()),
            Err(_) => Err(failed(Exit::NeedsPerson, language().nobody(name))),
        };
        self.of.iter().map(address).collect()
    }
}

/// The folder of a repository in which somebody's mail lies.
pub(crate) fn path_of(address: &str) -> String {
    format!("/{address}")
}

/// The address in such a folder.
pub(crate) fn address_in(path: &str) -> &str {
    path.strip_prefix('/').unwrap_or(path)
}

/// What this machine is called, for people.
pub(crate) fn machine_name() -> String {
    let name = machine::files::read_text(std::path::Path::new("/proc/sys/kernel/hostname"));
    name.map_or_else(|_| String::new(), |name| name.trim().to_owned())
}
