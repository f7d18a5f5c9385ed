//! Which kind of picture octets are, by how they begin.

/// The media type of a picture that address books show; none: it is none of them.
pub fn image_type(octets: &[u8]) -> Option<&'static str> {
    let brand = |at: &[u8]| octets.get(4..12).is_some_and(|front| front == at);
    if octets.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if octets.starts_with(b"\xff\xd8\xff") {
        Some("image/jpeg")
    } else if octets.starts_with(b"GIF87a") || octets.starts_with(b"GIF89a") {
        Some("image/gif")
    } else if octets.starts_with(b"RIFF") && octets.get(8..12) == Some(b"WEBP") {
        Some("image/webp")
    } else if brand(b"ftypavif") {
        Some("image/avif")
    } else if brand(b"ftypheic") || brand(b"ftypmif1") {
        Some("image/heic")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::image_type;

    #[test]
    fn pictures_are_known_by_their_first_octets() {
        for (octets, want) in [
            (&b"\x89PNG\r\n\x1a\n...."[..], Some("image/png")),
            (b"\xff\xd8\xff\xe0", Some("image/jpeg")),
            (b"GIF89a", Some("image/gif")),
            (b"RIFF\0\0\0\0WEBP", Some("image/webp")),
            (b"\0\0\0\x20ftypavif", Some("image/avif")),
            (b"<svg xmlns=", None),
            (b"RIFF", None),
            (b"", None),
        ] {
            assert_eq!(image_type(octets), want, "{octets:?}");
        }
    }
}
