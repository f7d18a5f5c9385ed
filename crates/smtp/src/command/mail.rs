//! MAIL: who sends (RFC 5321, 4.1.1.2).

use sasl::Login;

use super::{Command, CommandFault};
use crate::address::{Brackets, reverse_path};
use crate::delivery::{Claim, Envelope, Oddities};
use crate::server::{Service, Session, Transaction, wording};
use crate::{
    BodyKind, Flavour, MailParameters, Reply, Return, ReversePath, Syntax, Utf8, to_xtext,
};

/// The beginning of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Who is told when it fails.
    pub from: ReversePath,
    /// What follows the path.
    pub parameters: MailParameters,
    /// How the path was written. Printed it has brackets.
    pub brackets: Brackets,
}

pub(super) fn parse(argument: &str, _: Flavour) -> Result<Command, CommandFault> {
    let path = after(argument, "FROM:").ok_or(Syntax("MAIL FROM:<address>"))?;
    let (from, rest, brackets) = reverse_path(path)?;
    Ok(Command::Mail(Mail { from, parameters: MailParameters::parse(rest)?, brackets }))
}

/// Skips a word in any case, and the space that many programs put after it.
pub(super) fn after<'a>(argument: &'a str, word: &str) -> Option<&'a str> {
    let (head, rest) = argument.split_at_checked(word.len())?;
    head.eq_ignore_ascii_case(word).then(|| rest.trim_start_matches(' '))
}

impl Mail {
    pub(super) fn print(&self) -> String {
        let mut line = match &self.from {
            Some(from) => format!("MAIL FROM:<{from}>"),
            None => "MAIL FROM:<>".to_owned(),
        };
        if let Some(size) = self.parameters.size {
            line.push_str(&format!(" SIZE={size}"));
        }
        if self.parameters.body == BodyKind::EightBit {
            line.push_str(" BODY=8BITMIME");
        }
        if self.parameters.utf8 == Utf8::Yes {
            line.push_str(" SMTPUTF8");
        }
        match self.parameters.ret {
            Some(Return::Full) => line.push_str(" RET=FULL"),
            Some(Return::Header) => line.push_str(" RET=HDRS"),
            None => {}
        }
        if let Some(id) = &self.parameters.envelope_id {
            line.push_str(&format!(" ENVID={}", to_xtext(id)));
        }
        line
    }
}

impl<S> Session<S> {
    /// Runs it.
    pub(crate) async fn mail(&mut self, mail: Mail) -> Reply {
        let claim = match self.may_begin(&mail).await {
            Ok(claim) => claim,
            Err(refusal) => return refusal,
        };
        let Some(hello) = &self.hello else { return wording::hello_first() };
        let envelope = Envelope {
            id: self.service.delivery.fresh_id(),
            flavour: self.service.flavour,
            peer: self.peer.clone(),
            hello: hello.name.clone(),
            oddities: Oddities { greeted_as: hello.odd.clone(), brackets: mail.brackets },
            login: self.login.as_deref().cloned(),
            from: mail.from,
            claim,
            parameters: mail.parameters,
            recipients: Vec::new(),
            received_at: self.service.clock.now(),
            return_path_octets: 0,
        };
        self.transaction = Some(Box::new(Transaction::new(envelope)));
        Reply::new(250, 1, 0, "Sender OK")
    }

    async fn may_begin(&mut self, mail: &Mail) -> Result<Claim, Reply> {
        if self.hello.is_none() {
            return Err(wording::hello_first());
        }
        if self.transaction.is_some() {
            return Err(Reply::new(503, 5, 1, "Nested MAIL command"));
        }
        self.service.may_send(self.login.as_deref(), mail).await
    }
}

impl Service {
    /// Whether a message may begin so, and what its sender claims.
    pub(crate) async fn may_send(
        &self,
        login: Option<&Login>,
        mail: &Mail,
    ) -> Result<Claim, Reply> {
        let submission = self.flavour == Flavour::Submission;
        if submission && login.is_none() {
            return Err(Reply::new(530, 7, 0, "Authentication required"));
        }
        if !submission && mail.parameters.asks_for_notification() {
            return Err(wording::parameter());
        }
        let octets_max = self.message_octets_max;
        if mail.parameters.size.is_some_and(|size| size > octets_max) {
            return Err(wording::refused(&crate::delivery::Refused::TooLarge { octets_max }));
        }
        let Some(from) = &mail.from else { return Ok(Claim::Nothing) };
        if !from.is_ascii() && mail.parameters.utf8 == Utf8::No {
            return Err(wording::needs_utf8());
        }
        let delivery = &self.delivery;
        let claim = match (login, self.flavour) {
            (Some(login), _) => delivery.sender(login, from).await.map(|_| Claim::Nothing),
            (None, Flavour::Smtp) => delivery.claim(from).await,
            // Who hands mail on over LMTP has asked already.
            (None, Flavour::Lmtp | Flavour::Submission) => Ok(Claim::Nothing),
        };
        claim.map_err(|refused| wording::refused(&refused))
    }
}
