//! `correio man`: the manual pages, made of the command line itself, so that they are never stale.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Args, CommandFactory as _};

/// Write the manual pages into a folder, one for each command
///
/// Then `man ./correio.1`, or `man -M` where the folder is called man1. The Debian package has them already.
#[derive(Args)]
pub(crate) struct Man {
    /// The folder; it is there
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Man {
    pub(super) fn run(&self) -> Result<()> {
        clap_mangen::generate_to(crate::Cli::command(), &self.folder)
            .with_context(|| format!("no pages can be written into {}", self.folder.display()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory as _;

    use super::Man;

    /// The names of a command's page and of those below it.
    fn pages(command: &clap::Command, name: &str) -> BTreeSet<String> {
        let below = command.get_subcommands().filter(|one| !one.is_hide_set());
        let mut pages: BTreeSet<String> =
            below.flat_map(|one| pages(one, &format!("{name}-{}", one.get_name()))).collect();
        pages.insert(format!("{name}.1"));
        pages
    }

    #[test]
    fn each_command_has_its_page_and_no_page_is_of_none() {
        let folder = tempfile::tempdir().unwrap();
        Man { folder: folder.path().to_owned() }.run().unwrap();
        let written: BTreeSet<String> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(written, pages(&crate::Cli::command(), "correio"));
        assert!(written.contains("correio-user-add.1"), "{written:?}");
        for name in &written {
            let page = machine::files::read_text(&folder.path().join(name)).unwrap();
            let about = page.split(".SH NAME").nth(1).and_then(|rest| rest.lines().nth(1)).unwrap();
            assert!(about.contains(" \\- "), "{name} does not say what it is for: {about}");
        }
    }
}
