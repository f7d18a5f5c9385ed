//! What an email is sorted and threaded by: its dates, the keys of its texts, and the ids that link it to others. Kept beside
//! the record of the email in a value of about a hundred octets, so that a hundred thousand are read in a moment. All of it
//! follows from the message, so that it can be made anew.

use bytes::Bytes;
use message::{Address, Addresses, Decoded, ThreadKeys};

use crate::codec::{Input, Output};
use crate::limits::SORT_TEXT_OCTETS_MAX;
use crate::{Collation, EmailId, Timestamp};

/// A text that mail is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SortText {
    /// The base subject (RFC 5256, 2.1).
    Subject,
    /// The local part of the first address of From, To or Cc (RFC 5256, 3).
    From,
    To,
    Cc,
    /// What a program shows of the first address (RFC 5957, 3).
    DisplayFrom,
    DisplayTo,
}

impl SortText {
    /// All, in the order in which they are written.
    pub(crate) const ALL: [SortText; 6] = [
        SortText::Subject,
        SortText::From,
        SortText::To,
        SortText::Cc,
        SortText::DisplayFrom,
        SortText::DisplayTo,
    ];

    /// Where it stands in `ALL`.
    pub(crate) fn index(self) -> usize {
        SortText::ALL.iter().position(|text| *text == self).unwrap_or(0)
    }

    /// The whole key of an envelope by a collation; empty where there is no such text. One that could not be decoded comes
    /// behind all others, with its octets (RFC 5255, 4.6).
    pub(crate) fn key(self, envelope: &message::Envelope<'_>, collation: Collation) -> Vec<u8> {
        let Decoded { text, is_whole } = match self {
            SortText::Subject => {
                let subject = envelope.subject.map(message::BaseSubject::of).unwrap_or_default();
                Decoded { text: subject.text, is_whole: !subject.is_broken }
            }
            SortText::From => local_part(envelope.from),
            SortText::To => local_part(envelope.to),
            SortText::Cc => local_part(envelope.cc),
            SortText::DisplayFrom => display(envelope.from),
            SortText::DisplayTo => display(envelope.to),
        };
        if is_whole {
            collation.key(&text)
        } else {
            // No octet of UTF-8 is as high.
            std::iter::once(u8::MAX).chain(text.into_bytes()).collect()
        }
    }
}

fn plain(octets: &[u8]) -> Decoded {
    let text = String::from_utf8_lossy(octets).into_owned();
    Decoded { is_whole: !text.contains(char::REPLACEMENT_CHARACTER), text }
}

fn local_part(addresses: Addresses<'_>) -> Decoded {
    plain(addresses.iter().next().and_then(|address| address.mailbox).unwrap_or_default())
}

/// A name as it is shown: with the spaces at its ends that stand in quotation marks.
fn shown_name(name: &[u8]) -> Decoded {
    let Decoded { text, is_whole } = message::decode_words_noting(name);
    let is_space = |octet: &&u8| **octet == b' ';
    let before = name.iter().take_while(is_space).count();
    let behind = name.iter().rev().take_while(is_space).count();
    let text = match text.is_empty() {
        true => text,
        false => format!("{}{text}{}", " ".repeat(before), " ".repeat(behind)),
    };
    Decoded { text, is_whole }
}

/// The name of the first address, of a group its name, else the address (RFC 5957, 3).
fn display(addresses: Addresses<'_>) -> Decoded {
    let Some(Address { name, mailbox, host, .. }) = addresses.iter().next() else {
        return plain(&[]);
    };
    let mailbox = mailbox.unwrap_or_default();
    match (name.filter(|name| !name.is_empty()), host) {
        (Some(name), Some(_)) => shown_name(name),
        (_, None) => shown_name(mailbox),
        (None, Some(b"")) => plain(mailbox),
        (None, Some(host)) => plain(&[mailbox, b"@", host].concat()),
    }
}

/// The first octets of a text's key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TextKey<'a> {
    pub(crate) octets: &'a [u8],
    /// Where that is not the whole key: a hash of it.
    pub(crate) whole: Option<u64>,
}

/// What an email is sorted and threaded by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SortRecord<'a> {
    pub(crate) arrived: Timestamp,
    /// What the Date field says, else `arrived` (RFC 5256, 2.2).
    pub(crate) sent: Timestamp,
    /// Whether its subject says that it is a reply or was forwarded.
    pub(crate) is_reply: bool,
    pub(crate) texts: [TextKey<'a>; 6],
    /// The hash of its own Message-ID.
    pub(crate) own: Option<u64>,
    /// The hashes of what it refers to, oldest first, eight octets each.
    references: &'a [u8],
}

