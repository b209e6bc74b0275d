//! The handshake, and what it makes of the addresses: requirements TR-01, TR-02.

use patchcord::agent::Config;
use patchcord::usage::data::FailureCode;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{assert_backs_off, retry_at, servers, waits};
use crate::sim::{Script, config, registering};

#[test]
fn tr_01_a_server_that_does_not_speak_sip_is_closed_with_1002_and_refused() {
    for protocol in [None, Some("xmpp"), Some(""), Some("SIP")] {
        let mut script = Script::new(config());
        let id = script.connect();
        script.open_as(protocol);
        assert_eq!(script.end.closes.pop_front().map(|(_, code)| code), Some(1002), "{protocol:?}");
        let failure = script.failure(id);
        assert_eq!(failure.code, FailureCode::Rejected);
        assert!(failure.message.contains("`sip`"), "{}", failure.message);
        assert!(script.was_told("connection Idle") && script.was_told("diagnostic subprotocol"));
        script.silence_until(3_600_000);
        assert!(script.end.opens.is_empty(), "no more attempts");
    }
}

#[test]
fn tr_01_connect_is_refused_only_when_no_server_speaks_sip() {
    let mut script = Script::new(servers(2));
    let id = script.connect();
    assert_eq!(script.open_as(None), "wss://edge1.example.test/sip");
    assert!(!script.is_settled(id));
    let (at, _) = waits(&script);
    assert!(at <= 2_000);
    script.advance_to(at);
    assert_eq!(script.open(), "wss://edge2.example.test/sip");
    script.done(id);
}

#[test]
fn tr_01_once_a_server_has_spoken_sip_a_stranger_is_a_failed_attempt_like_any_other() {
    let mut script = Script::connected();
    script.cut();
    for most in [2_000, 4_000, 8_000, 60_000, 120_000] {
        let at = retry_at(&script).unwrap();
        assert_backs_off(&script, at, most);
        script.advance_to(at);
        script.news();
        script.open_as(Some("xmpp"));
        assert_eq!(script.end.closes.pop_front().map(|(_, code)| code), Some(1002));
        assert!(script.was_told("diagnostic subprotocol"));
    }
}

#[test]
fn tr_01_a_server_that_cannot_be_reached_might_have_spoken_sip() {
    let mut script = Script::new(servers(2));
    let id = script.connect();
    for speaks in [Some(None), None, Some(None), Some(Some("xmpp"))] {
        assert!(!script.is_settled(id), "not every server in a row was a stranger");
        match speaks {
            Some(protocol) => script.open_as(protocol),
            None => script.fail_to_open(),
        };
        if let Some(at) = script.end.wake.map(|wake| wake.at.0) {
            script.advance_to(at);
        }
    }
    assert_eq!(script.failure(id).code, FailureCode::Rejected);
}

#[test]
fn tr_02_via_says_ws_where_the_url_does_and_contact_says_ws_for_both() {
    for (server, via) in [("ws://localhost/sip", "WS"), ("wss://edge.example.test", "WSS"), ("WSS://edge.test", "WSS")]
    {
        let mut script = Script::new(Config { servers: vec![server.to_owned()], ..registering() });
        script.connect();
        script.open();
        let register = script.expect("REGISTER ");
        assert!(register.get("Via").starts_with(&format!("SIP/2.0/{via} ")), "{server}: {}", register.get("Via"));
        assert!(register.uri_in("Contact").ends_with(".invalid;transport=ws"), "{server}");
    }
}
