//! The flags of sendmail, as far as its callers use them. Those that are about a mail server's own affairs are passed over.

use sync::outbox::{Address, Notices, Notify, Return, Sender, Whom};

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Does {
    /// Take a message.
    Take,
    /// List the outbox.
    List,
    /// Send what is in the outbox.
    Queue,
    /// Nothing: what is asked for is not needed here.
    Nothing,
}

/// When a message is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// At once.
    Now,
    /// It stays in the outbox.
    Later,
}

/// What was said on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flags {
    pub(super) does: Does,
    pub(super) when: When,
    /// Whether a line with only a dot ends the message.
    pub(super) dot_ends: bool,
    /// Whether those in the header get it.
    of_header: bool,
    /// Who sends, as it was said.
    pub(super) from: Option<String>,
    pub(super) full_name: Option<String>,
    pub(super) notices: Notices,
    named: Vec<String>,
}

/// The command line is wrong; says how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong(pub(super) String);

/// Flags with a value that is passed over: with `-o` any option of old.
const PASSED_OVER: [char; 9] = ['B', 'C', 'd', 'D', 'h', 'L', 'O', 'p', 'X'];
/// Flags without a value that are passed over.
const PASSED_OVER_ALONE: [char; 9] = ['A', 'e', 'G', 'm', 'n', 'o', 'U', 'v', 'x'];

impl Flags {
    /// Reads the words of a command line.
    pub(super) fn read(words: &[String]) -> Result<Flags, Wrong> {
        let mut flags = Flags {
            does: Does::Take,
            when: When::Now,
            dot_ends: true,
            of_header: false,
            from: None,
            full_name: None,
            notices: Notices::default(),
            named: Vec::new(),
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.strip_prefix('-') {
                Some("-") => {
                    flags.named.extend(words.by_ref().cloned());
                }
                Some(flag) if !flag.is_empty() => flags.take(flag, &mut words)?,
                Some(_) | None => flags.named.push(word.clone()),
            }
        }
        Ok(flags)
    }

    fn take(&mut self, flag: &str, words: &mut std::slice::Iter<'_, String>) -> Result<(), Wrong> {
        let mut letters = flag.chars();
        let letter = letters.next().unwrap_or_default();
        let rest = letters.as_str();
        let mut value = || {
            if !rest.is_empty() {
                return Ok(rest.to_owned());
            }
            words.next().cloned().ok_or_else(|| Wrong(format!("-{letter} needs a value")))
        };
        match letter {
            'f' | 'r' => self.from = Some(value()?.trim_matches(['<', '>']).to_owned()),
            'F' => self.full_name = Some(value()?),
            'N' => {
                let when = value()?;
                let notify = Notify::parse(&when.to_ascii_uppercase());
                let wrong =
                    |_| Wrong(format!("-N {when}: expected never, or success, failure, delay"));
                self.notices.notify = Some(notify.map_err(wrong)?);
            }
            'R' => {
                self.notices.ret = Some(match value()?.to_ascii_lowercase().as_str() {
                    "full" => Return::Full,
                    "hdrs" => Return::Header,
                    other => return Err(Wrong(format!("-R {other}: expected full or hdrs"))),
                });
            }
            'V' => self.notices.envelope_id = Some(value()?),
            'b' => self.mode(rest)?,
            'q' => self.does = Does::Queue,
            'o' if rest == "i" => self.dot_ends = false,
            'o' if matches!(rest, "dq" | "dd") => self.when = When::Later,
            'o' => {}
            letter if PASSED_OVER.contains(&letter) => drop(value()?),
            letter if PASSED_OVER_ALONE.contains(&letter) => {}
            't' | 'i' => self.take_switches(flag)?,
            _ => return Err(Wrong(format!("-{flag} is not known"))),
        }
        Ok(())
    }

