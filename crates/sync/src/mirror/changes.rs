//! What changed in a folder there since all of it was here: flags are taken over, and what came and what went is noted.

use imap::client::{FetchEvent, Fetching};
use imap::commands::{Fetch, SearchReturn, Vanished};
use imap::fetch::{Fetched, Item, items};
use imap::response::{Response, When};
use imap::search::{Key, keys};
use imap::wire::{By, Flag, FlagList, SequenceSet};
use mailbox::limits::KEYWORDS_MAX;
use mailbox::{
    Flags, Keyword, MailboxId, Mirrored, ModSeq, Placement, PlacementState, Uid, UidSet,
};

use super::here::Here;
use super::notes::{FolderNote, MessageName};
use super::{Mirror, MirrorFault, Why, Work};
use crate::folders::{Edit, Edited, LocalFolders, Marks, Runs};
use crate::limits::{KEYWORDS_SPARE, MESSAGES_AT_ONCE};
use crate::network::Stream;
use crate::remote::Figures;

/// A message there, and its flags.
pub(super) type Seen = (u32, Marks);

impl<L: LocalFolders> Mirror<'_, '_, L> {
    /// Looks at a folder.
    pub(super) async fn look_at(&mut self, work: &mut Work) -> Result<(), MirrorFault> {
        let name = work.there.name.clone();
        let Some(figures) = self.open(&name).await? else { return Ok(()) };
        let Some(validity) = figures.validity else {
            self.here.done.refuse(&name, Why::NoValidity);
            return Ok(());
        };
        let before = work.note.validity;
        work.renumbered = before != 0 && before != validity;
        if !self.wanted.direction.is_down() {
            return self.look_for_sent(work, validity, &figures).await;
        }
        let went_back = figures.uid_next.is_some_and(|next| next < work.note.uid_next);
        if went_back && !work.renumbered {
            self.here.done.refuse(&name, Why::WentBack);
            return Ok(());
        }
        let mut others = Vec::new();
        if work.renumbered || before == 0 {
            others = self.here.all_of(work.local).await?;
            others.retain(|(name, _)| name.validity != validity);
        }
        work.renumbered |= !others.is_empty();
        work.gone = self.note_gone(others);
        work.is_open = true;
        work.keywords = self.here.keywords(work.local).await?;
        let since = figures.modseq.filter(|_| self.can.qresync && !work.renumbered);
        let since = since.and(Some(work.note.modseq)).filter(|modseq| *modseq > 0);
        let listed = self.uids_listed(work, &figures).await?;
        let since = since.or(listed.as_ref().and(Some(work.note.modseq)));
        let (went, highest) = self.listen(work, validity, since, &figures).await?;
        let went = listed.map_or(went, Went::Unlisted);
        work.is_listed = !matches!(went, Went::Untold);
        let gone = match went {
            Went::Told(ranges) => self.here.of_ranges(work.local, validity, &ranges).await?,
            Went::Unlisted(listed) => {
                let gone = |uid| Uid::new(uid).is_some_and(|uid| !listed.contains(uid));
                self.here.messages_of(work.local, validity, (1, u32::MAX), gone).await?
            }
            Went::Untold => {
                self.here.done.refuse(&name, Why::CutShort);
                work.whole = false;
                Vec::new()
            }
        };
        let names = self.note_gone(gone);
        work.gone.extend(names);
        work.next = FolderNote {
            validity,
            uid_next: figures.uid_next.unwrap_or(highest.saturating_add(1)),
            modseq: figures.modseq.unwrap_or(0),
            messages: figures.messages.unwrap_or(0),
            mailbox_id: figures.mailbox_id.or_else(|| work.note.mailbox_id.clone()),
            ..work.note.clone()
        };
        Ok(())
    }

