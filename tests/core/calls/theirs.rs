//! Changes of the peer's: what they get while we are busy, and what stands afterwards.

use patchcord::agent::Interest;
use patchcord::usage::call::{Cause, EndedBy, RefreshMethod};
use patchcord::usage::data::{CallHandle, RequestId};
use patchcord::usage::question::{Answer, Question};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::sim::{Media, PeerDialog, Script, Text, description, direction, version};

/// A 500 that asks the peer to come again within ten seconds.
fn expect_put_off(script: &mut Script, method: &str) {
    let response = script.expect_response(500, method);
    let seconds: u32 = response.get("Retry-After").parse().expect("seconds");
    assert!(seconds <= 10);
}

#[test]
fn iv_10_a_hold_of_the_peers_is_mirrored_and_told() {
    for method in ["INVITE", "UPDATE"] {
        let mut script = Script::connected();
        let (call, mut dialog) = script.live(true);
        for (at, way, ours, news) in [
            (2, "sendonly", "recvonly", "hold Remote true"),
            (3, "sendrecv", "sendrecv", "hold Remote false"),
            (4, "inactive", "inactive", "hold Remote true"),
        ] {
            let change = dialog.change(&mut script, method, at, way);
            script.say(&change);
            let ok = script.expect_response(200, method);
            assert_eq!((version(ok.body()), direction(ok.body())), (at, ours));
            if method == "INVITE" {
                let ack = dialog.ack(&mut script, &change);
                script.say(&ack);
            }
            assert_eq!(script.news_of(call), [news]);
        }
        script.silence_until(100_000);
    }
}

#[test]
fn iv_10_an_unspecified_address_of_a_peer_without_ice_is_hold() {
    let mut script = Script::connected();
    let (call, mut dialog) = script.live(true);
    let change = dialog.change(&mut script, "INVITE", 2, "sendrecv");
    let change = Text(change.0.replace("c=IN IP4 192.0.2.9", "c=IN IP4 0.0.0.0"));
    script.say(&change);
    script.expect_response(200, "INVITE");
    assert_eq!(script.news_of(call), ["hold Remote true"]);
}

#[test]
fn iv_10_the_same_offer_again_is_answered_from_store_without_media() {
    for (ours, asks) in [(true, 1), (false, 0)] {
        let mut script = Script::connected();
        let (call, mut dialog) = script.live(ours);
        let standing = description(1, "sendrecv");
        for round in 0..3 {
            script.news();
            // Where the first answer was the peer's there is nothing to answer from until we have answered once.
            let change = dialog.change(&mut script, "INVITE", 1, "sendrecv");
            script.say(&change);
            let ok = script.expect_response(200, "INVITE");
            assert_eq!(ok.body(), standing, "an unchanged description keeps its text");
            let asked = script.news().iter().filter(|line| *line == "ask CreateAnswer").count();
            assert_eq!(asked, if round == 0 { asks } else { 0 }, "round {round}");
            let ack = dialog.ack(&mut script, &change);
            script.say(&ack);
        }
        assert!(script.is_up(call));
    }
}

#[test]
fn iv_10_an_offer_with_fewer_streams_is_488_and_nothing_changes() {
    for method in ["INVITE", "UPDATE"] {
        let mut script = Script::connected();
        let (call, mut dialog) = script.live(true);
        let change = dialog.change(&mut script, method, 2, "sendrecv");
        let change = Text(change.0.replace("m=audio", "x=audio"));
        script.say(&change);
        script.expect_response(488, method);
        assert!(script.is_up(call));
        let change = dialog.change(&mut script, method, 3, "sendonly");
        script.say(&change);
        script.expect_response(200, method);
    }
}

#[test]
fn js_06_media_that_cannot_answer_is_488() {
    for (method, answer) in [
        ("INVITE", Answer::MediaFailed { detail: "no".to_owned(), incompatible: true }),
        ("UPDATE", Answer::MediaFailed { detail: "no".to_owned(), incompatible: false }),
        ("INVITE", Answer::Sdp { sdp: description(2, "recvonly").replace("m=audio", "x=audio") }),
    ] {
        let mut script = Script::connected();
        let (call, mut dialog) = script.live(true);
        script.end.media = false;
        let change = dialog.change(&mut script, method, 2, "sendonly");
        script.say(&change);
        script.expect_nothing();
        script.answer(answer);
        script.expect_response(488, method);
        assert!(matches!(script.answer(Answer::Applied), Question::Rollback { .. }));
        assert_eq!(script.news_of(call), [""; 0]);
    }
}

