//! What this room is given and what it gives.

use crate::message::{FlowId, Frame};
use crate::time::{Backoff, Duration, Instant};

/// How to connect.
#[derive(Clone, Debug)]
pub struct Settings {
    /// WebSocket URLs in order of preference.
    pub servers: Vec<String>,
    /// How long to wait after a failure.
    pub backoff: Backoff,
    /// Longest time between keep-alives where the server names none; zero = none are sent.
    pub keep_alive: Duration,
    /// How long a pong may take.
    pub pong_timeout: Duration,
    /// Close codes after which no attempt is made.
    pub no_retry_codes: Vec<u16>,
}

/// What the hub is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Open a socket.
    Open(FlowId, String),
    /// Send a frame.
    Send(FlowId, Frame),
    /// Close a socket.
    Close(FlowId, u16),
    /// A socket is being opened to this server.
    Connecting(String),
    /// The socket is open and speaks SIP.
    Up(FlowId, String),
    /// The socket that was up is gone.
    Down(FlowId),
    /// The next attempt is made then; why there has to be one.
    Waiting(Instant, String),
    /// No attempt will be made: the servers do not want us.
    Refused(String),
    /// Something was tolerated or could not be acted on: a word for programs, a sentence for people.
    Diagnostic(&'static str, String),
}

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inbound {
    /// A SIP message, as far as this room can tell.
    Message,
    /// More octets than a server may send at once: the socket is closed.
    TooLarge,
    /// Keep-alive, or from a socket nobody listens to any more.
    Nothing,
}

/// What can be said now (TR-10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Everything.
    Free,
    /// What must be said, but nothing new: too much waits in the socket already.
    Congested,
    /// Nothing.
    Down,
}
