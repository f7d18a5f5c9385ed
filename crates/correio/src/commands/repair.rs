//! `correio repair`: keeps all that can be read, rebuilds the index, and mends every account.

use admin::keep::Folder;
use admin::upkeep::Damaged;
use admin::{Answer, Missing, Task, socket, upkeep};
use anyhow::{Result, bail};
use clap::Args;

use crate::context::Context;
use crate::output::{counted, line, warning};
use crate::progress::Bar;
use crate::show::{show, show_aside, show_extracted};

/// Put right what can be put right, and name what is lost
///
/// With the host stopped: keeps all that can be read of the mail store, rebuilds its index, and mends every account, so
/// that all counts are right. Nothing is deleted: what is replaced is put into the folder `store/aside`. It needs room for
/// a second index and for a copy of each damaged segment. While the host runs only the accounts are mended.
///
/// Messages whose octets are damaged stay listed, unless `--drop-damaged` is given. Exits with 1 when faults are left.
#[derive(Args)]
pub(crate) struct Repair {
    /// Remove the messages whose octets are damaged, for good
    #[arg(long)]
    drop_damaged: bool,
    /// Look at what earlier repairs put aside instead: list it, write the messages found in it into a FOLDER, or put the
    /// segment NAME back to where it was
    #[arg(long, value_name = "ACTION", value_enum, conflicts_with = "drop_damaged")]
    aside: Option<Action>,
    /// The folder to extract to, or the name of what is restored
    #[arg(value_name = "FOLDER|NAME", requires = "aside")]
    what: Option<String>,
}

/// What is done with what was put aside.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Action {
    /// Lists it.
    List,
    /// Writes the messages that are whole in it into a folder, as EML.
    Extract,
    /// Puts a segment back.
    Restore,
}

impl Repair {
    /// Whether it changes the data folder: messages that are extracted go elsewhere.
    pub(super) fn writes_in_the_data_folder(&self) -> bool {
        !matches!(self.aside, Some(Action::Extract))
    }

    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let folder = context.folder()?;
        if let Some(action) = self.aside {
            return aside(context, &folder, action, self.what.as_deref()).await;
        }
        let damaged = if self.drop_damaged { Damaged::Drop } else { Damaged::Keep };
        let running = socket::connect(&folder).await?.is_some();
        let repaired = if running {
            warning("correio: the host is running, so only the accounts are repaired")?;
            let answer = context.ask(Task::Repair { damaged }, Missing::Refuse).await?;
            let Answer::Repaired(repaired) = answer else { bail!("the host gave another answer") };
            repaired
        } else {
            if !folder.is_used() {
                bail!("there is no mail store in {}", folder.0.display());
            }
            let policy = context.config()?.admin().policy;
            let mut bar = Bar::new();
            let mut steps = |step| bar.show(&step);
            let repairing =
                async { Ok(upkeep::repair_closed(&folder, policy, damaged, &mut steps).await?) };
            let repaired = context.log_done(("repair", None), repairing).await;
            bar.clear();
            repaired?
        };
        let checked = &repaired.checked;
        let faults = u64::try_from(checked.faults.len())?.saturating_add(checked.faults_more);
        let lost = checked.damaged.len();
        show(context, Answer::Repaired(repaired), "")?;
        if faults > 0 && running {
            bail!(
                "{} left; stop the host and run `correio repair` again",
                counted(faults, "fault")
            );
        }
        if faults > 0 {
            bail!("{} could not be repaired; restore a backup", counted(faults, "fault"));
        }
        if lost > 0 {
            warning(&format!(
                "correio: {} damaged for good, all else is whole; a backup may have them. `correio check --acknowledge` \
                 keeps them listed and quiet, `correio repair --drop-damaged` removes them",
                counted(lost, "message")
            ))?;
        }
        Ok(())
    }
}

/// Does something with what was put aside.
async fn aside(
    context: &Context,
    folder: &Folder,
    action: Action,
    what: Option<&str>,
) -> Result<()> {
    if socket::connect(folder).await?.is_some() {
        bail!("the host is running; stop it first");
    }
    if !folder.is_used() {
        bail!("there is no mail store in {}", folder.0.display());
    }
    match (action, what) {
        (Action::List, _) => show_aside(context, &upkeep::aside(folder)?),
        (Action::Extract, Some(to)) => {
            let mut bar = Bar::new();
            let to = std::path::absolute(to)?;
            let found = upkeep::extract_aside(folder, &to, &mut |step| bar.show(&step));
            bar.clear();
            show_extracted(context, &found?, &to)
        }
        (Action::Restore, Some(name)) => {
            let restoring = async { Ok(upkeep::bring_back_aside(folder, name)?) };
            context.log_done(("repair --aside restore", Some(name)), restoring).await?;
            line(&format!("{name} is back in its place; `correio check` says how the store is now"))
        }
        (Action::Extract, None) => {
            bail!("say into which folder: correio repair --aside extract FOLDER")
        }
        (Action::Restore, None) => bail!("say what: correio repair --aside restore NAME"),
    }
}
