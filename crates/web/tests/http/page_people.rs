//! Those who let Ana and Bob in to pages.

use std::sync::Mutex;

use mailbox::{AccountId, Fault};
use sasl::{Denied, Login, Peer, Ready, Secret};
use web::{
    Answer, AskedBy, ChallengeFor, Change, Changed, Device, EndOf, Entry, FactorDenied,
    FoundSession, NewSession, NotChanged, OwnSecurity, PageAttempt, PageLogins, PageSession,
    Passkey, PasskeyChallenge, Pop3, Proof, Refused, Security, Setting, Stay, Ways,
};

use crate::people::said;

/// When all is: the time of the tests.
pub(crate) const NOW: i64 = 1_700_000_000;

/// The sessions, with their secrets.
#[derive(Default)]
pub(crate) struct Pages(pub(crate) Mutex<Vec<Kept>>);

#[derive(Clone)]
pub(crate) struct Kept {
    secret: Vec<u8>,
    pub(crate) session: PageSession,
    /// Whether its time begins anew when it is used next.
    pub(crate) is_due: bool,
}

impl Pages {
    pub(crate) fn of(&self, secret: &Secret) -> Option<PageSession> {
        let kept = self.0.lock().unwrap();
        kept.iter().find(|kept| secret.equals(&kept.secret)).map(|kept| kept.session.clone())
    }

    /// Changes what is kept of all sessions.
    pub(crate) fn change(&self, change: impl Fn(&mut Kept)) {
        self.0.lock().unwrap().iter_mut().for_each(change);
    }
}

impl PageLogins for Pages {
    fn log_in<'a>(&'a self, attempt: PageAttempt<'a>) -> Ready<'a, Result<Entry, Denied>> {
        Box::pin(async move {
            if attempt.login == "carla@example.org" && attempt.password.expose() == b"secret" {
                let ways = Ways { app: true, recovery_codes: true, passkeys: true };
                return Ok(Entry::SecondFactor { ticket: Secret::new("a-ticket"), ways });
            }
            let Login { account, address, device, .. } =
                said(attempt.login, attempt.password.expose())?;
            assert_eq!(device, None, "the main password alone");
            let mut kept = self.0.lock().unwrap();
            let id = u64::try_from(kept.len()).unwrap() + 0xabc;
            let secret = format!("{id:x}").repeat(14)[..42].to_owned();
            let session = PageSession {
                id,
                account: AccountId(account),
                address,
                program: attempt.program.to_owned(),
                from: attempt.peer.address.map(|address| address.to_string()),
                made_s: NOW,
                used_s: NOW,
                expires_s: NOW + 14 * 24 * 3_600,
                proven_s: NOW,
                stay: attempt.stay,
            };
            let secret = secret.into_bytes();
            kept.push(Kept { secret: secret.clone(), session: session.clone(), is_due: false });
            Ok(Entry::In(NewSession { secret: Secret::new(secret), session }))
        })
    }

    fn second_factor<'a>(
        &'a self,
        ticket: &'a Secret,
        answer: Answer<'a>,
        peer: &'a Peer,
    ) -> Ready<'a, Result<NewSession, FactorDenied>> {
        Box::pin(async move {
            let code = match answer {
                Answer::Code(code) => code,
                Answer::Passkey(passkey) => passkey.response["code"].as_str().unwrap_or_default(),
            };
            if !ticket.equals(b"a-ticket") {
                return Err(FactorDenied { denied: Denied::Wrong, again: false });
            }
            if code != "123456" {
                return Err(FactorDenied { denied: Denied::Wrong, again: true });
            }
            // Whoever it is, Ana comes in.
            let password = Secret::new("secret");
            let login = "ana@example.org";
            let stay = Stay::Long;
            let attempt = PageAttempt { login, password: &password, peer, program: "", stay };
            match self.log_in(attempt).await {
                Ok(Entry::In(new)) => Ok(new),
                Ok(Entry::SecondFactor { .. }) | Err(_) => unreachable!(),
            }
        })
    }

    fn session<'a>(&'a self, secret: &'a Secret) -> Ready<'a, Result<Option<FoundSession>, Fault>> {
        let mut kept = self.0.lock().unwrap();
        let found = kept.iter_mut().find(|kept| secret.equals(&kept.secret));
        let found = found.map(|kept| FoundSession {
            session: kept.session.clone(),
            renewed: std::mem::take(&mut kept.is_due),
        });
        Box::pin(async move { Ok(found) })
    }

    fn passkey_challenge<'a>(
        &'a self,
        wanted: ChallengeFor<'a>,
    ) -> Ready<'a, Result<PasskeyChallenge, Fault>> {
        let challenge = PasskeyChallenge {
            octets: vec![7; 4],
            passkeys: match wanted {
                ChallengeFor::LogIn | ChallengeFor::Confirm(_) => Vec::new(),
                ChallengeFor::SecondFactor(_) | ChallengeFor::Add(_) => vec![vec![1]],
            },
            user_handle: vec![9; 4],
            algorithms: vec![-7],
        };
        Box::pin(async move { Ok(challenge) })
    }

    fn log_in_by_passkey<'a>(
        &'a self,
        passkey: Passkey<'a>,
        peer: &'a Peer,
        _: (&'a str, Stay),
    ) -> Ready<'a, Result<NewSession, Denied>> {
        Box::pin(async move {
            assert_eq!(passkey.party.id, "mail.example.org");
            assert_eq!(passkey.party.origin, "https://mail.example.org");
            let code = passkey.response["code"].as_str().unwrap_or_default();
            let ticket = Secret::new("a-ticket");
            let entered = self.second_factor(&ticket, Answer::Code(code), peer).await;
            entered.map_err(|denied| denied.denied)
        })
    }

    fn confirm<'a>(
        &'a self,
        session: &'a PageSession,
        proof: Proof<'a>,
        _: &'a Peer,
    ) -> Ready<'a, Result<(), Denied>> {
        let said = match proof {
            Proof::Password(password) => said(&session.address, password.expose()).map(drop),
            Proof::Code("123456") => Ok(()),
            Proof::Passkey(passkey) if passkey.response["code"] == "123456" => Ok(()),
            Proof::Passkey(_) => Err(Denied::Wrong),
            Proof::Code(_) => Err(Denied::Wrong),
        };
        if said.is_ok() {
            self.change(|kept| {
                if kept.session.id == session.id {
                    kept.session.proven_s = NOW;
                }
            });
        }
        Box::pin(async move { said })
    }

    fn sessions(&self, account: AccountId) -> Ready<'_, Result<Vec<PageSession>, Fault>> {
        let kept = self.0.lock().unwrap();
        let sessions = kept.iter().map(|kept| kept.session.clone());
        let own: Vec<PageSession> = sessions.filter(|it| it.account == account).collect();
        Box::pin(async move { Ok(own) })
    }

    fn end(&self, account: AccountId, which: EndOf) -> Ready<'_, Result<usize, Fault>> {
        let mut kept = self.0.lock().unwrap();
        let before = kept.len();
        kept.retain(|Kept { session, .. }| {
            let is_meant = match which {
                EndOf::One(id) => session.id == id,
                EndOf::AllBut(id) => session.id != id,
                EndOf::All => true,
            };
            session.account != account || !is_meant
        });
        let ended = before - kept.len();
        Box::pin(async move { Ok(ended) })
    }
}

