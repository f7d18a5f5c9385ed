//! `correio user password` and `correio user token`: what lets one device in, and nothing else.

use admin::request::UserTask;
use clap::{Args, Subcommand};
use directory::{Address, Kept};

/// App passwords: one for each device, revoked one by one
#[derive(Subcommand)]
pub(crate) enum AppPassword {
    /// Create one and print it; it cannot be shown again
    Add {
        /// The user's address
        address: Address,
        #[command(flatten)]
        device: Device,
        /// Make it good for APOP too, for old programs without TLS: then this one password is kept as it is, and
        /// whoever reads the data folder or a backup of it can read it and log in with it
        #[arg(long)]
        apop: bool,
    },
    /// List them, with their last use
    List {
        /// The user's address
        address: Address,
    },
    /// Revoke one
    Remove {
        /// The user's address
        address: Address,
        #[command(flatten)]
        device: Device,
    },
}

/// Access tokens for programs that log in with OAUTHBEARER or XOAUTH2, revoked one by one
#[derive(Subcommand)]
pub(crate) enum Token {
    /// Create one and print it; it cannot be shown again
    Add {
        /// The user's address
        address: Address,
        #[command(flatten)]
        device: Device,
        /// For how many days it is good [default: until it is removed]
        #[arg(long, value_name = "NUMBER")]
        days: Option<u32>,
    },
    /// List them, with their last use
    List {
        /// The user's address
        address: Address,
    },
    /// Revoke one
    Remove {
        /// The user's address
        address: Address,
        #[command(flatten)]
        device: Device,
    },
}

/// A device, with or without `--name` before it.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Device {
    /// The device it is for
    #[arg(value_name = "DEVICE")]
    device: Option<String>,
    /// The same
    #[arg(long, value_name = "DEVICE", hide = true)]
    name: Option<String>,
}

impl Device {
    fn read(self) -> String {
        self.device.or(self.name).unwrap_or_default()
    }
}

impl AppPassword {
    /// Whose it is, and what the host is asked.
    pub(super) fn task(self) -> (Address, UserTask) {
        match self {
            AppPassword::Add { address, device, apop } => {
                let kept = if apop { Kept::Secret } else { Kept::Hashes };
                (address, UserTask::AddAppPassword { device: device.read(), kept })
            }
            AppPassword::List { address } => (address, UserTask::ListAppPasswords),
            AppPassword::Remove { address, device } => {
                (address, UserTask::RemoveAppPassword(device.read()))
            }
        }
    }
}

impl Token {
    /// Whose it is, and what the host is asked.
    pub(super) fn task(self) -> (Address, UserTask) {
        match self {
            Token::Add { address, device, days } => {
                (address, UserTask::AddToken { device: device.read(), days })
            }
            Token::List { address } => (address, UserTask::ListTokens),
            Token::Remove { address, device } => (address, UserTask::RemoveToken(device.read())),
        }
    }
}
