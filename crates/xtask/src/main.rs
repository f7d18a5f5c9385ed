//! Automation of the project: `cargo xtask demo | test | long | bench | man | package | fuzz`. Needs nothing but Rust; what a part needs
//! besides (mail programs, a peer to measure against, cargo-fuzz) it names when it is missing.

mod package;
mod run;
mod tally;
mod test;
mod webmail;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Automation of correio", disable_version_flag = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build the webmail and the host, and start it with a demo account; it prints how to get in
    Demo {
        /// Where mail is kept
        #[arg(long, default_value = "demo-data")]
        data: String,
        /// Further words for `correio serve`, such as --listen imap=127.0.0.1:1143
        #[arg(last = true)]
        serve: Vec<String>,
    },
    /// Run all tests: webmail, format, lints, unit, conformance, simulator, corpora, documentation, real programs
    Test {
        /// Fail where a test would be skipped because a program is missing
        #[arg(long)]
        no_skip: bool,
    },
    /// Run what takes too long for each change: the conformance suite on engines whose reads wait 1 ms and 20 ms, 500
    /// random damages to a store, 3,000 searches over 20,000 messages beside an oracle (SEARCH_MAIL=FOLDER: those of a folder
    /// among them), trouble at every call of a repair, a copy and an upgrade, 24 months of mail that comes and
    /// goes, and 10,000 messages through files and back (ROUND_TRIP_MAIL=FOLDER: those of a folder instead)
    Long,
    /// Measure the host, and Debian's Dovecot beside it where it is installed; prints ratios
    Bench {
        /// Words for the measuring program; try --help
        #[arg(last = true)]
        bench: Vec<String>,
    },
    /// Write the manual pages, one for each command, into target/man
    Man,
    /// Make the Debian package in target/package, with manual pages and completions (needs: cargo install cargo-deb)
    Package {
        /// Of the program as it is built for debugging, which is quicker
        #[arg(long)]
        debug: bool,
        /// The version of the package, such as 0.1.0-2
        #[arg(long)]
        version: Option<String>,
        /// An earlier package: install that in a Debian of its own, upgrade it to the new one, remove and purge it, and see
        /// that mail and settings stay (needs root and debootstrap)
        #[arg(long, value_name = "DEB")]
        upgrade_from: Option<String>,
    },
    /// Fuzz each target for some minutes (needs: cargo install cargo-fuzz)
    Fuzz {
        /// Minutes for each target
        #[arg(long, default_value_t = 10)]
        minutes: u32,
        /// Only this target
        #[arg(long)]
        target: Option<String>,
    },
}

fn main() -> Result<()> {
    match Arguments::parse().task {
        Task::Demo { data, serve } => demo(&data, &serve),
        Task::Test { no_skip: false } => test::all(test::Missing::Skip),
        Task::Test { no_skip: true } => test::all(test::Missing::Fail),
        Task::Long => test::long(),
        Task::Bench { bench } => measure(&bench),
        Task::Man => man(),
        Task::Package { debug, version, upgrade_from } => {
            webmail::build()?;
            let build = if debug { package::Build::Debug } else { package::Build::Release };
            package::make(build, version.as_deref(), upgrade_from.as_deref())
        }
        Task::Fuzz { minutes, target } => fuzz(minutes, target.as_deref()),
    }
}

/// Only this machine reaches a demo.
const DEMO_LISTENERS: [&str; 10] = [
    "imap=127.0.0.1:1143",
    "imaps=127.0.0.1:1993",
    "pop3=127.0.0.1:1110",
    "pop3s=127.0.0.1:1995",
    "smtp=127.0.0.1:1025",
    "submission=127.0.0.1:1587",
    "submissions=127.0.0.1:1465",
    "lmtp=127.0.0.1:2424",
    "http=127.0.0.1:8080",
    "https=127.0.0.1:8443",
];

fn demo(data: &str, serve: &[String]) -> Result<()> {
    webmail::build()?;
    run::cargo(&["build", "--release", "--package", "correio"])?;
    // As whoever starts the demo, also when that is root: a machine for trying has no user `correio`.
    let starter =
        std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self")?).to_string();
    let mut words = vec!["serve", "--run-as", &starter, "--data", data];
    if !serve.iter().any(|word| word.starts_with("--listen")) {
        words.extend(DEMO_LISTENERS.iter().flat_map(|listener| ["--listen", listener]));
    }
    words.extend(serve.iter().map(String::as_str));
    run::program("target/release/correio", &words)
}

fn measure(words: &[String]) -> Result<()> {
    run::cargo(&["build", "--release", "--package", "correio", "--package", "bench"])?;
    run::program("target/release/bench", &words.iter().map(String::as_str).collect::<Vec<_>>())
}

fn man() -> Result<()> {
    let folder = run::empty_folder("target/man")?;
    run::cargo(&["run", "--quiet", "--package", "correio", "--", "man", &folder])
}

fn fuzz(minutes: u32, only: Option<&str>) -> Result<()> {
    // libfuzzer needs a few unstable compiler flags; this lets a stable compiler take them.
    let seconds = u64::from(minutes).saturating_mul(60);
    for target in run::fuzz_targets()? {
        if only.is_some_and(|only| only != target) {
            continue;
        }
        let limit = format!("-max_total_time={seconds}");
        run::fuzz_cargo(&["fuzz", "run", &target, "--", &limit, "-max_len=65536", "-timeout=10"])?;
    }
    Ok(())
}
