//! Questions, their defaults and late answers; interest; snapshots: requirements JS-06 to JS-08.

use patchcord::agent::Command;
use patchcord::usage::call::Cause;
use patchcord::usage::question::{Answer, CredentialSource, Question};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::sim::{ANSWER, OFFER, Script, Text, config, registering};

fn sdp() -> Answer {
    Answer::Sdp { sdp: OFFER.to_owned() }
}

#[test]
fn js_07_an_offer_that_never_comes_ends_the_call_after_three_minutes() {
    let mut script = Script::connected();
    script.end.media = false;
    let call = script.call();
    script.silence_until(179_999);
    assert!(script.is_up(call));
    script.silence_until(180_000);
    assert_eq!(script.ended(call).cause, Cause::Media);
    script.answer(sdp());
    script.silence_until(1_000_000);
}

#[test]
fn js_07_an_answer_in_the_last_moment_counts() {
    let mut script = Script::connected();
    script.end.media = false;
    script.call();
    script.silence_until(179_999);
    script.answer(sdp());
    script.expect("INVITE ");
}

#[test]
fn js_07_an_answer_given_twice_or_of_the_wrong_kind_changes_nothing() {
    let mut script = Script::connected();
    script.end.media = false;
    let call = script.call();
    let (ask, _) = script.end.asks.front().cloned().unwrap();
    script.command(Command::Answer { ask, answer: sdp() });
    script.expect("INVITE ");
    script.command(Command::Answer { ask, answer: sdp() });
    script.command(Command::Answer { ask, answer: Answer::MediaFailed { detail: String::new(), incompatible: true } });
    script.expect_nothing();
    assert!(script.is_up(call));
}

#[test]
fn js_07_an_answer_of_the_wrong_kind_is_misuse_and_the_question_stays_open() {
    let mut script = Script::connected();
    script.end.media = false;
    let call = script.call();
    let (ask, _) = script.end.asks.front().cloned().unwrap();
    for answer in [Answer::Applied, Answer::Credentials { credentials: None }] {
        script.misuse(Command::Answer { ask, answer });
    }
    script.answer(sdp());
    let invite = script.expect("INVITE ");
    script.say(&Text::ok_to(&invite));
    script.expect("ACK ");
    let (ask, _) = script.end.asks.front().cloned().unwrap();
    for answer in [sdp(), Answer::Credentials { credentials: None }] {
        script.misuse(Command::Answer { ask, answer });
    }
    script.silence_until(30_000);
    script.expect("BYE ");
    assert!(script.is_up(call));
}

#[test]
fn js_06_there_is_one_open_question_per_call() {
    let mut script = Script::connected();
    script.end.media = false;
    script.call();
    script.answer(sdp());
    let invite = script.expect("INVITE ");
    script.say(&Text::answer(&invite, "183 Session Progress").tagged("bobtag").sdp());
    script.say(&Text::answer(&invite, "183 Session Progress").tagged("carol").sdp());
    assert_eq!(script.end.asks.len(), 1);
    script.say(&Text::ok_to(&invite));
    script.expect("ACK ");
    // The preview is withdrawn, and what it was becomes the answer.
    let question = script.answer(Answer::Applied);
    assert!(matches!(question, Question::SetAnswer { branch, provisional: true, .. } if branch == "bobtag"));
    assert!(!script.news().iter().any(|line| line.ends_with(" established")));
    let question = script.answer(Answer::Applied);
    assert!(matches!(question, Question::SetAnswer { branch, provisional: false, .. } if branch == "bobtag"));
    assert!(script.news().iter().any(|line| line.ends_with(" established")));
}

#[test]
fn js_06_when_another_branch_answers_its_description_is_asked_about() {
    let mut script = Script::connected();
    script.end.media = false;
    let call = script.call();
    script.answer(sdp());
    let invite = script.expect("INVITE ");
    script.say(&Text::answer(&invite, "183 Session Progress").tagged("carol").sdp());
    script.answer(Answer::Applied);
    script.say(&Text::ok_to(&invite));
    script.expect("ACK ");
    let question = script.answer(Answer::Applied);
    assert!(matches!(question, Question::SetAnswer { branch, provisional: false, .. } if branch == "bobtag"));
    assert!(script.is_up(call));
}

#[test]
fn js_06_early_media_that_is_refused_costs_the_call_nothing() {
    let mut script = Script::connected();
    script.end.media = false;
    let call = script.call();
    script.answer(sdp());
    let invite = script.expect("INVITE ");
    script.say(&Text::answer(&invite, "183 Session Progress").tagged("bobtag").sdp());
    script.answer(Answer::MediaFailed { detail: "not yet".to_owned(), incompatible: false });
    script.say(&Text::ok_to(&invite));
    script.expect("ACK ");
    script.answer(Answer::Applied);
    assert!(script.is_up(call));
    assert!(script.was_told(&format!("call {} established", call.0)));
}

#[test]
fn js_06_hangup_drops_the_question() {
    let mut script = Script::connected();
    script.end.media = false;
    let call = script.call();
    script.answer(sdp());
    let invite = script.expect("INVITE ");
    script.say(&Text::ok_to(&invite));
    script.expect("ACK ");
    script.hangup(call);
    script.expect("BYE ");
    script.answer(Answer::MediaFailed { detail: "late".to_owned(), incompatible: true });
    script.expect_nothing();
    assert!(script.snapshot().iter().all(|machine| !machine.machine.starts_with("question ")));
}

#[test]
fn js_08_a_snapshot_shows_every_machine_with_what_it_waits_for() {
    let mut script = Script::new(patchcord::agent::Config { credentials: CredentialSource::Ask, ..registering() });
    script.listen();
    script.connect();
    script.open();
    script.bind();
    script.end.media = false;
    script.call();
    let (call, _) = script.incoming();
    let (accepted, _) = script.incoming();
    script.accept(accepted);
    script.end.asks.rotate_left(1);
    script.answer(Answer::Sdp { sdp: ANSWER.to_owned() });
    script.expect_response(200, "INVITE");
    let machines = script.snapshot();
    let find = |name: &str| {
        let found = machines.iter().find(|machine| machine.machine == name);
        found.map(|machine| (machine.state.clone(), machine.at, machine.why.clone())).expect(name)
    };
    assert_eq!(find("transport").0, "up");
    assert_eq!(find("errand").0, "idle");
    assert_eq!(find("registration").0, "registered");
    let why = |text: &str| Some(text.to_owned());
    assert_eq!(find("call 2"), ("outgoing".to_owned(), None, None));
    assert_eq!(find(&format!("call {}", call.0)).1, Some(180_000));
    assert_eq!(find(&format!("call {}", accepted.0)), ("established".to_owned(), Some(500), why("repeat the 2xx")));
    assert_eq!(find("question 1"), ("open".to_owned(), Some(180_000), why("take the default answer")));
    assert_eq!(find("INVITE server transaction: accepted").1, Some(32_000));
    assert_eq!(find("INVITE server transaction: waiting").1, Some(200));
}

#[test]
fn js_08_the_agent_waits_for_the_earliest_of_its_deadlines() {
    let mut script = Script::connected_as(config());
    assert_eq!(script.end.wake, None);
    script.call();
    script.expect("INVITE ");
    let machines = script.snapshot();
    let earliest = machines.iter().filter_map(|machine| machine.at).min();
    assert_eq!(script.end.wake.map(|wake| wake.at.0), earliest);
    assert_eq!(earliest, Some(32_000));
}
