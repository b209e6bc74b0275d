//! Changes that last: what the media needs because its path is broken outlives the connection, and a peer that is busy.

use patchcord::agent::{Command, Input};
use patchcord::usage::call::{RefreshMethod, RenegotiateOptions};
use patchcord::usage::data::{CallHandle, FailureCode, RequestId};
use patchcord::usage::question::{Answer, Question};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::sim::{PeerDialog, Script, Text, version};

/// The media wants a new path.
fn renew(script: &mut Script, call: CallHandle) -> RequestId {
    let options = RenegotiateOptions { ice_restart: true, method: RefreshMethod::Auto, lasting: true };
    script.ask_for(|id| Command::Renegotiate { id, call, options })
}

/// The media hands out its next offer; whether that begins a new path.
fn offers(script: &mut Script, offer: u64) -> bool {
    let sdp = crate::sim::description(offer, "sendrecv");
    let question = script.answer(Answer::Sdp { sdp });
    matches!(question, Question::CreateOffer { hold: false, ice_restart: true, .. })
}

/// A registered agent in a call with a peer that takes UPDATE, whose connection has just been lost.
fn cut_off() -> (Script, CallHandle, PeerDialog) {
    let mut script = Script::registered();
    let call = script.call();
    let invite = script.expect("INVITE ");
    script.say(&Text::ok_to(&invite).with("Allow", "UPDATE"));
    script.expect("ACK ");
    script.news();
    script.cut();
    (script, call, PeerDialog::callee(&invite, "bobtag"))
}

fn agree(script: &mut Script, invite: &Text) {
    script.say(&Text::agree(invite, 2, "sendrecv"));
    script.expect("ACK ");
}

#[test]
fn tr_08_a_renewal_waits_for_the_connection_and_leaves_right_after_registration() {
    let (mut script, call, _) = cut_off();
    script.end.media = false;
    let renewal = renew(&mut script, call);
    assert!(!script.is_settled(renewal));
    script.reopen();
    script.bind();
    assert!(offers(&mut script, 2));
    let invite = script.expect("INVITE sip:bob@192.0.2.9:5062;transport=ws SIP/2.0\r\n");
    assert_eq!(version(invite.body()), 2);
    script.say(&Text::agree(&invite, 2, "sendrecv"));
    script.expect("ACK ");
    script.answer(Answer::Applied);
    script.done(renewal);
    // The re-INVITE has told the peer where we are: no UPDATE does.
    script.expect_nothing();
    assert!(script.is_up(call));
}

#[test]
fn tr_08_a_renewal_that_was_lost_with_the_socket_goes_out_again() {
    let (mut script, call, _) = cut_off();
    let renewal = renew(&mut script, call);
    script.reopen();
    script.bind();
    let first = script.expect("INVITE ");
    script.cut();
    assert!(!script.is_settled(renewal), "nobody has refused it");
    script.reopen();
    script.bind();
    let second = script.expect("INVITE ");
    assert!(second.cseq() > first.cseq());
    agree(&mut script, &second);
    script.done(renewal);
}

#[test]
fn tr_08_a_connection_lost_while_the_media_makes_the_offer_costs_nothing() {
    let (mut script, call, _) = cut_off();
    script.reopen();
    script.bind();
    let update = script.expect("UPDATE ");
    script.answer_request(&update, "200 OK");
    script.end.media = false;
    let renewal = renew(&mut script, call);
    script.cut();
    assert!(offers(&mut script, 2));
    assert!(matches!(script.answer(Answer::Applied), Question::Rollback { .. }));
    assert!(!script.is_settled(renewal));
    script.reopen();
    script.bind();
    assert!(offers(&mut script, 3));
    script.expect("INVITE ");
}

#[test]
fn tr_10_a_renewal_waits_where_the_buffer_is_full_and_other_changes_are_refused() {
    let mut script = Script::connected();
    let (call, ..) = script.outgoing();
    let flow = script.end.flow.unwrap();
    script.input(Input::Buffered { flow, bytes: (1 << 20) + 1 });
    let hold = script.set_hold(call, true);
    assert_eq!(script.failure(hold).code, FailureCode::Busy);
    let renewal = renew(&mut script, call);
    let invite = script.expect("INVITE ");
    agree(&mut script, &invite);
    script.done(renewal);
}

