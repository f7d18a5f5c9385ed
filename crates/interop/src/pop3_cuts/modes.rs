//! Which programs are run, how each is set up, and what is known of it.

use std::path::PathBuf;

use super::careless::Careless;
use super::fetchmail::{Fetchmail, Hands};
use super::getmail::Getmail;
use super::mpop::Mpop;
use super::puller::{Place, Puller};
use super::thunderbird::Bird;
use crate::program::{find, need};
use crate::thunderbird::{Large, Leave};

/// A program set up in one way.
#[derive(Clone, Copy)]
pub struct Mode {
    /// The program.
    pub program: &'static str,
    /// How it is set up.
    pub name: &'static str,
    /// What is on the host when it has pulled everything.
    pub(super) leaves: Leaves,
    /// Whether it fetches a message again after a cut, and why.
    pub(super) repeats: Repeats,
    make: fn(PathBuf, Place) -> Box<dyn Puller>,
}

/// What is left on the host after a pull without a cut.
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

/// All modes.
pub fn modes() -> Vec<Mode> {
    let fetchmail =
        |name, leaves, repeats, make| Mode { program: "fetchmail", name, leaves, repeats, make };
    let mpop =
        |name, leaves, make| Mode { program: "mpop", name, leaves, repeats: Repeats::Never, make };
    let getmail = |name, leaves, make| Mode {
        program: "getmail",
        name,
        leaves,
        repeats: STATE_AT_THE_END,
        make,
    };
    let bird =
        |name, leaves, repeats, make| Mode { program: "thunderbird", name, leaves, repeats, make };
    vec![
        fetchmail("keep", Leaves::Everything, Repeats::Never, |program, place| {
            Box::new(Fetchmail::new(&program, place, Hands::Lmtp, "keep"))
        }),
        mpop("keep on", Leaves::Everything, |program, place| {
            Box::new(Mpop::new(&program, place, "keep on"))
        }),
        getmail("leave", Leaves::Everything, |program, place| {
            Box::new(Getmail::new(&program, place, "delete = false"))
        }),
        bird("leave", Leaves::NotDeleted, FORGETS_AT_DELE, |_, place| {
            Box::new(Bird::new(&place, Leave::UntilDeleted, Large::Whole))
        }),
        fetchmail("nokeep", Leaves::OnlyWhatIsHere, Repeats::Never, |program, place| {
            Box::new(Fetchmail::new(&program, place, Hands::Lmtp, "nokeep"))
        }),
        mpop("keep off", Leaves::Nothing, |program, place| {
            Box::new(Mpop::new(&program, place, "keep off"))
        }),
        getmail("delete", Leaves::Nothing, |program, place| {
            Box::new(Getmail::new(&program, place, "delete = true"))
        }),
        bird("delete", Leaves::Nothing, NOTHING_REMEMBERED, |_, place| {
            Box::new(Bird::new(&place, Leave::No, Large::Whole))
        }),
        fetchmail("nokeep, limit 5000", Leaves::Larger(5_000), Repeats::Never, |program, place| {
            Box::new(Fetchmail::new(&program, place, Hands::Lmtp, "nokeep limit 5000"))
        }),
        mpop("keep off, not pipelined", Leaves::Nothing, |program, place| {
            Box::new(Mpop::new(&program, place, "keep off\npipelining off"))
        }),
        getmail("delete_after 2", Leaves::Recent, |program, place| {
            Box::new(Getmail::new(&program, place, "delete_after = 2"))
        }),
        bird("leave for 2 days", Leaves::Recent, FORGETS_AT_DELE, |_, place| {
            Box::new(Bird::new(&place, Leave::Days(2), Large::Whole))
        }),
        fetchmail(
            "nokeep, fetchlimit 3",
            Leaves::OnlyWhatIsHere,
            Repeats::Never,
            |program, place| {
                Box::new(Fetchmail::new(&program, place, Hands::Program, "nokeep fetchlimit 3"))
            },
        ),
        bird("leave, large in part", Leaves::NotDeleted, FORGETS_AT_DELE, |_, place| {
            Box::new(Bird::new(&place, Leave::UntilDeleted, Large::Above(4_000)))
        }),
        bird("headers only", Leaves::NotDeleted, FORGETS_AT_DELE, |_, place| {
            Box::new(Bird::new(&place, Leave::UntilDeleted, Large::HeadersOnly))
        }),
    ]
}

/// A program that loses mail and has some twice, to see that it is noticed.
pub fn careless() -> Mode {
    Mode {
        program: "careless",
        name: "",
        leaves: Leaves::Nothing,
        repeats: Repeats::Never,
        make: |_, place| Box::new(Careless::new(place)),
    }
}

impl Mode {
    /// Whether its program is there; says so aloud when it is not.
    pub(super) fn is_installed(&self) -> bool {
        matches!(self.program, "thunderbird" | "careless") || need(self.program).is_some()
    }

    pub(super) fn puller(&self, place: Place) -> Box<dyn Puller> {
        let program = find(self.program).unwrap_or_default();
        (self.make)(program, place)
    }
}
