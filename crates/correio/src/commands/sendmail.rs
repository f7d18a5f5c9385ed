//! `correio sendmail`: takes mail from programs that expect `sendmail`, such as cron, mutt and git, and ends as they expect.

mod flags;

use std::io::Read as _;

use admin::OutboxFault;
use anyhow::Result;
use clap::Args;
use sync::companion::{Companion, ProviderAccount};
use sync::limits::LETTER_OCTETS_MAX;
use sync::outbox::{CopyBy, Draft, Manner, Taking, Waits, WhichParcels, authors};

use self::flags::{Does, Flags, When};
use super::{Work, outbox};
use crate::companion::{language, now, read};
use crate::context::Context;
use crate::outbox::sysexits::{Code, ended};
use crate::outbox::{Shows, account_of, of_run, outbox_of, run, senders, unique};
use crate::output::warning;

/// Take a message from a program, as sendmail does
///
/// The message comes on standard input, up to a line with only a dot (unless -i or -oi), and goes to the addresses that are named; with -t to
/// those in its header as well. It goes from the account whose address is given with -f or stands in From; else from the first one
/// that can send. A name without a domain, as cron has it, is you: its mail goes to the account's own address. The message is put into the
/// outbox, on the disk, and then sent at once; if that does not work now it waits there, and `correio outbox send` sends it.
///
/// Flags: -t, -i, -oi, -f ADDRESS, -r ADDRESS, -F NAME, -N WHEN, -R full|hdrs, -V ID, -odq and -odd (into the outbox only), -bm (this, the
/// default), -bp (list the outbox), -q (send what is in it). Others that sendmail has are read and passed over. Through a link named
/// `sendmail` the program is this command, through one named `mailq` it lists the outbox.
///
/// Exit status, as in sysexits.h: 0 sent, or safe in the outbox, 64 wrong usage, 65 the message is none, 66 it cannot be read, 69 refused
/// for good (it stays in the outbox), 74 the disk failed, 75 not taken, try later, 78 no account to send from.
#[derive(Args)]
#[command(disable_version_flag = true)]
pub(crate) struct Sendmail {
    /// Flags of sendmail, and addresses
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "FLAGS")]
    words: Vec<String>,
}

impl Sendmail {
    /// Does what must be done while the program has one thread.
    pub(super) fn begin(self, context: &Context) -> Result<Work<'_>> {
        let flags = Flags::read(&self.words).map_err(|wrong| ended(Code::Usage, wrong.0))?;
        let becoming = context.become_owner();
        becoming.map_err(|error| ended(Code::TemporaryFailure, format!("{error:#}")))?;
        Ok(Box::pin(async move {
            match flags.does {
                Does::List => outbox::list(context),
                Does::Queue => outbox::send(context, None).await,
                Does::Nothing => Ok(()),
                Does::Take => take(context, flags).await,
            }
        }))
    }
}

async fn take(context: &Context, flags: Flags) -> Result<()> {
    let configured = |error: anyhow::Error| ended(Code::Configuration, format!("{error:#}"));
    let text = language();
    if flags.whom().is_none() {
        return Err(ended(
            Code::Usage,
            text.of(
                "nobody was named; name an address, or say -t",
                "ninguém foi nomeado; diga um endereço, ou -t",
            ),
        ));
    }
    let octets = octets(&flags)?;
    let folder = context.folder().map_err(configured)?;
    let companion = read(&folder).map_err(configured)?;
    let Some(account) = account(&companion, &flags, &octets) else {
        return Err(ended(Code::Configuration, text.no_sender()));
    };
    let unique = unique().map_err(|error| ended(Code::TemporaryFailure, error.to_string()))?;
    let whom = flags.whom().unwrap_or(sync::outbox::Whom::OfHeader);
    let taking = Taking {
        account: &account.address,
        local: None,
        sender: flags.sender(),
        whom,
        full_name: flags.full_name.as_deref(),
        manner: Manner::Program,
        copy: CopyBy::Us,
        notices: flags.notices.clone(),
        now: now(),
        unique: &unique,
    };
    let draft =
        Draft::of(&octets, &taking).map_err(|unfit| ended(Code::Data, unfit.tell(text.0)))?;
    let outbox = outbox_of(context, account);
    let outbox = outbox.map_err(|error| ended(Code::TemporaryFailure, format!("{error:#}")))?;
    let id = outbox.add(&draft, now()).map_err(not_taken)?;
    if flags.when == When::Later {
        return Ok(());
    }
    // It is safe: what goes wrong from here on is no failure of who handed it over.
    let ran = match run(context, account, WhichParcels::Due, Shows::Nothing).await {
        Ok(ran) => ran,
        Err(error) => return warning(&format!("correio: {error:#}")),
    };
    let Some(parcel) = ran.as_ref().and_then(|ran| of_run(ran, &id)) else { return Ok(()) };
    match parcel.state.waits() {
        Waits::ForNothing | Waits::ForCopy(_) => Ok(()),
        Waits::ForServer(_) => {
            let lines = text.sent_parcel(parcel);
            lines.iter().try_for_each(|text| warning(&format!("correio: {text}")))
        }
        Waits::ForPerson => Err(ended(Code::Unavailable, text.sent_parcel(parcel).join("\n"))),
    }
}

fn not_taken(fault: OutboxFault) -> anyhow::Error {
    let code = match &fault {
        OutboxFault::NoSpace | OutboxFault::TooMany => Code::TemporaryFailure,
        OutboxFault::Unsure(_) | OutboxFault::Disk(_) | OutboxFault::Unreadable(_) => Code::Io,
    };
    ended(code, language().outbox_fault(&fault))
}

fn octets(flags: &Flags) -> Result<Vec<u8>> {
    let mut octets = Vec::new();
    let most = LETTER_OCTETS_MAX.saturating_add(1);
    let read = std::io::stdin().lock().take(most).read_to_end(&mut octets);
    read.map_err(|error| ended(Code::NoInput, error.to_string()))?;
    if flags.dot_ends {
        octets.truncate(end_of(&octets));
    }
    Ok(octets)
}

/// Where a message ends whose end is a line with only a dot.
fn end_of(octets: &[u8]) -> usize {
    let mut at = 0_usize;
    for line in octets.split_inclusive(|octet| *octet == b'\n') {
        if matches!(line, b".\n" | b".\r\n" | b".") {
            return at;
        }
        at = at.saturating_add(line.len());
    }
    at
}

/// From which account it goes: programs cannot be asked, so that there is one as long as any can send.
fn account<'c>(
    companion: &'c Companion,
    flags: &Flags,
    octets: &[u8],
) -> Option<&'c ProviderAccount> {
    let able = senders(companion);
    let named = flags.from.as_deref().and_then(|from| account_of(&able, &[from.to_owned()]));
    named.or_else(|| account_of(&able, &authors(octets))).or_else(|| able.first().copied())
}

#[cfg(test)]
mod tests {
    use super::end_of;

    #[test]
    fn a_line_with_only_a_dot_is_the_end() {
        for (text, want) in [
            ("a\n.\nb\n", "a\n"),
            ("a\r\n.\r\nb\r\n", "a\r\n"),
            ("a\n..\nb", "a\n..\nb"),
            ("a\n.", "a\n"),
            (".b\n", ".b\n"),
            ("", ""),
        ] {
            assert_eq!(&text[..end_of(text.as_bytes())], want);
        }
    }
}
