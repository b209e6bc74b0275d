//! Plain data that crosses the boundary between the core and its drivers: handles, SIP values as strings and
//! numbers, failures. Commands, events and questions are made of these; nothing here has behaviour of its own
//! beyond reading and writing the values of `message`.

use crate::store::ids;

/// Names the command a promise waits for. Chosen by the driver; exactly one `Done` answers each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct RequestId(pub u32);

/// Names a question the core has asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct AskId(pub u32);

/// Names a call. Drivers make even ones for the calls they place, the core odd ones for those that come in;
/// never reused. (Not a Call-ID: that word is SIP's.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct CallHandle(pub u32);

ids!(AskId: u32, CallHandle: u32);

/// The caller's fault: a wrong argument, or a handle used twice. Nothing was sent and nothing changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misuse(pub String);

impl Misuse {
    /// A misuse explained by `why`.
    pub fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl core::fmt::Display for Misuse {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Misuse {}

/// A body with its type (RFC 3261 §20.15, §20.11).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(rename_all = "camelCase"))]
pub struct Body {
    /// Content-Type, parameters included.
    pub content_type: String,
    /// The octets, as text where they are UTF-8.
    pub content: Content,
    /// Content-Disposition.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub disposition: Option<String>,
}

/// A body's octets.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(untagged))]
pub enum Content {
    /// UTF-8.
    Text(String),
    /// Anything else.
    Binary(#[cfg_attr(target_arch = "wasm32", tsify(type = "Uint8Array"))] Vec<u8>),
}

/// A response for showing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct ResponseData {
    /// 100 to 699.
    pub status: u16,
    /// The reason phrase as it came.
    pub phrase: String,
    /// Header fields and body.
    pub message: MessageData,
}

/// The header fields and body of a message, for showing. The fields are one string of `Name: value` lines with
/// long names, unfolded, in order: they cross the boundary at the price of one copy and are split only when
/// somebody looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct MessageData {
    /// `Name: value` lines, each ended by CR LF.
    pub headers: String,
    /// The body, if there is one.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub body: Option<Body>,
}

/// A name-addr for showing (RFC 3261 §20.10).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(rename_all = "camelCase"))]
pub struct Address {
    /// The URI, unbracketed.
    pub uri: String,
    /// The display name without its quotes.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub display_name: Option<String>,
    /// Header parameters in order; a parameter without a value has none.
    pub params: Vec<(String, Option<String>)>,
}

/// Why something a promise waited for did not happen.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Failure {
    /// Stable word for programs.
    pub code: FailureCode,
    /// What happened and what to do about it, for people.
    pub message: String,
    /// The response that refused it, if one did.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub response: Option<ResponseData>,
}

/// The stable words of [`Failure::code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(rename_all = "kebab-case"))]
pub enum FailureCode {
    /// The call or user agent is in a state in which this cannot be done.
    WrongState,
    /// No socket is open.
    NotConnected,
    /// Nobody answered in time.
    Timeout,
    /// The peer or a server refused; `response` says how.
    Rejected,
    /// What it was about has ended.
    Ended,
    /// A limit of the configuration is reached.
    Limit,
    /// The socket's buffer is full.
    Busy,
    /// Media could not be had.
    Media,
    /// No credentials, or none that were accepted.
    Authentication,
    /// The user agent has been closed.
    Closed,
}

/// How the command with this [`RequestId`] ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(tag = "type", rename_all = "kebab-case"))]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was not, and why.
    Failed {
        /// Why.
        failure: Failure,
    },
    /// The final response to a request the application made, whatever its status.
    Response {
        /// The response.
        response: ResponseData,
    },
    /// The state machines, each with what it waits for.
    Snapshot {
        /// One line a machine.
        machines: Vec<Machine>,
    },
}

/// One state machine in a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Machine {
    /// Room and identity: `call 2`, `INVITE client transaction 7`.
    pub machine: String,
    /// The name of its state.
    pub state: String,
    /// When it acts next, ms of the engine's clock.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub at: Option<u64>,
    /// What it does then.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub why: Option<String>,
}

/// Bounds on what a user agent holds, so that nobody can fill its memory (SL-02). A call too many is answered 486, any
/// other request 500 with Retry-After. What ends calls or keeps them alive goes on at every limit: ACK, BYE, CANCEL, and
/// responses to what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(rename_all = "camelCase"))]
pub struct Limits {
    /// Calls that have not ended. 32 by default.
    pub calls: u32,
    /// Dialogs, early ones and those of calls that have just ended among them. 64 by default. The branches of one call
    /// that answer it are followed beyond it, 64 at most: each has to be ended.
    pub dialogs: u32,
    /// Transactions. 256 by default. What others ask in dialogs may take a quarter more, and our own requests are sent
    /// beyond it, but for new calls.
    pub transactions: u32,
    /// Octets of a message that are read: 1 KiB to 1 MiB. 65536 by default. A larger request is answered 513, a response
    /// is dropped.
    pub message_bytes: u32,
    /// Header lines of a message that are read, 16 to 4096. 128 by default. A request with more is answered 400, a
    /// response is dropped.
    pub headers: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { calls: 32, dialogs: 64, transactions: 256, message_bytes: 64 << 10, headers: 128 }
    }
}

impl Limits {
    /// Those of one message (SL-01).
    #[must_use]
    pub fn of_message(&self) -> crate::message::Limits {
        let size = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        crate::message::Limits { message: size(self.message_bytes), headers: size(self.headers) }
    }
}

/// Whether so many are as many as a limit allows.
#[must_use]
pub const fn is_full(count: usize, limit: u32) -> bool {
    count as u64 >= limit as u64
}

/// Header fields an application adds, in order.
pub type HeaderList = Vec<(String, String)>;

/// What an application adds to a request of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct RequestOptions {
    /// Added to the request.
    pub headers: HeaderList,
    /// The request's body.
    #[cfg_attr(target_arch = "wasm32", tsify(optional), serde(default))]
    pub body: Option<Body>,
}

/// What a driver may want to be told or asked; without it the core acts by itself at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(rename_all = "kebab-case"))]
pub enum Interest {
    /// Every message on the wire, as `Event::Trace`.
    Trace,
    /// Incoming calls; without it they are answered 480.
    Calls,
    /// MESSAGEs out of dialogs; without it they are answered 200.
    Messages,
    /// Requests in the dialogs of calls that an application may answer: INFO, MESSAGE, methods of its own.
    Requests,
}
