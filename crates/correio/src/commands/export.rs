//! `correio export`: writes mail into files.

use std::path::PathBuf;

use admin::{Answer, Client, Missing, Progress};
use anyhow::{Result, bail};
use clap::Args;
use directory::Address;
use transfer::{Exported, Format, export};

use crate::context::Context;
use crate::output::counted;
use crate::progress::Bar;
use crate::show::show_exported;

/// Export mail to files: mbox, Maildir++ or EML
///
/// Flags, keywords and dates are kept. Into a Maildir or EML folder of an earlier export only what is missing is written, so
/// an export that was cut short is simply run again; mbox files are written anew.
#[derive(Args)]
pub(crate) struct Export {
    /// Whose mail
    #[arg(long, value_name = "ADDRESS")]
    user: Address,
    /// What is written: mbox, maildir or eml
    #[arg(long, default_value = "maildir", value_name = "FORMAT")]
    format: Format,
    /// Only this mailbox; may be given several times
    #[arg(long, value_name = "NAME")]
    mailbox: Vec<String>,
    /// The folder to write into
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

impl Export {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let mut client = context.reach(Missing::Refuse).await?;
        let mut bar = Bar::new();
        let done = self.write(&mut client, &mut bar).await;
        bar.clear();
        client.close().await?;
        let (exported, answer) = done?;
        let Answer::Exported { octets, damaged, .. } = answer else {
            bail!("the host gave an answer to something else");
        };
        show_exported(context, exported, octets, &damaged)?;
        if !damaged.is_empty() {
            let left_out = counted(damaged.len(), "message");
            bail!("{left_out} left out as damaged; all else was exported");
        }
        Ok(())
    }

    async fn write(&self, client: &mut Client, bar: &mut Bar) -> Result<(Exported, Answer)> {
        let mut exporting = client.export(&self.user.to_string(), &self.mailbox).await?;
        let exported = export(&mut exporting, &self.folder, self.format, &mut |step| {
            bar.show(&Progress { what: step.mailbox.to_owned(), done: step.done, of: step.of });
        })
        .await?;
        Ok((exported, exporting.finish()?))
    }
}
