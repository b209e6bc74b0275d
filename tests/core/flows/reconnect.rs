//! When and where it is tried again: requirement TR-06.

use patchcord::agent::{Command, Config, Hint, Input, ReconnectConfig};
use patchcord::entropy::Entropy;
use patchcord::message::FlowId;
use patchcord::time::{Backoff, Duration};
use patchcord::usage::data::FailureCode;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{assert_backs_off, retry_at, servers, wait_for_retry};
use crate::sim::{Script, Text, config, registering};

#[test]
fn tr_06_reconnects_back_off_from_2_to_960_seconds() {
    let mut script = Script::connected();
    script.cut();
    for most in [2_000_u64, 4_000, 8_000, 60_000, 120_000, 240_000, 480_000, 960_000, 1_800_000, 1_800_000] {
        let at = retry_at(&script).unwrap();
        assert_backs_off(&script, at, most);
        script.advance_to(at);
        script.fail_to_open();
    }
}

#[test]
fn tr_06_a_good_connection_forgets_the_failures() {
    let mut script = Script::connected();
    for _ in 0..20 {
        script.cut();
        script.reopen();
    }
}

#[test]
fn tr_06_with_registration_only_a_2xx_forgets_the_failures() {
    let mut script = Script::new(registering());
    script.connect();
    script.open();
    for most in [2_000, 4_000, 8_000, 60_000] {
        script.expect("REGISTER ");
        script.cut();
        let at = retry_at(&script).unwrap();
        assert_backs_off(&script, at, most);
        script.advance_to(at);
        script.open();
    }
    script.bind();
    script.cut();
    script.reopen();
}

/// What was tried, attempt after attempt, when every one fails: the number of the server.
fn tries(script: &mut Script, count: usize) -> Vec<String> {
    let mut tried = Vec::new();
    while tried.len() < count {
        let url = script.fail_to_open();
        tried.push(url.trim_start_matches("wss://edge").split('.').next().unwrap().to_owned());
        wait_for_retry(script);
    }
    tried
}

#[test]
fn tr_06_each_attempt_goes_to_the_next_server() {
    let mut script = Script::new(servers(3));
    script.connect();
    assert_eq!(tries(&mut script, 4), ["1", "2", "3", "1"]);
}

#[test]
fn tr_06_after_a_loss_the_server_that_was_up_is_tried_first() {
    let mut script = Script::new(servers(3));
    script.connect();
    script.fail_to_open();
    wait_for_retry(&mut script);
    assert_eq!(script.open(), "wss://edge2.example.test/sip");
    script.cut();
    wait_for_retry(&mut script);
    assert_eq!(script.fail_to_open(), "wss://edge2.example.test/sip");
    wait_for_retry(&mut script);
    assert_eq!(script.open(), "wss://edge3.example.test/sip", "the next one after it failed");
}

#[test]
fn tr_06_a_socket_that_does_not_open_within_ten_seconds_is_given_up() {
    let mut script = Script::new(config());
    script.connect();
    script.silence_until(9_999);
    assert!(script.end.closes.is_empty());
    script.silence_until(10_000);
    assert_eq!(script.end.closes.pop_front(), Some((FlowId(0), 1000)));
    assert!(script.was_told("connection Waiting"));
}

#[test]
fn tr_06_a_close_code_that_means_no_stops_the_attempts() {
    let mut script = Script::connected();
    script.cut_with(1008);
    assert!(script.was_told("connection Idle"));
    script.advance(10_000_000);
    assert!(script.end.opens.is_empty());
    let id = script.connect();
    script.open();
    script.done(id);
}

#[test]
fn tr_06_the_curve_has_the_bounds_2_4_8_60_120_240_480_960_and_1800_s() {
    let backoff = Backoff { first: Duration::from_secs(2), longest: Duration::from_secs(1_800) };
    let mut entropy = Entropy::new([9; 32]);
    let bounds = [2, 4, 8, 60, 120, 240, 480, 960, 1_800, 1_800];
    for (failures, most) in (1..).zip(bounds.map(Duration::from_secs)) {
        let least = if failures <= 3 { Duration::ZERO } else { most / 2 };
        assert_eq!(backoff.window(failures), (least, most), "after {failures} failures");
        let drawn: Vec<Duration> = (0..100).map(|_| backoff.after(failures, &mut entropy)).collect();
        assert!(drawn.iter().all(|wait| (least..=most).contains(wait)), "after {failures} failures: {drawn:?}");
        assert!(drawn.iter().any(|wait| *wait > least + (most - least) * 3 / 4), "the window is used: {drawn:?}");
        assert!(drawn.iter().any(|wait| *wait < least + (most - least) / 4), "the window is used: {drawn:?}");
    }
    assert_eq!(backoff.window(u32::MAX).1, Duration::from_secs(1_800));
}

