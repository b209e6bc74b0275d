//! Calls both ways: requirements IV-01 to IV-04, IV-11, IV-12, IV-14, IV-15, TX-01, TX-03 to TX-05, TX-08, TX-09, TX-12,
//! DG-*, FK-02.

mod dialogs;
mod incoming;
mod outgoing;
