//! Which transaction a message belongs to: TX-02, TX-10, TR-04.

use patchcord::transaction::{Arrival, has_magic_cookie};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{Desk, NEW_FLOW, OWNER, as_request, heard, is_stray, ours, reply, theirs, theirs_with};

#[test]
fn tx_02_a_response_is_matched_by_branch_and_method() {
    let mut desk = Desk::new();
    desk.send(&ours("INFO", "z9hG4bK1"));
    desk.send(&ours("OPTIONS", "z9hG4bK2"));
    for stray in [
        reply(200, "INFO", "z9hG4bK2", "b"),
        reply(200, "OPTIONS", "z9hG4bK1", "b"),
        reply(200, "INFO", "z9hG4bK3", "b"),
    ] {
        assert!(is_stray(&desk.receive(&stray)), "{stray}");
    }
    assert_eq!(desk.transactions.clients(), 2);
    assert_eq!(heard(&desk.receive(&reply(200, "OPTIONS", "z9hG4bK2", "b"))), Some((OWNER, 200)));
    assert_eq!(heard(&desk.receive(&reply(200, "INFO", "z9hG4bK1", "b"))), Some((OWNER, 200)));
}

#[test]
fn tx_02_a_responses_without_a_branch_is_stray() {
    let mut desk = Desk::new();
    desk.send(&ours("INFO", "z9hG4bK1"));
    assert!(is_stray(&desk.receive(&reply(200, "INFO", "z9hG4bK1", "b").replace(";branch=z9hG4bK1", ""))));
}

#[test]
fn tr_04_a_response_may_come_on_any_flow_whatever_received_says() {
    let mut desk = Desk::new();
    desk.send(&ours("INFO", "z9hG4bK1"));
    assert_eq!(heard(&desk.receive_on(NEW_FLOW, &reply(200, "INFO", "z9hG4bK1", "b"))), Some((OWNER, 200)));
}

#[test]
fn tr_04_a_response_with_a_foreign_host_on_top_is_not_ours() {
    let mut desk = Desk::new();
    desk.send(&ours("INFO", "z9hG4bK1"));
    let foreign = reply(200, "INFO", "z9hG4bK1", "b").replace("uu5r8k2n1q0x", "foreign");
    assert!(is_stray(&desk.receive(&foreign)));
    let shouting = reply(200, "INFO", "z9hG4bK1", "b").replace("uu5r8k2n1q0x", "UU5R8K2N1Q0X");
    assert_eq!(heard(&desk.receive(&shouting)), Some((OWNER, 200)), "hosts have no case");
}

#[test]
fn tx_02_the_same_branch_with_another_sent_by_is_another_transaction() {
    let mut desk = Desk::new();
    let one = "SIP/2.0/WSS one.example.net;branch=z9hG4bKpeer";
    desk.accept(&theirs_with("INFO", one, "x"));
    for other in
        ["SIP/2.0/WSS two.example.net;branch=z9hG4bKpeer", "SIP/2.0/WSS one.example.net:5060;branch=z9hG4bKpeer"]
    {
        desk.accept(&theirs_with("INFO", other, "x"));
    }
    assert_eq!(
        desk.receive(&theirs_with("INFO", "SIP/2.0/WSS ONE.example.net;branch=z9hG4bKpeer", "x")),
        Arrival::Absorbed
    );
    assert_eq!(desk.transactions.servers(), 3);
}

#[test]
fn tx_02_the_same_branch_with_another_method_is_another_transaction() {
    let mut desk = Desk::new();
    desk.accept(&theirs("INFO", "z9hG4bKpeer"));
    desk.accept(&theirs("OPTIONS", "z9hG4bKpeer"));
    assert_eq!(desk.transactions.servers(), 2);
}

#[test]
fn tx_02_a_branch_without_the_cookie_falls_back_to_the_rules_of_rfc_2543() {
    for branch in ["", ";branch=1", ";branch=z9hG4bK"] {
        let via = format!("SIP/2.0/WSS old.example.net{branch}");
        let mut desk = Desk::new();
        let invite = theirs_with("INVITE", &via, "");
        assert!(!has_magic_cookie(&as_request(&invite).head().unwrap()));
        let id = desk.accept(&invite);
        assert_eq!(desk.receive(&invite), Arrival::Absorbed);
        let other = invite.replace("CSeq: 31", "CSeq: 32");
        assert!(matches!(desk.receive(&other), Arrival::Request { .. }), "another CSeq is another request");
        let other = invite.replace("Call-ID: p-call", "Call-ID: p-other");
        assert!(matches!(desk.receive(&other), Arrival::Request { .. }), "and so is another Call-ID");
        assert!(
            matches!(desk.receive(&theirs_with("CANCEL", &via, "")), Arrival::Cancelled { invite, .. } if invite == id)
        );
        desk.answer(id, 487);
        assert_eq!(
            desk.receive(&theirs_with("ACK", &via, "local")),
            Arrival::Absorbed,
            "an ACK has the tag of the 487"
        );
        assert!(!desk.answer(id, 487), "and ends the transaction");
    }
}

