//! Percent escapes (RFC 3261 §19.1.2, §25.1; RFC 3986 §2.1).

use std::borrow::Cow;

use super::text::lossy;

/// Whether every `%` in `text` starts an escape.
pub(super) fn is_well_formed(text: &str) -> bool {
    let mut pieces = text.split('%');
    pieces.next();
    // `text` is split at each `%`, so `%%4` leaves an empty piece and fails, as it must.
    pieces.all(|piece| matches!(piece.as_bytes(), [high, low, ..] if digit(*high).is_some() && digit(*low).is_some()))
}

/// The octets that `text` stands for. A `%` that starts no escape stands for itself.
pub(super) fn decode(text: &str) -> Cow<'_, [u8]> {
    if !text.contains('%') {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        if *first == b'%'
            && let [high, low, after @ ..] = after
            && let (Some(high), Some(low)) = (digit(*high), digit(*low))
        {
            out.push(high << 4 | low);
            rest = after;
        } else {
            out.push(*first);
            rest = after;
        }
    }
    Cow::Owned(out)
}

/// Undoes the escapes of `text`, once. A `%` that starts no escape stays; octets that are no UTF-8 become U+FFFD.
#[must_use]
pub fn percent_decode(text: &str) -> String {
    lossy(&decode(text)).into_owned()
}

/// `text` as the name or value of a URI's header component (RFC 3261 §25.1 `hvalue`): everything is escaped but
/// letters, digits and the marks `- _ . ! ~ * ' ( )`.
#[must_use]
pub fn percent_encode_header(text: &str) -> String {
    encode(text, is_unreserved)
}

/// `text` with every octet escaped that `plain` does not let through.
pub(super) fn encode(text: &str, plain: fn(u8) -> bool) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let letter = |bits: u8| HEX.get(usize::from(bits & 15)).copied().map_or('0', char::from);
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii() && plain(byte) {
            out.push(char::from(byte));
        } else {
            out.extend(['%', letter(byte >> 4), letter(byte)]);
        }
    }
    out
}

/// RFC 3261 §25.1 `unreserved`.
pub(super) const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'\'' | b'(' | b')')
}

/// The value of a hexadecimal digit.
pub(super) const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}
