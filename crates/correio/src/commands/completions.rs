//! `correio completions`: what a shell needs to complete the command line.

use std::io::Write as _;

use anyhow::Result;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

/// Print a completion script for a shell
///
/// For bash: `correio completions bash > /usr/share/bash-completion/completions/correio`. The Debian package has those of
/// bash, zsh and fish already.
#[derive(Args)]
pub(crate) struct Completions {
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self) -> Result<()> {
        Ok(std::io::stdout().lock().write_all(&script(self.shell))?)
    }
}

fn script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut crate::Cli::command(), "correio", &mut script);
    script
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, ValueEnum as _};
    use clap_complete::Shell;

    use super::script;

    #[test]
    fn each_shell_completes_each_command() {
        for shell in Shell::value_variants() {
            let script = String::from_utf8(script(*shell)).unwrap();
            for command in crate::Cli::command().get_subcommands().filter(|one| !one.is_hide_set())
            {
                assert!(script.contains(command.get_name()), "{shell}: {}", command.get_name());
            }
        }
    }
}
