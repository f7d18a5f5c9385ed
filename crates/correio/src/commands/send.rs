//! `correio send`: sends a message through the provider of an account.

use std::io::Read as _;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use sync::companion::{Companion, ProviderAccount};
use sync::limits::LETTER_OCTETS_MAX;
use sync::outbox::{
    Copy, CopyBy, Draft, Manner, Notices, Notify, Parcel, ParcelId, Progress, Return, Sender,
    Taking, Waits, WhichParcels, Whom, authors,
};
use sync::{Exit, Service};

use crate::companion::{failed, language, now, place, read};
use crate::context::Context;
use crate::outbox::{Ran, Shows, account_of, of_run, outbox_of, run, senders, stored, unique};
use crate::output::{json, line, warning};
use crate::runs::{About, noted};

/// Send a message through your provider
///
/// The message is a file, or standard input, with a header: it goes to the addresses in To, Cc and Bcc, and Bcc is taken out. Date,
/// Message-ID and From are put in where they are missing. It is first put into the outbox, on the disk, and then sent at once; if that
/// does not work it waits there. It goes from the account whose address stands in From; where only one account can send, from that.
///
/// Exit status: 0 sent (or --later: in the outbox), 1 wrong usage, 2 a person has to do something (somebody was refused for good, or the
/// message cannot be sent as it is), 3 the provider lets nobody in, 4 it waits in the outbox: the network or the server, 5 the disk here.
#[derive(Args)]
pub(crate) struct Send {
    /// The message; without it, or as `-`, standard input
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Send from this account, by its address or its name
    #[arg(long, value_name = "ADDRESS")]
    from: Option<String>,
    /// Send to this address, instead of those in the header; may be given several times
    #[arg(long, value_name = "ADDRESS")]
    to: Vec<String>,
    /// Have the provider tell you by mail: never, or success, failure, delay with commas between them (DSN)
    #[arg(long, value_name = "WHEN", value_parser = notify)]
    notify: Option<Notify>,
    /// What comes back with that: full or headers
    #[arg(long = "return", value_name = "WHAT", value_parser = returned)]
    returned: Option<Returned>,
    /// Put it into the outbox, and do not send it yet
    #[arg(long)]
    later: bool,
    /// Say what would be sent, and do nothing
    #[arg(long)]
    dry_run: bool,
}

impl Send {
    /// What the record of it says.
    pub(super) fn about(&self) -> About {
        let (account, dry_run) = (self.from.clone(), self.dry_run);
        About { verb: "send", account, dry_run, ..About::default() }
    }
}

/// What comes back with a notification.
#[derive(Clone, Copy)]
struct Returned(Return);

pub(super) fn notify(text: &str) -> Result<Notify, String> {
    let wrong = |_| "expected never, or success, failure, delay with commas between".to_owned();
    Notify::parse(&text.to_ascii_uppercase()).map_err(wrong)
}

fn returned(text: &str) -> Result<Returned, String> {
    match text {
        "full" => Ok(Returned(Return::Full)),
        "headers" | "hdrs" => Ok(Returned(Return::Header)),
        _ => Err("expected full or headers".to_owned()),
    }
}

impl Send {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let (companion, text) = (read(&context.folder()?)?, language());
        let octets = self.octets()?;
        let account = self.account(&companion, &octets)?.clone();
        let server = place(&account, Service::Submission)?.to_string();
        let unique = unique()?;
        let whom = if self.to.is_empty() { Whom::OfHeader } else { Whom::Named(self.to.clone()) };
        let ret = self.returned.map(|Returned(ret)| ret);
        let taking = Taking {
            account: &account.address,
            local: None,
            sender: Sender::Account,
            whom,
            full_name: None,
            manner: Manner::Person,
            copy: CopyBy::Us,
            notices: Notices { notify: self.notify, ret, envelope_id: None },
            now: now(),
            unique: &unique,
        };
        let draft = Draft::of(&octets, &taking)
            .map_err(|unfit| failed(Exit::NeedsPerson, unfit.tell(text.0)))?;
        if self.dry_run {
            if context.json {
                return json(&Row::planned(&account, &draft));
            }
            let lines = text.send_plan(account.name.as_str(), &server, &draft.envelope);
            return lines.iter().try_for_each(|text| line(text));
        }
        let id = outbox_of(context, &account)?.add(&draft, now()).map_err(stored)?;
        let waiting = draft.envelope.recipients.len();
        let in_outbox = serde_json::json!({ "account": account.name.as_str(), "waiting": waiting });
        noted(context, &in_outbox);
        if self.later {
            let parcel = outbox_of(context, &account)?.parcel(&id).map_err(stored)?;
            return match parcel.filter(|_| context.json) {
                Some(parcel) => json(&Row::of(&account, &parcel)),
                None => line(&text.for_later(id.as_str())),
            };
        }
        let ran = run(context, &account, WhichParcels::Due, Shows::Progress).await?;
        tell(context, &account, ran.as_ref(), &id)
    }

    fn octets(&self) -> Result<Vec<u8>> {
        let mut octets = Vec::new();
        let most = LETTER_OCTETS_MAX.saturating_add(1);
        match self.file.as_ref().filter(|file| file.as_os_str() != "-") {
            Some(path) => {
                let opened = machine::files::open(path);
                let read = opened.and_then(|file| file.take(most).read_to_end(&mut octets));
                read.map_err(|error| {
                    let text = format!("{}: {error}", path.display());
                    failed(Exit::NeedsPerson, text)
                })?
            }
            None => std::io::stdin().lock().take(most).read_to_end(&mut octets)?,
        };
        Ok(octets)
    }

    /// From which account it goes.
    fn account<'c>(&self, companion: &'c Companion, octets: &[u8]) -> Result<&'c ProviderAccount> {
        if let Some(name) = &self.from {
            let named = companion.account(name);
            return named.map_err(|fault| failed(Exit::NeedsPerson, fault.to_string()));
        }
        let (able, text) = (senders(companion), language());
        let all: Vec<&ProviderAccount> = companion.accounts.iter().collect();
        if let Some(author) = account_of(&all, &authors(octets)) {
            return Ok(author);
        }
        match able.as_slice() {
            [] => Err(failed(Exit::NeedsPerson, text.no_sender())),
            [only] => Ok(only),
            several => {
                let names: Vec<&str> = several.iter().map(|it| it.address.as_str()).collect();
                Err(failed(Exit::NeedsPerson, text.which_sender(&names.join(", "))))
            }
        }
    }
}