#[test]
fn tr_06_min_delay_scales_the_curve_and_max_delay_cuts_it() {
    let bounds = |first, longest| {
        let backoff = Backoff { first: Duration::from_millis(first), longest: Duration::from_millis(longest) };
        [1, 2, 3, 4, 5, 20].map(|failures| backoff.window(failures).1.as_millis())
    };
    assert_eq!(bounds(500, 1_800_000), [500, 1_000, 2_000, 15_000, 30_000, 1_800_000]);
    assert_eq!(bounds(8_000, 60_000), [8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    assert_eq!(bounds(0, 1_800_000), [0, 0, 0, 2_000, 4_000, 1_800_000], "no storm");
}

#[test]
fn tr_06_the_preferred_server_is_tried_first_again_once_it_is_due() {
    let mut script = Script::new(servers(2));
    script.connect();
    script.fail_to_open();
    wait_for_retry(&mut script);
    assert_eq!(script.open(), "wss://edge2.example.test/sip");
    // One failure of its own: due again within 60 s.
    script.advance(61_000);
    assert!(script.end.opens.is_empty(), "a connection that works is not given up for a better one");
    script.cut();
    wait_for_retry(&mut script);
    assert_eq!(tries(&mut script, 1), ["1"], "failed back");
    assert_eq!(script.open(), "wss://edge2.example.test/sip", "and over again");
    // Two failures of its own: due again in 60 s at the soonest.
    script.advance(50_000);
    script.cut();
    wait_for_retry(&mut script);
    assert_eq!(script.open(), "wss://edge2.example.test/sip", "not due yet");
    script.advance(70_000);
    script.cut();
    wait_for_retry(&mut script);
    assert_eq!(script.open(), "wss://edge1.example.test/sip", "due");
}

#[test]
fn tr_06_no_server_is_left_out_while_the_preferred_one_stays_away() {
    let mut script = Script::new(servers(3));
    script.connect();
    let tried = tries(&mut script, 30);
    for server in ["1", "2", "3"] {
        assert!(tried.iter().filter(|one| *one == server).count() >= 7, "{server} in {tried:?}");
    }
}

#[test]
fn tr_06_connect_after_disconnect_begins_with_the_preferred_server() {
    let mut script = Script::new(servers(3));
    script.connect();
    script.fail_to_open();
    wait_for_retry(&mut script);
    script.open();
    script.ask_for(|id| Command::Disconnect { id });
    script.connect();
    assert_eq!(script.open(), "wss://edge1.example.test/sip");
}

#[test]
fn tr_06_a_server_that_opens_its_socket_and_does_not_register_has_failed() {
    let mut script = Script::new(Config { servers: servers(2).servers, ..registering() });
    script.connect();
    assert_eq!(script.open(), "wss://edge1.example.test/sip");
    script.expect("REGISTER ");
    script.cut();
    wait_for_retry(&mut script);
    assert_eq!(script.open(), "wss://edge2.example.test/sip");
    script.bind();
    script.cut();
    wait_for_retry(&mut script);
    assert_eq!(script.open(), "wss://edge2.example.test/sip", "it was good, and the preferred one is not due");
}

#[test]
fn tr_06_where_nobody_registers_any_more_an_open_socket_forgets_the_failures() {
    let mut script = Script::registered();
    script.ask_for(|id| Command::Unregister { id, all: false });
    let unregister = script.expect("REGISTER ");
    script.say(&Text::answer(&unregister, "200 OK"));
    for _ in 0..10 {
        script.cut();
        script.reopen();
        script.expect_nothing();
    }
}

#[test]
fn tr_06_a_close_code_that_means_no_leaves_nothing_waiting() {
    let reconnect = ReconnectConfig { no_retry_codes: vec![4001], ..config().reconnect };
    let mut script = Script::new(Config { reconnect, ..registering() });
    script.connect();
    script.open();
    script.bind();
    script.cut_with(1008);
    assert!(script.was_told("connection Waiting"), "1008 is not in this list");
    script.reopen();
    script.bind();
    script.news();
    script.cut_with(4001);
    let news = script.news();
    assert_eq!(news.iter().rev().find(|line| line.starts_with("connection ")).unwrap(), "connection Idle");
    assert_eq!(news.iter().rev().find(|line| line.starts_with("registration ")).unwrap(), "registration Unregistered");
    script.hint(Hint::Online);
    script.command(Command::Reconnect);
    script.advance(10_000_000);
    assert!(script.end.opens.is_empty());
    let id = script.connect();
    script.open();
    script.bind();
    script.done(id);
}

#[test]
fn tr_06_a_close_code_that_means_no_refuses_connect() {
    let mut script = Script::new(config());
    let id = script.connect();
    let call = script.call();
    let (flow, _) = script.end.opens.pop_front().unwrap();
    script.input(Input::Closed { flow, code: 1008 });
    let failure = script.failure(id);
    assert_eq!(failure.code, FailureCode::Rejected);
    assert!(failure.message.contains("1008"), "{}", failure.message);
    assert!(!script.is_up(call));
}
