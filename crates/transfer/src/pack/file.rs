//! An archive written into one file, which gets its name when all of it is on the disk.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use super::Packing;
use crate::Format;
use crate::export::letter::Partial;
use crate::export::{ExportFault, FileFault};
use crate::port::{Item, MailSource};

/// So much is written at once.
const WRITE_OCTETS: usize = 256 << 10;

/// Writes all that a source gives into a ZIP archive of EML files, in the place of what had that name. Each message has as many octets as its
/// attributes say.
pub async fn pack<S: MailSource<Fault: 'static>>(
    source: &mut S,
    path: &Path,
) -> Result<(), ExportFault<S::Fault>> {
    let failed = |cause| FileFault::of(path, cause);
    let partial = Partial::beside(path);
    let mut file = partial.create()?;
    let mut packing = Packing::new(Format::Eml);
    let mut out = Vec::new();
    while let Some(item) = source.next().await.map_err(ExportFault::Source)? {
        let Item::Message(message) = item else { continue };
        packing.begin(&message, &mut out);
        loop {
            let octets = source.read().await.map_err(ExportFault::Source)?;
            if octets.is_empty() {
                break;
            }
            packing.write(&octets, &mut out);
            if out.len() >= WRITE_OCTETS {
                write(&mut file, &mut out).map_err(failed)?;
            }
        }
        packing.end(&message, &mut out);
    }
    packing.finish(&[], &mut out);
    write(&mut file, &mut out).and_then(|()| file.sync_all()).map_err(failed)?;
    partial.complete(path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    machine::files::sync_file_system(folder.unwrap_or(Path::new("."))).map_err(failed)?;
    Ok(())
}

fn write(file: &mut File, out: &mut Vec<u8>) -> std::io::Result<()> {
    file.write_all(out)?;
    out.clear();
    Ok(())
}
