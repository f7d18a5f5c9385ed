//! `correio user`: people, their passwords, their quota, and what can be undone for them.

mod identity;
mod list;
mod pop3;
mod secrets;
mod share;

use std::path::PathBuf;

use admin::request::{self, QuotaAsked, UserTask};
use admin::{Missing, Task};
use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use directory::Address;
use machine::Size;

use self::identity::Identity;
use self::pop3::Pop3;
use self::secrets::{AppPassword, Token};
use self::share::Share;
use crate::context::Context;
use crate::password::PasswordSource;
use crate::show::show;

/// Users: an address, a password and mail each
#[derive(Subcommand)]
pub(crate) enum User {
    /// Add a user, or all of a list; a single password comes from --password-file or standard input
    ///
    /// A list is a CSV file with the columns address, password, quota and messages, the last two optional, as a spreadsheet saves
    /// it. Who is there already stays as before, so a list can be given again.
    Add {
        /// The address, such as ana@example.org
        #[arg(required_unless_present = "from", conflicts_with = "from")]
        address: Option<Address>,
        /// Add all users of a list instead; - is standard input
        #[arg(long, value_name = "FILE", conflicts_with_all = ["quota", "messages", "password_file"])]
        from: Option<PathBuf>,
        /// How much mail the user may keep, such as 2G [default: as configured]
        #[arg(long, value_name = "SIZE")]
        quota: Option<Quota>,
        /// How many messages the user may keep
        #[arg(long, value_name = "NUMBER")]
        messages: Option<u64>,
        #[command(flatten)]
        password: PasswordSource,
    },
    /// List the users
    List,
    /// Show a user
    Show {
        /// The address
        address: Address,
    },
    /// Set a new password; app passwords stay
    Passwd {
        /// The address
        address: Address,
        #[command(flatten)]
        password: PasswordSource,
    },
    /// Set the quota
    Quota {
        /// The address
        address: Address,
        /// How much mail the user may keep, such as 2G; none for no limit
        quota: Quota,
        /// How many messages the user may keep [default: no limit]
        #[arg(long, value_name = "NUMBER")]
        messages: Option<u64>,
    },
    /// Give a user another address; mail, passwords and whatever leads to the user stay
    ///
    /// Aliases and identities follow. Sessions end, and programs log in with the new name. The new address must be free,
    /// or an alias that leads to this user alone.
    Rename {
        /// The address
        address: Address,
        /// The new address
        #[arg(value_name = "NEW_ADDRESS")]
        to: Address,
        /// Let the old address lead to the user still, as an alias
        #[arg(long)]
        keep_alias: bool,
    },
    /// Let nobody log in as a user; mail is still taken
    ///
    /// Sessions end. Whoever logs in with the right password is told that the account is disabled.
    Disable {
        /// The address
        address: Address,
    },
    /// Let a user log in again who was disabled
    Enable {
        /// The address
        address: Address,
    },
    /// Take the second factors of a user away who lost them
    ///
    /// The authenticator app, recovery codes and passkeys with which the user logs in to pages. Make sure first that it is the user who
    /// asks for it: from then on the password is enough.
    ResetFactors {
        /// The address
        address: Address,
    },
    /// Remove a user with all mail, for good
    Remove {
        /// The address
        address: Address,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
    /// App passwords: one for each device, revoked one by one
    #[command(subcommand, visible_alias = "app-password")]
    Password(AppPassword),
    /// POP3: what becomes of mail that a device downloads, and what each device sees
    #[command(subcommand)]
    Pop3(Pop3),
    /// Identities: addresses that a user may send from although they do not lead to the user
    #[command(subcommand)]
    Identity(Identity),
    /// Sharing: who of the host may open which mailbox of a user, and do what in it
    #[command(subcommand)]
    Share(Share),
    /// Access tokens for programs that log in with OAUTHBEARER or XOAUTH2, revoked one by one
    #[command(subcommand)]
    Token(Token),
    /// List what was deleted and can be brought back, newest first
    Retained {
        /// The address
        address: Address,
        #[command(flatten)]
        removed: Removed,
        #[command(flatten)]
        most: Most,
    },
    /// Drop for good what was deleted and can still be brought back
    ///
    /// The disk gets its room back within about a minute while the host runs.
    Purge {
        /// The address
        address: Address,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
    /// Bring back what one change deleted, or all that a device or a protocol did
    ///
    /// Messages come back into the mailbox they were in, the newest change first. A mailbox that was deleted is made again.
    BringBack {
        /// The address
        address: Address,
        /// The number of the change, as `user retained` lists it
        #[arg(required_unless_present_any = ["device", "over"], conflicts_with_all = ["device", "over"], value_parser = change)]
        change: Option<u64>,
        #[command(flatten)]
        removed: Removed,
    },
    /// Show what happened to the mail and who did it, newest first
    History {
        /// The address
        address: Address,
        #[command(flatten)]
        most: Most,
    },
}

fn change(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "expected a number, as `correio user retained` shows it".to_owned())
}

/// Which removals are meant.
#[derive(Args)]
pub(crate) struct Removed {
    /// Only what this device removed: the name of its app password, or of the device part of its login
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
    /// Only what was removed this way
    #[arg(long, value_name = "WAY", value_parser = ["imap", "pop3", "webmail", "delivery", "submission", "admin", "companion", "host"])]
    over: Option<String>,
}

impl Removed {
    fn asked(self) -> request::Removed {
        request::Removed { device: self.device, over: self.over }
    }
}

/// How much to list.
#[derive(Args)]
pub(crate) struct Most {
    /// List at most so many
    #[arg(long, default_value_t = 100, value_name = "NUMBER")]
    most: usize,
}

/// A size, or none.
#[derive(Clone, Copy)]
pub(crate) struct Quota(Option<u64>);

impl std::str::FromStr for Quota {
    type Err = machine::SizeFault;

