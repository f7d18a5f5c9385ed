//! Pulling into an account here.

use std::collections::BTreeMap;
use std::sync::Arc;

use mailbox::MailboxName;
use pop3::client::Client;
use pop3::client::pull::{Go, Progress, WithoutIds};
use sasl::{Binding, Credentials, Nonce, Secret, Security};
use sync::companion::AtProvider;
use sync::{PullDone, PullExtent, Stream, Wanted, pulled};

pub(crate) use crate::account::Home;
use crate::line::Cut;
use crate::maildrop::Shared;

pub(crate) fn wanted(at_provider: AtProvider) -> Wanted {
    let (octets_max, extent) = (None, PullExtent::Whole);
    Wanted { at_provider, octets_max, without_ids: WithoutIds::Remove, extent }
}

impl Home {
    /// Pulls; none: it did not come to the login.
    pub(crate) async fn pull(&self, drop: &Shared, wanted: &Wanted, cut: Cut) -> Option<PullDone> {
        let stream: Box<dyn Stream> = Box::new(drop.connect(cut));
        let mut client = Client::begin(stream, Security::Tls).await.ok()?;
        let credentials = Credentials::password("ana", Secret::new("secret"));
        client.login(credentials, Nonce::from_random([5; 18]), Binding::Unable).await.ok()?;
        let local = self.local("pop3s://pop.example.org")?;
        let mut watch = |_: Progress| Go::On;
        Some(pulled(client, local, wanted, self.now, &mut watch).await.1)
    }

    /// The messages that are here, each with how often.
    pub(crate) fn mail(&self) -> BTreeMap<Vec<u8>, usize> {
        let mut mail = BTreeMap::new();
        let reader = self.account.reader().unwrap();
        for entry in self.state().entries.iter() {
            let email = reader.email(entry.email).unwrap().unwrap();
            let octets = self.account.body(&email, 0..u64::MAX).unwrap().to_vec();
            *mail.entry(octets).or_default() += 1;
        }
        mail
    }

    pub(crate) fn state(&self) -> Arc<mailbox::MailboxState> {
        let inbox = self.account.find(&MailboxName::inbox()).unwrap().unwrap().id;
        self.account.state(inbox).unwrap()
    }
}
