//! CSeq (RFC 3261 §20.16): the number of a request within its dialog, and its method.

use core::fmt;

use super::fault::BadValue;
use super::{Method, lex};

/// A CSeq value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CSeq {
    /// At most 2^31 − 1.
    pub number: u32,
    /// The method of the request.
    pub method: Method,
}

impl CSeq {
    /// Reads `number method`.
    ///
    /// # Errors
    /// A number above 2^31 − 1 or none, a method that is no token.
    pub fn parse(text: &str) -> Result<Self, BadValue> {
        let (number, method) = lex::split_blank(lex::trim(text)).ok_or(BadValue("not a number and a method"))?;
        let number = lex::number(number).filter(|number| *number < 1 << 31);
        let number = number.ok_or(BadValue("no number below 2^31"))?;
        Ok(Self { number, method: Method::parse(method).ok_or(BadValue("a malformed method"))? })
    }
}

impl fmt::Display for CSeq {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.number, self.method)
    }
}