    fn from_str(text: &str) -> Result<Quota, machine::SizeFault> {
        if text == "none" { Ok(Quota(None)) } else { text.parse().map(|Size(n)| Quota(Some(n))) }
    }
}

impl User {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let (address, task) = match self {
            User::List => {
                return show(context, context.ask(Task::UserList, Missing::Refuse).await?, "");
            }
            User::Pop3(pop3) => return pop3.run(context).await,
            User::Add { from: Some(from), .. } => {
                let task = Task::UserAddMany(list::read(&from)?);
                return show(context, context.ask(task, Missing::Make).await?, "");
            }
            User::Add { address: None, .. } => bail!("say an address, or --from FILE"),
            User::Add { address: Some(address), quota, messages, password, .. } => {
                let asked = (quota.is_some() || messages.is_some()).then(|| QuotaAsked {
                    octets_max: quota.and_then(|quota| quota.0),
                    messages_max: messages,
                });
                (address, UserTask::Add { password: password.read()?, quota: asked })
            }
            User::Show { address } => (address, UserTask::Show),
            User::Passwd { address, password } => {
                (address, UserTask::SetPassword(password.read()?))
            }
            User::Quota { address, quota, messages } => {
                let asked = QuotaAsked { octets_max: quota.0, messages_max: messages };
                (address, UserTask::SetQuota(asked))
            }
            User::Rename { address, to, keep_alias } => {
                (address, UserTask::Rename { to: to.to_string(), keep_alias })
            }
            User::Disable { address } => (address, UserTask::Disable),
            User::Enable { address } => (address, UserTask::Enable),
            User::ResetFactors { address } => (address, UserTask::ResetFactors),
            User::Remove { address, yes } => {
                certain(&format!("All mail of {address}"), yes)?;
                (address, UserTask::Remove)
            }
            User::Purge { address, yes } => {
                certain(&format!("The deleted mail of {address}"), yes)?;
                (address, UserTask::Purge)
            }
            User::Password(password) => password.task(),
            User::Identity(identity) => identity.task(),
            User::Share(share) => share.task(),
            User::Token(token) => token.task(),
            User::Retained { address, removed, most: Most { most } } => {
                (address, UserTask::Retained { most, removed: removed.asked() })
            }
            User::BringBack { address, change: Some(change), .. } => {
                (address, UserTask::BringBack { change })
            }
            User::BringBack { address, change: None, removed } => {
                (address, UserTask::BringBackAll(removed.asked()))
            }
            User::History { address, most: Most { most } } => (address, UserTask::History { most }),
        };
        let is_first = matches!(task, UserTask::Add { .. });
        let missing = if is_first { Missing::Make } else { Missing::Refuse };
        let whose = address.to_string();
        let answer = context.ask(Task::User { address: whose.clone(), task }, missing).await?;
        show(context, answer, &whose)
    }
}

/// Asks before mail of somebody goes for good, when there is somebody to ask.
pub(super) fn certain(what: &str, yes: bool) -> Result<()> {
    use std::io::{BufRead as _, IsTerminal as _, Write as _};
    if yes || !std::io::stdin().is_terminal() {
        return Ok(());
    }
    write!(std::io::stderr(), "{what} will be gone for good. Type yes to continue: ")?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    if answer.trim() != "yes" {
        bail!("nothing was removed");
    }
    Ok(())
}
