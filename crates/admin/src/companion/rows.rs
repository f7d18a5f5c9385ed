//! How placements are written on a line: octets in hexadecimal, times in Unix seconds.

use mailbox::limits::PLACEMENT_NOTE_OCTETS_MAX;
use mailbox::{
    BodyHash, EmailId, MailboxId, Mirrored, Place, Placed, Placement, PlacementName,
    PlacementState, Taken, There, Timestamp, Uid, ZonedTime,
};
use serde::{Deserialize, Serialize};
use sync::{Arrived, LocalPart, Marks, Target};

/// Octets in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Hex(String);

impl Hex {
    fn of(octets: &[u8]) -> Hex {
        let digit = |number: u8| char::from_digit(u32::from(number), 16).unwrap_or('0');
        let both = |octet: &u8| [digit(octet >> 4), digit(octet & 15)];
        Hex(octets.iter().flat_map(both).collect())
    }

    pub(crate) fn of_name(name: &PlacementName) -> Hex {
        Hex::of(name.octets())
    }

    fn octets(&self) -> Option<Vec<u8>> {
        let digit = |octet: u8| char::from(octet).to_digit(16);
        let pair = |pair: &[u8]| match pair {
            [high, low] => {
                u8::try_from(digit(*high)?.checked_mul(16)?.checked_add(digit(*low)?)?).ok()
            }
            _ => None,
        };
        self.0.as_bytes().chunks(2).map(pair).collect()
    }

    /// The name; none: it cannot be one.
    pub(crate) fn name(&self) -> Option<PlacementName> {
        PlacementName::new(&self.octets()?)
    }

    fn hash(&self) -> Option<[u8; 32]> {
        self.octets()?.try_into().ok()
    }
}

/// What is known of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PlacementRow {
    since: i64,
    listed_octets: Option<u64>,
    missing_since: Option<i64>,
    state: StateRow,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StateRow {
    Taken { email: u64, hash: Hex, header: Hex, there: ThereRow },
    Mirrored { email: u64, hash: Hex, header: Hex, folder: u32, uid: u32, flags: Marks },
    Noted(Hex),
    Passed { octets_min: Option<u64>, date: Option<i64> },
}

/// What is being done with it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ThereRow {
    Stays,
    Leaving,
    Gone,
}

impl PlacementRow {
    pub(crate) fn of(placement: &Placement) -> PlacementRow {
        let state = match &placement.state {
            PlacementState::Mirrored(Mirrored { taken, mailbox, uid, flags }) => {
                StateRow::Mirrored {
                    email: taken.email.0,
                    hash: Hex::of(&taken.hash.0),
                    header: Hex::of(&taken.header),
                    folder: mailbox.0,
                    uid: uid.number(),
                    flags: Marks::from(flags),
                }
            }
            PlacementState::Noted(note) => StateRow::Noted(Hex::of(note)),
            PlacementState::Taken(Taken { email, hash, header, there }) => StateRow::Taken {
                email: email.0,
                hash: Hex::of(&hash.0),
                header: Hex::of(header),
                there: match there {
                    There::Stays => ThereRow::Stays,
                    There::Leaving => ThereRow::Leaving,
                    There::Gone => ThereRow::Gone,
                },
            },
            PlacementState::Passed { octets_min, date } => {
                StateRow::Passed { octets_min: *octets_min, date: date.map(|date| date.0) }
            }
        };
        PlacementRow {
            since: placement.since.0,
            listed_octets: placement.listed_octets,
            missing_since: placement.missing_since.map(|since| since.0),
            state,
        }
    }

    /// None: something in it cannot be what it says.
    pub(crate) fn placement(self) -> Option<Placement> {
        let state = match self.state {
            StateRow::Taken { email, hash, header, there } => PlacementState::Taken(Taken {
                email: EmailId(email),
                hash: BodyHash(hash.hash()?),
                header: header.hash()?,
                there: match there {
                    ThereRow::Stays => There::Stays,
                    ThereRow::Leaving => There::Leaving,
                    ThereRow::Gone => There::Gone,
                },
            }),
            // What is mirrored stays where it is.
            StateRow::Mirrored { email, hash, header, folder, uid, flags } => {
                let (hash, header) = (BodyHash(hash.hash()?), header.hash()?);
                let email = EmailId(email);
                PlacementState::Mirrored(Mirrored {
                    taken: Taken { email, hash, header, there: There::Stays },
                    mailbox: MailboxId(folder),
                    uid: Uid::new(uid)?,
                    flags: flags.names(),
                })
            }
            StateRow::Noted(note) => {
                let note = note.octets().filter(|it| it.len() <= PLACEMENT_NOTE_OCTETS_MAX)?;
                PlacementState::Noted(note.into())
            }
            StateRow::Passed { octets_min, date } => {
                PlacementState::Passed { octets_min, date: date.map(Timestamp) }
            }
        };
        Some(Placement {
            since: Timestamp(self.since),
            listed_octets: self.listed_octets,
            missing_since: self.missing_since.map(Timestamp),
            state,
        })
    }
}

