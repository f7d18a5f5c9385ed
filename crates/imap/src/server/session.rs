//! A session: reads commands, has them carried out, and tells the client how it went, with the news.

use std::borrow::Cow;
use std::io;

use mailbox::{Account, AccountId, Door, ModSeq, Who};
use sasl::{Login, Peer};
use tokio::sync::watch;
use tokio::time::{Duration, Instant, timeout, timeout_at};

use super::channel::{Channel, Stream};
use super::limits::WRONG_COMMANDS_MAX;
use super::service::after;
use super::{First, Service, run, words};
use crate::command::{self, Parsed, Stage};
use crate::dialect::Dialect;
use crate::frame::{FrameLimits, Refusal, Step, Then};
use crate::response::{Code, Condition, Response, Status};
use crate::view::View;
use crate::{Bad, Tag};

/// One client's session.
pub(crate) struct Session<'s> {
    pub(super) channel: Channel<'s>,
    pub(super) service: &'s Service,
    pub(super) peer: &'s Peer,
    pub(super) dialect: Dialect,
    /// Who has logged in.
    pub(super) person: Option<Box<Person>>,
    /// The mailbox that is open.
    pub(super) view: Option<Box<View>>,
    pub(super) login_failures: u32,
    wrong_commands: u32,
    login_until: Instant,
}

/// Somebody who has logged in.
pub(super) struct Person {
    pub(super) account: Account,
    pub(super) bell: watch::Receiver<ModSeq>,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    Closed,
    StartTls,
}

/// A command that was carried out: what its OK says.
pub(super) struct Done {
    pub(super) code: Option<Code>,
    pub(super) text: Cow<'static, str>,
    pub(super) next: Next,
}

/// How it goes on after an OK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    GoOn,
    StartTls,
    Squeeze,
    Close,
}

impl Done {
    pub(super) fn new(text: &'static str) -> Done {
        Done { code: None, text: text.into(), next: Next::GoOn }
    }

    pub(super) fn with(self, code: Code) -> Done {
        Done { code: Some(code), ..self }
    }
}

