//! What comes after the present change of a session, in this order: an offer of the peer's, the renewal of the media's
//! path, one change of the application's.

use super::{Theirs, Wish};
use crate::usage::Cx;

/// What waits.
#[derive(Debug, Default)]
pub(in crate::usage::call) struct Next {
    /// An offer of the peer's that came while the media was busy.
    pub(in crate::usage::call) theirs: Option<Theirs>,
    /// The media's own wish, which also waits for the connection.
    renewal: Option<Wish>,
    /// One more change of the application's (IV-07).
    pub(super) wish: Option<Wish>,
}

impl Next {
    /// A wish that has given way, or that can wait, is the next of its kind. Two become one: what was wanted last counts.
    pub(super) fn put(&mut self, wish: Wish) {
        let place = if wish.lasting { &mut self.renewal } else { &mut self.wish };
        *place = Some(match place.take() {
            Some(later) => wish.merged(later),
            None => wish,
        });
    }

    /// The wish whose turn it is.
    pub(super) fn take(&mut self, is_connected: bool) -> Option<Wish> {
        let renewal = if is_connected { self.renewal.take() } else { None };
        renewal.or_else(|| self.wish.take())
    }

    /// Whether the peer will hear of us as soon as there is a connection.
    pub(in crate::usage::call) const fn is_renewal(&self) -> bool {
        self.renewal.is_some()
    }

    /// The call ends.
    pub(in crate::usage::call) fn abandon(self, cx: &mut Cx) {
        if let Some(theirs) = self.theirs {
            theirs.terminate(cx);
        }
        for wish in [self.renewal, self.wish].into_iter().flatten() {
            wish.ended(cx);
        }
    }
}
