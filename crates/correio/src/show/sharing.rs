//! With whom mailboxes are shared, for people.

use admin::answer::ShareRow;
use anyhow::Result;

use crate::context::Context;
use crate::output::rows;

pub(super) fn show_shares(context: &Context, shares: &[ShareRow]) -> Result<()> {
    rows(
        context.json,
        shares,
        &[
            ("mailbox", &|row| row.mailbox.clone()),
            ("shared with", &|row| row.with.clone()),
            ("rights", &rights),
            ("marked as read", &|row| {
                if row.seen_by_each { "by each" } else { "for all" }.to_owned()
            }),
        ],
    )
}

/// The letters, and what they come to where there is a word for it.
fn rights(row: &ShareRow) -> String {
    let word = match row.rights.as_str() {
        "lrs" => " (read)",
        "lrswite" => " (write)",
        "lrswipkxtea" => " (all)",
        _ => "",
    };
    let withheld = if row.withheld { "withheld: " } else { "" };
    format!("{withheld}{}{word}", row.rights)
}

/// What a mailbox is shared with from now on.
pub(super) fn shared(
    address: &str,
    mailbox: &str,
    seen_by_each: bool,
    shares: &[ShareRow],
) -> String {
    if shares.is_empty() && !seen_by_each {
        return format!("{mailbox} of {address} is shared with nobody");
    }
    let with: Vec<String> =
        shares.iter().map(|row| format!("{} {}", row.with, rights(row))).collect();
    let with = if with.is_empty() { "nobody".to_owned() } else { with.join(", ") };
    let seen = if seen_by_each { "; each marks as read by himself" } else { "" };
    format!("{mailbox} of {address} is shared with {with}{seen}")
}