    /// Switches that stand together, such as `-ti`.
    fn take_switches(&mut self, flag: &str) -> Result<(), Wrong> {
        for letter in flag.chars() {
            match letter {
                't' => self.of_header = true,
                'i' => self.dot_ends = false,
                'v' | 'n' | 'm' => {}
                _ => return Err(Wrong(format!("-{flag} is not known"))),
            }
        }
        Ok(())
    }

    fn mode(&mut self, mode: &str) -> Result<(), Wrong> {
        self.does = match mode {
            "m" => Does::Take,
            "p" => Does::List,
            // There are no aliases to be read again.
            "i" => Does::Nothing,
            _ => {
                let why =
                    "this program takes messages (-bm) and lists them (-bp); it is no mail server";
                return Err(Wrong(format!("-b{mode}: {why}")));
            }
        };
        Ok(())
    }

    /// For whom the message is; none: nobody was named.
    pub(super) fn whom(&self) -> Option<Whom> {
        match (self.of_header, self.named.is_empty()) {
            (true, true) => Some(Whom::OfHeader),
            (true, false) => Some(Whom::Both(self.named.clone())),
            (false, false) => Some(Whom::Named(self.named.clone())),
            (false, true) => None,
        }
    }

    /// Who is told when it cannot be delivered. A name of this computer is told nothing by others, so that it is the account.
    pub(super) fn sender(&self) -> Sender {
        match self.from.as_deref() {
            None => Sender::Account,
            Some("") => Sender::Nobody,
            Some(from) => from.parse::<Address>().map_or(Sender::Account, Sender::Named),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Flags {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        Flags::read(&words).unwrap()
    }

    #[test]
    fn what_known_callers_say_is_understood() {
        // cron, git send-email, mutt, PHP, Python's and Debian's scripts.
        let cron = read("-i -FCronDaemon -B8BITMIME -oem root");
        assert_eq!(cron.whom(), Some(Whom::Named(vec!["root".to_owned()])));
        assert_eq!((cron.full_name.as_deref(), cron.dot_ends), (Some("CronDaemon"), false));
        let git = read("-f ana@example.org -i bea@example.net c@x.org");
        assert_eq!(git.sender(), Sender::Named("ana@example.org".parse().unwrap()));
        assert_eq!(
            git.whom().unwrap(),
            Whom::Named(vec!["bea@example.net".to_owned(), "c@x.org".to_owned()])
        );
        let mutt = read("-oem -oi -f ana@example.org -N failure -R hdrs -- bea@example.net");
        assert_eq!(mutt.notices.ret, Some(Return::Header));
        assert_eq!(mutt.whom(), Some(Whom::Named(vec!["bea@example.net".to_owned()])));
        let php = read("-t -i -fwww-data");
        assert_eq!((php.whom(), php.sender()), (Some(Whom::OfHeader), Sender::Account));
        assert_eq!(read("-ti").whom(), Some(Whom::OfHeader));
        assert!(!read("-ti").dot_ends && read("-t").dot_ends);
        assert_eq!(read("-t x@y.org").whom(), Some(Whom::Both(vec!["x@y.org".to_owned()])));
        assert_eq!(read("-f <> x@y.org").sender(), Sender::Nobody);
        assert_eq!(read("-odq x@y.org").when, When::Later);
        assert_eq!(read("-odb -oi -v -O ErrorMode=m -X /dev/null x@y.org").when, When::Now);
        for (line, does) in [
            ("-bp", Does::List),
            ("-q", Does::Queue),
            ("-q30m", Does::Queue),
            ("-bi", Does::Nothing),
            ("-bm x@y.org", Does::Take),
        ] {
            assert_eq!(read(line).does, does, "{line}");
        }
        assert_eq!(read("-t").whom(), Some(Whom::OfHeader));
        assert_eq!(Flags::read(&[]).unwrap().whom(), None);
    }

    #[test]
    fn what_this_program_is_not_is_refused() {
        for line in ["-bs", "-bd", "-bv", "-f", "-N sometimes", "-R some", "-Z", "-tZ"] {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            assert!(Flags::read(&words).is_err(), "{line}");
        }
    }
}
