//! The copy in Sent of the account here, for who has POP3: once, for the copy and the note of it are one commit.

use mailbox::{FlagNames, Flags, PlacementName, Role, Timestamp};

use super::filing::whole;
use super::parcel::Copy;
use super::shelf::{OutboxShelf, Parcel};
use crate::folders::{Edit, Edited, LocalFolders};
use crate::identity::print_of;
use crate::local::{Arrived, Target};

/// Why a copy was not made here.
#[derive(Debug)]
pub enum LocalFault<L, F> {
    /// The account here takes it not.
    Local(L),
    /// Its folder cannot be made.
    Refused(String),
    /// The outbox does not do what it should.
    Shelf(F),
}

/// Puts a copy into Sent of the account here, unless it is there.
pub(super) async fn file_here<S: OutboxShelf, L: LocalFolders>(
    shelf: &S,
    local: &mut L,
    parcel: &mut Parcel,
    now: Timestamp,
) -> Result<(), LocalFault<L::Fault, S::Fault>> {
    let note = PlacementName::new(parcel.id.as_str().as_bytes());
    let name = note.ok_or_else(|| LocalFault::Refused("a message without a name".to_owned()))?;
    let known = local.placements(std::slice::from_ref(&name)).await.map_err(LocalFault::Local)?;
    if known.first().is_none_or(Option::is_none) {
        let folder = sent(local).await?;
        let octets = whole(shelf, parcel).map_err(LocalFault::Shelf)?;
        let flags = FlagNames { system: Flags::SEEN, keywords: Vec::new() };
        let arrived = Arrived {
            name: name.clone(),
            listed_octets: None,
            header: print_of(&octets),
            date: Some(now),
            target: Some(Target { folder, flags, zone_minutes: 0 }),
        };
        local.begin().await.map_err(LocalFault::Local)?;
        for piece in octets.chunks(PIECE_OCTETS) {
            local.write(piece).await.map_err(LocalFault::Local)?;
        }
        local.end(arrived).await.map_err(LocalFault::Local)?;
        local.commit(Vec::new()).await.map_err(LocalFault::Local)?;
    }
    parcel.state.copied(Copy::Made);
    shelf.keep(&parcel.id, &parcel.state).map_err(LocalFault::Shelf)?;
    // From here on the outbox knows it.
    local.commit(vec![(name, None)]).await.map(drop).map_err(LocalFault::Local)
}

const PIECE_OCTETS: usize = 64 << 10;

async fn sent<L: LocalFolders, F>(
    local: &mut L,
) -> Result<mailbox::MailboxId, LocalFault<L::Fault, F>> {
    let folders = local.folders().await.map_err(LocalFault::Local)?;
    let of_role = folders.iter().find(|folder| folder.role() == Some(Role::Sent));
    if let Some(folder) = of_role.filter(|folder| folder.holds_messages) {
        return Ok(folder.id());
    }
    let role = Some(imap::wire::special_use::role_name(Role::Sent).to_owned());
    let make = Edit::Make { name: "Sent".to_owned(), role };
    match local.edit(make).await.map_err(LocalFault::Local)? {
        Edited::Folder(id) => Ok(mailbox::MailboxId(id)),
        Edited::Refused(why) => Err(LocalFault::Refused(why)),
        Edited::Done | Edited::Uids(_) | Edited::Carried(_) => {
            Err(LocalFault::Refused("Sent".to_owned()))
        }
    }
}
