//! What an authenticator app is told: an address (`otpauth:`, the Key Uri Format that all apps read), and the same as a picture.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use qrcode::{Color, EcLevel, QrCode};
use sasl::Secret;

/// What stays as it is.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How many modules around a code are empty (ISO/IEC 18004, 9.1).
const MARGIN: usize = 4;

/// The address of a secret: whose it is, and where.
pub(super) fn address(secret: &Secret, user: &str, hostname: &str) -> String {
    let encoded = |text| utf8_percent_encode(text, KEPT);
    let secret = str::from_utf8(secret.expose()).unwrap_or_default();
    let (issuer, user) = (encoded(hostname), encoded(user));
    format!("otpauth://totp/{issuer}:{user}?secret={secret}&issuer={issuer}")
}

/// A QR code.
pub(super) struct Modules {
    /// How many modules it is wide, and high, without what is empty around it.
    pub(super) side: usize,
    /// The dark ones, as a path of SVG, each of one unit.
    pub(super) path: String,
}

/// The code of a text; none if that is too long for one.
pub(super) fn modules(text: &str) -> Option<Modules> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (row, modules) in code.to_colors().chunks(width).enumerate() {
        let mut column = 0_usize;
        for run in modules.chunk_by(|one, other| one == other) {
            let length = run.len();
            if run.first() == Some(&Color::Dark) {
                path.push_str(&format!("M{column} {row}h{length}v1h-{length}z"));
            }
            column = column.saturating_add(length);
        }
    }
    Some(Modules { side: width, path })
}

/// A picture (SVG) that a phone reads; none if the text is too long for one.
pub(super) fn picture(text: &str, says: &str) -> Option<String> {
    let Modules { side, path } = modules(text)?;
    let side = side.saturating_add(MARGIN).saturating_add(MARGIN);
    // Dark on light in any case: not all phones read it the other way round.
    Some(format!(
        "<svg class=\"qr\" viewBox=\"-{MARGIN} -{MARGIN} {side} {side}\" role=\"img\" aria-label=\"{says}\" \
         shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M-{MARGIN} -{MARGIN}h{side}v{side}h-{side}z\"/>\
         <path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use sasl::Secret;

    use super::{address, picture};

    #[test]
    fn an_address_names_the_user_and_the_host() {
        let secret = Secret::new("GEZDGNBVGY3TQOJQ");
        let want = "otpauth://totp/mail.example.org:ana%2Bx%40example.org?secret=GEZDGNBVGY3TQOJQ&issuer=mail.example.org";
        assert_eq!(address(&secret, "ana+x@example.org", "mail.example.org"), want);
        let odd = address(&secret, "a:b?c&d@\u{e9}", "h");
        assert!(odd.starts_with("otpauth://totp/h:a%3Ab%3Fc%26d%40%C3%A9?"), "{odd}");
    }

    #[test]
    fn a_picture_has_the_corners_of_a_qr_code() {
        let svg = picture("otpauth://totp/a:b?secret=GEZDGNBVGY3TQOJQ", "code").unwrap();
        // The finder patterns begin with seven dark modules.
        assert!(svg.contains("d=\"M0 0h7v1h-7z"), "{svg}");
        assert!(picture(&"x".repeat(5_000), "code").is_none());
    }
}
