//! The desk between a companion and an account.

use mailbox::{Door, MailboxId, PlacementName, RemoteId, Who};
use serde::Serialize;
use sync::{AccountMail, LocalFolders as _, LocalMail as _};
use tokio::io::{AsyncBufRead, AsyncWrite, AsyncWriteExt as _};

use super::{Desk, DeskFault};
use crate::answer::Answer;
use crate::companion::{Ask, Hex, PartRow, PlacedRow, PlacementRow, Reply};
use crate::wire::{self, Piece};

impl Desk {
    /// Does what a companion asks for, until it says that there is nothing more. Of several for one account each waits for
    /// those before it.
    pub(crate) async fn companion(
        &self,
        address: &str,
        remote: RemoteId,
        from: &mut (impl AsyncBufRead + Unpin),
        to: &mut (impl AsyncWrite + Unpin),
    ) -> Result<Answer, DeskFault> {
        let user = self.people.user(&super::parsed(address)?)?;
        let account = self.people.open(user.account, Who::at(Door::Sync)).await?;
        let _turn = self.imports.wait(account.id()).await;
        let mut mail = AccountMail::new(self.accounts().clone(), account.clone(), remote)?;
        say(to, &Reply::Open { message_octets_max: mail.message_octets_max() }).await?;
        while let Some(Some(ask)) = wire::read::<Option<Ask>>(from).await? {
            let reply = match ask {
                Ask::Message => {
                    take(&mut mail, from).await?;
                    continue;
                }
                Ask::End(row) => {
                    mail.end(row.arrived().ok_or_else(unreadable)?).await?;
                    continue;
                }
                Ask::Placements(names) => {
                    let placed = mail.placements(&read(&names)?).await?;
                    let row = |it: &Option<_>| it.as_ref().map(PlacedRow::of);
                    Reply::Placed(placed.iter().map(row).collect())
                }
                Ask::After(after) => {
                    let after = after.map(|after| after.name().ok_or_else(unreadable));
                    let some = mail.placements_after(after.transpose()?.as_ref()).await?;
                    let row = |(name, placement): &(_, _)| {
                        (Hex::of_name(name), PlacementRow::of(placement))
                    };
                    Reply::Some(some.iter().map(row).collect())
                }
                Ask::Commit(notes) => {
                    let note = |(name, row): (Hex, Option<PlacementRow>)| {
                        let placement = match row {
                            None => None,
                            Some(row) => Some(row.placement()?),
                        };
                        Some((name.name()?, placement))
                    };
                    let notes: Option<Vec<_>> = notes.into_iter().map(note).collect();
                    Reply::Committed(mail.commit(notes.ok_or_else(unreadable)?).await?)
                }
                Ask::Whole(names) => Reply::Whole(mail.whole(&read(&names)?).await?),
                Ask::Folders => Reply::Folders(mail.folders().await?),
                Ask::Keywords(folder) => Reply::Keywords(mail.keywords(MailboxId(folder)).await?),
                Ask::Entries(folder, which) => {
                    Reply::Entries(mail.entries(MailboxId(folder), which).await?)
                }
                Ask::Part(email, from) => {
                    Reply::Part(mail.part(email, from).await?.as_ref().map(PartRow::of))
                }
                Ask::Edit(edit) => Reply::Edited(mail.edit(edit).await?),
                Ask::BothEnds => {
                    let account = account.clone();
                    let counting = move || sync::both_ends(&account, remote);
                    Reply::BothEnds(self.accounts().apart(counting).await??)
                }
            };
            say(to, &reply).await?;
        }
        Ok(Answer::Parted)
    }
}

/// Takes the octets of a message.
async fn take(
    mail: &mut AccountMail,
    from: &mut (impl AsyncBufRead + Unpin),
) -> Result<(), DeskFault> {
    mail.begin().await?;
    loop {
        match wire::read_piece(from).await? {
            Piece::Octets(octets) => mail.write(&octets).await?,
            Piece::End => return Ok(()),
            Piece::Abandoned => return Ok(mail.abandon().await?),
        }
    }
}

async fn say(to: &mut (impl AsyncWrite + Unpin), reply: &impl Serialize) -> Result<(), DeskFault> {
    wire::write(to, reply).await?;
    Ok(to.flush().await?)
}

fn read(names: &[Hex]) -> Result<Vec<PlacementName>, DeskFault> {
    let names: Option<Vec<_>> = names.iter().map(Hex::name).collect();
    names.ok_or_else(unreadable)
}

fn unreadable() -> DeskFault {
    DeskFault::Words("the companion's line cannot be read; is it of another version?".to_owned())
}
