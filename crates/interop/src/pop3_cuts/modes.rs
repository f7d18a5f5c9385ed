//! Which programs are run, how each is set up, and what is known of it.

use std::path::PathBuf;

use super::careless::Careless;
use super::fetchmail::{Fetchmail, Hands};
use super::getmail::Getmail;
use super::mpop::Mpop;
use super::puller::{Puller, Setup};
use super::thunderbird::Bird;
use crate::program::{find, need};
use crate::thunderbird::{Large, Leave};

/// One device or two, each with a program, and what the account has chosen.
#[derive(Clone)]
pub struct Mode {
    pub(super) devices: Vec<Device>,
    /// What is told to `correio user pop3 set ADDRESS`.
    pub(super) choices: &'static [&'static [&'static str]],
    /// What is on the host when every device has pulled everything.
    pub(super) leaves: Leaves,
    /// Who has each message then.
    pub(super) gets: Gets,
}

/// A device with its program.
#[derive(Clone)]
pub(super) struct Device {
    /// The device part of its login name; empty: none.
    pub(super) name: &'static str,
    pub(super) program: &'static str,
    /// How the program is set up.
    pub(super) setting: &'static str,
    /// Whether it fetches a message again after a cut, and why.
    pub(super) repeats: Repeats,
    make: fn(PathBuf, Setup) -> Box<dyn Puller>,
}

/// What is left on the host after pulls without a cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaves {
    Nothing,
    Everything,
    /// Only what is here too: fetchmail does not delete what it has seen before, and so leaves for good what it took when
    /// the connection was cut before QUIT.
    OnlyWhatIsHere,
    /// The same, and everything that is larger than this.
    Larger(usize),
    /// What the user did not delete.
    NotDeleted,
    /// It depends on how many days have passed.
    Recent,
    /// Nothing in the Inbox, everything in the archive.
    Archived,
}

/// Who has a message in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gets {
    EveryDevice,
    /// One may take it away before another comes.
    SomeDevice,
}

/// Whether a program fetches a message again after a cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeats {
    Never,
    /// Because of this.
    AfterCut(&'static str),
}

const NOTHING_REMEMBERED: Repeats =
    Repeats::AfterCut("remembers nothing of what it has downloaded until QUIT was answered");
const FORGETS_AT_DELE: Repeats =
    Repeats::AfterCut("forgets a message as soon as DELE is answered, before QUIT");
const STATE_AT_THE_END: Repeats =
    Repeats::AfterCut("throws away its list of what it has seen when a session breaks");

const FETCHMAIL_KEEP: Device = Device {
    name: "",
    program: "fetchmail",
    setting: "keep",
    repeats: Repeats::Never,
    make: |program, setup| Box::new(Fetchmail::new(&program, setup, Hands::Lmtp, "keep")),
};
const FETCHMAIL_NOKEEP: Device = Device {
    setting: "nokeep",
    make: |program, setup| Box::new(Fetchmail::new(&program, setup, Hands::Lmtp, "nokeep")),
    ..FETCHMAIL_KEEP
};
const FETCHMAIL_LIMIT: Device = Device {
    setting: "nokeep, limit 5000",
    make: |program, setup| {
        Box::new(Fetchmail::new(&program, setup, Hands::Lmtp, "nokeep limit 5000"))
    },
    ..FETCHMAIL_KEEP
};
const FETCHMAIL_FEW: Device = Device {
    setting: "nokeep, fetchlimit 3, mda",
    make: |program, setup| {
        Box::new(Fetchmail::new(&program, setup, Hands::Program, "nokeep fetchlimit 3"))
    },
    ..FETCHMAIL_KEEP
};
const MPOP_KEEP: Device = Device {
    name: "",
    program: "mpop",
    setting: "keep on",
    repeats: Repeats::Never,
    make: |program, setup| Box::new(Mpop::new(&program, setup, "keep on")),
};
const MPOP_TAKE: Device = Device {
    setting: "keep off",
    make: |program, setup| Box::new(Mpop::new(&program, setup, "keep off")),
    ..MPOP_KEEP
};
const MPOP_SLOW: Device = Device {
    setting: "keep off, not pipelined",
    make: |program, setup| Box::new(Mpop::new(&program, setup, "keep off\npipelining off")),
    ..MPOP_KEEP
};
const GETMAIL_LEAVE: Device = Device {
    name: "",
    program: "getmail",
    setting: "leave",
    repeats: STATE_AT_THE_END,
    make: |program, setup| Box::new(Getmail::new(&program, setup, "delete = false")),
};
const GETMAIL_DELETE: Device = Device {
    setting: "delete",
    make: |program, setup| Box::new(Getmail::new(&program, setup, "delete = true")),
    ..GETMAIL_LEAVE
};
const GETMAIL_DAYS: Device = Device {
    setting: "delete_after 2",
    make: |program, setup| Box::new(Getmail::new(&program, setup, "delete_after = 2")),
    ..GETMAIL_LEAVE
};
const BIRD_LEAVE: Device = Device {
    name: "",
    program: "thunderbird",
    setting: "leave until I delete them",
    repeats: FORGETS_AT_DELE,
    make: |_, setup| Box::new(Bird::new(&setup, Leave::UntilDeleted, Large::Whole)),
};
const BIRD_DELETE: Device = Device {
    setting: "do not leave",
    repeats: NOTHING_REMEMBERED,
    make: |_, setup| Box::new(Bird::new(&setup, Leave::No, Large::Whole)),
    ..BIRD_LEAVE
};
const BIRD_DAYS: Device = Device {
    setting: "leave for 2 days",
    make: |_, setup| Box::new(Bird::new(&setup, Leave::Days(2), Large::Whole)),
    ..BIRD_LEAVE
};
const BIRD_LARGE: Device = Device {
    setting: "leave, large ones in part",
    make: |_, setup| Box::new(Bird::new(&setup, Leave::UntilDeleted, Large::Above(4_000))),
    ..BIRD_LEAVE
};
const BIRD_HEADERS: Device = Device {
    setting: "leave, headers only",
    make: |_, setup| Box::new(Bird::new(&setup, Leave::UntilDeleted, Large::HeadersOnly)),
    ..BIRD_LEAVE
};

