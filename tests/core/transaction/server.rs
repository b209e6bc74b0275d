//! Server transactions other than INVITE: TX-06, TX-07, TR-09, RC-22, SL-02.

use patchcord::time::{Duration, Instant};
use patchcord::transaction::{Arrival, ServerId, Timers};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{Desk, FLOW, at, ours, theirs};

const TRYING: &str = "SIP/2.0 100 Trying";

fn info() -> String {
    theirs("INFO", "z9hG4bKpeer")
}

fn asked(timers: Timers) -> (Desk, ServerId) {
    let mut desk = Desk::with(timers);
    let id = desk.accept(&info());
    (desk, id)
}

#[test]
fn tx_07_a_silent_user_is_helped_by_100_at_exactly_3_5_s() {
    let (mut desk, id) = asked(Timers::default());
    assert_eq!(desk.run_to(3_499), []);
    assert_eq!(desk.sent(), []);
    desk.run_to(10_000);
    assert_eq!(desk.sent(), [at(3_500, TRYING)]);
    assert!(desk.answer(id, 200));
}

#[test]
fn tx_07_an_answer_at_3_499_s_makes_it_needless() {
    let (mut desk, id) = asked(Timers::default());
    desk.run_to(3_499);
    assert!(desk.answer(id, 200));
    desk.run_to(99_000);
    assert_eq!(desk.sent(), [at(3_499, "SIP/2.0 200 OK")]);
}

#[test]
fn tx_07_another_t1_makes_another_instant() {
    let t1 = Duration::from_millis(1_000);
    let (mut desk, _) = asked(Timers { t1, ..Timers::default() });
    desk.run_to(60_000);
    assert_eq!(desk.sent(), [at(3_000, TRYING)]);
}

#[test]
fn tx_07_switched_off_there_is_silence_until_the_user_answers() {
    let (mut desk, id) = asked(Timers { sends_non_invite_100: false, ..Timers::default() });
    desk.run_to(31_999);
    assert_eq!(desk.sent(), []);
    assert!(desk.answer(id, 200));
    assert_eq!(desk.sent(), [at(31_999, "SIP/2.0 200 OK")]);
}

#[test]
fn tx_07_no_provisional_response_but_100_may_be_sent() {
    let (mut desk, id) = asked(Timers::default());
    for code in [101, 180, 183, 199] {
        assert!(!desk.answer(id, code));
    }
    assert_eq!(desk.sent(), []);
    assert!(desk.answer(id, 100));
    assert_eq!(desk.sent(), [at(0, TRYING)]);
    desk.run_to(10_000);
    assert_eq!(desk.sent(), [], "it has been said");
}

#[test]
fn tx_07_408_is_never_sent() {
    let (mut desk, id) = asked(Timers::default());
    assert!(!desk.answer(id, 408));
    assert!(desk.answer(id, 480));
    assert_eq!(desk.sent(), [at(0, "SIP/2.0 480 Temporarily Unavailable")]);
}

#[test]
fn tx_07_a_final_response_at_64_t1_is_too_late() {
    for sends_non_invite_100 in [true, false] {
        let timers = Timers { sends_non_invite_100, ..Timers::default() };
        let (mut desk, id) = asked(timers);
        desk.run_to(31_999);
        desk.sent();
        assert!(desk.answer(id, 200), "just in time");
        let (mut desk, id) = asked(timers);
        assert_eq!(desk.run_to(32_000), [], "silently");
        desk.sent();
        assert!(desk.transactions.is_empty());
        assert!(!desk.answer(id, 200));
        let (mut desk, id) = asked(timers);
        desk.now = Instant(32_000);
        assert!(!desk.answer(id, 200), "also before the tick");
        assert_eq!(desk.sent(), []);
    }
}

#[test]
fn tr_09_no_100_is_sent_to_somebody_who_has_given_up() {
    for (woken, sent) in [(31_999, vec![at(31_999, TRYING)]), (32_000, vec![]), (10_000_000, vec![])] {
        let (mut desk, _) = asked(Timers::default());
        desk.now = Instant(woken);
        assert_eq!(desk.transactions.handle_timeout(desk.now), []);
        desk.collect();
        assert_eq!(desk.transactions.is_empty(), sent.is_empty());
        assert_eq!(desk.sent(), sent);
    }
}

#[test]
fn tx_06_a_final_response_ends_it_at_once() {
    for code in [200, 302, 404, 500, 603] {
        let (mut desk, id) = asked(Timers::default());
        assert!(desk.answer(id, code));
        assert!(desk.transactions.is_empty(), "Timer J is zero");
        assert!(!desk.answer(id, code));
        assert_eq!(desk.sent().len(), 1);
    }
}

#[test]
fn rc_22_a_repeat_before_the_answer_is_absorbed() {
    let (mut desk, _) = asked(Timers::default());
    assert_eq!(desk.receive(&info()), Arrival::Absorbed);
    assert_eq!(desk.sent(), []);
    desk.run_to(3_500);
    desk.sent();
    assert_eq!(desk.receive(&info()), Arrival::Absorbed);
    assert_eq!(desk.sent(), [at(3_500, TRYING)], "RFC 3261 §17.2.2: the last provisional response again");
}

#[test]
fn sl_02_without_room_a_new_request_has_no_transaction_and_a_repeat_is_still_one() {
    let mut desk = Desk::limited(Timers::default(), 2);
    desk.send(&ours("INVITE", "z9hG4bK1"));
    let info = desk.accept(&info());
    assert!(!desk.transactions.has_room());
    for method in ["INVITE", "OPTIONS"] {
        let arrival = desk.receive(&theirs(method, "z9hG4bKother"));
        assert!(matches!(arrival, Arrival::NoRoom { flow: FLOW, .. }), "{arrival:?}");
    }
    assert_eq!(desk.receive(&theirs("INFO", "z9hG4bKpeer")), Arrival::Absorbed);
    assert_eq!(desk.transactions.len(), 2);
    let bye = desk.accept(&theirs("BYE", "z9hG4bKbye"));
    assert!(desk.answer(bye, 200));
    assert!(desk.answer(info, 200));
    desk.accept(&theirs("OPTIONS", "z9hG4bKother"));
}
