//! How large a message may be, and what in it (SL-01): bounds that no honest message comes near, so that a hostile one
//! costs no more than its own length. Two of them are the user agent's to choose; the others are the same for all.

/// The bounds that are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Octets of a message. A larger request is answered 513, a larger response is dropped.
    pub message: usize,
    /// Header lines, folded ones counted once. A request with more is answered 400, a response is dropped.
    pub headers: usize,
}

impl Default for Limits {
    /// 64 KiB, 128 header lines.
    fn default() -> Self {
        Self { message: 64 << 10, headers: 128 }
    }
}

/// Octets of a header line, name and folds included, and of the start line.
pub(super) const LINE: usize = 8 << 10;
/// Values of Via.
pub(super) const VIAS: usize = 32;
/// Values of Route, and of Record-Route, of which a route set is made.
pub(super) const ROUTES: usize = 16;
/// Parameters of one value, and of one URI.
pub(super) const PARAMS: usize = 64;
/// Octets of a URI.
pub(super) const URI: usize = 2 << 10;
