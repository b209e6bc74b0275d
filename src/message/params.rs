//! Parameters: `;name=value` lists of headers and URIs (RFC 3261 §7.3.1, §19.1.1). Order and spelling are kept.

use core::fmt;
use std::borrow::Cow;

use super::fault::BadValue;
use super::lex::{self, Split};
use super::limits;

/// A list of parameters, held as it is written: `;lr;tag=a`, without blanks. Names are found in any case; of a name
/// that stands twice the first counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(String);

impl Params {
    /// Reads the parameters of a header: `text` is empty or starts with `;`, blanks around `;` and `=` are allowed.
    ///
    /// # Errors
    /// An empty parameter, a name that is no token, a value that is neither a quoted string nor free of separators,
    /// more than 64 of them.
    pub fn parse(text: &str) -> Result<Self, BadValue> {
        let text = lex::trim(text);
        if text.is_empty() {
            return Ok(Self::default());
        }
        let list = text.strip_prefix(';').ok_or(BadValue("text between the value and its parameters"))?;
        let mut out = String::with_capacity(text.len());
        for (at, piece) in Split::new(list, b';').enumerate() {
            if at == limits::PARAMS {
                return Err(BadValue("too many parameters"));
            }
            let (name, value) = cut(piece.map_err(BadValue::from)?);
            if !lex::is_token(name) {
                return Err(BadValue("a parameter without a proper name"));
            }
            out.push(';');
            out.push_str(name);
            if let Some(value) = value {
                if !is_value(value) {
                    return Err(BadValue("a parameter without a proper value"));
                }
                out.push('=');
                out.push_str(value);
            }
        }
        Ok(Self(out))
    }

    /// The parameters of a URI, which has checked them: nothing, or `;a=b;c` as written.
    pub(super) fn from_checked(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// `None` without the parameter, `Some(None)` when it stands without a value. A quoted value keeps its quotes.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Option<&str>> {
        self.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The value as written, quotes included.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.get(name).flatten()
    }

    /// The value, a quoted one without its quotes and escapes.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.value(name).map(lex::unquote)
    }

    /// Whether the parameter stands here, with or without a value.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// How often the parameter stands here.
    #[must_use]
    pub fn count(&self, name: &str) -> usize {
        self.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).count()
    }

    /// Gives the parameter this value, in its old place or at the end. A value that could not stand by itself is
    /// written as a quoted string. A name that is no token is not written.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        if !lex::is_token(name) {
            return;
        }
        let mut out = String::with_capacity(self.0.len() + name.len() + value.map_or(0, str::len) + 4);
        let mut done = false;
        for (known, old) in self.iter() {
            if !known.eq_ignore_ascii_case(name) {
                push(&mut out, known, old);
            } else if !done {
                push_safe(&mut out, name, value);
                done = true;
            }
        }
        if !done {
            push_safe(&mut out, name, value);
        }
        self.0 = out;
    }

    /// Takes the parameter away; whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        if !self.has(name) {
            return false;
        }
        let mut out = String::with_capacity(self.0.len());
        for (known, value) in self.iter().filter(|(known, _)| !known.eq_ignore_ascii_case(name)) {
            push(&mut out, known, value);
        }
        self.0 = out;
        true
    }

    /// Name and value, as written, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let mut pieces = Split::new(self.0.get(1..).unwrap_or_default(), b';');
        core::iter::from_fn(move || pieces.next()?.ok().filter(|piece| !piece.is_empty()).map(cut))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As on the wire: empty, or `;a=b;c`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Params {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

fn cut(piece: &str) -> (&str, Option<&str>) {
    match piece.split_once('=') {
        Some((name, value)) => (lex::trim(name), Some(lex::trim(value))),
        None => (piece, None),
    }
}

/// RFC 3261 §25.1 `gen-value`, and more: whatever cannot be mistaken for the end of the value.
fn is_value(value: &str) -> bool {
    match lex::quoted_prefix(value) {
        Some((_, after)) => after.is_empty(),
        None => {
            !value.bytes().any(|byte| byte <= b' ' || matches!(byte, b'"' | b'<' | b'>' | b',' | b';' | b'\\' | 0x7f))
        }
    }
}

fn push(out: &mut String, name: &str, value: Option<&str>) {
    out.push(';');
    out.push_str(name);
    if let Some(value) = value {
        out.push('=');
        out.push_str(value);
    }
}

fn push_safe(out: &mut String, name: &str, value: Option<&str>) {
    match value {
        Some(value) if !is_value(value) || value.bytes().any(super::text::ends_line) => {
            push(out, name, Some(&lex::quote(value)));
        }
        Some(_) | None => push(out, name, value),
    }
}
