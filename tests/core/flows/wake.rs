//! Late wakes, and clocks that go back: requirements TR-09, JS-08.

use patchcord::agent::{Config, Input};
use patchcord::message::Frame;
use patchcord::time::Instant;
use patchcord::usage::call::{Cause, DialOptions, EndedBy};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{keeping_alive, retry_at, sent, waits};
use crate::sim::{Script, Text, registering};

const HOUR: u64 = 3_600_000;

#[test]
fn tr_09_a_clock_that_goes_back_stands_still_and_is_told() {
    let mut script = Script::connected();
    let call = script.call();
    script.expect("INVITE ");
    script.tick_late(10_000);
    script.tick_backwards(3_000);
    assert!(script.was_told("diagnostic clock"));
    script.silence_until(31_999);
    assert!(script.is_up(call));
    script.silence_until(32_000);
    assert!(!script.is_up(call));
    let invite = script.request("INVITE").sdp();
    let flow = script.end.flow.unwrap();
    script.end.input(Instant(3_000), Input::Received { flow, frame: Frame::Text(invite.0) });
    script.silence_until(32_200);
    script.expect_response(100, "INVITE");
}

#[test]
fn tr_09_three_hours_of_sleep_are_made_up_for_in_the_order_of_the_deadlines() {
    let mut script = Script::new(Config { reconnect: keeping_alive(25_000).reconnect, ..registering() });
    script.listen();
    script.connect();
    script.open();
    script.bind();
    let (established, _, _) = script.outgoing();
    let outgoing = script.call_with(DialOptions { timeout_ms: 180_000, ..DialOptions::default() });
    let invite = script.expect("INVITE ");
    script.say(&Text::answer(&invite, "180 Ringing").tagged("b"));
    script.advance_to(1_000);
    let (incoming, _) = script.incoming();
    script.ring(incoming);
    script.expect_response(180, "INVITE");
    script.news();
    script.tick_late(3 * HOUR);
    assert_eq!(sent(&mut script), ["ping", "CANCEL", "480", "REGISTER"]);
    assert!(script.is_up(established));
    assert_eq!(script.ended(incoming).cause, Cause::Unanswered);
    let news = script.news();
    assert!(news.contains(&"registration Registering".to_owned()), "it expired meanwhile: {news:?}");
    script.advance_to(3 * HOUR + 19_000);
    assert_eq!(sent(&mut script), [""; 0], "every deadline is later than the wake");
    assert!(script.is_up(outgoing), "32 s for an answer to the CANCEL, from the wake on");
    script.advance_to(3 * HOUR + 32_000);
    assert_eq!(script.ended(outgoing).cause, Cause::Unanswered);
}

#[test]
fn tr_09_a_registration_that_has_not_expired_is_refreshed_without_a_word() {
    let mut script = Script::registered();
    script.tick_late(599_999);
    script.bind();
    assert!(!script.was_told("registration Registering"));
    let mut script = Script::registered();
    script.tick_late(600_000);
    assert!(script.was_told("registration Registering"));
}

#[test]
fn tr_09_deadlines_of_one_room_do_not_overtake_those_of_another() {
    let mut script = Script::connected();
    // Due in the transactions: 100 Trying at 0.2 s, Timer B at 32 s. Due in the calls: nobody answered, at 10 s.
    script.incoming();
    let call = script.call_with(DialOptions { timeout_ms: 10_000, ..DialOptions::default() });
    script.expect("INVITE ");
    script.tick_late(60_000);
    let end = script.ended(call);
    assert_eq!((end.by, end.cause), (EndedBy::Local, Cause::Unanswered), "not a timeout of the network");
}

#[test]
fn tr_09_at_the_same_instant_what_ends_comes_before_what_is_renewed() {
    let mut script = Script::registered();
    let (refresh_at, why) = waits(&script);
    assert_eq!(why, "refresh the registration");
    let timeout_ms = u32::try_from(refresh_at).unwrap();
    script.call_with(DialOptions { timeout_ms, ..DialOptions::default() });
    let invite = script.expect("INVITE ");
    script.say(&Text::answer(&invite, "180 Ringing").tagged("b"));
    script.silence_until(refresh_at);
    assert_eq!(sent(&mut script), ["CANCEL", "REGISTER"]);
}

#[test]
fn tr_09_a_pong_that_was_due_while_asleep_fails_the_flow_and_calls_live_on() {
    let mut script = Script::connected_as(keeping_alive(25_000));
    let (call, _, _) = script.outgoing();
    script.say_raw("\r\n");
    let (at, _) = waits(&script);
    script.advance_to(at);
    script.expect("\r\n\r\n");
    script.tick_late(3 * HOUR);
    assert!(script.end.flow.is_none());
    assert!(script.is_up(call));
    let retry = retry_at(&script).unwrap();
    assert!((3 * HOUR..=3 * HOUR + 2_000).contains(&retry), "the wait begins at the wake: {retry}");
}

#[test]
fn js_08_a_snapshot_shows_the_deadlines_the_machines_act_on() {
    let mut script = Script::new(Config { reconnect: keeping_alive(25_000).reconnect, ..registering() });
    script.connect();
    script.open();
    script.bind();
    let at = |script: &mut Script, name: &str| {
        let machines = script.snapshot();
        let earliest = machines.iter().filter_map(|machine| machine.at).min();
        assert_eq!(earliest, script.end.wake.map(|wake| wake.at.0), "the agent waits for the first of them");
        let found = machines.into_iter().find(|machine| machine.machine == name).expect(name);
        (found.at.unwrap(), found.why.unwrap())
    };
    let (ping_at, why) = at(&mut script, "transport");
    assert_eq!(why, "send a keep-alive");
    script.silence_until(ping_at);
    script.expect("\r\n\r\n");
    let (refresh_at, why) = at(&mut script, "registration");
    assert_eq!(why, "refresh the registration");
    script.cut();
    let (retry, why) = at(&mut script, "transport");
    assert_eq!((Some(retry), why.as_str()), (retry_at(&script), "try to connect again"));
    script.advance_to(retry);
    assert_eq!(at(&mut script, "transport").0, retry + 10_000, "give up on a socket that does not open");
    script.open();
    script.bind();
    let (later, _) = at(&mut script, "registration");
    assert_ne!(later, refresh_at);
    script.advance_to(later - 1);
    assert!(!sent(&mut script).contains(&"REGISTER".to_owned()));
    script.advance_to(later);
    assert!(sent(&mut script).contains(&"REGISTER".to_owned()));
}

#[test]
fn js_08_a_snapshot_shows_how_long_closing_may_take() {
    let mut script = Script::registered();
    script.outgoing();
    let errand = |script: &mut Script| {
        let found = script.snapshot().into_iter().find(|machine| machine.machine == "errand").unwrap();
        (found.state, found.at)
    };
    assert_eq!(errand(&mut script), ("idle".to_owned(), None));
    script.close(5_000);
    assert_eq!(errand(&mut script), ("closing".to_owned(), Some(3_000)));
    script.advance_to(3_000);
    assert_eq!(errand(&mut script), ("closing".to_owned(), Some(5_000)));
    script.advance_to(5_000);
    assert_eq!(errand(&mut script), ("closed".to_owned(), None));
}
