//! RG-05, TR-12: unregistering.

use patchcord::agent::{Command, Config};
use patchcord::usage::data::FailureCode;
use patchcord::usage::question::{Answer, CredentialSource};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{INSTANCE, news};
use crate::sim::{Script, Text, alice, registering};

#[test]
fn tr_12_unregistering_while_offline_was_not_done_and_says_so() {
    let mut script = Script::registered();
    script.cut();
    let id = script.ask_for(|id| Command::Unregister { id, all: false });
    assert_eq!(script.failure(id).code, FailureCode::NotConnected);
}

#[test]
fn rg_05_unregister_names_our_own_contact_whole_or_all_by_a_star_alone() {
    for all in [false, true] {
        let mut script = Script::registered();
        let id = script.ask_for(|id| Command::Unregister { id, all });
        let register = script.expect("REGISTER ");
        assert_eq!(register.get("Expires"), "0");
        let own = || format!("<{}>;{INSTANCE};reg-id=1;expires=0", register.uri_in("Contact"));
        assert_eq!(register.get("Contact"), if all { "*".to_owned() } else { own() });
        assert!(all || register.uri_in("Contact").starts_with("sip:alice@"));
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
fn rg_05_a_registrar_that_refuses_or_is_silent_removed_nothing_and_the_promise_says_so() {
    let mut script = Script::registered();
    let id = script.ask_for(|id| Command::Unregister { id, all: false });
    let register = script.expect("REGISTER ");
    script.say(&Text::answer(&register, "500 Server Internal Error"));
    let failure = script.failure(id);
    assert_eq!((failure.code, failure.response.map(|response| response.status)), (FailureCode::Rejected, Some(500)));
    assert_eq!(news(&mut script), ["registration Unregistered"], "we refresh it no longer");
    script.silence_until(3_600_000);

    let mut script = Script::registered();
    let id = script.ask_for(|id| Command::Unregister { id, all: false });
    script.expect("REGISTER ");
    script.silence_until(31_999);
    assert!(!script.is_settled(id));
    script.silence_until(32_000);
    assert_eq!(script.failure(id).code, FailureCode::Timeout);

    let mut script = Script::registered();
    let id = script.ask_for(|id| Command::Unregister { id, all: false });
    script.expect("REGISTER ");
    script.cut();
    assert_eq!(script.failure(id).code, FailureCode::NotConnected);
}

#[test]
fn rg_05_a_challenge_to_unregistering_is_answered_while_there_is_a_socket() {
    for lost in [false, true] {
        let mut script = Script::registered_as(Config { credentials: CredentialSource::Ask, ..registering() });
        let id = script.ask_for(|id| Command::Unregister { id, all: false });
        let register = script.expect("REGISTER ");
        script.say(&Text::challenge(&register, 401, &["Digest realm=\"r\", nonce=\"n\""]));
        assert!(!script.is_settled(id));
        if lost {
            script.cut();
            assert_eq!(script.failure(id).code, FailureCode::NotConnected, "nobody is left to answer to");
            continue;
        }
        script.answer(Answer::Credentials { credentials: Some(alice()) });
        let again = script.expect("REGISTER ");
        assert_eq!(again.get("Expires"), "0");
        assert_eq!(again.digest("Authorization", "nonce").as_deref(), Some("n"));
        script.say(&Text::answer(&again, "200 OK"));
        script.done(id);
    }
}
