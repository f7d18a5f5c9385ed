//! Tokens that are renewed: in time, once, by one program at a time, and never lost.

use std::sync::{Arc, Mutex};

use sasl::{Ready, Secret};
use tokio::sync::OwnedMutexGuard;

use super::super::{OAuthFault, TokenKeeper, Tokens, WebFault, access_token};
use super::{NOW_S, Scripted, gives, grant, refresh_of, text};
use crate::network::{NetworkFault, Trust};

/// Keeps tokens in memory, and can be full.
#[derive(Default)]
struct Memory {
    kept: Mutex<Option<Vec<u8>>>,
    is_full: bool,
    turns: Arc<tokio::sync::Mutex<()>>,
}

impl Memory {
    fn with(access: &str, expires_s: Option<i64>, refresh: Option<&str>) -> Memory {
        let tokens =
            Tokens { access: Secret::new(access), expires_s, refresh: refresh.map(Secret::new) };
        let kept = Mutex::new(Some(tokens.write().expose().to_vec()));
        Memory { kept, ..Memory::default() }
    }

    fn tokens(&self) -> Tokens {
        let kept = self.kept.lock().unwrap().clone().unwrap();
        Tokens::read(&Secret::new(kept)).unwrap()
    }
}

impl TokenKeeper for Memory {
    fn read(&self) -> Ready<'_, Result<Option<Tokens>, OAuthFault>> {
        let kept = self.kept.lock().unwrap().clone();
        Box::pin(async move { Ok(kept.map(Secret::new).as_ref().and_then(Tokens::read)) })
    }

    fn write<'a>(&'a self, tokens: &'a Tokens) -> Ready<'a, Result<(), OAuthFault>> {
        Box::pin(async move {
            if self.is_full {
                return Err(OAuthFault::Keeping { why: "the disk is full".to_owned() });
            }
            *self.kept.lock().unwrap() = Some(tokens.write().expose().to_vec());
            Ok(())
        })
    }

    fn turn(&self) -> Ready<'_, Result<Box<dyn Send>, OAuthFault>> {
        let turns = Arc::clone(&self.turns);
        Box::pin(async move {
            let turn: OwnedMutexGuard<()> = turns.lock_owned().await;
            let turn: Box<dyn Send> = Box::new(turn);
            Ok(turn)
        })
    }
}

async fn token(
    keeper: &Memory,
    web: &Scripted,
    refused: Option<&str>,
) -> Result<String, OAuthFault> {
    let refused = refused.map(Secret::new);
    let at = (NOW_S, refused.as_ref());
    access_token(keeper, web, &grant(), &Trust::Usual, at).await.map(|token| text(&token))
}

