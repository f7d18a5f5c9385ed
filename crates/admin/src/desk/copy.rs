//! The store given out over the stream: the host may write only in few places, whoever asks may write elsewhere.

use std::path::{Component, Path, PathBuf};

use mailbox::Fault;
use store::Part;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;

use super::{Desk, DeskFault};
use crate::answer::{Answer, Beside, Event, Progress};
use crate::upkeep::read_beside;
use crate::wire;

/// What is being done, for people.
pub(crate) const COPYING: &str = "copying the mail store (octets)";
/// So many pieces wait for the client at once.
const PIECES_MAX: usize = 4;

/// A part on its way from the thread that reads to the stream.
enum Piece {
    Begin(u64),
    Segment(u32),
    Index,
    Octets(Vec<u8>),
}

impl Desk {
    /// Gives out the whole store, with what lies beside it.
    pub(crate) async fn copy_out(
        &self,
        to: &mut (impl AsyncWrite + Unpin),
    ) -> Result<Answer, DeskFault> {
        let (pieces, mut next) = mpsc::channel(PIECES_MAX);
        let store = self.store.clone();
        let giving = self.accounts().apart(move || {
            store.give_out(&mut |part| {
                let piece = match part {
                    Part::Begin { octets } => Piece::Begin(octets),
                    Part::Segment(segment) => Piece::Segment(segment),
                    Part::Index => Piece::Index,
                    Part::Octets(octets) => Piece::Octets(octets.to_vec()),
                };
                pieces
                    .blocking_send(piece)
                    .map_err(|_| Fault::new("nobody takes the copy any more"))
            })
        });
        let writing = async {
            let mut begun = false;
            while let Some(piece) = next.recv().await {
                match piece {
                    Piece::Begin(octets) => {
                        let what = COPYING.to_owned();
                        let progress = Progress { what, done: 0, of: Some(octets) };
                        wire::write(to, &Event::Progress(progress)).await?;
                    }
                    Piece::Segment(segment) => {
                        begin(to, &mut begun, &Event::Segment(segment)).await?;
                    }
                    Piece::Index => begin(to, &mut begun, &Event::Index).await?,
                    Piece::Octets(octets) => wire::write_piece(to, &octets).await?,
                }
            }
            // Without its end the client knows that the copy is not whole.
            Ok::<bool, std::io::Error>(begun)
        };
        let (given, written) = tokio::join!(giving, writing);
        let begun = written?;
        // Only then: the end of the last part says that all of it came.
        given??;
        if begun {
            wire::write_piece(to, &[]).await?;
        }
        for beside in Beside::ALL {
            if let Some(octets) = read_beside(beside, &self.folder)? {
                wire::write(to, &Event::Beside(beside)).await?;
                wire::write_piece(to, &octets).await?;
                wire::write_piece(to, &[]).await?;
            }
        }
        to.flush().await?;
        self.note_backup(None).await;
        Ok(Answer::Copied)
    }

    /// Whether a backup may be written there by this program: it lies in one of the folders that are named for backups.
    pub(super) fn may_write_backup(&self, to: &Path) -> bool {
        let Some(folders) = &self.settings.backup_folders else { return true };
        let Some(place) = real_place(to) else { return false };
        let real = folders.iter().filter_map(|folder| folder.canonicalize().ok());
        real.into_iter().any(|folder| place.starts_with(folder))
    }
}

/// Ends the part before, and begins one.
async fn begin(
    to: &mut (impl AsyncWrite + Unpin),
    begun: &mut bool,
    part: &Event,
) -> std::io::Result<()> {
    if std::mem::replace(begun, true) {
        wire::write_piece(to, &[]).await?;
    }
    wire::write(to, part).await
}

/// Where a folder really lies, or will lie when it is made; none if its name leads upwards.
fn real_place(path: &Path) -> Option<PathBuf> {
    if path.components().any(|part| part == Component::ParentDir) {
        return None;
    }
    let there = path.ancestors().find(|above| above.symlink_metadata().is_ok())?;
    let rest = path.strip_prefix(there).ok()?;
    Some(there.canonicalize().ok()?.join(rest))
}

#[cfg(test)]
mod tests {
    use super::real_place;

    #[test]
    fn where_a_backup_would_lie_is_seen_through_links() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("named")).unwrap();
        std::fs::create_dir(path("other")).unwrap();
        std::os::unix::fs::symlink(path("other"), path("named/link")).unwrap();
        assert_eq!(real_place(&path("named/a/b")), Some(real.join("named/a/b")));
        assert_eq!(real_place(&path("named/link/b")), Some(real.join("other/b")));
        assert_eq!(real_place(&path("named/../other")), None);
        std::os::unix::fs::symlink(path("nothing"), path("named/dangling")).unwrap();
        assert_eq!(real_place(&path("named/dangling")), None);
    }
}
