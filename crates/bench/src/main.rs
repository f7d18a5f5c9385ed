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

mod client;
mod letters;
mod report;
mod server;
mod work;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Parser;

use report::Report;
use server::{Kind, Server};

/// Measures the host beside its peer.
#[derive(Parser)]
#[command(disable_version_flag = true)]
struct Arguments {
    /// Only works whose name contains one of these words (default: all)
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Which servers: correio, dovecot
    #[arg(long, value_delimiter = ',', default_values = ["correio", "dovecot"])]
    servers: Vec<String>,
    /// Seconds that each rate is measured
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// How large the large mailboxes are, in per cent of what the table names
    #[arg(long, default_value_t = 100)]
    percent: u32,
    /// Where the servers keep their mail: a real disk, not one in memory
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,
    /// The host's program
    #[arg(long, default_value = "target/release/correio")]
    correio: PathBuf,
    /// Print the table as Markdown
    #[arg(long)]
    markdown: bool,
}

/// What each work is given.
pub(crate) struct Scale {
    /// Seconds that a rate is measured.
    pub(crate) seconds: f64,
    /// Per cent of the full size of large mailboxes.
    percent: u32,
}

impl Scale {
    /// A number of messages, scaled.
    pub(crate) fn messages(&self, full: u32) -> u32 {
        (full.saturating_mul(self.percent) / 100).max(64)
    }
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report = runtime.block_on(measure(&arguments))?;
    println!("{}", if arguments.markdown { report.markdown() } else { report.table() });
    Ok(())
}

async fn measure(arguments: &Arguments) -> Result<Report> {
    let scale = Scale { seconds: arguments.seconds, percent: arguments.percent };
    let mut report = Report::default();
    for kind in kinds(arguments)? {
        let folder = arguments.folder.join(kind.name());
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder)?;
        let folder = folder.canonicalize()?;
        let mut server = Server::start(kind, &folder, &arguments.correio)
            .await
            .with_context(|| format!("{} did not start", kind.name()))?;
        for work in work::ALL {
            let wanted = arguments.only.is_empty()
                || arguments.only.iter().any(|w| work.name.contains(w.as_str()));
            if !wanted || (work.own_only && kind != Kind::Correio) {
                continue;
            }
            eprintln!("{}: {}", kind.name(), work.name);
            // One work that fails leaves a gap in the table, and the others are measured all the same.
            let figures = match (work.run)(&mut server, &scale).await {
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
        server.stop().await?;
        let _ = std::fs::remove_dir_all(&folder);
    }
    Ok(report)
}

fn kinds(arguments: &Arguments) -> Result<Vec<Kind>> {
    let mut kinds = Vec::new();
    for name in &arguments.servers {
        match name.as_str() {
            "correio" => kinds.push(Kind::Correio),
            "dovecot" if Kind::Dovecot.is_installed() => kinds.push(Kind::Dovecot),
            "dovecot" => eprintln!("SKIPPED: dovecot is not installed; figures stand alone"),
            _ => bail!("no server called {name}; there are correio and dovecot"),
        }
    }
    Ok(kinds)
}