    /// The UIDs of a folder whose server tells which messages changed (RFC 7162, 3.1.4), and not which went: with these, not all
    /// flags need be told. None: it is another server, or a folder that was not all here.
    async fn uids_listed(
        &mut self,
        work: &Work,
        figures: &Figures,
    ) -> Result<Option<UidSet>, MirrorFault> {
        let extended = self.client.can("ESEARCH") || self.client.can("IMAP4rev2");
        let is_known = work.note.modseq > 0 && figures.modseq.is_some() && !work.renumbered;
        let exists = figures.messages.unwrap_or(0);
        if self.can.qresync || !self.can.condstore || !extended || !is_known || exists == 0 {
            return Ok(None);
        }
        let returns = SearchReturn { all: true, ..SearchReturn::default() };
        let found = self.client.search_returning(Key::from(keys::All), Some(returns));
        let numbers = found.await?.numbers(usize::MAX);
        let told = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        let all: UidSet = numbers.into_iter().filter_map(Uid::new).collect();
        // What went since it was opened is told as news; where it does not add up, all is asked for.
        let went = self.client.take_news().filter(|it| matches!(it, Response::Expunge(_))).count();
        let went = u32::try_from(went).unwrap_or(u32::MAX);
        Ok((told.saturating_add(went) >= exists).then_some(all))
    }

    /// Finds the messages there that are not known, for they may be some that went up.
    async fn look_for_sent(
        &mut self,
        work: &mut Work,
        validity: u32,
        figures: &Figures,
    ) -> Result<(), MirrorFault> {
        if work.renumbered {
            let name = work.there.name.clone();
            self.here.done.refuse(&name, Why::Renumbered);
            return Ok(());
        }
        if work.note.validity == 0 {
            work.note.validity = validity;
            work.next = work.note.clone();
            self.here.keep(work.local, Some(&work.note)).await?;
        }
        work.keywords = self.here.keywords(work.local).await?;
        let (went, _) = self.listen(work, validity, None, figures).await?;
        work.is_listed = !matches!(went, Went::Untold);
        Ok(())
    }

    /// Hears the flags of messages: of those that changed, or of all. Gives what went, and the highest UID.
    async fn listen(
        &mut self,
        work: &mut Work,
        validity: u32,
        since: Option<u64>,
        figures: &Figures,
    ) -> Result<(Went, u32), MirrorFault> {
        let knows_any = self.here.knows_any(work.local, validity).await?;
        let exists = figures.messages.unwrap_or(0);
        if since.is_none() && exists == 0 {
            // Some servers refuse to fetch from an empty mailbox.
            return Ok((Went::Unlisted(UidSet::new()), 0));
        }
        let fetch = Fetch {
            by: By::Uid,
            messages: SequenceSet::all().into(),
            items: vec![items::Flags.into()],
            changed_since: since.map(ModSeq),
            vanished: if since.is_some() && self.can.qresync {
                Vanished::Told
            } else {
                Vanished::Untold
            },
            partial: None,
        };
        let mut heard = Heard::default();
        let mut fetching = self.client.fetch_with(fetch).await?;
        let mut is_over = false;
        while !is_over {
            let batch;
            (batch, is_over) = heard.next(&mut fetching).await?;
            if !self.wanted.direction.is_down() {
                self.here.find_unknown(work, validity, batch).await?;
            } else if knows_any {
                self.here.take_over(work, validity, batch).await?;
            } else {
                work.new.extend(batch.into_iter().map(|(uid, _)| uid));
            }
        }
        let Heard { listed, went, expunged, .. } = heard;
        let highest = listed.iter().copied().max().unwrap_or(0);
        let told = u32::try_from(listed.len()).unwrap_or(u32::MAX).saturating_add(expunged);
        let went = match since {
            Some(_) => Went::Told(went),
            None if told < exists => Went::Untold,
            None => Went::Unlisted(listed.into_iter().filter_map(Uid::new).collect()),
        };
        Ok((went, highest))
    }
}

/// What went from a folder.
enum Went {
    /// What the server said.
    Told(Vec<(u32, u32)>),
    /// All but these.
    Unlisted(UidSet),
    /// It cannot be known: the server did not list all that it has.
    Untold,
}

/// What is heard while a folder is looked at.
#[derive(Default)]
struct Heard {
    listed: Vec<u32>,
    went: Vec<(u32, u32)>,
    /// How many messages went meanwhile.
    expunged: u32,
}

