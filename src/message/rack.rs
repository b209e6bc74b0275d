//! RAck and RSeq (RFC 3262 §7.1, §7.2): how reliable provisional responses are numbered and acknowledged.

use core::fmt;

use super::fault::BadValue;
use super::{CSeq, lex};

/// A RAck value: which provisional response to which request a PRACK acknowledges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RAck {
    /// The RSeq of the response.
    pub rseq: u32,
    /// The CSeq of the response.
    pub cseq: CSeq,
}

impl RAck {
    /// Reads `rseq number method`.
    ///
    /// # Errors
    /// An RSeq that is 0 or no number below 2^32; a CSeq as [`CSeq::parse`] refuses it.
    pub fn parse(text: &str) -> Result<Self, BadValue> {
        let (rseq, cseq) = lex::split_blank(lex::trim(text)).ok_or(BadValue("not two numbers and a method"))?;
        Ok(Self { rseq: parse_rseq(rseq)?, cseq: CSeq::parse(cseq)? })
    }
}

impl fmt::Display for RAck {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.rseq, self.cseq)
    }
}

/// RFC 3262 §7.1: from 1 to 2^32 − 1.
pub(super) fn parse_rseq(text: &str) -> Result<u32, BadValue> {
    lex::number(text).filter(|number| *number > 0).ok_or(BadValue("no number from 1 to 2^32 - 1"))
}