/// A name that is nice only as text.
pub(crate) const NASTY: &str = "<script>\"&'";

impl OwnSecurity for Pages {
    fn look(&self, _: AccountId) -> Ready<'_, Result<Security, Fault>> {
        let name = NASTY.to_owned();
        let device = Device { name, added_s: NOW, used_s: Some(NOW), expires_s: Some(NOW) };
        let setting = |value: &str| Setting { value: value.to_owned(), is_chosen: true };
        let pop3 = |device: Option<&str>| Pop3 {
            device: device.map(str::to_owned),
            on_delete: setting("keep-until=<b>"),
            show: setting("newest=100"),
            mark_read: setting("yes"),
            sent_copy: setting("no"),
            downloaded: 7,
            last_s: Some(NOW),
        };
        let security = Security {
            password_set_s: NOW,
            only_app_passwords: false,
            app_added_s: Some(NOW),
            recovery_codes: 9,
            passkeys: vec![device.clone()],
            app_passwords: vec![device.clone()],
            tokens: vec![device],
            pop3: vec![pop3(None), pop3(Some(NASTY))],
        };
        Box::pin(async move { Ok(security) })
    }

    fn change<'a>(
        &'a self,
        _: &'a PageSession,
        change: Change,
        AskedBy { peer, .. }: AskedBy<'a>,
    ) -> Ready<'a, Result<Changed, NotChanged>> {
        Box::pin(async move {
            Ok(match change {
                Change::Password { new } if new.expose().len() < 8 => {
                    let weak = Refused::WeakPassword { characters_min: 8 };
                    return Err(NotChanged::Refused(weak));
                }
                Change::Password { .. } => {
                    self.0.lock().unwrap().clear();
                    let password = Secret::new("secret");
                    let login = "ana@example.org";
                    let stay = Stay::Long;
                    let attempt =
                        PageAttempt { login, password: &password, peer, program: "", stay };
                    match self.log_in(attempt).await {
                        Ok(Entry::In(new)) => Changed::Session(new),
                        Ok(Entry::SecondFactor { .. }) | Err(_) => unreachable!(),
                    }
                }
                Change::BeginApp {} => Changed::App(Secret::new("GEZDGNBVGY3TQOJQ")),
                Change::ConfirmApp { code } if code == "123456" => {
                    Changed::Codes(vec![Secret::new("aaaa-bbbb")])
                }
                Change::ConfirmApp { .. } => {
                    return Err(NotChanged::Refused(Refused::WrongCode));
                }
                Change::AddAppPassword { name } if name == "taken" => {
                    return Err(NotChanged::Refused(Refused::NameTaken));
                }
                Change::AddAppPassword { .. } | Change::AddToken { .. } => {
                    Changed::Made(Secret::new("made-secret"))
                }
                Change::NewRecoveryCodes {} => Changed::Codes(vec![Secret::new("cccc-dddd")]),
                Change::AddPasskey { response, .. } if response["code"] == "123456" => {
                    Changed::Codes(vec![Secret::new("eeee-ffff")])
                }
                Change::AddPasskey { .. } => {
                    return Err(NotChanged::Refused(Refused::WrongPasskey));
                }
                Change::RenamePasskey { .. }
                | Change::RemovePasskey { .. }
                | Change::RemoveApp {}
                | Change::OnlyAppPasswords { .. }
                | Change::RemoveAppPassword { .. }
                | Change::RemoveToken { .. }
                | Change::ChoosePop3 { .. } => Changed::Done,
            })
        })
    }
}
