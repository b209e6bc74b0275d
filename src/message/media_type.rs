//! Media types (RFC 3261 §20.15): what a body is.

use core::fmt;

use super::fault::BadValue;
use super::lex;
use super::params::Params;

/// A media type, as in Content-Type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaType {
    /// The type in lower case.
    pub kind: String,
    /// The subtype in lower case.
    pub subtype: String,
    /// The parameters.
    pub params: Params,
}

impl MediaType {
    /// Reads `type/subtype;params`.
    ///
    /// # Errors
    /// A type or subtype that is no token, malformed parameters.
    pub fn parse(text: &str) -> Result<Self, BadValue> {
        let (main, params) = lex::split_params(text);
        let (kind, subtype) = main.split_once('/').ok_or(BadValue("no type and subtype"))?;
        let (kind, subtype) = (lex::trim(kind), lex::trim(subtype));
        if !lex::is_token(kind) || !lex::is_token(subtype) {
            return Err(BadValue("a malformed type or subtype"));
        }
        let (kind, subtype) = (kind.to_ascii_lowercase(), subtype.to_ascii_lowercase());
        Ok(Self { kind, subtype, params: Params::parse(params)? })
    }

    /// Whether it is this type, parameters aside: `application/sdp`, in any case.
    #[must_use]
    pub fn is(&self, essence: &str) -> bool {
        essence.split_once('/').is_some_and(|(kind, subtype)| {
            kind.eq_ignore_ascii_case(&self.kind) && subtype.eq_ignore_ascii_case(&self.subtype)
        })
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}{}", self.kind, self.subtype, self.params)
    }
}
