//! Reads the records of a segment one after another, and finds records again after a damaged place.

use std::sync::Arc;

use mailbox::Fault;

use crate::disk::DiskFile;
use crate::encoding::{Reader, octets_of};
use crate::fault::Doing;
use crate::record::{HEADER_OCTETS, Header, Kind, Position, payload_checksum};

/// The first version of the record format.
pub(crate) const RECORD_FORMAT: u32 = 1;
const WINDOW_OCTETS: u64 = 256 << 10;

/// The payload of a segment's first record.
pub(crate) fn open_payload(segment: u32) -> Vec<u8> {
    let mut payload = RECORD_FORMAT.to_le_bytes().to_vec();
    payload.extend_from_slice(&segment.to_le_bytes());
    payload
}

/// What comes next in a segment.
#[derive(Debug)]
pub(crate) enum Step<'a> {
    /// A record that is whole.
    Record(Record<'a>),
    /// Nothing: the segment ends here, or only zeros follow in place of a header.
    End,
    /// Octets that are no record.
    Bad(&'static str),
}

/// A record that proved whole.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    pub(crate) header: Header,
    /// Where its payload begins in the segment.
    pub(crate) payload_offset: u64,
    pub(crate) payload: &'a [u8],
}

/// A header, the payload that it may not fit, and where that begins.
pub(crate) type Unchecked<'a> = (Header, &'a [u8], u64);

/// Where a scan stands, so that it can go on later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stand {
    /// Where the next record begins.
    pub(crate) position: Position,
    /// The checksum that it chains to.
    pub(crate) chain: u32,
    /// The salt of the segment; 0 before its first record.
    pub(crate) salt: u64,
    /// The sequence it has; 0 if any will do.
    pub(crate) sequence: u64,
}

impl Stand {
    /// The beginning of a segment.
    pub(crate) fn at_start(segment: u32) -> Stand {
        Stand { position: Position { segment, offset: 0 }, chain: 0, salt: 0, sequence: 0 }
    }
}

/// Reads one record at a place of a segment that has this salt; none if there is none that is whole.
pub(crate) fn read_record(
    file: &dyn DiskFile,
    position: Position,
    salt: u64,
) -> Result<Option<(Header, Vec<u8>)>, Fault> {
    let doing = "reading the journal";
    let file_octets = file.octets().doing(doing)?;
    let payload_offset = position.offset.saturating_add(HEADER_OCTETS);
    if payload_offset > file_octets {
        return Ok(None);
    }
    let mut octets = [0; 48];
    file.read_at(position.offset, &mut octets).doing(doing)?;
    let header = Header::parse(&octets, position).map(|(header, _)| header);
    let Some(header) = header.filter(|header| header.salt == salt) else { return Ok(None) };
    if header.next_offset(position.offset) > file_octets {
        return Ok(None);
    }
    let mut payload = vec![0; usize::try_from(header.octets).unwrap_or(usize::MAX)];
    file.read_at(payload_offset, &mut payload).doing(doing)?;
    let right = payload_checksum(&payload) == header.payload_checksum;
    Ok(right.then_some((header, payload)))
}

/// Reads a segment from a stand on.
#[derive(Debug)]
pub(crate) struct Scanner {
    file: Arc<dyn DiskFile>,
    file_octets: u64,
    stand: Stand,
    window: Vec<u8>,
    window_offset: u64,
}

impl Scanner {
    pub(crate) fn new(file: Arc<dyn DiskFile>, stand: Stand) -> Result<Scanner, Fault> {
        let file_octets = file.octets().doing("asking for the length of a segment")?;
        Ok(Scanner { file, file_octets, stand, window: Vec::new(), window_offset: 0 })
    }

    /// Where the next record begins.
    pub(crate) fn stand(&self) -> Stand {
        self.stand
    }

    /// How long the file is.
    pub(crate) fn file_octets(&self) -> u64 {
        self.file_octets
    }