impl<'a> SortRecord<'a> {
    /// The same with other texts.
    pub(crate) fn with_texts(self, texts: [TextKey<'a>; 6]) -> SortRecord<'a> {
        SortRecord { texts, ..self }
    }

    /// The hashes of what it refers to, oldest first.
    pub(crate) fn references(&self) -> impl ExactSizeIterator<Item = u64> {
        self.references.as_chunks::<8>().0.iter().map(|hash| u64::from_be_bytes(*hash))
    }
}

/// How far the records of mail that came before there were any have been made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SortFilled {
    /// Emails with lower numbers have one.
    pub(crate) below: EmailId,
    /// From this one on they got it when they came.
    pub(crate) end: EmailId,
}

pub(crate) fn write_sort_filled(filled: SortFilled) -> Bytes {
    Output::version(1).number(filled.below.0).number(filled.end.0).done()
}

pub(crate) fn read_sort_filled(value: &[u8]) -> Option<SortFilled> {
    let mut input = Input::version(value, 1)?;
    let filled = SortFilled { below: EmailId(input.number()?), end: EmailId(input.number()?) };
    input.end().map(|()| filled)
}

/// What stands in the record and follows from the header alone.
pub(crate) fn write_sort_content(outline: &[u8], keys: &ThreadKeys) -> Bytes {
    let mut output = Output::default();
    output.octet(u8::from(keys.subject.is_reply));
    let envelope = message::decode_envelope(outline).unwrap_or_default();
    for text in SortText::ALL {
        write_text(&mut output, &text.key(&envelope, Collation::UnicodeCasemap));
    }
    match &keys.message_id {
        None => output.octet(0),
        Some(id) => output.octet(1).plain(&id_hash(id.as_octets()).to_be_bytes()),
    };
    output.count(keys.references.len());
    for id in &keys.references {
        output.plain(&id_hash(id.as_octets()).to_be_bytes());
    }
    output.done()
}

/// A record of dates and of what `write_sort_content` wrote.
pub(crate) fn write_sort(arrived: Timestamp, sent: Timestamp, content: &[u8]) -> Bytes {
    Output::version(1).signed(arrived.0).signed(sent.0).plain(content).done()
}

pub(crate) fn read_sort(value: &[u8]) -> Option<SortRecord<'_>> {
    let mut input = Input::version(value, 1)?;
    let (arrived, sent) = (Timestamp(input.signed()?), Timestamp(input.signed()?));
    let is_reply = match input.octet()? {
        0 => false,
        1 => true,
        _ => return None,
    };
    let mut texts = [TextKey::default(); 6];
    for text in &mut texts {
        *text = read_text(&mut input)?;
    }
    let own = match input.octet()? {
        0 => None,
        1 => Some(u64::from_be_bytes(*input.plain::<8>()?)),
        _ => return None,
    };
    let count = input.count()?;
    let references = input.rest();
    let whole = references.len() == count.checked_mul(8)?;
    whole.then_some(SortRecord { arrived, sent, is_reply, texts, own, references })
}

/// The first octets of a key.
pub(crate) fn front(key: &[u8]) -> TextKey<'_> {
    match key.get(..SORT_TEXT_OCTETS_MAX) {
        Some(octets) if key.len() > SORT_TEXT_OCTETS_MAX => {
            TextKey { octets, whole: Some(id_hash(key)) }
        }
        Some(_) | None => TextKey { octets: key, whole: None },
    }
}

/// The length with a bit that says whether the key is cut short, the octets, and then the hash.
fn write_text(output: &mut Output, key: &[u8]) {
    let TextKey { octets, whole } = front(key);
    let length = octets.len().saturating_mul(2);
    output.count(length.saturating_add(usize::from(whole.is_some()))).plain(octets);
    if let Some(hash) = whole {
        output.plain(&hash.to_be_bytes());
    }
}

fn read_text<'a>(input: &mut Input<'a>) -> Option<TextKey<'a>> {
    let length = usize::try_from(input.number()?).ok()?;
    let octets = input.take(length >> 1)?;
    let whole = if length & 1 == 1 { Some(u64::from_be_bytes(*input.plain::<8>()?)) } else { None };
    Some(TextKey { octets, whole })
}

/// The first octets of a hash.
pub(crate) fn id_hash(octets: &[u8]) -> u64 {
    let hash = blake3::hash(octets);
    hash.as_bytes().first_chunk::<8>().map_or(0, |octets| u64::from_be_bytes(*octets))
}

#[cfg(test)]
mod tests {
    use message::Outline;
    use proptest::prelude::*;

