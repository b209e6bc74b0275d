//! The header lines of a message, raw and in order; typed on demand (`typed.rs`). RFC 3261 §7.3.
//!
//! A value is the octets of its line, folds undone (§7.3.1), blanks at the ends removed: what is not UTF-8 goes out as
//! it came in (RFC 7118 §5) and reads as U+FFFD.

mod typed;

pub use typed::Contacts;

use core::fmt;
use std::borrow::Cow;

use super::fault::{BadValue, Fault};
use super::lex::{self, Split};
use super::{Method, Name, text};

/// The header lines of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    fields: Vec<Field>,
}

/// One header line.
#[derive(Clone, PartialEq, Eq)]
pub struct Field {
    /// The header.
    pub name: Name,
    octets: Box<[u8]>,
}

impl fmt::Debug for Field {
    /// As people may see it (SL-07).
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.name, self.name.shown(&self.value()))
    }
}

impl Field {
    /// The value as text; octets that are no UTF-8 read as U+FFFD.
    #[must_use]
    pub fn value(&self) -> Cow<'_, str> {
        text::lossy(&self.octets)
    }

    /// The value.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.octets
    }
}

impl Headers {
    /// Every line, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter()
    }

    /// Whether there is a line of this name.
    #[must_use]
    pub fn has(&self, name: &Name) -> bool {
        self.lines(name).next().is_some()
    }

    /// How many lines of this name there are.
    #[must_use]
    pub fn count(&self, name: &Name) -> usize {
        self.lines(name).count()
    }

    /// The value of the first line of this name.
    #[must_use]
    pub fn get(&self, name: &Name) -> Option<Cow<'_, str>> {
        self.lines(name).next().map(Field::value)
    }

    /// The values of this name, line by line.
    pub fn get_all(&self, name: &Name) -> impl Iterator<Item = Cow<'_, str>> {
        self.lines(name).map(Field::value)
    }

    /// The values of this name, all its lines split at their commas. Lines of the four authentication headers stay
    /// whole (RFC 3261 §7.3.1). Empty values are left out.
    ///
    /// # Errors
    /// 400 when a quote or an angle bracket has no end.
    pub fn list(&self, name: &Name) -> Result<Vec<String>, Fault> {
        let mut all = Vec::new();
        for line in self.get_all(name) {
            if name.is_never_listed() {
                all.push(line.into_owned());
                continue;
            }
            for piece in Split::new(&line, b',').filter(|piece| *piece != Ok("")) {
                all.push(piece.map_err(|bad| BadValue::from(bad).of(name))?.to_owned());
            }
        }
        Ok(all)
    }

    /// Whether one of the values is this token, in any case and parameters aside: `Supported: timer`.
    #[must_use]
    pub fn has_token(&self, name: &Name, token: &str) -> bool {
        self.any_value(name, |value| value.eq_ignore_ascii_case(token))
    }

    /// Whether Allow names this method. Methods are case-sensitive.
    #[must_use]
    pub fn allows(&self, method: &Method) -> bool {
        self.any_value(&Name::Allow, |value| value == method.as_str())
    }

    /// Adds a line behind all others. What would end a line becomes a blank.
    pub fn push(&mut self, name: Name, value: impl Into<Vec<u8>>) {
        self.fields.push(field(name, value.into()));
    }

    /// Adds a line before all others of its name, or before everything when there is none.
    pub fn prepend(&mut self, name: Name, value: impl Into<Vec<u8>>) {
        let at = self.position(&name).unwrap_or(0);
        self.fields.insert(at, field(name, value.into()));
    }

    /// Makes this the only line of its name, in the place of the first one or behind all others.
    pub fn set(&mut self, name: Name, value: impl Into<Vec<u8>>) {
        let at = self.position(&name).unwrap_or(self.fields.len());
        self.remove(&name);
        self.fields.insert(at, field(name, value.into()));
    }

    /// Takes all lines of this name away; how many there were.
    pub fn remove(&mut self, name: &Name) -> usize {
        let before = self.fields.len();
        self.fields.retain(|field| field.name != *name);
        before - self.fields.len()
    }

    /// Takes away the topmost value of this name, also where its line holds several.
    pub fn remove_first(&mut self, name: &Name) -> Option<String> {
        let at = self.position(name)?;
        let line = self.fields.get_mut(at)?;
        let comma = if name.is_never_listed() { None } else { lex::find_outside(&line.octets, b',').ok().flatten() };
        let Some((first, rest)) = comma.and_then(|comma| line.octets.split_at_checked(comma)) else {
            return Some(self.fields.remove(at).value().into_owned());
        };
        let first = text::lossy(lex::trim_octets(first)).into_owned();
        let rest = lex::trim_octets(rest.get(1..).unwrap_or_default());
        line.octets = rest.into();
        Some(first)
    }

    pub(super) fn lines(&self, name: &Name) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(move |field| field.name == *name)
    }

    /// Adds a line as it was received, octet by octet.
    pub(super) fn push_received(&mut self, name: Name, octets: &[u8]) {
        self.fields.push(Field { name, octets: octets.into() });
    }

    /// Adds every line of this name that `from` holds, octet by octet.
    pub(super) fn copy(&mut self, from: &Self, name: &Name) {
        for field in from.lines(name) {
            self.fields.push(field.clone());
        }
    }

    /// Writes all lines but Content-Length, which the printer computes.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        for field in self.fields.iter().filter(|field| field.name != Name::ContentLength) {
            out.extend_from_slice(field.name.as_str().as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(&field.octets);
            out.extend_from_slice(b"\r\n");
        }
    }

    /// How many octets [`Headers::write`] writes, or a few more.
    pub(super) fn written_length(&self) -> usize {
        self.fields.iter().map(|field| field.name.as_str().len() + field.octets.len() + 4).sum()
    }

    fn position(&self, name: &Name) -> Option<usize> {
        self.fields.iter().position(|field| field.name == *name)
    }

    fn any_value(&self, name: &Name, is_it: impl Fn(&str) -> bool) -> bool {
        self.get_all(name).any(|line| {
            let mut values = Split::new(&line, b',').filter_map(Result::ok);
            values.any(|value| is_it(lex::trim(value.split(';').next().unwrap_or_default())))
        })
    }
}

fn field(name: Name, mut octets: Vec<u8>) -> Field {
    text::make_safe(&mut octets);
    Field { name, octets: octets.into() }
}
