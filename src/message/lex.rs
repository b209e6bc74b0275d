//! The small scanners that every header shares (RFC 3261 §25.1): tokens, quoted strings, and cutting at a
//! separator outside quotes and angle brackets. All of them read their input once.

use std::borrow::Cow;

use super::text;

/// The white space that may stand between the parts of a header value once its folds are undone.
pub(super) const BLANK: [char; 2] = [' ', '\t'];

/// A quoted string or an angle bracket without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unbalanced;

/// RFC 3261 §25.1 `token`.
pub(super) const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~')
}

/// Whether `text` is a `token`: not empty, and nothing in it that separates.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

/// `text` without blanks at its ends.
pub(super) fn trim(text: &str) -> &str {
    // By octets: the general way, by patterns of characters, takes several times as long.
    let octets = text.as_bytes();
    let is_text = |octet: &u8| !matches!(octet, b' ' | b'\t');
    let start = octets.iter().position(is_text).unwrap_or_default();
    let end = octets.iter().rposition(is_text).map_or(start, |last| last + 1);
    text.get(start..end).unwrap_or_default()
}

/// A value, and its parameters from their first `;` on.
pub(super) fn split_params(text: &str) -> (&str, &str) {
    text.find(';').and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""))
}

/// `octets` without blanks at their ends.
pub(super) fn trim_octets(mut octets: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = octets {
        octets = rest;
    }
    octets
}

/// Where the first `separator` stands outside quotes and angle brackets.
pub(super) fn find_outside(octets: &[u8], separator: u8) -> Result<Option<usize>, Unbalanced> {
    let mut from = 0;
    loop {
        let rest = octets.get(from..).unwrap_or_default();
        let Some(at) = rest.iter().position(|byte| *byte == separator || matches!(byte, b'"' | b'<')) else {
            return Ok(None);
        };
        let inside = rest.get(at + 1..).unwrap_or_default();
        let length = match rest.get(at) {
            Some(b'"') => end_of_quoted(inside).ok_or(Unbalanced)?,
            Some(b'<') => inside.iter().position(|byte| *byte == b'>').ok_or(Unbalanced)?,
            Some(_) | None => return Ok(Some(from + at)),
        };
        from += at + length + 2;
    }
}

/// Where the quote stands that ends a quoted string; `inner` is what follows the first quote.
fn end_of_quoted(inner: &[u8]) -> Option<usize> {
    let mut is_escaped = false;
    inner.iter().position(|byte| {
        let is_end = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_end
    })
}

/// The pieces of a text between separators that stand outside quotes and angle brackets, without blanks at their
/// ends. An empty text is one empty piece. After an error there are no more pieces.
pub(super) struct Split<'a> {
    rest: Option<&'a str>,
    separator: u8,
}

impl<'a> Split<'a> {
    pub(super) const fn new(text: &'a str, separator: u8) -> Self {
        Self { rest: Some(text), separator }
    }
}

impl<'a> Iterator for Split<'a> {
    type Item = Result<&'a str, Unbalanced>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.take()?;
        match find_outside(rest.as_bytes(), self.separator) {
            Ok(Some(at)) => {
                // The separator is one ASCII byte, so both cuts fall between characters.
                self.rest = rest.get(at + 1..);
                Some(Ok(trim(rest.get(..at).unwrap_or_default())))
            }
            Ok(None) => Some(Ok(trim(rest))),
            Err(unbalanced) => Some(Err(unbalanced)),
        }
    }
}

/// A quoted string at the start of `text`: what is between the quotes, still escaped, and what follows it.
pub(super) fn quoted_prefix(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('"')?;
    let at = end_of_quoted(inner.as_bytes())?;
    Some((inner.get(..at)?, inner.get(at + 1..)?))
}

/// Undoes the escapes of what stood between two quotes.
pub(super) fn unescape(inner: &str) -> Cow<'_, str> {
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut out = String::with_capacity(inner.len());
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        out.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    Cow::Owned(out)
}

/// A token as it is, a quoted string without its quotes and escapes.
pub(super) fn unquote(value: &str) -> Cow<'_, str> {
    match quoted_prefix(value) {
        Some((inner, "")) => unescape(inner),
        Some(_) | None => Cow::Borrowed(value),
    }
}

/// Writes `text` as a quoted string (RFC 3261 §25.1). What no quoted string can hold becomes a blank.
pub(super) fn push_quoted(out: &mut String, text: &str) {
    out.push('"');
    for letter in text.chars() {
        if matches!(letter, '"' | '\\') {
            out.push('\\');
        }
        out.push(if text::breaks_line(letter) { ' ' } else { letter });
    }
    out.push('"');
}

/// `text` as a quoted string.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_quoted(&mut out, text);
    out
}

/// A number of decimal digits and nothing else. `None` also when it does not fit.
pub(super) fn number(text: &str) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    text.bytes().try_fold(0_u32, |sum, byte| {
        let digit = byte.is_ascii_digit().then(|| u32::from(byte - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

/// The text before the first blank, and the text after the blanks that follow.
pub(super) fn split_blank(text: &str) -> Option<(&str, &str)> {
    text.split_once(BLANK).map(|(before, after)| (before, after.trim_start_matches(BLANK)))
}
