//! ContactCard/get (RFC 9610, 3.1). Any property may be asked for: there are others than those of the standard (RFC 9553, 1.7).

use serde_json::{Map, Value};

use super::CAPABILITY;
use super::shown::object;
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::limits::SHOWN_OCTETS_MAX;
use crate::run::Row;
use crate::server::{Context, ids};
use crate::standard::{Get, GetAnswer};

pub(super) const ROW: Row<Context> =
    Row { name: "ContactCard/get", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let get = Get::take(&mut arguments, call.limits)?;
    arguments.end()?;
    let context = &*call.context;
    let contacts = context.contacts(&get.account).await?;
    let asked = match get.ids.clone() {
        Some(ids) => ids,
        None => {
            let most = call.limits.objects_in_get_max;
            if contacts.cards().len() > most {
                let description = format!("ids: there are more than {most} cards");
                return Err(MethodError::RequestTooLarge { description });
            }
            contacts.cards().map(|card| ids::card(card.id)).collect()
        }
    };
    let (mut list, mut not_found) = (Vec::with_capacity(asked.len()), Vec::new());
    let mut octets = 0u64;
    for id in asked {
        lane::breathe(Some(context.account.turns())).await;
        let kept = match ids::card_of(&id) {
            Some(card) => {
                let kept = contacts.kept(card).map_err(|fault| context.failed(&fault))?;
                kept.map(|kept| (card, kept))
            }
            None => None,
        };
        let Some((card, kept)) = kept else {
            not_found.push(id);
            continue;
        };
        octets = octets.saturating_add(u64::try_from(kept.octets).unwrap_or(u64::MAX));
        if octets > SHOWN_OCTETS_MAX {
            let description = format!("the cards have more than {SHOWN_OCTETS_MAX} octets");
            return Err(MethodError::RequestTooLarge { description });
        }
        list.push(get.wanted(object(card, kept)));
    }
    let state = contacts.states().cards.to_string();
    GetAnswer { account_id: get.account, state, list, not_found }.arguments()
}
