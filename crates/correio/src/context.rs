//! Where the data is, and how a command reaches it.

use std::cell::{OnceCell, RefCell};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use admin::keep::Folder;
use admin::{AdminFault, Answer, Client, Missing, Task, socket};
use anyhow::{Result, bail};
use clap::Args;
use host::config::{Config, ConfigFault};
use host::rights::Asked;
use privileges::Whose;

use crate::commands::config::wrong;
use crate::commands::desk;
use crate::progress::Bar;

/// The data folder of a person, below the home folder.
const USERS_FOLDER: &str = ".local/share/correio";
/// The data folder of a host that the system starts.
const SYSTEM_FOLDER: &str = "/var/lib/correio";
/// Its configuration, as packages install it. The data folder is the host's user's; this is the administrator's.
const SYSTEM_CONFIG: &str = "/etc/correio/correio.toml";

/// How long what a timer started waits for another program that has the store open, and how often it looks. No longer than servers
/// keep a session that says nothing (RFC 1939, 3: ten minutes).
const SCHEDULED_WAITS: Duration = Duration::from_secs(9 * 60);
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What all commands take.
#[derive(Args)]
pub(crate) struct Context {
    /// The data folder [default: /var/lib/correio for root, else ~/.local/share/correio]
    #[arg(long, global = true, env = "CORREIO_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// The configuration [default: correio.toml in the data folder; for /var/lib/correio else /etc/correio/correio.toml]
    #[arg(long, global = true, env = "CORREIO_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Started as root: work as this user [default: the owner of the data folder, else correio]
    #[arg(long, global = true, env = "CORREIO_RUN_AS", value_name = "USER")]
    pub(crate) run_as: Option<String>,
    /// Print data as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// A timer started it: it waits for others that work on the mail here, and the log says so
    #[arg(long, global = true, hide = true)]
    scheduled: bool,
    /// What a verb came to, for the log of runs.
    #[arg(skip)]
    result: RefCell<Option<serde_json::Value>>,
    #[arg(skip)]
    read: OnceCell<Config>,
    #[arg(skip)]
    found: OnceCell<Folder>,
    /// Who started the program, by number: later it may be somebody else.
    #[arg(skip = rustix::process::getuid().as_raw())]
    started_by: u32,
}

impl Context {
    /// The data folder. Where it is is asked once: later the program may be somebody else, whose folder is another.
    pub(crate) fn folder(&self) -> Result<Folder> {
        if let Some(folder) = self.found.get() {
            return Ok(folder.clone());
        }
        let folder = self.find_folder()?;
        Ok(self.found.get_or_init(|| folder).clone())
    }

    fn find_folder(&self) -> Result<Folder> {
        if let Some(data) = &self.data {
            return Ok(Folder(std::path::absolute(data)?));
        }
        if rustix::process::geteuid().is_root() {
            return Ok(Folder(SYSTEM_FOLDER.into()));
        }
        match std::env::home_dir() {
            Some(home) if home.is_absolute() => Ok(Folder(home.join(USERS_FOLDER))),
            Some(_) | None => bail!("there is no home folder; say --data DIR"),
        }
    }

    /// The configuration file that is used: the one that was named, or the one in the data folder, or for the system's own
    /// data folder the one in /etc.
    pub(crate) fn config_file(&self) -> Result<Option<PathBuf>> {
        if let Some(named) = &self.config {
            return Ok(Some(named.clone()));
        }
        let Folder(folder) = self.folder()?;
        let mut usual = vec![folder.join("correio.toml")];
        if folder == Path::new(SYSTEM_FOLDER) {
            usual.push(SYSTEM_CONFIG.into());
        }
        Ok(usual.into_iter().find(|file| file.exists()))
    }

    /// Reads the configuration, and gives what is wrong with it.
    pub(crate) fn read_config(&self) -> Result<Result<Config, ConfigFault>> {
        Ok(match self.config_file()? {
            Some(file) => Config::read(&file),
            None => Ok(Config::default()),
        })
    }

    /// The configuration. It is read once: later the program may not be allowed to.
    pub(crate) fn config(&self) -> Result<Config> {
        if let Some(config) = self.read.get() {
            return Ok(config.clone());
        }
        let config = self.read_config()?.map_err(wrong)?;
        Ok(self.read.get_or_init(|| config).clone())
    }

    /// Becomes the owner of the data folder for good, when root works on somebody else's: what is written there must be of use
    /// to its host. For commands that write nowhere else, while the program has one thread.
    pub(crate) fn become_owner(&self) -> Result<()> {
        let folder = self.folder()?;
        self.config()?;
        if privileges::is_root()
            && let Some(owner) = privileges::owner_of(&folder.0)?
        {
            owner.become_for_good()?;
        }
        Ok(())
    }

