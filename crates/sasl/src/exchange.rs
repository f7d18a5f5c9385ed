//! The server's half of logging in, for all doors: takes the client's lines, asks the directory, says what comes next.

use crate::scram::{Server, ServerFirst};
use crate::{
    Apop, Attempt, Bearer, Denied, Directory, Login, Mechanism, Peer, Proof, Secret, Syntax,
    bearer, decode, limits, login, plain, prepare,
};

/// One exchange. Make it, call `begin` once, then `take` with each line until the turn is no longer a challenge.
pub struct Exchange<'d> {
    directory: &'d dyn Directory,
    peer: &'d Peer,
    door: &'static str,
    mechanism: Mechanism,
    state: State,
}

enum State {
    /// The client speaks first.
    First,
    LoginName,
    LoginPassword {
        login: String,
    },
    ScramProof(Box<Server>),
    /// The server's proof is sent; an empty line ends it, for there is no data with the protocols' success.
    ScramEnd(Login),
    /// The client was told why its token is refused, and answers before it is over (RFC 7628, 3.2.3).
    TokenRefused(Denied),
    Over,
}

/// What the door does next.
#[derive(Debug)]
pub enum Turn {
    /// Send this (in base64) and hand in the line that answers it.
    Challenge(Vec<u8>),
    /// Somebody is logged in.
    Done(Login),
    /// The exchange is over, and nobody is logged in.
    Failed(Failure),
}

/// Why an exchange failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The directory refused.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The client sent `*` (RFC 4422, 3.3).
    #[error("cancelled")]
    Cancelled,
    /// The client's message is not what the mechanism asks for.
    #[error(transparent)]
    Syntax(#[from] Syntax),
}

impl<'d> Exchange<'d> {
    /// Makes an exchange. Whether the mechanism fits the connection is for the door to ask first
    /// (`Directory::mechanisms`).
    pub fn new(
        mechanism: Mechanism,
        directory: &'d dyn Directory,
        peer: &'d Peer,
        door: &'static str,
    ) -> Exchange<'d> {
        Exchange { directory, peer, door, mechanism, state: State::First }
    }

    /// Begins, with the decoded response that came with the command, if one did.
    pub async fn begin(&mut self, initial: Option<Vec<u8>>) -> Turn {
        match (self.mechanism, initial) {
            (Mechanism::Login, None) => {
                self.state = State::LoginName;
                Turn::Challenge(login::NAME.to_vec())
            }
            (Mechanism::Login, Some(name)) => {
                self.state = State::LoginName;
                self.respond(name).await
            }
            (_, None) => Turn::Challenge(Vec::new()),
            (_, Some(message)) => self.respond(message).await,
        }
    }

    /// Takes a line, in base64 and without its line end; `*` cancels.
    pub async fn take(&mut self, line: &[u8]) -> Turn {
        if line == b"*" {
            self.state = State::Over;
            return Turn::Failed(Failure::Cancelled);
        }
        match decode(line) {
            Ok(message) => self.respond(message).await,
            Err(syntax) => {
                self.state = State::Over;
                Turn::Failed(syntax.into())
            }
        }
    }

    async fn respond(&mut self, message: Vec<u8>) -> Turn {
        // Wiped when it goes: it may hold the password.
        let message = Secret::new(message);
        let state = std::mem::replace(&mut self.state, State::Over);
        let turn = match state {
            State::First => match self.mechanism {
                Mechanism::Plain => self.plain(message.expose()).await,
                Mechanism::ScramSha256 | Mechanism::ScramSha256Plus => {
                    self.scram_first(message.expose()).await
                }
                Mechanism::OauthBearer | Mechanism::Xoauth2 => self.token(message.expose()).await,
                Mechanism::Login => Err(Syntax("a name first").into()),
            },
            State::LoginName => text(message.expose()).map(|name| {
                self.state = State::LoginPassword { login: name.to_owned() };
                Turn::Challenge(login::PASSWORD.to_vec())
            }),
            State::LoginPassword { login } => self.password(&login, message.expose()).await,
            State::ScramProof(server) => self.scram_proof(*server, message.expose()).await,
            State::ScramEnd(login) if message.expose().is_empty() => Ok(Turn::Done(login)),
            State::ScramEnd(_) => Err(Syntax("an empty line").into()),
            // %x01 or nothing; whatever it is, there is nothing in it.
            State::TokenRefused(denied) => Err(denied.into()),
            State::Over => Err(Syntax("nothing more").into()),
        };
        turn.unwrap_or_else(Turn::Failed)
    }

    async fn plain(&mut self, message: &[u8]) -> Result<Turn, Failure> {
        let plain = plain::parse(message)?;
        let login =
            verify(self.directory, plain.login, &Secret::new(plain.password), self.peer, self.door)
                .await?;
        acting_as(plain.acting_as, plain.login, login)
    }

    async fn password(&mut self, login: &str, password: &[u8]) -> Result<Turn, Failure> {
        let password = Secret::new(text(password)?);
        verify(self.directory, login, &password, self.peer, self.door).await.map(Turn::Done)
    }

    async fn token(&mut self, message: &[u8]) -> Result<Turn, Failure> {
        let said = bearer::parse(self.mechanism, message)?;
        let login = said.login.as_deref().map(prepare);
        if login.as_ref().is_some_and(|login| login.len() > limits::LOGIN_OCTETS_MAX) {
            return Err(Syntax("a name of at most 1,024 octets").into());
        }
        let verdict = match said.token {
            None => Err(Denied::Wrong),
            Some(token) => {
                let token = Secret::new(token);
                let (peer, door) = (self.peer, self.door);
                let bearer = Bearer { login: login.as_deref(), token: &token, peer, door };
                self.directory.verify_token(bearer).await
            }
        };
        let denied = match verdict {
            Ok(login) => return Ok(Turn::Done(login)),
            Err(denied) => denied,
        };
        self.state = State::TokenRefused(denied);
        let (scope, help) = (self.directory.token_scope(), self.directory.token_help());
        let why = bearer::refusal(self.mechanism, denied, scope.as_deref(), help.as_deref());
        Ok(Turn::Challenge(why))
    }

    async fn scram_first(&mut self, message: &[u8]) -> Result<Turn, Failure> {
        let first = ServerFirst::parse(message, self.mechanism, &self.peer.bindings)?;
        let secret = self.directory.scram(first.login(), self.peer, self.door).await?;
        let (server, challenge) = first.answer(self.directory.nonce(), secret);
        self.state = State::ScramProof(Box::new(server));
        Ok(Turn::Challenge(challenge))
    }

    async fn scram_proof(&mut self, server: Server, message: &[u8]) -> Result<Turn, Failure> {
        let verdict = server.verify(message)?;
        let proof = match &verdict {
            Some((key, _)) => Proof::Right { key: *key },
            None => Proof::Wrong,
        };
        let login = self.directory.scram_done(server.login(), proof, self.peer, self.door).await?;
        let Some((_, answer)) = verdict else { return Err(Denied::Wrong.into()) };
        if !may_act_as(server.acting_as(), server.login(), &login) {
            return Err(Denied::Wrong.into());
        }
        self.state = State::ScramEnd(login);
        Ok(Turn::Challenge(answer))
    }
}

