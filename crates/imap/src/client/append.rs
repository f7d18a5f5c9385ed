//! APPEND: one message or several, from memory or from a stream; REPLACE.

use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::{Client, Done, Fault, Stream, Ticket};
use crate::commands::{Append, AppendForm, AppendMessage, MessagePart, Replaces};
use crate::response::{Code, Response};
use crate::wire::{CommandWriter, DateTime, Flag, Name, SequenceSet};

/// The UIDs that appended messages got (RFC 4315, 3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppendedUids {
    /// The UIDVALIDITY of the mailbox.
    pub uid_validity: u32,
    /// The UIDs, in the order of the messages.
    pub uids: SequenceSet,
}

impl<S: Stream> Client<S> {
    /// Appends a message.
    pub async fn append(
        &mut self,
        mailbox: &str,
        flags: &[Flag],
        date: Option<DateTime>,
        message: &[u8],
    ) -> Result<Option<AppendedUids>, Fault> {
        let ticket = self.send_append(mailbox, flags, date, message).await?;
        let done = self.finish(ticket).await?;
        Ok(self.appended(done))
    }

    /// Queues an APPEND. Without LITERAL+ (or LITERAL- for a small one) it has to wait, and so cannot be sent while other
    /// commands are under way.
    pub async fn send_append(
        &mut self,
        mailbox: &str,
        flags: &[Flag],
        date: Option<DateTime>,
        message: &[u8],
    ) -> Result<Ticket, Fault> {
        let head = head_of(flags, date, message);
        let append = Append { replaces: None, mailbox: Name::from(mailbox), first: head };
        self.send_whole(append, message).await
    }

    /// Puts a message in the place of another one of the open mailbox, whose removal is news (RFC 8508).
    pub async fn replace(
        &mut self,
        replaces: Replaces,
        mailbox: &str,
        flags: &[Flag],
        message: &[u8],
    ) -> Result<Option<AppendedUids>, Fault> {
        let first = head_of(flags, None, message);
        let append = Append { replaces: Some(replaces), mailbox: Name::from(mailbox), first };
        let ticket = self.send_whole(append, message).await?;
        let mut done = self.finish(ticket).await?;
        let told = std::mem::take(&mut done.responses);
        let mut codes = self.sort(told, |response| match response {
            Response::Untagged(status) if matches!(status.code, Some(Code::AppendUid(..))) => {
                Ok(status.code)
            }
            other => Err(other),
        });
        done.code = codes.pop().flatten();
        Ok(self.appended(done))
    }

    /// Appends a message that is put together of texts and of parts of messages that the server has (RFC 4469).
    pub async fn append_parts(
        &mut self,
        mailbox: &str,
        flags: &[Flag],
        date: Option<DateTime>,
        parts: &[MessagePart<'_>],
    ) -> Result<Option<AppendedUids>, Fault> {
        let first =
            AppendMessage { flags: flags.to_vec(), date, form: AppendForm::Catenate, octets: 0 };
        let append = Append { replaces: None, mailbox: Name::from(mailbox), first };
        let (ticket, tag) = self.ticket()?;
        let mut out = CommandWriter::new(self.dialect, self.literals());
        append.print(&tag, &mut out);
        for (index, part) in parts.iter().enumerate() {
            out.raw(if index == 0 { "" } else { " " });
            part.print(&mut out);
        }
        out.raw(append.first.form.after());
        self.send_octets(ticket, out.finish()).await?;
        let done = self.finish(ticket).await?;
        Ok(self.appended(done))
    }

    async fn send_whole(&mut self, append: Append, message: &[u8]) -> Result<Ticket, Fault> {
        let ticket = self.begin_append(append).await?;
        self.wire.queue(message);
        self.wire.queue(b"\r\n");
        if self.wire.queued() > 32 << 10 {
            self.wire.flush().await?;
        }
        Ok(ticket)
    }

    /// Appends several messages at once: all of them, or none (RFC 3502).
    pub async fn append_several(
        &mut self,
        mailbox: &str,
        messages: &[(Vec<Flag>, Option<DateTime>, &[u8])],
    ) -> Result<Option<AppendedUids>, Fault> {
        let mut ticket = None;
        for (flags, date, message) in messages {
            let head = head_of(flags, *date, message);
            match ticket {
                None => {
                    let mailbox = Name::from(mailbox);
                    let append = Append { replaces: None, mailbox, first: head };
                    ticket = Some(self.begin_append(append).await?);
                }
                Some(ticket) => self.go_on_appending(ticket, &head).await?,
            }
            self.wire.queue(message);
            if self.wire.queued() > 32 << 10 {
                self.wire.flush().await?;
            }
        }
        let Some(ticket) = ticket else { return Ok(None) };
        self.wire.queue(b"\r\n");
        let done = self.finish(ticket).await?;
        Ok(self.appended(done))
    }

    /// Appends a message of known size from a stream, without holding it.
    pub async fn append_from(
        &mut self,
        mailbox: &str,
        head: AppendMessage,
        mut source: impl AsyncRead + Unpin,
    ) -> Result<Option<AppendedUids>, Fault> {
        let mut left = head.octets;
        let (octets_said, after) = (head.octets, head.form.after());
        let append = Append { replaces: None, mailbox: Name::from(mailbox), first: head };
        let ticket = self.begin_append(append).await?;
        let mut buffer = vec![0; 64 << 10];
        while left > 0 {
            let want = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            let space = buffer.get_mut(..want).unwrap_or_default();
            let octets = match source.read(space).await {
                Ok(0) => return Err(self.wire.break_off(Fault::Short(octets_said))),
                Ok(octets) => octets,
                Err(error) => return Err(self.wire.break_off(Fault::Source(error))),
            };
            left = left.saturating_sub(u64::try_from(octets).unwrap_or(u64::MAX));
            self.wire.queue(buffer.get(..octets).unwrap_or_default());
            self.wire.flush().await?;
        }
        self.wire.queue(after.as_bytes());
        self.wire.queue(b"\r\n");
        let done = self.finish(ticket).await?;
        Ok(self.appended(done))
    }

    async fn begin_append(&mut self, append: Append) -> Result<Ticket, Fault> {
        let (ticket, tag) = self.ticket()?;
        let mut out = CommandWriter::new(self.dialect, self.literals());
        append.print(&tag, &mut out);
        self.send_octets(ticket, out.finish_open()).await?;
        Ok(ticket)
    }

    async fn go_on_appending(&mut self, ticket: Ticket, next: &AppendMessage) -> Result<(), Fault> {
        let mut out = CommandWriter::new(self.dialect, self.literals());
        next.print(&mut out);
        let printed = out.finish_open();
        self.wire.queue(&printed.octets);
        if !printed.waits.is_empty() {
            self.continuation(ticket).await?;
        }
        Ok(())
    }

    /// What an APPEND told, for those who sent and finished it themselves.
    pub fn appended(&mut self, done: Done) -> Option<AppendedUids> {
        done.responses.into_iter().for_each(|response| self.keep_news(response));
        if let Some(Code::AppendUid(uid_validity, uids)) = done.code {
            Some(AppendedUids { uid_validity, uids })
        } else {
            None
        }
    }
}

fn head_of(flags: &[Flag], date: Option<DateTime>, message: &[u8]) -> AppendMessage {
    let nul = memchr::memchr(0, message).is_some();
    AppendMessage {
        flags: flags.to_vec(),
        date,
        form: if nul { AppendForm::Literal8 } else { AppendForm::Literal },
        octets: u64::try_from(message.len()).unwrap_or(u64::MAX),
    }
}
