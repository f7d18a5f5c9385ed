//! ENVELOPE: the header fields that a list of mail shows (RFC 9051, 7.5.2).

use crate::commands::fetch::{Message, Reply, Source};
use crate::fetch::envelope::{self, print_envelope};
use crate::fetch::item::{Ask, Row};
use crate::fetch::{Answer, FetchLine};
use crate::server::outcome::Stop;
use crate::{Syntax, wire::Args};

pub(super) const ROW: Row = Row::plain("ENVELOPE", |_| Ok(Envelope.into()), parse_answer);

/// The envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope;

fn parse_answer(args: &mut Args<'_>) -> Result<Answer, Syntax> {
    envelope::Envelope::parse(args).map(|envelope| Answer::Envelope(Box::new(envelope)))
}

impl Ask for Envelope {
    fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"ENVELOPE");
    }
}

impl Reply for Envelope {
    const SOURCE: Source = Source::Email;

    fn answer(&self, line: &mut FetchLine<'_>, message: &Message<'_>) -> Result<(), Stop> {
        if let Some(email) = message.email {
            line.envelope(&message::decode_envelope(&email.outline).unwrap_or_default());
        }
        Ok(())
    }
}

impl FetchLine<'_> {
    /// ENVELOPE
    pub fn envelope(&mut self, envelope: &message::Envelope<'_>) {
        self.item(b"ENVELOPE ");
        print_envelope(self.out, envelope, self.dialect);
    }
}
