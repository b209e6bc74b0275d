//! AU-03 to AU-05: a challenged request is sent again, and how often.

use patchcord::agent::Command;
use patchcord::usage::call::{Cause, EndedBy};
use patchcord::usage::data::FailureCode;
use patchcord::usage::question::Credentials;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{MD5, SHA, Script, Text, alice, asking, assert_proves, caller, knowing, md5, sha256};

#[test]
fn au_03_the_second_try_keeps_call_id_and_from_and_counts_cseq() {
    let (mut script, register, _) = asking(knowing(alice()));
    script.say(&Text::challenge(&register, 401, &[SHA]));
    let again = script.expect("REGISTER ");
    assert_eq!((again.get("Call-ID"), again.get("From")), (register.get("Call-ID"), register.get("From")));
    assert_eq!(again.cseq(), register.cseq() + 1);
    assert_ne!(again.branch(), register.branch());

    let mut script = caller(knowing(alice()));
    let call = script.call();
    let invite = script.expect("INVITE ");
    script.say(&Text::challenge(&invite, 407, &[SHA]));
    let ack = script.expect("ACK ");
    assert_eq!((ack.branch(), ack.cseq()), (invite.branch(), invite.cseq()));
    let again = script.expect("INVITE ");
    assert_proves(&again, "Proxy-Authorization", sha256, "n-sha", "00000001");
    assert_eq!((again.get("Call-ID"), again.get("From")), (invite.get("Call-ID"), invite.get("From")));
    assert_eq!(again.tag("To"), None, "the tag of the 407 is no dialog's");
    assert_eq!(again.cseq(), invite.cseq() + 1);
    assert_eq!(again.body(), invite.body());
    script.say(&Text::ok_to(&again));
    assert_eq!(script.expect("ACK ").get("Proxy-Authorization"), again.get("Proxy-Authorization"), "TX-04");
    assert!(script.is_up(call));
}

/// How often a REGISTER is tried with credentials that are refused each time, with a fresh nonce and this besides.
fn tries(besides: &str) -> usize {
    let (mut script, mut register, id) = asking(knowing(alice()));
    let mut tries = 0;
    loop {
        let challenge = SHA.replace("n-sha", &format!("n{tries}"));
        script.say(&Text::challenge(&register, 401, &[&format!("{challenge}{besides}")]));
        if script.is_settled(id) {
            break;
        }
        register = script.expect("REGISTER ");
        assert_eq!(register.digest("Authorization", "nonce"), Some(format!("n{tries}")));
        tries += 1;
        assert!(tries < 10, "it loops");
    }
    assert_eq!(script.failure(id).code, FailureCode::Authentication);
    script.silence_until(3_600_000);
    tries
}

#[test]
fn au_04_wrong_credentials_are_tried_twice_and_never_loop() {
    assert_eq!(tries(""), 2);
}

#[test]
fn au_04_a_stale_nonce_is_renewed_once_and_not_for_ever() {
    assert_eq!(tries(", stale=true"), 2);
}

#[test]
fn au_04_the_same_nonce_again_is_final_and_a_stale_one_is_not() {
    let (mut script, register, id) = asking(knowing(alice()));
    script.say(&Text::challenge(&register, 401, &[SHA]));
    let again = script.expect("REGISTER ");
    script.say(&Text::challenge(&again, 401, &[SHA]));
    script.expect_nothing();
    assert_eq!(script.failure(id).code, FailureCode::Authentication);

    let (mut script, register, id) = asking(knowing(alice()));
    script.say(&Text::challenge(&register, 401, &[SHA]));
    let again = script.expect("REGISTER ");
    let stale = format!("{}, stale=true", SHA.replace("n-sha", "n-new"));
    script.say(&Text::challenge(&again, 401, &[&stale]));
    assert_proves(&script.expect("REGISTER "), "Authorization", sha256, "n-new", "00000001");
    assert!(!script.is_settled(id));
}

#[test]
fn au_04_credentials_sent_unasked_count_as_a_try() {
    let (mut script, register, _) = asking(knowing(alice()));
    script.say(&Text::challenge(&register, 401, &[SHA]));
    script.bind();
    let id = script.ask_for(|id| Command::Register { id });
    let unasked = script.expect("REGISTER ");
    assert!(unasked.has("Authorization"));
    script.say(&Text::challenge(&unasked, 401, &[&SHA.replace("n-sha", "n-2")]));
    let second = script.expect("REGISTER ");
    assert_proves(&second, "Authorization", sha256, "n-2", "00000001");
    script.say(&Text::challenge(&second, 401, &[&SHA.replace("n-sha", "n-3")]));
    script.expect_nothing();
    assert_eq!(script.failure(id).code, FailureCode::Authentication);
}

