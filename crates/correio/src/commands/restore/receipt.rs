//! `correio restore --receipt FILE`: puts archived mail back at the provider.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use admin::Missing;
use anyhow::Result;
use clap::Args;
use mailbox::{Timestamp, ZonedTime};
use sync::limits::LETTER_OCTETS_MAX;
use sync::{
    Appender, Exit, Imap, ImapFault, Letter, Puts, Receipt, ReceiptFolder, ReceiptMessage, Service,
    Trouble,
};
use transfer::{Attributes, MailSink, MailboxAttributes};

use crate::archive::{Place, Storage, Target, read_receipt};
use crate::companion::{
    LimitRate, PutBack, enter_imap, failed, language, place, read, storage, troubled,
};
use crate::context::Context;
use crate::output::{json, line};
use crate::progress::Bar;
use crate::runs::noted;

/// What comes back by a receipt.
#[derive(Args)]
pub(super) struct FromReceipt {
    /// Put back what `correio archive` took from a provider, as this receipt of it says; what is there does not come twice
    #[arg(long, value_name = "FILE", conflicts_with_all = ["folder", "from", "copy"])]
    receipt: Option<PathBuf>,
    /// The account at a provider that it goes to [default: the one it was of]
    #[arg(long, value_name = "NAME", requires = "receipt")]
    account: Option<String>,
    #[command(flatten)]
    rate: LimitRate,
}

impl FromReceipt {
    pub(super) fn is_asked(&self) -> bool {
        self.receipt.is_some()
    }

    /// The account that was named.
    pub(super) fn account(&self) -> Option<String> {
        self.account.clone()
    }

    pub(super) async fn run(self, context: &Context, dry_run: bool) -> Result<()> {
        let text = language();
        let Some(path) = self.receipt else { return Ok(()) };
        let receipt =
            read_receipt(&path).map_err(|error| failed(Exit::NeedsPerson, format!("{error:#}")))?;
        let name = self.account.unwrap_or_else(|| receipt.account.clone());
        let account = read(&context.folder()?)?.account(&name)?.clone();
        let count = u64::try_from(archived(&receipt).count()).unwrap_or(u64::MAX);
        if dry_run {
            if context.json {
                return json(&serde_json::json!({
                    "account": name, "messages": count, "dry_run": true,
                }));
            }
            return text.would_put_back(count, &name).iter().try_for_each(|text| line(text));
        }
        let mut client = enter_imap(context, &account, &*self.rate.network()).await?;
        let endpoint = place(&account, Service::Imap)?;
        let (done, fault) = bring(context, &mut client, &receipt, &path).await?;
        noted(context, &done);
        if context.json {
            json(&done)?;
        } else {
            text.put_back(done, &name).iter().try_for_each(|text| line(text))?;
        }
        if let Some(fault) = fault {
            return Err(troubled(&Trouble::of_imap_session(fault, endpoint), text.0));
        }
        drop(client.log_out().await);
        match (done.missing, done.refused) {
            (0, 0) => Ok(()),
            (0, _) => Err(failed(Exit::Network, text.incomplete())),
            (_, _) => Err(failed(Exit::Verification, text.incomplete())),
        }
    }
}

/// What of a receipt is at its target.
fn archived(receipt: &Receipt) -> impl Iterator<Item = (&ReceiptFolder, &ReceiptMessage)> {
    let of_folder = |folder| {
        let ReceiptFolder { messages, .. }: &ReceiptFolder = folder;
        messages.iter().map(move |message| (folder, message))
    };
    let folders = receipt.folders.iter();
    folders.flat_map(of_folder).filter(|(_, message)| message.place.is_some())
}

