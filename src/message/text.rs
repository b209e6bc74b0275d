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

/// The octets as text; those that are no UTF-8 read as U+FFFD. (What `String::from_utf8_lossy` does, without a second
/// reader of UTF-8.)
pub(crate) fn lossy(mut octets: &[u8]) -> Cow<'_, str> {
    let mut text = String::new();
    loop {
        let fault = match core::str::from_utf8(octets) {
            Ok(whole) if text.is_empty() => return Cow::Borrowed(whole),
            Ok(rest) => return Cow::Owned(text + rest),
            Err(fault) => fault,
        };
        let (good, bad) = octets.split_at_checked(fault.valid_up_to()).unwrap_or_default();
        text.push_str(core::str::from_utf8(good).unwrap_or_default());
        text.push('\u{fffd}');
        octets = fault.error_len().and_then(|length| bad.get(length..)).unwrap_or_default();
    }
}

/// Turns whatever would end a line into a blank.
pub(super) fn make_safe(octets: &mut [u8]) {
    for octet in octets {
        if ends_line(*octet) {
            *octet = b' ';
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ms_13_octets_that_are_no_utf_8_read_as_the_standard_library_reads_them() {
        let pieces: [&[u8]; 10] = [
            b"",
            b"a",
            b"\xff",
            b"\xc3",
            b"\xc3\xa4",
            b"\xe2\x82",
            b"\xf0\x9f\x98\x80",
            b"\xed\xa0\x80",
            b"\xf8\x80",
            b"z",
        ];
        for one in pieces {
            for two in pieces {
                for three in pieces {
                    let octets = [one, two, three].concat();
                    assert_eq!(lossy(&octets), String::from_utf8_lossy(&octets), "{octets:x?}");
                }
            }
        }
    }
}
