//! What the platform says of the network: requirement TR-07.

use patchcord::agent::{Command, Hint};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{keeping_alive, retry_at, wait_for_retry, waits};
use crate::sim::{Script, config};

#[test]
fn tr_07_three_hints_in_a_second_make_one_attempt_a_second_later() {
    let mut script = discouraged();
    let now = script.now();
    script.hint(Hint::Online);
    assert_eq!(retry_at(&script), Some(now + 1_000));
    script.advance(400);
    script.hint(Hint::Resumed);
    script.command(Command::Reconnect);
    assert_eq!(waits(&script).0, now + 1_000, "not sooner");
    script.advance_to(now + 1_000);
    script.fail_to_open();
    let at = retry_at(&script).unwrap();
    script.hint(Hint::Online);
    assert_eq!(waits(&script).0, at, "not again within five seconds");
    script.advance_to(now + 4_999);
    script.hint(Hint::Online);
    assert_eq!(waits(&script).0, at);
    script.advance_to(now + 5_000);
    script.hint(Hint::Online);
    assert_eq!(waits(&script).0, now + 6_000);
}

#[test]
fn tr_07_a_wait_below_a_second_is_left_alone() {
    let mut script = Script::connected();
    script.cut();
    let at = retry_at(&script).unwrap();
    script.advance_to(at.saturating_sub(500));
    script.hint(Hint::Online);
    assert_eq!(waits(&script).0, at);
}

/// So many attempts in a row have failed that the next wait is long.
fn discouraged() -> Script {
    let mut script = Script::connected();
    script.cut();
    for _ in 0..4 {
        wait_for_retry(&mut script);
        script.fail_to_open();
    }
    assert!(retry_at(&script).unwrap() >= script.now() + 30_000);
    script
}

#[test]
fn tr_07_reconnect_is_a_hint_like_the_others_and_so_is_connect() {
    for connect in [true, false] {
        let mut script = discouraged();
        let now = script.now();
        if connect {
            script.connect();
        } else {
            script.command(Command::Reconnect);
        }
        assert_eq!(waits(&script), (now + 1_000, "try to connect again"));
    }
}

#[test]
fn tr_07_a_hint_during_an_attempt_shortens_the_wait_after_it() {
    let mut script = discouraged();
    wait_for_retry(&mut script);
    script.hint(Hint::Online);
    script.hint(Hint::Resumed);
    script.advance(3_000);
    script.fail_to_open();
    assert_eq!(retry_at(&script), Some(script.now() + 1_000));
    script.advance(1_000);
    script.fail_to_open();
    assert!(retry_at(&script).unwrap() >= script.now() + 30_000, "the hint has had its effect");
}

#[test]
fn tr_07_a_hint_while_connected_asks_whether_the_flow_lives() {
    let mut script = Script::connected_as(keeping_alive(25_000));
    script.say_raw("\r\n");
    script.advance_to(3_000);
    script.hint(Hint::Resumed);
    script.expect("\r\n\r\n");
    script.hint(Hint::Online);
    script.command(Command::Reconnect);
    script.expect_nothing();
    script.silence_until(12_999);
    assert!(script.end.flow.is_some());
    script.silence_until(13_000);
    assert!(script.end.flow.is_none(), "no pong came");
}

#[test]
fn tr_07_a_socket_is_probed_at_most_once_in_five_seconds() {
    let mut script = Script::connected_as(keeping_alive(25_000));
    for (at, probed) in [(0, true), (4_999, false), (5_000, true), (9_999, false), (10_000, true)] {
        script.silence_until(at);
        script.hint(Hint::Resumed);
        if probed {
            script.expect("\r\n\r\n");
        }
        script.expect_nothing();
    }
}

#[test]
fn tr_07_being_offline_by_the_platforms_word_changes_nothing() {
    let mut script = Script::connected();
    script.hint(Hint::Offline);
    script.hint(Hint::Hidden);
    assert_eq!(script.news(), [""; 0]);
    script.call();
    script.expect("INVITE ");
    script.cut();
    let at = retry_at(&script).unwrap();
    script.hint(Hint::Offline);
    assert_eq!(waits(&script).0, at, "neither sooner nor later");
    script.advance_to(at);
    script.open();
    assert!(script.was_told("connection Connected"));
}

#[test]
fn tr_07_a_hint_before_connect_and_after_disconnect_does_nothing() {
    let mut script = Script::new(config());
    script.hint(Hint::Online);
    script.command(Command::Reconnect);
    script.connect();
    script.open();
    script.ask_for(|id| Command::Disconnect { id });
    script.hint(Hint::Online);
    script.command(Command::Reconnect);
    script.advance(100_000);
    assert!(script.end.opens.is_empty());
    assert_eq!(script.end.wake, None);
}
