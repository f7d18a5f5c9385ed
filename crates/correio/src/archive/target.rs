//! Files, and users here, as targets of an archive; and the same read back.

use std::convert::Infallible;

use admin::{AdminFault, Client};
use sync::{
    ArchiveTarget, Batch, EndFault, Failure, Letter, LetterSource, ReadBack, SourceFault, Sum,
    TakeFault, TargetFault,
};
use transfer::plan::{Plan, Wanted};
use transfer::{
    Again, Attributes, CarryFault, ExportFault, Format, ImportFault, Item, Known, KnownUidls,
    LineEnds, MailSink, MailSource, MailboxAttributes, carry, export, import, pack,
};

use super::place::Storage;

/// Where one run's mail goes, and is read back from.
pub(crate) struct Target<'c> {
    storage: Storage,
    /// The store, where the mail goes to a user here.
    store: Option<&'c mut Client>,
    /// The mailboxes that it goes to.
    mailboxes: Vec<String>,
}

/// What there is to know of a store that was not opened.
#[derive(Debug, thiserror::Error)]
#[error("the store is not open")]
struct NotOpen;

impl<'c> Target<'c> {
    pub(crate) fn new(
        storage: Storage,
        store: Option<&'c mut Client>,
        mailboxes: Vec<String>,
    ) -> Target<'c> {
        Target { storage, store, mailboxes }
    }

    /// Gives all that is there to a sink.
    pub(crate) async fn give_to<K: MailSink<Fault: Send + Sync + 'static>>(
        &mut self,
        sink: &mut K,
    ) -> Result<(), Failure> {
        let (path, format) = match &self.storage {
            Storage::Folder(format, path) => (path, Some(*format)),
            Storage::Zip(path) => (path, None),
            Storage::Local(address) => {
                let store = self.store.as_mut().ok_or(NotOpen)?;
                return give_local(store, address, &self.mailboxes, sink).await;
            }
        };
        // Where nothing came, nothing was made.
        if !path.exists() {
            return Ok(());
        }
        let plan = Plan::of(path, &Wanted { format, ..Wanted::default() })?;
        match import(sink, &plan, &mut |_| {}).await {
            Ok(_) => Ok(()),
            Err(ImportFault::Sink(fault)) => Err(fault.into()),
        }
    }
}

impl ArchiveTarget for Target<'_> {
    fn batch(&self) -> Batch {
        match &self.storage {
            Storage::Folder(Format::Mbox, _) | Storage::Zip(_) => Batch::ALL,
            Storage::Folder(Format::Maildir | Format::Eml, _) | Storage::Local(_) => {
                Batch { messages: BATCH_MESSAGES, octets: BATCH_OCTETS }
            }
        }
    }

    async fn take<S: LetterSource>(&mut self, letters: &mut S) -> Result<(), TakeFault> {
        let mut giving = Giving::new(letters);
        let taken = match &self.storage {
            Storage::Folder(format, path) => {
                export(&mut giving, path, *format, &mut |_| {}).await.map(drop)
            }
            Storage::Zip(path) => pack(&mut giving, path).await,
            Storage::Local(address) => {
                let store =
                    self.store.as_mut().ok_or(TakeFault::Target(EndFault::local(NotOpen)))?;
                return take_local(store, address, &mut giving).await;
            }
        };
        taken.map_err(|fault| match fault {
            ExportFault::Source(fault) => TakeFault::Source(fault),
            ExportFault::File(fault) => TakeFault::Target(EndFault::local(fault)),
        })
    }

    async fn read_back(
        &mut self,
        each: &mut (dyn FnMut(ReadBack) + Send),
    ) -> Result<(), TargetFault> {
        self.give_to(&mut Digesting { each, open: None }).await.map_err(EndFault::Local)
    }
}

/// So much is durable at once.
const BATCH_MESSAGES: usize = 500;
const BATCH_OCTETS: u64 = 64 << 20;

/// Takes messages into a user's account here.
async fn take_local(
    store: &mut Client,
    address: &str,
    giving: &mut Giving<'_, impl LetterSource>,
) -> Result<(), TakeFault> {
    let failed = |fault: AdminFault| TakeFault::Target(EndFault::local(fault));
    // Whoever archives wants it there, also where it was once and is gone.
    let known = Known { again: Again::Take, uidls: KnownUidls::Keep };
    let mut account = store.import(address, known).await.map_err(failed)?;
    let carried = carry(giving, &mut account).await;
    match carried {
        Err(CarryFault::Sink(fault)) => Err(failed(fault)),
        // What came before the line broke is kept all the same.
        carried => {
            account.finish().await.map_err(failed)?;
            if let Err(CarryFault::Source(fault)) = carried {
                return Err(TakeFault::Source(fault));
            }
            // What the account here refused is not read back, and so stays at the provider.
            Ok(())
        }
    }
}

