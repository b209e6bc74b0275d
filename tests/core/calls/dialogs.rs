//! What holds within the dialog of a call, and for requests that belong to none.

use patchcord::agent::{Capabilities, Config, Input, Interest};
use patchcord::message::Frame;
use patchcord::usage::call::{Cause, EndedBy};
use patchcord::usage::question::{Answer, Question};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::changes::{CHALLENGE, fixed};
use crate::sim::{ALLOW, PeerDialog, SDP, Script, Text, config, respond};

#[test]
fn dg_02_the_route_set_of_a_caller_is_the_record_route_of_the_2xx_reversed() {
    let mut script = Script::connected();
    let call = script.call();
    let invite = script.expect("INVITE ");
    let ringing = Text::answer(&invite, "180 Ringing").tagged("bobtag").with("Record-Route", "<sip:early.test;lr>");
    script.say(&ringing.with("Contact", "<sip:bob@early.test>"));
    let ok = Text::ok_to(&invite).with("Record-Route", "<sip:p2.test;lr>, <sip:p1.test;lr>");
    script.say(&ok.with("Record-Route", "<sip:p0.test;lr>"));
    let routes = ["<sip:p0.test;lr>", "<sip:p1.test;lr>", "<sip:p2.test;lr>"];
    let ack = script.expect("ACK sip:bob@192.0.2.9:5062;transport=ws SIP/2.0\r\n");
    assert_eq!(ack.all("Route").join(", "), routes.join(", "));
    script.hangup(call);
    let bye = script.expect("BYE sip:bob@192.0.2.9:5062;transport=ws SIP/2.0\r\n");
    assert_eq!(bye.all("Route").join(", "), routes.join(", "));
}

#[test]
fn dg_02_a_response_whose_record_route_cannot_be_read_is_dropped() {
    let mut script = Script::connected();
    let call = script.call();
    let invite = script.expect("INVITE ");
    script.news();
    script.say(&Text::answer(&invite, "180 Ringing").tagged("bobtag").with("Record-Route", "sip:p.test;lr"));
    script.say(&Text::ok_to(&invite).with("Record-Route", "sip:p.test;lr"));
    script.expect_nothing();
    assert_eq!(script.news(), ["diagnostic malformed"; 2]);
    script.say(&Text::ok_to(&invite).with("Record-Route", "<sip:p.test;lr>"));
    script.expect("ACK ");
    assert!(script.is_up(call));
}

#[test]
fn dg_02_the_route_set_of_a_callee_is_the_record_route_of_the_invite_in_order() {
    let mut script = Script::connected();
    let invite = script.request("INVITE").sdp().with("Record-Route", "<sip:p1.test;lr>, <sip:p2.test;lr>");
    let call = script.invited(&invite);
    script.accept(call);
    let ok = script.expect_response(200, "INVITE");
    let ack = PeerDialog::caller(&invite, &ok).ack(&mut script, &invite);
    script.say(&ack);
    script.hangup(call);
    assert_eq!(script.expect("BYE ").all("Route").join(", "), "<sip:p1.test;lr>, <sip:p2.test;lr>");
}

#[test]
fn dg_03_a_strict_router_is_put_into_the_request_uri_and_the_target_last() {
    let mut script = Script::connected();
    let call = script.call();
    let invite = script.expect("INVITE ");
    script.say(&Text::ok_to(&invite).with("Record-Route", "<sip:p2.test;lr>, <sip:strict.test>"));
    let ack = script.expect("ACK sip:strict.test SIP/2.0\r\n");
    let routes = "<sip:p2.test;lr>, <sip:bob@192.0.2.9:5062;transport=ws>";
    assert_eq!(ack.all("Route").join(", "), routes);
    script.hangup(call);
    let bye = script.expect("BYE sip:strict.test SIP/2.0\r\n");
    assert_eq!(bye.all("Route").join(", "), routes);
}

