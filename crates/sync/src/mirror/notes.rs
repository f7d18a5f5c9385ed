//! What a mirror has to know again: the names under which messages and folders are kept, and what is kept of a folder.

use mailbox::limits::PLACEMENT_NOTE_OCTETS_MAX;
use mailbox::{MailboxId, PlacementName, Timestamp};
use mailbox::{Placement, PlacementState};

const FOLDER: u8 = b'f';
const MESSAGE: u8 = b'm';
const VERSION: u8 = 1;

/// The name under which a folder is kept. All folders stand before all messages.
pub(super) fn folder_name(local: MailboxId) -> Option<PlacementName> {
    PlacementName::new(&[[FOLDER].as_slice(), &local.0.to_be_bytes()].concat())
}

/// The folder here that such a name says.
pub(super) fn folder_of(name: &PlacementName) -> Option<MailboxId> {
    let (first, rest) = name.octets().split_first()?;
    let local = <[u8; 4]>::try_from(rest).ok()?;
    (*first == FOLDER).then(|| MailboxId(u32::from_be_bytes(local)))
}

/// A message at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct MessageName {
    /// The folder here that mirrors its folder.
    pub(super) local: MailboxId,
    /// The UIDVALIDITY there.
    pub(super) validity: u32,
    /// The UID there.
    pub(super) uid: u32,
}

impl MessageName {
    /// Messages of a folder lie by UID.
    pub(super) fn placement(self) -> Option<PlacementName> {
        let MessageName { local, validity, uid } = self;
        let numbers = [local.0, validity, uid].map(u32::to_be_bytes);
        PlacementName::new(&[[MESSAGE].as_slice(), numbers.as_flattened()].concat())
    }

    pub(super) fn of(name: &PlacementName) -> Option<MessageName> {
        let (first, rest) = name.octets().split_first()?;
        let octets = <[u8; 12]>::try_from(rest).ok()?;
        let [a, b, c, d, e, f, g, h, i, j, k, l] = octets;
        let local = MailboxId(u32::from_be_bytes([a, b, c, d]));
        let (validity, uid) = (u32::from_be_bytes([e, f, g, h]), u32::from_be_bytes([i, j, k, l]));
        (*first == MESSAGE).then_some(MessageName { local, validity, uid })
    }
}

/// What is kept of a folder: how it was when all in it had been mirrored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FolderNote {
    /// Its name there.
    pub(super) name: String,
    /// The name that it was given here.
    pub(super) local_name: String,
    /// Its identity there, where the server tells it (RFC 8474).
    pub(super) mailbox_id: Option<String>,
    pub(super) validity: u32,
    pub(super) uid_next: u32,
    /// All changes up to here are here; 0: not known.
    pub(super) modseq: u64,
    /// How many messages it had; `UNSURE`: something of it is not here yet.
    pub(super) messages: u32,
    /// The folder here as it was when all changes here had been taken there.
    pub(super) local_modseq: u64,
}

/// Messages under this UIDVALIDITY, which no server has (RFC 9051, 9: it is not zero), wait: they were asked to be there, under
/// the UIDs that they have here, and it is not known whether they are.
pub(super) const WAITING: u32 = 0;

/// Something of a folder is not here yet, so that it must be looked at again.
pub(crate) const UNSURE: u32 = u32::MAX;

impl FolderNote {
    /// As it is kept; none: its names are too long.
    pub(super) fn placement(&self, now: Timestamp) -> Option<Placement> {
        let mut octets = vec![VERSION];
        for number in [self.validity, self.uid_next, self.messages] {
            octets.extend_from_slice(&number.to_be_bytes());
        }
        octets.extend_from_slice(&self.modseq.to_be_bytes());
        octets.extend_from_slice(&self.local_modseq.to_be_bytes());
        let id = self.mailbox_id.as_deref().unwrap_or_default();
        for text in [self.name.as_str(), &self.local_name, id] {
            let length = u16::try_from(text.len()).ok()?;
            octets.extend_from_slice(&length.to_be_bytes());
            octets.extend_from_slice(text.as_bytes());
        }
        if octets.len() > PLACEMENT_NOTE_OCTETS_MAX {
            return None;
        }
        let state = PlacementState::Noted(octets.into());
        Some(Placement { since: now, listed_octets: None, missing_since: None, state })
    }

    /// Reads what is kept; none: it is none of ours.
    pub(super) fn of(placement: &Placement) -> Option<FolderNote> {
        let PlacementState::Noted(octets) = &placement.state else { return None };
        let mut rest = octets.strip_prefix(&[VERSION])?;
        let validity = u32::from_be_bytes(take(&mut rest)?);
        let uid_next = u32::from_be_bytes(take(&mut rest)?);
        let messages = u32::from_be_bytes(take(&mut rest)?);
        let modseq = u64::from_be_bytes(take(&mut rest)?);
        let local_modseq = u64::from_be_bytes(take(&mut rest)?);
        let (name, local_name) = (take_text(&mut rest)?, take_text(&mut rest)?);
        let mailbox_id = Some(take_text(&mut rest)?).filter(|id| !id.is_empty());
        let note = FolderNote {
            name,
            local_name,
            mailbox_id,
            validity,
            uid_next,
            modseq,
            messages,
            local_modseq,
        };
        rest.is_empty().then_some(note)
    }
}

/// How many messages a folder there had, when what is kept is about a folder; `UNSURE`: something of it is not here yet.
pub(crate) fn noted_messages(placement: &Placement) -> Option<u32> {
    FolderNote::of(placement).map(|note| note.messages)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (first, behind) = rest.split_first_chunk::<N>()?;
    *rest = behind;
    Some(*first)
}

fn take_text(rest: &mut &[u8]) -> Option<String> {
    let length = usize::from(u16::from_be_bytes(take(rest)?));
    let (text, behind) = rest.split_at_checked(length)?;
    *rest = behind;
    String::from_utf8(text.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_again() {
        for mailbox_id in [None, Some("Fab-12".to_owned())] {
            let note = FolderNote {
                name: "Arquivo/São João".to_owned(),
                local_name: String::new(),
                mailbox_id,
                validity: 1,
                uid_next: u32::MAX,
                modseq: 1 << 62,
                messages: UNSURE,
                local_modseq: 9,
            };
            let placement = note.placement(Timestamp(5)).unwrap();
            assert_eq!(FolderNote::of(&placement), Some(note.clone()));
            let PlacementState::Noted(octets) = &placement.state else { panic!("{placement:?}") };
            for end in 0..octets.len() {
                let state = PlacementState::Noted(octets[..end].into());
                assert_eq!(FolderNote::of(&Placement { state, ..placement.clone() }), None);
            }
            assert_eq!(
                FolderNote { name: "x".repeat(5_000), ..note }.placement(Timestamp(0)),
                None
            );
        }
    }

    #[test]
    fn folders_stand_before_messages_and_these_by_uid() {
        let message = |uid| MessageName { local: MailboxId(7), validity: 3, uid };
        let names = [
            folder_name(MailboxId(7)),
            folder_name(MailboxId(u32::MAX)),
            message(1).placement(),
            message(256).placement(),
            message(u32::MAX).placement(),
        ];
        assert!(names.is_sorted());
        let last = names[4].as_ref().unwrap();
        assert_eq!(MessageName::of(last), Some(message(u32::MAX)));
        assert_eq!(folder_of(last), None);
        assert_eq!(folder_of(names[0].as_ref().unwrap()), Some(MailboxId(7)));
    }
}
