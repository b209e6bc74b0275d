//! AU-07, MS-16: where credentials come from, and bearer tokens (RFC 8898).

use patchcord::agent::Command;
use patchcord::usage::call::Cause;
use patchcord::usage::data::FailureCode;
use patchcord::usage::question::{Answer, ChallengeData, CredentialSource, Credentials, Question};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{
    BEARER, MD5, SHA, SHA_512, Script, Text, alice, asked, asking, assert_proves, caller, knowing, md5, sha256, sha512,
};

fn bearer(token: &str) -> Credentials {
    Credentials { password: None, token: Some(token.to_owned()), ..alice() }
}

/// The challenge the application is asked about.
fn challenge(script: &Script) -> ChallengeData {
    match script.end.asks.front() {
        Some((_, Question::Credentials { challenge })) => challenge.clone(),
        other => panic!("a question for credentials expected, not {other:?}"),
    }
}

/// The application gives these.
fn give(script: &mut Script, credentials: Credentials) {
    script.answer(Answer::Credentials { credentials: Some(credentials) });
}

#[test]
fn au_07_credentials_may_come_five_seconds_later_and_delay_nothing_else() {
    let (mut script, register, id) = asking(asked());
    script.listen();
    script.say(&Text::challenge(&register, 401, &[SHA, MD5]));
    script.expect_nothing();
    let challenge = challenge(&script);
    assert_eq!(challenge.realm, "example.test");
    assert_eq!(challenge.algorithms, ["SHA-256", "MD5"]);
    assert!(!challenge.proxy && !challenge.stale);
    let options = script.request("OPTIONS");
    script.say(&options);
    script.expect_response(200, "OPTIONS");
    script.silence_until(5_000);
    give(&mut script, alice());
    let again = script.bind();
    assert_proves(&again, "Authorization", sha256, "n-sha", "00000001");
    script.done(id);
}

