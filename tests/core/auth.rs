//! Digest authentication on the wire: requirements AU-01, AU-03 to AU-07, SL-07. What a challenge must be answered
//! with is computed here from the hash functions alone.

use md5::{Digest as _, Md5};
use patchcord::agent::{Command, Config, Event, Interest};
use patchcord::usage::call::{Cause, EndedBy};
use patchcord::usage::data::FailureCode;
use patchcord::usage::question::{Answer, CredentialSource, Credentials, Question};
use sha2::Sha256;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::sim::{Script, Text, config, registering};

const SHA: &str = "Digest realm=\"example.test\", nonce=\"n-sha\", qop=\"auth\", algorithm=SHA-256, opaque=\"o\"";
const MD5: &str = "Digest realm=\"example.test\", nonce=\"n-md5\", qop=\"auth\", algorithm=MD5";
const SHA_512: &str = "Digest realm=\"example.test\", nonce=\"n-512\", qop=\"auth\", algorithm=SHA-512-256";

fn alice() -> Credentials {
    Credentials { username: "alice".to_owned(), password: Some("secret".to_owned()), ha1: None, realm: None }
}

fn knowing(credentials: Credentials) -> Config {
    Config { credentials: CredentialSource::Fixed { credentials }, ..registering() }
}

/// Connected, a REGISTER sent; it comes too.
fn asking(config: Config) -> (Script, Text, patchcord::usage::data::RequestId) {
    let mut script = Script::new(config);
    let id = script.connect();
    script.open();
    let register = script.expect("REGISTER ");
    (script, register, id)
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text))
}

fn md5(text: &str) -> String {
    hex(&Md5::digest(text))
}

/// Asserts that a request carries the right answer to a challenge of example.test, for alice.
fn assert_proves(request: &Text, header: &str, hash: fn(&str) -> String, nonce: &str, nc: &str) {
    let part = |name: &str| request.digest(header, name).unwrap_or_else(|| panic!("{name} in:\n{}", request.0));
    assert_eq!((part("nonce").as_str(), part("nc").as_str(), part("qop").as_str()), (nonce, nc, "auth"));
    assert_eq!(part("uri"), request.uri());
    let a1 = hash("alice:example.test:secret");
    let a2 = hash(&format!("{}:{}", request.kind(), request.uri()));
    assert_eq!(part("response"), hash(&format!("{a1}:{nonce}:{nc}:{}:auth:{a2}", part("cnonce"))));
}

#[test]
fn au_01_the_topmost_algorithm_we_know_is_answered() {
    for (challenges, hash, nonce) in [
        ([SHA, MD5], sha256 as fn(&str) -> String, "n-sha"),
        ([MD5, SHA], md5, "n-md5"),
        ([SHA_512, MD5], md5, "n-md5"),
    ] {
        let (mut script, register, id) = asking(knowing(alice()));
        script.say(&Text::challenge(&register, 401, &challenges));
        let again = script.expect("REGISTER ");
        assert_proves(&again, "Authorization", hash, nonce, "00000001");
        assert_eq!(again.digest("Authorization", "opaque"), (nonce == "n-sha").then(|| "o".to_owned()));
        let contact = again.get("Contact");
        script.say(&Text::answer(&again, "200 OK").with("Contact", &contact));
        script.done(id);
    }
}

#[test]
fn au_01_without_an_algorithm_of_ours_the_request_fails_with_its_response() {
    let no_md5 = Config { allow_md5: false, ..knowing(alice()) };
    for (config, challenge) in [(knowing(alice()), SHA_512), (no_md5, MD5)] {
        let (mut script, register, id) = asking(config);
        script.say(&Text::challenge(&register, 401, &[challenge]));
        script.expect_nothing();
        let failure = script.failure(id);
        assert_eq!(failure.code, FailureCode::Authentication);
        assert_eq!(failure.response.map(|response| response.status), Some(401));
    }
}

