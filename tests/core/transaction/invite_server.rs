//! The INVITE server transaction: TX-05, RC-22.

use patchcord::message::{FlowId, Method};
use patchcord::time::{Duration, Instant};
use patchcord::transaction::{Arrival, Happening, ServerId, Timers};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{Desk, NEW_FLOW, OWNER, as_request, at, theirs};

const TRYING: &str = "SIP/2.0 100 Trying";
const RINGING: &str = "SIP/2.0 180 Ringing";
const OK: &str = "SIP/2.0 200 OK";
const BUSY: &str = "SIP/2.0 486 Busy Here";

fn invite() -> String {
    theirs("INVITE", "z9hG4bKpeer")
}

fn ringing() -> (Desk, ServerId) {
    let mut desk = Desk::new();
    let id = desk.accept(&invite());
    (desk, id)
}

#[test]
fn tx_05_a_user_who_answers_at_199_ms_gets_no_automatic_100() {
    let (mut desk, id) = ringing();
    desk.run_to(199);
    assert!(desk.answer(id, 180));
    assert_eq!(desk.run_to(60_000), []);
    assert_eq!(desk.sent(), [at(199, RINGING)]);
}

#[test]
fn tx_05_a_user_who_answers_at_201_ms_finds_100_sent_at_200() {
    let (mut desk, id) = ringing();
    desk.run_to(201);
    assert!(desk.answer(id, 180));
    assert_eq!(desk.sent(), [at(200, TRYING), at(201, RINGING)]);
}

#[test]
fn tx_05_a_100_of_the_users_own_is_the_only_one() {
    let (mut desk, id) = ringing();
    assert!(desk.answer(id, 100));
    desk.run_to(1_000);
    assert_eq!(desk.sent(), [at(0, TRYING)]);
}

#[test]
fn tx_05_the_automatic_100_has_no_to_tag_and_copies_timestamp() {
    let (mut desk, _) = ringing();
    desk.run_to(200);
    assert_eq!(
        desk.sent_text(),
        "SIP/2.0 100 Trying\n\
         Via: SIP/2.0/WSS peer.example.net;branch=z9hG4bKpeer\n\
         Via: SIP/2.0/WSS first.example.net;branch=z9hG4bKfirst\n\
         From: <sip:carol@example.net>;tag=p1\n\
         To: <sip:alice@example.com>\n\
         Call-ID: p-call\n\
         CSeq: 31 INVITE\n\
         Timestamp: 54\n\
         Content-Length: 0\n\n"
    );
}

#[test]
fn tx_05_the_200_ms_do_not_follow_t1() {
    let mut desk = Desk::with(Timers { t1: Duration::from_millis(100), ..Timers::default() });
    desk.accept(&invite());
    desk.run_to(1_000);
    assert_eq!(desk.sent(), [at(200, TRYING)]);
}

#[test]
fn tx_05_ringing_may_last_for_ever() {
    let (mut desk, id) = ringing();
    desk.answer(id, 180);
    assert_eq!(desk.deadline(), None);
    desk.run_to(86_400_000);
    assert!(desk.answer(id, 200));
}

#[test]
fn tx_05_a_refusal_waits_64_t1_for_its_ack() {
    let (mut desk, id) = ringing();
    desk.transactions.set_owner(id, OWNER);
    desk.run_to(50);
    assert!(desk.answer(id, 486));
    assert_eq!(desk.run_to(32_049), []);
    assert_eq!(desk.run_to(40_000), [(32_050, Happening::AckTimeout { id, owner: Some(OWNER) })]);
    assert_eq!(desk.sent(), [at(50, BUSY)], "Timer G never runs");
    assert!(desk.transactions.is_empty());
}

#[test]
fn tx_05_the_ack_of_a_refusal_ends_it_silently() {
    let (mut desk, id) = ringing();
    desk.answer(id, 486);
    desk.run_to(31_999);
    assert_eq!(desk.receive(&theirs("ACK", "z9hG4bKpeer")), Arrival::Absorbed);
    assert!(desk.transactions.is_empty(), "Timer I is zero");
    assert_eq!(desk.run_to(99_000), []);
}

