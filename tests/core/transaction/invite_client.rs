//! The INVITE client transaction: TX-01, TX-03, TX-08, TX-13.

use patchcord::message::{Method, Name};
use patchcord::transaction::{Arrival, Happening};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{Desk, FLOW, OWNER, as_request, as_response, at, heard, is_stray, ours, reply};

const INVITE: &str = "INVITE sip:bob@example.com SIP/2.0";
const ACK: &str = "ACK sip:bob@example.com SIP/2.0";
const CANCEL: &str = "CANCEL sip:bob@example.com SIP/2.0";
const BRANCH: &str = "z9hG4bKinvite";

fn answer(code: u16, to_tag: &str) -> String {
    reply(code, "INVITE", BRANCH, to_tag)
}

fn calling() -> (Desk, patchcord::transaction::ClientId) {
    let mut desk = Desk::new();
    let id = desk.send(&ours("INVITE", BRANCH));
    assert_eq!(desk.sent(), [at(0, INVITE)]);
    (desk, id)
}

#[test]
fn tx_01_an_invite_nobody_answers_times_out_at_exactly_32_s_and_is_never_repeated() {
    let (mut desk, id) = calling();
    assert_eq!(desk.run_to(31_999), []);
    assert_eq!(desk.run_to(40_000), [(32_000, Happening::Timeout { id, owner: OWNER, method: Method::Invite })]);
    assert_eq!(desk.sent(), []);
    assert!(desk.transactions.is_empty());
}

#[test]
fn tx_01_a_180_at_31_9_s_means_no_timeout_ever() {
    let (mut desk, _) = calling();
    desk.run_to(31_900);
    assert_eq!(heard(&desk.receive(&answer(180, "b1"))), Some((OWNER, 180)));
    assert_eq!(desk.deadline(), None);
    assert_eq!(desk.run_to(86_400_000), []);
    assert_eq!(heard(&desk.receive(&answer(200, "b1"))), Some((OWNER, 200)));
}

#[test]
fn tx_01_every_provisional_response_goes_up_100_too() {
    let (mut desk, _) = calling();
    for code in [100, 180, 180, 183] {
        assert_eq!(heard(&desk.receive(&answer(code, "b1"))), Some((OWNER, code)));
    }
    assert_eq!(desk.sent(), []);
}

#[test]
fn tx_01_every_2xx_goes_up_until_timer_m_and_none_is_acknowledged_here() {
    for ringing in [false, true] {
        let (mut desk, id) = calling();
        if ringing {
            desk.receive(&answer(180, "b1"));
        }
        desk.run_to(1_000);
        assert_eq!(heard(&desk.receive(&answer(200, "b1"))), Some((OWNER, 200)));
        desk.run_to(1_500);
        assert_eq!(heard(&desk.receive(&answer(200, "b1"))), Some((OWNER, 200)), "a repeat");
        assert_eq!(heard(&desk.receive(&answer(202, "b2"))), Some((OWNER, 202)), "another branch");
        assert_eq!(desk.receive(&answer(180, "b3")), Arrival::Absorbed);
        assert_eq!(desk.receive(&answer(486, "b3")), Arrival::Absorbed);
        assert_eq!(desk.run_to(32_999), [], "Timer M runs from the first 2xx");
        assert_eq!(heard(&desk.receive(&answer(200, "b1"))), Some((OWNER, 200)));
        assert!(desk.transactions.client_request(id).is_some());
        assert_eq!(desk.run_to(33_000), [(33_000, Happening::ClientDone { id, owner: OWNER })]);
        assert!(is_stray(&desk.receive(&answer(200, "b1"))));
        assert_eq!(desk.sent(), []);
        assert!(desk.transactions.is_empty());
    }
}

#[test]
fn tx_03_the_ack_for_486_is_the_golden_one() {
    let (mut desk, _) = calling();
    assert_eq!(heard(&desk.receive(&answer(486, "b1"))), Some((OWNER, 486)));
    assert_eq!(
        desk.sent_text(),
        "ACK sip:bob@example.com SIP/2.0\n\
         Via: SIP/2.0/WSS uu5r8k2n1q0x.invalid;branch=z9hG4bKinvite\n\
         Max-Forwards: 70\n\
         Route: <sip:edge.example.com;lr>\n\
         Route: <sip:core.example.com;lr>\n\
         From: \"Alice\" <sip:alice@example.com>;tag=a1\n\
         To: <sip:bob@example.com>;tag=b1\n\
         Call-ID: c1\n\
         CSeq: 7 ACK\n\
         Content-Length: 0\n\n"
    );
}

