//! Quota/get (RFC 9425, 4.2).

use super::super::Context;
use super::{CAPABILITY, PROPERTIES, Quota, Quotas};
use crate::arguments::Arguments;
use crate::call::Call;
use crate::run::{Answered, Row};
use crate::standard::{Get, GetAnswer};

pub(super) const ROW: Row<Context> = Row { name: "Quota/get", capability: CAPABILITY, run };

fn run<'a>(call: &'a mut Call<'_, Context>) -> Answered<'a> {
    Box::pin(async {
        let mut arguments = Arguments::of(call.arguments());
        let get = Get::take(&mut arguments, call.limits)?;
        arguments.end()?;
        call.context.check_account(&get.account)?;
        get.check_properties(&PROPERTIES)?;
        let quotas = Quotas::of(call.context)?;
        let types = Quota::types(call.using);
        let known: Vec<Quota> = quotas.iter().filter(|_| types.is_some()).collect();
        let types = types.unwrap_or_default();
        let (mut list, mut not_found) = (Vec::new(), Vec::new());
        let all = known.iter().map(Quota::id).collect();
        for id in get.ids.clone().unwrap_or(all) {
            match known.iter().find(|quota| quota.id() == id) {
                Some(quota) => list.push(get.wanted(quota.object(&types))),
                None => not_found.push(id),
            }
        }
        let state = quotas.to_string();
        GetAnswer { account_id: get.account, state, list, not_found }.arguments()
    })
}
