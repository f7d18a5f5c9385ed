//! Mirroring into an account here.

use sync::{Go, Imap, MirrorDone, MirrorWanted, mirrored};

use crate::account::Home;
use crate::line::Cut;
use crate::provider::Provider;

impl Home {
    /// Mirrors; none: it did not come to the login.
    pub(crate) async fn mirror(
        &self,
        provider: &Provider,
        wanted: &MirrorWanted,
        cut: Cut,
    ) -> Option<MirrorDone> {
        let client = provider.connect(cut).await?;
        self.mirror_with(client, wanted).await
    }

    /// Mirrors over a session that has logged in.
    pub(crate) async fn mirror_with(
        &self,
        client: Imap,
        wanted: &MirrorWanted,
    ) -> Option<MirrorDone> {
        let local = self.local("imaps://imap.example.org")?;
        let mut watch = |_: &MirrorDone| Go::On;
        Some(mirrored(client, local, wanted, self.now, &mut watch).await.1)
    }
}
