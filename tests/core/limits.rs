//! How much a user agent holds: requirements SL-02, SL-08, SL-10; how long it waits where it is told: TX-01. Each limit is
//! filled and overflows; what ends calls or keeps them alive goes on at every one.

use patchcord::agent::{Command, Config, TimerConfig, UserAgent};
use patchcord::usage::call::{Cause, EndedBy};
use patchcord::usage::data::{CallHandle, Limits};
use patchcord::usage::question::CredentialSource;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::flood::held;
use super::sim::{PeerDialog, Script, Text, alice, config, registering};

fn limited(limits: Limits) -> Script {
    Script::connected_as(Config { limits, ..config() })
}

/// An INVITE out of any dialog comes in: what leaves for it.
fn invited(script: &mut Script) -> (Text, Option<Text>) {
    let invite = script.request("INVITE").sdp();
    script.say(&invite);
    let answer = (!script.end.sent.is_empty()).then(|| script.expect("SIP/2.0 "));
    (invite, answer)
}

fn ack(invite: &Text, refusal: &Text) -> Text {
    let start = invite.start().replace("INVITE", "ACK");
    let cseq = format!("{} ACK", invite.cseq());
    let ack = invite.clone().started(&start).set("To", &refusal.get("To")).set("CSeq", &cseq);
    Text::new(ack.without("Content-Type").0.split("\r\n\r\n").next().unwrap())
}

#[test]
fn sl_02_the_defaults_are_32_calls_64_dialogs_and_256_transactions() {
    assert_eq!(
        Limits::default(),
        Limits { calls: 32, dialogs: 64, transactions: 256, message_bytes: 65_536, headers: 128 }
    );
}

#[test]
fn sl_02_the_33rd_call_is_486_and_there_is_room_again_when_one_has_ended() {
    let mut script = Script::connected();
    let (call, _) = script.incoming();
    for _ in 1..31 {
        assert_eq!(invited(&mut script).1, None, "it rings");
    }
    script.call();
    script.expect("INVITE ");
    let (_, refusal) = invited(&mut script);
    assert_eq!(refusal.unwrap().kind(), "486");
    assert!(script.was_told("diagnostic limit"));
    let ours = script.call();
    script.expect_nothing();
    assert_eq!((script.ended(ours).by, script.ended(ours).cause), (EndedBy::Local, Cause::Rejected));
    script.reject(call, 603);
    script.expect_response(603, "INVITE");
    assert_eq!(invited(&mut script).1, None, "there is room");
}

#[test]
fn sl_02_dialogs_fill_up_and_the_next_call_is_486_or_not_placed() {
    let mut script = limited(Limits { dialogs: 3, ..Limits::default() });
    let (call, _, mut dialog) = script.answered();
    script.outgoing();
    let (ringing, _) = script.incoming();
    assert_eq!(held(&mut script).dialogs, 3);
    assert_eq!(invited(&mut script).1.unwrap().kind(), "486");
    let ours = script.call();
    script.expect_nothing();
    assert_eq!(script.ended(ours).cause, Cause::Rejected);
    // What is there goes on: a request, an answer, a hang-up.
    let options = dialog.request(&mut script, "OPTIONS");
    script.say(&options);
    script.expect_response(200, "OPTIONS");
    script.accept(ringing);
    script.expect_response(200, "INVITE");
    let bye = dialog.request(&mut script, "BYE");
    script.say(&bye);
    script.expect_response(200, "BYE");
    assert!(!script.is_up(call));
    assert_eq!(invited(&mut script).1, None, "there is room");
}

#[test]
fn sl_02_branches_that_ring_make_no_more_dialogs_than_there_is_room_for() {
    for (dialogs, most) in [(4, 4), (1_000, 64)] {
        let mut script = limited(Limits { dialogs, ..Limits::default() });
        let call = script.call();
        let invite = script.expect("INVITE ");
        for branch in 0..200 {
            script.say(&Text::answer(&invite, "180 Ringing").tagged(&format!("b{branch}")));
        }
        assert_eq!(held(&mut script).dialogs, most);
        // The one that answers wins, whether there was room for it or not.
        script.say(&Text::ok_to(&invite).set("To", &format!("{};tag=b150", invite.get("To"))));
        script.expect("ACK ");
        assert!(script.is_up(call));
        assert_eq!(held(&mut script).dialogs, most + 1, "the others may still answer");
        script.advance(32_000);
        assert_eq!(held(&mut script).dialogs, 1, "the others are dropped");
        script.hangup(call);
        let bye = script.expect("BYE ");
        assert_eq!(bye.tag("To").as_deref(), Some("b150"));
    }
}