impl Heard {
    /// The next messages; and whether these were the last.
    async fn next<S: Stream>(
        &mut self,
        fetching: &mut Fetching<'_, S>,
    ) -> Result<(Vec<Seen>, bool), MirrorFault> {
        let mut batch = Vec::new();
        while batch.len() < MESSAGES_AT_ONCE {
            match fetching.next().await? {
                None => return Ok((batch, true)),
                Some(FetchEvent::Message(fetched)) => {
                    if let Some(seen) = seen_of(&fetched) {
                        self.listed.push(seen.0);
                        batch.push(seen);
                    }
                }
                Some(FetchEvent::News(news)) => self.hear(&news),
                Some(FetchEvent::Section(..) | FetchEvent::Chunk(_)) => {}
            }
        }
        Ok((batch, false))
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "other news say nothing of it")]
    fn hear(&mut self, news: &Response) {
        match news {
            Response::Vanished(vanished) => {
                let ranges = vanished.uids.resolve(u32::MAX);
                if vanished.when == When::Now {
                    let count: u64 = ranges
                        .iter()
                        .map(|(a, b)| u64::from(b.abs_diff(*a)).saturating_add(1))
                        .sum();
                    let count = u32::try_from(count).unwrap_or(u32::MAX);
                    self.expunged = self.expunged.saturating_add(count);
                }
                self.went.extend(ranges);
            }
            Response::Expunge(_) => self.expunged = self.expunged.saturating_add(1),
            _ => {}
        }
    }
}

/// A message and its flags, if both were told.
pub(super) fn seen_of(fetched: &Fetched) -> Option<Seen> {
    Some((fetched.uid()?, marks_of(fetched.flags()?)))
}

/// Flags as they are here.
pub(super) fn marks_of(flags: &FlagList) -> Marks {
    let mut marks = Marks::default();
    for flag in flags {
        let system = match flag {
            Flag::Seen => Flags::SEEN,
            Flag::Answered => Flags::ANSWERED,
            Flag::Flagged => Flags::FLAGGED,
            Flag::Deleted => Flags::DELETED,
            Flag::Draft => Flags::DRAFT,
            Flag::Keyword(keyword) => {
                if Keyword::new(keyword).is_some() {
                    let keyword = Marks { system: 0, keywords: vec![keyword.clone()] };
                    marks = marks.with(&keyword);
                }
                continue;
            }
            Flag::Recent | Flag::Any | Flag::Extension(_) => continue,
        };
        marks.system |= system.0;
    }
    marks
}

/// What is asked beside flags where nothing else is.
pub(super) fn flags_item() -> Item {
    items::Flags.into()
}

impl Work {
    /// Those of these flags that have room here: a mailbox has only so many keywords.
    pub(super) fn fitting(&mut self, marks: &Marks) -> Marks {
        let mut fitting = Marks { system: marks.system, keywords: Vec::new() };
        for keyword in &marks.keywords {
            let is_known = self.keywords.iter().any(|known| known.eq_ignore_ascii_case(keyword));
            if !is_known {
                if self.keywords.len() >= KEYWORDS_MAX.saturating_sub(KEYWORDS_SPARE) {
                    continue;
                }
                self.keywords.push(keyword.clone());
            }
            fitting.keywords.push(keyword.clone());
        }
        fitting
    }
}

/// Messages here whose flags change in the same way.
struct Group {
    folder: MailboxId,
    add: Marks,
    remove: Marks,
    messages: Vec<(MessageName, Placement, Mirrored)>,
}

impl<L: LocalFolders> Here<L> {
    /// The keywords in use in a folder here.
    async fn keywords(&mut self, folder: MailboxId) -> Result<Vec<String>, MirrorFault> {
        self.local.keywords(folder).await.map_err(Self::fault)
    }