/// Why a command was not carried out. The first two are worded in `words`.
#[derive(Debug)]
pub(super) enum Stop {
    /// The model refused, or failed.
    Model(mailbox::Error),
    /// Nobody was logged in.
    Login(sasl::Failure),
    /// Not done, for a reason that only this door knows.
    No(Option<Code>, Cow<'static, str>),
    /// It cannot be done now, or cannot be understood.
    Bad(Cow<'static, str>),
    /// The session ends.
    Bye(Option<Code>, &'static str),
    /// The connection broke.
    Gone(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        Stop::Gone(error)
    }
}

impl From<mailbox::Error> for Stop {
    fn from(error: mailbox::Error) -> Stop {
        Stop::Model(error)
    }
}

impl From<mailbox::Fault> for Stop {
    fn from(fault: mailbox::Fault) -> Stop {
        Stop::Model(fault.into())
    }
}

impl From<mailbox::Refused> for Stop {
    fn from(refused: mailbox::Refused) -> Stop {
        Stop::Model(refused.into())
    }
}

impl<'s> Session<'s> {
    pub(super) fn new(
        stream: &'s mut dyn Stream,
        service: &'s Service,
        peer: &'s Peer,
    ) -> Session<'s> {
        Session {
            channel: Channel::new(stream, Duration::from_secs(service.patience.write_s)),
            service,
            peer,
            dialect: Dialect::REV1,
            person: None,
            view: None,
            login_failures: 0,
            wrong_commands: 0,
            login_until: after(service.patience.login_s),
        }
    }

    /// Lives until the client leaves.
    pub(super) async fn live(mut self, first: First) -> io::Result<Over> {
        if first == First::Greeting {
            let text = format!("{} is ready", self.service.host_name);
            let code = Code::Capability(self.capabilities());
            self.untagged(Condition::Ok, Some(code), &text);
        }
        loop {
            let step = match self.next_step().await {
                Ok(step) => step,
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    self.untagged(Condition::Bye, None, words::TOO_LONG);
                    self.channel.shut_down().await?;
                    return Ok(Over::Closed);
                }
                Err(error) => return Err(error),
            };
            if let Some(over) = self.take(step).await? {
                return Ok(over);
            }
        }
    }

    /// The next step of the framer. What is to be sent goes out before the wait.
    pub(super) async fn next_step(&mut self) -> io::Result<Step> {
        loop {
            let step = self.channel.framer.step();
            if step != Step::More {
                return Ok(step);
            }
            self.channel.flush().await?;
            self.fill().await?;
        }
    }

    /// Waits for octets, but not for ever.
    pub(super) async fn fill(&mut self) -> io::Result<()> {
        if self.person.is_some() {
            let patience = Duration::from_secs(self.service.patience.idle_s);
            timeout(patience, self.channel.fill()).await?
        } else {
            timeout_at(self.login_until, self.channel.fill()).await?
        }
    }

    async fn take(&mut self, step: Step) -> io::Result<Option<Over>> {
        match step {
            // `next_step` keeps this to itself.
            Step::More => Ok(None),
            Step::Continue => {
                self.channel.out().extend_from_slice(b"+ Go on\r\n");
                Ok(None)
            }
            Step::Command(octets) => match command::parse(&octets, self.dialect) {
                Ok(parsed) => {
                    drop(octets);
                    self.obey(parsed).await
                }
                Err(bad) => self.bad(bad).await,
            },
            Step::AppendBegin(head) => {
                let outcome = Box::pin(run::append::run(self, head)).await;
                match outcome {
                    Ok((tag, outcome)) => self.answer(&tag, outcome).await,
                    Err(run::append::Unread::Bad(bad)) => self.bad(bad).await,
                    Err(run::append::Unread::Gone(error)) => Err(error),
                }
            }
            // What is left of an APPEND that was answered: its messages were refused.
            Step::AppendNext(_) | Step::AppendEnd(_) => {
                self.channel.framer.refuse_message();
                Ok(None)
            }
            Step::Refused(refusal) => self.refuse(refusal).await,
        }
    }

    /// Answers a command that is too big.
    async fn refuse(&mut self, refusal: Refusal) -> io::Result<Option<Over>> {
        let text = refusal.why.to_string();
        match refusal.then {
            Then::GoOn => {
                self.tagged(refusal.tag.as_ref(), Condition::Bad, Some(Code::TooBig), &text);
                self.count_wrong().await
            }
            Then::HangUp => self.bye(Some(Code::TooBig), &text).await.map(Some),
        }
    }

    /// Answers a command that cannot be read.
    async fn bad(&mut self, bad: Bad) -> io::Result<Option<Over>> {
        let text = bad.to_string();
        self.tagged(bad.tag.as_ref(), Condition::Bad, None, &text);
        self.count_wrong().await
    }

    async fn count_wrong(&mut self) -> io::Result<Option<Over>> {
        self.wrong_commands = self.wrong_commands.saturating_add(1);
        if self.wrong_commands < WRONG_COMMANDS_MAX {
            self.channel.send_when_full().await?;
            return Ok(None);
        }
        self.bye(None, words::TOO_MANY_WRONG).await.map(Some)
    }

    async fn bye(&mut self, code: Option<Code>, text: &str) -> io::Result<Over> {
        self.untagged(Condition::Bye, code, text);
        self.channel.shut_down().await?;
        Ok(Over::Closed)
    }

    /// Has a command carried out.
    async fn obey(&mut self, parsed: Parsed) -> io::Result<Option<Over>> {
        let Parsed { tag, row, command } = parsed;
        let outcome = match self.lacks(row.stage) {
            Some(lacking) => Err(Stop::Bad(lacking.into())),
            // In a box of its own: what a command needs while it runs, an idle session need not hold.
            None => Box::pin(run::run(command, self, &tag)).await,
        };
        self.answer(&tag, outcome).await
    }

    /// What is missing for a command of this stage.
    pub(super) fn lacks(&self, stage: Stage) -> Option<&'static str> {
        match stage {
            Stage::NotAuthenticated if self.person.is_some() => Some("You are logged in already"),
            Stage::Authenticated if self.person.is_none() => Some("Log in first"),
            Stage::Selected if self.person.is_none() => Some("Log in first"),
            Stage::Selected if self.view.is_none() => Some("Select a mailbox first"),
            Stage::Any | Stage::NotAuthenticated | Stage::Authenticated | Stage::Selected => None,
        }
    }

