//! Replaces (RFC 3891 §6.1): the dialog that a new one is to take the place of.

use core::fmt;

use super::escape;
use super::fault::BadValue;
use super::lex;
use super::params::Params;

/// A Replaces value. Its tags are seen from the side that receives it: to-tag is that side's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaces {
    /// The Call-ID of the dialog.
    pub call_id: String,
    /// The local tag of the side that receives this.
    pub to_tag: String,
    /// The remote tag of the side that receives this.
    pub from_tag: String,
    /// Only an early dialog is to be replaced.
    pub early_only: bool,
    /// All other parameters.
    pub params: Params,
}

impl Replaces {
    /// The dialog of this Call-ID and these tags, confirmed or early.
    #[must_use]
    pub fn new(call_id: &str, to_tag: &str, from_tag: &str) -> Self {
        let (to_tag, from_tag) = (to_tag.to_owned(), from_tag.to_owned());
        Self { call_id: call_id.to_owned(), to_tag, from_tag, early_only: false, params: Params::default() }
    }

    /// Reads `call-id;to-tag=…;from-tag=…;early-only`.
    ///
    /// # Errors
    /// No Call-ID, or not exactly one to-tag and one from-tag.
    pub fn parse(text: &str) -> Result<Self, BadValue> {
        let (call_id, params) = text.split_at_checked(end_of_call_id(text)).unwrap_or((text, ""));
        let call_id = lex::trim(call_id);
        if call_id.is_empty() || call_id.contains(lex::BLANK) {
            return Err(BadValue("no Call-ID"));
        }
        let mut params = Params::parse(params)?;
        let mut tag = |name: &str| {
            let one = params.count(name) == 1;
            let tag = params.value(name).filter(|tag| one && lex::is_token(tag)).map(str::to_owned);
            params.remove(name);
            tag.ok_or(BadValue("not exactly one to-tag and one from-tag"))
        };
        let (to_tag, from_tag) = (tag("to-tag")?, tag("from-tag")?);
        let early_only = params.remove("early-only");
        Ok(Self { call_id: call_id.to_owned(), to_tag, from_tag, early_only, params })
    }

    /// As the header component of a Refer-To URI, escaped once (RFC 3515 erratum 4898): the value behind `Replaces=`.
    #[must_use]
    pub fn to_uri_header(&self) -> String {
        escape::percent_encode_header(&self.to_string())
    }

    /// Reads the value behind `Replaces=` in a URI as it is written there, undoing its escapes once.
    ///
    /// # Errors
    /// As [`Replaces::parse`].
    pub fn from_uri_header(value: &str) -> Result<Self, BadValue> {
        Self::parse(&escape::percent_decode(value))
    }
}

impl fmt::Display for Replaces {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{};to-tag={};from-tag={}", self.call_id, self.to_tag, self.from_tag)?;
        if self.early_only {
            out.write_str(";early-only")?;
        }
        out.write_str(self.params.as_str())
    }
}

/// Where the parameters start: at the first that RFC 3891 names. What stands before it is the Call-ID even if it holds
/// a `;`, which no Call-ID should and some do.
fn end_of_call_id(text: &str) -> usize {
    let is_known = |at: &usize| {
        let name = text.get(at + 1..).unwrap_or_default().trim_start_matches(lex::BLANK);
        ["to-tag", "from-tag", "early-only"]
            .iter()
            .any(|known| name.get(..known.len()).is_some_and(|name| name.eq_ignore_ascii_case(known)))
    };
    text.match_indices(';').map(|(at, _)| at).find(is_known).unwrap_or(text.len())
}
