//! Event (RFC 6665 §8.2.1): which package a subscription is for, and which of several.

use core::fmt;

use super::fault::BadValue;
use super::lex;
use super::params::Params;

/// An Event value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The event package as written, template packages included: `presence.winfo`.
    pub package: String,
    /// Which of several subscriptions to the package in one dialog.
    pub id: Option<String>,
    /// All other parameters.
    pub params: Params,
}

impl Event {
    /// The event of this package, without an id.
    #[must_use]
    pub fn new(package: &str) -> Self {
        Self { package: package.to_owned(), id: None, params: Params::default() }
    }

    /// Reads `package;id=…;params`.
    ///
    /// # Errors
    /// A package or an id that is no token, an id that stands twice, malformed parameters.
    pub fn parse(text: &str) -> Result<Self, BadValue> {
        let (package, params) = lex::split_params(text);
        let package = lex::trim(package);
        if !lex::is_token(package) {
            return Err(BadValue("a malformed event package"));
        }
        let mut params = Params::parse(params)?;
        let id = match (params.count("id"), params.value("id")) {
            (0, _) => None,
            (1, Some(id)) if lex::is_token(id) => Some(id.to_owned()),
            _ => return Err(BadValue("a malformed or repeated id")),
        };
        params.remove("id");
        Ok(Self { package: package.to_owned(), id, params })
    }

    /// Whether both mean the same subscription (RFC 6665 §8.2.1): package and id are compared byte for byte, and one
    /// with an id never matches one without. Other parameters do not count.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.package == other.package && self.id == other.id
    }
}

impl fmt::Display for Event {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.package)?;
        if let Some(id) = &self.id {
            write!(out, ";id={id}")?;
        }
        out.write_str(self.params.as_str())
    }
}