/// Says what became of a message, and ends by that.
fn tell(
    context: &Context,
    account: &ProviderAccount,
    ran: Option<&Ran>,
    id: &ParcelId,
) -> Result<()> {
    let text = language();
    let Some(ran) = ran else {
        let parcel = outbox_of(context, account)?.parcel(id).map_err(stored)?;
        return match (parcel, context.json) {
            (Some(parcel), true) => json(&Row::of(account, &parcel)),
            (Some(_), false) => {
                line(&text.for_later(id.as_str())).and_then(|()| line(text.busy_outbox()))
            }
            // The other run took it while we waited.
            (None, _) => line(text.busy_outbox()),
        };
    };
    let Some(parcel) = of_run(ran, id) else { return line(text.busy_outbox()) };
    let are = |progress: fn(&Progress) -> bool| {
        parcel.state.recipients.iter().filter(|recipient| progress(&recipient.progress)).count()
    };
    noted(
        context,
        &serde_json::json!({
            "account": account.name.as_str(),
            "sent": are(|it| matches!(it, Progress::Sent)),
            "waiting": are(|it| matches!(it, Progress::Waiting { .. })),
            "decided": are(|it| matches!(it, Progress::Failed)),
        }),
    );
    match context.json {
        true => json(&Row::of(account, parcel))?,
        false => text.sent_parcel(parcel).iter().try_for_each(|text| line(text))?,
    }
    if let Some(why) = ran.copy_trouble.as_ref().filter(|_| !context.json) {
        warning(why)?;
    }
    ends(parcel, ran)
}

/// How a program ends, by what became of a message.
fn ends(parcel: &Parcel, ran: &Ran) -> Result<()> {
    let text = language();
    match parcel.state.waits() {
        Waits::ForNothing | Waits::ForCopy(_) => Ok(()),
        Waits::ForPerson => Err(failed(Exit::NeedsPerson, text.incomplete())),
        Waits::ForServer(_) => {
            let exit = ran.trouble.as_ref().map_or(Exit::Network, |(exit, _)| *exit);
            Err(failed(exit, text.incomplete()))
        }
    }
}

/// A message, for programs.
#[derive(Serialize)]
pub(super) struct Row {
    account: String,
    id: Option<String>,
    message_id: String,
    from: Option<String>,
    subject: String,
    octets: u64,
    queued_at: i64,
    state: &'static str,
    next_try_at: Option<i64>,
    copy: &'static str,
    trouble: Option<String>,
    recipients: Vec<RecipientRow>,
}

#[derive(Serialize)]
struct RecipientRow {
    address: String,
    state: &'static str,
    status: Option<String>,
    said: Option<String>,
    host: Option<String>,
}

impl Row {
    pub(super) fn of(account: &ProviderAccount, parcel: &Parcel) -> Row {
        let Parcel { id, envelope, state } = parcel;
        let (word, next_try_at) = match (state.waits(), state.held) {
            (_, Some(sync::outbox::Held::Unsure)) => ("unsure", None),
            (_, Some(sync::outbox::Held::Damaged)) => ("damaged", None),
            (Waits::ForServer(at), None) => ("waiting", Some(at.0)),
            (Waits::ForCopy(at), None) => ("copy-waiting", Some(at.0)),
            (Waits::ForPerson, None) => ("refused", None),
            (Waits::ForNothing, None) => ("sent", None),
        };
        let recipient = |it: &sync::outbox::Recipient| RecipientRow {
            address: it.address.clone(),
            state: match it.progress {
                Progress::Waiting { .. } => "waiting",
                Progress::Sent => "sent",
                Progress::Failed => "refused",
            },
            status: it.last.as_ref().map(|said| said.status.clone()),
            said: it.last.as_ref().map(|said| said.text.clone()),
            host: it.last.as_ref().and_then(|said| said.remote.clone()),
        };
        Row {
            account: account.name.to_string(),
            id: Some(id.to_string()),
            message_id: envelope.message_id.clone(),
            from: envelope.from.clone(),
            subject: envelope.subject.clone(),
            octets: envelope.octets,
            queued_at: envelope.queued_at,
            state: word,
            next_try_at,
            copy: match state.copy {
                Copy::Wanted { .. } => "wanted",
                Copy::Made => "made",
                Copy::NotWanted => "not-wanted",
            },
            trouble: state.trouble.clone(),
            recipients: state.recipients.iter().map(recipient).collect(),
        }
    }

    fn planned(account: &ProviderAccount, draft: &Draft) -> Row {
        let envelope = draft.envelope.clone();
        let state = sync::outbox::State::new(&envelope);
        let parcel = Parcel { id: ParcelId::of_number(0), envelope, state };
        Row { id: None, state: "planned", next_try_at: None, ..Row::of(account, &parcel) }
    }
}