#[test]
fn tx_05_after_a_2xx_repeats_are_absorbed_and_acks_go_up_until_timer_l() {
    let (mut desk, id) = ringing();
    desk.transactions.set_owner(id, OWNER);
    desk.run_to(100);
    assert!(desk.answer(id, 200));
    assert_eq!(desk.sent(), [at(100, OK)]);
    assert_eq!(desk.receive(&invite()), Arrival::Absorbed);
    for _ in 0..2 {
        let ack = theirs("ACK", "z9hG4bKpeer");
        let request = as_request(&ack);
        let head = request.head().unwrap();
        assert_eq!(desk.receive(&ack), Arrival::Ack { request, head, invite: Some(id) });
    }
    assert_eq!(desk.run_to(32_099), []);
    assert_eq!(desk.receive(&invite()), Arrival::Absorbed);
    assert_eq!(desk.run_to(32_100), [(32_100, Happening::ServerDone { id, owner: Some(OWNER) })]);
    assert_eq!(desk.sent(), [], "the user repeats a 2xx, nobody else does");
    assert!(desk.transactions.is_empty());
}

#[test]
fn tx_05_an_ack_that_matches_nothing_goes_up_without_an_invite() {
    let (mut desk, id) = ringing();
    desk.answer(id, 200);
    let ack = theirs("ACK", "z9hG4bKack");
    let request = as_request(&ack);
    let head = request.head().unwrap();
    assert_eq!(desk.receive(&ack), Arrival::Ack { request, head, invite: None });
}

#[test]
fn tx_05_an_ack_before_the_final_response_is_ignored() {
    let (mut desk, id) = ringing();
    assert_eq!(desk.receive(&theirs("ACK", "z9hG4bKpeer")), Arrival::Absorbed);
    desk.answer(id, 180);
    assert_eq!(desk.receive(&theirs("ACK", "z9hG4bKpeer")), Arrival::Absorbed);
    assert!(desk.answer(id, 486));
}

#[test]
fn rc_22_a_repeated_invite_gets_the_last_response_again_and_the_user_sees_one() {
    let (mut desk, id) = ringing();
    assert_eq!(desk.receive(&invite()), Arrival::Absorbed);
    assert_eq!(desk.sent(), [], "nothing has been said yet");
    desk.run_to(200);
    desk.sent();
    desk.receive(&invite());
    assert_eq!(desk.sent(), [at(200, TRYING)]);
    desk.answer(id, 180);
    desk.sent();
    desk.receive(&invite());
    assert_eq!(desk.sent(), [at(200, RINGING)]);
    desk.answer(id, 486);
    desk.sent();
    desk.receive(&invite());
    assert_eq!(desk.sent(), [at(200, BUSY)]);
    assert_eq!(desk.transactions.len(), 1);
}

#[test]
fn tx_05_only_a_2xx_may_follow_a_2xx_and_nothing_a_refusal() {
    let (mut desk, id) = ringing();
    assert!(desk.answer(id, 200));
    assert!(desk.answer(id, 200), "a repeat, or another branch of a proxy");
    for late in [100, 180, 302, 486] {
        assert!(!desk.answer(id, late));
    }
    assert_eq!(desk.sent(), [at(0, OK), at(0, OK)]);
    let (mut desk, id) = ringing();
    assert!(desk.answer(id, 486));
    for late in [100, 180, 200, 486] {
        assert!(!desk.answer(id, late));
    }
    assert_eq!(desk.sent(), [at(0, BUSY)]);
}

#[test]
fn tx_05_a_response_to_a_transaction_that_is_gone_comes_back() {
    let (mut desk, id) = ringing();
    desk.transactions.abandon(id);
    assert!(desk.transactions.is_empty());
    let response = as_request(&invite()).response(patchcord::message::StatusCode::OK, None, Some("local"));
    assert_eq!(desk.transactions.respond(desk.now, id, response.clone()), Err(response));
    assert!(matches!(desk.receive(&invite()), Arrival::Request { .. }), "its key is free again");
}

#[test]
fn tr_04_responses_leave_by_the_flow_of_the_request() {
    let mut desk = Desk::new();
    let Arrival::Request { id, .. } = desk.receive_on(NEW_FLOW, &invite()) else { panic!("not a request") };
    assert_eq!(desk.transactions.server_request(id), Some((&as_request(&invite()), NEW_FLOW)));
    desk.run_to(200);
    desk.answer(id, 180);
    desk.receive_on(FlowId(3), &invite());
    desk.answer(id, 200);
    assert_eq!(desk.flows(), [NEW_FLOW; 4]);
}

#[test]
fn tr_09_waking_hours_late_is_harmless() {
    let (mut desk, id) = ringing();
    desk.now = Instant(10_000_000);
    assert_eq!(desk.transactions.handle_timeout(desk.now), []);
    desk.collect();
    assert_eq!(desk.sent(), [at(10_000_000, TRYING)]);
    assert_eq!(desk.transactions.handle_timeout(Instant(0)), [], "nor is a tick too early");
    assert!(desk.answer(id, 200));
    assert_eq!(desk.transactions.server_request(id).map(|(request, _)| &request.method), Some(&Method::Invite));
}
