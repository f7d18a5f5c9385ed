//! `correio user pop3`: what becomes of mail that is downloaded, and what each device sees.

use admin::request::{Pop3Task, UserTask};
use admin::{Missing, Task};
use anyhow::Result;
use clap::{ArgGroup, Args, Subcommand};
use directory::Address;
use directory::pop3_policy::{self, ChoiceWords, INHERIT, WordFault};

use crate::context::Context;
use crate::show::show;

/// POP3: what becomes of mail that a device downloads, and what each device sees
///
/// A device is an app password, by its name, or a login name with a device part: ana+office@example.org. What is chosen
/// for a device goes before what is chosen for the account, and that before what the section pop3 of the configuration says.
#[derive(Subcommand)]
pub(crate) enum Pop3 {
    /// Show what is in force for the account and each device, and what each device has
    Show {
        /// The address
        address: Address,
    },
    /// Choose for the account, or for one device; what is not named stays as it is
    Set(Set),
    /// Reset what was chosen for the account, or for one device
    Reset {
        /// The address
        address: Address,
        /// Only what was chosen for this device
        #[arg(long, value_name = "NAME")]
        device: Option<String>,
    },
    /// Show a device again what is hidden from it
    ///
    /// The mail program downloads only what it does not know: most remember the ids of what they had, and must be told
    /// to forget them, or be set up anew.
    ShowAgain {
        /// The address
        address: Address,
        /// The device; without it, whoever logs in with the main password and no device part
        #[arg(long, value_name = "NAME")]
        device: Option<String>,
    },
}

/// At least one of them is named.
const CHOICES: [&str; 5] = ["on_delete", "show", "mark_read", "sent_copy", "login_delay"];

/// Choose for the account, or for one device; what is not named stays as it is
///
/// Each choice can also be `inherit`: then the level above decides again.
#[derive(Args)]
#[group(skip)]
#[command(group = ArgGroup::new("choice").required(true).multiple(true).args(CHOICES))]
pub(crate) struct Set {
    /// The address
    address: Address,
    /// Choose for this device only
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
    /// What becomes of a message that the mail program deletes
    ///
    /// remove: it is gone, and can be brought back for the retention time.
    /// hide: it stays, but this device does not see it any more.
    /// archive, trash: it moves to that folder.
    /// keep-days=N: it is hidden from this device, and removed N days after the download, deleted or not.
    /// keep-until=NAME,NAME: it is hidden from this device, and removed once each of these devices has it.
    #[arg(long, value_name = "WHAT", value_parser = words(pop3_policy::on_delete), verbatim_doc_comment)]
    on_delete: Option<String>,
    /// What a device sees of the Inbox: all, newest=N, or since=YYYY-MM-DD
    #[arg(long, value_name = "WHAT", value_parser = words(pop3_policy::shows))]
    show: Option<String>,
    /// Whether a message counts as read once it is downloaded: yes or no
    #[arg(long, value_name = "YES_OR_NO", value_parser = words(pop3_policy::retrieved))]
    mark_read: Option<String>,
    /// Whether the host puts a copy of what is sent into Sent: yes or no
    ///
    /// For mail programs that use POP3: those that use IMAP put their copy there themselves.
    #[arg(long, value_name = "YES_OR_NO", value_parser = words(pop3_policy::sent_copy))]
    sent_copy: Option<String>,
    /// How many seconds must go by between two logins of a device; 0 for no delay
    #[arg(long, value_name = "SECONDS", value_parser = words(pop3_policy::login_delay))]
    login_delay: Option<String>,
}

/// Takes words that can be understood, or `inherit`.
fn words<T>(
    read: fn(&str) -> Result<T, WordFault>,
) -> impl Fn(&str) -> Result<String, WordFault> + Clone + Send + Sync + 'static
where
    T: 'static,
{
    move |text| {
        if text == INHERIT { Ok(text.to_owned()) } else { read(text).map(|_| text.to_owned()) }
    }
}

impl Pop3 {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let (address, task) = match self {
            Pop3::Show { address } => (address, Pop3Task::Show),
            Pop3::Set(set) => {
                let choice = ChoiceWords {
                    on_delete: set.on_delete,
                    show: set.show,
                    mark_read: set.mark_read,
                    sent_copy: set.sent_copy,
                    login_delay: set.login_delay,
                };
                (set.address, Pop3Task::Set { device: set.device, choice })
            }
            Pop3::Reset { address, device } => (address, Pop3Task::Reset { device }),
            Pop3::ShowAgain { address, device } => (address, Pop3Task::ShowAgain { device }),
        };
        let whose = address.to_string();
        let task = Task::User { address: whose.clone(), task: UserTask::Pop3(task) };
        show(context, context.ask(task, Missing::Refuse).await?, &whose)
    }
}
