//! `correio import`: takes in mail that lies in files.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use host::address::Address;
use host::admin::client::Missing;
use host::admin::request::Again;
use host::transfer::Format;
use host::transfer::import::import;
use host::transfer::plan::Plan;

use crate::context::Place;
use crate::output::line;
use crate::progress::Bar;
use crate::show::show;

/// Take in mail that lies in files: mbox, Maildir, Maildir++ or a folder of EML
///
/// Folders become mailboxes; flags, keywords and dates are kept. Importing the same files again brings nothing twice,
/// so an import that was cut short is simply run again.
#[derive(Args)]
pub(crate) struct Import {
    /// Whose mail it becomes
    #[arg(long, value_name = "ADDRESS")]
    user: Address,
    /// What the files are: auto, mbox, maildir or eml
    #[arg(long, default_value = "auto", value_parser = parse_format, value_name = "FORMAT")]
    format: AnyFormat,
    /// Put all of it into or below this mailbox
    #[arg(long, value_name = "NAME")]
    mailbox: Option<String>,
    /// Also bring back what an earlier import brought and is gone since
    #[arg(long)]
    again: bool,
    /// Files or folders
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

/// A format, or whatever the files say.
#[derive(Clone, Copy)]
struct AnyFormat(Option<Format>);

fn parse_format(text: &str) -> Result<AnyFormat, String> {
    match text {
        "auto" => Ok(AnyFormat(None)),
        _ => text
            .parse()
            .map(|format| AnyFormat(Some(format)))
            .map_err(|_| "expected auto, mbox, maildir or eml".to_owned()),
    }
}

impl Import {
    pub(super) async fn run(self, place: &Place) -> Result<()> {
        let mut plan = Plan::default();
        for path in &self.paths {
            let more = Plan::of(path, self.format.0, self.mailbox.as_deref())
                .with_context(|| format!("{} cannot be read", path.display()))?;
            plan.add(more);
        }
        if plan.sources.is_empty() {
            bail!("no mail was found there ({} files hold none)", plan.passed_over);
        }
        let again = if self.again { Again::Take } else { Again::Skip };
        let mut client = place.reach(Missing::Refuse).await?;
        let mut bar = Bar::new();
        bar.octets("importing", plan.octets);
        let address = self.user.to_string();
        let done =
            import(&mut client, &address, again, &plan, &mut |octets| bar.advance(octets)).await;
        bar.clear();
        client.close().await?;
        let done = done?;
        show(place, done.answer, "")?;
        if !place.json && plan.passed_over > 0 {
            line(&format!("{} files hold no mail and were passed over", plan.passed_over))?;
        }
        match done.unreadable.as_slice() {
            [] => Ok(()),
            files => bail!("{} files could not be read: {}", files.len(), files.join("; ")),
        }
    }
}
