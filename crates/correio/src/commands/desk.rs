//! `correio desk`: what root starts, in place of opening somebody's mail store itself. It becomes the owner of the data folder, gives
//! up all other rights, and does what it is asked over standard input. Not for people.

use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

use admin::keep::Folder;
use admin::serve_desk;
use anyhow::{Context as _, Result};
use clap::Args;
use host::rights::{self, Asked};
use privileges::Whose;

use crate::context::Context;

/// Serve the client that started it
#[derive(Args)]
pub(crate) struct Desk {}

impl Desk {
    /// Becomes the owner of the data folder. While the program has one thread.
    pub(super) fn prepare(&self, context: &Context) -> Result<()> {
        let (folder, config, file) = (context.folder()?, context.config()?, context.config_file()?);
        let (run_as, config_file) = (context.run_as.as_deref(), file.as_deref());
        // A folder that is there is worked on by its owner, whoever may be asked for.
        let whose = match privileges::owner_of(&folder.0)? {
            Some(owner) => Whose::Other(owner),
            None => Asked { run_as, config: &config, config_file }.whose(&folder)?,
        };
        rights::take_on(&whose, &folder)?;
        rights::give_up(&config, None, &folder)?;
        Ok(())
    }

    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let stream = UnixStream::from(std::io::stdin().as_fd().try_clone_to_owned()?);
        stream.set_nonblocking(true).context("standard input is no socket")?;
        let stream = tokio::net::UnixStream::from_std(stream)?;
        let (config, folder) = (context.config()?, context.folder()?);
        host::log::start_in(&folder, &config.log);
        Ok(serve_desk(stream, &folder, &config.admin_confined()).await?)
    }
}

/// Starts one for this data folder, at the other end of a socket.
pub(crate) fn start(folder: &Folder, context: &Context, socket: OwnedFd) -> Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("desk").arg("--data").arg(&folder.0);
    if let Some(file) = context.config_file()? {
        command.arg("--config").arg(std::path::absolute(file)?);
    }
    if let Some(user) = &context.run_as {
        command.arg("--run-as").arg(user);
    }
    // What it prints is for whoever started the client; the data are not.
    let started = command.stdin(Stdio::from(socket)).stdout(Stdio::null()).spawn();
    started.context("a process that works as the owner of the data folder cannot be started")
}
