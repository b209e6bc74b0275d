//! How many calls there are, and whether there may be one more (SL-02).

use super::{Call, CallState, Calls};
use crate::usage::Cx;
use crate::usage::data::{CallHandle, is_full};

impl Calls {
    /// How many calls people would count: those that have not ended.
    #[must_use]
    pub fn in_use(&self) -> usize {
        debug_assert_eq!(
            self.in_use,
            self.calls.iter().filter(|(_, call)| call.told != CallState::Ended).count(),
            "the count differs from a full scan"
        );
        self.in_use
    }

    /// Whether there is room for one more call and its dialog.
    pub(super) fn has_room(&self, cx: &Cx) -> bool {
        !is_full(self.in_use(), cx.limits.calls) && cx.has_room_for_dialog()
    }

    /// Takes a call in.
    pub(super) fn admit(&mut self, handle: CallHandle, call: Call) {
        self.in_use += usize::from(call.told != CallState::Ended);
        self.calls.insert(handle, call);
    }
}
