//! Session-Expires and Min-SE (RFC 4028 §4, §5).

use core::fmt;

use super::fault::BadValue;
use super::lex;
use super::params::Params;

/// A Session-Expires value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionExpires {
    /// The session interval in seconds.
    pub interval: u32,
    /// Who refreshes; a value other than `uac` and `uas` reads as absent.
    pub refresher: Option<Refresher>,
    /// All other parameters.
    pub params: Params,
}

/// Who refreshes a session, by its part in the transaction that set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refresher {
    /// The side that sent the request.
    Uac,
    /// The side that answered it.
    Uas,
}

impl SessionExpires {
    /// An interval in seconds, and who refreshes.
    #[must_use]
    pub fn new(interval: u32, refresher: Option<Refresher>) -> Self {
        Self { interval, refresher, params: Params::default() }
    }

    /// Reads `interval;refresher=…`.
    ///
    /// # Errors
    /// An interval that is no number below 2^32, malformed parameters.
    pub fn parse(text: &str) -> Result<Self, BadValue> {
        let (interval, mut params) = parse_seconds(text)?;
        let refresher = params.value("refresher").and_then(Refresher::parse);
        params.remove("refresher");
        Ok(Self { interval, refresher, params })
    }
}

impl fmt::Display for SessionExpires {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.interval)?;
        if let Some(refresher) = self.refresher {
            write!(out, ";refresher={}", refresher.as_str())?;
        }
        out.write_str(self.params.as_str())
    }
}

impl Refresher {
    /// `uac` or `uas`, in any case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Uac, Self::Uas].into_iter().find(|refresher| refresher.as_str().eq_ignore_ascii_case(text))
    }

    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uac => "uac",
            Self::Uas => "uas",
        }
    }
}

/// Delta-seconds and the parameters behind them.
pub(super) fn parse_seconds(text: &str) -> Result<(u32, Params), BadValue> {
    let (seconds, params) = lex::split_params(text);
    let seconds = lex::number(lex::trim(seconds)).ok_or(BadValue("no number of seconds below 2^32"))?;
    Ok((seconds, Params::parse(params)?))
}
