//! What is kept of a message that was found elsewhere.

use bytes::Bytes;

use crate::codec::{Input, Output};
use crate::placements::{Taken, There};
use crate::{BodyHash, EmailId, Placement, PlacementState, Timestamp};

const PASSED: u8 = 0;
/// What is being done there, by its octet.
const THERE: [(u8, There); 3] = [(1, There::Stays), (2, There::Leaving), (3, There::Gone)];

pub(crate) fn write_placement(placement: &Placement) -> Bytes {
    let mut output = Output::version(1);
    output.signed(placement.since.0).maybe(placement.listed_octets);
    maybe_time(&mut output, placement.missing_since);
    match &placement.state {
        PlacementState::Taken(taken) => {
            let octet = THERE.iter().find(|(_, there)| *there == taken.there).map_or(1, |it| it.0);
            output.octet(octet).number(taken.email.0).plain(&taken.hash.0).plain(&taken.header);
        }
        PlacementState::Passed { octets_min, date } => {
            output.octet(PASSED).maybe(*octets_min);
            maybe_time(&mut output, *date);
        }
    }
    output.done()
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
    let mut input = Input::version(value, 1)?;
    let (since, listed_octets) = (Timestamp(input.signed()?), input.maybe()?);
    let missing_since = take_time(&mut input)?;
    let state = match input.octet()? {
        PASSED => {
            let octets_min = input.maybe()?;
            PlacementState::Passed { octets_min, date: take_time(&mut input)? }
        }
        octet => {
            let there = THERE.iter().find(|(known, _)| *known == octet)?.1;
            let email = EmailId(input.number()?);
            let (hash, header) = (BodyHash(*input.plain::<32>()?), *input.plain::<32>()?);
            PlacementState::Taken(Taken { email, hash, header, there })
        }
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
        for state in [
            taken(There::Stays),
            taken(There::Leaving),
            taken(There::Gone),
            passed(None, None),
            passed(Some(5), Some(Timestamp(-7))),
        ] {
            for (listed_octets, missing_since) in [(None, None), (Some(9), Some(Timestamp(3)))] {
                let since = Timestamp(-5);
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
