//! The loss of a flow: TR-08, TX-13, RC-20, RC-22.

use patchcord::message::Method;
use patchcord::time::Duration;
use patchcord::transaction::{Arrival, Happening, Timers};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{Desk, FLOW, NEW_FLOW, OWNER, as_request, heard, is_stray, ours, reply, theirs};

#[test]
fn tr_08_every_client_transaction_on_the_flow_ends_with_a_transport_error() {
    let mut desk = Desk::new();
    let calling = desk.send(&ours("INVITE", "z9hG4bK1"));
    let ringing = desk.send(&ours("INVITE", "z9hG4bK2"));
    desk.receive(&reply(180, "INVITE", "z9hG4bK2", "b"));
    let waiting = desk.send(&ours("INVITE", "z9hG4bK3"));
    desk.cancel(waiting, &[]);
    let cancelled = desk.send(&ours("INVITE", "z9hG4bK4"));
    desk.receive(&reply(180, "INVITE", "z9hG4bK4", "b"));
    desk.cancel(cancelled, &[]);
    let bye = desk.send(&ours("BYE", "z9hG4bK5"));
    assert_eq!(desk.transactions.clients(), 6, "the CANCEL has one too");
    let lost = |id, method| Happening::TransportError { id, owner: OWNER, method };
    let told = desk.close(FLOW);
    assert_eq!(
        told,
        [
            lost(calling, Method::Invite),
            lost(ringing, Method::Invite),
            lost(waiting, Method::Invite),
            lost(cancelled, Method::Invite),
            lost(bye, Method::Bye)
        ]
    );
    assert_eq!(desk.transactions.clients(), 4, "the INVITEs, for a late 2xx");
    assert_eq!(desk.close(FLOW), [], "told once");
    let done = [calling, ringing, waiting, cancelled].map(|id| (32_000, Happening::ClientDone { id, owner: OWNER }));
    assert_eq!(desk.run_to(99_000), done);
    assert!(desk.transactions.is_empty());
}

#[test]
fn tr_08_transactions_on_other_flows_live_on() {
    let mut desk = Desk::new();
    desk.send(&ours("INFO", "z9hG4bK1"));
    let invite = desk.accept(&theirs("INVITE", "z9hG4bKpeer"));
    assert_eq!(desk.close(NEW_FLOW), []);
    assert_eq!(heard(&desk.receive(&reply(200, "INFO", "z9hG4bK1", "b"))), Some((OWNER, 200)));
    assert!(desk.answer(invite, 180));
}

#[test]
fn tr_08_server_transactions_on_the_flow_are_dropped_silently() {
    for answers in [&[][..], &[180], &[486]] {
        let mut desk = Desk::new();
        let invite = desk.accept(&theirs("INVITE", "z9hG4bKpeer"));
        let info = desk.accept(&theirs("INFO", "z9hG4bKinfo"));
        for code in answers {
            assert!(desk.answer(invite, *code));
        }
        desk.sent();
        assert_eq!(desk.close(FLOW), []);
        assert!(desk.transactions.is_empty());
        assert!(!desk.answer(invite, 200) && !desk.answer(info, 200));
        assert_eq!(desk.run_to(99_000), []);
        assert_eq!(desk.sent(), []);
    }
}

#[test]
fn tr_08_what_was_about_to_leave_by_the_flow_does_not() {
    let mut desk = Desk::new();
    desk.transactions.request(desk.now, FLOW, as_request(&ours("INFO", "z9hG4bK1")), OWNER);
    desk.transactions.request(desk.now, NEW_FLOW, as_request(&ours("INFO", "z9hG4bK2")), OWNER);
    desk.close(FLOW);
    desk.collect();
    assert_eq!(desk.flows(), [NEW_FLOW]);
}

