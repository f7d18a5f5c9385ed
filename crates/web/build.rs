//! Embeds the webmail as npm built it into `web/dist`. Runs no other program: where nothing was built, nothing is embedded, and the
//! host says so in its place.
#![allow(clippy::disallowed_methods, reason = "a build script reads files of the project")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

type Failed = Box<dyn std::error::Error>;

fn main() -> Result<(), Failed> {
    let dist = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../web/dist");
    // The folder is always there, so that cargo sees when something comes into it.
    println!("cargo::rerun-if-changed={}", dist.display());
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let kept = Kept::new(out.join("app"))?;
    let mut code = String::new();
    for (name, file) in [("PAGE", "index.html"), ("WORKER", "worker.js")] {
        let text = kept.keep(&dist.join(file))?;
        let text = text.map_or("None".to_owned(), |path| format!("Some(include_str!({path:?}))"));
        writeln!(code, "const {name}: Option<&str> = {text};")?;
    }
    code.push_str("const FILES: &[File] = &[\n");
    for (name, path) in files(&dist.join("assets"))? {
        let packed = |ending: &str| -> Result<String, Failed> {
            let packed = kept.keep(&path.with_added_extension(ending))?;
            Ok(packed
                .map_or("None".to_owned(), |packed| format!("Some(include_bytes!({packed:?}))")))
        };
        let (brotli, gzip) = (packed("br")?, packed("gz")?);
        let Some(plain) = kept.keep(&path)? else { continue };
        writeln!(
            code,
            "File {{ name: {name:?}, plain: include_bytes!({plain:?}), brotli: {brotli}, gzip: {gzip} }},"
        )?;
    }
    code.push_str("];\n");
    fs::write(out.join("app.rs"), code)?;
    Ok(())
}

/// Copies of what was built: npm may build anew while the compiler reads.
struct Kept(PathBuf);

impl Kept {
    fn new(folder: PathBuf) -> io::Result<Kept> {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        Ok(Kept(folder))
    }

    /// Copies a file, if it is there, and gives the path of the copy.
    fn keep(&self, path: &Path) -> io::Result<Option<String>> {
        let Some(name) = path.file_name().filter(|_| path.exists()) else { return Ok(None) };
        let copy = self.0.join(name);
        fs::copy(path, &copy)?;
        Ok(Some(copy.to_string_lossy().into_owned()))
    }
}

/// The files that are served, by name, in the order of their names.
fn files(folder: &Path) -> io::Result<BTreeMap<String, PathBuf>> {
    let mut files = BTreeMap::new();
    if !folder.exists() {
        return Ok(files);
    }
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        let is_packed = path.extension().is_some_and(|end| end == "br" || end == "gz");
        if let Some(name) = path.file_name().filter(|_| !is_packed) {
            files.insert(name.to_string_lossy().into_owned(), path);
        }
    }
    Ok(files)
}
