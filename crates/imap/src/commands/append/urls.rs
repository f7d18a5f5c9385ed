//! An APPEND or REPLACE whose messages are put together of URLs alone: it has no literal, and is a command like any other.

use super::catenate::{Then, parse_then, parse_url, too_many};
use super::taking::{Taking, only_one};
use super::{AppendForm, AppendMessage, MessagePart, parse_message};
use crate::Syntax;
use crate::command::Request;
use crate::commands::replace::Replaces;
use crate::limits::CATENATED_PARTS_MAX;
use crate::server::Run;
use crate::server::limits::APPEND_MESSAGES_MAX;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::wire::{Args, By, CommandWriter, Name};

/// Puts messages into a mailbox that consist of parts of others (RFC 4469).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catenate {
    /// What goes for it; none: an APPEND.
    pub replaces: Option<Replaces>,
    /// Where to.
    pub mailbox: Name,
    /// What is said of each, and the URLs that it consists of.
    pub messages: Vec<(AppendMessage, Vec<String>)>,
}

impl Catenate {
    /// Takes the mailbox and what follows.
    pub(in crate::commands) fn parse(
        args: &mut Args<'_>,
        replaces: Option<Replaces>,
    ) -> Result<Catenate, Syntax> {
        let mailbox = Name::parse(args)?;
        let mut messages = Vec::new();
        while messages.is_empty() || !args.is_empty() {
            if messages.len() >= APPEND_MESSAGES_MAX {
                return Err(args.expected("fewer messages"));
            }
            let message = parse_message(args)?;
            if message.form != AppendForm::Catenate {
                return Err(args.expected("the octets of a message"));
            }
            messages.push((message, parse_urls(args)?));
        }
        Ok(Catenate { replaces, mailbox, messages })
    }
}

fn parse_urls(args: &mut Args<'_>) -> Result<Vec<String>, Syntax> {
    let mut urls = Vec::new();
    loop {
        if !args.eat_text("URL ") {
            return Err(args.expected("URL, or TEXT with the octets of a text"));
        }
        urls.push(parse_url(args)?);
        if urls.len() > CATENATED_PARTS_MAX {
            return Err(args.expected("fewer parts"));
        }
        if parse_then(args)? == Then::End {
            return Ok(urls);
        }
    }
}

impl Request for Catenate {
    fn print(&self, out: &mut CommandWriter) {
        match self.replaces {
            Some(replaces) => replaces.print(out),
            None => out.raw("APPEND "),
        }
        out.mailbox(self.mailbox.as_str());
        for (message, urls) in &self.messages {
            message.print(out);
            for (index, url) in urls.iter().enumerate() {
                out.raw(if index == 0 { "" } else { " " });
                MessagePart::Url(url).print(out);
            }
            out.raw(")");
        }
    }

    fn by(&self) -> By {
        self.replaces.map_or(By::Number, |replaces| replaces.by)
    }
}

impl Run for Catenate {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let mut taking = Taking::begin(session, self.replaces, &self.mailbox).await?;
        if self.replaces.is_some() && self.messages.len() > 1 {
            return Err(only_one());
        }
        for (message, urls) in &self.messages {
            if urls.len() > CATENATED_PARTS_MAX {
                return Err(too_many());
            }
            let mut incoming = session.service.accounts.receive();
            let mut octets = 0u64;
            for url in urls {
                let more = session.copy_url(&taking, url, octets, &mut incoming).await?;
                octets = octets.saturating_add(more);
            }
            taking.keep(message, incoming.finish().await?)?;
        }
        taking.put(session).await
    }
}
