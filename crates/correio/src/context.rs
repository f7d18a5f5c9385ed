//! Where the data is, and how a command reaches it.

use std::path::PathBuf;

use admin::keep::Folder;
use admin::{Answer, Client, Missing, Task};
use anyhow::{Context as _, Result, bail};
use clap::Args;
use host::config::Config;

use crate::progress::Bar;

/// What all commands take.
#[derive(Args)]
pub(crate) struct Context {
    /// The data folder [default: /var/lib/correio for root, else ~/.local/share/correio]
    #[arg(long, global = true, env = "CORREIO_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// The configuration [default: correio.toml in the data folder, if it is there]
    #[arg(long, global = true, env = "CORREIO_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print data as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

impl Context {
    /// The data folder.
    pub(crate) fn folder(&self) -> Result<Folder> {
        if let Some(data) = &self.data {
            return Ok(Folder(std::path::absolute(data)?));
        }
        if rustix::process::geteuid().is_root() {
            return Ok(Folder("/var/lib/correio".into()));
        }
        match std::env::home_dir() {
            Some(home) if home.is_absolute() => Ok(Folder(home.join(".local/share/correio"))),
            Some(_) | None => bail!("there is no home folder; say --data DIR"),
        }
    }

    /// The configuration file that is used: the one that was named, or the one in the data folder.
    pub(crate) fn config_file(&self) -> Result<Option<PathBuf>> {
        if let Some(named) = &self.config {
            return Ok(Some(named.clone()));
        }
        let usual = self.folder()?.0.join("correio.toml");
        Ok(usual.exists().then_some(usual))
    }

    /// The configuration.
    pub(crate) fn config(&self) -> Result<Config> {
        match self.config_file()? {
            Some(file) => Config::read(&file).context("the configuration is wrong"),
            None => Ok(Config::default()),
        }
    }

    /// Reaches the running host, or opens the store.
    pub(crate) async fn reach(&self, missing: Missing) -> Result<Client> {
        Ok(Client::reach(&self.folder()?, &self.config()?.admin(), missing).await?)
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