#[test]
fn dg_04_cseq_may_jump_but_not_go_back() {
    let mut script = Script::connected();
    let (call, _, mut dialog) = script.answered();
    let jump = dialog.request(&mut script, "OPTIONS").set("CSeq", "1010 OPTIONS");
    script.say(&jump);
    script.expect_response(200, "OPTIONS");
    let back = dialog.request(&mut script, "BYE");
    script.say(&back);
    script.expect_response(500, "BYE");
    assert!(script.is_up(call), "it came out of order");
    let next = dialog.request(&mut script, "BYE").set("CSeq", "1011 BYE");
    script.say(&next);
    script.expect_response(200, "BYE");
}

#[test]
fn dg_04_our_own_cseq_counts_up_by_one() {
    let mut script = Script::connected();
    let (call, invite, _) = script.outgoing();
    script.hangup(call);
    assert_eq!(script.expect("BYE ").cseq(), invite.cseq() + 1);
}

#[test]
fn dg_08_a_request_for_an_unknown_dialog_is_481_whoever_listens_and_an_ack_is_ignored() {
    for others in [&[][..], &[Interest::Requests, Interest::Messages]] {
        let mut script = Script::connected();
        script.interested(others);
        script.outgoing();
        for method in ["INFO", "MESSAGE", "UPDATE", "FLURP", "OPTIONS", "REFER", "NOTIFY", "BYE", "PRACK", "INVITE"] {
            let stray = script.request(method).set("To", "<sip:alice@example.test>;tag=unknown");
            script.say(&stray);
            let response = script.expect_response(481, method);
            assert_eq!(response.tag("To").as_deref(), Some("unknown"));
        }
        let ack = script.request("ACK").set("To", "<sip:alice@example.test>;tag=unknown");
        script.say(&ack);
        script.expect_nothing();
        let bye = script.request("BYE");
        script.say(&bye);
        script.expect_response(481, "BYE");
        assert_eq!(script.end.asks.len(), 0);
    }
}

#[test]
fn dg_08_the_tags_are_part_of_the_dialog() {
    let mut script = Script::connected();
    let (call, _, mut dialog) = script.outgoing();
    let bye = dialog.request(&mut script, "BYE");
    let from = bye.get("From").replace("bobtag", "mallory");
    script.say(&bye.set("From", &from));
    script.expect_response(481, "BYE");
    assert!(script.is_up(call));
}

#[test]
fn dg_09_bye_ends_the_call_whatever_the_answer() {
    for status in ["200 OK", "403 Forbidden", "481 Call/Transaction Does Not Exist", "500 Server Internal Error"] {
        let mut script = Script::connected();
        let (call, _, _) = script.outgoing();
        script.hangup(call);
        let bye = script.expect("BYE ");
        script.say(&Text::answer(&bye, "100 Trying"));
        assert!(script.is_up(call));
        script.say(&Text::answer(&bye, status));
        assert_eq!((script.ended(call).by, script.ended(call).cause), (EndedBy::Local, Cause::Hangup));
    }
}

#[test]
fn dg_09_a_challenge_to_bye_is_answered() {
    let mut script = Script::connected_as(fixed());
    let (call, _, _) = script.outgoing();
    script.hangup(call);
    let bye = script.expect("BYE ");
    script.say(&Text::challenge(&bye, 407, &[CHALLENGE]));
    let again = script.expect("BYE ");
    assert!(again.has("Proxy-Authorization"));
    assert_eq!(again.cseq(), bye.cseq() + 1);
    assert_eq!((again.get("To"), again.get("Call-ID")), (bye.get("To"), bye.get("Call-ID")));
    assert!(script.is_up(call));
    script.say(&Text::answer(&again, "200 OK"));
    assert_eq!(script.ended(call).cause, Cause::Hangup);
}

