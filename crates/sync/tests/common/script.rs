//! A server that says what it is told to say.

use std::sync::{Arc, Mutex};

use sasl::Security;
use sync::{Imap, Stream};
use tokio::io::{
    AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream,
};

/// What a server says to commands in which a text stands: the first that fits. `%` is the tag; without one it hangs up. What
/// stands behind a `~` is said once.
pub(crate) type Script = Vec<(&'static str, String)>;

/// The commands that a server was given.
pub(crate) type Commands = Arc<Mutex<Vec<String>>>;

/// A session with such a server, which says that it can do something more.
pub(crate) async fn connect(script: Script, capabilities: &str) -> (Imap, Commands) {
    let (here, there) = tokio::io::duplex(64 << 10);
    let commands = Commands::default();
    let (heard, greeting) =
        (Arc::clone(&commands), format!("* PREAUTH [CAPABILITY IMAP4rev1{capabilities}] hi\r\n"));
    tokio::spawn(async move { drop(serve(there, script, &greeting, &heard).await) });
    let stream: Box<dyn Stream> = Box::new(here);
    (Imap::begin(stream, Security::Tls).await.unwrap(), commands)
}

async fn serve(
    stream: DuplexStream,
    mut script: Script,
    greeting: &str,
    heard: &Commands,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(greeting.as_bytes()).await?;
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 0 {
        if let Some((_, octets)) =
            line.trim_end().strip_suffix('}').and_then(|it| it.rsplit_once('{'))
        {
            stream.write_all(b"+ go on\r\n").await?;
            let mut literal = vec![0; octets.parse().unwrap()];
            stream.read_exact(&mut literal).await?;
            line.push_str(&String::from_utf8_lossy(&literal));
            continue;
        }
        let (tag, command) = line.split_once(' ').unwrap_or((&line, ""));
        heard.lock().unwrap().push(command.trim_end().to_owned());
        let fits = |(text, _): &(&str, String)| command.contains(text.trim_start_matches('~'));
        let answer = match script.iter().position(fits) {
            Some(at) if script[at].0.starts_with('~') => script.remove(at).1,
            Some(at) => script[at].1.clone(),
            None => "% OK done\r\n".to_owned(),
        };
        stream.write_all(answer.replace('%', tag).as_bytes()).await?;
        if !answer.contains('%') {
            return Ok(());
        }
        line.clear();
    }
    Ok(())
}
