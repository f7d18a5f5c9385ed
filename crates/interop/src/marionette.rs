//! Speaks to Thunderbird as its own developers do in their tests: Marionette, JSON over a socket, `LENGTH:[type, id, command, arguments]`.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// A program of Mozilla's with a profile of its own. Killed when dropped.
pub struct Marionette {
    child: Child,
    stream: TcpStream,
    count: u64,
}

impl Marionette {
    /// Starts it headless, with these preferences, and lets scripts do all that the program can.
    pub fn start(program: &Path, profile: &Path, preferences: &[(&str, Value)]) -> Marionette {
        let set = |(name, value): &(&str, Value)| format!("user_pref(\"{name}\", {value});\n");
        let mut text: String = preferences.iter().map(set).collect();
        text.push_str(&set(&("marionette.port", json!(0))));
        std::fs::write(profile.join("user.js"), text).unwrap();
        let mut command = Command::new(program);
        command.args(["--headless", "--marionette", "--remote-allow-system-access", "--no-remote"]);
        command.arg("--profile").arg(profile).env("HOME", profile).env("MOZ_HEADLESS", "1");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap();
        let stream = connect(&profile.join("MarionetteActivePort"));
        stream.set_read_timeout(Some(Duration::from_secs(50))).unwrap();
        let mut marionette = Marionette { child, stream, count: 0 };
        marionette.read();
        marionette.ask("WebDriver:NewSession", json!({}));
        marionette.ask("Marionette:SetContext", json!({ "value": "chrome" }));
        marionette.ask("WebDriver:SetTimeouts", json!({ "script": 45_000 }));
        marionette
    }

    /// Runs a script, which calls `done` with what it gives.
    pub fn run(&mut self, script: &str, arguments: Value) -> Value {
        let script = format!("const done = arguments[arguments.length - 1];\n{script}");
        let asked = json!({ "script": script, "args": arguments, "newSandbox": true });
        self.ask("WebDriver:ExecuteAsyncScript", asked)["value"].clone()
    }

    fn ask(&mut self, command: &str, arguments: Value) -> Value {
        self.count += 1;
        let text = json!([0, self.count, command, arguments]).to_string();
        self.stream.write_all(format!("{}:{text}", text.len()).as_bytes()).unwrap();
        let answer = self.read();
        assert!(answer[2].is_null(), "{command}: {}", answer[2]);
        answer[3].clone()
    }

    fn read(&mut self) -> Value {
        let mut length = String::new();
        loop {
            let mut octet = [0];
            self.stream.read_exact(&mut octet).unwrap();
            if octet[0] == b':' {
                break;
            }
            length.push(char::from(octet[0]));
        }
        let mut text = vec![0; length.parse().unwrap()];
        self.stream.read_exact(&mut text).unwrap();
        serde_json::from_slice(&text).unwrap()
    }
}

/// Waits until the program says on which port it listens.
fn connect(file: &Path) -> TcpStream {
    let end = Instant::now() + Duration::from_secs(50);
    loop {
        let port = std::fs::read_to_string(file).ok().and_then(|text| text.trim().parse().ok());
        let stream = port.and_then(|port: u16| TcpStream::connect(("127.0.0.1", port)).ok());
        if let Some(stream) = stream {
            return stream;
        }
        assert!(Instant::now() < end, "it does not come up");
        std::thread::sleep(Duration::from_millis(100));
    }
}

impl Drop for Marionette {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
