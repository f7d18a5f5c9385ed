//! Mail that goes out as files: what they look like is `transfer`'s, so that an import takes them back.

use jmap::server::ports::{LineEnds, PackFormat, Packed, Packers, Packing};
use transfer::{Attributes, Format};

/// Writes files as exports do.
pub(super) struct Files;

impl Packers for Files {
    fn pack(&self, format: PackFormat) -> Box<dyn Packing> {
        let format = match format {
            PackFormat::Mbox => Format::Mbox,
            PackFormat::EmlZip => Format::Eml,
            PackFormat::MaildirTar => Format::Maildir,
        };
        Box::new(File { packing: transfer::Packing::new(format), open: Attributes::default() })
    }
}

struct File {
    packing: transfer::Packing,
    open: Attributes,
}

impl Packing for File {
    fn begin(&mut self, message: &Packed, to: &mut Vec<u8>) {
        let Packed { mailbox, flags, date, octets, line_ends, uid: (uid_validity, uid) } = message;
        self.open = Attributes {
            mailbox: mailbox.clone(),
            flags: transfer::flag_words(flags.system, &flags.keywords),
            date: Some(*date),
            octets: *octets,
            line_ends: match line_ends {
                LineEnds::Crlf => transfer::LineEnds::Crlf,
                LineEnds::Mixed => transfer::LineEnds::Mixed,
            },
            uid: Some((uid_validity.0, uid.number())),
            ..Attributes::default()
        };
        self.packing.begin(&self.open, to);
    }

    fn write(&mut self, octets: &[u8], to: &mut Vec<u8>) {
        self.packing.write(octets, to);
    }

    fn end(&mut self, to: &mut Vec<u8>) {
        self.packing.end(&self.open, to);
    }

    fn finish(self: Box<Self>, left_out: &[String], to: &mut Vec<u8>) {
        self.packing.finish(left_out, to);
    }
}

#[cfg(test)]
mod tests {
    use jmap::server::ports::{LineEnds, PackFormat, Packed, Packers as _};
    use mailbox::{FlagNames, Flags, Keyword, Timestamp, Uid, UidValidity, ZonedTime};

    use super::Files;

    #[test]
    fn a_message_goes_into_an_mbox_with_its_flags_and_date() {
        let keywords = vec![Keyword::new("$work").unwrap()];
        let message = Packed {
            mailbox: "INBOX".to_owned(),
            flags: FlagNames { system: Flags::SEEN.with(Flags::FLAGGED), keywords },
            date: ZonedTime { time: Timestamp(1_000_000_000), zone_minutes: 60 },
            octets: 26,
            line_ends: LineEnds::Crlf,
            uid: (UidValidity(7), Uid::MIN),
        };
        let (mut packing, mut out) = (Files.pack(PackFormat::Mbox), Vec::new());
        packing.begin(&message, &mut out);
        packing.write(b"Subject: x\r\n\r\n", &mut out);
        packing.write(b"From here\r\n", &mut out);
        packing.end(&mut out);
        packing.finish(&[], &mut out);
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("From correio-export Sun Sep  9 01:46:40 2001\n"), "{text}");
        for line in ["Status: RO\n", "X-Status: F\n", "X-Keywords: $work\n", "zone=+0100", "uid=1"]
        {
            assert!(text.contains(line), "{line}: {text}");
        }
        assert!(text.ends_with("Subject: x\n\n>From here\n\n"), "{text}");
    }
}
