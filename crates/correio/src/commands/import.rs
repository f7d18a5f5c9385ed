//! `correio import`: takes in mail that lies in files, with the POP3 unique ids that it had on another host.

use std::path::PathBuf;

use admin::{Answer, Client, Missing};
use anyhow::{Context as _, Result, bail};
use clap::Args;
use directory::Address;
use transfer::plan::{Plan, Wanted};
use transfer::uidl::{UidlChoice, UidlFormat, UidlFrom};
use transfer::{Again, Dialect, Format, GmailLabels, Known, KnownUidls, Noted, Remarks, import};

use crate::context::Context;
use crate::output::{line, warning};
use crate::progress::Bar;
use crate::show::show;

/// Import mail from files: mbox, Maildir, Maildir++, EML, mailboxes of Apple Mail or of Cyrus
///
/// Folders become mailboxes; flags, keywords and dates are kept. Files may be packed with gzip, bzip2, xz, Zstandard or
/// LZ4, or lie in a ZIP archive. Importing the same files again brings nothing twice, so an import that was cut short is
/// simply run again.
///
/// The unique ids that the old host gave over POP3 are kept too, so that mail programs that leave mail on the host do not
/// download all of it again. Mail that is there already gets them only with --uidl.
#[derive(Args)]
pub(crate) struct Import {
    /// Whose mail it becomes
    #[arg(long, value_name = "ADDRESS")]
    user: Address,
    /// What the files are: auto, mbox, maildir or eml
    ///
    /// mboxrd, mboxo, mboxcl and mboxcl2 name the dialect of an mbox, where a file does not show how its lines "From " are
    /// quoted.
    #[arg(long, default_value = "auto", value_parser = parse_format, value_name = "FORMAT")]
    format: AnyFormat,
    /// Put all of it into or below this mailbox
    #[arg(long, value_name = "NAME")]
    mailbox: Option<String>,
    /// Also import again what an earlier import brought and is gone since
    #[arg(long)]
    again: bool,
    /// What becomes of Gmail's labels in an mbox of Google Takeout: mailboxes, keywords or none
    ///
    /// mailboxes: a message is in each mailbox that a label names. keywords: it is in one mailbox (Inbox, Sent, Archive, ...),
    /// and labels that somebody made are keywords. none: all mail is in one mailbox.
    #[arg(long, default_value = "mailboxes", value_name = "HOW")]
    gmail_labels: GmailLabels,
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

/// A format, or whatever the files say; and the dialect of an mbox.
#[derive(Clone, Copy)]
struct AnyFormat(Option<Format>, Dialect);

fn parse_format(text: &str) -> Result<AnyFormat, String> {
    let mbox = |dialect| Ok(AnyFormat(Some(Format::Mbox), dialect));
    match text {
        "auto" => Ok(AnyFormat(None, Dialect::Auto)),
        "mboxo" => mbox(Dialect::Mboxo),
        "mboxrd" => mbox(Dialect::Mboxrd),
        "mboxcl" => mbox(Dialect::Mboxcl),
        "mboxcl2" => mbox(Dialect::Mboxcl2),
        _ => text.parse().map(|format| AnyFormat(Some(format), Dialect::Auto)).map_err(|_| {
            "expected auto, mbox, mboxrd, mboxo, mboxcl, mboxcl2, maildir or eml".to_owned()
        }),
    }
}

/// So many files and places are named.
const NAMED_MAX: usize = 20;

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
        let AnyFormat(format, dialect) = self.format;
        let (gmail, below) = (self.gmail_labels, self.mailbox.as_deref());
        let wanted = Wanted { format, dialect, gmail, below, uidls };
        for path in &self.paths {
            let more = Plan::of(path, &wanted)
                .with_context(|| format!("{} cannot be read", path.display()))?;
            plan.add(more);
        }
        // An export of somebody who has mailboxes and no mail yet is one, too.
        if plan.sources.is_empty() && plan.mailboxes.is_empty() {
            let named = plan.unreadable.first().iter().chain(plan.passed_over.first());
            let named = named.take(NAMED_MAX).map(|file| format!("\n  {file}"));
            let named: String = named.collect();
            let files = plan.unreadable.count().saturating_add(plan.passed_over.count());
            bail!("no mail was found there ({files} files hold none, or cannot be read){named}");
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
        let (answer, remarks) = done?;
        let refused = if let Answer::Imported(mailboxes) = &answer {
            mailboxes.iter().map(|row| row.refused).sum()
        } else {
            0
        };
        show(context, answer, "")?;
        tell(context, &plan, &remarks)?;
        conclude(&remarks, refused)
    }
}

/// Says what was passed over, and why. Whoever wants JSON gets warnings only.
fn tell(context: &Context, plan: &Plan, remarks: &Remarks) -> Result<()> {
    if !context.json && !plan.passed_over.is_empty() {
        line(&format!("{} files hold no mail and were passed over:", plan.passed_over.count()))?;
        named(&plan.passed_over)?;
    }
    if !context.json && plan.expunged > 0 {
        line(&format!(
            "{} messages were expunged on the old host and were not imported",
            plan.expunged
        ))?;
    }
    if !context.json && !remarks.notes.is_empty() {
        line("worth a look:")?;
        named(&remarks.notes)?;
    }
    for note in &plan.notes {
        warning(note)?;
    }
    Ok(())
}

/// Fails when mail is missing.
fn conclude(remarks: &Remarks, refused: u64) -> Result<()> {
    if remarks.unreadable.is_empty() {
        if refused > 0 {
            bail!("{refused} messages were refused; all others are there");
        }
        return Ok(());
    }
    let first: Vec<&str> =
        remarks.unreadable.first().iter().take(NAMED_MAX).map(String::as_str).collect();
    let more = match more(&remarks.unreadable) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let refused =
        if refused > 0 { format!("{refused} messages were refused, and ") } else { String::new() };
    bail!(
        "{refused}{} files could not be read: {}{more}",
        remarks.unreadable.count(),
        first.join("; ")
    )
}

/// Names the first of something, and says how many more there are.
fn named(all: &Noted) -> Result<()> {
    for text in all.first().iter().take(NAMED_MAX) {
        line(&format!("  {text}"))?;
    }
    match more(all) {
        0 => Ok(()),
        more => line(&format!("  and {more} more")),
    }
}

/// How many there are beside those that are named.
fn more(all: &Noted) -> u64 {
    let shown = u64::try_from(all.first().len().min(NAMED_MAX)).unwrap_or(u64::MAX);
    all.count().saturating_sub(shown)
}

/// Sends the mail, and gives the answer and what is to be told of the files.
async fn send(
    client: &mut Client,
    address: &Address,
    known: Known,
    plan: &Plan,
    bar: &Bar,
) -> Result<(Answer, Remarks)> {
    let mut importing = client.import(&address.to_string(), known).await?;
    let remarks = import(&mut importing, plan, &mut |octets| bar.advance(octets)).await?;
    Ok((importing.finish().await?, remarks))
}
