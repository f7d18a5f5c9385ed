//! One run over the outbox of an account, by the one who has its turn: sends what is due, makes the copies in Sent, takes out
//! what is over.

use mailbox::{Clock, Timestamp};
use queue::Progress;

use super::filing::{Filer, FilingFault};
use super::local::{LocalFault, file_here};
use super::parcel::Copy;
use super::planner::Waits;
use super::posting::{Desk, PostFault, PostWatch};
use super::shelf::{OutboxShelf, Parcel, ParcelId};
use crate::limits::RECONNECTIONS_MAX;
use crate::session::{Imap, Login, open_submission};
use crate::{Endpoint, LocalFolders, Network, Trouble, Words};

/// Which messages are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhichParcels {
    /// Those that are due.
    Due,
    /// These alone, as far as they are due.
    These(Vec<ParcelId>),
}

impl WhichParcels {
    fn has(&self, id: &ParcelId) -> bool {
        match self {
            WhichParcels::Due => true,
            WhichParcels::These(ids) => ids.contains(id),
        }
    }
}

/// A run. Order of calls: `new`; `send`; the copies, as far as there are any to be made; `finish`.
pub struct OutboxRun<'r, S> {
    shelf: &'r S,
    clock: &'r dyn Clock,
    words: Words,
    which: WhichParcels,
    /// The messages, the oldest first, those too that are over.
    pub parcels: Vec<Parcel>,
}

