//! A target and a record that keep what is durable, and fail where they are told to.

use std::collections::BTreeMap;

use sync::{
    ArchiveDone, ArchivePlan, ArchiveRecord, ArchiveStep, ArchiveTarget, ArchiveWanted, Batch,
    Copied, EndFault, Failure, Go, Imap, Letter, LetterSource, PlanFault, RECEIPT_VERSION,
    ReadBack, Receipt, Stage, TakeFault, TargetFault, archive_planned, archived, sha256,
};

/// What is durable: the target, by mailbox, UIDVALIDITY and UID; the receipt; and what was copied since.
pub(crate) struct Shelf {
    pub(crate) letters: BTreeMap<(String, (u32, u32)), Letter>,
    pub(crate) receipt: Option<Receipt>,
    copied: Vec<Copied>,
    pub(crate) batch: Batch,
    /// The call that fails; counted from 1.
    pub(crate) fails_at: Option<u32>,
    calls: u32,
    /// Spoils a message that is read back.
    pub(crate) spoils: Option<String>,
}

/// Behind `io::Error` stands what a full disk says.
fn full() -> Failure {
    std::io::Error::from(std::io::ErrorKind::StorageFull).into()
}

impl Shelf {
    pub(crate) fn new(batch: Batch) -> Shelf {
        let (letters, receipt, copied) = Default::default();
        Shelf { letters, receipt, copied, batch, fails_at: None, calls: 0, spoils: None }
    }

    fn call(&mut self) -> Result<(), Failure> {
        self.calls += 1;
        if self.fails_at == Some(self.calls) { Err(full()) } else { Ok(()) }
    }

    /// Whether the call that was to fail did.
    pub(crate) fn has_failed(&self) -> bool {
        self.fails_at.is_some_and(|at| self.calls >= at)
    }

    /// As when the program begins anew: what it knows is what was kept.
    fn begun_before(&mut self) -> Option<Receipt> {
        let mut receipt = self.receipt.clone().filter(|it| it.stage != Stage::Done)?;
        self.copied.drain(..).for_each(|copied| receipt.take(copied));
        Some(receipt)
    }

    /// One run, as the program does it: what was cut goes on, then comes what is new. None: there was nothing to do.
    pub(crate) async fn archive(
        &mut self,
        client: &mut Imap,
        wanted: &ArchiveWanted,
    ) -> Result<Option<ArchiveDone>, PlanFault> {
        if let Some(receipt) = self.begun_before() {
            let done = self.carry_out(client, receipt).await;
            if done.fault.is_some() || done.stopped {
                return Ok(Some(done));
            }
        }
        let ArchivePlan { folders, .. } = archive_planned(client, wanted).await?;
        if folders.is_empty() {
            return Ok(None);
        }
        let text = |text: &str| text.to_owned();
        let receipt = Receipt {
            version: RECEIPT_VERSION,
            run: text("ana-1"),
            account: text("ana"),
            server: text("imaps://imap.example.org"),
            user: text("ana"),
            target: text("eml:/shelf"),
            place: text("/shelf/ana-1"),
            begun: text("2026-12-01T00:00:00Z"),
            stage: Stage::Copying,
            folders,
        };
        Ok(Some(self.carry_out(client, receipt).await))
    }

    async fn carry_out(&mut self, client: &mut Imap, mut receipt: Receipt) -> ArchiveDone {
        let mut watch = |_: ArchiveStep| Go::On;
        let mut kept = Kept { receipt: self.receipt.clone(), ..Kept::default() };
        let done = archived(client, &mut receipt, self, &mut kept, &mut watch).await;
        (self.receipt, self.copied) = (kept.receipt, kept.copied);
        done
    }
}

/// The record of one run. What fails is the target, which comes before it.
#[derive(Default)]
pub(crate) struct Kept {
    receipt: Option<Receipt>,
    copied: Vec<Copied>,
}

impl Kept {
    /// What is known of runs before.
    pub(crate) fn left(&self) -> Option<Receipt> {
        let mut receipt = self.receipt.clone()?;
        self.copied.iter().for_each(|copied| receipt.take(copied.clone()));
        Some(receipt)
    }
}

impl ArchiveRecord for Kept {
    fn keep(&mut self, receipt: &Receipt) -> Result<(), Failure> {
        self.receipt = Some(receipt.clone());
        self.copied.clear();
        Ok(())
    }

    fn note(&mut self, copied: &[Copied]) -> Result<(), Failure> {
        self.copied.extend_from_slice(copied);
        Ok(())
    }
}

impl ArchiveTarget for Shelf {
    fn batch(&self) -> Batch {
        self.batch
    }

    async fn take<S: LetterSource>(&mut self, letters: &mut S) -> Result<(), TakeFault> {
        if self.batch == Batch::ALL {
            // It is written anew, in the place of what was there.
            let mut anew = BTreeMap::new();
            while let Some(letter) = letters.next().await.map_err(TakeFault::Source)? {
                self.call().map_err(|why| TakeFault::Target(EndFault::Local(why)))?;
                anew.insert((letter.mailbox.clone(), letter.uid.unwrap()), letter);
            }
            self.call().map_err(|why| TakeFault::Target(EndFault::Local(why)))?;
            self.letters.append(&mut anew);
            return Ok(());
        }
        while let Some(letter) = letters.next().await.map_err(TakeFault::Source)? {
            self.call().map_err(|why| TakeFault::Target(EndFault::Local(why)))?;
            self.letters.insert((letter.mailbox.clone(), letter.uid.unwrap()), letter);
        }
        self.call().map_err(|why| TakeFault::Target(EndFault::Local(why)))
    }

    async fn read_back(
        &mut self,
        each: &mut (dyn FnMut(ReadBack) + Send),
    ) -> Result<(), TargetFault> {
        self.call().map_err(EndFault::Local)?;
        for letter in self.letters.values() {
            let mut octets = letter.octets.clone();
            if self.spoils.as_ref().is_some_and(|text| holds(&octets, text)) {
                *octets.last_mut().unwrap() ^= 1;
            }
            let (mailbox, sha256) = (letter.mailbox.clone(), sha256(&octets));
            each(ReadBack { mailbox, sha256, place: "somewhere".to_owned() });
        }
        Ok(())
    }
}

pub(crate) fn holds(octets: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(octets).contains(text)
}
