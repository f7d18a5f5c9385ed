//! ContactCard/queryChanges (RFC 9610, 3.4). Whether a card matches, and where it stands, follows from the card alone.

use serde_json::{Map, Value};

use super::query::condition;
use super::{CAPABILITY, state_of};
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::run::Row;
use crate::server::{Context, ids};
use crate::standard::QueryChanges;

pub(super) const ROW: Row<Context> = Row {
    name: "ContactCard/queryChanges",
    capability: CAPABILITY,
    run: |call| Box::pin(run(call)),
};

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let asked = QueryChanges::take(&mut arguments, condition)?;
    arguments.end()?;
    let contacts = call.context.contacts(&asked.account).await?;
    let changed = contacts.card_changes(state_of(&asked.since)?, u64::MAX);
    let changed = changed.ok_or(MethodError::CannotCalculateChanges)?;
    let found = call.context.found_cards(&contacts, asked.filter.as_ref(), &asked.sort).await?;
    let removed = changed.updated.iter().chain(&changed.destroyed);
    let removed = removed.map(|id| ids::card(*id)).collect();
    let created: Vec<_> = changed.created.iter().map(|id| ids::card(*id)).collect();
    let state = contacts.states().cards.to_string();
    asked.answer(state, removed, &created, found.into_iter().map(ids::card))?.arguments()
}