#[test]
fn au_07_no_credentials_or_none_in_time_fail_with_authentication() {
    for answered in [true, false] {
        let (mut script, register, id) = asking(asked());
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
    let mut script = caller(asked());
    let call = script.call();
    let invite = script.expect("INVITE ");
    script.say(&Text::challenge(&invite, 401, &[SHA]));
    script.expect("ACK ");
    script.hangup(call);
    assert_eq!(script.ended(call).cause, Cause::Cancelled);
    give(&mut script, alice());
    script.silence_until(100_000);
}

#[test]
fn au_07_a_hash_of_64_digits_serves_for_either_sha() {
    for (challenge, hash, nonce) in [(SHA, sha256 as fn(&str) -> String, "n-sha"), (SHA_512, sha512, "n-512")] {
        let ha1 = hash("alice:example.test:secret").to_ascii_uppercase();
        let (mut script, register, _) = asking(knowing(Credentials { password: None, ha1: Some(ha1), ..alice() }));
        script.say(&Text::challenge(&register, 401, &[MD5, challenge]));
        assert_proves(&script.expect("REGISTER "), "Authorization", hash, nonce, "00000001");
    }
    let ha1 = md5("alice:example.test:secret");
    let (mut script, register, _) = asking(knowing(Credentials { password: None, ha1: Some(ha1), ..alice() }));
    script.say(&Text::challenge(&register, 401, &[SHA, MD5]));
    assert_proves(&script.expect("REGISTER "), "Authorization", md5, "n-md5", "00000001");
}

#[test]
fn au_07_each_realm_is_asked_for_by_itself_and_all_are_answered_together() {
    let mut script = caller(asked());
    script.call();
    let invite = script.expect("INVITE ");
    let other = MD5.replace("example.test", "other.test");
    script.say(&Text::challenge(&invite, 407, &[SHA, &other]));
    script.expect("ACK ");
    give(&mut script, alice());
    script.expect_nothing();
    let challenge = challenge(&script);
    assert_eq!((challenge.realm.as_str(), challenge.proxy, challenge.stale), ("other.test", true, false));
    give(&mut script, alice());
    assert_eq!(script.expect("INVITE ").all("Proxy-Authorization").len(), 2);
}

#[test]
fn au_07_a_stale_nonce_is_told_to_who_is_asked() {
    let (mut script, register, _) = asking(asked());
    script.say(&Text::challenge(&register, 401, &[SHA]));
    give(&mut script, alice());
    let again = script.expect("REGISTER ");
    script.say(&Text::challenge(&again, 401, &[&format!("{}, stale=true", SHA.replace("n-sha", "n-2"))]));
    assert!(challenge(&script).stale);
    give(&mut script, alice());
    assert_proves(&script.expect("REGISTER "), "Authorization", sha256, "n-2", "00000001");
}

#[test]
fn au_07_a_token_answers_a_bearer_challenge_and_is_sent_unasked_afterwards() {
    for (status, challenge, header) in [
        (401, BEARER, "Authorization"),
        (407, BEARER, "Proxy-Authorization"),
        (401, "bearer", "Authorization"),
        (407, "Bearer scope=\"a, b\"", "Proxy-Authorization"),
    ] {
        let (mut script, register, id) = asking(knowing(bearer("abc.DEF-123_~+/==")));
        script.say(&Text::challenge(&register, status, &[challenge]));
        let again = script.bind();
        assert_eq!(again.get(header), "Bearer abc.DEF-123_~+/==", "{challenge}");
        assert_eq!(again.cseq(), register.cseq() + 1);
        script.done(id);
        script.ask_for(|id| Command::Register { id });
        assert_eq!(script.bind().get(header), "Bearer abc.DEF-123_~+/==");
    }
}

#[test]
fn au_07_of_bearer_and_digest_the_topmost_that_the_credentials_fit_is_answered() {
    let both = || Credentials { token: Some("tok".to_owned()), ..alice() };
    for (challenges, credentials, expected) in [
        ([BEARER, SHA], both(), "Bearer "),
        ([SHA, BEARER], both(), "Digest "),
        ([BEARER, SHA], alice(), "Digest "),
        ([SHA, BEARER], bearer("tok"), "Bearer "),
    ] {
        let (mut script, register, _) = asking(knowing(credentials));
        script.say(&Text::challenge(&register, 401, &challenges));
        let line = script.expect("REGISTER ").get("Authorization");
        assert!(line.starts_with(expected), "{line} to {challenges:?}");
    }
}

#[test]
fn au_07_a_token_that_was_refused_is_not_shown_again() {
    let (mut script, register, id) = asking(knowing(bearer("old")));
    script.say(&Text::challenge(&register, 401, &[BEARER]));
    let again = script.expect("REGISTER ");
    script.say(&Text::challenge(&again, 401, &[&format!("{BEARER}, error=\"invalid_token\"")]));
    script.expect_nothing();
    assert_eq!(script.failure(id).code, FailureCode::Authentication);
}

#[test]
fn au_07_an_expired_token_is_asked_for_anew_once() {
    let (mut script, register, id) = asking(asked());
    script.say(&Text::challenge(&register, 401, &[BEARER]));
    let challenge = challenge(&script);
    assert_eq!((challenge.realm.as_str(), challenge.algorithms), ("example.test", vec!["Bearer".to_owned()]));
    give(&mut script, bearer("first"));
    script.bind();
    script.done(id);
    let id = script.ask_for(|id| Command::Register { id });
    let late = script.expect("REGISTER ");
    assert_eq!(late.get("Authorization"), "Bearer first");
    script.say(&Text::challenge(&late, 401, &[BEARER]));
    give(&mut script, bearer("second"));
    let again = script.expect("REGISTER ");
    assert_eq!(again.get("Authorization"), "Bearer second");
    script.say(&Text::challenge(&again, 401, &[BEARER]));
    assert!(script.end.asks.is_empty(), "two tries are all");
    assert_eq!(script.failure(id).code, FailureCode::Authentication);
}

#[test]
fn au_07_whoever_is_called_does_not_get_our_token_by_asking_for_it() {
    let named = Credentials { realm: Some("example.test".to_owned()), ..bearer("tok") };
    for (config, status, gets) in [
        (knowing(bearer("tok")), 401, false),
        (knowing(bearer("tok")), 407, true),
        (knowing(named), 401, true),
        (asked(), 401, true),
    ] {
        let is_asked = config.credentials == CredentialSource::Ask;
        let mut script = caller(config);
        let call = script.call();
        let invite = script.expect("INVITE ");
        script.say(&Text::challenge(&invite, status, &[BEARER]));
        script.expect("ACK ");
        if is_asked {
            give(&mut script, bearer("tok"));
        }
        assert_eq!(script.is_up(call), gets, "{status}");
        if gets {
            let header = if status == 401 { "Authorization" } else { "Proxy-Authorization" };
            assert_eq!(script.expect("INVITE ").get(header), "Bearer tok");
        } else {
            script.expect_nothing();
            assert_eq!(script.ended(call).cause, Cause::Authentication);
        }
    }
    // The one for the registrar is not sent along either.
    let (mut script, register, _) = asking(knowing(bearer("tok")));
    script.say(&Text::challenge(&register, 401, &[BEARER]));
    script.bind();
    script.call();
    assert!(!script.expect("INVITE ").has("Authorization"));
}

#[test]
fn au_07_a_token_for_another_realm_or_none_at_all_does_not_fit() {
    let elsewhere = Credentials { realm: Some("elsewhere.test".to_owned()), ..bearer("tok") };
    for (credentials, challenge) in [(elsewhere, BEARER), (alice(), BEARER), (bearer("tok"), SHA)] {
        let (mut script, register, id) = asking(knowing(credentials));
        script.say(&Text::challenge(&register, 401, &[challenge]));
        script.expect_nothing();
        assert_eq!(script.failure(id).code, FailureCode::Authentication);
    }
}

#[test]
fn ms_16_a_token_that_could_not_stand_in_a_header_is_misuse() {
    let mut script = Script::connected();
    for token in ["", "==", "a b", "a\r\nEvil: 1", "a,b", "\u{e4}", "a=b"] {
        let credentials = CredentialSource::Fixed { credentials: bearer(token) };
        let refused = script.misuse(Command::SetCredentials { credentials });
        assert!(refused.contains("token") && (token.is_empty() || !refused.contains(token)), "{refused}");
    }
}