/// An agent whose eight transactions are all of incoming calls that ring; a call of ours was up before.
fn crowded() -> (Script, CallHandle, PeerDialog, Vec<(CallHandle, Text)>) {
    let mut script = limited(Limits { transactions: 8, ..Limits::default() });
    let (call, _, dialog) = script.outgoing();
    script.advance(32_000);
    assert_eq!(held(&mut script).transactions, 0);
    let ringing: Vec<_> = (0..8).map(|_| script.incoming()).collect();
    assert_eq!(held(&mut script).transactions, 8);
    script.advance(1_000);
    script.end.sent.clear();
    (script, call, dialog, ringing)
}

#[test]
fn sl_02_without_room_for_a_transaction_a_call_is_486_and_anything_else_500_with_retry_after() {
    let (mut script, ..) = crowded();
    let (invite, busy) = invited(&mut script);
    let busy = busy.unwrap();
    assert_eq!(busy.kind(), "486");
    assert!(script.was_told("diagnostic limit"));
    // Nothing is kept of it, so that every repeat gets the very same answer, and its ACK none.
    script.say(&invite);
    assert_eq!(script.expect("SIP/2.0 486 "), busy);
    assert!(busy.tag("To").is_some());
    script.say(&ack(&invite, &busy));
    script.expect_nothing();
    for request in [script.request("OPTIONS"), script.request("MESSAGE")] {
        script.say(&request);
        let refusal = script.expect("SIP/2.0 500 ");
        assert_eq!(refusal.get("Retry-After"), "10");
    }
    assert_eq!(held(&mut script).transactions, 8);
    let ours = script.call();
    script.expect_nothing();
    assert_eq!(script.ended(ours).cause, Cause::Rejected);
}

#[test]
fn sl_02_without_room_for_a_transaction_calls_are_answered_cancelled_acknowledged_and_ended() {
    let (mut script, call, mut dialog, mut ringing) = crowded();
    // A response, and the ACK for it.
    let (refused, invite) = ringing.remove(0);
    script.reject(refused, 603);
    let refusal = script.expect_response(603, "INVITE");
    assert_eq!(held(&mut script).transactions, 8, "it waits for its ACK");
    script.say(&ack(&invite, &refusal));
    assert_eq!(held(&mut script).transactions, 7);
    script.incoming();
    // A repeat, and a CANCEL.
    let (cancelled, invite) = ringing.remove(0);
    script.say(&invite);
    script.expect_response(100, "INVITE");
    script.say(&Text::cancel(&invite));
    script.expect_response(200, "CANCEL");
    script.expect_response(487, "INVITE");
    assert!(!script.is_up(cancelled));
    // A 2xx, its ACK, and our own BYE.
    let (accepted, invite) = ringing.remove(0);
    script.accept(accepted);
    let ok = script.expect_response(200, "INVITE");
    let theirs = PeerDialog::caller(&invite, &ok);
    let acknowledged = theirs.ack(&mut script, &invite);
    script.say(&acknowledged);
    script.silence_until(script.now() + 100);
    script.hangup(accepted);
    let bye = script.expect("BYE ");
    script.say(&Text::answer(&bye, "200 OK"));
    assert!(!script.is_up(accepted));
    // A BYE of the peer's.
    let bye = dialog.request(&mut script, "BYE");
    script.say(&bye);
    script.expect_response(200, "BYE");
    assert!(!script.is_up(call));
}

#[test]
fn sl_02_what_goes_on_in_dialogs_may_take_a_quarter_more() {
    let (mut script, call, mut dialog, _) = crowded();
    for (held_before, has_room) in [(8, true), (9, true), (10, false)] {
        assert_eq!(held(&mut script).transactions, held_before);
        let again = dialog.request(&mut script, "INVITE").sdp();
        script.say(&again);
        let answer = script.expect("SIP/2.0 ");
        assert_eq!(answer.has("Retry-After"), !has_room, "{}", answer.0);
    }
    script.news();
    let bye = dialog.request(&mut script, "BYE");
    script.say(&bye);
    script.expect_response(200, "BYE");
    assert!(!script.is_up(call));
}

#[test]
fn sl_02_registering_goes_on_without_room() {
    let limits = Limits { transactions: 2, ..Limits::default() };
    let mut script = Script::new(Config { limits, ..registering() });
    script.listen();
    script.connect();
    script.open();
    script.bind();
    for _ in 0..2 {
        script.incoming();
    }
    script.ask_for(|id| Command::Register { id });
    script.bind();
    assert_eq!(held(&mut script).transactions, 2);
}

