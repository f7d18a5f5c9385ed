//! Mail over the stream: the client's ends of an import and of an export, behind the port of `transfer`.

use transfer::{Attributes, Item, Known, MailSink, MailSource, MailboxAttributes};

use crate::answer::{Answer, Event};
use crate::client::{AdminFault, Client};
use crate::request::Request;

/// An import that the desk is ready for.
pub struct Importing<'c>(&'c mut Client);

/// An export that the desk has begun.
pub struct Exporting<'c> {
    client: &'c mut Client,
    expected: Option<u64>,
    answer: Option<Answer>,
}

impl Client {
    /// Asks the desk to take mail in for somebody.
    pub async fn import(
        &mut self,
        address: &str,
        known: Known,
    ) -> Result<Importing<'_>, AdminFault> {
        let Known { again, uidls: known_uidls } = known;
        let address = address.to_owned();
        self.send(&Request::Import { address, again, known_uidls }).await?;
        match self.next().await? {
            Event::Ready => Ok(Importing(self)),
            Event::Failed { why } => Err(AdminFault::Failed(why)),
            Event::Progress(_)
            | Event::Done(_)
            | Event::Item(_)
            | Event::Segment(_)
            | Event::Index
            | Event::Beside(_) => Err(AdminFault::Unexpected),
        }
    }

    /// Asks the desk for somebody's mailboxes; none named: for all.
    pub async fn export(
        &mut self,
        address: &str,
        mailboxes: &[String],
    ) -> Result<Exporting<'_>, AdminFault> {
        let (address, mailboxes) = (address.to_owned(), mailboxes.to_vec());
        self.send(&Request::Export { address, mailboxes }).await?;
        Ok(Exporting { client: self, expected: None, answer: None })
    }
}

impl Importing<'_> {
    /// Says that there is no more mail, and gives the desk's answer.
    pub async fn finish(self) -> Result<Answer, AdminFault> {
        self.0.item(None).await?;
        match self.0.next().await? {
            Event::Done(answer) => Ok(answer),
            Event::Failed { why } => Err(AdminFault::Failed(why)),
            Event::Progress(_)
            | Event::Ready
            | Event::Item(_)
            | Event::Segment(_)
            | Event::Index
            | Event::Beside(_) => Err(AdminFault::Unexpected),
        }
    }
}

impl MailSink for Importing<'_> {
    type Fault = AdminFault;

    async fn mailbox(&mut self, mailbox: &MailboxAttributes) -> Result<(), AdminFault> {
        self.0.item(Some(Item::Mailbox(mailbox.clone()))).await
    }

    async fn begin(&mut self, message: &Attributes) -> Result<(), AdminFault> {
        self.0.item(Some(Item::Message(message.clone()))).await
    }

    async fn write(&mut self, octets: &[u8]) -> Result<(), AdminFault> {
        // A piece without octets would end the message.
        if octets.is_empty() { Ok(()) } else { self.0.write(octets).await }
    }

    async fn end(&mut self) -> Result<(), AdminFault> {
        self.0.write(&[]).await
    }

    async fn abandon(&mut self) -> Result<(), AdminFault> {
        self.0.abandon().await
    }
}

impl Exporting<'_> {
    /// The desk's answer, which came behind the last message.
    pub fn finish(self) -> Result<Answer, AdminFault> {
        self.answer.ok_or(AdminFault::Unexpected)
    }
}

impl MailSource for Exporting<'_> {
    type Fault = AdminFault;

    fn expected(&self) -> Option<u64> {
        self.expected
    }

    async fn next(&mut self) -> Result<Option<Item>, AdminFault> {
        loop {
            match self.client.next().await? {
                Event::Progress(step) => self.expected = step.of,
                Event::Item(item) => return Ok(Some(item)),
                Event::Done(answer) => {
                    self.answer = Some(answer);
                    return Ok(None);
                }
                Event::Failed { why } => return Err(AdminFault::Failed(why)),
                Event::Ready | Event::Segment(_) | Event::Index | Event::Beside(_) => {
                    return Err(AdminFault::Unexpected);
                }
            }
        }
    }

    async fn read(&mut self) -> Result<Vec<u8>, AdminFault> {
        self.client.read().await
    }
}
