//! The process that makes a load. It is this program again, at a low priority: started before the probes begin, and
//! stopped when they end. It says `ready` once all its sessions are logged in; when its standard input ends, it says
//! what it got done, and ends as well.

use std::io::Read;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::load::{self, Load, Work};
use super::programs;
use super::session::Session;
use super::tally::Tally;
use crate::server::{Server, user};
use crate::work::deliver::Deliver;

/// Who gets mail over LMTP, counted from here.
const RECEIVERS: u32 = 4;
/// How long after a round of EXPUNGE the next begins.
const EXPUNGE_REST: std::time::Duration = std::time::Duration::from_millis(200);

/// What the load is put on.
#[derive(clap::Args)]
pub(crate) struct Target {
    /// The name of the load
    load: String,
    #[arg(long)]
    imap: SocketAddr,
    #[arg(long)]
    lmtp: SocketAddr,
    /// Where the server keeps its mail
    #[arg(long)]
    pub(crate) folder: PathBuf,
    /// The host's program
    #[arg(long)]
    pub(crate) program: PathBuf,
}

/// A load under way, as seen by who measures.
pub(crate) struct Actor {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Actor {
    /// Starts it, and waits until it is ready.
    pub(crate) async fn start(load: &Load, server: &Server) -> Result<Actor> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["load", load.name])
            .args(["--imap", &server.imap.to_string(), "--lmtp", &server.lmtp.to_string()])
            .arg("--folder")
            .arg(&server.folder)
            .arg("--program")
            .arg(&server.program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let output = child.stdout.take().context("no standard output")?;
        let mut lines = BufReader::new(output).lines();
        let first = lines.next_line().await?;
        ensure!(first.as_deref() == Some("ready"), "the load did not begin");
        Ok(Actor { child, lines })
    }

    /// Stops it; gives what it got done.
    pub(crate) async fn stop(mut self) -> Result<String> {
        drop(self.child.stdin.take());
        let done = self.lines.next_line().await?.context("the load broke off")?;
        self.child.wait().await?;
        Ok(done)
    }
}

/// Is such a process.
pub(crate) async fn act(target: Target) -> Result<()> {
    let load = load::named(&target.load).context("no such load")?;
    let tally = Arc::new(Tally::default());
    let target = Arc::new(target);
    begin(&load.work, &target, &tally).await?;
    say("ready");
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    say(&tally.shown());
    Ok(())
}

fn say(line: &str) {
    println!("{line}");
}

async fn begin(work: &Work, target: &Arc<Target>, tally: &Arc<Tally>) -> Result<()> {
    match work {
        Work::Nothing | Work::Rewriting => Ok(()),
        Work::Sessions(sessions) => put_to_work(sessions(), target, tally).await,
        Work::Deliver { connections } => deliver(*connections, target, tally).await,
        Work::DeliverAndExpunge { connections } => {
            put_to_work((0..*connections).map(expunging).collect(), target, tally).await?;
            deliver(*connections, target, tally).await
        }
        Work::Import => {
            let (target, tally) = (Arc::clone(target), Arc::clone(tally));
            tokio::spawn(async move {
                if let Err(error) = programs::import(&target, &tally).await {
                    tally.refused(&error);
                }
            });
            Ok(())
        }
        Work::Backup => {
            let (target, tally) = (Arc::clone(target), Arc::clone(tally));
            tokio::spawn(async move {
                if let Err(error) = programs::back_up(&target, &tally).await {
                    tally.refused(&error);
                }
            });
            Ok(())
        }
    }
}

/// Logs all of them in before the first begins.
async fn put_to_work(sessions: Vec<Session>, target: &Target, tally: &Arc<Tally>) -> Result<()> {
    let imap = target.imap;
    let mut open = Vec::new();
    for session in sessions {
        let client = session.open(imap).await?;
        open.push((session, client));
    }
    for (session, client) in open {
        let tally = Arc::clone(tally);
        tokio::spawn(async move { session.work(client, imap, &tally).await });
    }
    Ok(())
}

async fn deliver(connections: u32, target: &Target, tally: &Arc<Tally>) -> Result<()> {
    let mut open = Vec::new();
    for number in 0..connections {
        let receiver = user(RECEIVERS + number);
        open.push(Deliver::connect(target.lmtp, receiver, (1 + number) * 1000).await?);
    }
    for mut connection in open {
        let tally = Arc::clone(tally);
        tokio::spawn(async move {
            for number in 0.. {
                match connection.one(number).await {
                    Ok(()) => tally.done(),
                    Err(error) => return tally.refused(&error),
                }
            }
        });
    }
    Ok(())
}

fn expunging(number: u32) -> Session {
    let delete = "UID STORE 1:* +FLAGS.SILENT (\\Deleted)".to_owned();
    let mut session = Session::repeating(RECEIVERS + number, "INBOX", delete);
    session.round.push("EXPUNGE".to_owned());
    session.rest = EXPUNGE_REST;
    session
}
