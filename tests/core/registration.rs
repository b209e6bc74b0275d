//! Registration and its refreshes: requirements RG-01 to RG-05, RG-08, TR-02, TR-09 in part.

use patchcord::agent::{Command, Config, RegistrationConfig};
use patchcord::usage::data::FailureCode;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::sim::{Script, Text, registering};

/// A REGISTER on its way, nothing answered.
fn asking() -> (Script, patchcord::usage::data::RequestId) {
    let mut script = Script::new(registering());
    let id = script.connect();
    script.open();
    (script, id)
}

fn granted(register: &Text, expires: u32) -> Text {
    let contact = format!("<{}>;expires={expires}", register.uri_in("Contact"));
    Text::answer(register, "200 OK").tagged("reg").with("Contact", &contact)
}

/// When the registration acts next.
fn due(script: &mut Script) -> u64 {
    let machines = script.snapshot();
    machines.iter().find(|machine| machine.machine == "registration").and_then(|machine| machine.at).unwrap()
}

#[test]
fn rg_01_register_names_instance_flow_and_extensions() {
    let (mut script, id) = asking();
    let register = script.expect("REGISTER sip:example.test SIP/2.0\r\n");
    assert_eq!(register.get("To"), "<sip:alice@example.test>");
    assert!(register.get("From").starts_with("<sip:alice@example.test>;tag="));
    assert_eq!(register.get("Expires"), "600");
    assert_eq!(register.get("Supported"), "outbound, path");
    assert_eq!(register.get("Max-Forwards"), "70");
    let contact = register.get("Contact");
    for part in [";+sip.instance=\"<urn:uuid:0b6e3a52-3f1c-4d6e-9a57-2d0c5b1f7e11>\"", ";reg-id=1", ";expires=600"] {
        assert!(contact.contains(part), "{part} in {contact}");
    }
    assert!(!script.is_settled(id), "connected is not registered");
    script.say(&granted(&register, 600));
    script.done(id);
    assert!(script.was_told("registration Registered"));
    assert!(script.was_told("refreshed until 600000"));
}

#[test]
fn tr_02_via_and_contact_share_a_host_nobody_can_resolve() {
    let (mut script, _) = asking();
    let register = script.expect("REGISTER ");
    let via = register.get("Via");
    let host = via.strip_prefix("SIP/2.0/WSS ").and_then(|rest| rest.split_once(';')).unwrap().0.to_owned();
    assert!(host.ends_with(".invalid") && host.len() >= 12 + ".invalid".len(), "{host}");
    assert_eq!(register.uri_in("Contact"), format!("sip:alice@{host};transport=ws"), "ws for wss too");
    let token = register.branch().strip_prefix("z9hG4bK").map(str::len);
    assert!(token >= Some(13), "64 random bits behind the cookie");
    script.say(&granted(&register, 600));
    script.cut();
    script.reopen();
    let again = script.expect("REGISTER ");
    assert_eq!(again.uri_in("Contact"), register.uri_in("Contact"), "the host outlives the socket");
    assert_ne!(again.branch(), register.branch());
}

#[test]
fn rg_02_our_binding_is_found_among_others_by_instance_or_by_uri() {
    for own in [
        "<sip:other@elsewhere.test>;+sip.instance=\"<urn:uuid:0b6e3a52-3f1c-4d6e-9a57-2d0c5b1f7e11>\";reg-id=1",
        "<{uri}>",
    ] {
        let (mut script, id) = asking();
        let register = script.expect("REGISTER ");
        let own = own.replace("{uri}", &register.uri_in("Contact"));
        let ok = Text::answer(&register, "200 OK").with("Expires", "7000");
        let ok = ok.with("Contact", "<sip:alice@192.0.2.1>;expires=50").with("Contact", &format!("{own};expires=100"));
        script.say(&ok);
        script.done(id);
        assert!(script.was_told("refreshed until 100000"), "{own}");
        assert!((75_000..=90_000).contains(&due(&mut script)));
    }
}