#[test]
fn js_07_media_that_never_answers_is_488_for_a_re_invite_and_504_for_an_update_after_30_s() {
    for (method, status) in [("INVITE", 488), ("UPDATE", 504)] {
        let mut script = Script::connected();
        let (call, mut dialog) = script.live(true);
        script.end.media = false;
        script.advance_to(1_000);
        let change = dialog.change(&mut script, method, 2, "sendonly");
        script.say(&change);
        // TX-05, TX-07
        script.silence_until(if method == "INVITE" { 1_200 } else { 4_500 });
        script.expect_response(100, method);
        script.silence_until(31_000);
        script.expect_response(status, method);
        // The late answer means nothing.
        script.answer(Answer::Sdp { sdp: description(2, "recvonly") });
        script.silence_until(90_000);
        assert!(script.is_up(call));
        script.end.media = true;
        script.end.asks.clear();
        let change = dialog.change(&mut script, method, 3, "sendonly");
        script.say(&change);
        script.expect_response(200, method);
    }
}

/// Our offer is on its way by this request: the command and the request.
fn offered(script: &mut Script, call: CallHandle, refresh: RefreshMethod) -> (RequestId, Text) {
    let command = script.renegotiate(call, refresh);
    let request = script.expect(if refresh == RefreshMethod::Update { "UPDATE " } else { "INVITE " });
    (command, request)
}

#[test]
fn iv_08_an_offer_that_meets_ours_on_the_wire_is_491_and_ours_goes_on() {
    for (refresh, method) in [
        (RefreshMethod::Invite, "INVITE"),
        (RefreshMethod::Invite, "UPDATE"),
        (RefreshMethod::Update, "INVITE"),
        (RefreshMethod::Update, "UPDATE"),
    ] {
        for window in [0, 200] {
            let mut script = Script::connected();
            let (call, mut dialog) = script.live(true);
            let (command, request) = offered(&mut script, call, refresh);
            script.advance(window);
            let theirs = dialog.change(&mut script, method, 2, "sendonly");
            script.say(&theirs);
            script.expect_response(491, method);
            script.advance(window);
            script.say(&Text::agree(&request, 1, "sendrecv"));
            if refresh == RefreshMethod::Invite {
                script.expect("ACK ");
            }
            script.done(command);
        }
    }
}

#[test]
fn iv_08_an_offer_that_comes_before_theirs_is_answered_is_500_with_retry_after() {
    for (first, second) in [("INVITE", "INVITE"), ("INVITE", "UPDATE"), ("UPDATE", "INVITE"), ("UPDATE", "UPDATE")] {
        let mut script = Script::connected();
        let (_, mut dialog) = script.live(true);
        script.end.media = false;
        let one = dialog.change(&mut script, first, 2, "sendonly");
        script.say(&one);
        let two = dialog.change(&mut script, second, 3, "inactive");
        script.say(&two);
        expect_put_off(&mut script, second);
        script.answer(Answer::Sdp { sdp: description(2, "recvonly") });
        script.expect_response(200, first);
    }
}

#[test]
fn iv_08_an_offer_that_comes_while_media_goes_back_for_their_first_one_is_500_too() {
    let mut script = Script::connected();
    let (call, mut dialog) = script.live(true);
    script.end.media = false;
    script.set_hold(call, true);
    let one = dialog.change(&mut script, "INVITE", 2, "sendonly");
    script.say(&one);
    let two = dialog.change(&mut script, "UPDATE", 3, "inactive");
    script.say(&two);
    expect_put_off(&mut script, "UPDATE");
}

