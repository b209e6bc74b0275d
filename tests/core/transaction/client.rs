//! Client transactions other than INVITE: TX-06, TX-13.

use patchcord::message::Method;
use patchcord::time::Duration;
use patchcord::transaction::{Happening, Timers};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{Desk, OWNER, at, heard, is_stray, ours, reply, theirs};

const BRANCH: &str = "z9hG4bKinfo";

fn answer(code: u16) -> String {
    reply(code, "INFO", BRANCH, "b1")
}

#[test]
fn tx_06_without_a_response_it_times_out_at_exactly_32_s_and_is_never_repeated() {
    let mut desk = Desk::new();
    let id = desk.send(&ours("INFO", BRANCH));
    assert_eq!(desk.run_to(31_999), []);
    assert_eq!(desk.run_to(32_000), [(32_000, Happening::Timeout { id, owner: OWNER, method: Method::Info })]);
    assert_eq!(desk.sent(), [at(0, "INFO sip:bob@example.com SIP/2.0")]);
    assert!(desk.transactions.is_empty());
}

#[test]
fn tx_06_a_100_at_10_s_does_not_extend_timer_f() {
    let mut desk = Desk::new();
    let id = desk.send(&ours("INFO", BRANCH));
    desk.run_to(10_000);
    assert_eq!(heard(&desk.receive(&answer(100))), Some((OWNER, 100)));
    assert_eq!(desk.run_to(31_999), []);
    assert_eq!(desk.run_to(99_000), [(32_000, Happening::Timeout { id, owner: OWNER, method: Method::Info })]);
}

#[test]
fn tx_06_a_final_response_ends_it_at_once() {
    for code in [200, 302, 481, 500, 603] {
        for first in [None, Some(100)] {
            let mut desk = Desk::new();
            desk.send(&ours("INFO", BRANCH));
            if let Some(first) = first {
                desk.receive(&answer(first));
            }
            desk.run_to(31_999);
            assert_eq!(heard(&desk.receive(&answer(code))), Some((OWNER, code)));
            assert!(desk.transactions.is_empty(), "Timer K is zero");
            assert!(is_stray(&desk.receive(&answer(code))), "the user sees one");
            assert_eq!(desk.sent().len(), 1, "no ACK");
        }
    }
}

#[test]
fn tx_06_timer_f_follows_t1() {
    let mut desk = Desk::with(Timers { t1: Duration::from_millis(250), ..Timers::default() });
    let id = desk.send(&ours("REGISTER", BRANCH));
    assert_eq!(desk.run_to(15_999), []);
    assert_eq!(desk.run_to(16_000), [(16_000, Happening::Timeout { id, owner: OWNER, method: Method::Register })]);
}

#[test]
fn tr_09_overdue_machines_act_in_the_order_of_their_deadlines() {
    let mut desk = Desk::new();
    let info = desk.send(&ours("INFO", "z9hG4bK1"));
    desk.run_to(10);
    let invite = desk.send(&ours("INVITE", "z9hG4bK2"));
    desk.run_to(20);
    let bye = desk.send(&ours("BYE", "z9hG4bK3"));
    desk.run_to(25);
    let refused = desk.accept(&theirs("INVITE", "z9hG4bKpeer"));
    desk.answer(refused, 486);
    desk.run_to(30);
    let last = desk.send(&ours("REFER", "z9hG4bK4"));
    desk.now = patchcord::time::Instant(10_000_000);
    let told = desk.transactions.handle_timeout(desk.now);
    let timeout = |id, method| Happening::Timeout { id, owner: OWNER, method };
    assert_eq!(
        told,
        [
            timeout(info, Method::Info),
            timeout(invite, Method::Invite),
            timeout(bye, Method::Bye),
            Happening::AckTimeout { id: refused, owner: None },
            timeout(last, Method::Refer)
        ]
    );
}
