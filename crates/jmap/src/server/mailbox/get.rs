//! Mailbox/get (RFC 8621, 2.1).

use super::CAPABILITY;
use super::listing::{Listing, PROPERTIES};
use crate::arguments::Arguments;
use crate::call::Call;
use crate::run::{Answered, Row};
use crate::server::Context;
use crate::standard::{Get, GetAnswer};

pub(super) const ROW: Row<Context> = Row { name: "Mailbox/get", capability: CAPABILITY, run };

fn run<'a>(call: &'a mut Call<'_, Context>) -> Answered<'a> {
    Box::pin(async {
        let mut arguments = Arguments::of(call.arguments());
        let get = Get::take(&mut arguments, call.limits)?;
        arguments.end()?;
        get.check_properties(&PROPERTIES)?;
        let emails = call.context.emails(&get.account).await?;
        let listing = Listing::of(call.context, &emails)?;
        let mut list = Vec::new();
        let mut not_found = Vec::new();
        match &get.ids {
            None => {
                list.extend(listing.iter().map(|it| listing.object(it, |name| get.wants(name))))
            }
            Some(ids) => {
                for id in ids {
                    match listing.find(id) {
                        Some(it) => list.push(listing.object(it, |name| get.wants(name))),
                        None => not_found.push(id.clone()),
                    }
                }
            }
        }
        let state = emails.states().mailbox.to_string();
        GetAnswer { account_id: get.account, state, list, not_found }.arguments()
    })
}