#[test]
fn au_03_the_second_try_keeps_call_id_and_from_and_counts_cseq() {
    let (mut script, register, _) = asking(knowing(alice()));
    script.say(&Text::challenge(&register, 401, &[SHA]));
    let again = script.expect("REGISTER ");
    assert_eq!((again.get("Call-ID"), again.get("From")), (register.get("Call-ID"), register.get("From")));
    assert_eq!(again.cseq(), register.cseq() + 1);
    assert_ne!(again.branch(), register.branch());

    let mut script = Script::connected_as(Config { registration: None, ..knowing(alice()) });
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

#[test]
fn au_04_wrong_credentials_are_tried_twice_and_never_loop() {
    let (mut script, mut register, id) = asking(knowing(alice()));
    let mut authorised = 0;
    for round in 0..10 {
        let challenge = SHA.replace("n-sha", &format!("n{round}"));
        script.say(&Text::challenge(&register, 401, &[&challenge]));
        if script.is_settled(id) {
            break;
        }
        register = script.expect("REGISTER ");
        authorised += usize::from(register.has("Authorization"));
    }
    assert_eq!(authorised, 2);
    assert_eq!(script.failure(id).code, FailureCode::Authentication);
    script.silence_until(3_600_000);
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
fn au_05_a_proxy_and_a_server_are_answered_together() {
    let mut script = Script::connected_as(Config { registration: None, ..knowing(alice()) });
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
fn au_06_later_requests_carry_the_credentials_unasked_and_count_them() {
    let (mut script, register, _) = asking(knowing(alice()));
    script.say(&Text::challenge(&register, 401, &[SHA]));
    script.bind();
    for nc in ["00000002", "00000003"] {
        script.ask_for(|id| Command::Register { id });
        let next = script.bind();
        assert_proves(&next, "Authorization", sha256, "n-sha", nc);
    }
}

#[test]
fn au_06_cancel_copies_the_credentials_of_its_invite() {
    let mut script = Script::connected_as(Config { registration: None, ..knowing(alice()) });
    let call = script.call();
    let invite = script.expect("INVITE ");
    script.say(&Text::challenge(&invite, 407, &[SHA]));
    script.expect("ACK ");
    let invite = script.expect("INVITE ");
    script.say(&Text::answer(&invite, "180 Ringing").tagged("b"));
    script.hangup(call);
    let cancel = script.expect("CANCEL ");
    assert_eq!(cancel.get("Proxy-Authorization"), invite.get("Proxy-Authorization"));
    script.say(&Text::challenge(&cancel, 407, &[SHA]));
    script.expect_nothing();
}

#[test]
fn au_07_credentials_may_come_five_seconds_later_and_delay_nothing_else() {
    let config = Config { credentials: CredentialSource::Ask, ..registering() };
    let (mut script, register, id) = asking(config);
    script.listen();
    script.say(&Text::challenge(&register, 401, &[SHA, MD5]));
    script.expect_nothing();
    let (_, question) = script.end.asks.front().cloned().unwrap();
    let Question::Credentials { challenge } = question else { panic!("{question:?}") };
    assert_eq!(challenge.realm, "example.test");
    assert_eq!(challenge.algorithms, ["SHA-256", "MD5"]);
    assert!(!challenge.proxy && !challenge.stale);
    let options = script.request("OPTIONS");
    script.say(&options);
    script.expect_response(200, "OPTIONS");
    script.silence_until(5_000);
    script.answer(Answer::Credentials { credentials: Some(alice()) });
    let again = script.bind();
    assert_proves(&again, "Authorization", sha256, "n-sha", "00000001");
    script.done(id);
}

#[test]
fn au_07_no_credentials_or_none_in_time_fail_with_authentication() {
    for answered in [true, false] {
        let (mut script, register, id) = asking(Config { credentials: CredentialSource::Ask, ..registering() });
        script.say(&Text::challenge(&register, 401, &[SHA]));
        if answered {
            script.answer(Answer::Credentials { credentials: None });
        } else {
            script.silence_until(29_999);
            assert!(!script.is_settled(id), "there are 30 s to answer");
            script.advance_to(30_000);
        }
        assert_eq!(script.failure(id).code, FailureCode::Authentication);
        script.expect_nothing();
    }
}

#[test]
fn au_07_a_hash_serves_in_place_of_the_password_for_its_own_algorithm_only() {
    let ha1 = sha256("alice:example.test:secret");
    let credentials = Credentials { password: None, ha1: Some(ha1), ..alice() };
    let (mut script, register, _) = asking(knowing(credentials.clone()));
    script.say(&Text::challenge(&register, 401, &[SHA]));
    assert_proves(&script.expect("REGISTER "), "Authorization", sha256, "n-sha", "00000001");
    let (mut script, register, id) = asking(knowing(credentials));
    script.say(&Text::challenge(&register, 401, &[MD5]));
    script.expect_nothing();
    assert_eq!(script.failure(id).code, FailureCode::Authentication);
}

#[test]
fn au_07_credentials_of_another_realm_stay_at_home() {
    let elsewhere = Credentials { realm: Some("elsewhere.test".to_owned()), ..alice() };
    let (mut script, register, id) = asking(knowing(elsewhere));
    script.say(&Text::challenge(&register, 401, &[SHA]));
    script.expect_nothing();
    assert_eq!(script.failure(id).code, FailureCode::Authentication);
}

#[test]
fn au_07_a_call_hung_up_while_credentials_are_asked_for_sends_nothing_more() {
    let mut script = Script::connected_as(Config { credentials: CredentialSource::Ask, ..config() });
    let call = script.call();
    let invite = script.expect("INVITE ");
    script.say(&Text::challenge(&invite, 401, &[SHA]));
    script.expect("ACK ");
    script.hangup(call);
    assert_eq!(script.ended(call).cause, Cause::Cancelled);
    script.answer(Answer::Credentials { credentials: Some(alice()) });
    script.silence_until(100_000);
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
fn au_06_other_credentials_forget_what_was_negotiated_with_the_old() {
    let (mut script, register, _) = asking(knowing(alice()));
    script.say(&Text::challenge(&register, 401, &[SHA]));
    script.bind();
    let credentials = CredentialSource::Fixed { credentials: alice() };
    script.command(Command::SetCredentials { credentials });
    script.ask_for(|id| Command::Register { id });
    assert!(!script.expect("REGISTER ").has("Authorization"));
}

#[test]
fn sl_07_a_trace_shows_every_message_but_no_credentials() {
    let mut script = Script::new(knowing(alice()));
    script.command(Command::Interest { interests: vec![Interest::Trace] });
    script.connect();
    script.open();
    let register = script.expect("REGISTER ");
    script.say(&Text::challenge(&register, 401, &[SHA]));
    let again = script.bind();
    let traced: Vec<String> = script.end.events.iter().filter_map(trace_of).collect();
    assert_eq!(traced.len(), 4);
    let secret = again.digest("Authorization", "response").unwrap();
    assert!(traced.iter().all(|message| !message.contains(&secret) && !message.contains("secret")));
    assert!(traced[2].contains("Authorization: (masked)\r\n"));
    let shown = again.without("Authorization").0;
    assert!(shown.split("\r\n").all(|line| traced[2].contains(line)), "everything else is shown");
}

#[test]
fn sl_07_without_interest_nothing_is_traced() {
    let mut script = Script::registered();
    script.outgoing();
    assert!(script.end.events.iter().all(|event| trace_of(event).is_none()));
}

fn trace_of(event: &Event) -> Option<String> {
    let Event::Trace { message, .. } = event else { return None };
    Some(message.clone())
}