#[tokio::test]
async fn a_token_is_renewed_shortly_before_its_end_and_when_it_is_refused() {
    let nobody = Scripted::default();
    for end in [None, Some(NOW_S + 121)] {
        assert_eq!(
            token(&Memory::with("a0", end, Some("r0")), &nobody, None).await,
            Ok("a0".into())
        );
    }
    for (end, refused) in [(Some(NOW_S + 120), None), (Some(0), None), (None, Some("a0"))] {
        let keeper = Memory::with("a0", end, Some("r0"));
        let web = Scripted::new(&[(200, &gives("a1", "r1"))]);
        assert_eq!(token(&keeper, &web, refused).await, Ok("a1".into()));
        assert_eq!(web.last(), "client_id=me&grant_type=refresh_token&refresh_token=r0");
        assert_eq!(refresh_of(&keeper.tokens()).as_deref(), Some("r1"));
        assert_eq!(keeper.tokens().expires_s, Some(NOW_S + 3600));
    }
    // Who gets no new refresh token keeps the old one (RFC 6749, 6).
    let keeper = Memory::with("a0", Some(0), Some("r0"));
    let web = Scripted::new(&[(200, r#"{"access_token":"a1","token_type":"Bearer"}"#)]);
    assert_eq!(token(&keeper, &web, None).await, Ok("a1".into()));
    assert_eq!(
        (refresh_of(&keeper.tokens()).as_deref(), keeper.tokens().expires_s),
        (Some("r0"), None)
    );
}

#[tokio::test]
async fn a_token_is_not_used_before_the_next_pair_is_kept() {
    let keeper = Memory { is_full: true, ..Memory::with("a0", Some(0), Some("r0")) };
    let web = Scripted::new(&[(200, &gives("a1", "r1"))]);
    let done = token(&keeper, &web, None).await;
    assert!(matches!(done, Err(OAuthFault::Keeping { .. })), "{done:?}");
    assert_eq!(refresh_of(&keeper.tokens()).as_deref(), Some("r0"));
}

#[tokio::test]
async fn of_many_at_once_one_renews_and_all_have_the_same() {
    let keeper = Memory::with("a0", Some(0), Some("r0"));
    let web = Scripted::new(&[(200, &gives("a1", "r1"))]);
    let (one, two, three) = tokio::join!(
        token(&keeper, &web, None),
        token(&keeper, &web, Some("a0")),
        token(&keeper, &web, None)
    );
    assert_eq!([one, two, three], [Ok("a1".into()), Ok("a1".into()), Ok("a1".into())]);
    assert_eq!(web.asked().len(), 1);
}

#[tokio::test]
async fn a_grant_that_is_over_is_told_apart_from_a_server_that_does_not_answer() {
    for code in ["invalid_grant", "invalid_client", "interaction_required"] {
        let keeper = Memory::with("a0", Some(NOW_S + 60), Some("r0"));
        let web = Scripted::new(&[(400, &format!(r#"{{"error":"{code}"}}"#))]);
        let done = token(&keeper, &web, None).await;
        assert!(matches!(done, Err(OAuthFault::Over { .. })), "{done:?}");
    }
    let without = Memory::with("a0", Some(0), None);
    let done = token(&without, &Scripted::default(), None).await;
    assert!(matches!(done, Err(OAuthFault::Over { .. })), "{done:?}");
    assert_eq!(
        token(&Memory::default(), &Scripted::default(), None).await,
        Err(OAuthFault::NotKept)
    );
    let silent = || {
        let web = Scripted::default();
        web.fails(WebFault::Network(NetworkFault::TimedOut));
        web
    };
    // A token that is still good is used meanwhile; one that is not, or was refused, is not.
    let keeper = Memory::with("a0", Some(NOW_S + 60), Some("r0"));
    assert_eq!(token(&keeper, &silent(), None).await, Ok("a0".into()));
    assert!(matches!(token(&keeper, &silent(), Some("a0")).await, Err(OAuthFault::Web { .. })));
    let keeper = Memory::with("a0", Some(NOW_S), Some("r0"));
    assert!(matches!(token(&keeper, &silent(), None).await, Err(OAuthFault::Web { .. })));
    let keeper = Memory::with("a0", Some(0), Some("r0"));
    let web = Scripted::default();
    web.fails(WebFault::TooMuch);
    assert!(matches!(token(&keeper, &web, None).await, Err(OAuthFault::Web { .. })));
}

#[tokio::test]
async fn an_answer_that_is_no_token_is_none() {
    let long = format!(r#"{{"access_token":"{}","token_type":"Bearer"}}"#, "x".repeat(9_000));
    for (status, body) in [
        (200, ""),
        (200, "<html>"),
        (200, "[]"),
        (200, "{}"),
        (200, r#"{"access_token":7,"token_type":"Bearer"}"#),
        (200, r#"{"access_token":"","token_type":"Bearer"}"#),
        (200, r#"{"access_token":"a b","token_type":"Bearer"}"#),
        (200, r#"{"access_token":"a\r\nA1 LOGOUT","token_type":"Bearer"}"#),
        (200, r#"{"access_token":"a","token_type":"mac"}"#),
        (200, r#"{"access_token":"a"}"#),
        (200, r#"{"access_token":"a","token_type":"Bearer","refresh_token":"r\n"}"#),
        (200, long.as_str()),
        (302, r#"{"access_token":"a","token_type":"Bearer"}"#),
        (500, r#"{"access_token":"a","token_type":"Bearer"}"#),
        (400, r#"{"access_token":"a","token_type":"Bearer"}"#),
        (400, r#"{"error":["invalid_grant"]}"#),
    ] {
        let keeper = Memory::with("a0", Some(0), Some("r0"));
        let done = token(&keeper, &Scripted::new(&[(status, body)]), None).await;
        assert!(done.is_err(), "{body}");
        assert_eq!(refresh_of(&keeper.tokens()).as_deref(), Some("r0"), "{body}");
    }
    // Odd lives are no reason to fail.
    for life in ["\"3600\"", "-5", "1e99", "99999999999999999999", "null", "[]"] {
        let body = format!(r#"{{"access_token":"a","token_type":"Bearer","expires_in":{life}}}"#);
        let keeper = Memory::with("a0", Some(0), Some("r0"));
        assert_eq!(token(&keeper, &Scripted::new(&[(200, &body)]), None).await, Ok("a".into()));
    }
}