    /// Says how a command went.
    async fn answer(&mut self, tag: &Tag, outcome: Result<Done, Stop>) -> io::Result<Option<Over>> {
        let (condition, code, text) = match outcome {
            Ok(done) => {
                self.wrong_commands = 0;
                self.tagged(Some(tag), Condition::Ok, done.code, &done.text);
                return self.go_on(done.next).await;
            }
            Err(Stop::Gone(error)) => return Err(error),
            Err(Stop::Bye(code, text)) => return self.bye(code, text).await.map(Some),
            Err(Stop::Bad(text)) => {
                self.tagged(Some(tag), Condition::Bad, None, &text);
                return self.count_wrong().await;
            }
            Err(Stop::No(code, text)) => (Condition::No, code, text),
            Err(Stop::Model(error)) => words::of_model(&error),
            Err(Stop::Login(failure)) => words::of_login(&failure),
        };
        self.tagged(Some(tag), condition, code, &text);
        if self.login_failures >= super::limits::LOGIN_FAILURES_MAX && self.person.is_none() {
            return self.bye(None, words::TOO_MANY_LOGINS).await.map(Some);
        }
        self.channel.send_when_full().await?;
        Ok(None)
    }

    async fn go_on(&mut self, next: Next) -> io::Result<Option<Over>> {
        match next {
            Next::GoOn => self.channel.send_when_full().await.map(|()| None),
            Next::Squeeze => {
                // The OK is the last that goes out plain.
                self.channel.send().await?;
                self.channel.squeeze().map(|()| None)
            }
            Next::Close => {
                self.channel.shut_down().await?;
                Ok(Some(Over::Closed))
            }
            Next::StartTls => {
                self.channel.flush().await?;
                // Whatever came behind STARTTLS in the clear was put there to be taken for a part of the protected
                // session: nobody who speaks the protocol sends it (RFC 9051, 11.1).
                if self.channel.framer.take_unseen().is_empty() {
                    Ok(Some(Over::StartTls))
                } else {
                    Ok(Some(Over::Closed))
                }
            }
        }
    }

    /// Lets somebody in.
    pub(super) fn log_in(&mut self, login: Login) -> Result<(), Stop> {
        let who = Who { door: Door::Imap, device: login.device, address: self.peer.address };
        let account = self.service.accounts.open(AccountId(login.account), who)?;
        let bell = account.bell();
        self.person = Some(Box::new(Person { account, bell }));
        self.channel.framer.set_limits(FrameLimits::AFTER_LOGIN);
        Ok(())
    }

    /// The account of whoever has logged in.
    pub(super) fn account(&self) -> Result<&Account, Stop> {
        match &self.person {
            Some(person) => Ok(&person.account),
            None => Err(Stop::Bad("Log in first".into())),
        }
    }

    /// The mailbox that is open.
    pub(super) fn view(&self) -> Result<&View, Stop> {
        self.view.as_deref().ok_or(Stop::Bad("Select a mailbox first".into()))
    }

    /// The mailbox that is open, to be changed.
    pub(super) fn view_mut(&mut self) -> Result<&mut View, Stop> {
        self.view.as_deref_mut().ok_or(Stop::Bad("Select a mailbox first".into()))
    }

    /// Prints an untagged status.
    pub(super) fn untagged(&mut self, condition: Condition, code: Option<Code>, text: &str) {
        self.print(&Response::Untagged(Status { condition, code, text: text.to_owned() }));
    }

    /// Prints a response.
    pub(super) fn print(&mut self, response: &Response) {
        response.print(self.channel.out(), self.dialect);
    }

    /// Prints a status with a tag, if it could be read.
    fn tagged(&mut self, tag: Option<&Tag>, condition: Condition, code: Option<Code>, text: &str) {
        let status = Status { condition, code, text: text.to_owned() };
        self.print(&match tag {
            Some(tag) => Response::Tagged(tag.clone(), status),
            None => Response::Untagged(status),
        });
    }
}