/// All modes in which the account has chosen nothing.
pub fn modes() -> Vec<Mode> {
    let alone = |device, leaves| Mode {
        devices: vec![device],
        choices: &[],
        leaves,
        gets: Gets::EveryDevice,
    };
    vec![
        alone(FETCHMAIL_KEEP, Leaves::Everything),
        alone(MPOP_KEEP, Leaves::Everything),
        alone(GETMAIL_LEAVE, Leaves::Everything),
        alone(BIRD_LEAVE, Leaves::NotDeleted),
        alone(FETCHMAIL_NOKEEP, Leaves::OnlyWhatIsHere),
        alone(MPOP_TAKE, Leaves::Nothing),
        alone(GETMAIL_DELETE, Leaves::Nothing),
        alone(BIRD_DELETE, Leaves::Nothing),
        alone(FETCHMAIL_LIMIT, Leaves::Larger(5_000)),
        alone(MPOP_SLOW, Leaves::Nothing),
        alone(GETMAIL_DAYS, Leaves::Recent),
        alone(BIRD_DAYS, Leaves::Recent),
        alone(FETCHMAIL_FEW, Leaves::OnlyWhatIsHere),
        alone(BIRD_LARGE, Leaves::NotDeleted),
        alone(BIRD_HEADERS, Leaves::NotDeleted),
        two(FETCHMAIL_KEEP, GETMAIL_DELETE, &[], Leaves::Nothing, Gets::SomeDevice),
    ]
}

/// Two devices, and what the account has chosen about what they delete.
pub fn modes_with_choices() -> Vec<Mode> {
    vec![
        two(
            FETCHMAIL_NOKEEP,
            MPOP_KEEP,
            &[&["--device", "office", "--on-delete", "hide"]],
            Leaves::Everything,
            Gets::EveryDevice,
        ),
        two(
            BIRD_DELETE,
            MPOP_TAKE,
            &[&["--on-delete", "keep-until=office,phone"]],
            Leaves::Nothing,
            Gets::EveryDevice,
        ),
        two(
            GETMAIL_DELETE,
            FETCHMAIL_KEEP,
            &[&["--device", "office", "--on-delete", "keep-days=14"]],
            Leaves::Everything,
            Gets::EveryDevice,
        ),
        two(
            MPOP_TAKE,
            BIRD_DELETE,
            &[&["--on-delete", "archive"]],
            Leaves::Archived,
            Gets::SomeDevice,
        ),
    ]
}

fn two(
    office: Device,
    phone: Device,
    choices: &'static [&'static [&'static str]],
    leaves: Leaves,
    gets: Gets,
) -> Mode {
    let devices = vec![Device { name: "office", ..office }, Device { name: "phone", ..phone }];
    Mode { devices, choices, leaves, gets }
}

/// A program that loses mail and has some twice, to see that it is noticed.
pub fn careless() -> Mode {
    let device = Device {
        name: "",
        program: "careless",
        setting: "",
        repeats: Repeats::Never,
        make: |_, setup| Box::new(Careless::new(setup)),
    };
    Mode { devices: vec![device], choices: &[], leaves: Leaves::Nothing, gets: Gets::EveryDevice }
}

impl Mode {
    /// Whether this program is one of those that run in it.
    pub fn runs(&self, program: &str) -> bool {
        self.devices.iter().any(|device| device.program == program)
    }

    /// Which programs, how set up, under which choices.
    pub(super) fn name(&self) -> String {
        let name = |device: &Device| match device.name {
            "" => format!("{}: {}", device.program, device.setting),
            name => format!("{name} with {}: {}", device.program, device.setting),
        };
        let names: Vec<String> = self.devices.iter().map(name).collect();
        let choices: Vec<String> = self.choices.iter().map(|words| words.join(" ")).collect();
        [names.join(" and "), choices.join(" ")].join(" ").trim().to_owned()
    }

    /// Whether its programs are there; says so aloud when one is not.
    pub(super) fn is_installed(&self) -> bool {
        self.devices.iter().all(|device| {
            matches!(device.program, "thunderbird" | "careless") || need(device.program).is_some()
        })
    }
}

impl Device {
    pub(super) fn puller(&self, setup: Setup) -> Box<dyn Puller> {
        let program = find(self.program).unwrap_or_default();
        (self.make)(program, setup)
    }
}
