//! What the media of a call we place brings and fails to bring: IV-03, JS-06.

use patchcord::agent::Command;
use patchcord::usage::call::{Cause, EndedBy};
use patchcord::usage::question::{Answer, Question};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::sim::{ANSWER, OFFER, SDP, Script, Text};

#[test]
fn iv_03_a_preview_becomes_the_answer_whether_the_2xx_says_it_again_or_not() {
    for says_it_again in [true, false] {
        let mut script = Script::connected();
        script.end.media = false;
        let call = script.call();
        script.answer(Answer::Sdp { sdp: OFFER.to_owned() });
        let invite = script.expect("INVITE ");
        script.say(&Text::answer(&invite, "183 Session Progress").tagged("bobtag").sdp());
        assert!(matches!(script.answer(Answer::Applied), Question::SetAnswer { provisional: true, .. }));
        let ok = Text::ok_to(&invite);
        script.say(&if says_it_again { ok } else { ok.body_of("text/plain", "").without("Content-Type") });
        script.expect("ACK ");
        script.expect_nothing();
        let question = script.answer(Answer::Applied);
        assert!(matches!(question, Question::SetAnswer { provisional: false, answer, .. } if answer == SDP));
        assert!(script.was_told(&format!("call {} established", call.0)));
    }
}

#[test]
fn js_06_media_that_cannot_offer_ends_the_call_before_anything_is_sent() {
    let mut script = Script::connected();
    script.end.media = false;
    let call = script.call();
    let question = script.answer(Answer::MediaFailed { detail: "no microphone".to_owned(), incompatible: false });
    assert_eq!(question, Question::CreateOffer { call, hold: false, ice_restart: false });
    script.expect_nothing();
    let end = script.ended(call);
    assert_eq!((end.by, end.cause), (EndedBy::Local, Cause::Media));
}

#[test]
fn js_06_media_that_cannot_take_the_answer_hangs_up() {
    for silent in [false, true] {
        let mut script = Script::connected();
        script.end.media = false;
        let call = script.call();
        script.answer(Answer::Sdp { sdp: ANSWER.to_owned() });
        let invite = script.expect("INVITE ");
        assert_eq!(invite.body(), ANSWER);
        script.say(&Text::ok_to(&invite));
        script.expect("ACK ");
        script.expect_nothing();
        if silent {
            script.silence_until(30_000);
        } else {
            script.answer(Answer::MediaFailed { detail: "no codec".to_owned(), incompatible: true });
        }
        let bye = script.expect("BYE ");
        assert!(bye.get("Reason").starts_with("SIP;cause=488"));
        script.say(&Text::answer(&bye, "481 Call/Transaction Does Not Exist"));
        assert_eq!(script.ended(call).cause, Cause::Media);
    }
}

#[test]
fn js_06_media_lost_in_mid_call_hangs_up() {
    let mut script = Script::connected();
    let (call, _, _) = script.outgoing();
    script.command(Command::MediaLost { call, detail: "ICE failed".to_owned() });
    let bye = script.expect("BYE ");
    script.say(&Text::answer(&bye, "200 OK"));
    assert_eq!(script.ended(call).cause, Cause::Media);
}
