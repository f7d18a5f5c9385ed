//! Entries that were expunged together: up to 1,000 of them in one value.

use std::net::IpAddr;

use bytes::Bytes;

use super::change::{read_who, write_who};
use super::{keyword_list, read_keyword_list};
use crate::codec::{Input, Output};
use crate::{EmailId, Flags, Keyword, MailboxId, MailboxName, Timestamp, Uid, Who};

/// One value of retained entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RetainedChunk {
    pub(crate) time: Timestamp,
    pub(crate) who: Who,
    pub(crate) mailbox_name: MailboxName,
    /// The keyword table that the flags of the items refer to.
    pub(crate) keywords: Vec<Keyword>,
    /// Ascending by UID.
    pub(crate) items: Vec<RetainedItem>,
}

/// One entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RetainedItem {
    pub(crate) uid: Uid,
    pub(crate) email: EmailId,
    pub(crate) octets: u32,
    pub(crate) flags: Flags,
    /// Where the copy was made that it began as.
    pub(crate) copy: Option<(MailboxId, Uid)>,
}

impl RetainedChunk {
    pub(crate) fn write(&self) -> Bytes {
        let mut output = Output::version(1);
        output.signed(self.time.0);
        write_who(&mut output, &self.who);
        output.text(self.mailbox_name.as_str());
        keyword_list(&mut output, &self.keywords);
        output.count(self.items.len());
        for item in &self.items {
            output
                .number(item.uid.number())
                .number(item.email.0)
                .number(item.octets)
                .number(item.flags.0);
            match item.copy {
                None => output.number(0u32),
                Some((mailbox, uid)) => output.number(uid.number()).number(mailbox.0),
            };
        }
        output.done()
    }

    pub(crate) fn read(value: &[u8]) -> Option<RetainedChunk> {
        let mut input = Input::version(value, 1)?;
        let time = Timestamp(input.signed()?);
        let who = read_who(&mut input)?;
        let mailbox_name = MailboxName::new(input.text()?).ok()?;
        let keywords = read_keyword_list(&mut input)?;
        let count = input.count()?;
        let items = (0..count).map(|_| read_item(&mut input)).collect::<Option<Vec<_>>>()?;
        let chunk = RetainedChunk { time, who, mailbox_name, keywords, items };
        input.end().map(|()| chunk)
    }
}

fn read_item(input: &mut Input<'_>) -> Option<RetainedItem> {
    Some(RetainedItem {
        uid: Uid::new(input.number_u32()?)?,
        email: EmailId(input.number()?),
        octets: input.number_u32()?,
        flags: Flags(input.number()?),
        copy: match Uid::new(input.number_u32()?) {
            None => None,
            Some(uid) => Some((MailboxId(input.number_u32()?), uid)),
        },
    })
}

/// Writes an address.
pub(super) fn write_address(output: &mut Output, address: Option<IpAddr>) {
    match address {
        None => output.octet(0),
        Some(IpAddr::V4(address)) => output.octet(4).plain(&address.octets()),
        Some(IpAddr::V6(address)) => output.octet(6).plain(&address.octets()),
    };
}

/// Reads an address.
pub(super) fn read_address(input: &mut Input<'_>) -> Option<Option<IpAddr>> {
    match input.octet()? {
        0 => Some(None),
        4 => input.plain::<4>().map(|octets| Some(IpAddr::from(*octets))),
        6 => input.plain::<16>().map(|octets| Some(IpAddr::from(*octets))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Door;

    #[test]
    fn retained_entries_are_read_as_written() {
        let item = |uid: u32, copy| RetainedItem {
            uid: Uid::new(uid).unwrap(),
            email: EmailId(500),
            octets: 70_000,
            flags: Flags::SEEN,
            copy,
        };
        let chunk = RetainedChunk {
            time: Timestamp(1_700_000_000),
            who: Who {
                door: Door::Pop3,
                device: Some("Büro".into()),
                address: Some("2001:db8::1".parse().unwrap()),
                user: None,
            },
            mailbox_name: MailboxName::inbox(),
            keywords: vec![Keyword::new("$Junk").unwrap()],
            items: vec![item(3, None), item(9, Some((MailboxId(2), Uid::MIN)))],
        };
        assert_eq!(RetainedChunk::read(&chunk.write()), Some(chunk));
    }
}