#[test]
fn iv_07_a_re_invite_that_the_media_refuses_is_488_and_the_call_stays_as_it_was() {
    let mut script = Script::connected();
    let (call, _, mut dialog) = script.answered();
    script.end.media = false;
    let reinvite = dialog.request(&mut script, "INVITE").with("Contact", "<sip:bob@elsewhere.test>");
    let reinvite = reinvite.body_of("application/sdp", &SDP.replace("sendrecv", "sendonly"));
    script.say(&reinvite);
    script.answer(Answer::MediaFailed { detail: "no".to_owned(), incompatible: true });
    script.expect_response(488, "INVITE");
    assert!(matches!(script.answer(Answer::Applied), Question::Rollback { .. }));
    let ack = Text::fill("X\nVia: {Via}\nFrom: {From}\nTo: {To}\nCall-ID: {Call-ID}", &reinvite);
    let ack = ack.started(&format!("ACK {} SIP/2.0", reinvite.uri()));
    script.say(&ack.with("CSeq", &format!("{} ACK", reinvite.cseq())));
    script.silence_until(100_000);
    assert!(script.is_up(call));
    script.hangup(call);
    script.expect("BYE sip:bob@192.0.2.9:5062;transport=ws SIP/2.0\r\n");
}

#[test]
fn tx_11_what_we_cannot_do_is_refused_in_the_order_of_the_rfc() {
    let mut script = Script::connected();
    let info = script.request("INFO").with("Require", "teleport");
    script.say(&info);
    assert_eq!(script.expect_response(405, "INFO").get("Allow"), ALLOW);
    let odd = script.request("FROBNICATE");
    script.say(&odd);
    script.expect_response(405, "FROBNICATE");
    let tel = script.request("INVITE").with("Require", "teleport").started("INVITE tel:+15550100 SIP/2.0");
    script.say(&tel);
    script.expect_response(416, "INVITE");
    let require = script.request("INVITE").with("Require", "teleport, 100rel").body_of("text/plain", "x");
    script.say(&require);
    assert_eq!(script.expect_response(420, "INVITE").get("Unsupported"), "teleport, 100rel");
}

#[test]
fn iv_15_options_says_what_we_can() {
    let mut script = Script::connected();
    let (_, _, mut dialog) = script.answered();
    let outside = script.request("OPTIONS");
    let inside = dialog.request(&mut script, "OPTIONS");
    for options in [outside, inside] {
        script.say(&options);
        let ok = script.expect_response(200, "OPTIONS");
        assert_eq!(ok.get("Allow"), ALLOW);
        let messages = "text/*, message/cpim, application/im-iscomposing+xml, application/json";
        let accepted = format!("application/sdp, application/dtmf-relay, application/dtmf, {messages}");
        assert_eq!((ok.get("Accept"), ok.get("Supported")), (accepted, "gruu".to_owned()));
    }
}

#[test]
fn iv_15_a_capability_that_is_off_is_left_out_of_every_allow_and_its_method_is_405() {
    let all = Capabilities::default();
    for (capabilities, method) in [
        (all, "NONE"),
        (Capabilities { update: false, ..all }, "UPDATE"),
        (Capabilities { info: false, ..all }, "INFO"),
        (Capabilities { message: false, ..all }, "MESSAGE"),
    ] {
        let mut script = Script::connected_as(Config { capabilities, ..config() });
        script.interested(&[Interest::Requests, Interest::Messages]);
        let allow = ALLOW.replace(&format!(", {method}"), "");
        let (_, invite, mut dialog) = script.outgoing();
        assert_eq!(invite.get("Allow"), allow);
        for known in ["UPDATE", "INFO", "MESSAGE"] {
            let request = dialog.request(&mut script, known).with("Contact", "<sip:bob@192.0.2.9>");
            script.say(&request);
            if known == method {
                assert_eq!(script.expect_response(405, method).get("Allow"), allow);
            } else if known == "UPDATE" {
                assert_eq!(script.expect_response(200, known).get("Allow"), allow);
            } else {
                script.answer(respond(200));
                script.expect_response(200, known);
            }
        }
        script.say_in(&mut dialog, "OPTIONS");
        assert_eq!(script.expect_response(200, "OPTIONS").get("Allow"), allow);
        let (call, invite) = script.incoming();
        script.accept(call);
        let ok = script.expect_response(200, "INVITE");
        assert_eq!(ok.get("Allow"), allow);
        script.say_in(&mut PeerDialog::caller(&invite, &ok), "FLURP");
        script.answer(Answer::Usual);
        assert_eq!(script.expect_response(405, "FLURP").get("Allow"), allow);
        let out = script.request("MESSAGE");
        script.say(&out);
        if method == "MESSAGE" {
            assert_eq!(script.expect_response(405, "MESSAGE").get("Allow"), allow);
        } else {
            script.answer(respond(200));
            script.expect_response(200, "MESSAGE");
        }
    }
}

