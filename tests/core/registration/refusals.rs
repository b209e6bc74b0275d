//! RG-04: what is done about each refusal.

use patchcord::agent::{Command, RegistrationConfig};
use patchcord::usage::data::FailureCode;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{INSTANCE, asking, asking_as, due, granted, news, refreshing, usual, with};
use crate::flows::assert_backs_off;
use crate::sim::{Script, Text};

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
        let register = script.expect("REGISTER ");
        script.say(&Text::answer(&register, "500 Server Internal Error"));
        let at = due(&mut script);
        assert_backs_off(&script, at, most);
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
fn rg_04_the_interval_a_registrar_wants_is_asked_for_at_once_from_then_on() {
    let (mut script, _) = asking();
    let first = script.expect("REGISTER ");
    script.say(&Text::answer(&first, "423 Interval Too Brief").with("Min-Expires", "3600"));
    let second = script.expect("REGISTER ");
    script.say(&granted(&second, 3600));
    let (_, refresh) = refreshing(&mut script);
    assert_eq!(refresh.get("Expires"), "3600");
    script.say(&Text::answer(&refresh, "423 Interval Too Brief").with("Min-Expires", "7200"));
    assert_eq!(script.expect("REGISTER ").get("Expires"), "7200", "once in each exchange");
}

#[test]
fn sl_10_min_expires_and_retry_after_count_for_a_day_at_most() {
    let (mut script, id) = asking();
    let first = script.expect("REGISTER ");
    script.say(&Text::answer(&first, "423 Interval Too Brief").with("Min-Expires", "4294967295"));
    let second = script.expect("REGISTER ");
    assert_eq!(second.get("Expires"), "86400");
    script.say(&Text::answer(&second, "503 Service Unavailable").with("Retry-After", "4294967295"));
    assert!(!script.is_settled(id));
    script.silence_until(86_400_000);
    script.bind();
    script.done(id);
}

#[test]
fn rg_04_401_and_407_without_credentials_reject() {
    for status in [401, 407] {
        let (mut script, id) = asking();
        let register = script.expect("REGISTER ");
        script.say(&Text::challenge(&register, status, &["Digest realm=\"r\", nonce=\"n\""]));
        script.expect_nothing();
        assert_eq!(script.failure(id).code, FailureCode::Authentication);
        assert_eq!(news(&mut script).last().map(String::as_str), Some("registration Rejected"));
        script.silence_until(3_600_000);
    }
}

#[test]
fn rg_04_439_registers_at_once_without_outbound() {
    let (mut script, id) = asking();
    let first = script.expect("REGISTER ");
    script.say(&Text::answer(&first, "439 First Hop Lacks Outbound Support"));
    let second = script.expect("REGISTER ");
    assert_eq!(second.get("Supported"), "path, gruu");
    let contact = second.get("Contact");
    assert!(contact.contains(INSTANCE) && !contact.contains("reg-id"), "{contact}");
    assert_eq!((second.cseq(), second.get("Call-ID")), (first.cseq() + 1, first.get("Call-ID")));
    script.say(&granted(&second, 600));
    script.done(id);
    let (_, refresh) = refreshing(&mut script);
    assert_eq!(refresh.get("Supported"), "path, gruu", "this way stays as it is");
    script.cut();
    script.reopen();
    assert_eq!(script.expect("REGISTER ").get("Supported"), "outbound, path, gruu", "another may be better");
}

#[test]
fn rg_04_439_again_is_a_failure_like_others() {
    let (mut script, id) = asking();
    for _ in 0..2 {
        let register = script.expect("REGISTER ");
        script.say(&Text::answer(&register, "439 First Hop Lacks Outbound Support"));
    }
    assert!(!script.is_settled(id));
    assert_eq!(news(&mut script).last().map(String::as_str), Some("registration Waiting"));
    script.expect_nothing();
}

#[test]
fn rg_04_439_rejects_where_outbound_is_required() {
    let (mut script, id) = asking_as(with(RegistrationConfig { require_outbound: true, ..usual() }));
    let register = script.expect("REGISTER ");
    script.say(&Text::answer(&register, "439 First Hop Lacks Outbound Support"));
    assert_eq!(script.failure(id).code, FailureCode::Rejected);
    script.silence_until(3_600_000);
}

#[test]
fn rg_04_430_drops_the_socket_and_registers_over_another() {
    let (mut script, id) = asking();
    let first = script.expect("REGISTER ");
    let dead = script.end.flow;
    script.say(&Text::answer(&first, "430 Flow Failed"));
    assert_eq!(script.end.closes.pop_front().map(|(flow, _)| Some(flow)), Some(dead));
    assert_eq!(news(&mut script).last().map(String::as_str), Some("registration Waiting"));
    script.reopen();
    let again = script.expect("REGISTER ");
    assert_eq!((again.get("Call-ID"), again.cseq()), (first.get("Call-ID"), first.cseq() + 1));
    script.say(&granted(&again, 600));
    script.done(id);
}

#[test]
fn rg_04_430_to_register_on_the_users_word_says_not_connected() {
    let mut script = Script::registered();
    let id = script.ask_for(|id| Command::Register { id });
    let register = script.expect("REGISTER ");
    script.say(&Text::answer(&register, "430 Flow Failed"));
    let failure = script.failure(id);
    assert_eq!(failure.code, FailureCode::NotConnected);
    assert_eq!(failure.response.map(|response| response.status), Some(430));
}

#[test]
fn rg_04_430_again_and_again_backs_off() {
    let (mut script, _) = asking();
    for most in [2_000, 4_000, 8_000, 60_000] {
        let register = script.expect("REGISTER ");
        script.say(&Text::answer(&register, "430 Flow Failed"));
        let wake = script.end.wake.unwrap().at.0;
        assert_backs_off(&script, wake, most);
        script.advance_to(wake);
        script.open();
    }
}

#[test]
fn rg_04_a_refused_refresh_stops_and_the_binding_is_forgotten() {
    let mut script = Script::registered();
    let (_, register) = refreshing(&mut script);
    script.say(&Text::answer(&register, "403 Forbidden"));
    assert_eq!(news(&mut script), ["registration Rejected"]);
    script.silence_until(24 * 3_600_000);
    assert!(news(&mut script).is_empty(), "nothing is left that could expire");
}

#[test]
fn rg_04_a_refresh_that_is_not_answered_waits_and_the_binding_stands() {
    let mut script = Script::registered();
    let (at, _) = refreshing(&mut script);
    script.news();
    script.silence_until(at + 32_000);
    assert_eq!(news(&mut script), ["registration Waiting"]);
}
