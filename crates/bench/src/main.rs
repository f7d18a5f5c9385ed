//! Measures the host and, where it is installed, Debian's Dovecot (sdbox) beside it: the same load from the same
//! client, on loopback, in one run. What counts are the ratios; machines are noisy.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measuring program: it fails loudly, prints its table, and meets no stranger's octets"
)]

mod against;
mod client;
mod columns;
mod fairness;
mod letters;
mod priority;
mod report;
mod server;
mod talk;
mod work;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};

use fairness::Choice;
use fairness::actor::{Target, act};
use report::Report;
use server::{Kind, Server};

/// Measures the host beside its peer, or beside an older build of itself.
#[derive(Parser)]
#[command(disable_version_flag = true, args_conflicts_with_subcommands = true)]
struct Arguments {
    /// Only works, or loads of --fairness, whose name contains one of these words (default: all)
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Which servers: correio, dovecot, both
    #[arg(long, alias = "server", value_delimiter = ',', default_value = "both")]
    servers: Vec<String>,
    /// Seconds that each rate is measured, or each load probed [default: 4; 8 with --fairness; 1 with --against]
    #[arg(long)]
    seconds: Option<f64>,
    /// How large the large mailboxes are, in per cent of what the table names [default: 100; 20 with --against]
    #[arg(long)]
    percent: Option<u32>,
    /// Where the servers keep their mail: a real disk, not one in memory
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,
    /// With the work "million": use the host that is kept in this folder, or make it there and leave it
    #[arg(long, value_name = "FOLDER")]
    kept: Option<PathBuf>,
    /// The host's program
    #[arg(long, visible_alias = "program", default_value = "target/release/correio")]
    correio: PathBuf,
    /// Print the table as Markdown
    #[arg(long)]
    markdown: bool,
    /// Measure how long another user waits while each of several loads runs
    #[arg(long, conflicts_with = "against")]
    fairness: bool,
    /// With --fairness: also COPY of a million messages, which takes minutes to prepare
    #[arg(long, requires = "fairness")]
    long: bool,
    /// Measure this older program of the host and the present one in turns
    #[arg(long, value_name = "PROGRAM")]
    against: Option<PathBuf>,
    /// With --against: how many pairs
    #[arg(long, default_value_t = 10)]
    pairs: u32,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Subcommand)]
enum Part {
    /// Be a process that makes a load; --fairness starts these by itself
    #[command(hide = true)]
    Load(Target),
}

/// What each work is given.
pub(crate) struct Scale {
    /// Seconds that a rate is measured.
    pub(crate) seconds: f64,
    /// Per cent of the full size of large mailboxes.
    percent: u32,
    /// Where the host with a million messages is kept from one run to the next.
    pub(crate) kept: Option<PathBuf>,
}

impl Scale {
    /// A number of messages, scaled.
    pub(crate) fn messages(&self, full: u32) -> u32 {
        (full.saturating_mul(self.percent) / 100).max(64)
    }

    /// Rounds of something that takes a moment only: at least so many, and for as long as rates are measured.
    pub(crate) fn rounds(&self, least: usize) -> impl Iterator<Item = usize> + use<> {
        let end = Instant::now() + Duration::from_secs_f64(self.seconds);
        (0..).take_while(move |round| *round < least || Instant::now() < end)
    }

    /// Says so where mailboxes are smaller than their rows name them.
    fn remark(&self) -> String {
        match self.percent {
            100 => String::new(),
            percent => format!("Large mailboxes have {percent} % of the messages named.\n"),
        }
    }
}

