//! The three protocols that are one: SMTP between hosts, submission by people, LMTP between programs.

/// Which protocol is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// Between hosts, on port 25 (RFC 5321).
    Smtp,
    /// From people who log in, on ports 465 and 587 (RFC 6409).
    Submission,
    /// From a program nearby, with an answer for each recipient (RFC 2033).
    Lmtp,
}

/// What is done about line ends that are not CRLF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEnds {
    /// A bare CR or LF spoils the message: two hosts that read it differently can be played against each other.
    Strict,
    /// A bare CR or LF becomes CRLF.
    Mended,
}

impl Flavour {
    /// What is done about line ends that are not CRLF.
    pub const fn line_ends(self) -> LineEnds {
        match self {
            Flavour::Smtp => LineEnds::Strict,
            Flavour::Submission | Flavour::Lmtp => LineEnds::Mended,
        }
    }

    /// The name of the door, for the directory and the change log.
    pub const fn door(self) -> &'static str {
        match self {
            Flavour::Smtp => "smtp",
            Flavour::Submission => "submission",
            Flavour::Lmtp => "lmtp",
        }
    }
}
