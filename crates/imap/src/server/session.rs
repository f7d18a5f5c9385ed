//! What a session is: the connection, who has logged in, what is enabled, which mailbox is open.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::task::Poll;

use mailbox::{Account, AccountId, Door, ModSeq, Who};
use sasl::{Login, Peer};
use tokio::sync::watch;
use tokio::time::{Duration, Instant, timeout, timeout_at};

use super::Service;
use super::channel::{Channel, Stream};
use super::mailboxes::Guest;
use super::outcome::Stop;
use super::service::after;
use crate::Tag;
use crate::command::ConnectionState;
use crate::commands::comparator::Active;
use crate::dialect::Dialect;
use crate::frame::{FrameLimits, Step};
use crate::notify::Watch;
use crate::response::{Code, Condition, Response, Status};
use crate::view::View;

/// One client's session.
pub(crate) struct Session<'s> {
    pub(crate) channel: Channel<'s>,
    pub(crate) service: &'s Service,
    pub(crate) peer: &'s Peer,
    pub(crate) dialect: Dialect,
    /// Who has logged in.
    pub(crate) person: Option<Box<Person>>,
    /// How texts are compared (RFC 5255, 4.2).
    pub(crate) comparator: Active,
    /// The mailbox that is open.
    pub(crate) view: Option<Box<View>>,
    /// What the client wants to hear of without asking; none: it never said (RFC 5465).
    pub(crate) watch: Option<Box<Watch>>,
    /// Another's account, in which it lies; none: it is one's own.
    pub(crate) guest: Option<Box<Guest>>,
    /// The tag of the command that is being carried out.
    pub(crate) tag: Option<Tag>,
    pub(crate) login_failures: u32,
    pub(crate) wrong_commands: u32,
    login_until: Instant,
}

/// Somebody who has logged in.
pub(crate) struct Person {
    pub(crate) account: Account,
    pub(crate) bell: watch::Receiver<ModSeq>,
    /// Rings when what sessions of this account show takes too much memory.
    pub(crate) pressed: watch::Receiver<u64>,
}

/// What ended waiting for the next command.
enum Woken {
    Octets,
    /// There may be news for a client that listens to them.
    News,
    Pressed,
}

/// Waits until the bell of one's own account rings, or that of another's in which the open mailbox lies. A bell that is gone for good
/// rings no more.
pub(crate) async fn either_rings(
    own: &mut watch::Receiver<ModSeq>,
    guest: Option<&mut watch::Receiver<ModSeq>>,
) {
    let mut own = pin!(own.changed());
    let mut guest = guest.map(|bell| Box::pin(bell.changed()));
    poll_fn(|context| {
        let guest = guest.as_mut().map(|bell| bell.as_mut().poll(context));
        match (own.as_mut().poll(context), guest) {
            (Poll::Ready(Ok(())), _) | (_, Some(Poll::Ready(Ok(())))) => Poll::Ready(()),
            (Poll::Ready(Err(_)) | Poll::Pending, _) => Poll::Pending,
        }
    })
    .await;
}