#[test]
fn tx_02_within_a_dialog_the_to_tag_tells_requests_of_rfc_2543_apart() {
    let via = "SIP/2.0/WSS old.example.net";
    let mut desk = Desk::new();
    let one = desk.accept(&theirs_with("INVITE", via, "one"));
    let two = desk.accept(&theirs_with("INVITE", via, "two"));
    for (id, tag) in [(two, "two"), (one, "one")] {
        assert!(desk.answer(id, 488));
        assert_eq!(desk.receive(&theirs_with("ACK", via, tag)), Arrival::Absorbed);
        assert!(desk.transactions.server_request(id).is_none());
    }
}

#[test]
fn tx_02_the_cookie_has_no_case() {
    for via in ["z9hG4bK1", "Z9HG4BK1"] {
        let request = as_request(&theirs("INFO", via));
        assert!(has_magic_cookie(&request.head().unwrap()));
    }
}

#[test]
fn tx_10_the_same_request_over_another_branch_is_merged() {
    let mut desk = Desk::new();
    let first = desk.accept(&theirs("INVITE", "z9hG4bKpeer1"));
    let arrival = desk.receive(&theirs("INVITE", "z9hG4bKpeer2"));
    let Arrival::Merged { id, request, head } = arrival else { panic!("not merged: {arrival:?}") };
    assert_eq!(request, as_request(&theirs("INVITE", "z9hG4bKpeer2")));
    assert_eq!(head.via.branch(), Some("z9hG4bKpeer2"));
    assert!(desk.answer(id, 482));
    assert_eq!(desk.receive(&theirs("ACK", "z9hG4bKpeer2")), Arrival::Absorbed);
    assert!(desk.answer(first, 200), "the first is not touched");
    assert!(matches!(desk.receive(&theirs("INVITE", "z9hG4bKpeer3")), Arrival::Merged { .. }), "as long as it lives");
}

#[test]
fn tx_10_a_request_differing_in_one_part_is_not_merged() {
    let first = theirs("INFO", "z9hG4bKpeer1");
    let second = theirs("INFO", "z9hG4bKpeer2");
    for other in [
        second.replace("tag=p1", "tag=p2"),
        second.replace("Call-ID: p-call", "Call-ID: p-other"),
        second.replace("CSeq: 31", "CSeq: 32"),
        second.replace("INFO", "OPTIONS"),
        second.replace("To: <sip:alice@example.com>", "To: <sip:alice@example.com>;tag=dialog"),
    ] {
        let mut desk = Desk::new();
        desk.accept(&first);
        assert!(matches!(desk.receive(&other), Arrival::Request { .. }), "{other}");
    }
}

#[test]
fn tx_10_after_the_end_of_the_first_nothing_is_merged_with_it() {
    let mut desk = Desk::new();
    let first = desk.accept(&theirs("INFO", "z9hG4bKpeer1"));
    desk.answer(first, 200);
    desk.accept(&theirs("INFO", "z9hG4bKpeer2"));
}

#[test]
fn tx_02_ids_are_never_reused() {
    let mut desk = Desk::new();
    let mut seen = Vec::new();
    for _ in 0..3 {
        let id = desk.accept(&theirs("INFO", "z9hG4bKpeer"));
        assert!(!seen.contains(&id));
        seen.push(id);
        desk.answer(id, 200);
    }
}

#[test]
fn tx_02_the_snapshot_names_every_transaction_and_what_it_waits_for() {
    let mut desk = Desk::new();
    desk.send(&ours("INVITE", "z9hG4bK1"));
    desk.accept(&theirs("INFO", "z9hG4bKpeer"));
    let lines: Vec<_> = desk.transactions.snapshot().map(|(text, next)| (text, next.map(|next| next.at.0))).collect();
    assert_eq!(
        lines,
        [
            ("INVITE client transaction: calling".to_owned(), Some(32_000)),
            ("INFO server transaction: trying".to_owned(), Some(3_500))
        ]
    );
}
