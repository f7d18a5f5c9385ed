//! Commands on mailboxes: list, make, remove, rename, subscribe, figures, quotas; and how texts in them are compared.

use mailbox::AnnotationName;

use super::{Client, Fault, Stream};
use crate::commands::{
    AskedMetadata, Comparator, Create, Delete, GetJmapAccess, GetMetadata, GetQuotaRoot, Id,
    IdPairs, List, Lsub, Namespace, Rename, SetMetadata, Status, StatusItem, Subscribe,
    Unsubscribe,
};
use crate::response::{
    Comparators, ListLine, MailboxStatus, MetadataEntries, MetadataLine, Namespaces, QuotaLine,
    Response,
};
use crate::wire::{Name, Pattern};

impl<S: Stream> Client<S> {
    /// Lists mailboxes; and their figures, where they were asked for.
    pub async fn list(&mut self, list: List) -> Result<(Vec<ListLine>, Vec<MailboxStatus>), Fault> {
        let done = self.run(list).await?;
        let mut figures = Vec::new();
        let lines = self.sort(done.responses, |response| match response {
            Response::List(line) => Ok(Some(line)),
            Response::MailboxStatus(status) => {
                figures.push(status);
                Ok(None)
            }
            other => Err(other),
        });
        Ok((lines.into_iter().flatten().collect(), figures))
    }

    /// Lists subscriptions, the old way.
    pub async fn lsub(&mut self, reference: &str, pattern: &str) -> Result<Vec<ListLine>, Fault> {
        let lsub = Lsub { reference: Name::from(reference), pattern: Pattern(pattern.to_owned()) };
        let done = self.run(lsub).await?;
        Ok(self.sort(done.responses, |response| {
            if let Response::Lsub(line) = response { Ok(line) } else { Err(response) }
        }))
    }

    /// Makes a mailbox.
    pub async fn create(&mut self, mailbox: &str) -> Result<(), Fault> {
        let create = Create { mailbox: Name::from(mailbox), uses: Vec::new() };
        self.run_only(create).await
    }

    /// Removes a mailbox.
    pub async fn delete(&mut self, mailbox: &str) -> Result<(), Fault> {
        self.run_only(Delete { mailbox: Name::from(mailbox) }).await
    }

    /// Gives a mailbox another name.
    pub async fn rename(&mut self, from: &str, to: &str) -> Result<(), Fault> {
        let rename = Rename { from: Name::from(from), to: Name::from(to) };
        self.run_only(rename).await
    }

    /// Subscribes to a name.
    pub async fn subscribe(&mut self, mailbox: &str) -> Result<(), Fault> {
        self.run_only(Subscribe { mailbox: Name::from(mailbox) }).await
    }

    /// Takes a name out of the subscriptions.
    pub async fn unsubscribe(&mut self, mailbox: &str) -> Result<(), Fault> {
        let unsubscribe = Unsubscribe { mailbox: Name::from(mailbox) };
        self.run_only(unsubscribe).await
    }

    /// Asks for figures of a mailbox.
    pub async fn status(
        &mut self,
        mailbox: &str,
        items: &[StatusItem],
    ) -> Result<MailboxStatus, Fault> {
        let status = Status { mailbox: Name::from(mailbox), items: items.to_vec() };
        let done = self.run(status).await?;
        let told = self.sort(done.responses, |response| {
            if let Response::MailboxStatus(status) = response { Ok(status) } else { Err(response) }
        });
        told.into_iter().next_back().ok_or(Fault::Unexpected("STATUS"))
    }

    /// Asks where mailboxes lie.
    pub async fn namespace(&mut self) -> Result<Namespaces, Fault> {
        let done = self.run(Namespace).await?;
        let told = self.sort(done.responses, |response| {
            if let Response::Namespace(told) = response { Ok(told) } else { Err(response) }
        });
        told.into_iter().next_back().ok_or(Fault::Unexpected("NAMESPACE"))
    }

    /// Says who we are, and asks the same.
    pub async fn id(&mut self, pairs: Option<IdPairs>) -> Result<Option<IdPairs>, Fault> {
        let done = self.run(Id { pairs }).await?;
        let told = self.sort(done.responses, |response| {
            if let Response::Id(told) = response { Ok(told) } else { Err(response) }
        });
        Ok(told.into_iter().next_back().flatten())
    }

    /// Asks for the quotas that a mailbox counts to.
    pub async fn quota(&mut self, mailbox: &str) -> Result<Vec<QuotaLine>, Fault> {
        let ask = GetQuotaRoot { mailbox: Name::from(mailbox) };
        let done = self.run(ask).await?;
        let told = self.sort(done.responses, |response| match response {
            Response::Quota(quota) => Ok(Some(quota)),
            Response::QuotaRoots(_) => Ok(None),
            other => Err(other),
        });
        Ok(told.into_iter().flatten().collect())
    }

    /// Asks for annotations of a mailbox, or of the server where its name is empty (RFC 5464).
    pub async fn metadata(
        &mut self,
        mailbox: &str,
        asked: AskedMetadata,
    ) -> Result<Vec<(AnnotationName, Option<Vec<u8>>)>, Fault> {
        let done = self.run(GetMetadata { mailbox: Name::from(mailbox), asked }).await?;
        let told = self.sort(done.responses, |response| match response {
            Response::Metadata(MetadataLine {
                entries: MetadataEntries::Values(values), ..
            }) => Ok(values),
            other => Err(other),
        });
        Ok(told.into_iter().flatten().collect())
    }

    /// Sets annotations of a mailbox, or of the server where its name is empty; none: it is taken away.
    pub async fn set_metadata(
        &mut self,
        mailbox: &str,
        entries: Vec<(AnnotationName, Option<Vec<u8>>)>,
    ) -> Result<(), Fault> {
        self.run_only(SetMetadata { mailbox: Name::from(mailbox), entries }).await
    }

    /// Where the session object of JMAP is; none if the server did not say.
    pub async fn jmap_access(&mut self) -> Result<Option<String>, Fault> {
        let done = self.run(GetJmapAccess).await?;
        let told = self.sort(done.responses, |response| {
            if let Response::JmapAccess(url) = response { Ok(url) } else { Err(response) }
        });
        Ok(told.into_iter().next_back())
    }

    /// Chooses the comparator of SEARCH, SORT and THREAD, or only asks which it is; see `Comparator::wanted`.
    pub async fn comparator(&mut self, wanted: &[&str]) -> Result<Comparators, Fault> {
        let wanted = wanted.iter().map(|name| (*name).to_owned()).collect();
        let done = self.run(Comparator { wanted }).await?;
        let told = self.sort(done.responses, |response| {
            if let Response::Comparator(told) = response { Ok(told) } else { Err(response) }
        });
        told.into_iter().next_back().ok_or(Fault::Unexpected("COMPARATOR"))
    }
}