/// Gives what some mailboxes of a user here have.
async fn give_local<K: MailSink<Fault: Send + Sync + 'static>>(
    store: &mut Client,
    address: &str,
    mailboxes: &[String],
    sink: &mut K,
) -> Result<(), Failure> {
    // Those to which nothing came are not there yet, and would be missed.
    let mut account = store.import(address, Known::default()).await?;
    for name in mailboxes {
        let mailbox = MailboxAttributes { name: name.clone(), special_use: None, subscribed: true };
        account.mailbox(&mailbox).await?;
    }
    account.finish().await?;
    let mut exporting = store.export(address, mailboxes).await?;
    match carry(&mut exporting, sink).await {
        Ok(()) => {}
        Err(CarryFault::Source(fault)) => return Err(fault.into()),
        Err(CarryFault::Sink(fault)) => return Err(fault.into()),
    }
    exporting.finish()?;
    Ok(())
}

/// Messages on their way from the provider, as `transfer` takes them: each mailbox before its messages.
struct Giving<'g, S> {
    letters: &'g mut S,
    mailbox: Option<String>,
    /// The message that comes next.
    waiting: Option<Letter>,
    octets: Vec<u8>,
}

impl<'g, S> Giving<'g, S> {
    fn new(letters: &'g mut S) -> Giving<'g, S> {
        Giving { letters, mailbox: None, waiting: None, octets: Vec::new() }
    }
}

impl<S: LetterSource> MailSource for Giving<'_, S> {
    type Fault = SourceFault;

    fn expected(&self) -> Option<u64> {
        Some(self.letters.expected())
    }

    async fn next(&mut self) -> Result<Option<Item>, SourceFault> {
        let letter = match self.waiting.take() {
            Some(letter) => letter,
            None => match self.letters.next().await? {
                Some(letter) => letter,
                None => return Ok(None),
            },
        };
        if self.mailbox.as_ref() != Some(&letter.mailbox) {
            let (name, special_use) = (letter.mailbox.clone(), letter.special_use.clone());
            self.mailbox = Some(name.clone());
            self.waiting = Some(letter);
            return Ok(Some(Item::Mailbox(MailboxAttributes {
                name,
                special_use,
                subscribed: true,
            })));
        }
        let message = Attributes {
            mailbox: letter.mailbox,
            flags: letter.flags,
            date: letter.date,
            octets: u64::try_from(letter.octets.len()).unwrap_or(u64::MAX),
            line_ends: LineEnds::of(&letter.octets),
            uid: letter.uid,
            ..Attributes::default()
        };
        self.octets = letter.octets;
        Ok(Some(Item::Message(message)))
    }

    async fn read(&mut self) -> Result<Vec<u8>, SourceFault> {
        Ok(std::mem::take(&mut self.octets))
    }
}

/// Takes the digests of messages as they are read back.
struct Digesting<'d> {
    each: &'d mut (dyn FnMut(ReadBack) + Send),
    open: Option<(Attributes, Sum)>,
}

impl MailSink for Digesting<'_> {
    type Fault = Infallible;

    async fn mailbox(&mut self, _: &MailboxAttributes) -> Result<(), Infallible> {
        Ok(())
    }

    async fn begin(&mut self, message: &Attributes) -> Result<(), Infallible> {
        self.open = Some((message.clone(), Sum::default()));
        Ok(())
    }

    async fn write(&mut self, octets: &[u8]) -> Result<(), Infallible> {
        if let Some((_, sum)) = &mut self.open {
            sum.take(octets);
        }
        Ok(())
    }

    async fn end(&mut self) -> Result<(), Infallible> {
        if let Some((message, sum)) = self.open.take() {
            let place = place_of(&message);
            (self.each)(ReadBack { mailbox: message.mailbox, sha256: sum.finish(), place });
        }
        Ok(())
    }

    async fn abandon(&mut self) -> Result<(), Infallible> {
        self.open = None;
        Ok(())
    }
}

/// Where a message is: its file, or its UID in a mailbox here.
fn place_of(message: &Attributes) -> String {
    match (&message.place, message.uid) {
        (Some(place), _) => place.clone(),
        (None, Some((_, uid))) => format!("{}, UID {uid}", message.mailbox),
        (None, None) => message.mailbox.clone(),
    }
}
