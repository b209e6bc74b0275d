//! Calls both ways: requirements IV-01 to IV-04, IV-07 to IV-12, IV-14, IV-15, TX-01, TX-03 to TX-05, TX-08, TX-09, TX-12,
//! DG-*, FK-02, RC-05, RC-06, RC-08, RC-09, RC-21, JS-06, JS-07, TR-08, TR-12.

mod changes;
mod dialogs;
mod endings;
mod failures;
mod glare;
mod incoming;
mod late_offer;
mod outgoing;
mod theirs;