/// A placement, and whether the owner still has the message.
#[derive(Serialize, Deserialize)]
pub(crate) struct PlacedRow {
    placement: PlacementRow,
    here: bool,
}

impl PlacedRow {
    pub(crate) fn of(placed: &Placed) -> PlacedRow {
        let placement = PlacementRow::of(&placed.placement);
        PlacedRow { placement, here: placed.place == Place::Here }
    }

    pub(crate) fn placed(self) -> Option<Placed> {
        let place = if self.here { Place::Here } else { Place::Deleted };
        Some(Placed { placement: self.placement.placement()?, place })
    }
}

/// A message that has come whole.
#[derive(Serialize, Deserialize)]
pub(crate) struct ArrivedRow {
    name: Hex,
    listed_octets: Option<u64>,
    header: Hex,
    date: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<TargetRow>,
}

/// Where a mirrored message goes.
#[derive(Serialize, Deserialize)]
struct TargetRow {
    folder: u32,
    flags: Marks,
    zone_minutes: i16,
}

impl ArrivedRow {
    pub(crate) fn of(arrived: &Arrived) -> ArrivedRow {
        ArrivedRow {
            name: Hex::of_name(&arrived.name),
            listed_octets: arrived.listed_octets,
            header: Hex::of(&arrived.header),
            date: arrived.date.map(|date| date.0),
            target: arrived.target.as_ref().map(|target| TargetRow {
                folder: target.folder.0,
                flags: Marks::from(&target.flags),
                zone_minutes: target.zone_minutes,
            }),
        }
    }

    pub(crate) fn arrived(self) -> Option<Arrived> {
        Some(Arrived {
            name: self.name.name()?,
            listed_octets: self.listed_octets,
            header: self.header.hash()?,
            date: self.date.map(Timestamp),
            target: self.target.map(|target| Target {
                folder: MailboxId(target.folder),
                flags: target.flags.names(),
                zone_minutes: target.zone_minutes,
            }),
        })
    }
}

/// Some octets of an email.
#[derive(Serialize, Deserialize)]
pub(crate) struct PartRow {
    hash: Hex,
    octets: u64,
    octets_in_lines: u64,
    date: i64,
    zone_minutes: i16,
    part: Hex,
}

impl PartRow {
    pub(crate) fn of(part: &LocalPart) -> PartRow {
        PartRow {
            hash: Hex::of(&part.hash.0),
            octets: part.octets,
            octets_in_lines: part.octets_in_lines,
            date: part.date.time.0,
            zone_minutes: part.date.zone_minutes,
            part: Hex::of(&part.part),
        }
    }

    pub(crate) fn part(self) -> Option<LocalPart> {
        Some(LocalPart {
            hash: BodyHash(self.hash.hash()?),
            octets: self.octets,
            octets_in_lines: self.octets_in_lines,
            date: ZonedTime { time: Timestamp(self.date), zone_minutes: self.zone_minutes },
            part: self.part.octets()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use mailbox::{FlagNames, Flags};

    use super::*;

    #[test]
    fn rows_say_what_they_were_made_of() {
        for there in [There::Stays, There::Leaving, There::Gone] {
            let (hash, header) = (BodyHash([0xfe; 32]), [3; 32]);
            let taken = Taken { email: EmailId(7), hash, header, there };
            for state in [
                PlacementState::Taken(taken),
                PlacementState::Passed { octets_min: Some(1), date: Some(Timestamp(-1)) },
                PlacementState::Noted([0, 200].as_slice().into()),
                PlacementState::Mirrored(Mirrored {
                    taken: Taken { there: There::Stays, ..taken },
                    mailbox: MailboxId(9),
                    uid: Uid::MAX,
                    flags: FlagNames { system: Flags::SEEN, keywords: Vec::new() },
                }),
            ] {
                let (since, missing_since) = (Timestamp(4), Some(Timestamp(5)));
                let placement = Placement { since, listed_octets: Some(6), missing_since, state };
                let line = serde_json::to_string(&PlacementRow::of(&placement)).unwrap();
                let row: PlacementRow = serde_json::from_str(&line).unwrap();
                assert_eq!(row.placement(), Some(placement));
            }
        }
        for wrong in ["", "0", "zz", "+f", "é"] {
            assert_eq!(Hex(wrong.to_owned()).name(), None, "{wrong}");
        }
    }
}
