//! Checks the words of an account: that the blocks are there which the manifest names, that they can be read, and that their words ascend.

use super::{Field, Manifest};
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
            for block in 0..segment.blocks_of(field) {
                let key = layout::words(account, segment.number, field.octet(), block);
                let sound = match snapshot.get(&key)?.map(|value| words::words_in(&value)) {
                    Some(Ok((first, end))) if first > last => {
                        last = end;
                        true
                    }
                    Some(Ok(_) | Err(_)) | None => false,
                };
                if !sound {
                    return Ok(Some("a block of the index for searches is damaged".to_owned()));
                }
            }
        }
    }
    Ok(None)
}