#[test]
fn rg_02_expiry_falls_back_to_the_header_then_to_what_was_asked() {
    for (header, until) in [(Some("300"), 300_000), (None, 600_000)] {
        let (mut script, _) = asking();
        let register = script.expect("REGISTER ");
        let contact = format!("<{}>", register.uri_in("Contact"));
        let ok = Text::answer(&register, "200 OK").with("Contact", &contact);
        script.say(&header.map_or(ok.clone(), |header| ok.with("Expires", header)));
        assert!(script.was_told(&format!("refreshed until {until}")));
    }
}

#[test]
fn rg_02_a_2xx_that_does_not_bind_us_is_no_registration() {
    for contact in ["<sip:alice@192.0.2.1>;expires=600", "<{uri}>;expires=0"] {
        let (mut script, id) = asking();
        let register = script.expect("REGISTER ");
        let contact = contact.replace("{uri}", &register.uri_in("Contact"));
        script.say(&Text::answer(&register, "200 OK").with("Contact", &contact));
        assert!(!script.is_settled(id));
        assert!(script.was_told("registration Waiting"), "{contact}");
        assert!(script.was_told("diagnostic not-bound"));
    }
}

#[test]
fn rg_03_the_refresh_leaves_between_three_and_nine_tenths_of_the_interval() {
    let mut script = Script::registered();
    let mut before = 0;
    for _ in 0..5 {
        let at = due(&mut script);
        assert!((before + 450_000..=before + 540_000).contains(&at), "{at} after {before}");
        script.silence_until(at);
        script.bind();
        before = at;
    }
}

#[test]
fn rg_03_a_short_interval_is_refreshed_five_seconds_before_its_end() {
    let (mut script, _) = asking();
    let register = script.expect("REGISTER ");
    script.say(&granted(&register, 12));
    assert!((7_000..=9_000).contains(&due(&mut script)));
}

#[test]
fn rg_01_refreshes_keep_call_id_and_tag_and_count_cseq() {
    let mut script = Script::new(registering());
    script.connect();
    script.open();
    let first = script.bind();
    let at = due(&mut script);
    script.advance_to(at);
    let second = script.bind();
    assert_eq!(second.get("Call-ID"), first.get("Call-ID"));
    assert_eq!(second.get("From"), first.get("From"));
    assert_eq!(second.cseq(), first.cseq() + 1);
    assert_ne!(second.branch(), first.branch());
}

#[test]
fn rg_03_two_registers_are_never_under_way_at_once() {
    let (mut script, id) = asking();
    let register = script.expect("REGISTER ");
    let again = script.ask_for(|id| Command::Register { id });
    script.expect_nothing();
    let leave = script.ask_for(|id| Command::Unregister { id, all: false });
    script.expect_nothing();
    assert_eq!(script.failure(again).code, FailureCode::Ended);
    script.advance(1_000);
    script.say(&granted(&register, 600));
    let unregister = script.expect("REGISTER ");
    assert_eq!(unregister.get("Expires"), "0");
    assert!(!script.is_settled(leave) && !script.is_settled(id));
    let return_ = script.ask_for(|id| Command::Register { id });
    script.expect_nothing();
    script.say(&Text::answer(&unregister, "200 OK"));
    script.done(leave);
    script.bind();
    script.done(return_);
    script.done(id);
}

#[test]
fn rg_04_423_is_answered_once_with_the_interval_the_registrar_wants() {
    let (mut script, id) = asking();
    let first = script.expect("REGISTER ");
    script.say(&Text::answer(&first, "423 Interval Too Brief").with("Min-Expires", "3600"));
    let second = script.expect("REGISTER ");
    assert_eq!(second.get("Expires"), "3600");
    assert!(second.get("Contact").contains(";expires=3600"));
    assert_eq!(second.cseq(), first.cseq() + 1);
    script.say(&granted(&second, 3600));
    script.done(id);
    assert!(script.was_told("refreshed until 3600000"));
}

#[test]
fn rg_04_423_that_asks_for_no_more_than_we_offered_rejects() {
    for min_expires in [Some("600"), Some("30"), Some("soon"), None] {
        let (mut script, id) = asking();
        let register = script.expect("REGISTER ");
        let brief = Text::answer(&register, "423 Interval Too Brief");
        script.say(&min_expires.map_or(brief.clone(), |value| brief.with("Min-Expires", value)));
        script.expect_nothing();
        assert_eq!(script.failure(id).code, FailureCode::Rejected);
    }
}