impl<'r, S: OutboxShelf> OutboxRun<'r, S> {
    /// Begins. What an earlier run was about to end may have been sent by it, or not.
    pub fn new(
        shelf: &'r S,
        clock: &'r dyn Clock,
        words: Words,
        which: WhichParcels,
    ) -> Result<OutboxRun<'r, S>, S::Fault> {
        let mut parcels = shelf.parcels()?;
        for parcel in parcels.iter_mut().filter(|parcel| parcel.state.is_ending()) {
            let why = match words {
                Words::English => "the run that sent it was cut before the provider answered",
                Words::Portuguese => {
                    "a execução que a enviava foi cortada antes da resposta do provedor"
                }
            };
            parcel.state.answer_lost(why.to_owned(), clock.now());
            shelf.keep(&parcel.id, &parcel.state)?;
        }
        Ok(OutboxRun { shelf, clock, words, which, parcels })
    }

    /// Whether anything is to be sent.
    pub fn is_due(&self) -> bool {
        let now = self.clock.now();
        self.parcels.iter().any(|it| self.which.has(&it.id) && !it.state.due(now).is_empty())
    }

    /// Sends what is due, and says what stood in the way, which is noted with the messages, too.
    pub async fn send(
        &mut self,
        network: &dyn Network,
        login: &Login<'_>,
        watch: PostWatch<'_>,
    ) -> Result<Option<Trouble>, S::Fault> {
        let (mut connections, mut last) = (0_u32, None);
        while connections <= RECONNECTIONS_MAX && self.is_due() {
            connections = connections.saturating_add(1);
            let mut client = match open_submission(network, login).await {
                Ok(client) => client,
                Err(trouble) => {
                    self.hinder(&trouble)?;
                    return Ok(Some(trouble));
                }
            };
            match self.send_over(&mut client, login.endpoint, watch).await {
                Ok(()) => {
                    client.quit().await;
                    return Ok(last);
                }
                // What it happened to waits for its next time; the others go over another connection.
                Err(PostFault::Trouble(trouble)) => last = Some(trouble),
                Err(PostFault::Shelf(fault)) => return Err(fault),
            }
        }
        Ok(last)
    }

    async fn send_over(
        &mut self,
        client: &mut crate::session::Submission,
        endpoint: &Endpoint,
        watch: PostWatch<'_>,
    ) -> Result<(), PostFault<S::Fault>> {
        let OutboxRun { shelf, clock, words, which, parcels } = self;
        let desk = Desk { shelf: *shelf, clock: *clock, words: *words, endpoint };
        let now = clock.now();
        let due = parcels.iter_mut().filter(|it| which.has(&it.id));
        for parcel in due.filter(|it| !it.state.due(now).is_empty()) {
            desk.post(client, parcel, watch).await?;
        }
        Ok(())
    }

    /// Notes that nothing could be sent.
    pub fn hinder(&mut self, trouble: &Trouble) -> Result<(), S::Fault> {
        let (now, why) = (self.clock.now(), trouble.tell(self.words));
        for parcel in self.parcels.iter_mut().filter(|it| self.which.has(&it.id)) {
            if parcel.state.due(now).is_empty() {
                continue;
            }
            let before = parcel.state.clone();
            match trouble.is_unconnected() {
                true => parcel.state.unconnected(why.clone()),
                false => parcel.state.hindered(why.clone(), now),
            }
            if parcel.state != before {
                self.shelf.keep(&parcel.id, &parcel.state)?;
            }
        }
        Ok(())
    }

    /// How many copies are to be made now.
    pub fn copies_due(&self) -> usize {
        self.parcels.iter().filter(|it| is_copy_due(it, self.clock.now())).count()
    }

    /// Makes none of the copies: the provider does it by itself, or nobody wants them.
    pub fn leave_copies(&mut self) -> Result<(), S::Fault> {
        let now = self.clock.now();
        for parcel in self.parcels.iter_mut().filter(|it| is_copy_due(it, now)) {
            parcel.state.copied(Copy::NotWanted);
            self.shelf.keep(&parcel.id, &parcel.state)?;
        }
        Ok(())
    }

    /// Makes the copies in Sent at the provider, and says what stood in the way.
    pub async fn copy_there(
        &mut self,
        client: &mut Imap,
        endpoint: &Endpoint,
    ) -> Result<Option<Trouble>, S::Fault> {
        let filer = match Filer::new(self.shelf, client, self.clock).await {
            Ok(Some(filer)) => filer,
            Ok(None) => {
                self.leave_copies()?;
                return Ok(None);
            }
            Err(fault) => {
                let trouble = Trouble::of_imap_session(fault, endpoint);
                self.hinder_copies(&trouble.tell(self.words))?;
                return Ok(Some(trouble));
            }
        };
        let (mut filer, now, mut last) = (filer, self.clock.now(), None);
        for parcel in self.parcels.iter_mut().filter(|it| is_copy_due(it, now)) {
            let fault = match filer.file(parcel).await {
                Ok(()) => continue,
                Err(FilingFault::Server(fault)) => fault,
                Err(FilingFault::Shelf(fault)) => return Err(fault),
            };
            let is_over = !matches!(fault, imap::client::Fault::Refused(_));
            let trouble = Trouble::of_imap_session(fault, endpoint);
            parcel.state.not_copied(trouble.tell(self.words), now);
            self.shelf.keep(&parcel.id, &parcel.state)?;
            last = Some(trouble);
            if is_over {
                break;
            }
        }
        Ok(last)
    }

    /// Notes that no copy could be made.
    pub fn hinder_copies(&mut self, why: &str) -> Result<(), S::Fault> {
        let now = self.clock.now();
        for parcel in self.parcels.iter_mut().filter(|it| is_copy_due(it, now)) {
            parcel.state.not_copied(why.to_owned(), now);
            self.shelf.keep(&parcel.id, &parcel.state)?;
        }
        Ok(())
    }

    /// Makes the copies in Sent of the account here.
    pub async fn copy_here<L: LocalFolders>(
        &mut self,
        local: &mut L,
    ) -> Result<(), LocalFault<L::Fault, S::Fault>> {
        let now = self.clock.now();
        for parcel in self.parcels.iter_mut().filter(|it| is_copy_due(it, now)) {
            file_here(self.shelf, local, parcel, now).await?;
        }
        Ok(())
    }

    /// Takes out what is over. It still stands in `parcels`.
    pub fn finish(&self) -> Result<(), S::Fault> {
        for parcel in self.parcels.iter().filter(|it| it.state.waits() == Waits::ForNothing) {
            self.shelf.remove(&parcel.id)?;
        }
        Ok(())
    }
}

fn is_copy_due(parcel: &Parcel, now: Timestamp) -> bool {
    // While others of its recipients still wait, those who have it have it: the copy need not wait for them.
    match &parcel.state.copy {
        Copy::Wanted { next_at, .. } => parcel.state.has(Progress::Sent) && *next_at <= now.0,
        Copy::Made | Copy::NotWanted => false,
    }
}
