//! `correio import`: takes in mail that lies in files, with the POP3 unique ids that it had on another host.

use std::path::PathBuf;

use admin::{Answer, Client, Missing};
use anyhow::{Context as _, Result, bail};
use clap::Args;
use directory::Address;
use transfer::plan::{Plan, Wanted};
use transfer::uidl::{UidlChoice, UidlFormat, UidlFrom};
use transfer::{Again, Format, Known, KnownUidls, import};

use crate::context::Context;
use crate::output::{line, warning};
use crate::progress::Bar;
use crate::show::show;

/// Import mail from files: mbox, Maildir, Maildir++, a mailbox of Cyrus or a folder of EML
///
/// Folders become mailboxes; flags, keywords and dates are kept. Importing the same files again brings nothing twice,
/// so an import that was cut short is simply run again.
///
/// The unique ids that the old host gave over POP3 are kept too, so that mail programs that leave mail on the host do not
/// download all of it again. Mail that is there already gets them only with --uidl.
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
    /// Also import again what an earlier import brought and is gone since
    #[arg(long)]
    again: bool,
    /// Where POP3 unique ids come from: auto, none, dovecot, courier, cyrus, header (X-UIDL), or a file
    ///
    /// A file has lines of a message number or a file name, a space and the id, such as the old host's answer to UIDL.
    /// What is found by itself (auto): ids of an export of correio, dovecot-uidlist, courierpop3dsizelist, cyrus.index.
    /// Mail that is there already gets ids only when this option is given.
    #[arg(long, value_name = "FROM")]
    uidl: Option<String>,
    /// How the old host made the ids: Dovecot's pop3_uidl_format, or Cyrus's uidl_format
    #[arg(long, value_name = "FORMAT")]
    uidl_format: Option<UidlFormat>,
    /// The UIDVALIDITY of a mailbox of Cyrus whose cyrus.index is not there
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    uidvalidity: Option<u32>,
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
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let mut plan = Plan::default();
        let from = self.uidl.as_deref().map(UidlFrom::of).unwrap_or_default();
        if matches!(from, UidlFrom::List(_)) && self.paths.len() > 1 {
            bail!(
                "a list of unique ids goes with one file or folder: import them one after the other"
            );
        }
        let uidls = UidlChoice { from, format: self.uidl_format, uid_validity: self.uidvalidity };
        let wanted = Wanted { format: self.format.0, below: self.mailbox.as_deref(), uidls };
        for path in &self.paths {
            let more = Plan::of(path, &wanted)
                .with_context(|| format!("{} cannot be read", path.display()))?;
            plan.add(more);
        }
        if plan.sources.is_empty() {
            bail!("no mail was found there ({} files hold none)", plan.passed_over);
        }
        let again = if self.again { Again::Take } else { Again::Skip };
        let uidls = if self.uidl.is_some() { KnownUidls::Replace } else { KnownUidls::Keep };
        let known = Known { again, uidls };
        let mut client = context.reach(Missing::Refuse).await?;
        let mut bar = Bar::new();
        bar.octets("importing", plan.octets);
        let done = send(&mut client, &self.user, known, &plan, &bar).await;
        bar.clear();
        client.close().await?;
        let (answer, unreadable) = done?;
        show(context, answer, "")?;
        if !context.json && plan.passed_over > 0 {
            line(&format!("{} files hold no mail and were skipped", plan.passed_over))?;
        }
        if !context.json && plan.expunged > 0 {
            line(&format!(
                "{} messages were expunged on the old host and were not imported",
                plan.expunged
            ))?;
        }
        for note in &plan.notes {
            warning(note)?;
        }
        match unreadable.as_slice() {
            [] => Ok(()),
            files => bail!("{} files could not be read: {}", files.len(), files.join("; ")),
        }
    }
}

/// Sends the mail, and gives the answer and the files that could not be read.
async fn send(
    client: &mut Client,
    address: &Address,
    known: Known,
    plan: &Plan,
    bar: &Bar,
) -> Result<(Answer, Vec<String>)> {
    let mut importing = client.import(&address.to_string(), known).await?;
    let unreadable = import(&mut importing, plan, &mut |octets| bar.advance(octets)).await?;
    Ok((importing.finish().await?, unreadable))
}
