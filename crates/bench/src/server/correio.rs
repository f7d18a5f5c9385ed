//! Starts the host.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

use super::{Kind, PASSWORD, Server, USERS, user};

/// Starts it on an empty folder and adds the users.
pub(super) async fn start(folder: &Path, program: &Path) -> Result<Server> {
    let server = start_again(folder, program).await?;
    for number in 0..USERS {
        let mut add = Command::new(program)
            .args(["user", "add", &user(number), "--data"])
            .arg(folder.join("data"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        let mut input = add.stdin.take().context("no standard input")?;
        input.write_all(format!("{PASSWORD}\n").as_bytes()).await?;
        drop(input);
        if !add.wait().await?.success() {
            bail!("user add failed");
        }
    }
    Ok(server)
}

/// Starts it on what is there.
pub(super) async fn start_again(folder: &Path, program: &Path) -> Result<Server> {
    let config = folder.join("correio.toml");
    // Hundreds of connections come from one address here; a stranger may not do that.
    // And it backs itself up beside the data folder, by links.
    let backups = format!("[privileges]\nbackup_folders = [{:?}]\n", std::path::absolute(folder)?);
    std::fs::write(
        &config,
        format!(
            "[limits]\nconnections_per_address_max = 100000\nconnections_per_user_max = 100000\nconnections_per_user_and_address_max = 100000\nnew_connections_per_minute_max = 100000000\n{backups}"
        ),
    )?;
    let log = std::fs::File::create(folder.join("log"))?;
    let mut child = Command::new(program)
        .args(["serve", "--domain", "localhost", "--data"])
        .arg(folder.join("data"))
        .arg("--config")
        .arg(&config)
        .args(
            ["imap", "imaps", "pop3", "lmtp", "http"]
                .iter()
                .flat_map(|door| ["--listen".to_owned(), format!("{door}=127.0.0.1:0")]),
        )
        // As whoever measures, also when that is root.
        .env("CORREIO_RUN_AS", std::fs::metadata("/proc/self")?.uid().to_string())
        .stdout(Stdio::piped())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("{} could not be started", program.display()))?;
    let ports = listeners(&mut child).await?;
    let port =
        |door: &str| ports.get(door).copied().with_context(|| format!("no listener for {door}"));
    Ok(Server {
        kind: Kind::Correio,
        imap: port("imap")?,
        imaps: port("imaps")?,
        pop3: port("pop3")?,
        lmtp: port("lmtp")?,
        http: port("http")?,
        folder: folder.to_path_buf(),
        program: program.to_path_buf(),
        child,
    })
}

/// Reads the lines up to `ready`: one for each listener.
async fn listeners(child: &mut Child) -> Result<HashMap<String, SocketAddr>> {
    let output = child.stdout.take().context("no standard output")?;
    let mut lines = BufReader::new(output).lines();
    let mut found = HashMap::new();
    while let Some(line) = lines.next_line().await? {
        if line.trim() == "ready" {
            // Keep reading what it prints later, so that it never has to wait for us.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok(found);
        }
        if let Some((door, address)) = line.split_once(" listening on ")
            && let Ok(address) = address.trim().parse()
        {
            found.insert(door.trim().to_owned(), address);
        }
    }
    bail!("the host ended before it was ready; see its log")
}
