//! A small volume, to see what a program does when it is full.

use std::path::Path;
use std::process::Command;

use crate::program::skip;

/// A small volume in memory. Unmounted when dropped.
pub struct Volume(tempfile::TempDir);

impl Volume {
    /// Mounts one. None, said, where that may not be done.
    pub fn new(megabytes: u32) -> Option<Volume> {
        let folder = tempfile::tempdir().unwrap();
        let options = format!("size={megabytes}m");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(folder.path())
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Volume(folder)),
            _ => {
                skip("a small volume cannot be mounted here (only root may)");
                None
            }
        }
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// How much its files take, in octets.
    pub fn used_octets(&self) -> u64 {
        let output = Command::new("du").args(["-s", "-B1"]).arg(self.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        said.split_whitespace().next().and_then(|octets| octets.parse().ok()).unwrap()
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("--lazy").arg(self.0.path()).status());
    }
}
