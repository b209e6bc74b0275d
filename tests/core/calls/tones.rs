//! Tones sent by INFO: one after the other, each answered, with silence between them.

use patchcord::agent::Command;
use patchcord::usage::call::{Cause, DtmfOptions};
use patchcord::usage::data::{CallHandle, FailureCode, RequestId};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::sim::{GAP_MS, Script, TONE_MS, Text};

/// From the answer to one tone to the next.
const STEP: u64 = TONE_MS + GAP_MS;

fn up() -> (Script, CallHandle) {
    let mut script = Script::connected();
    let (call, ..) = script.outgoing();
    (script, call)
}

/// Bob takes the tone that was sent.
fn take(script: &mut Script, tone: char) {
    let info = script.expect_tone(tone);
    script.answer_request(&info, "200 OK");
}

#[test]
fn iv_16_tones_leave_in_order_each_after_the_answer_to_the_last_and_a_silence() {
    let (mut script, call) = up();
    let id = script.dtmf(call, "1a#");
    let info = script.expect_tone('1');
    assert_eq!(info.get("Content-Type"), "application/dtmf-relay");
    // Bob takes two seconds: the silence counts from his answer.
    script.silence_until(2_000);
    script.answer_request(&info, "200 OK");
    script.silence_until(2_000 + STEP);
    take(&mut script, 'A');
    script.silence_until(2_000 + 2 * STEP);
    let last = script.expect_tone('#');
    assert!(!script.is_settled(id));
    script.answer_request(&last, "200 OK");
    script.done(id);
    script.silence_until(100_000);
}

#[test]
fn iv_16_a_comma_is_two_seconds_of_silence() {
    let (mut script, call) = up();
    let id = script.dtmf(call, ",1,,2,");
    script.silence_until(2_000);
    take(&mut script, '1');
    script.silence_until(2_000 + STEP + 4_000);
    take(&mut script, '2');
    assert!(!script.is_settled(id), "the last comma is part of what was asked for");
    script.silence_until(2_000 + STEP + 4_000 + STEP + 2_000);
    script.done(id);
    script.expect_nothing();
}

#[test]
fn iv_16_sequences_follow_one_another_with_the_same_silence() {
    let (mut script, call) = up();
    let first = script.dtmf(call, "1");
    let second = script.dtmf(call, "2");
    take(&mut script, '1');
    script.done(first);
    assert!(!script.is_settled(second));
    script.silence_until(STEP);
    take(&mut script, '2');
    script.done(second);
    // Whoever waits for each in turn hears the silence too.
    let third = script.dtmf(call, "3");
    script.silence_until(2 * STEP);
    take(&mut script, '3');
    script.done(third);
    // And who comes later does not wait.
    script.silence_until(60_000);
    script.dtmf(call, "4");
    take(&mut script, '4');
}

#[test]
fn iv_16_a_refused_tone_fails_its_sequence_and_the_next_begins() {
    let (mut script, call) = up();
    let refused = script.dtmf(call, "123");
    let next = script.dtmf(call, "9");
    let info = script.expect_tone('1');
    script.answer_request(&info, "415 Unsupported Media Type");
    let failure = script.failure(refused);
    assert_eq!(failure.code, FailureCode::Rejected);
    assert!(failure.message.contains("415"), "{}", failure.message);
    take(&mut script, '9');
    script.done(next);
    assert!(script.is_up(call));
    script.silence_until(100_000);
}

#[test]
fn dg_11_tones_that_wait_are_not_sent_while_the_peer_wants_to_be_left_alone() {
    let (mut script, call) = up();
    let (refused, waiting) = (script.dtmf(call, "12"), script.dtmf(call, "34"));
    let info = script.expect_tone('1');
    script.say(&Text::answer(&info, "503 Service Unavailable").with("Retry-After", "10"));
    assert_eq!(script.failure(refused).code, FailureCode::Rejected);
    script.silence_until(10_000);
    take(&mut script, '3');
    script.silence_until(10_000 + STEP);
    take(&mut script, '4');
    script.done(waiting);
    script.silence_until(100_000);
}

#[test]
fn dg_11_the_answer_to_another_request_silences_tones_too() {
    let (mut script, call) = up();
    let tones = script.dtmf(call, "12");
    take(&mut script, '1');
    script.request_in(call, "MESSAGE");
    let message = script.expect("MESSAGE ");
    script.say(&Text::answer(&message, "500 Server Internal Error").with("Retry-After", "10"));
    script.silence_until(10_000);
    take(&mut script, '2');
    script.done(tones);
}