#[test]
fn rg_04_a_registrar_that_raises_its_423_again_and_again_rejects() {
    let (mut script, id) = asking();
    for min_expires in ["1000", "1001"] {
        let register = script.expect("REGISTER ");
        script.say(&Text::answer(&register, "423 Interval Too Brief").with("Min-Expires", min_expires));
    }
    script.expect_nothing();
    assert_eq!(script.failure(id).code, FailureCode::Rejected);
}

#[test]
fn tr_12_unregistering_while_offline_was_not_done_and_says_so() {
    let mut script = Script::registered();
    script.cut();
    let id = script.ask_for(|id| Command::Unregister { id, all: false });
    assert_eq!(script.failure(id).code, FailureCode::NotConnected);
}

#[test]
fn rg_04_403_and_404_stop_for_good() {
    for status in ["403 Forbidden", "404 Not Found"] {
        let (mut script, id) = asking();
        let register = script.expect("REGISTER ");
        script.say(&Text::answer(&register, status));
        let failure = script.failure(id);
        assert_eq!(failure.code, FailureCode::Rejected);
        assert_eq!(failure.response.map(|response| response.status.to_string()), Some(status[..3].to_owned()));
        assert!(script.was_told("registration Rejected"));
        script.silence_until(24 * 3_600_000);
        script.cut();
        script.reopen();
        script.expect_nothing();
    }
}

#[test]
fn rg_04_503_waits_for_retry_after_and_connect_waits_with_it() {
    let (mut script, id) = asking();
    let register = script.expect("REGISTER ");
    script.say(&Text::answer(&register, "503 Service Unavailable").with("Retry-After", "100"));
    assert!(script.was_told("registration Waiting"));
    assert!(!script.is_settled(id));
    script.silence_until(100_000);
    script.bind();
    script.done(id);
}

#[test]
fn rg_04_failures_in_a_row_back_off_like_reconnects() {
    let (mut script, _) = asking();
    for most in [2_000, 4_000, 8_000, 60_000, 120_000, 240_000, 480_000, 960_000] {
        let least = if most >= 60_000 { most / 2 } else { 0 };
        let register = script.expect("REGISTER ");
        script.say(&Text::answer(&register, "500 Server Internal Error"));
        let at = due(&mut script);
        assert!((script.now() + least..=script.now() + most).contains(&at), "{} for {most}", at - script.now());
        script.silence_until(at);
    }
}

#[test]
fn rg_04_a_silent_registrar_is_asked_again_after_timer_f() {
    let (mut script, _) = asking();
    script.expect("REGISTER ");
    script.silence_until(32_000);
    assert!(script.was_told("registration Waiting"));
    let at = due(&mut script);
    assert!((32_000..=34_000).contains(&at));
    script.silence_until(at);
    script.bind();
}

#[test]
fn rg_05_unregister_removes_our_own_contact_or_all() {
    for (all, contact) in [(false, ";expires=0"), (true, "*")] {
        let mut script = Script::registered();
        let id = script.ask_for(|id| Command::Unregister { id, all });
        let register = script.expect("REGISTER ");
        assert_eq!(register.get("Expires"), "0");
        assert!(register.get("Contact").ends_with(contact), "{}", register.get("Contact"));
        assert!(!script.is_settled(id));
        script.say(&Text::answer(&register, "200 OK"));
        script.done(id);
        assert!(script.was_told("registration Unregistered"));
        script.silence_until(3_600_000);
    }
}

#[test]
fn rg_05_disconnect_waits_two_seconds_for_the_registrar_then_closes() {
    let mut script = Script::registered();
    script.advance_to(10_000);
    let id = script.ask_for(|id| Command::Disconnect { id });
    assert_eq!(script.expect("REGISTER ").get("Expires"), "0");
    script.silence_until(11_999);
    assert!(!script.is_settled(id));
    script.advance_to(12_000);
    script.done(id);
    assert_eq!(script.end.closes.pop_front().map(|(_, code)| code), Some(1000));
    assert_eq!(script.end.wake, None, "nothing is left to do");
}