#[test]
fn tx_03_the_ack_has_the_topmost_via_only() {
    for vias in [
        "Via: SIP/2.0/WSS proxy.invalid;branch=z9hG4bKtop, SIP/2.0/WS a.invalid;branch=z9hG4bKa\n",
        "Via: SIP/2.0/WSS proxy.invalid;branch=z9hG4bKtop\nVia: SIP/2.0/WS a.invalid;branch=z9hG4bKa\n",
    ] {
        let own = "Via: SIP/2.0/WSS uu5r8k2n1q0x.invalid;branch=z9hG4bKinvite\n";
        let mut desk = Desk::new();
        desk.send(&ours("INVITE", BRANCH).replace(own, vias));
        desk.sent();
        let theirs = "Via: SIP/2.0/WSS uu5r8k2n1q0x.invalid;branch=z9hG4bKinvite;received=192.0.2.77;rport=40123\n";
        assert!(heard(&desk.receive(&answer(404, "b1").replace(theirs, vias))).is_some());
        let ack = as_request(&desk.sent_text());
        let via: Vec<_> = ack.headers.get_all(&Name::Via).collect();
        assert_eq!(via, ["SIP/2.0/WSS proxy.invalid;branch=z9hG4bKtop"]);
    }
}

#[test]
fn tx_03_every_final_response_from_300_to_699_ends_it_with_one_ack() {
    for code in [300, 302, 401, 486, 500, 603, 699] {
        for first in [None, Some(180)] {
            let (mut desk, id) = calling();
            if let Some(first) = first {
                desk.receive(&answer(first, "b1"));
            }
            assert_eq!(heard(&desk.receive(&answer(code, "b1"))), Some((OWNER, code)));
            assert_eq!(desk.sent(), [at(0, ACK)]);
            assert!(desk.transactions.is_empty() && desk.transactions.client_request(id).is_none());
            assert_eq!(desk.deadline(), None, "Timer D is zero");
            assert!(is_stray(&desk.receive(&answer(code, "b1"))), "the user sees one");
            assert_eq!(desk.sent(), []);
        }
    }
}

#[test]
fn tx_08_cancel_after_a_1xx_leaves_at_once_with_the_invites_own_values() {
    let (mut desk, id) = calling();
    desk.run_to(2_000);
    desk.receive(&answer(180, "b1"));
    desk.cancel(id, &[(Name::Reason, "SIP;cause=200;text=\"Call completed elsewhere\"")]);
    assert_eq!(
        desk.sent_text(),
        "CANCEL sip:bob@example.com SIP/2.0\n\
         Via: SIP/2.0/WSS uu5r8k2n1q0x.invalid;branch=z9hG4bKinvite\n\
         Max-Forwards: 70\n\
         Route: <sip:edge.example.com;lr>\n\
         Route: <sip:core.example.com;lr>\n\
         From: \"Alice\" <sip:alice@example.com>;tag=a1\n\
         To: <sip:bob@example.com>\n\
         Call-ID: c1\n\
         CSeq: 7 CANCEL\n\
         Reason: SIP;cause=200;text=\"Call completed elsewhere\"\n\
         Content-Length: 0\n\n"
    );
    desk.cancel(id, &[]);
    assert_eq!(desk.sent(), [], "one CANCEL is enough");
}

#[test]
fn tx_08_cancel_before_any_1xx_waits_for_one() {
    let (mut desk, id) = calling();
    desk.run_to(100);
    desk.cancel(id, &[(Name::Reason, "SIP;cause=487")]);
    assert_eq!(desk.run_to(9_000), []);
    assert_eq!(desk.sent(), []);
    assert_eq!(heard(&desk.receive(&answer(100, "b1"))), Some((OWNER, 100)));
    assert!(desk.sent_text().contains("Reason: SIP;cause=487\n"));
    desk.receive(&answer(180, "b1"));
    assert_eq!(desk.sent(), [], "one CANCEL is enough");
}

#[test]
fn tx_08_a_waiting_cancel_is_dropped_by_a_final_response() {
    for (code, sent) in [(486, vec![at(5_000, ACK)]), (200, vec![])] {
        let (mut desk, id) = calling();
        desk.cancel(id, &[]);
        desk.run_to(5_000);
        assert_eq!(heard(&desk.receive(&answer(code, "b1"))), Some((OWNER, code)));
        assert_eq!(desk.sent(), sent);
        desk.receive(&answer(180, "b1"));
        assert_eq!(desk.sent(), [], "{code}: no CANCEL any more");
    }
}

