//! How many calls there are, and whether there may be one more (SL-02).

use super::{Call, CallState, Calls, Phase};
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

    /// Whether there is room for one more call and its dialog. Dialogs that are over, and known only for the sake of a
    /// late BYE, make room for it.
    pub(super) fn has_room(&mut self, cx: &mut Cx) -> bool {
        if is_full(self.in_use(), cx.limits.calls) {
            return false;
        }
        while !cx.has_room_for_dialog() {
            let is_over = |call: &Call| matches!(&call.phase, Phase::Parting(goodbye) if goodbye.lingers());
            let Some(over) = self.calls.iter().find(|(_, call)| is_over(call)).map(|(handle, _)| handle) else {
                return false;
            };
            self.turn(cx, over, |cx, phase| {
                let Phase::Parting(goodbye) = phase else { return phase };
                goodbye.gone(cx, over, None)
            });
        }
        true
    }

    /// Takes a call in.
    pub(super) fn admit(&mut self, handle: CallHandle, call: Call) {
        self.in_use += usize::from(call.told != CallState::Ended);
        self.calls.insert(handle, call);
    }
}
