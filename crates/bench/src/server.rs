//! The servers under load, each started in a folder of its own on free ports of loopback.

mod correio;
mod dovecot;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tokio::process::Child;

/// Everybody's password.
pub(crate) const PASSWORD: &str = "tao-bom-2026";
/// How many users there are: u0 to u199 at localhost.
pub(crate) const USERS: u32 = 200;

/// At Dovecot this one has an index, where the plugin for Xapian is installed.
pub(crate) const XAPIAN_USER: u32 = 106;

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Correio,
    Dovecot,
}

impl Kind {
    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Correio => "correio",
            Kind::Dovecot => "dovecot",
        }
    }

    /// Whether its program is there.
    pub(crate) fn is_installed(self) -> bool {
        match self {
            Kind::Correio => true,
            Kind::Dovecot => [
                "/usr/sbin/dovecot",
                "/usr/lib/dovecot/imap",
                "/usr/lib/dovecot/pop3",
                "/usr/lib/dovecot/lmtp",
            ]
            .iter()
            .all(|program| Path::new(program).exists()),
        }
    }
}

/// A server that runs.
pub(crate) struct Server {
    pub(crate) kind: Kind,
    pub(crate) imap: SocketAddr,
    pub(crate) imaps: SocketAddr,
    pub(crate) pop3: SocketAddr,
    pub(crate) lmtp: SocketAddr,
    pub(crate) http: SocketAddr,
    pub(crate) folder: PathBuf,
    pub(crate) program: PathBuf,
    child: Child,
}

/// The login name of a user.
pub(crate) fn user(number: u32) -> String {
    format!("u{number}@localhost")
}

impl Server {
    /// Starts a server with its users.
    pub(crate) async fn start(kind: Kind, folder: &Path, program: &Path) -> Result<Server> {
        match kind {
            Kind::Correio => correio::start(folder, program).await,
            Kind::Dovecot => dovecot::start(folder).await,
        }
    }

    /// Whether a user of Dovecot has an index.
    pub(crate) fn has_xapian(&self) -> bool {
        dovecot::has_xapian()
    }

    /// Kills it without warning, and starts it again; gives how long it took to be ready.
    pub(crate) async fn kill_and_start(&mut self) -> Result<std::time::Duration> {
        self.child.start_kill()?;
        self.child.wait().await?;
        let start = std::time::Instant::now();
        *self = correio::start_again(&self.folder, &self.program).await?;
        Ok(start.elapsed())
    }

    /// Starts our host on what an earlier run has left in a folder.
    pub(crate) async fn start_kept(folder: &Path, program: &Path) -> Result<Server> {
        correio::start_again(folder, program).await
    }

    /// Stops it for a while; what it has stays.
    pub(crate) async fn halt(&mut self) -> Result<()> {
        let pid = self.child.id().context("the server has ended")?.to_string();
        tokio::process::Command::new("kill").arg(&pid).status().await?;
        self.child.wait().await?;
        Ok(())
    }

    /// Starts it again after `halt`.
    pub(crate) async fn start_again(&mut self) -> Result<()> {
        *self = correio::start_again(&self.folder, &self.program).await?;
        Ok(())
    }

    /// Resident memory of all its processes, in octets: private pages, and its share of shared ones.
    pub(crate) fn memory_octets(&self) -> Result<u64> {
        let root = self.child.id().context("the server has ended")?;
        let mut octets = 0;
        for pid in family(root)? {
            let Ok(text) = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")) else {
                continue;
            };
            let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
            let kilobytes =
                line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
            octets += kilobytes.unwrap_or_default() * 1024;
        }
        Ok(octets)
    }

    /// Processor time that all its processes have taken so far, in ticks of 10 ms.
    pub(crate) fn processor_ticks(&self) -> Result<u64> {
        let root = self.child.id().context("the server has ended")?;
        let mut ticks = 0;
        for pid in family(root)? {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let after = stat.rsplit(')').next().unwrap_or_default();
            // utime and stime, the 14th and 15th field (proc(5)); the name, in brackets, is the second.
            let fields = after.split_whitespace().skip(11).take(2);
            ticks += fields.filter_map(|field| field.parse::<u64>().ok()).sum::<u64>();
        }
        Ok(ticks)
    }

    /// Stops it.
    pub(crate) async fn stop(mut self) -> Result<()> {
        let pid = self.child.id().unwrap_or_default().to_string();
        tokio::process::Command::new("kill").arg(&pid).status().await?;
        self.child.wait().await?;
        Ok(())
    }
}

/// A process and all below it.
fn family(root: u32) -> Result<Vec<u32>> {
    let mut parents = Vec::new();
    for process in std::fs::read_dir("/proc")? {
        let name = process?.file_name();
        let Ok(pid) = name.to_string_lossy().parse::<u32>() else { continue };
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
        let after = stat.rsplit(')').next().unwrap_or_default();
        let parent = after.split_whitespace().nth(1).and_then(|word| word.parse::<u32>().ok());
        parents.push((pid, parent.unwrap_or_default()));
    }
    let mut family = vec![root];
    let mut at = 0;
    while let Some(pid) = family.get(at).copied() {
        family.extend(parents.iter().filter(|(_, parent)| *parent == pid).map(|(pid, _)| *pid));
        at += 1;
    }
    Ok(family)
}