#[test]
fn rc_04_hangup_in_the_middle_drops_the_tones_that_are_left() {
    for gap in [0, STEP - 1] {
        let (mut script, call) = up();
        let (first, second) = (script.dtmf(call, "123"), script.dtmf(call, "4"));
        take(&mut script, '1');
        script.advance(gap);
        script.hangup(call);
        let bye = script.expect("BYE ");
        assert_eq!(script.failure(first).code, FailureCode::Ended);
        assert_eq!(script.failure(second).code, FailureCode::Ended);
        script.silence_until(gap + 1_000);
        script.answer_request(&bye, "200 OK");
        script.silence_until(100_000);
    }
}

#[test]
fn rc_04_a_bye_of_the_peers_drops_the_tones_and_the_answer_to_the_last_changes_nothing() {
    let mut script = Script::connected();
    let (call, _, mut dialog) = script.outgoing();
    let id = script.dtmf(call, "12");
    let info = script.expect_tone('1');
    script.say_in(&mut dialog, "BYE");
    script.expect_response(200, "BYE");
    assert_eq!(script.failure(id).code, FailureCode::Ended);
    script.answer_request(&info, "200 OK");
    script.silence_until(100_000);
    assert_eq!(script.ended(call).cause, Cause::Hangup);
}

#[test]
fn tr_10_tones_without_a_connection_fail() {
    let (mut script, call) = up();
    let (sounding, waiting) = (script.dtmf(call, "12"), script.dtmf(call, "3"));
    script.expect_tone('1');
    script.cut();
    assert_eq!(script.failure(sounding).code, FailureCode::NotConnected);
    assert_eq!(script.failure(waiting).code, FailureCode::NotConnected);
    let offline = script.dtmf(call, "4");
    assert_eq!(script.failure(offline).code, FailureCode::NotConnected);
    script.reopen();
    script.silence_until(script.now() + 10_000);
    script.dtmf(call, "5");
    take(&mut script, '5');
}

#[test]
fn tr_10_tones_whose_connection_is_lost_in_a_silence_fail_when_it_is_over() {
    let (mut script, call) = up();
    let id = script.dtmf(call, "12");
    take(&mut script, '1');
    script.cut();
    assert!(!script.is_settled(id), "the connection may be back in time");
    script.advance(STEP);
    assert_eq!(script.failure(id).code, FailureCode::NotConnected);
}

#[test]
fn dg_07_a_tone_nobody_answers_ends_the_call() {
    let (mut script, call) = up();
    let id = script.dtmf(call, "12");
    script.expect_tone('1');
    script.silence_until(32_000);
    script.expect("BYE ");
    assert_eq!(script.failure(id).code, FailureCode::Timeout);
    assert_eq!(script.ended(call).cause, Cause::Timeout);
}

#[test]
fn sl_02_sixteen_sequences_of_tones_may_wait() {
    let (mut script, call) = up();
    let ids: Vec<RequestId> = (0..16).map(|_| script.dtmf(call, "1")).collect();
    let above = script.dtmf(call, "1");
    assert_eq!(script.failure(above).code, FailureCode::Limit);
    assert!(ids.iter().all(|id| !script.is_settled(*id)));
}

#[test]
fn ms_16_what_is_no_tone_is_misuse_and_sends_nothing() {
    let (mut script, call) = up();
    let id = RequestId(900);
    for (tones, duration_ms, gap_ms, field) in [
        ("", 100, 70, "tones"),
        ("1E", 100, 70, "tones"),
        ("1\r\n2", 100, 70, "tones"),
        ("1 2", 100, 70, "tones"),
        ("\u{661}", 100, 70, "tones"),
        ("1", 39, 70, "durationMs"),
        ("1", 6001, 70, "durationMs"),
        ("1", 100, 29, "gapMs"),
        ("1", 100, 60_001, "gapMs"),
    ] {
        let options = DtmfOptions { tones: tones.to_owned(), duration_ms, gap_ms };
        let why = script.misuse(Command::SendDtmf { id, call, options });
        assert!(why.starts_with(&format!("{field}:")), "{tones:?}: {why}");
    }
    script.expect_nothing();
    let options = DtmfOptions { tones: "0123456789*#abcdABCD!,".to_owned(), duration_ms: 6000, gap_ms: 30 };
    script.ask_for(|id| Command::SendDtmf { id, call, options });
    assert_eq!(script.expect("INFO ").body(), "Signal=0\r\nDuration=6000\r\n");
}
