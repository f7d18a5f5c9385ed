//! Finding a server, and registering there.

use super::super::{OAuthFault, ProviderSettings, found, registered};
use super::{Scripted, server};
use crate::network::Trust;

const DESCRIBED: &str = r#"{"issuer":"https://id.example.org","authorization_endpoint":"https://id.example.org/a",
    "token_endpoint":"https://id.example.org/t","device_authorization_endpoint":"https://id.example.org/d",
    "registration_endpoint":"https://id.example.org/r","scopes_supported":["openid","mail","offline_access"],
    "authorization_response_iss_parameter_supported":true}"#;

async fn find(web: &Scripted, name: &str) -> Result<super::OAuthServer, OAuthFault> {
    found(web, name, None, &Trust::Usual).await.map(|(server, _)| server)
}

#[tokio::test]
async fn a_server_says_what_it_can_do_under_its_own_name() {
    let web = Scripted::new(&[(200, DESCRIBED)]);
    let found = find(&web, "id.example.org").await.unwrap();
    assert_eq!(web.asked()[0].0, "https://id.example.org/.well-known/oauth-authorization-server");
    assert_eq!(found.token.as_str(), "https://id.example.org/t");
    assert_eq!(found.scope.as_deref(), Some("mail offline_access"));
    assert!(found.says_its_name && found.device.is_some() && found.registration.is_some());
    // The other well-known name.
    let web = Scripted::new(&[(404, ""), (200, DESCRIBED)]);
    find(&web, "https://id.example.org/").await.unwrap();
    assert_eq!(web.asked()[1].0, "https://id.example.org/.well-known/openid-configuration");
}

#[tokio::test]
async fn a_host_says_who_lets_programs_in() {
    let resource = r#"{"resource":"https://mail.example.org","authorization_servers":["https://id.example.org"]}"#;
    let web = Scripted::new(&[(404, ""), (404, ""), (200, resource), (200, DESCRIBED)]);
    let found = find(&web, "https://mail.example.org").await.unwrap();
    assert_eq!(found.token.as_str(), "https://id.example.org/t");
    let asked: Vec<String> = web.asked().into_iter().map(|(address, _)| address).collect();
    assert_eq!(asked[2], "https://mail.example.org/.well-known/oauth-protected-resource");
    assert_eq!(asked[3], "https://id.example.org/.well-known/oauth-authorization-server");
    let other = resource.replace("mail.example.org", "evil.example.org");
    let web = Scripted::new(&[(404, ""), (404, ""), (200, &other)]);
    let found = find(&web, "https://mail.example.org").await;
    assert!(matches!(found, Err(OAuthFault::OtherServer { .. })), "{found:?}");
}

#[tokio::test]
async fn a_server_that_is_not_what_it_should_be_is_not_listened_to() {
    type Is = fn(&OAuthFault) -> bool;
    let cases: [(u16, &str, Is); 9] = [
        (302, DESCRIBED, |it| matches!(it, OAuthFault::Answer(_))),
        (503, DESCRIBED, |it| matches!(it, OAuthFault::Unavailable { .. })),
        (200, "<html>", |it| matches!(it, OAuthFault::Answer(_))),
        (200, "[]", |it| matches!(it, OAuthFault::Answer(_))),
        (200, r#"{"issuer":"https://evil.example"}"#, |it| {
            matches!(it, OAuthFault::OtherServer { .. })
        }),
        (
            200,
            r#"{"issuer":["https://id.example.org"],"token_endpoint":"https://id.example.org"}"#,
            |it| matches!(it, OAuthFault::OtherServer { .. }),
        ),
        (200, r#"{"issuer":"https://id.example.org"}"#, |it| matches!(it, OAuthFault::Answer(_))),
        (200, r#"{"issuer":"https://id.example.org","token_endpoint":7}"#, |it| {
            matches!(it, OAuthFault::Answer(_))
        }),
        (
            200,
            r#"{"issuer":"https://id.example.org","token_endpoint":"http://id.example.org/t"}"#,
            |it| matches!(it, OAuthFault::Insecure { .. }),
        ),
    ];
    for (status, body, is) in cases {
        let found = find(&Scripted::new(&[(status, body)]), "https://id.example.org").await;
        assert!(found.as_ref().is_err_and(is), "{status} {body}: {found:?}");
    }
    let nothing = Scripted::new(&[(404, ""), (404, ""), (404, "")]);
    let found = find(&nothing, "https://id.example.org").await;
    assert!(matches!(found, Err(OAuthFault::NoServer { .. })), "{found:?}");
    for name in ["frob", "http://id.example.org", "ftp://x.example"] {
        assert!(find(&Scripted::default(), name).await.is_err(), "{name}");
    }
}

#[tokio::test]
async fn what_stands_in_the_file_goes_before_what_is_known() {
    let settings: ProviderSettings = toml::from_str(
        "client_id = \"mine\"\nclient_secret = \"s\"\nscope = \"other\"\nredirect = \"http://localhost:8400/\"\n",
    )
    .unwrap();
    let nobody = Scripted::default();
    let found = found(&nobody, "google", Some(&settings), &Trust::Usual).await.unwrap();
    let (server, client) = found;
    assert_eq!(server.token.as_str(), "https://oauth2.googleapis.com/token");
    assert_eq!(server.scope.as_deref(), Some("other"));
    assert_eq!(server.redirect.to_string(), "http://localhost:8400/");
    assert_eq!(client.unwrap().id, "mine");
    // Nobody's registration is brought along.
    let bare = super::super::found(&nobody, "google", None, &Trust::Usual).await.unwrap();
    assert!(bare.1.is_none());
    let refused = registered(&nobody, &bare.0, "correio", &Trust::Usual).await.err();
    assert!(matches!(refused, Some(OAuthFault::NoClient { .. })), "{refused:?}");
}

#[tokio::test]
async fn the_program_registers_itself_where_it_can() {
    let web = Scripted::new(&[(201, r#"{"client_id":"sealed","client_name":"x"}"#)]);
    let client = registered(&web, &server(), "correio (pc)", &Trust::Usual).await.unwrap();
    assert_eq!(client.id, "sealed");
    let said: serde_json::Value = serde_json::from_str(&web.last()).unwrap();
    assert_eq!(said["redirect_uris"], serde_json::json!(["http://127.0.0.1/"]));
    assert_eq!(said["token_endpoint_auth_method"], "none");
    for (status, body) in [
        (201, r#"{"client_id":7}"#.to_owned()),
        (201, r#"{"client_id":"a\nb"}"#.to_owned()),
        (201, format!(r#"{{"client_id":"{}"}}"#, "x".repeat(20_000))),
        (400, r#"{"error":"invalid_client_metadata"}"#.to_owned()),
        (302, String::new()),
    ] {
        let web = Scripted::new(&[(status, &body)]);
        assert!(registered(&web, &server(), "correio", &Trust::Usual).await.is_err(), "{body}");
    }
}