#[test]
fn tx_01_tx_06_timers_b_f_and_m_and_the_repeats_of_a_2xx_follow_from_the_configured_t1() {
    let timers = TimerConfig { t1_ms: 100, t2_ms: 400, ..Default::default() };
    let connected = || Script::connected_as(Config { timers, ..config() });
    // Timer B.
    let mut script = connected();
    let call = script.call();
    script.expect("INVITE ");
    script.silence_until(6_400);
    assert_eq!((script.ended(call).cause, script.ended(call).at.0), (Cause::Timeout, 6_400));
    // The 2xx, repeated every T1, 2·T1 … T2 until 64·T1.
    let mut script = connected();
    let (call, _) = script.incoming();
    script.accept(call);
    script.expect_response(200, "INVITE");
    for at in [100, 300, 700, 1_100] {
        script.silence_until(at);
        script.expect_response(200, "INVITE");
    }
    script.advance_to(6_399);
    assert!(script.is_up(call));
    script.end.sent.clear();
    script.advance_to(6_400);
    script.expect("BYE ");
    // Timer F.
    script.silence_until(12_800);
    assert_eq!(script.ended(call).cause, Cause::Timeout);
    // Timer M.
    let mut script = connected();
    let (_, invite, _) = script.outgoing();
    for (at, answered) in [(6_399, true), (6_400, false)] {
        script.advance_to(at);
        script.say(&Text::ok_to(&invite));
        assert_eq!(script.end.sent.pop_front().is_some(), answered);
    }
}

#[test]
fn tx_01_a_t1_of_zero_is_misuse() {
    let timers = TimerConfig { t1_ms: 0, ..Default::default() };
    let misuse = UserAgent::new(Config { timers, ..config() }, [1; 32]).map(|_| ()).expect_err("misuse");
    assert!(misuse.0.starts_with("timers.t1:"), "{misuse}");
}

#[test]
fn sl_10_no_server_makes_us_wait_more_than_a_day() {
    for seconds in ["86401", "4294967295", "4294967296", "99999999999999999999"] {
        let mut script = Script::new(registering());
        script.connect();
        script.open();
        let register = script.expect("REGISTER ");
        script.say(&Text::answer(&register, "503 Service Unavailable").tagged("reg").with("Retry-After", seconds));
        script.silence_until(86_400_000);
        let register = script.expect("REGISTER ");
        let contact = register.get("Contact").replace("expires=600", &format!("expires={seconds}"));
        script.say(&Text::answer(&register, "200 OK").tagged("reg").with("Contact", &contact));
        let until = script.news().into_iter().find_map(|line| line.strip_prefix("refreshed until ")?.parse().ok());
        let longest = 86_400_000 + 86_400_000;
        assert!(until.is_some_and(|until: u64| (86_400_001..=longest).contains(&until)), "{seconds}: {until:?}");
        assert!(script.end.wake.is_some_and(|wake| wake.at.0 < longest), "{seconds}");
        let call = script.call();
        let invite = script.expect("INVITE ");
        script.say(&Text::answer(&invite, "480 Temporarily Unavailable").tagged("b").with("Retry-After", seconds));
        script.expect("ACK ");
        assert_eq!(script.ended(call).retry_after, Some(86_400), "{seconds}");
    }
}

#[test]
fn sl_10_the_longest_timers_overflow_nothing() {
    let most = u32::MAX;
    let timers = TimerConfig { t1_ms: most, t2_ms: most, t4_ms: most, non_invite_100: true };
    let mut script = Script::connected_as(Config { timers, ..config() });
    let call = script.call();
    script.expect("INVITE ");
    let (incoming, _) = script.incoming();
    script.accept(incoming);
    script.expect_response(200, "INVITE");
    script.silence_until(u64::from(most));
    script.expect_response(200, "INVITE");
    assert!(script.is_up(call) && script.is_up(incoming));
    script.advance_to(64 * u64::from(most));
    assert_eq!(script.ended(call).cause, Cause::Timeout);
}

#[test]
fn sl_08_a_server_that_asks_for_ever_new_realms_fills_no_request() {
    let credentials = CredentialSource::Fixed { credentials: alice() };
    let mut script = Script::connected_as(Config { credentials, ..config() });
    for number in 0..50 {
        script.call();
        let invite = script.expect("INVITE ");
        let challenge = format!("Digest realm=\"r{number}\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\"");
        script.say(&Text::challenge(&invite, 401, &[&challenge]));
        script.expect("ACK ");
        let again = script.expect("INVITE ");
        assert!(again.all("Authorization").iter().any(|line| line.contains(&format!("realm=\"r{number}\""))));
        assert!(again.all("Authorization").len() <= 8, "{}", again.0);
        script.say(&Text::answer(&again, "486 Busy Here").tagged("b"));
        script.expect("ACK ");
    }
}