#[test]
fn iv_08_an_update_without_an_offer_is_200_whatever_is_under_way() {
    let mut script = Script::connected();
    let (call, mut dialog) = script.live(true);
    offered(&mut script, call, RefreshMethod::Invite);
    let update = dialog.request(&mut script, "UPDATE").with("Contact", "<sip:bob@moved.test>");
    script.say(&update);
    assert_eq!(script.expect_response(200, "UPDATE").body(), "");
    script.hangup(call);
    script.expect("BYE sip:bob@moved.test SIP/2.0\r\n");
}

#[test]
fn iv_08_the_peers_offer_wins_over_ours_that_is_not_on_the_wire() {
    for method in ["INVITE", "UPDATE"] {
        let mut script = Script::connected();
        let (call, mut dialog) = script.live(true);
        script.end.media = false;
        let hold = script.set_hold(call, true);
        let theirs = dialog.change(&mut script, method, 2, "sendonly");
        script.say(&theirs);
        script.expect_nothing();
        assert!(matches!(script.end.asks.pop_front(), Some((_, Question::CreateOffer { hold: true, .. }))));
        assert!(matches!(script.answer(Answer::Applied), Question::Rollback { .. }));
        let question = script.answer(Answer::Sdp { sdp: description(2, "recvonly") });
        assert!(matches!(question, Question::CreateAnswer { hold: false, .. }));
        script.expect_response(200, method);
        if method == "INVITE" {
            assert!(script.end.asks.is_empty(), "not before the ACK");
            let ack = dialog.ack(&mut script, &theirs);
            script.say(&ack);
        }
        let question = script.answer(Answer::Sdp { sdp: description(3, "inactive") });
        assert!(matches!(question, Question::CreateOffer { hold: true, .. }));
        let ours = script.expect("INVITE ");
        script.say(&Text::agree(&ours, 3, "inactive"));
        script.expect("ACK ");
        script.answer(Answer::Applied);
        script.done(hold);
    }
}

#[test]
fn iv_08_an_offer_that_comes_while_the_media_takes_an_answer_waits_for_it() {
    let mut script = Script::connected();
    let (call, mut dialog) = script.live(true);
    let hold = script.set_hold(call, true);
    let ours = script.expect("INVITE ");
    script.end.media = false;
    script.say(&Text::agree(&ours, 2, "recvonly"));
    script.expect("ACK ");
    let theirs = dialog.change(&mut script, "INVITE", 3, "inactive");
    script.say(&theirs);
    let third = dialog.change(&mut script, "UPDATE", 4, "sendrecv");
    script.say(&third);
    expect_put_off(&mut script, "UPDATE");
    script.answer(Answer::Applied);
    script.done(hold);
    let question = script.answer(Answer::Sdp { sdp: description(3, "inactive") });
    assert!(matches!(question, Question::CreateAnswer { hold: true, .. }));
    script.expect_response(200, "INVITE");
    assert_eq!(script.news_of(call), ["hold Local true", "hold Remote true"]);
}

#[test]
fn tx_09_a_cancel_of_a_re_invite_refuses_it_wherever_it_stands_and_the_call_stays() {
    // While the media makes the answer; while it goes back for it; while it waits its turn.
    for place in 0..3 {
        let mut script = Script::connected();
        let (call, mut dialog) = script.live(true);
        if place == 1 {
            script.end.media = false;
            script.set_hold(call, true);
        }
        if place == 2 {
            script.set_hold(call, true);
            let reinvite = script.expect("INVITE ");
            script.end.media = false;
            script.say(&Text::agree(&reinvite, 2, "recvonly"));
            script.expect("ACK ");
        }
        script.end.media = false;
        let theirs = dialog.change(&mut script, "INVITE", 3, "sendonly");
        script.say(&theirs);
        script.expect_nothing();
        script.say(&Text::cancel(&theirs));
        let mut answers = [script.expect("SIP/2.0 "), script.expect("SIP/2.0 ")].map(|answer| answer.kind().to_owned());
        answers.sort();
        assert_eq!(answers, ["200", "487"], "place {place}");
        script.expect_nothing();
        script
            .end
            .asks
            .retain(|(_, question)| !matches!(question, Question::CreateAnswer { .. } | Question::CreateOffer { .. }));
        script.end.media = true;
        script.advance(31_000);
        assert!(script.is_up(call), "place {place}");
        script.hangup(call);
        let bye = loop {
            let sent = script.expect("");
            if sent.kind() == "BYE" {
                break sent;
            }
        };
        script.say(&Text::answer(&bye, "200 OK"));
        script.advance(200_000);
        script.assert_nothing_left();
    }
}

