//! `correio serve`: runs the host.

use anyhow::Result;
use clap::Args;
use directory::Domain;
use host::config::Config;
use host::listen::inherit::inherited;
use host::listen::{BindAddress, Listen, Protocol};
use host::serve::{FirstUser, Host, Prepared, Start};
use host::service::Manager;
use tokio::signal::unix::{SignalKind, signal};

use crate::context::Context;
use crate::output::line;

/// Run the host
///
/// On the first run with an empty data folder it makes the mail store, a self-signed certificate and one user with a
/// random password, and prints how to log in.
///
/// Prints one line for each listener, such as `imap listening on 127.0.0.1:1143`, and then `ready`, once all of them
/// accept connections. Started as root, it binds its listeners and then works as another user (--run-as). SIGTERM and SIGINT let running commands finish and end it within 5 seconds; SIGHUP does
/// what `correio reload` does.
#[derive(Args)]
pub(crate) struct Serve {
    /// The domain of the host; it is added when it is not there
    #[arg(long, value_name = "NAME")]
    domain: Option<Domain>,
    /// Listen for a protocol; may be given several times
    ///
    /// PROTO is imap, imaps, pop3, pop3s, smtp, submission, submissions, lmtp, http or https. Port 0 takes any free port; *:PORT
    /// is that port of all addresses, over IPv4 and IPv6.
    /// LMTP can also listen on a Unix socket: lmtp=unix:PATH. Without any: all protocols on their standard ports, over
    /// IPv4 and IPv6; who may not bind those gets 1143, 1993, 1110, 1995, 1025, 1587, 1465, 2424, 8080 and 8443. A port that
    /// another program has is an error, but for 443, which is left to a web server.
    /// A data folder that `correio account add` made is served on this machine alone, and takes no mail in.
    #[arg(long, value_name = "PROTO=ADDR:PORT")]
    listen: Vec<Listen>,
}

impl Serve {
    /// Does what must be done while the program has one thread.
    pub(super) fn prepare(self, context: &Context) -> Result<Prepared> {
        let config = context.config()?;
        host::log::start(&config.log);
        let start = self.start(config, context)?;
        Ok(Start { inherited: inherited()?, manager: Manager::of_environment(), ..start }
            .prepare()?)
    }

    /// What the host is started with, but for what a service manager gives it.
    pub(super) fn start(self, config: Config, context: &Context) -> Result<Start> {
        Ok(Start {
            folder: context.folder()?,
            config,
            config_file: context.config_file()?,
            run_as: context.run_as.clone(),
            domain: self.domain,
            listen: self.listen,
            inherited: Vec::new(),
            manager: Manager::default(),
        })
    }

    pub(super) async fn run(prepared: Prepared, context: &Context) -> Result<()> {
        // The signals are taken before anything is made, so that none ends the program half-way.
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        let host = Host::start(prepared).await?;
        let listeners = host.listeners();
        if let Some(first) = host.first_user() {
            welcome(first, host.hostname(), &listeners, context)?;
        }
        for listen in &listeners {
            line(&format!("{} listening on {}", listen.protocol, listen.address))?;
        }
        companion_is_here(context)?;
        line("ready")?;
        let (reload, reloads) = tokio::sync::mpsc::channel(1);
        tokio::spawn(async move {
            while hang_up.recv().await.is_some() {
                // One that waits already is enough.
                if reload.try_send(()).is_err() {
                    continue;
                }
            }
        });
        let stop = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        Ok(host.run(stop, reloads).await?)
    }
}

/// Prints whose mail of providers is read here, and how to get at it.
fn companion_is_here(context: &Context) -> Result<()> {
    let companion = crate::companion::read(&context.folder()?)?;
    let Some(first) = companion.accounts.first() else { return Ok(()) };
    for account in &companion.accounts {
        line(&format!("mail of {} is read as {}", account.address, account.local))?;
    }
    line(&format!("to log in, set a password first: correio user passwd {}", first.local))
}

