//! A tar archive as it goes out (POSIX.1-2017, pax: "ustar Interchange Format" and "pax Interchange Format").

/// Files lie in blocks of so many octets.
const BLOCK_OCTETS: usize = 512;
/// The longest name that a header has room for.
const NAME_OCTETS_MAX: usize = 100;

/// A tar archive; it holds nothing.
pub(super) struct Tar;

impl Tar {
    /// Begins a file of so many octets, or a folder, whose name ends with a slash.
    pub(super) fn begin(&self, path: &str, octets: u64, unix_s: i64, to: &mut Vec<u8>) {
        if path.len() > NAME_OCTETS_MAX || !path.is_ascii() {
            let record = record("path", path);
            let length = u64::try_from(record.len()).unwrap_or(u64::MAX);
            to.extend_from_slice(&header("pax", b'x', length, 0));
            to.extend_from_slice(record.as_bytes());
            pad(length, to);
        }
        let kind = if path.ends_with('/') { b'5' } else { b'0' };
        to.extend_from_slice(&header(path, kind, octets, unix_s));
    }

    /// Ends a file of so many octets.
    pub(super) fn end(&self, octets: u64, to: &mut Vec<u8>) {
        pad(octets, to);
    }

    pub(super) fn finish(self, to: &mut Vec<u8>) {
        to.extend_from_slice(&[0; BLOCK_OCTETS]);
        to.extend_from_slice(&[0; BLOCK_OCTETS]);
    }
}

fn pad(octets: u64, to: &mut Vec<u8>) {
    // What there is too much of the last block. Only that counts, so that any number fits.
    let over = usize::try_from(octets % 512).unwrap_or(0);
    if over > 0 {
        let missing = BLOCK_OCTETS.saturating_sub(over);
        to.resize(to.len().saturating_add(missing), 0);
    }
}

/// A line of a pax header, which begins with its own length.
fn record(name: &str, value: &str) -> String {
    let without = format!(" {name}={value}\n").len();
    let mut length = without;
    loop {
        let with = without.saturating_add(length.to_string().len());
        if with == length {
            return format!("{length} {name}={value}\n");
        }
        length = with;
    }
}

fn header(path: &str, kind: u8, octets: u64, unix_s: i64) -> Vec<u8> {
    let mut header = Vec::with_capacity(BLOCK_OCTETS);
    let mut field = |text: &[u8], width: usize| {
        let text = text.get(..width).unwrap_or(text);
        header.extend_from_slice(text);
        header.resize(header.len().saturating_add(width.saturating_sub(text.len())), 0);
    };
    let is_folder = kind == b'5';
    field(path.as_bytes(), NAME_OCTETS_MAX);
    field(if is_folder { b"0000700" } else { b"0000600" }, 8);
    field(b"0000000", 8);
    field(b"0000000", 8);
    field(format!("{octets:011o}").as_bytes(), 12);
    field(format!("{:011o}", unix_s.clamp(0, 0o77_777_777_777)).as_bytes(), 12);
    // The checksum is made of spaces in its own place.
    field(b"        ", 8);
    field(&[kind], 1);
    field(b"", 100);
    field(b"ustar\x0000", 8);
    field(b"", 247);
    let sum: u32 = header.iter().map(|octet| u32::from(*octet)).sum();
    let sum = format!("{sum:06o}\0 ");
    header.splice(148..156, sum.into_bytes());
    header
}

#[cfg(test)]
mod tests {
    use super::{header, record};

    #[test]
    fn a_record_begins_with_its_length() {
        for value in ["x", &"y".repeat(90), &"z".repeat(990)] {
            let line = record("path", value);
            let (length, _) = line.split_once(' ').unwrap();
            assert_eq!(length.parse::<usize>().unwrap(), line.len());
        }
    }

    #[test]
    fn a_header_is_one_block_with_its_checksum() {
        let header = header("cur/1.x:2,S", b'0', 1_234, 1_700_000_000);
        assert_eq!(header.len(), 512);
        let blank: u32 = header.iter().enumerate().fold(0, |sum, (at, octet)| {
            sum + if (148..156).contains(&at) { 32 } else { u32::from(*octet) }
        });
        let told = std::str::from_utf8(&header[148..154]).unwrap();
        assert_eq!(u32::from_str_radix(told, 8).unwrap(), blank);
        assert_eq!(&header[124..135], b"00000002322");
        assert_eq!(&header[257..265], b"ustar\x0000");
    }
}