#[test]
fn rc_20_a_2xx_that_comes_by_the_next_flow_goes_up_within_64_t1_of_the_loss() {
    for cancelled in [false, true] {
        let mut desk = Desk::new();
        let id = desk.send(&ours("INVITE", "z9hG4bK1"));
        if cancelled {
            desk.cancel(id, &[]);
        }
        desk.run_to(1_000);
        assert_eq!(desk.close(FLOW), [Happening::TransportError { id, owner: OWNER, method: Method::Invite }]);
        for (at, tag) in [(1_000, "b"), (1_200, "c"), (32_999, "b")] {
            desk.run_to(at);
            let late = desk.receive_on(NEW_FLOW, &reply(200, "INVITE", "z9hG4bK1", tag));
            assert!(matches!(late, Arrival::Response { id: of, ended: None, .. } if of == id), "{late:?}");
        }
        assert_eq!(desk.run_to(33_000).last(), Some(&(33_000, Happening::ClientDone { id, owner: OWNER })));
        assert!(is_stray(&desk.receive_on(NEW_FLOW, &reply(200, "INVITE", "z9hG4bK1", "b"))), "too late");
        assert!(desk.transactions.is_empty());
    }
}

#[test]
fn rc_20_nothing_but_a_2xx_is_heard_after_the_loss_of_the_flow() {
    for code in [100, 180, 302, 401, 486, 603] {
        let mut desk = Desk::new();
        let id = desk.send(&ours("INVITE", "z9hG4bK1"));
        desk.close(FLOW);
        desk.sent();
        assert_eq!(desk.receive_on(NEW_FLOW, &reply(code, "INVITE", "z9hG4bK1", "b")), Arrival::Absorbed, "{code}");
        desk.cancel(id, &[]);
        assert_eq!(desk.sent(), [], "no ACK, no CANCEL: the flow is gone");
        assert_eq!(heard(&desk.receive_on(NEW_FLOW, &reply(200, "INVITE", "z9hG4bK1", "b"))), Some((OWNER, 200)));
    }
}

#[test]
fn rc_20_64_t1_are_those_of_the_configured_t1() {
    let mut desk = Desk::with(Timers { t1: Duration::from_millis(100), ..Timers::default() });
    let id = desk.send(&ours("INVITE", "z9hG4bK1"));
    desk.close(FLOW);
    assert_eq!(desk.run_to(99_000), [(6_400, Happening::ClientDone { id, owner: OWNER })]);
}

#[test]
fn rc_20_an_invite_that_has_its_2xx_goes_on_telling_of_repeats_on_the_next_flow() {
    let mut desk = Desk::new();
    let id = desk.send(&ours("INVITE", "z9hG4bK1"));
    desk.receive(&reply(200, "INVITE", "z9hG4bK1", "b"));
    assert_eq!(desk.close(FLOW), [], "it did not fail");
    desk.run_to(31_999);
    assert_eq!(heard(&desk.receive_on(NEW_FLOW, &reply(200, "INVITE", "z9hG4bK1", "b"))), Some((OWNER, 200)));
    assert_eq!(desk.run_to(32_000), [(32_000, Happening::ClientDone { id, owner: OWNER })]);
}

#[test]
fn rc_22_an_answered_invite_replayed_on_the_next_flow_is_absorbed_until_timer_l() {
    let mut desk = Desk::new();
    let id = desk.accept(&theirs("INVITE", "z9hG4bKpeer"));
    desk.transactions.set_owner(id, OWNER);
    desk.answer(id, 200);
    desk.sent();
    assert_eq!(desk.close(FLOW), []);
    assert!(!desk.answer(id, 200), "there is no way out");
    desk.run_to(31_999);
    assert_eq!(desk.receive_on(NEW_FLOW, &theirs("INVITE", "z9hG4bKpeer")), Arrival::Absorbed);
    let ack = desk.receive_on(NEW_FLOW, &theirs("ACK", "z9hG4bKpeer"));
    assert!(matches!(ack, Arrival::Ack { invite: Some(invite), .. } if invite == id));
    assert_eq!(desk.run_to(32_000), [(32_000, Happening::ServerDone { id, owner: Some(OWNER) })]);
    assert_eq!(desk.sent(), []);
}
