//! Subscription-State (RFC 6665 §8.2.3): what a NOTIFY says of its subscription.

use core::fmt;

use super::fault::BadValue;
use super::lex;
use super::params::Params;

/// A Subscription-State value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionState {
    /// The state.
    pub state: Substate,
    /// Seconds until the subscription expires.
    pub expires: Option<u32>,
    /// Why it ended.
    pub reason: Option<Termination>,
    /// Seconds until another attempt may be made.
    pub retry_after: Option<u32>,
    /// All other parameters.
    pub params: Params,
}

/// The state of a subscription. Read in any case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Substate {
    /// `active`
    Active,
    /// `pending`: not decided yet.
    Pending,
    /// `terminated`
    Terminated,
    /// Another token, as written.
    Other(Box<str>),
}

/// Why a subscription ended (RFC 6665 §4.1.3). Read in any case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Termination {
    /// `deactivated`: subscribe again at once.
    Deactivated,
    /// `probation`: subscribe again later.
    Probation,
    /// `rejected`: do not subscribe again.
    Rejected,
    /// `timeout`: it was not refreshed; subscribe again at once.
    Timeout,
    /// `giveup`: nobody could be asked whether it is allowed; subscribe again later.
    GiveUp,
    /// `noresource`: there is nothing left to watch.
    NoResource,
    /// `invariant`: what was watched will not change any more.
    Invariant,
    /// Another token, as written.
    Other(Box<str>),
}

impl SubscriptionState {
    /// A state and nothing else.
    #[must_use]
    pub fn new(state: Substate) -> Self {
        Self { state, expires: None, reason: None, retry_after: None, params: Params::default() }
    }

    /// Reads `state;expires=…;reason=…;retry-after=…;params`.
    ///
    /// # Errors
    /// A state or a reason that is no token, a number of seconds that is none below 2^32, malformed parameters.
    pub fn parse(text: &str) -> Result<Self, BadValue> {
        let (state, params) = lex::split_params(text);
        let state = Substate::parse(lex::trim(state)).ok_or(BadValue("a malformed subscription state"))?;
        let mut params = Params::parse(params)?;
        let (expires, retry_after) = (take_seconds(&mut params, "expires")?, take_seconds(&mut params, "retry-after")?);
        let reason = match params.get("reason") {
            None => None,
            Some(reason) => Some(reason.and_then(Termination::parse).ok_or(BadValue("a malformed reason"))?),
        };
        params.remove("reason");
        Ok(Self { state, expires, reason, retry_after, params })
    }
}

impl fmt::Display for SubscriptionState {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.state.as_str())?;
        if let Some(seconds) = self.expires {
            write!(out, ";expires={seconds}")?;
        }
        if let Some(reason) = &self.reason {
            write!(out, ";reason={}", reason.as_str())?;
        }
        if let Some(seconds) = self.retry_after {
            write!(out, ";retry-after={seconds}")?;
        }
        out.write_str(self.params.as_str())
    }
}

/// An open set of tokens that are read in any case.
macro_rules! tokens {
    ($type:ident { $($variant:ident $text:literal,)* }) => {
        impl $type {
            /// What a token names; `None` when `text` is no token.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                let known = [$(Self::$variant),*];
                let found = known.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(text));
                found.or_else(|| lex::is_token(text).then(|| Self::Other(text.into())))
            }

            /// As it is written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(text) => text,
                }
            }
        }
    };
}

tokens! { Substate { Active "active", Pending "pending", Terminated "terminated", } }

tokens! {
    Termination {
        Deactivated "deactivated",
        Probation "probation",
        Rejected "rejected",
        Timeout "timeout",
        GiveUp "giveup",
        NoResource "noresource",
        Invariant "invariant",
    }
}

/// The seconds of a parameter, which is taken away.
fn take_seconds(params: &mut Params, name: &str) -> Result<Option<u32>, BadValue> {
    let seconds = match params.get(name) {
        None => None,
        Some(value) => Some(value.and_then(lex::number).ok_or(BadValue("no number of seconds below 2^32"))?),
    };
    params.remove(name);
    Ok(seconds)
}
