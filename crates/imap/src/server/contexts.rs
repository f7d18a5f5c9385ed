//! Keeps the contexts of a session current: looks which of the messages that came or changed match, and sorts where that is
//! wanted (RFC 5267, 4.3).

use std::sync::Arc;

use mailbox::search::Query;
use mailbox::{Account, Collation, MailboxState, Ranked, SortKey, Uid, UidSet};

use super::computing::ComputingLimit;
use super::limits::SEARCH_STEP_OCTETS;
use super::outcome::Stop;
use super::session::Session;
use crate::contexts::{Begun, Changes, Contexts, Results, Update};
use crate::fetch::Item;
use crate::response::{Code, Condition};
use crate::wire::By;

/// Why results are not kept current any more.
const TOO_MUCH: &str = "Too many contexts, or too many results in one";

impl Session<'_> {
    /// Refuses a tag that another context has (RFC 5267, 4.3).
    pub(crate) fn check_context_tag(&self) -> Result<(), Stop> {
        let tag = self.tag.as_ref().map_or("", |tag| tag.as_str());
        if self.view()?.contexts.has(tag) {
            return Err(Stop::Bad("This tag is in use by a search with UPDATE".into()));
        }
        Ok(())
    }

    /// Begins to keep results current. Where there is no room for that, the client hears so, and all else is done.
    pub(crate) fn begin_context(
        &mut self,
        by: By,
        query: Query,
        (results, items): (Results, &[Item]),
    ) -> Result<(), Stop> {
        let Some(tag) = self.tag.as_ref().map(|tag| tag.as_str().to_owned()) else {
            return Ok(());
        };
        let query = (query, self.comparator.collation);
        let view = self.view_mut()?;
        let state = Arc::clone(view.state());
        if view.contexts.begin((&tag, by), query, (results, items), &state) == Begun::TooMuch {
            self.say_no_update_of(tag, TOO_MUCH);
        }
        Ok(())
    }

    /// Tells that the results of this command are not kept current.
    pub(crate) fn say_no_update(&mut self, text: &'static str) {
        if let Some(tag) = self.tag.as_ref().map(|tag| tag.as_str().to_owned()) {
            self.say_no_update_of(tag, text);
        }
    }

    fn say_no_update_of(&mut self, tag: String, text: &'static str) {
        self.untagged(Condition::No, Some(Code::NoUpdate(tag)), text);
    }

    /// Brings all contexts up to what the client is told of the mailbox. When that fails, they end, and the client hears so.
    pub(crate) async fn update_contexts(&mut self) -> Result<Vec<Update>, Stop> {
        let state = Arc::clone(self.view()?.state());
        let Some(changes) = self.view()?.contexts.changes(&state) else { return Ok(Vec::new()) };
        let (account, limit) = (self.opened()?.clone(), self.computing_limit());
        let mut contexts = std::mem::take(&mut self.view_mut()?.contexts);
        let updated = update(&mut contexts, &account, &state, &changes, limit).await;
        let ended = if updated.is_ok() { contexts.end_large() } else { contexts.end() };
        self.view_mut()?.contexts = contexts;
        ended.into_iter().for_each(|tag| self.say_no_update_of(tag, TOO_MUCH));
        if let Err(stop) = &updated {
            tracing::warn!(%stop, "searches with UPDATE could not be kept current");
        }
        Ok(updated.unwrap_or_default())
    }
}

async fn update(
    contexts: &mut Contexts,
    account: &Account,
    state: &Arc<MailboxState>,
    changes: &Changes,
    limit: ComputingLimit,
) -> Result<Vec<Update>, Stop> {
    let mut updates = Vec::new();
    for context in contexts.bring_up(state) {
        let comparing = context.collation;
        let query = (&context.query, comparing);
        let matched = matched(account, state, query, &changes.touched, limit).await?;
        updates.extend(match context.to_sort(changes, &matched) {
            Some((keys, uids)) => {
                let sorted = sorted(account, state, &uids, (&keys, comparing), limit).await?;
                context.take_in_sorted(changes, &matched, sorted)
            }
            None => context.take_in(changes, &matched),
        });
    }
    Ok(updates)
}

/// Those of some messages that a query matches. One of which it cannot be told does not.
async fn matched(
    account: &Account,
    state: &Arc<MailboxState>,
    (query, collation): (&Query, Collation),
    among: &UidSet,
    limit: ComputingLimit,
) -> Result<UidSet, Stop> {
    let mut matched = UidSet::new();
    if among.is_empty() {
        return Ok(matched);
    }
    let query = Query::And(vec![Query::Uids(among.clone()), query.clone()]);
    let mut running = account.search_by(state, query, collation)?;
    while let Some(some) = running.step(SEARCH_STEP_OCTETS)? {
        some.into_iter().for_each(|(_, entry)| matched.insert(entry.uid));
        lane::breathe(Some(account.turns())).await;
        limit.check()?;
    }
    Ok(matched)
}

async fn sorted(
    account: &Account,
    state: &MailboxState,
    uids: &UidSet,
    (keys, collation): (&[SortKey], Collation),
    limit: ComputingLimit,
) -> Result<Vec<Uid>, Stop> {
    let index = |uid: Uid| state.entries.position(uid).and_then(|at| u32::try_from(at).ok());
    let indexes: Vec<u32> = uids.iter().filter_map(index).collect();
    let ranked = Ranked { indexes: &indexes, relevancies: &[] };
    let sorted = limit.bounds(account.sort_by(state, ranked, keys, collation)).await??;
    let uid = |index: u32| Some(state.entries.get(usize::try_from(index).ok()?)?.uid);
    Ok(sorted.into_iter().filter_map(uid).collect())
}