    /// Does something with the data folder while no host is running, and leaves a line in its log.
    pub(crate) async fn log_done<T>(
        &self,
        (command, about): (&str, Option<&str>),
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        host::log::start_in(&self.folder()?, &self.config()?.log);
        let done = work.await;
        let failed = done.as_ref().err().map(|error| format!("{error:#}"));
        let by = privileges::user_name(self.started_by);
        let by = by.unwrap_or_else(|| format!("uid {}", self.started_by));
        admin::log_command(command, about, Some(&by), failed.as_deref());
        done
    }

    /// Reaches the running host, or opens the store. Root opens no store of somebody else's: a process that is its owner does.
    pub(crate) async fn reach(&self, missing: Missing) -> Result<Client> {
        let (folder, config) = (self.folder()?, self.config()?);
        let running = socket::is_running(&folder)?;
        if !running
            && (folder.is_used() || missing == Missing::Make)
            && self.is_anothers(&folder)?
        {
            let (ours, theirs) = UnixStream::pair()?;
            let process = desk::start(&folder, self, theirs.into())?;
            ours.set_nonblocking(true)?;
            let stream = tokio::net::UnixStream::from_std(ours)?;
            return Ok(Client::of_process(stream, process).await?);
        }
        if !running {
            host::log::start_in(&folder, &config.log);
        }
        let mut waited = Duration::ZERO;
        loop {
            match Client::reach(&folder, &config.admin(), missing).await {
                Err(fault) if fault.is_in_use() && self.scheduled && waited < SCHEDULED_WAITS => {
                    tokio::time::sleep(LOOK_AGAIN).await;
                    waited = waited.saturating_add(LOOK_AGAIN);
                }
                other => return Ok(other?),
            }
        }
    }

    /// The same, for who can do without: nothing is waited for, and none is given where another program has the store open.
    pub(crate) async fn reach_if_free(&self) -> Result<Option<Client>> {
        let (folder, config) = (self.folder()?, self.config()?);
        if self.is_anothers(&folder)? {
            return self.reach(Missing::Refuse).await.map(Some);
        }
        if let Some(client) = Client::of_running(&folder).await? {
            return Ok(Some(client));
        }
        host::log::start_in(&folder, &config.log);
        match Client::reach_at_once(&folder, &config.admin()).await {
            Ok(client) => Ok(Some(client)),
            Err(AdminFault::NoStore(_)) => Ok(None),
            Err(fault) if fault.is_in_use() => Ok(None),
            Err(fault) => Err(fault.into()),
        }
    }

    /// The configuration that was named.
    pub(crate) fn named_config(&self) -> Option<&Path> {
        self.config.as_deref()
    }

    /// Whether the data folder is the one that is used where none is named.
    pub(crate) fn is_usual_folder(&self) -> Result<bool> {
        let Folder(folder) = self.folder()?;
        if rustix::process::geteuid().is_root() {
            return Ok(folder == Path::new(SYSTEM_FOLDER));
        }
        Ok(std::env::home_dir().is_some_and(|home| folder == home.join(USERS_FOLDER)))
    }

    /// Whether a timer started this.
    pub(crate) fn is_scheduled(&self) -> bool {
        self.scheduled
    }

    /// Remembers what a verb came to.
    pub(crate) fn came_to(&self, result: serde_json::Value) {
        *self.result.borrow_mut() = Some(result);
    }

    /// What a verb came to so far.
    pub(crate) fn result(&self) -> Option<serde_json::Value> {
        self.result.borrow().clone()
    }

    /// What the verb came to.
    pub(crate) fn took_result(&self) -> Option<serde_json::Value> {
        self.result.borrow_mut().take()
    }

    /// Whether root works on a folder that is another's, or that is made for another.
    pub(crate) fn is_anothers(&self, folder: &Folder) -> Result<bool> {
        if !privileges::is_root() {
            return Ok(false);
        }
        if folder.0.exists() {
            return Ok(privileges::owner_of(&folder.0)?.is_some());
        }
        let (config, file) = (self.config()?, self.config_file()?);
        let (run_as, config_file) = (self.run_as.as_deref(), file.as_deref());
        let asked = Asked { run_as, config: &config, config_file };
        Ok(matches!(asked.whose(folder)?, Whose::Other(_)))
    }

    /// Does one task, with a progress bar when it takes long.
    pub(crate) async fn ask(&self, task: Task, missing: Missing) -> Result<Answer> {
        let mut client = self.reach(missing).await?;
        let mut bar = Bar::new();
        let answer = client.ask(task, &mut |step| bar.show(&step)).await;
        bar.clear();
        client.close().await?;
        Ok(answer?)
    }
}
