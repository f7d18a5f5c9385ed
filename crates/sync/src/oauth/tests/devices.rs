//! Asking by a code that is typed in elsewhere.

use tokio::time::Instant;

use super::super::device::{DeviceCode, begun, decided};
use super::super::{OAuthFault, Tokens, WebFault};
use super::{NOW_S, Scripted, client, gives, refresh_of, server, text};
use crate::network::{NetworkFault, Trust};

const BEGUN: &str = r#"{"device_code":"d","user_code":"WDJB-MJHT","verification_uri":"https://id.example.org/go",
    "verification_uri_complete":"https://id.example.org/go?user_code=WDJB-MJHT","expires_in":600,"interval":5}"#;
const PENDING: &str = r#"{"error":"authorization_pending"}"#;
const SLOWER: &str = r#"{"error":"slow_down"}"#;

async fn begin(answer: &str) -> Result<DeviceCode, OAuthFault> {
    begun(&Scripted::new(&[(200, answer)]), &server(), &client(), &Trust::Usual).await
}

async fn poll(web: &Scripted) -> Result<Tokens, OAuthFault> {
    let device = begin(BEGUN).await.unwrap();
    decided(web, &server(), &client(), &Trust::Usual, (&device, NOW_S)).await
}

#[tokio::test(start_paused = true)]
async fn a_person_is_waited_for_as_often_as_the_server_wants() {
    let web = Scripted::new(&[(400, PENDING), (400, SLOWER), (400, PENDING)]);
    web.fails(WebFault::Network(NetworkFault::TimedOut));
    web.then(200, &gives("a1", "r1"));
    let begun = Instant::now();
    let tokens = poll(&web).await.unwrap();
    assert_eq!((text(&tokens.access), refresh_of(&tokens)), ("a1".into(), Some("r1".into())));
    // 5 and 5, after slow_down 10 and 10, after silence 20.
    assert_eq!(begun.elapsed().as_secs(), 50);
    assert_eq!(tokens.expires_s, Some(NOW_S + 50 + 3600));
    assert!(web.last().starts_with("client_id=me&grant_type=urn%3Aietf"), "{}", web.last());
}

#[tokio::test(start_paused = true)]
async fn what_a_person_decides_or_does_not_decide_is_heard() {
    for (answer, want) in [
        (r#"{"error":"access_denied"}"#, OAuthFault::Denied),
        (r#"{"error":"expired_token"}"#, OAuthFault::Expired),
    ] {
        let web = Scripted::new(&[(400, PENDING), (400, answer)]);
        assert_eq!(poll(&web).await.err(), Some(want));
    }
    let web = Scripted::default();
    (0..200).for_each(|_| web.then(400, PENDING));
    let begun = Instant::now();
    assert_eq!(poll(&web).await.err(), Some(OAuthFault::Expired));
    assert_eq!(begun.elapsed().as_secs(), 600);
    let web = Scripted::new(&[(400, r#"{"error":"x\u001b[2J","error_description":"y\nz"}"#)]);
    let refused = OAuthFault::Refused { code: "x [2J".into(), said: "y z".into() };
    assert_eq!(poll(&web).await.err(), Some(refused));
}

#[tokio::test(start_paused = true)]
async fn a_server_cannot_make_it_ask_without_pause_or_for_ever() {
    let quick = BEGUN.replace("\"interval\":5", "\"interval\":0");
    let quick = quick.replace("\"expires_in\":600", "\"expires_in\":\"99999999\"");
    let device = begin(&quick).await.unwrap();
    assert_eq!(device.life_s, crate::limits::CONSENT_TIMEOUT_S);
    let web = Scripted::new(&[(200, &gives("a", "r"))]);
    let begun = Instant::now();
    decided(&web, &server(), &client(), &Trust::Usual, (&device, NOW_S)).await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 1);
}

#[tokio::test]
async fn a_page_that_is_no_page_of_the_web_is_shown_to_nobody() {
    for (from, to) in [
        ("https://id.example.org/go\"", "javascript:alert(1)\""),
        ("https://id.example.org/go\"", "http://id.example.org/go\""),
        ("https://id.example.org/go?", "file:///etc/passwd?"),
        ("\"user_code\":\"WDJB-MJHT\"", "\"user_code\":7"),
        ("\"user_code\":\"WDJB-MJHT\"", "\"user_code\":\"\""),
        ("\"device_code\":\"d\"", "\"device_code\":[]"),
        ("\"verification_uri\":", "\"x\":"),
    ] {
        assert!(BEGUN.contains(from), "{from}");
        assert!(begin(&BEGUN.replacen(from, to, 1)).await.is_err(), "{to}");
    }
    let long = BEGUN.replace("WDJB-MJHT", &"W".repeat(65));
    assert!(begin(&long).await.is_err());
}