#[test]
fn au_04_a_request_meets_four_challenges_at_most() {
    let mut script = caller(knowing(alice()));
    let call = script.call();
    let mut challenges = 0;
    loop {
        let invite = script.expect("INVITE ");
        assert_eq!(invite.all("Proxy-Authorization").len(), challenges);
        challenges += 1;
        let realm = format!("proxy{challenges}.test");
        script.say(&Text::challenge(&invite, 407, &[&SHA.replace("example.test", &realm)]));
        script.expect("ACK ");
        if !script.is_up(call) {
            break;
        }
    }
    assert_eq!(challenges, 5, "four are answered, the fifth is one too many");
    assert_eq!(script.ended(call).cause, Cause::Authentication);
    script.silence_until(1_000_000);
}

#[test]
fn au_04_a_call_nobody_has_credentials_for_ends_with_authentication() {
    let mut script = Script::connected();
    let call = script.call();
    let invite = script.expect("INVITE ");
    script.say(&Text::challenge(&invite, 401, &[SHA]));
    script.expect("ACK ");
    script.expect_nothing();
    let end = script.ended(call);
    assert_eq!((end.by, end.cause), (EndedBy::Remote, Cause::Authentication));
    assert_eq!(end.response.map(|response| response.status), Some(401));
}

#[test]
fn au_05_a_proxy_and_a_server_are_answered_together() {
    let mut script = caller(knowing(alice()));
    script.call();
    let first = script.expect("INVITE ");
    script.say(&Text::challenge(&first, 407, &[&SHA.replace("n-sha", "n-proxy")]));
    script.expect("ACK ");
    let second = script.expect("INVITE ");
    script.say(&Text::challenge(&second, 401, &[MD5]));
    script.expect("ACK ");
    let third = script.expect("INVITE ");
    assert_proves(&third, "Authorization", md5, "n-md5", "00000001");
    assert_proves(&third, "Proxy-Authorization", sha256, "n-proxy", "00000002");
    script.say(&Text::ok_to(&third));
    let ack = script.expect("ACK ");
    assert_eq!(ack.get("Authorization"), third.get("Authorization"));
    assert_eq!(ack.get("Proxy-Authorization"), third.get("Proxy-Authorization"));
}

#[test]
fn au_05_several_realms_of_one_response_are_answered_at_once() {
    let mut script = caller(knowing(alice()));
    script.call();
    let invite = script.expect("INVITE ");
    let (one, two) = (SHA.replace("example.test", "one.test"), MD5.replace("example.test", "two.test"));
    script.say(&Text::challenge(&invite, 407, &[&one, &two, &two.replace("MD5", "SHA-256")]));
    script.expect("ACK ");
    let again = script.expect("INVITE ");
    let lines = again.all("Proxy-Authorization");
    assert_eq!(lines.len(), 2, "one for each realm");
    assert!(lines[0].contains("realm=\"one.test\"") && lines[0].contains("algorithm=SHA-256"), "{}", lines[0]);
    assert!(lines[1].contains("realm=\"two.test\"") && lines[1].contains("algorithm=MD5"), "{}", lines[1]);
    script.say(&Text::ok_to(&again));
    assert_eq!(script.expect("ACK ").all("Proxy-Authorization"), lines);
}

#[test]
fn au_05_a_proxy_and_a_server_of_one_name_are_two_realms() {
    let mut script = caller(knowing(alice()));
    script.call();
    let invite = script.expect("INVITE ");
    let both = Text::challenge(&invite, 401, &[SHA]).with("Proxy-Authenticate", MD5);
    script.say(&both);
    script.expect("ACK ");
    let again = script.expect("INVITE ");
    assert_proves(&again, "Authorization", sha256, "n-sha", "00000001");
    assert_proves(&again, "Proxy-Authorization", md5, "n-md5", "00000001");
}

#[test]
fn au_05_a_realm_we_have_nothing_for_leaves_the_others_answered() {
    let mut script = caller(knowing(Credentials { realm: Some("example.test".to_owned()), ..alice() }));
    let call = script.call();
    let invite = script.expect("INVITE ");
    let foreign = MD5.replace("example.test", "foreign.test");
    script.say(&Text::challenge(&invite, 407, &[&foreign, SHA]));
    script.expect("ACK ");
    let again = script.expect("INVITE ");
    assert_proves(&again, "Proxy-Authorization", sha256, "n-sha", "00000001");
    script.say(&Text::challenge(&again, 407, &[&foreign]));
    script.expect("ACK ");
    assert_eq!(script.ended(call).cause, Cause::Authentication);
}
