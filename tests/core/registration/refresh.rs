//! RG-03, RG-08, TR-09: the binding is kept fresh, over lost sockets and failures too.

use patchcord::agent::Command;
use patchcord::usage::data::FailureCode;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{asking, due, granted, news, refreshing};
use crate::sim::{Script, Text, registering};

#[test]
fn rg_03_the_refresh_leaves_between_three_quarters_and_nine_tenths_of_the_interval() {
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
    assert_eq!(due(&mut script), 7_000);
}

#[test]
fn rg_03_refreshes_are_spread_over_their_window() {
    let mut all = Vec::new();
    for seed in 0..40 {
        let mut script = Script::seeded(registering(), seed);
        script.connect();
        script.open();
        script.bind();
        all.push(due(&mut script));
    }
    assert!(all.iter().all(|at| (450_000..=540_000).contains(at)), "{all:?}");
    let thirds = [450_000..480_000, 480_000..510_000, 510_000..540_001];
    assert!(thirds.iter().all(|third| all.iter().filter(|at| third.contains(*at)).count() >= 4), "{all:?}");
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
fn rg_08_register_fails_with_not_connected_when_the_socket_goes_and_is_repeated_on_the_next() {
    let mut script = Script::registered();
    let id = script.ask_for(|id| Command::Register { id });
    script.expect("REGISTER ");
    script.cut();
    assert_eq!(script.failure(id).code, FailureCode::NotConnected);
    script.reopen();
    script.bind();
}

#[test]
fn rg_08_a_reconnect_counts_cseq_by_one_and_a_call_goes_on_over_the_new_socket() {
    let mut script = Script::new(registering());
    script.listen();
    script.connect();
    script.open();
    let first = script.bind();
    let (call, _, _) = script.outgoing();
    script.advance_to(60_000);
    let dead = script.cut();
    assert!(script.was_told("registration Waiting"));
    script.reopen();
    script.news();
    let again = script.bind();
    assert!(script.was_told("registration Registered"));
    assert_eq!(again.get("Call-ID"), first.get("Call-ID"));
    assert_eq!(again.get("From"), first.get("From"));
    assert_eq!(again.cseq(), first.cseq() + 1);
    assert_eq!(again.get("Contact"), first.get("Contact"), "reg-id and all");
    script.hangup(call);
    let flow = script.end.sent.front().map(|(_, flow, _)| *flow);
    script.expect("BYE ");
    assert!(flow == script.end.flow && flow != Some(dead));
}

#[test]
fn rg_03_a_refresh_that_fails_leaves_the_binding_and_is_tried_again_before_its_end() {
    let mut script = Script::registered();
    let at = due(&mut script);
    script.advance_to(at);
    script.news();
    let mut attempts = 0;
    while script.now() < 600_000 {
        let register = script.expect("REGISTER ");
        script.say(&Text::answer(&register, "500 Server Internal Error"));
        attempts += 1;
        let told = news(&mut script);
        assert_eq!(told.last().map(String::as_str), Some("registration Waiting"), "{told:?}");
        assert!(!told.contains(&"expired".to_owned()), "the registrar still holds our contact");
        let next = due(&mut script);
        if script.now() < 595_000 {
            assert!(next <= 595_000, "there is an attempt before the end: {next}");
        }
        script.silence_until(next);
    }
    assert!(attempts >= 4);
    assert_eq!(news(&mut script), ["expired"], "at the very end of the binding");
}

#[test]
fn rg_03_the_last_attempt_can_save_the_binding() {
    let mut script = Script::registered();
    let at = due(&mut script);
    script.advance_to(at);
    loop {
        let register = script.expect("REGISTER ");
        if script.now() == 595_000 {
            script.news();
            script.say(&granted(&register, 600));
            break;
        }
        script.say(&Text::answer(&register, "503 Service Unavailable"));
        let next = due(&mut script);
        script.silence_until(next);
    }
    assert_eq!(news(&mut script), ["refreshed until 1195000", "registration Registered"]);
    script.silence_until(600_001);
    assert!(news(&mut script).is_empty(), "nothing expires");
}

#[test]
fn rg_03_retry_after_is_honoured_even_past_the_end_of_the_binding() {
    let mut script = Script::registered();
    let (at, register) = refreshing(&mut script);
    script.news();
    script.say(&Text::answer(&register, "503 Service Unavailable").with("Retry-After", "3600"));
    script.silence_until(600_000);
    assert_eq!(news(&mut script), ["registration Waiting", "expired"]);
    script.silence_until(at + 3_600_000);
    script.bind();
    assert_eq!(news(&mut script).first().map(String::as_str), Some("registration Registering"));
}

#[test]
fn rg_03_a_binding_that_ends_while_its_refresh_is_unanswered_is_told() {
    let (mut script, _) = asking();
    let register = script.expect("REGISTER ");
    script.say(&granted(&register, 20));
    let (at, _) = refreshing(&mut script);
    script.news();
    script.silence_until(20_000);
    assert_eq!(news(&mut script), ["expired", "registration Registering"]);
    script.silence_until(at + 32_000);
    assert_eq!(news(&mut script), ["registration Waiting"]);
}

#[test]
fn rg_03_a_binding_ends_while_there_is_no_socket() {
    let mut script = Script::registered();
    script.cut();
    assert_eq!(news(&mut script), ["registration Waiting"]);
    while script.now() < 600_000 {
        let wake = script.end.wake.unwrap().at.0;
        script.advance_to(wake);
        if !script.end.opens.is_empty() {
            script.fail_to_open();
        }
    }
    assert!(script.was_told("expired"));
}

#[test]
fn tr_09_after_a_long_sleep_the_end_of_the_binding_is_told_before_the_one_register() {
    let mut script = Script::registered();
    script.tick_late(3 * 3_600_000);
    assert_eq!(news(&mut script), ["expired", "registration Registering"]);
    script.bind();
    script.expect_nothing();
}

#[test]
fn rg_08_register_on_the_users_word_while_registered_is_silent_until_it_is_refreshed() {
    let mut script = Script::registered();
    let id = script.ask_for(|id| Command::Register { id });
    assert!(news(&mut script).is_empty());
    script.advance(1_000);
    script.bind();
    script.done(id);
    assert_eq!(news(&mut script), ["refreshed until 601000"]);
}
