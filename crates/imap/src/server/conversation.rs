//! The conversation: reads commands, has them carried out, and tells the client how it went.

use std::io;

use super::limits::{LOGIN_FAILURES_MAX, WRONG_COMMANDS_MAX};
use super::outcome::{Done, Next, Stop};
use super::session::Session;
use super::{First, run, words};
use crate::command::{self, Parsed};
use crate::commands::append;
use crate::frame::{Refusal, Step, Then};
use crate::response::{Code, Condition};
use crate::wire::By;
use crate::{Bad, Tag};

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    Closed,
    StartTls,
}

impl Session<'_> {
    /// Lives until the client leaves.
    pub(crate) async fn live(&mut self, first: First) -> io::Result<Over> {
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
                Err(error) if error.kind() == io::ErrorKind::OutOfMemory => {
                    let code = Some(Code::Unavailable);
                    return self.bye(code, words::MEMORY_NEEDED).await;
                }
                Err(error) => return Err(error),
            };
            if let Some(over) = self.take(step).await? {
                return Ok(over);
            }
            lane::quick();
        }
    }

    async fn take(&mut self, step: Step) -> io::Result<Option<Over>> {
        match step {
            // `next_step` keeps this to itself.
            Step::More => Ok(None),
            Step::Continue => {
                self.channel.out().extend_from_slice(b"+ Ready for additional command text\r\n");
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
                let ended = Box::pin(append::run(self, head)).await;
                match ended {
                    Ok(ended) => self.answer(&ended.tag, ended.completed, ended.outcome).await,
                    Err(append::Unread::Bad(bad)) => self.bad(bad).await,
                    Err(append::Unread::Gone(error)) => Err(error),
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

    /// Ends because the host stops.
    pub(super) async fn say_stopping(&mut self) -> io::Result<Over> {
        self.bye(Some(Code::Unavailable), words::STOPPING).await
    }

    /// Has a command carried out.
    async fn obey(&mut self, parsed: Parsed) -> io::Result<Option<Over>> {
        let Parsed { tag, row, command } = parsed;
        if let Some(lacking) = self.lacks(row.state) {
            return self.answer(&tag, "", Err(Stop::Bad(lacking.into()))).await;
        }
        let completed = match command.by() {
            By::Number => format!("{} completed", row.name),
            By::Uid => format!("UID {} completed", row.name),
        };
        self.tag = Some(tag.clone());
        let outcome = run::run(row, command, self).await;
        self.tag = None;
        self.answer(&tag, &completed, outcome).await
    }

    /// Says how a command went.
    async fn answer(
        &mut self,
        tag: &Tag,
        completed: &str,
        outcome: Result<Done, Stop>,
    ) -> io::Result<Option<Over>> {
        let (condition, code, text) = match outcome {
            Ok(done) => {
                self.wrong_commands = 0;
                self.tagged(Some(tag), Condition::Ok, done.code, done.text.unwrap_or(completed));
                return self.go_on(done.next).await;
            }
            Err(Stop::Gone(error)) => return Err(error),
            Err(Stop::Bye(code, text)) => return self.bye(code, text).await.map(Some),
            Err(Stop::Bad(text)) => {
                self.tagged(Some(tag), Condition::Bad, None, &text);
                return self.count_wrong().await;
            }
            Err(Stop::UidRequired) => {
                let code = Some(Code::UidRequired);
                self.tagged(Some(tag), Condition::Bad, code, words::UID_REQUIRED);
                return self.count_wrong().await;
            }
            Err(Stop::No(code, text)) => (Condition::No, code, text),
            // An answer must not be more certain than the fact.
            Err(Stop::Model(error)) if error.is_of_unknown_outcome() => {
                tracing::error!(%error, "a session ends: the outcome of its command is not known");
                return self.bye(Some(Code::Unavailable), words::UNKNOWN_OUTCOME).await.map(Some);
            }
            Err(Stop::Model(error)) => words::of_model(&error),
            Err(Stop::Login(failure)) => words::of_login(&failure),
        };
        self.tagged(Some(tag), condition, code, &text);
        if self.login_failures >= LOGIN_FAILURES_MAX && self.person.is_none() {
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
            Next::Expand => {
                self.channel.send().await?;
                self.channel.expand();
                Ok(None)
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
}
