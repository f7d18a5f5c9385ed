//! Starts Debian's Dovecot with sdbox, in its quick login mode, with nothing between it and its best.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use tokio::net::TcpStream;
use tokio::process::Command;

use super::{Kind, PASSWORD, Server, USERS, XAPIAN_USER, user};

/// Starts it in the foreground.
pub(super) async fn start(folder: &Path) -> Result<Server> {
    let [imap, imaps, pop3, lmtp] = [free_port()?, free_port()?, free_port()?, free_port()?];
    for name in ["run", "mail"] {
        std::fs::create_dir_all(folder.join(name))?;
    }
    let key = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    std::fs::write(folder.join("cert.pem"), key.cert.pem())?;
    std::fs::write(folder.join("key.pem"), key.signing_key.serialize_pem())?;
    let users: String = (0..USERS).map(|number| line_of(number, folder)).collect();
    std::fs::write(folder.join("users"), users)?;
    let config = folder.join("dovecot.conf");
    std::fs::write(&config, configuration(folder, [imap, imaps, pop3, lmtp]))?;
    open_to_all(folder)?;
    // Without this, most of 200 idle sessions of one system user would look only every half minute.
    let _ = std::fs::write("/proc/sys/fs/inotify/max_user_instances", "4096");
    let log = std::fs::File::create(folder.join("start.log"))?;
    let child = Command::new("/usr/sbin/dovecot")
        .arg("-F")
        .arg("-c")
        .arg(&config)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .context("dovecot could not be started")?;
    for port in [imap, imaps, pop3, lmtp] {
        wait_for(port, folder).await?;
    }
    Ok(Server {
        kind: Kind::Dovecot,
        imap: at(imap),
        imaps: at(imaps),
        pop3: at(pop3),
        lmtp: at(lmtp),
        // It has no JMAP; nobody asks.
        http: at(0),
        folder: folder.to_path_buf(),
        program: "/usr/sbin/dovecot".into(),
        child,
    })
}

/// Whether its plugin for Xapian is there (Debian: dovecot-fts-xapian).
pub(super) fn has_xapian() -> bool {
    Path::new("/usr/lib/dovecot/modules/lib21_fts_xapian_plugin.so").exists()
}

/// A user's line of the file of users.
fn line_of(number: u32, folder: &Path) -> String {
    let line = format!("{}:{{PLAIN}}{PASSWORD}", user(number));
    if number != XAPIAN_USER || !has_xapian() {
        return line + "\n";
    }
    let home = folder.join("mail").join(format!("u{number}"));
    let uid_and_gid = "userdb_uid=mail userdb_gid=mail";
    format!(
        "{line}::::::{uid_and_gid} userdb_home={} userdb_mail_plugins=fts,fts_xapian\n",
        home.display()
    )
}

fn at(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

async fn wait_for(port: u16, folder: &Path) -> Result<()> {
    for _ in 0..100 {
        if TcpStream::connect(at(port)).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    bail!("dovecot did not open port {port}; see {}", folder.join("log").display())
}

/// Its processes run as other users, and must reach the folder.
fn open_to_all(folder: &Path) -> Result<()> {
    let mail = folder.join("mail");
    for (path, mode) in [(folder, "755"), (mail.as_path(), "777")] {
        std::process::Command::new("chmod").arg(mode).arg(path).status()?;
    }
    Ok(())
}

/// The configuration file is a template beside this file.
fn configuration(folder: &Path, [imap, imaps, pop3, lmtp]: [u16; 4]) -> String {
    include_str!("dovecot.conf")
        .replace("FOLDER", &folder.display().to_string())
        .replace("IMAPS_PORT", &imaps.to_string())
        .replace("IMAP_PORT", &imap.to_string())
        .replace("POP3_PORT", &pop3.to_string())
        .replace("LMTP_PORT", &lmtp.to_string())
}
