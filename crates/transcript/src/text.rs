//! The texts of a transcript: escapes, and what stands for anything.

/// The octets that a text stands for.
pub fn octets(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes().iter();
    while let Some(octet) = rest.next() {
        if *octet != b'\\' {
            out.push(*octet);
            continue;
        }
        match rest.next() {
            Some(b'r') => out.push(b'\r'),
            Some(b'n') => out.push(b'\n'),
            Some(b'\\') => out.push(b'\\'),
            Some(b'x') => {
                let digits = [*rest.next().unwrap(), *rest.next().unwrap()];
                out.push(u8::from_str_radix(str::from_utf8(&digits).unwrap(), 16).unwrap());
            }
            // So that flags can be written as they are: `\Seen`.
            Some(other) => out.extend([b'\\', *other]),
            None => out.push(b'\\'),
        }
    }
    out
}

/// Whether a line is as wanted, where `...` stands for anything.
pub fn fits(line: &[u8], wanted: &str) -> bool {
    let parts: Vec<Vec<u8>> = wanted.split("...").map(octets).collect();
    let Some((first, others)) = parts.split_first() else { return false };
    let Some(mut rest) = line.strip_prefix(&first[..]) else { return false };
    let Some((last, between)) = others.split_last() else { return rest.is_empty() };
    for part in between.iter().filter(|part| !part.is_empty()) {
        let found = rest.windows(part.len()).position(|window| window == &part[..]);
        let Some(at) = found else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// A message of this many octets, in lines.
pub fn large_message(octets: usize) -> Vec<u8> {
    let mut text = b"Subject: large\r\n\r\n".to_vec();
    let line = b"All work and no play makes Jack a dull boy.\r\n";
    while text.len() + line.len() <= octets - 2 {
        text.extend(line);
    }
    text.resize(octets - 2, b'x');
    text.extend(b"\r\n");
    text
}