/// Prints how to log in, once.
fn welcome(
    first: &FirstUser,
    hostname: &str,
    listeners: &[Listen],
    context: &Context,
) -> Result<()> {
    let folder = context.folder()?;
    let password = String::from_utf8_lossy(first.password.expose()).into_owned();
    line(&format!("A new mail store was made in {}", folder.0.display()))?;
    line("")?;
    line(&format!("  user      {}", first.address))?;
    line(&format!("  password  {password}"))?;
    line("            (shown only now; `correio user passwd` sets another)")?;
    line("")?;
    line("To set up a mail program, give it this name and password, and:")?;
    line("")?;
    settings(listeners, hostname).iter().try_for_each(|setting| line(setting))?;
    line("")?;
    line(&format!(
        "The certificate is self-signed ({}); mail programs ask once whether to trust it.",
        folder.certificate().display()
    ))?;
    line(&format!("More people: correio user add NAME@{}", domain_of(&first.address)))?;
    line("")
}

/// What to type into a mail program: how, the server and the port, once for each protocol.
fn settings(listeners: &[Listen], hostname: &str) -> Vec<String> {
    let mut settings: Vec<String> = Vec::new();
    for listen in listeners {
        let how = match listen.protocol {
            Protocol::Imap => "IMAP, STARTTLS",
            Protocol::Imaps => "IMAP, TLS",
            Protocol::Pop3 => "POP3, STARTTLS",
            Protocol::Pop3s => "POP3, TLS",
            Protocol::Submission => "SMTP for sending, STARTTLS",
            Protocol::Submissions => "SMTP for sending, TLS",
            Protocol::Http | Protocol::Https => "Pages and JMAP",
            Protocol::Smtp | Protocol::Lmtp => continue,
        };
        let (server, port) = match &listen.address {
            BindAddress::Tcp(address) => {
                let ip = address.ip().to_canonical();
                let server = match (ip.is_unspecified(), ip.is_loopback()) {
                    (true, _) => hostname.to_owned(),
                    (_, true) => "localhost".to_owned(),
                    (false, false) => ip.to_string(),
                };
                (server, address.port())
            }
            BindAddress::Every(port) => (hostname.to_owned(), *port),
            BindAddress::Unix(_) => continue,
        };
        let setting = match listen.protocol {
            // Without TLS nobody logs in from elsewhere.
            Protocol::Http if server != "localhost" => continue,
            Protocol::Http => format!("  {how:<28}http://{}", place(&server, port, 80)),
            Protocol::Https => format!("  {how:<28}https://{}", place(&server, port, 443)),
            Protocol::Imap
            | Protocol::Imaps
            | Protocol::Pop3
            | Protocol::Pop3s
            | Protocol::Smtp
            | Protocol::Submission
            | Protocol::Submissions
            | Protocol::Lmtp => format!("  {how:<28}server {server}, port {port}"),
        };
        // Both families have one line.
        if !settings.contains(&setting) {
            settings.push(setting);
        }
    }
    settings
}

/// What stands in a URL behind the scheme.
fn place(server: &str, port: u16, usual: u16) -> String {
    let server = if server.contains(':') { format!("[{server}]") } else { server.to_owned() };
    if port == usual { format!("{server}/") } else { format!("{server}:{port}/") }
}

fn domain_of(address: &str) -> &str {
    address.rsplit_once('@').map_or("", |(_, domain)| domain)
}

#[cfg(test)]
mod tests {
    use host::listen::Listen;

    use super::settings;

    #[test]
    fn the_settings_are_what_a_person_can_type() {
        let listen = |text: &str| text.parse::<Listen>().unwrap();
        let listeners = [
            listen("imap=0.0.0.0:143"),
            listen("imap=[::]:143"),
            listen("imaps=[::1]:1993"),
            listen("pop3s=192.0.2.7:995"),
            listen("submissions=[2001:db8::7]:465"),
            listen("smtp=0.0.0.0:25"),
            listen("lmtp=unix:/run/lmtp"),
            listen("http=127.0.0.1:8080"),
            listen("http=0.0.0.0:80"),
            listen("https=*:443"),
            listen("https=[2001:db8::7]:8443"),
        ];
        assert_eq!(
            settings(&listeners, "mail.example.org"),
            [
                "  IMAP, STARTTLS              server mail.example.org, port 143",
                "  IMAP, TLS                   server localhost, port 1993",
                "  POP3, TLS                   server 192.0.2.7, port 995",
                "  SMTP for sending, TLS       server 2001:db8::7, port 465",
                "  Pages and JMAP              http://localhost:8080/",
                "  Pages and JMAP              https://mail.example.org/",
                "  Pages and JMAP              https://[2001:db8::7]:8443/",
            ]
        );
    }
}