#[test]
fn ms_03_folded_and_compact_headers_make_a_call_like_any_other() {
    let mut script = Script::connected();
    let invite = Text::new(
        "INVITE sip:alice@example.test SIP/2.0\n\
         v: SIP/2.0/WSS edge.example.test\n ;branch=z9hG4bKfold\n\
         Max-Forwards: 69\n\
         f: \"Bob\n\t the builder\" <sip:john.doe@[2001:db8::1]>\n  ;tag=folded\n\
         t: <sip:alice@example.test>\n\
         i: folded@peer\n\
         CSeq:\n 7 INVITE\n\
         m: <sip:john.doe@[2001:db8::1]:5060;transport=ws>\n ;+sip.instance=\"<urn:uuid:1>\"\n\
         c: application/sdp\n",
    );
    let invite = Text(format!("{}{SDP}", invite.0));
    let call = script.invited(&invite);
    script.accept(call);
    let ok = script.expect_response(200, "INVITE");
    assert_eq!(ok.get("From"), "\"Bob the builder\" <sip:john.doe@[2001:db8::1]> ;tag=folded");
    let tag = ok.tag("To").unwrap();
    let ack = Text::new(&format!(
        "ACK sip:alice@x.invalid SIP/2.0\nv: SIP/2.0/WSS edge.example.test;branch=z9hG4bKack\n\
         f: <sip:john.doe@[2001:db8::1]>;tag=folded\nt: <sip:alice@example.test>;tag={tag}\ni: folded@peer\n\
         CSeq: 7 ACK"
    ));
    script.say(&ack);
    script.silence_until(60_000);
    script.hangup(call);
    script.expect("BYE sip:john.doe@[2001:db8::1]:5060;transport=ws SIP/2.0\r\n");
}

#[test]
fn ms_13_a_contact_that_echoes_instance_parameters_is_a_target() {
    let mut script = Script::connected();
    let call = script.call();
    let invite = script.expect("INVITE ");
    let contact =
        "\"Bob\" <sip:john.doe@[2001:db8::1];ob;gr=urn:uuid:2>;+sip.instance=\"<urn:uuid:2>\";reg-id=1;expires=9";
    script.say(&Text::ok_to(&invite).set("Contact", contact));
    script.expect("ACK sip:john.doe@[2001:db8::1];ob;gr=urn:uuid:2 SIP/2.0\r\n");
    script.hangup(call);
    script.expect("BYE sip:john.doe@[2001:db8::1];ob;gr=urn:uuid:2 SIP/2.0\r\n");
}

#[test]
fn dg_01_each_tag_of_a_provisional_response_is_a_branch_of_its_own() {
    let mut script = Script::connected();
    let call = script.call();
    let invite = script.expect("INVITE ");
    script.say(&Text::answer(&invite, "180 Ringing").tagged("a"));
    script.say(&Text::answer(&invite, "183 Session Progress").tagged("b").sdp());
    script.say(&Text::answer(&invite, "180 Ringing"));
    assert_eq!(
        script.news_of(call),
        ["invited", "Ringing", "progress 180 a", "Early", "progress 183 b", "progress 180 "]
    );
    script.say(&Text::ok_to(&invite).set("To", "<sip:bob@example.test>;tag=a"));
    assert_eq!(script.expect("ACK ").tag("To").as_deref(), Some("a"));
    script.hangup(call);
    assert_eq!(script.expect("BYE ").tag("To").as_deref(), Some("a"));
}

#[test]
fn ms_13_a_binary_frame_is_read_like_text() {
    let mut script = Script::connected();
    let invite = script.request("INVITE").sdp();
    let flow = script.end.flow.unwrap();
    let frame = Frame::Binary(invite.0.into_bytes());
    script.input(Input::Received { flow, frame });
    assert!(script.was_told("call 1 incoming"));
}