impl<'s> Session<'s> {
    pub(crate) fn new(
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
            comparator: Active::default(),
            view: None,
            watch: None,
            guest: None,
            tag: None,
            login_failures: 0,
            wrong_commands: 0,
            login_until: after(service.patience.login_s),
        }
    }

    /// The next step of the framer. What is to be sent goes out before the wait. `OutOfMemory`: what the session shows its
    /// client takes memory that is needed.
    pub(crate) async fn next_step(&mut self) -> io::Result<Step> {
        let mut until = after(self.service.patience.idle_s);
        loop {
            let step = self.channel.framer.step();
            if step != Step::More {
                return Ok(step);
            }
            if self.listens() && self.channel.framer.is_between_commands() {
                // In a box: a session that does not listen need not hold what that takes.
                Box::pin(self.tell_between_commands()).await?;
            }
            self.channel.flush().await?;
            match self.woken(until).await? {
                Woken::Octets => until = after(self.service.patience.idle_s),
                Woken::News => {}
                Woken::Pressed if self.is_behind() => {
                    return Err(io::ErrorKind::OutOfMemory.into());
                }
                Woken::Pressed => {}
            }
        }
    }

    /// Waits for octets like `fill`, until there are news for a client that listens to them, or until memory is short.
    async fn woken(&mut self, until: Instant) -> io::Result<Woken> {
        let listens = self.listens();
        let Some(person) = self.person.as_deref_mut() else {
            return self.fill().await.map(|()| Woken::Octets);
        };
        let channel = &mut self.channel;
        let guest = self.guest.as_deref_mut().map(|guest| (&mut guest.bell, &mut guest.pressed));
        let (guest_bell, pressed) = match guest {
            Some((bell, pressed)) => (Some(bell), pressed),
            None => (None, &mut person.pressed),
        };
        let mut pressed = pin!(pressed.changed());
        let mut bell = pin!(either_rings(&mut person.bell, guest_bell));
        channel.rest();
        let woken = poll_fn(|context| {
            if let Poll::Ready(result) = channel.poll_fill(context) {
                return Poll::Ready(result.map(|()| Woken::Octets));
            }
            // A bell that is gone for good rings no more.
            if listens && let Poll::Ready(()) = bell.as_mut().poll(context) {
                return Poll::Ready(Ok(Woken::News));
            }
            match pressed.as_mut().poll(context) {
                Poll::Ready(Ok(())) => Poll::Ready(Ok(Woken::Pressed)),
                Poll::Ready(Err(_)) | Poll::Pending => Poll::Pending,
            }
        });
        timeout_at(until, woken).await?
    }

    /// Whether an earlier state of the mailbox is kept in memory only for what this session has told its client.
    fn is_behind(&self) -> bool {
        match (self.view.as_deref(), self.opened()) {
            (Some(view), Ok(account)) => !account.is_present(view.state()),
            (Some(_) | None, _) => false,
        }
    }

    /// Waits for octets, but not for ever.
    pub(crate) async fn fill(&mut self) -> io::Result<()> {
        if self.person.is_some() {
            let patience = Duration::from_secs(self.service.patience.idle_s);
            timeout(patience, self.channel.fill()).await?
        } else {
            timeout_at(self.login_until, self.channel.fill()).await?
        }
    }

    /// What is missing for a command that needs this state.
    pub(crate) fn lacks(&self, state: ConnectionState) -> Option<&'static str> {
        match state {
            ConnectionState::NotAuthenticated if self.person.is_some() => {
                Some("You are logged in already")
            }
            ConnectionState::Authenticated if self.person.is_none() => Some("Log in first"),
            ConnectionState::Selected if self.person.is_none() => Some("Log in first"),
            ConnectionState::Selected if self.view.is_none() => Some("Select a mailbox first"),
            ConnectionState::Any
            | ConnectionState::NotAuthenticated
            | ConnectionState::Authenticated
            | ConnectionState::Selected => None,
        }
    }

    /// Lets somebody in.
    pub(crate) async fn log_in(&mut self, login: Login) -> Result<(), Stop> {
        let who = Who { device: login.device, address: self.peer.address, ..Who::at(Door::Imap) };
        let account = self.service.accounts.enter(AccountId(login.account), who).await?;
        self.channel.set_turns(Some(account.turns().clone()));
        let bell = account.bell();
        let pressed = account.pressed();
        self.person = Some(Box::new(Person { account, bell, pressed }));
        self.channel.framer.set_limits(FrameLimits::AFTER_LOGIN);
        Ok(())
    }

    /// Goes back to before the login. Nothing stays of whoever was logged in, nor of what they enabled.
    pub(crate) fn log_out(&mut self) {
        self.leave();
        self.watch = None;
        self.person = None;
        self.channel.set_turns(None);
        self.dialect = Dialect::REV1;
        self.comparator = Active::default();
        self.login_until = after(self.service.patience.login_s);
        self.channel.framer.set_limits(FrameLimits::BEFORE_LOGIN);
    }

    /// Remembers from here on what this client changes itself; gives the counter of the account as its bell has it.
    pub(crate) fn note_own_changes(&mut self) -> Result<ModSeq, Stop> {
        let person = self.person.as_deref_mut().ok_or(Stop::Bad("Log in first".into()))?;
        person.account = person.account.noting_own_changes();
        Ok(*person.bell.borrow_and_update())
    }

    /// The account of whoever has logged in.
    pub(crate) fn account(&self) -> Result<&Account, Stop> {
        match &self.person {
            Some(person) => Ok(&person.account),
            None => Err(Stop::Bad("Log in first".into())),
        }
    }

    /// The mailbox that is open.
    pub(crate) fn view(&self) -> Result<&View, Stop> {
        self.view.as_deref().ok_or(Stop::Bad("Select a mailbox first".into()))
    }

    /// The mailbox that is open, to be changed.
    pub(crate) fn view_mut(&mut self) -> Result<&mut View, Stop> {
        self.view.as_deref_mut().ok_or(Stop::Bad("Select a mailbox first".into()))
    }

    /// Prints an untagged status.
    pub(crate) fn untagged(&mut self, condition: Condition, code: Option<Code>, text: &str) {
        self.print(&Response::Untagged(Status { condition, code, text: text.to_owned() }));
    }

    /// Prints a response.
    pub(crate) fn print(&mut self, response: &Response) {
        response.print(self.channel.out(), self.dialect);
    }

    /// Prints a status with a tag, if it could be read.
    pub(crate) fn tagged(
        &mut self,
        tag: Option<&Tag>,
        condition: Condition,
        code: Option<Code>,
        text: &str,
    ) {
        let status = Status { condition, code, text: text.to_owned() };
        self.print(&match tag {
            Some(tag) => Response::Tagged(tag.clone(), status),
            None => Response::Untagged(status),
        });
    }
}
