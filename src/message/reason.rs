//! Reason (RFC 3326): why a request was sent.

use core::fmt;

use super::lex;
use super::params::Params;

/// One Reason value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// `SIP`, `Q.850` or another token, as written.
    pub protocol: String,
    /// The code, whose meaning depends on the protocol.
    pub cause: Option<u16>,
    /// The explanation, without quotes.
    pub text: Option<String>,
}

impl Reason {
    /// Reads `protocol;cause=…;text="…"`; `None` when it is malformed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (protocol, params) = lex::split_params(text);
        let protocol = lex::trim(protocol);
        let params = Params::parse(params).ok()?;
        let cause = match params.get("cause") {
            Some(cause) => Some(u16::try_from(lex::number(cause?)?).ok()?),
            None => None,
        };
        let text = params.text("text").map(|text| text.into_owned());
        lex::is_token(protocol).then(|| Self { protocol: protocol.to_owned(), cause, text })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.protocol)?;
        if let Some(cause) = self.cause {
            write!(out, ";cause={cause}")?;
        }
        if let Some(text) = &self.text {
            write!(out, ";text={}", lex::quote(text))?;
        }
        Ok(())
    }
}
