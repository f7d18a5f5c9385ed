//! What is kept of a message that was found elsewhere.

use bytes::Bytes;

use crate::codec::{Input, Output};
use crate::limits::{KEYWORDS_MAX, PLACEMENT_NOTE_OCTETS_MAX};
use crate::placements::{Mirrored, Taken, There};
use crate::{
    BodyHash, EmailId, FlagNames, Flags, Keyword, MailboxId, Placement, PlacementState, Timestamp,
    Uid,
};

const PASSED: u8 = 0;
const NOTED: u8 = 4;
/// What is mirrored: so much is added to the octet of what is done there.
const MIRRORED: u8 = 10;
/// What is being done there, by its octet.
const THERE: [(u8, There); 3] = [(1, There::Stays), (2, There::Leaving), (3, There::Gone)];

pub(crate) fn write_placement(placement: &Placement) -> Bytes {
    // Only what mirrors keep needs the later version.
    let version = match placement.state {
        PlacementState::Taken(_) | PlacementState::Passed { .. } => 1,
        PlacementState::Mirrored(_) | PlacementState::Noted(_) => 2,
    };
    let mut output = Output::version(version);
    output.signed(placement.since.0).maybe(placement.listed_octets);
    maybe_time(&mut output, placement.missing_since);
    match &placement.state {
        PlacementState::Taken(taken) => {
            output.octet(octet_of(taken.there));
            write_taken(&mut output, taken);
        }
        PlacementState::Mirrored(Mirrored { taken, mailbox, uid, flags }) => {
            output.octet(octet_of(taken.there).saturating_add(MIRRORED));
            write_taken(&mut output, taken);
            output.number(mailbox.0).number(uid.number());
            output.number(flags.system.0).count(flags.keywords.len());
            for keyword in &flags.keywords {
                output.text(keyword.as_str());
            }
        }
        PlacementState::Noted(note) => {
            output.octet(NOTED).octets(note);
        }
        PlacementState::Passed { octets_min, date } => {
            output.octet(PASSED).maybe(*octets_min);
            maybe_time(&mut output, *date);
        }
    }
    output.done()
}

fn octet_of(there: There) -> u8 {
    THERE.iter().find(|(_, known)| *known == there).map_or(1, |it| it.0)
}

fn write_taken(output: &mut Output, taken: &Taken) {
    output.number(taken.email.0).plain(&taken.hash.0).plain(&taken.header);
}

fn take_taken(input: &mut Input<'_>, octet: u8) -> Option<Taken> {
    let there = THERE.iter().find(|(known, _)| *known == octet)?.1;
    let email = EmailId(input.number()?);
    let (hash, header) = (BodyHash(*input.plain::<32>()?), *input.plain::<32>()?);
    Some(Taken { email, hash, header, there })
}

fn take_mirrored(input: &mut Input<'_>, octet: u8) -> Option<Mirrored> {
    let taken = take_taken(input, octet.checked_sub(MIRRORED)?)?;
    let (mailbox, uid) = (MailboxId(input.number_u32()?), Uid::new(input.number_u32()?)?);
    let system = Flags(input.number()?);
    let mut keywords = Vec::new();
    for _ in 0..input.count().filter(|count| *count <= KEYWORDS_MAX)? {
        keywords.push(Keyword::new(input.text()?)?);
    }
    Some(Mirrored { taken, mailbox, uid, flags: FlagNames { system, keywords } })
}

fn maybe_time(output: &mut Output, time: Option<Timestamp>) {
    match time {
        None => output.octet(0),
        Some(time) => output.octet(1).signed(time.0),
    };
}

fn take_time(input: &mut Input<'_>) -> Option<Option<Timestamp>> {
    match input.octet()? {
        0 => Some(None),
        1 => Some(Some(Timestamp(input.signed()?))),
        _ => None,
    }
}

pub(crate) fn read_placement(value: &[u8]) -> Option<Placement> {
    let mut input = Input::version(value, 1).or_else(|| Input::version(value, 2))?;
    let (since, listed_octets) = (Timestamp(input.signed()?), input.maybe()?);
    let missing_since = take_time(&mut input)?;
    let state = match input.octet()? {
        PASSED => {
            let octets_min = input.maybe()?;
            PlacementState::Passed { octets_min, date: take_time(&mut input)? }
        }
        NOTED => {
            let note = input.octets()?;
            if note.len() > PLACEMENT_NOTE_OCTETS_MAX {
                return None;
            }
            PlacementState::Noted(note.into())
        }
        octet if octet > MIRRORED => PlacementState::Mirrored(take_mirrored(&mut input, octet)?),
        octet => PlacementState::Taken(take_taken(&mut input, octet)?),
    };
    input.end().map(|()| Placement { since, listed_octets, missing_since, state })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placements_are_read_as_written() {
        let taken = |there| {
            let (hash, header) = (BodyHash([7; 32]), [9; 32]);
            PlacementState::Taken(Taken { email: EmailId(1 << 40), hash, header, there })
        };
        let passed = |octets_min, date| PlacementState::Passed { octets_min, date };
        let mirrored = |keywords: &[&str]| {
            let (hash, header) = (BodyHash([8; 32]), [1; 32]);
            let taken = Taken { email: EmailId(3), hash, header, there: There::Stays };
            let keywords = keywords.iter().map(|it| Keyword::new(it).unwrap()).collect();
            let flags = FlagNames { system: Flags::SEEN.with(Flags::DRAFT), keywords };
            let (mailbox, uid) = (MailboxId(u32::MAX), Uid::MAX);
            PlacementState::Mirrored(Mirrored { taken, mailbox, uid, flags })
        };
        for state in [
            taken(There::Stays),
            taken(There::Leaving),
            taken(There::Gone),
            mirrored(&[]),
            mirrored(&["$Junk", "work"]),
            PlacementState::Noted([0, 7, 255].as_slice().into()),
            passed(None, None),
            passed(Some(5), Some(Timestamp(-7))),
        ] {
            for (listed_octets, missing_since) in [(None, None), (Some(9), Some(Timestamp(3)))] {
                let since = Timestamp(-5);
                let state = state.clone();
                let placement = Placement { since, listed_octets, missing_since, state };
                let value = write_placement(&placement);
                assert_eq!(read_placement(&value), Some(placement));
                for end in 0..value.len() {
                    assert_eq!(read_placement(&value[..end]), None);
                }
            }
        }
    }
}