#[test]
fn tx_08_a_waiting_cancel_does_not_extend_timer_b() {
    let (mut desk, id) = calling();
    desk.run_to(10_000);
    desk.cancel(id, &[]);
    assert_eq!(desk.run_to(60_000), [(32_000, Happening::Timeout { id, owner: OWNER, method: Method::Invite })]);
    assert_eq!(desk.sent(), []);
}

#[test]
fn tx_08_without_a_final_response_the_invite_ends_64_t1_after_the_cancel() {
    let (mut desk, id) = calling();
    desk.receive(&answer(180, "b1"));
    desk.run_to(100_000);
    desk.cancel(id, &[]);
    assert_eq!(desk.sent(), [at(100_000, CANCEL)]);
    assert_eq!(desk.receive(&reply(200, "CANCEL", BRANCH, "b1")), Arrival::Absorbed, "nobody's business");
    assert_eq!(desk.transactions.clients(), 1);
    assert_eq!(heard(&desk.receive(&answer(183, "b1"))), Some((OWNER, 183)));
    assert_eq!(desk.run_to(131_999), [], "no provisional response extends it, none shortens it");
    assert_eq!(desk.run_to(132_000), [(132_000, Happening::Timeout { id, owner: OWNER, method: Method::Invite })]);
    assert!(desk.transactions.is_empty());
}

#[test]
fn tx_08_the_waiting_cancel_counts_from_the_moment_it_leaves() {
    let (mut desk, id) = calling();
    desk.cancel(id, &[]);
    desk.run_to(30_000);
    desk.receive(&answer(100, "b1"));
    assert_eq!(desk.sent(), [at(30_000, CANCEL)]);
    assert_eq!(desk.run_to(70_000), [(62_000, Happening::Timeout { id, owner: OWNER, method: Method::Invite })]);
}

#[test]
fn tx_08_a_cancel_nobody_answers_is_nobodys_business() {
    let (mut desk, id) = calling();
    desk.receive(&answer(180, "b1"));
    desk.cancel(id, &[]);
    desk.receive(&answer(487, "b1"));
    assert_eq!(desk.sent(), [at(0, CANCEL), at(0, ACK)]);
    assert_eq!(desk.transactions.clients(), 1, "that of the CANCEL");
    assert_eq!(desk.run_to(40_000), []);
    assert!(desk.transactions.is_empty());
}

#[test]
fn rc_01_a_2xx_that_crosses_the_cancel_goes_up() {
    let (mut desk, id) = calling();
    desk.receive(&answer(180, "b1"));
    desk.cancel(id, &[]);
    assert_eq!(heard(&desk.receive(&answer(200, "b1"))), Some((OWNER, 200)));
    desk.cancel(id, &[]);
    assert_eq!(desk.sent(), [at(0, CANCEL)]);
    assert_eq!(desk.run_to(32_000), [(32_000, Happening::ClientDone { id, owner: OWNER })]);
}

#[test]
fn tx_08_only_an_invite_can_be_cancelled() {
    let mut desk = Desk::new();
    let id = desk.send(&ours("OPTIONS", "z9hG4bKoptions"));
    desk.receive(&reply(100, "OPTIONS", "z9hG4bKoptions", "b1"));
    desk.sent();
    desk.cancel(id, &[]);
    assert_eq!(desk.sent(), []);
}

#[test]
fn tx_03_client_request_is_the_invite_as_it_was_sent() {
    let (desk, id) = calling();
    assert_eq!(desk.transactions.client_request(id), Some(&as_request(&ours("INVITE", BRANCH))));
}

#[test]
fn tx_04_an_ack_for_2xx_is_sent_outside_every_transaction() {
    let (mut desk, _) = calling();
    desk.receive(&answer(200, "b1"));
    let ack = as_request(&ours("ACK", "z9hG4bKack"));
    desk.transactions.send(FLOW, patchcord::message::Message::Request(ack));
    desk.collect();
    assert_eq!(desk.sent(), [at(0, ACK)]);
    assert_eq!(desk.transactions.len(), 1);
}

#[test]
fn tx_13_a_stray_response_comes_back_whole() {
    let mut desk = Desk::new();
    let response = as_response(&answer(200, "b1"));
    let head = response.head().unwrap();
    assert_eq!(desk.receive(&answer(200, "b1")), Arrival::StrayResponse { response, head });
}
