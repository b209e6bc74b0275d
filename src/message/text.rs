//! What text may never carry onto the wire: a character that ends a line, or NUL (RFC 3261 §25.1, RFC 3629).

use std::borrow::Cow;

/// Whether `text` can stand in a header value or a start line: it holds no CR, LF or NUL. The callers that take
/// text from an application refuse what is not safe; the printer turns what slips through into blanks.
#[must_use]
pub fn is_safe(text: &str) -> bool {
    !text.bytes().any(ends_line)
}

pub(super) const fn ends_line(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n' | 0)
}

pub(super) const fn breaks_line(letter: char) -> bool {
    matches!(letter, '\r' | '\n' | '\0')
}

/// The octets as text; those that are no UTF-8 read as U+FFFD. Checks first, because the lossy reading is slow.
pub(super) fn lossy(octets: &[u8]) -> Cow<'_, str> {
    core::str::from_utf8(octets).map_or_else(|_| String::from_utf8_lossy(octets), Cow::Borrowed)
}

/// Turns whatever would end a line into a blank.
pub(super) fn make_safe(octets: &mut [u8]) {
    for octet in octets {
        if ends_line(*octet) {
            *octet = b' ';
        }
    }
}
