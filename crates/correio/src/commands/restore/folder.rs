//! `correio restore FOLDER`: makes a data folder of a backup.

use std::path::Path;

use admin::keep::Folder;
use admin::upkeep::Copying;
use admin::{Answer, upkeep};
use anyhow::Result;
use privileges::User;

use crate::commands::backup::shown;
use crate::context::Context;
use crate::progress::Bar;

pub(super) async fn restore(context: &Context, folder: &Path, copy: bool) -> Result<()> {
    let to = context.folder()?;
    let from = Folder(std::path::absolute(folder)?);
    let handing = Handing::begin(&from, &to)?;
    let link = !copy && handing.may_link;
    let copying = if link { Copying::Link } else { Copying::Copy };
    // The settings of the backup come along; those that are used to open it are the usual ones or those named.
    let how = (copying, context.config()?.admin().policy);
    let mut bar = Bar::new();
    let mut steps = |step| bar.show(&step);
    let done = upkeep::restore(&from, &to, how, &mut steps).await;
    bar.clear();
    if done.is_ok() {
        // Only now: a folder that is restored into has nothing in it.
        let about = from.0.display().to_string();
        context.log_done(("restore", Some(&about)), async { Ok(()) }).await?;
    }
    handing.end(&to)?;
    shown(context, Answer::BackedUp(done?), &to.0.display().to_string())
}

/// What root does so that the host's user can work on what root restores.
struct Handing {
    /// Whose the empty data folder was.
    owner: Option<User>,
    /// Whether files may be shared with the backup: when they change hands, its files do.
    may_link: bool,
}

impl Handing {
    fn begin(from: &Folder, to: &Folder) -> Result<Handing> {
        if !privileges::is_root() {
            return Ok(Handing { owner: None, may_link: true });
        }
        if from.is_used() && to.0.exists() {
            upkeep::claim(to)?;
            let owner = privileges::take_back(&to.0)?;
            let may_link = owner.is_some() && privileges::owner_of(&from.store())? == owner;
            return Ok(Handing { owner, may_link });
        }
        // It will be root's until a host is started on it, which hands it over.
        Ok(Handing { owner: None, may_link: false })
    }

    fn end(&self, to: &Folder) -> Result<()> {
        if let Some(owner) = &self.owner {
            privileges::hand_over(&to.0, &to.parts(), owner)?;
        }
        Ok(())
    }
}