    /// Reads the next record and moves behind it. At the end or at something bad it stays.
    pub(crate) fn step(&mut self) -> Result<Step<'_>, Fault> {
        let offset = self.stand.position.offset;
        let Some(octets) = self.header_octets(offset)? else {
            return Ok(match self.only_zeros_from(offset)? {
                true => Step::End,
                false => Step::Bad("a cut header"),
            });
        };
        if octets == [0; 48] {
            return Ok(Step::End);
        }
        let Some((header, checksum)) = Header::parse(&octets, self.stand.position) else {
            return Ok(Step::Bad("no header of a record"));
        };
        if let Some(what) = self.out_of_order(&header) {
            return Ok(Step::Bad(what));
        }
        let payload_offset = offset.saturating_add(HEADER_OCTETS);
        let end = header.next_offset(offset);
        if end > self.file_octets {
            return Ok(Step::Bad("a record longer than the segment"));
        }
        let payload_octets = u64::from(header.octets);
        self.fill(payload_offset, payload_octets)?;
        let segment = self.stand.position.segment;
        let payload = self.in_window(payload_offset, payload_octets).unwrap_or_default();
        if payload_checksum(payload) != header.payload_checksum {
            return Ok(Step::Bad("a payload that is not what its checksum says"));
        }
        if header.kind == Kind::Open && payload != open_payload(segment) {
            return Ok(Step::Bad("the beginning of another segment or of a later format"));
        }
        self.stand = Stand {
            position: Position { segment, offset: end },
            chain: checksum,
            salt: header.salt,
            sequence: header.sequence.saturating_add(1),
        };
        let payload = self.in_window(payload_offset, payload_octets).unwrap_or_default();
        Ok(Step::Record(Record { header, payload_offset, payload }))
    }

    /// What kind of record comes next, if one does.
    pub(crate) fn peek_kind(&mut self) -> Result<Option<Kind>, Fault> {
        let octets = self.header_octets(self.stand.position.offset)?;
        let header = octets.and_then(|octets| Header::parse(&octets, self.stand.position));
        Ok(header.map(|(header, _)| header.kind))
    }

    /// Goes back to the beginning of the segment.
    pub(crate) fn start_over(&mut self) {
        self.stand = Stand::at_start(self.stand.position.segment);
    }

    /// Says whether a header does not follow what came before.
    fn out_of_order(&self, header: &Header) -> Option<&'static str> {
        let Stand { position, chain, salt, sequence } = self.stand;
        if (position.offset == 0) != (header.kind == Kind::Open) {
            return Some("a segment's first record in the wrong place");
        }
        if header.chain != chain || (position.offset > 0 && header.salt != salt) {
            return Some("a record that does not follow the one before it");
        }
        let follows = match header.kind {
            // Repair puts them where any number of records may have been lost.
            Kind::Gap | Kind::Seal => header.sequence >= sequence,
            Kind::Open | Kind::Batch | Kind::Chunk | Kind::Part | Kind::Whole => {
                sequence == 0 || header.sequence == sequence
            }
        };
        (!follows).then_some("a record out of order")
    }

    /// Finds the next header at or after this offset, whatever came before it.
    pub(crate) fn find_header(&mut self, from: u64) -> Result<Option<(u64, Header)>, Fault> {
        let segment = self.stand.position.segment;
        let mut offset = from;
        while offset.saturating_add(HEADER_OCTETS) <= self.file_octets {
            self.fill(offset, HEADER_OCTETS)?;
            let skip = offset.saturating_sub(self.window_offset);
            let rest = usize::try_from(skip).ok().and_then(|skip| self.window.get(skip..));
            let rest = rest.unwrap_or_default();
            let Some(found) = rest.iter().position(|octet| *octet == b'c') else {
                offset = offset.saturating_add(octets_of(rest)).max(offset.saturating_add(1));
                continue;
            };
            offset = offset.saturating_add(u64::try_from(found).unwrap_or(u64::MAX));
            if let Some(octets) = self.header_octets(offset)?
                && let Some((header, _)) = Header::parse(&octets, Position { segment, offset })
                && (self.stand.salt == 0 || self.stand.salt == header.salt)
            {
                return Ok(Some((offset, header)));
            }
            offset = offset.saturating_add(1);
        }
        Ok(None)
    }

    /// The record at the stand, if its header is right, whatever its payload is: header, payload, and where that
    /// begins.
    pub(crate) fn unchecked_record(&mut self) -> Result<Option<Unchecked<'_>>, Fault> {
        let offset = self.stand.position.offset;
        let octets = self.header_octets(offset)?;
        let header = octets.and_then(|octets| Header::parse(&octets, self.stand.position));
        let Some((header, _)) = header else { return Ok(None) };
        let payload_offset = offset.saturating_add(HEADER_OCTETS);
        if header.next_offset(offset) > self.file_octets || self.out_of_order(&header).is_some() {
            return Ok(None);
        }
        self.fill(payload_offset, u64::from(header.octets))?;
        let payload = self.in_window(payload_offset, u64::from(header.octets));
        Ok(payload.map(|payload| (header, payload, payload_offset)))
    }

    /// The header at the stand, if it is right and its record can be there, whatever its payload is.
    pub(crate) fn header_here(&mut self) -> Result<Option<Header>, Fault> {
        let offset = self.stand.position.offset;
        let octets = self.header_octets(offset)?;
        let header = octets.and_then(|octets| Header::parse(&octets, self.stand.position));
        let fits = |header: &Header| {
            header.next_offset(offset) <= self.file_octets && self.out_of_order(header).is_none()
        };
        Ok(header.map(|(header, _)| header).filter(fits))
    }

    /// Moves behind the record at the stand, which has this header but for the payload's checksum.
    pub(crate) fn skip(&mut self, header: &Header) -> Result<(), Fault> {
        let Some(octets) = self.header_octets(self.stand.position.offset)? else { return Ok(()) };
        let Some((_, chain)) = Header::parse(&octets, self.stand.position) else { return Ok(()) };
        let offset = header.next_offset(self.stand.position.offset);
        self.stand = Stand {
            position: Position { offset, ..self.stand.position },
            chain,
            salt: header.salt,
            sequence: header.sequence.saturating_add(1),
        };
        Ok(())
    }

    /// Goes on at a header found by `find_header`.
    pub(crate) fn go_to(&mut self, offset: u64, header: &Header) {
        self.stand = Stand {
            position: Position { offset, ..self.stand.position },
            chain: header.chain,
            salt: header.salt,
            sequence: header.sequence,
        };
    }

    /// Says whether the file holds nothing but zeros from here on.
    pub(crate) fn only_zeros_from(&mut self, from: u64) -> Result<bool, Fault> {
        let mut offset = from;
        while offset < self.file_octets {
            let octets = WINDOW_OCTETS.min(self.file_octets.saturating_sub(offset));
            self.fill(offset, octets)?;
            let zeros = self.in_window(offset, octets);
            if !zeros.is_some_and(|octets| octets.iter().all(|octet| *octet == 0)) {
                return Ok(false);
            }
            offset = offset.saturating_add(octets);
        }
        Ok(true)
    }

    fn header_octets(&mut self, offset: u64) -> Result<Option<[u8; 48]>, Fault> {
        if offset.saturating_add(HEADER_OCTETS) > self.file_octets {
            return Ok(None);
        }
        self.fill(offset, HEADER_OCTETS)?;
        Ok(self.in_window(offset, HEADER_OCTETS).and_then(|it| Reader::new(it).array()))
    }

    /// Makes sure that these octets of the file are in the window.
    fn fill(&mut self, offset: u64, octets: u64) -> Result<(), Fault> {
        if self.in_window(offset, octets).is_some() {
            return Ok(());
        }
        let room = self.file_octets.saturating_sub(offset);
        let wanted = octets.max(WINDOW_OCTETS).min(room);
        self.read_window(offset, wanted).or_else(|error| {
            // Perhaps only what comes later cannot be read.
            if octets < wanted { self.read_window(offset, octets) } else { Err(error) }
        })
    }

    fn read_window(&mut self, offset: u64, octets: u64) -> Result<(), Fault> {
        self.window.clear();
        self.window.resize(usize::try_from(octets).unwrap_or(usize::MAX), 0);
        self.window_offset = offset;
        let read = self.file.read_at(offset, &mut self.window);
        if read.is_err() {
            self.window.clear();
        }
        read.doing("reading the journal")
    }

    fn in_window(&self, offset: u64, octets: u64) -> Option<&[u8]> {
        let begin = usize::try_from(offset.checked_sub(self.window_offset)?).ok()?;
        let end = begin.checked_add(usize::try_from(octets).ok()?)?;
        self.window.get(begin..end)
    }
}
