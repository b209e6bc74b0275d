//! SL-01 at the agent: what it does with messages that are too large.

use patchcord::agent::{Config, Input, UserAgent};
use patchcord::message::Frame;
use patchcord::usage::data::Limits;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::sim::{Script, Text, config};

fn limited(limits: Limits) -> Config {
    Config { limits, ..config() }
}

/// The message with a body that makes it this many octets.
fn sized(text: &Text, size: usize) -> Text {
    let text = text.clone().body_of("application/sdp", "");
    let missing = size - text.0.len();
    Text(text.0 + &"x".repeat(missing))
}

#[test]
fn sl_01_a_request_of_more_than_64_kib_is_513_and_one_of_64_kib_is_acted_on() {
    let mut script = Script::connected();
    let options = script.request("OPTIONS");
    script.say(&sized(&options, 65_536));
    script.expect_response(200, "OPTIONS");
    let options = script.request("OPTIONS");
    script.say(&sized(&options, 65_537));
    let refusal = script.expect("SIP/2.0 513 Message Too Large\r\n");
    assert_eq!((refusal.get("Via"), refusal.get("CSeq")), (options.get("Via"), options.get("CSeq")));
    assert!(script.was_told("diagnostic malformed"));
}

#[test]
fn sl_01_a_response_of_more_than_64_kib_is_dropped_with_a_diagnostic() {
    let mut script = Script::connected();
    let call = script.call();
    let invite = script.expect("INVITE ");
    script.news();
    script.say(&sized(&Text::ok_to(&invite), 65_537));
    script.expect_nothing();
    assert_eq!(script.news(), ["diagnostic malformed"]);
    script.say(&sized(&Text::ok_to(&invite), 65_536));
    script.expect("ACK ");
    assert!(script.is_up(call));
}

#[test]
fn sl_01_a_frame_of_more_than_1_mib_closes_the_connection_with_1009() {
    let mut script = Script::connected();
    let options = script.request("OPTIONS");
    script.say(&sized(&options, 1 << 20));
    script.expect_response(513, "OPTIONS");
    assert!(script.end.closes.is_empty());
    script.say(&sized(&options, (1 << 20) + 1));
    script.expect_nothing();
    assert_eq!(script.end.closes.pop_front().map(|(_, code)| code), Some(1009));
    assert!(script.was_told("diagnostic too-large"));
    assert!(script.was_told("connection Waiting"));
    script.reopen();
    assert!(script.was_told("connection Connected"));
}

#[test]
fn sl_01_1_mib_of_blanks_and_more_closes_the_connection_too() {
    let mut script = Script::connected();
    let flow = script.end.flow.unwrap();
    script.input(Input::Received { flow, frame: Frame::Binary(vec![b'\n'; (1 << 20) + 1]) });
    assert_eq!(script.end.closes.pop_front().map(|(_, code)| code), Some(1009));
}

#[test]
fn sl_01_more_header_lines_than_128_are_400() {
    let mut script = Script::connected();
    for (more, status) in [(0, 200), (1, 400)] {
        let mut options = script.request("OPTIONS");
        let lines = options.0.matches("\r\n").count() - 2;
        for _ in lines..128 + more {
            options = options.with("X", "y");
        }
        script.say(&options);
        script.expect_response(status, "OPTIONS");
    }
}

#[test]
fn sl_01_the_size_of_a_message_and_its_header_lines_are_configurable() {
    let mut script = Script::connected_as(limited(Limits { message_bytes: 1 << 20, headers: 16, ..Limits::default() }));
    let options = script.request("OPTIONS");
    script.say(&sized(&options, 1 << 20));
    script.expect_response(200, "OPTIONS");
    let mut options = script.request("OPTIONS");
    while options.0.matches("\r\n").count() - 2 < 17 {
        options = options.with("X", "y");
    }
    script.say(&options);
    script.expect_response(400, "OPTIONS");
    let mut script = Script::connected_as(limited(Limits { message_bytes: 1_024, ..Limits::default() }));
    let options = script.request("OPTIONS");
    script.say(&sized(&options, 1_025));
    script.expect_response(513, "OPTIONS");
}

#[test]
fn sl_01_limits_that_cannot_work_are_misuse_that_names_them() {
    for (field, config) in [
        ("limits.messageBytes", limited(Limits { message_bytes: 1_023, ..Limits::default() })),
        ("limits.messageBytes", limited(Limits { message_bytes: (1 << 20) + 1, ..Limits::default() })),
        ("limits.headers", limited(Limits { headers: 15, ..Limits::default() })),
        ("limits.headers", limited(Limits { headers: 4_097, ..Limits::default() })),
    ] {
        let misuse = UserAgent::new(config, [1; 32]).map(|_| ()).expect_err(field).0;
        assert!(misuse.starts_with(&format!("{field}:")), "{field}: {misuse}");
    }
}
