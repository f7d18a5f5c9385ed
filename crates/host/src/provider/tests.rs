//! TLS with a server of our own making.

use admin::keep::Folder;
use sync::{Network as _, NetworkFault, Trust, Untrusted};
use tokio_rustls::TlsAcceptor;

use super::ProviderNetwork;
use crate::listen::Protocol;
use crate::tls::Tls;

/// A server with a certificate that nobody vouches for; gives its PEM.
fn server() -> (TlsAcceptor, String, tempfile::TempDir) {
    let temporary = tempfile::tempdir().unwrap();
    let folder = Folder(temporary.path().to_owned());
    let tls = Tls::of_folder(&folder, &["pop.example.org".to_owned()]).unwrap();
    let pem = machine::files::read_text(&folder.certificate()).unwrap();
    (TlsAcceptor::from(tls.config(Protocol::Pop3s)), pem, temporary)
}

async fn greeted(acceptor: &TlsAcceptor, host: &str, trust: &Trust) -> Result<(), NetworkFault> {
    let (here, there) = tokio::io::duplex(16 << 10);
    let acceptor = acceptor.clone();
    let serving = tokio::spawn(async move { acceptor.accept(there).await.map(drop) });
    let greeted = ProviderNetwork::default().begin_tls(Box::new(here), host, trust).await;
    drop(serving);
    greeted.map(drop)
}

#[tokio::test]
async fn a_certificate_is_trusted_by_its_hash_or_its_authority_and_not_otherwise() {
    let (acceptor, pem, _folder) = server();
    let usual = greeted(&acceptor, "pop.example.org", &Trust::Usual).await;
    let Err(NetworkFault::Certificate(refused)) = usual else { panic!("{usual:?}") };
    assert_eq!(refused.why, Untrusted::UnknownIssuer);
    let pin = Trust::Pin(refused.sha256);
    // The hash stands for itself: no name and no date matters.
    for host in ["pop.example.org", "other.example.org", "127.0.0.1"] {
        assert_eq!(greeted(&acceptor, host, &pin).await, Ok(()), "{host}");
    }
    let mut other = refused.sha256;
    other[31] ^= 1;
    let wrong = greeted(&acceptor, "pop.example.org", &Trust::Pin(other)).await;
    assert!(
        matches!(wrong, Err(NetworkFault::Certificate(it)) if it.sha256 == refused.sha256 && it.why == Untrusted::NotPinned)
    );
    let authority = Trust::Authority(pem);
    assert_eq!(greeted(&acceptor, "pop.example.org", &authority).await, Ok(()));
    let wrong = greeted(&acceptor, "other.example.org", &authority).await;
    assert!(matches!(wrong, Err(NetworkFault::Certificate(it)) if it.why == Untrusted::OtherName));
    let nothing =
        greeted(&acceptor, "pop.example.org", &Trust::Authority("no PEM".to_owned())).await;
    assert!(matches!(nothing, Err(NetworkFault::Tls(_))));
}

#[tokio::test]
async fn what_is_not_tls_is_told_apart() {
    let (here, mut there) = tokio::io::duplex(16 << 10);
    let clear = tokio::spawn(async move {
        tokio::io::AsyncWriteExt::write_all(&mut there, b"+OK hello, this is in the clear\r\n")
            .await
    });
    let network = ProviderNetwork::default();
    let greeted = network.begin_tls(Box::new(here), "pop.example.org", &Trust::Usual).await;
    assert!(matches!(greeted.map(drop), Err(NetworkFault::Tls(_))));
    drop(clear);
}