#[test]
fn iv_12_a_bye_refuses_everything_that_is_open_before_it_is_answered() {
    let mut script = Script::connected();
    script.interested(&[Interest::Requests]);
    let (call, mut dialog) = script.live(true);
    script.end.media = false;
    let theirs = dialog.change(&mut script, "INVITE", 2, "sendonly");
    script.say(&theirs);
    let info = dialog.request(&mut script, "INFO").body_of("text/plain", "x");
    script.say(&info);
    let bye = dialog.request(&mut script, "BYE");
    script.say(&bye);
    let mut refused = [script.expect("SIP/2.0 487 "), script.expect("SIP/2.0 487 ")].map(|answer| answer.get("CSeq"));
    refused.sort();
    assert!(refused[0].ends_with("INVITE") && refused[1].ends_with("INFO"));
    script.expect_response(200, "BYE");
    let end = script.ended(call);
    assert_eq!((end.by, end.cause), (EndedBy::Remote, Cause::Hangup));
    script.silence_until(100_000);
    script.assert_nothing_left();
}

#[test]
fn iv_04_our_2xx_to_a_re_invite_leaves_eleven_times_then_bye() {
    let mut script = Script::connected();
    let (call, mut dialog) = script.live(true);
    let theirs = dialog.change(&mut script, "INVITE", 2, "sendonly");
    script.say(&theirs);
    let ok = script.expect_response(200, "INVITE");
    let wrong = dialog.ack(&mut script, &theirs).set("CSeq", "7 ACK");
    for at in [500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500] {
        script.silence_until(at);
        assert_eq!(script.expect_response(200, "INVITE"), ok);
        script.say(&wrong);
    }
    script.silence_until(32_000);
    script.expect("BYE ");
    let told = script.news();
    assert!(told.contains(&"diagnostic ack-timeout".to_owned()), "{told:?}");
    script.advance(100_000);
    assert_eq!(script.ended(call).cause, Cause::Timeout);
    script.assert_nothing_left();
}

#[test]
fn rc_06_a_change_before_the_ack_of_our_answer_is_taken_and_the_2xx_goes_on_until_the_ack() {
    for (method, window) in [("INVITE", 0), ("INVITE", 200), ("UPDATE", 0), ("UPDATE", 200)] {
        let mut script = Script::connected();
        script.end.live.insert(CallHandle(1), Media::default());
        let (call, invite) = script.incoming();
        script.accept(call);
        let ok = script.expect_response(200, "INVITE");
        let mut dialog = PeerDialog::caller(&invite, &ok);
        let first_ack = dialog.ack(&mut script, &invite);
        script.advance(window);
        let change = dialog.change(&mut script, method, 2, "sendonly");
        script.say(&change);
        script.expect_response(200, method);
        if method == "INVITE" {
            let ack = dialog.ack(&mut script, &change);
            script.say(&ack);
        }
        script.silence_until(500);
        assert_eq!(script.expect_response(200, "INVITE"), ok);
        script.say(&first_ack);
        script.silence_until(100_000);
        assert!(script.is_up(call));
    }
}

#[test]
fn rc_06_a_peer_that_speaks_on_is_there_even_if_its_ack_never_comes() {
    let mut script = Script::connected();
    let (call, invite) = script.incoming();
    script.accept(call);
    let ok = script.expect_response(200, "INVITE");
    let info = PeerDialog::caller(&invite, &ok).request(&mut script, "INFO");
    script.say(&info);
    script.expect_response(200, "INFO");
    let mut repeats = 0;
    while script.now() < 32_000 {
        script.advance(500);
        while !script.end.sent.is_empty() {
            assert_eq!(script.expect_response(200, "INVITE"), ok);
            repeats += 1;
        }
    }
    assert_eq!(repeats, 10, "until the ACK, or 64·T1");
    script.silence_until(100_000);
    assert!(script.is_up(call));
}
