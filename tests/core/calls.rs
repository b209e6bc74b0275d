//! Calls both ways: requirements IV-01 to IV-04, IV-07 to IV-16, TX-01, TX-03 to TX-05, TX-07 to TX-09, TX-11, TX-12, DG-*,
//! FK-02, FK-03, RC-04 to RC-10, RC-21, RC-22, TD-02, TD-05, TD-06, TD-T1, JS-05 to JS-07, SL-05, TR-08, TR-10, TR-12.

mod changes;
mod dialogs;
mod endings;
mod failures;
mod forks;
mod glare;
mod goodbyes;
mod incoming;
mod inquiries;
mod late_offer;
mod media;
mod moved;
mod outgoing;
mod redirects;
mod renewals;
mod requests;
mod theirs;
mod tones;
