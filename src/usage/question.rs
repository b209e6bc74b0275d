//! Questions the core asks the outside and the answers it takes. What is assumed when no answer comes, and
//! when, stands in one table in `agent/ask.rs`.

use super::data::{Address, Body, CallHandle, HeaderList, MessageData};

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase"))]
pub enum Question {
    /// Which credentials answer this challenge? Answered by [`Answer::Credentials`].
    Credentials {
        /// The realm's challenges (RFC 7616).
        challenge: ChallengeData,
    },
    /// Make an offer. Answered by [`Answer::Sdp`] or [`Answer::MediaFailed`].
    CreateOffer {
        /// The call whose media is meant.
        call: CallHandle,
        /// Whether the offer shall put the peer on hold.
        hold: bool,
        /// Whether new ICE credentials are wanted.
        ice_restart: bool,
    },
    /// Answer the peer's offer. Answered by [`Answer::Sdp`] or [`Answer::MediaFailed`].
    CreateAnswer {
        /// The call whose media is meant.
        call: CallHandle,
        /// The peer's SDP.
        offer: String,
        /// Whether the answer shall keep the peer on hold.
        hold: bool,
    },
    /// Take the peer's answer. Answered by [`Answer::Applied`] or [`Answer::MediaFailed`].
    SetAnswer {
        /// The call whose media is meant.
        call: CallHandle,
        /// The peer's SDP.
        answer: String,
        /// The To tag it came with.
        branch: String,
        /// Whether it came in a provisional response, so that another branch's may follow.
        provisional: bool,
    },
    /// Go back to before our offer that was refused. Answered by [`Answer::Applied`] or [`Answer::MediaFailed`].
    Rollback {
        /// The call whose media is meant.
        call: CallHandle,
    },
    /// How is this request of the peer's answered? By [`Answer::Response`] or [`Answer::Usual`].
    Request {
        /// The call in whose dialog it came, if it came in one.
        #[cfg_attr(target_arch = "wasm32", tsify(optional))]
        call: Option<CallHandle>,
        /// `INFO`, `MESSAGE`, or a method of the application's own.
        method: String,
        /// Who asks: From.
        from: Address,
        /// The request as it arrived.
        message: MessageData,
    },
}

/// A challenge as the application sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct ChallengeData {
    /// The protection realm.
    pub realm: String,
    /// The algorithms offered, topmost first, as written; `MD5` where none was named, `Bearer` for a token (RFC 8898).
    pub algorithms: Vec<String>,
    /// Whether a proxy asks (407) rather than the server itself (401).
    pub proxy: bool,
    /// Whether only the nonce was out of date.
    pub stale: bool,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase"))]
pub enum Answer {
    /// Credentials, or none to be had.
    Credentials {
        /// The credentials.
        #[cfg_attr(target_arch = "wasm32", tsify(optional), serde(default))]
        credentials: Option<Credentials>,
    },
    /// An offer or answer.
    Sdp {
        /// The description.
        sdp: String,
    },
    /// The description was taken, or the rollback done.
    Applied,
    /// A final response to the peer's request.
    Response {
        /// 200 to 699, except 408 (RFC 4320 §4.2).
        status: u16,
        /// Added to the response.
        headers: HeaderList,
        /// The response's body.
        #[cfg_attr(target_arch = "wasm32", tsify(optional), serde(default))]
        body: Option<Body>,
    },
    /// The response that is sent where nobody is asked: 200 for INFO and MESSAGE whose body is of a declared type, 415 and
    /// 469 for others, 405 for a method nobody knows.
    Usual,
    /// The browser or its user refused.
    MediaFailed {
        /// Why, for people.
        detail: String,
        /// Whether the peer's description was at fault (488) rather than our devices (480).
        incompatible: bool,
    },
}

impl Answer {
    /// Why there is no description, for a diagnostic.
    #[must_use]
    pub fn complaint(&self) -> String {
        match self {
            Self::MediaFailed { detail, .. } => detail.clone(),
            Self::Credentials { .. } | Self::Sdp { .. } | Self::Applied | Self::Response { .. } | Self::Usual => {
                "the media gave no usable session description".to_owned()
            }
        }
    }
}

/// Where credentials come from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase"))]
pub enum CredentialSource {
    /// There are none.
    None,
    /// Always these.
    Fixed {
        /// The credentials.
        credentials: Credentials,
    },
    /// Asked for at each challenge, by `Question::Credentials`.
    Ask,
}

/// A user's name and secrets: for digest authentication (RFC 7616), for bearer authentication (RFC 8898), or both.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Credentials {
    /// The user's name in the realm.
    pub username: String,
    /// The password, unless `ha1` is given.
    #[cfg_attr(target_arch = "wasm32", tsify(optional), serde(default))]
    pub password: Option<String>,
    /// H(username:realm:password) in hexadecimal, in place of the password. It fits one algorithm: MD5 with 32
    /// digits, with 64 whichever of SHA-256 and SHA-512-256 the server names first.
    #[cfg_attr(target_arch = "wasm32", tsify(optional), serde(default))]
    pub ha1: Option<String>,
    /// The only realm they are for.
    #[cfg_attr(target_arch = "wasm32", tsify(optional), serde(default))]
    pub realm: Option<String>,
    /// A token for servers that ask for one (RFC 8898), alone or beside a secret for digest.
    #[cfg_attr(target_arch = "wasm32", tsify(optional), serde(default))]
    pub token: Option<String>,
}

impl core::fmt::Debug for Credentials {
    /// Keeps the secret out of logs.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Credentials")
            .field("username", &self.username)
            .field("realm", &self.realm)
            .finish_non_exhaustive()
    }
}
