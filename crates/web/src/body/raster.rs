//! Pictures made of dots, told by their first octets. Nothing in them runs.

/// How many octets tell.
pub(super) const HEAD_OCTETS: u64 = 32;

/// The type of a picture that begins so. None: it is none that is shown.
pub(super) fn kind(head: &[u8]) -> Option<&'static str> {
    let at = |from: usize, text: &[u8]| head.get(from..).is_some_and(|rest| rest.starts_with(text));
    if at(0, b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if at(0, b"\xff\xd8\xff") {
        Some("image/jpeg")
    } else if at(0, b"GIF87a") || at(0, b"GIF89a") {
        Some("image/gif")
    } else if at(0, b"RIFF") && at(8, b"WEBP") {
        Some("image/webp")
    } else if at(4, b"ftyp") && (at(8, b"avif") || at(8, b"avis")) {
        Some("image/avif")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::kind;

    #[test]
    fn pictures_are_told_by_their_first_octets() {
        for (head, want) in [
            (&b"\x89PNG\r\n\x1a\n\0\0"[..], Some("image/png")),
            (b"\xff\xd8\xff\xe0", Some("image/jpeg")),
            (b"GIF89a\x01", Some("image/gif")),
            (b"RIFF\0\0\0\0WEBPVP8 ", Some("image/webp")),
            (b"\0\0\0\x20ftypavif", Some("image/avif")),
            (b"<svg xmlns='http://www.w3.org/2000/svg'>", None),
            (b"<html>", None),
            (b"GIF", None),
            (b"RIFF\0\0\0\0WAVE", None),
            (b"\0\0\0\x20ftypmp42", None),
            (b"%PDF-1.7", None),
            (b"", None),
        ] {
            assert_eq!(kind(head), want, "{head:?}");
        }
    }
}
