//! CANCEL as the server sees it: TX-09, RC-02.

use patchcord::message::Name;
use patchcord::transaction::{Arrival, ServerId};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{Desk, NEW_FLOW, OWNER, as_request, at, theirs, theirs_with};

const OK: &str = "SIP/2.0 200 OK";

fn ringing() -> (Desk, ServerId) {
    let mut desk = Desk::new();
    let id = desk.accept(&theirs("INVITE", "z9hG4bKpeer"));
    desk.transactions.set_owner(id, OWNER);
    (desk, id)
}

fn cancel() -> String {
    theirs("CANCEL", "z9hG4bKpeer").replace("Timestamp: 54\n", "Reason: SIP;cause=200\n")
}

#[test]
fn tx_09_a_cancel_after_180_is_answered_200_with_the_tag_of_the_180_and_goes_up() {
    let (mut desk, id) = ringing();
    desk.answer(id, 180);
    desk.sent();
    let request = as_request(&cancel());
    assert_eq!(desk.receive(&cancel()), Arrival::Cancelled { invite: id, owner: Some(OWNER), request });
    assert_eq!(
        desk.sent_text(),
        "SIP/2.0 200 OK\n\
         Via: SIP/2.0/WSS peer.example.net;branch=z9hG4bKpeer\n\
         Via: SIP/2.0/WSS first.example.net;branch=z9hG4bKfirst\n\
         From: <sip:carol@example.net>;tag=p1\n\
         To: <sip:alice@example.com>;tag=local\n\
         Call-ID: p-call\n\
         CSeq: 31 CANCEL\n\
         Content-Length: 0\n\n"
    );
    assert!(desk.answer(id, 487));
    assert_eq!(desk.receive(&theirs("ACK", "z9hG4bKpeer")), Arrival::Absorbed);
    assert!(desk.transactions.is_empty());
}

#[test]
fn tx_09_before_the_first_response_the_tag_is_the_one_the_user_has_set() {
    let (mut desk, id) = ringing();
    desk.transactions.set_local_tag(id, "mine");
    assert!(matches!(desk.receive(&cancel()), Arrival::Cancelled { .. }));
    assert!(desk.sent_text().contains("\nTo: <sip:alice@example.com>;tag=mine\n"));
}

#[test]
fn tx_09_an_automatic_100_sets_no_tag() {
    let (mut desk, id) = ringing();
    desk.run_to(200);
    desk.sent();
    desk.transactions.set_local_tag(id, "mine");
    desk.receive(&cancel());
    assert!(desk.sent_text().contains(";tag=mine\n"));
}

#[test]
fn tx_09_within_a_dialog_the_tag_is_that_of_the_dialog() {
    let via = "SIP/2.0/WSS peer.example.net;branch=z9hG4bKpeer";
    let mut desk = Desk::new();
    desk.accept(&theirs_with("INVITE", via, "dialog"));
    assert!(matches!(desk.receive(&theirs_with("CANCEL", via, "dialog")), Arrival::Cancelled { owner: None, .. }));
    assert!(desk.sent_text().contains("\nTo: <sip:alice@example.com>;tag=dialog\n"));
}

#[test]
fn rc_02_a_cancel_after_a_final_response_is_answered_200_and_changes_nothing() {
    for code in [200, 486] {
        let (mut desk, id) = ringing();
        desk.answer(id, code);
        desk.sent();
        assert_eq!(desk.receive(&cancel()), Arrival::Absorbed);
        assert!(desk.sent_text().starts_with(OK));
        assert_eq!(desk.transactions.servers(), 1);
    }
}

#[test]
fn tx_09_a_cancel_that_matches_nothing_is_answered_481_with_a_tag() {
    let mut desk = Desk::new();
    assert_eq!(desk.receive_on(NEW_FLOW, &cancel()), Arrival::Absorbed);
    let response = &desk.wire.first().unwrap().2;
    let to = response.headers().get(&Name::To).unwrap().into_owned();
    assert!(to.contains(";tag="), "{to}");
    assert_eq!(desk.sent(), [at(0, "SIP/2.0 481 Call/Transaction Does Not Exist")]);
    desk.receive_on(NEW_FLOW, &cancel());
    assert_eq!(desk.wire.first().unwrap().2.headers().get(&Name::To).unwrap(), to, "the same for every repeat");
    assert_eq!(desk.flows(), [NEW_FLOW]);
    assert!(desk.transactions.is_empty());
}

#[test]
fn tx_09_a_cancel_of_another_branch_or_sent_by_matches_nothing() {
    for via in
        ["SIP/2.0/WSS peer.example.net;branch=z9hG4bKpee", "SIP/2.0/WSS peer.example.net:5061;branch=z9hG4bKpeer"]
    {
        let (mut desk, _) = ringing();
        assert_eq!(desk.receive(&theirs_with("CANCEL", via, "")), Arrival::Absorbed);
        assert_eq!(desk.sent(), [at(0, "SIP/2.0 481 Call/Transaction Does Not Exist")]);
    }
}
