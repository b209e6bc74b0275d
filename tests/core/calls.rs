//! Calls both ways: requirements TX-04, TX-08, TX-09, TX-12, IV-*, DG-*, FK-02.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::sim::{ANSWER, OFFER, Pair, Script, Text, config};

#[test]
fn iv_01_an_outgoing_call_is_told_step_by_step() {
    let mut script = Script::connected();
    let call = script.call();
    let invite = script.expect("INVITE sip:bob@example.test SIP/2.0\r\n");
    assert_eq!(invite.body(), OFFER);
    script.say(&Text::answer(&invite, "100 Trying"));
    script.say(&Text::answer(&invite, "180 Ringing").tagged("b"));
    script.say(&Text::answer(&invite, "183 Session Progress").tagged("b").sdp());
    script.say(&Text::ok_to(&invite).set("To", "<sip:bob@example.test>;tag=b"));
    let ack = script.expect("ACK sip:bob@192.0.2.9:5062;transport=ws SIP/2.0\r\n");
    assert_eq!(ack.cseq(), invite.cseq());
    script.expect_nothing();
    assert_eq!(
        script.news_of(call),
        ["invited", "Ringing", "progress 180 b", "Early", "progress 183 b", "Established", "established"]
    );
    script.hangup(call);
    let bye = script.expect("BYE sip:bob@192.0.2.9:5062;transport=ws SIP/2.0\r\n");
    assert_eq!(bye.cseq(), invite.cseq() + 1);
    assert!(script.is_up(call), "not over before the answer");
    script.say(&Text::answer(&bye, "200 OK"));
    assert_eq!(script.news_of(call), ["Ending", "Ended", "ended Local Hangup"]);
}

#[test]
fn iv_01_two_ends_call_each_other_through_a_proxy() {
    let mut pair = Pair::connected(&config(), 1);
    let call = pair.call(0);
    pair.until(1, " incoming");
    let theirs = patchcord::usage::data::CallHandle(1);
    pair.accept(1, theirs);
    pair.until(0, " established");
    pair.advance(5_000);
    pair.hangup(1, theirs);
    pair.advance(1_000);
    assert!(pair.ends.iter().all(|end| end.ended.len() == 1));
    assert!(pair.ends[0].ended.contains_key(&call));
    let _ = ANSWER;
}
