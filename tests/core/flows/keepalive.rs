//! Keep-alive: requirement TR-05.

use patchcord::agent::{Command, Config, Hint, ReconnectConfig};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{keeping_alive, waits};
use crate::sim::{Script, Text, config, registering};

#[test]
fn tr_05_pings_leave_in_the_upper_fifth_of_the_interval() {
    let mut script = Script::connected_as(keeping_alive(25_000));
    let mut before = 0;
    for _ in 0..10 {
        let at = ping(&mut script);
        assert!((before + 20_000..=before + 25_000).contains(&at), "{at} after {before}");
        before = at;
    }
    assert!(script.end.flow.is_some(), "a server that never ponged may go on swallowing pings");
}

#[test]
fn tr_05_a_server_that_ponged_once_and_then_not_is_given_up_after_ten_seconds() {
    let mut script = Script::connected_as(keeping_alive(25_000));
    ping(&mut script);
    script.say_raw("\r\n");
    let at = ping(&mut script);
    script.silence_until(at + 9_999);
    assert!(script.end.flow.is_some());
    script.silence_until(at + 10_000);
    assert!(script.end.flow.is_none());
    assert!(script.was_told("connection Waiting"));
}

#[test]
fn tr_05_a_pong_in_time_keeps_the_flow() {
    let mut script = Script::connected_as(keeping_alive(25_000));
    for _ in 0..5 {
        ping(&mut script);
        script.advance(9_999);
        script.say_raw("\r\n");
    }
    assert!(script.end.flow.is_some());
}

/// Registered by this 2xx to the first REGISTER, which lists our contact; keep-alives by default within 25 s.
fn registered_by(edit: impl FnOnce(Text) -> Text) -> Script {
    registered_as(keeping_alive(25_000), edit)
}

fn registered_as(config: Config, edit: impl FnOnce(Text) -> Text) -> Script {
    let mut script = Script::new(Config { registration: registering().registration, ..config });
    script.connect();
    script.open();
    let register = script.expect("REGISTER ");
    script.say(&edit(Text::bound(&register)));
    script
}

/// The registration is refreshed, with this Flow-Timer.
fn refresh(script: &mut Script, flow_timer: &str) {
    script.ask_for(|id| Command::Register { id });
    let register = script.expect("REGISTER ");
    script.say(&Text::bound(&register).with("Flow-Timer", flow_timer));
}

/// Lets time pass to the next ping, and takes it: when that is.
fn ping(script: &mut Script) -> u64 {
    let (at, why) = waits(script);
    assert_eq!(why, "send a keep-alive");
    script.silence_until(at);
    assert_eq!(script.expect("").0, "\r\n\r\n");
    at
}

#[test]
fn tr_05_flow_timer_of_the_edge_sets_the_interval() {
    for (value, range) in [("120", 96_000..=120_000), ("0", 20_000..=25_000), ("soon", 20_000..=25_000)] {
        let mut script = registered_by(|ok| ok.with("Flow-Timer", value));
        let at = ping(&mut script);
        assert!(range.contains(&at), "{at} for {value}");
    }
}

#[test]
fn tr_05_a_server_that_granted_outbound_owes_a_pong_from_the_first_ping_on() {
    for (name, value) in [("Flow-Timer", "20"), ("Require", "outbound"), ("Require", "path, OUTBOUND")] {
        let mut script = registered_by(|ok| ok.with(name, value));
        let at = ping(&mut script);
        script.silence_until(at + 9_999);
        assert!(script.end.flow.is_some());
        script.advance_to(at + 10_000);
        assert!(script.end.flow.is_none(), "{name}: {value}");
        assert!(script.was_told("connection Waiting"));
    }
}

#[test]
fn tr_05_a_flow_timer_that_means_nothing_grants_nothing() {
    for value in ["0", "soon", "-5"] {
        let mut script = registered_by(|ok| ok.with("Flow-Timer", value).with("Require", "path"));
        let at = ping(&mut script);
        script.silence_until(at + 20_000);
        assert!(script.end.flow.is_some(), "{value}");
    }
}

#[test]
fn tr_05_who_has_ponged_once_owes_a_pong_on_every_later_socket() {
    let mut script = Script::connected_as(keeping_alive(25_000));
    script.say_raw("\r\n");
    script.cut();
    script.reopen();
    let at = ping(&mut script);
    script.silence_until(at + 10_000);
    assert!(script.end.flow.is_none());
}

#[test]
fn tr_05_the_pong_timeout_is_the_configured_one() {
    let reconnect = ReconnectConfig { pong_timeout_ms: 3_000, ..keeping_alive(25_000).reconnect };
    let mut script = Script::connected_as(Config { reconnect, ..config() });
    script.say_raw("\r\n");
    let at = ping(&mut script);
    script.silence_until(at + 2_999);
    assert!(script.end.flow.is_some());
    script.advance_to(at + 3_000);
    assert!(script.end.flow.is_none());
}

#[test]
fn tr_05_keep_alive_zero_sends_none_whatever_the_edge_asks_for() {
    let mut script = registered_as(keeping_alive(0), |ok| ok.with("Flow-Timer", "20"));
    script.silence_until(440_000);
    script.hint(Hint::Resumed);
    script.expect_nothing();
}

#[test]
fn tr_05_a_refresh_that_grants_the_same_interval_does_not_put_the_ping_off() {
    let mut script = registered_by(|ok| ok.with("Flow-Timer", "120"));
    let (at, _) = waits(&script);
    for second in (10..90).step_by(10) {
        script.silence_until(second * 1_000);
        refresh(&mut script, "120");
    }
    assert_eq!(ping(&mut script), at);
}

#[test]
fn tr_05_an_interval_granted_while_a_pong_is_awaited_holds_from_the_next_ping_on() {
    let mut script = registered_by(|ok| ok.with("Flow-Timer", "120"));
    let at = ping(&mut script);
    refresh(&mut script, "60");
    script.say_raw("\r\n");
    let next = ping(&mut script);
    assert!((at + 48_000..=at + 60_000).contains(&next), "{next} after {at}");
}