#[test]
fn iv_08_a_peer_that_is_busy_hears_of_the_renewal_again_when_it_wants_to() {
    let mut script = Script::connected();
    let (call, ..) = script.live(true);
    let renewal = renew(&mut script, call);
    for round in 1..=5 {
        let invite = script.expect("INVITE ");
        script.say(&Text::answer(&invite, "500 Server Internal Error").with("Retry-After", "7"));
        script.expect("ACK ");
        assert!(!script.is_settled(renewal), "round {round}");
        script.silence_until(script.now() + 7_000);
    }
    let invite = script.expect("INVITE ");
    script.say(&Text::answer(&invite, "500 Server Internal Error").with("Retry-After", "7"));
    script.expect("ACK ");
    assert_eq!(script.failure(renewal).code, FailureCode::Rejected, "five rounds are enough");
    assert!(script.is_up(call));
}

#[test]
fn dg_11_a_renewal_does_not_break_the_quiet_a_peer_has_asked_for_but_waits_for_its_end() {
    let mut script = Script::connected();
    let (call, ..) = script.live(true);
    let hold = script.set_hold(call, true);
    let invite = script.expect("INVITE ");
    script.say(&Text::answer(&invite, "503 Service Unavailable").with("Retry-After", "5"));
    script.expect("ACK ");
    assert_eq!(script.failure(hold).code, FailureCode::Rejected);
    let renewal = renew(&mut script, call);
    script.silence_until(5_000);
    let invite = script.expect("INVITE ");
    agree(&mut script, &invite);
    script.done(renewal);
}

#[test]
fn iv_07_a_renewal_that_is_refused_says_so_and_leaves_the_call_as_it_was() {
    let mut script = Script::connected();
    let (call, ..) = script.live(true);
    let renewal = renew(&mut script, call);
    let invite = script.expect("INVITE ");
    script.say(&Text::answer(&invite, "488 Not Acceptable Here"));
    script.expect("ACK ");
    assert_eq!(script.failure(renewal).code, FailureCode::Rejected);
    assert!(script.is_up(call));
    script.expect_nothing();
}

#[test]
fn iv_07_a_renewal_comes_before_the_change_that_waits_and_two_of_them_are_one() {
    let mut script = Script::connected();
    let (call, ..) = script.live(true);
    let first = script.renegotiate(call, RefreshMethod::Invite);
    let under_way = script.expect("INVITE ");
    let hold = script.set_hold(call, true);
    let renewals = [renew(&mut script, call), renew(&mut script, call)];
    agree(&mut script, &under_way);
    script.done(first);
    let renewing = script.expect("INVITE ");
    assert_eq!(crate::sim::direction(renewing.body()), "sendrecv");
    agree(&mut script, &renewing);
    renewals.iter().for_each(|renewal| script.done(*renewal));
    let holding = script.expect("INVITE ");
    assert_eq!(crate::sim::direction(holding.body()), "sendonly");
    script.say(&Text::agree(&holding, 3, "recvonly"));
    script.expect("ACK ");
    script.done(hold);
}

#[test]
fn iv_09_a_renewal_that_gives_way_to_the_peers_offer_comes_after_it() {
    let mut script = Script::connected();
    let (call, mut dialog) = script.live(true);
    script.end.media = false;
    let renewal = renew(&mut script, call);
    let theirs = dialog.change(&mut script, "INVITE", 2, "sendrecv");
    script.say(&theirs);
    // The offer that was asked for first is withdrawn: the media goes back, answers, and then makes it.
    script.end.asks.pop_front();
    script.end.media = true;
    script.answer(Answer::Applied);
    script.expect_response(200, "INVITE");
    let ack = dialog.ack(&mut script, &theirs);
    script.say(&ack);
    let invite = script.expect("INVITE ");
    agree(&mut script, &invite);
    script.done(renewal);
}

#[test]
fn td_05_a_renewal_that_waits_ends_with_its_call() {
    let (mut script, call, _) = cut_off();
    let renewal = renew(&mut script, call);
    script.hangup(call);
    assert_eq!(script.failure(renewal).code, FailureCode::Ended);
}