/// Checks a name and a password that came by a command of the door's own (IMAP LOGIN, POP3 USER and PASS).
pub async fn check_password(
    directory: &dyn Directory,
    login: &[u8],
    password: &Secret,
    peer: &Peer,
    door: &'static str,
) -> Result<Login, Failure> {
    verify(directory, text(login)?, password, peer, door).await
}

/// Checks what came with APOP (RFC 1939, 7): the name, and the digest as 32 hexadecimal digits.
pub async fn check_apop(
    directory: &dyn Directory,
    login: &[u8],
    timestamp: &str,
    digest: &[u8],
    peer: &Peer,
    door: &'static str,
) -> Result<Login, Failure> {
    let login = prepare(text(login)?);
    if login.len() > limits::LOGIN_OCTETS_MAX {
        return Err(Syntax("a name of at most 1,024 octets").into());
    }
    let digest = hexadecimal(digest).ok_or(Syntax("a digest of 32 hexadecimal digits"))?;
    let apop = Apop { login: &login, timestamp, digest, peer, door };
    directory.apop(apop).await.map_err(Failure::from)
}

fn hexadecimal(text: &[u8]) -> Option<[u8; 16]> {
    // Lower case is asked for; some programs send upper case.
    let digit = |octet: u8| char::from(octet).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let mut octets = [0; 16];
    let mut pairs = text.chunks_exact(2);
    for (octet, pair) in octets.iter_mut().zip(pairs.by_ref()) {
        let [high, low] = pair else { return None };
        *octet = digit(*high)?.wrapping_shl(4) | digit(*low)?;
    }
    (text.len() == 32).then_some(octets)
}

async fn verify(
    directory: &dyn Directory,
    login: &str,
    password: &Secret,
    peer: &Peer,
    door: &'static str,
) -> Result<Login, Failure> {
    let password = Secret::new(prepare(text(password.expose())?));
    let login = prepare(login);
    if login.len() > limits::LOGIN_OCTETS_MAX
        || password.expose().len() > limits::PASSWORD_OCTETS_MAX
    {
        return Err(Syntax("a name and a password of at most 1,024 octets").into());
    }
    let attempt = Attempt { login: &login, password: &password, peer, door };
    directory.verify(attempt).await.map_err(Failure::from)
}

fn text(octets: &[u8]) -> Result<&str, Failure> {
    match str::from_utf8(octets) {
        Ok("") => Err(Syntax("a name and a password").into()),
        Ok(text) if text.contains('\0') => Err(Syntax("text without NUL").into()),
        Ok(text) => Ok(text),
        Err(_) => Err(Syntax("UTF-8").into()),
    }
}

fn acting_as(wanted: &str, named: &str, login: Login) -> Result<Turn, Failure> {
    if may_act_as(wanted, named, &login) {
        Ok(Turn::Done(login))
    } else {
        Err(Denied::Wrong.into())
    }
}

/// Nobody acts as somebody else; naming oneself is fine, and some programs do it.
fn may_act_as(wanted: &str, named: &str, login: &Login) -> bool {
    wanted.is_empty()
        || wanted.eq_ignore_ascii_case(named)
        || wanted.eq_ignore_ascii_case(&login.address)
}