    use super::*;

    fn record(header: &str) -> Bytes {
        let outline = Outline::of(header.as_bytes()).encode();
        let content = write_sort_content(&outline, &ThreadKeys::of_header(header.as_bytes()));
        write_sort(Timestamp(-5), Timestamp(7), &content)
    }

    fn texts(value: &Bytes) -> Vec<String> {
        let record = read_sort(value).unwrap();
        let shown = |text: &TextKey<'_>| String::from_utf8_lossy(text.octets).into_owned();
        record.texts.iter().map(shown).collect()
    }

    #[test]
    fn a_record_is_read_as_written() {
        let value = record(
            "From: =?utf-8?q?Jos=C3=A9?= <jose@x>, b@y\r\nTo: Team: a@b, c@d;\r\nCc: ann@z\r\n\
             Subject: Re: [l] lunch\r\nMessage-ID: <m@x>\r\nReferences: <a@b> <c@d>\r\n\r\n",
        );
        let want = ["LUNCH", "JOSE", "TEAM", "ANN", "JOSE\u{301}", "TEAM"];
        assert_eq!(texts(&value), want);
        let read = read_sort(&value).unwrap();
        assert_eq!((read.arrived, read.sent, read.is_reply), (Timestamp(-5), Timestamp(7), true));
        assert_eq!(read.own, Some(id_hash(b"m@x")));
        let references: Vec<u64> = read.references().collect();
        assert_eq!(references, [id_hash(b"a@b"), id_hash(b"c@d")]);
        for end in 0..value.len() {
            assert!(read_sort(&value[..end]).is_none());
        }
    }

    #[test]
    fn what_is_missing_is_empty_and_an_address_without_a_name_stands_for_itself() {
        assert_eq!(texts(&record("X: y\r\n\r\n")), ["", "", "", "", "", ""]);
        let value = record("From: bo@B.example\r\nTo: root\r\n\r\n");
        assert_eq!(texts(&value), ["", "BO", "ROOT", "", "BO@B.EXAMPLE", "ROOT"]);
    }

    #[test]
    fn a_name_has_the_spaces_that_are_in_quotation_marks() {
        let shown = |from: &str| texts(&record(&format!("From: {from} <a@x>\r\n\r\n")))[4].clone();
        assert_eq!(shown("\" mariam\""), " MARIAM");
        assert_eq!(shown("  ana  "), "ANA");
        assert_eq!(shown("=?utf-8?q?_ana?="), " ANA");
    }

    #[test]
    fn what_cannot_be_decoded_comes_last() {
        let subject = |value: &str| {
            let value = record(&format!("Subject: Re: {value}\r\n\r\n"));
            read_sort(&value).unwrap().texts[0].octets.to_vec()
        };
        // The standard's own order (RFC 5255, 4.6): the third and the fourth are not in their charset.
        let texts = [
            "=?koi8-r?q?=E1=CC=C5=CB=D3=C5=CA?=",
            "=?utf-8?q?=D1=81=D0=95=D0=A0=D0=93=D0=95=D0=99?=",
            "=?utf-8?q?=D0=92=D0=B0=D1=81=D0=B8=D0=BB=D0=B8=FF=B9?=",
            "=?utf-8?q?=D0=C0=D0=BD=D0=B4=D1=80=D0=B5=D0=B9?=",
        ];
        let keys = texts.map(subject);
        assert!(keys.is_sorted(), "{keys:?}");
        assert!(subject("=?x-unknown?q?a?=") > subject("\u{10ffff}"));
    }

    #[test]
    fn long_keys_are_cut_and_told_apart() {
        let long = "x".repeat(SORT_TEXT_OCTETS_MAX);
        let whole = |subject: &str| {
            let value = record(&format!("Subject: {subject}\r\n\r\n"));
            let record = read_sort(&value).unwrap();
            (record.texts[0].octets.len(), record.texts[0].whole)
        };
        assert_eq!(whole(&long), (SORT_TEXT_OCTETS_MAX, None));
        let (a, b) = (whole(&format!("{long}a")), whole(&format!("{long}b")));
        assert_eq!((a.0, b.0), (SORT_TEXT_OCTETS_MAX, SORT_TEXT_OCTETS_MAX));
        assert!(a.1.is_some() && b.1.is_some() && a.1 != b.1);
    }

    proptest! {
        #[test]
        fn any_octets_are_read_or_refused(mut octets: Vec<u8>) {
            if let Some(first) = octets.first_mut() { *first = 1; }
            let _ = read_sort(&octets);
        }
    }
}