#[test]
fn rg_05_connect_follows_disconnect() {
    let mut script = Script::registered();
    let first = script.ask_for(|id| Command::Disconnect { id });
    let unregister = script.expect("REGISTER ");
    script.say(&Text::answer(&unregister, "200 OK"));
    script.done(first);
    let second = script.connect();
    script.open();
    let register = script.bind();
    assert_eq!(register.get("Call-ID"), unregister.get("Call-ID"));
    assert_eq!(register.cseq(), unregister.cseq() + 1);
    script.done(second);
}

#[test]
fn rg_08_after_a_reconnect_we_register_again_with_the_same_call_id() {
    let mut script = Script::new(registering());
    script.connect();
    script.open();
    let first = script.bind();
    script.advance_to(60_000);
    let dead = script.cut();
    assert!(script.was_told("registration Waiting"));
    script.reopen();
    let again = script.expect("REGISTER ");
    assert_eq!(again.get("Call-ID"), first.get("Call-ID"));
    assert_eq!(again.get("From"), first.get("From"));
    assert!(again.get("Contact").contains(";reg-id=1"));
    assert!(again.cseq() > first.cseq());
    assert_ne!(script.end.flow, Some(dead));
    script.say(&granted(&again, 600));
    assert!(script.was_told("registration Registered"));
}

#[test]
fn rg_08_parameters_of_the_application_pass_through_in_contact() {
    let contact_params = vec![("pn-provider".to_owned(), Some("webpush".to_owned())), ("audio".to_owned(), None)];
    let registration = Some(RegistrationConfig { expires: 60, registrar: None, contact_params });
    let mut script = Script::new(Config { registration, ..registering() });
    script.connect();
    script.open();
    let contact = script.expect("REGISTER ").get("Contact");
    assert!(contact.contains(";pn-provider=webpush;audio"), "{contact}");
}

#[test]
fn tr_09_a_refresh_long_overdue_leaves_once() {
    let mut script = Script::registered();
    script.tick_late(3 * 3_600_000);
    script.bind();
    script.expect_nothing();
}

#[test]
fn rg_07_service_route_becomes_the_route_of_new_requests() {
    let (mut script, id) = asking();
    let register = script.expect("REGISTER ");
    script.say(&granted(&register, 600).with("Service-Route", "<sip:a.test;lr>, <sip:b.test;lr>"));
    script.done(id);
    script.call();
    assert_eq!(script.expect("INVITE ").all("Route"), ["<sip:a.test;lr>", "<sip:b.test;lr>"]);
}

#[test]
fn rg_03_connect_while_disconnecting_registers_again_when_the_registrar_has_answered() {
    let mut script = Script::registered();
    let leave = script.ask_for(|id| Command::Disconnect { id });
    let unregister = script.expect("REGISTER ");
    let back = script.connect();
    assert_eq!(script.failure(leave).code, FailureCode::Ended);
    script.expect_nothing();
    script.say(&Text::answer(&unregister, "200 OK"));
    assert_eq!(script.bind().get("Expires"), "600");
    script.done(back);
}

#[test]
fn rg_04_connect_after_a_refusal_and_a_lost_socket_tries_again() {
    let (mut script, refused) = asking();
    let register = script.expect("REGISTER ");
    script.say(&Text::answer(&register, "403 Forbidden"));
    assert_eq!(script.failure(refused).code, FailureCode::Rejected);
    script.cut();
    let again = script.connect();
    assert!(!script.is_settled(again), "the old refusal answers no new question");
    script.reopen();
    script.bind();
    script.done(again);
}

#[test]
fn rg_08_register_fails_with_not_connected_when_the_socket_goes_and_is_repeated_on_the_next() {
    let mut script = Script::registered();
    let id = script.ask_for(|id| Command::Register { id });
    script.expect("REGISTER ");
    script.cut();
    assert_eq!(script.failure(id).code, FailureCode::NotConnected);
    script.reopen();
    script.bind();
}