/// Brings all of a receipt back. Gives why it did not come to its end, too.
async fn bring(
    context: &Context,
    client: &mut Imap,
    receipt: &Receipt,
    path: &Path,
) -> Result<(PutBack, Option<ImapFault>)> {
    let to: Place = receipt.target.parse()?;
    let from = to.of_run(&receipt.run).beside(path);
    let mut store = match from {
        Storage::Local(_) => Some(context.reach(Missing::Refuse).await?),
        Storage::Folder(..) | Storage::Zip(_) => None,
    };
    let mailboxes = receipt.folders.iter().map(|folder| folder.mailbox.clone()).collect();
    let mut target = Target::new(from, store.as_mut(), mailboxes);
    let mut waiting: HashMap<_, Vec<_>> = HashMap::new();
    for (folder, message) in archived(receipt) {
        let Some(sha256) = &message.sha256 else { continue };
        let key = (folder.mailbox.clone(), sha256.clone());
        waiting.entry(key).or_default().push((folder, message));
    }
    let of = archived(receipt).fold(0, |sum, (_, it)| it.octets.unwrap_or(0).saturating_add(sum));
    let appender = Appender::new(client).await;
    let appender = match appender {
        Ok(appender) => appender,
        Err(fault) => return Ok((PutBack::default(), Some(fault))),
    };
    let (octets, open) = Default::default();
    let mut sink = Returning { appender, waiting, open, octets, of, bar: Bar::new() };
    let mut given = target.give_to(&mut sink).await;
    if given.is_ok() {
        given = sink.appender.settle().await.map_err(|fault| ServerFault(fault).into());
    }
    sink.bar.clear();
    let Returning { waiting, appender, .. } = sink;
    let Puts { new: restored, known, refused, without_keywords } = appender.puts();
    let mut done = PutBack { restored, known, refused, without_keywords, missing: 0 };
    done.missing = waiting.values().fold(0, |sum: u64, left| {
        sum.saturating_add(u64::try_from(left.len()).unwrap_or(u64::MAX))
    });
    drop(target);
    if let Some(store) = store {
        store.close().await.map_err(storage)?;
    }
    match given {
        Ok(()) => Ok((done, None)),
        Err(fault) => match fault.downcast::<ServerFault>() {
            Ok(fault) => Ok((done, Some(fault.0))),
            Err(fault) => Err(failed(Exit::Storage, fault.to_string())),
        },
    }
}

/// The server, or the line to it.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct ServerFault(#[from] ImapFault);

/// What waits to be put back, by mailbox and digest.
type Waiting<'r> = HashMap<(String, String), Vec<(&'r ReceiptFolder, &'r ReceiptMessage)>>;

/// Puts messages back as they are read from the target.
struct Returning<'r> {
    appender: Appender<'r>,
    waiting: Waiting<'r>,
    open: Option<Letter>,
    octets: u64,
    of: u64,
    bar: Bar,
}

impl Returning<'_> {
    /// Puts a message back, as often as the receipt has it.
    async fn put_back(&mut self, letter: Letter) -> Result<(), ImapFault> {
        let key = (letter.mailbox.clone(), letter.sha256());
        for (folder, message) in self.waiting.remove(&key).unwrap_or_default() {
            let there = self.appender.folder_again(folder).await?;
            let date = message.date_s.map(|seconds| ZonedTime {
                time: Timestamp(seconds),
                zone_minutes: message.zone_minutes,
            });
            let letter = Letter { date, flags: message.flags.clone(), ..letter.clone() };
            self.appender.put(&there, letter).await?;
            self.octets = self.octets.saturating_add(message.octets.unwrap_or(0));
            self.bar.transfer(language().putting_back(), self.octets, self.of);
        }
        Ok(())
    }
}

impl MailSink for Returning<'_> {
    type Fault = ServerFault;

    async fn mailbox(&mut self, _: &MailboxAttributes) -> Result<(), ServerFault> {
        Ok(())
    }

    async fn begin(&mut self, message: &Attributes) -> Result<(), ServerFault> {
        self.open = Some(Letter { mailbox: message.mailbox.clone(), ..Letter::default() });
        Ok(())
    }

    async fn write(&mut self, octets: &[u8]) -> Result<(), ServerFault> {
        // What is larger was never archived.
        let max = usize::try_from(LETTER_OCTETS_MAX).unwrap_or(usize::MAX);
        if self.open.as_ref().is_some_and(|it| it.octets.len().saturating_add(octets.len()) > max) {
            self.open = None;
        }
        if let Some(letter) = &mut self.open {
            letter.octets.extend_from_slice(octets);
        }
        Ok(())
    }

    async fn end(&mut self) -> Result<(), ServerFault> {
        match self.open.take() {
            Some(letter) => Ok(self.put_back(letter).await?),
            None => Ok(()),
        }
    }

    async fn abandon(&mut self) -> Result<(), ServerFault> {
        self.open = None;
        Ok(())
    }
}
