//! Browsers without a window.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::need;

/// A browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Browser {
    /// Chromium.
    Chromium,
    /// Firefox ESR.
    Firefox,
}

/// A browser that runs; ended when dropped, with all its processes.
pub struct Running {
    child: Child,
    _profile: TempDir,
}

/// What Firefox would do besides showing the page.
const PREFERENCES: &str = r#"
user_pref("app.normandy.enabled", false);
user_pref("app.update.disabledForTesting", true);
user_pref("browser.aboutwelcome.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.startup.homepage_override.mstone", "ignore");
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("toolkit.telemetry.reportingpolicy.firstRun", false);
"#;

impl Browser {
    /// Opens an address. None: the browser is missing, which was said.
    pub fn open(self, address: &str) -> Option<Running> {
        let program = need(match self {
            Browser::Chromium => "chromium",
            Browser::Firefox => "firefox-esr",
        })?;
        let profile = tempfile::Builder::new().prefix("browser-").tempdir().unwrap();
        let mut command = self.command(&program, profile.path());
        command.arg(address).env("HOME", profile.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // A group of its own, so that all its processes can be ended together.
        command.process_group(0);
        Some(Running { child: command.spawn().unwrap(), _profile: profile })
    }

    fn command(self, program: &Path, profile: &Path) -> Command {
        let mut command = Command::new(program);
        match self {
            Browser::Chromium => {
                command.arg(format!("--user-data-dir={}", profile.display())).args([
                    "--headless=new",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-dev-shm-usage",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--no-first-run",
                    "--window-size=1280,900",
                ]);
            }
            Browser::Firefox => {
                std::fs::write(profile.join("user.js"), PREFERENCES).unwrap();
                command.args(["--headless", "--no-remote", "--profile"]).arg(profile);
            }
        }
        command
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        drop(Command::new("kill").args(["-KILL", "--", &group]).status());
        drop(self.child.wait());
    }
}