fn main() -> Result<()> {
    let mut arguments = Arguments::parse();
    if let Some(Part::Load(target)) = arguments.part.take() {
        // Before there are other threads, for they inherit it.
        priority::lower_for_a_load()?;
        return runtime()?.block_on(act(target));
    }
    println!("{}", runtime()?.block_on(measure(&arguments))?);
    Ok(())
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// Measures what is asked for; gives the table.
async fn measure(arguments: &Arguments) -> Result<String> {
    let scale = |seconds, percent| Scale {
        seconds: arguments.seconds.unwrap_or(seconds),
        percent: arguments.percent.unwrap_or(percent),
        kept: arguments.kept.clone(),
    };
    if let Some(old) = &arguments.against {
        let builds = against::Builds { old, new: &arguments.correio };
        let wanted = against::wanted(&arguments.only);
        let (pairs, folder, scale) = (arguments.pairs, &arguments.folder, scale(1.0, 20));
        let ratios = against::measure(&builds, pairs, &wanted, &scale, folder).await?;
        Ok(scale.remark() + &ratios.shown())
    } else if arguments.fairness {
        fairly(arguments, &scale(8.0, 100)).await
    } else {
        let report = rates(arguments, &scale(4.0, 100)).await?;
        Ok(if arguments.markdown { report.markdown() } else { report.table() })
    }
}

async fn fairly(arguments: &Arguments, scale: &Scale) -> Result<String> {
    let choice = Choice { only: &arguments.only, long: arguments.long };
    let mut table = fairness::table();
    for kind in kinds(arguments)? {
        let mut server = start(kind, arguments).await?;
        fairness::measure(&mut server, &choice, scale, &mut table).await?;
        end(server).await?;
    }
    Ok(scale.remark() + &table.shown())
}

async fn rates(arguments: &Arguments, scale: &Scale) -> Result<Report> {
    let mut report = Report::default();
    for kind in kinds(arguments)? {
        let mut server = start(kind, arguments).await?;
        for work in work::ALL {
            let wanted = arguments.only.is_empty()
                || arguments.only.iter().any(|w| work.name.contains(w.as_str()));
            if !wanted || (work.own_only && kind != Kind::Correio) {
                continue;
            }
            eprintln!("{}: {}", kind.name(), work.name);
            // One work that fails leaves a gap in the table, and the others are measured all the same.
            let figures = match (work.run)(&mut server, scale).await {
                Ok(figures) => figures,
                Err(error) => {
                    eprintln!("    FAILED: {error:#}");
                    continue;
                }
            };
            for (row, figure) in figures {
                eprintln!("    {row}: {}", figure.shown());
                report.add(kind, row, figure);
            }
        }
        end(server).await?;
    }
    Ok(report)
}

async fn start(kind: Kind, arguments: &Arguments) -> Result<Server> {
    start_in(&arguments.folder.join(kind.name()), kind, &arguments.correio).await
}

/// Starts a server on a folder without anything in it.
pub(crate) async fn start_in(folder: &Path, kind: Kind, program: &Path) -> Result<Server> {
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder)?;
    let folder = folder.canonicalize()?;
    Server::start(kind, &folder, program)
        .await
        .with_context(|| format!("{} did not start", kind.name()))
}

/// Stops a server and removes its mail.
pub(crate) async fn end(server: Server) -> Result<()> {
    let folder = server.folder.clone();
    server.stop().await?;
    let _ = std::fs::remove_dir_all(folder);
    Ok(())
}

fn kinds(arguments: &Arguments) -> Result<Vec<Kind>> {
    let mut kinds = Vec::new();
    for name in &arguments.servers {
        match name.as_str() {
            "both" => kinds.extend([Kind::Correio, Kind::Dovecot]),
            "correio" => kinds.push(Kind::Correio),
            "dovecot" => kinds.push(Kind::Dovecot),
            _ => bail!("no server called {name}; there are correio and dovecot, or both"),
        }
    }
    if kinds.contains(&Kind::Dovecot) && !Kind::Dovecot.is_installed() {
        eprintln!(
            "SKIPPED: dovecot-imapd, -pop3d and -lmtpd are not all installed; figures stand alone"
        );
        kinds.retain(|kind| *kind != Kind::Dovecot);
    }
    Ok(kinds)
}