    /// The mirrored messages with UIDs there in these ranges.
    async fn of_ranges(
        &mut self,
        folder: MailboxId,
        validity: u32,
        ranges: &[(u32, u32)],
    ) -> Result<Vec<(MessageName, Mirrored)>, MirrorFault> {
        let pairs = ranges.iter().filter_map(|(a, b)| Some((Uid::new(*a)?, Uid::new(*b)?)));
        let mut found = Vec::new();
        for (first, last) in UidSet::from_ranges(pairs).ranges() {
            let range = (first.number(), last.number());
            found.extend(self.messages_of(folder, validity, range, |_| true).await?);
        }
        Ok(found)
    }

    /// Takes over the flags of messages that are here, and notes those that are not.
    ///
    /// Each flag by itself: what changed there since both ends agreed changes here, and what changed here stays. A message
    /// that is not here any more although its flags changed there comes again: who changes it wants to have it.
    pub(super) async fn take_over(
        &mut self,
        work: &mut Work,
        validity: u32,
        seen: Vec<Seen>,
    ) -> Result<(), MirrorFault> {
        let uids = seen.iter().map(|(uid, _)| *uid);
        let known = self.known(work.local, validity, uids).await?;
        let mut groups: Vec<Group> = Vec::new();
        for ((uid, marks), placement) in seen.into_iter().zip(known) {
            let name = MessageName { local: work.local, validity, uid };
            let Some(placement) = placement else {
                work.new.push(uid);
                continue;
            };
            let PlacementState::Mirrored(mirrored) = &placement.state else { continue };
            let (before, now) = (Marks::from(&mirrored.flags), work.fitting(&marks));
            if before.same(&now) {
                continue;
            }
            // A deletion that was cut in the middle leaves the mark there; that is no change of somebody's.
            if self.deleted_here.contains(&name) && before.same_but_deleted(&now) {
                continue;
            }
            let (add, remove) = (now.without(&before), before.without(&now));
            let mirrored = Mirrored { flags: now.names(), ..mirrored.clone() };
            let folder = mirrored.mailbox;
            let like = |group: &&mut Group| {
                group.folder == folder && group.add == add && group.remove == remove
            };
            match groups.iter_mut().find(like) {
                Some(group) => group.messages.push((name, placement, mirrored)),
                None => {
                    let messages = vec![(name, placement, mirrored)];
                    groups.push(Group { folder, add, remove, messages });
                }
            }
        }
        for group in groups {
            self.mark(work, group).await?;
        }
        Ok(())
    }

    /// Notes the messages that are not known.
    async fn find_unknown(
        &mut self,
        work: &mut Work,
        validity: u32,
        seen: Vec<Seen>,
    ) -> Result<(), MirrorFault> {
        let known = self.known(work.local, validity, seen.iter().map(|(uid, _)| *uid)).await?;
        let unknown = seen.iter().zip(known).filter(|(_, known)| known.is_none());
        work.new.extend(unknown.map(|((uid, _), _)| *uid));
        Ok(())
    }

    async fn mark(&mut self, work: &mut Work, group: Group) -> Result<(), MirrorFault> {
        let Group { folder, add, remove, messages } = group;
        let uids: UidSet = messages.iter().map(|(_, _, mirrored)| mirrored.uid).collect();
        let edit = Edit::Mark { folder: folder.0, uids: Runs::of(&uids), add, remove };
        let there = match self.edit(edit).await? {
            Edited::Uids(there) => there.uids(),
            // The folder is gone, and its messages with it.
            Edited::Refused(_) => UidSet::new(),
            Edited::Done | Edited::Folder(_) | Edited::Carried(_) => uids,
        };
        let mut notes = Vec::with_capacity(messages.len());
        for (name, placement, mirrored) in messages {
            let Some(key) = name.placement() else { continue };
            if there.contains(mirrored.uid) {
                self.done.marked = self.done.marked.saturating_add(1);
                let state = PlacementState::Mirrored(mirrored);
                notes.push((key, Some(Placement { state, ..placement })));
            } else {
                notes.push((key, None));
                work.new.push(name.uid);
                self.done.there.back =
                    self.done.there.back.saturating_add(u64::from(self.deleted_here.remove(&name)));
            }
        }
        self.commit(notes).await
    }
}
