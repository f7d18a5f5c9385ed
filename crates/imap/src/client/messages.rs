//! Commands on messages: search, change flags, copy, move, expunge.

use mailbox::{FlagMode, SortKey, ThreadAlgorithm};

use super::{Client, Done, Fault, Stream};
use crate::commands::{
    Copy, Echo, Expunge, Move, MultiSearch, Search, SearchReturn, Sort, Store, Thread,
};
use crate::fetch::Fetched;
use crate::response::{Code, Esearch, Response, SearchNumbers, Threads, When};
use crate::search::Key;
use crate::wire::{By, Flag, Messages, Name, SequenceSet};

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Told the old way.
    Numbers(SearchNumbers),
    /// Told by ESEARCH.
    Extended(Esearch),
}

impl Found {
    /// The numbers found, at most so many.
    pub fn numbers(&self, max: usize) -> Vec<u32> {
        match self {
            Found::Numbers(found) => found.numbers.iter().copied().take(max).collect(),
            Found::Extended(found) => {
                found.all.iter().flat_map(SequenceSet::numbers).take(max).collect()
            }
        }
    }
}

/// Where copies went (RFC 4315, 3). The two sets name the same messages in the same order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopiedUids {
    /// The UIDVALIDITY of the target.
    pub uid_validity: u32,
    /// The UIDs they have where they came from.
    pub from: SequenceSet,
    /// The UIDs they got.
    pub to: SequenceSet,
}

/// Messages that are gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gone {
    /// Message numbers, each as it was after those before it had gone.
    pub numbers: Vec<u32>,
    /// UIDs, instead, where QRESYNC is on.
    pub uids: Vec<SequenceSet>,
}

impl<S: Stream> Client<S> {
    /// Finds messages; gives UIDs.
    pub async fn search(&mut self, key: Key) -> Result<Found, Fault> {
        self.search_returning(key, None).await
    }

    /// Finds messages; gives what is asked, by UID.
    pub async fn search_returning(
        &mut self,
        key: Key,
        returns: Option<SearchReturn>,
    ) -> Result<Found, Fault> {
        let search = Search { by: By::Uid, returns, charset: None, key };
        let done = self.run(search).await?;
        Ok(self.found(done))
    }

    /// Finds messages in several mailboxes. Of those where nothing is found, nothing is told.
    pub async fn search_mailboxes(&mut self, search: MultiSearch) -> Result<Vec<Esearch>, Fault> {
        let done = self.run(search).await?;
        Ok(self.sort(done.responses, |response| match response {
            Response::Esearch(found) if found.mailbox.is_some() => Ok(*found),
            other => Err(other),
        }))
    }

    /// Finds messages and puts them in order; gives what is asked, by UID.
    pub async fn sort_messages(
        &mut self,
        keys: Vec<SortKey>,
        key: Key,
        returns: Option<SearchReturn>,
    ) -> Result<Found, Fault> {
        let charset = "UTF-8".to_owned();
        let done = self.run(Sort { by: By::Uid, returns, keys, charset, key }).await?;
        Ok(self.found(done))
    }

    /// Finds messages and threads them; gives UIDs.
    pub async fn thread_messages(
        &mut self,
        algorithm: ThreadAlgorithm,
        key: Key,
    ) -> Result<Threads, Fault> {
        let charset = "UTF-8".to_owned();
        let done = self.run(Thread { by: By::Uid, algorithm, charset, key }).await?;
        let mut threads = Threads::default();
        self.sort(done.responses, |response| match response {
            Response::Thread(told) => {
                threads = told;
                Ok(())
            }
            other => Err(other),
        });
        Ok(threads)
    }

    /// What a search told, for those who sent it themselves.
    pub fn found(&mut self, done: Done) -> Found {
        let mut found = Found::Numbers(SearchNumbers::default());
        self.sort(done.responses, |response| match response {
            Response::Search(numbers) | Response::Sort(numbers) => {
                found = Found::Numbers(numbers);
                Ok(())
            }
            Response::Esearch(esearch) => {
                found = Found::Extended(*esearch);
                Ok(())
            }
            other => Err(other),
        });
        found
    }

    /// Changes flags of messages by UID; gives what the server told of them.
    pub async fn store(
        &mut self,
        uids: impl Into<Messages>,
        mode: FlagMode,
        flags: &[Flag],
    ) -> Result<Vec<Fetched>, Fault> {
        self.store_with(Store {
            by: By::Uid,
            messages: uids.into(),
            unchanged_since: None,
            mode,
            echo: Echo::Told,
            flags: flags.to_vec(),
        })
        .await
        .map(|(fetched, _)| fetched)
    }

    /// Changes flags; gives what the server told, and which messages it left alone because they had changed.
    pub async fn store_with(
        &mut self,
        store: Store,
    ) -> Result<(Vec<Fetched>, Option<SequenceSet>), Fault> {
        let done = self.run(store).await?;
        let fetched = self.sort(done.responses, |response| {
            if let Response::Fetch(fetched) = response { Ok(fetched) } else { Err(response) }
        });
        let modified = if let Some(Code::Modified(set)) = done.code { Some(set) } else { None };
        Ok((fetched, modified))
    }

    /// Copies messages by UID.
    pub async fn copy(
        &mut self,
        uids: impl Into<Messages>,
        mailbox: &str,
    ) -> Result<Option<CopiedUids>, Fault> {
        let copy = Copy { by: By::Uid, messages: uids.into(), mailbox: Name::from(mailbox) };
        let done = self.run(copy).await?;
        Ok(self.copied(done))
    }

    /// Moves messages by UID. The removals are news.
    pub async fn move_to(
        &mut self,
        uids: impl Into<Messages>,
        mailbox: &str,
    ) -> Result<Option<CopiedUids>, Fault> {
        let command = Move { by: By::Uid, messages: uids.into(), mailbox: Name::from(mailbox) };
        let done = self.run(command).await?;
        Ok(self.copied(done))
    }

    /// COPYUID stands in the tagged OK of COPY and in an untagged one of MOVE (RFC 6851, 4.3).
    fn copied(&mut self, done: Done) -> Option<CopiedUids> {
        let mut codes: Vec<Option<Code>> = self.sort(done.responses, |response| match response {
            Response::Untagged(status) if matches!(status.code, Some(Code::CopyUid(..))) => {
                Ok(status.code)
            }
            other => Err(other),
        });
        codes.push(done.code);
        codes.into_iter().flatten().find_map(|code| {
            if let Code::CopyUid(uid_validity, from, to) = code {
                Some(CopiedUids { uid_validity, from, to })
            } else {
                None
            }
        })
    }

    /// Removes messages marked `\Deleted`: those of these UIDs, or all.
    pub async fn expunge(&mut self, uids: Option<Messages>) -> Result<Gone, Fault> {
        let done = self.run(Expunge { uids }).await?;
        let mut gone = Gone::default();
        self.sort(done.responses, |response| match response {
            Response::Expunge(number) => {
                gone.numbers.push(number);
                Ok(())
            }
            Response::Vanished(vanished) if vanished.when == When::Now => {
                gone.uids.push(vanished.uids);
                Ok(())
            }
            other => Err(other),
        });
        Ok(gone)
    }
}
