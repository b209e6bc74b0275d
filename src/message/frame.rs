//! What a socket carries: one WebSocket message is one SIP message, as text or as binary (RFC 7118 §5).

use core::fmt;

use super::{secrecy, text::lossy};

/// One socket's life. Never reused. Even a reconnect to the same server is a new flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FlowId(pub u64);

/// One whole WebSocket message.
#[derive(Clone, PartialEq, Eq)]
pub enum Frame {
    /// A text message, UTF-8 by its nature.
    Text(String),
    /// A binary message: any octets.
    Binary(Vec<u8>),
}

impl Frame {
    /// The octets it carries.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(octets) => octets,
        }
    }
}

impl fmt::Debug for Frame {
    /// The message as people may see it (SL-07).
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Text(_) => "Text",
            Self::Binary(_) => "Binary",
        };
        out.debug_tuple(kind).field(&secrecy::mask(&lossy(self.as_bytes()))).finish()
    }
}

impl From<Vec<u8>> for Frame {
    /// Text when the octets are UTF-8, else binary.
    fn from(octets: Vec<u8>) -> Self {
        match String::from_utf8(octets) {
            Ok(text) => Self::Text(text),
            Err(not_text) => Self::Binary(not_text.into_bytes()),
        }
    }
}
