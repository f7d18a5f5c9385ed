//! Checks the words of an account: that the blocks are there which the manifest names, that they can be read, that their words ascend,
//! and that their filters are those of what they hold.

use super::{FILTERED_BLOCKS, Field, Manifest, filters};
use crate::engine::Snapshot;
use crate::{AccountId, EmailId, Fault, hot, layout};

/// What is wrong with the words: a sentence; none if nothing is.
pub(crate) fn check(account: AccountId, snapshot: &dyn Snapshot) -> Result<Option<String>, Fault> {
    let manifest = match Manifest::of(account, snapshot) {
        Err(fault) if fault.is_damaged() => return Ok(Some(fault.to_string())),
        manifest => manifest?,
    };
    let Some((manifest, _)) = manifest else { return Ok(None) };
    let head = hot::read_head(account, snapshot)?;
    if head.is_some_and(|(head, _)| manifest.covered() > EmailId(head.next_email)) {
        return Ok(Some("the index for searches has emails that never were".to_owned()));
    }
    for segment in &manifest.segments {
        for field in Field::ALL {
            let mut last = Vec::new();
            let mut filters = Vec::new();
            for block in 0..segment.blocks_of(field) {
                let key = layout::words(account, segment.number, field.octet(), block);
                let value = snapshot.get(&key)?.unwrap_or_default();
                let sound = match words::words_in(&value) {
                    Ok((first, end)) if first > last => {
                        last = end;
                        words::put_filter(&value, &mut filters).is_ok()
                    }
                    Ok(_) | Err(_) => false,
                };
                if !sound {
                    return Ok(Some("a block of the index for searches is damaged".to_owned()));
                }
                let next = block.saturating_add(1);
                if !next.is_multiple_of(FILTERED_BLOCKS) && next < segment.blocks_of(field) {
                    continue;
                }
                // Where there is none, the segment is from before there were filters.
                let key = filters::key(account, segment.number, field, block / FILTERED_BLOCKS);
                if snapshot.get(&key)?.is_some_and(|kept| kept != filters) {
                    return Ok(Some("a filter of the index for searches is damaged".to_owned()));
                }
                filters.clear();
            }
        }
    }
    Ok(None)
}
