//! Takes blind copies out of a header before it is sent (RFC 8621, 7.5).

/// The header without its Bcc fields; all else stays as it is, to the octet.
pub fn without_bcc(header: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(header.len());
    let mut is_bcc = false;
    for line in header.split_inclusive(|octet| *octet == b'\n') {
        if !matches!(line.first(), Some(b' ' | b'\t')) {
            let name = line.split(|octet| *octet == b':').next().unwrap_or_default();
            is_bcc = line.contains(&b':') && name.trim_ascii_end().eq_ignore_ascii_case(b"Bcc");
        }
        if !is_bcc {
            kept.extend_from_slice(line);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::without_bcc;

    #[test]
    fn blind_copies_go_with_all_their_lines_and_nothing_else_does() {
        let header =
            b"To: a\r\nBCC: b,\r\n c\r\n\td\r\nX-Bcc: e\r\nBcc : f\r\nbcc:\r\nCc: g\r\n h\r\n\r\n";
        assert_eq!(without_bcc(header), b"To: a\r\nX-Bcc: e\r\nCc: g\r\n h\r\n\r\n");
        assert_eq!(without_bcc(b"Bcc: a"), b"");
    }
}
