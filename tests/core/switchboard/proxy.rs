//! What the edge forwards: forking, CANCEL, Timer C, dialogs over Record-Route and over a lost socket.

use patchcord::message::FlowId;
use patchcord::time::Duration;

use super::support::{
    Bed, REALM, challenges, first_line, invite, parse, reply, request, status, value, values, within,
};

const SDP: &str = "Contact: <sip:bob@b1.invalid;transport=ws>\n";

/// Alice on flow 1 and a device of Bob's on each of the others, all registered.
fn bed(devices: usize) -> (Bed, FlowId, Vec<FlowId>) {
    let mut bed = Bed::new();
    let alice = bed.open(1);
    bed.register(alice, "alice", "a1");
    let bobs = (0..devices).map(|device| {
        let flow = bed.open(2 + device as u64);
        bed.register(flow, "bob", &format!("b{device}"));
        flow
    });
    let bobs = bobs.collect();
    (bed, alice, bobs)
}

/// Alice calls Bob; the INVITE as each device got it. The 100 is taken.
fn call(bed: &mut Bed, alice: FlowId, bobs: &[FlowId]) -> Vec<String> {
    bed.ask(alice, "alice", &invite(("alice", "a1"), "bob", "call"));
    assert_eq!(status(&bed.one(alice)), 100, "at once");
    bobs.iter().map(|bob| bed.one(*bob)).collect()
}

fn cancel() -> String {
    invite(("alice", "a1"), "bob", "call").replace("INVITE", "CANCEL").replace("{cseq}", "2").replace("{auth}", "")
}

/// The CANCEL of the INVITE whose branch is in the last `ask`.
fn send_cancel(bed: &mut Bed, alice: FlowId, got: &str) {
    let via = values(got, "Via").pop().expect("alice's Via");
    let branch = via.split("branch=z9hG4bK").nth(1).expect("alice's branch");
    bed.send(alice, &cancel().replace("{branch}", branch));
}

#[test]
fn px_06_a_forwarded_invite_carries_what_a_proxy_adds_and_nothing_it_keeps() {
    let (mut bed, alice, bobs) = bed(1);
    let got = call(&mut bed, alice, &bobs).remove(0);
    assert_eq!(first_line(&got), "INVITE sip:bob@b0.invalid;transport=ws SIP/2.0");
    assert_eq!(value(&got, "Max-Forwards"), "69");
    assert!(values(&got, "Proxy-Authorization").is_empty(), "credentials were for the edge");
    let vias = values(&got, "Via");
    assert!(vias[0].starts_with(&format!("SIP/2.0/WS {REALM};branch=z9hG4bK")), "{vias:?}");
    assert_eq!(vias.len(), 2);
    let routes = values(&got, "Record-Route");
    assert_eq!(routes.len(), 2);
    assert!(routes.iter().all(|route| route.ends_with(&format!("@{REALM};transport=ws;lr>"))), "{routes:?}");
}

#[test]
fn px_06_responses_go_back_at_once_and_the_100_stays() {
    let (mut bed, alice, bobs) = bed(2);
    let got = call(&mut bed, alice, &bobs);
    bed.send(bobs[0], &reply(&got[0], "100 Trying", "", ""));
    assert!(bed.is_silent(alice));
    for (device, line) in [(0, "180 Ringing"), (1, "183 Session Progress"), (1, "180 Ringing")] {
        bed.send(bobs[device], &reply(&got[device], line, &format!("b{device}"), SDP));
        let answer = bed.one(alice);
        assert_eq!(first_line(&answer), format!("SIP/2.0 {line}"));
        assert_eq!(values(&answer, "Via").len(), 1);
        assert_eq!(values(&answer, "Record-Route"), values(&got[device], "Record-Route"));
    }
}

#[test]
fn px_06_the_first_2xx_cancels_the_others_and_each_repeat_is_forwarded() {
    let (mut bed, alice, bobs) = bed(3);
    let got = call(&mut bed, alice, &bobs);
    bed.send(bobs[1], &reply(&got[1], "180 Ringing", "b1", SDP));
    bed.send(bobs[0], &reply(&got[0], "200 OK", "b0", SDP));
    let answers = bed.taken(alice);
    assert_eq!(answers.iter().map(|answer| status(answer)).collect::<Vec<_>>(), [180, 200]);
    let cancel = bed.one(bobs[1]);
    assert!(cancel.starts_with("CANCEL sip:bob@b1.invalid"), "{cancel}");
    assert!(value(&cancel, "Reason").contains("Call completed elsewhere"));
    assert!(bed.is_silent(bobs[2]), "no CANCEL before a 1xx");
    bed.send(bobs[2], &reply(&got[2], "180 Ringing", "b2", SDP));
    assert!(bed.one(bobs[2]).starts_with("CANCEL "));
    for device in [1, 2] {
        bed.send(bobs[device], &reply(&got[device], "487 Request Terminated", &format!("b{device}"), ""));
        assert!(bed.one(bobs[device]).starts_with("ACK "));
    }
    assert!(bed.is_silent(alice), "the others are no business of the caller");
    for _ in 0..3 {
        bed.pass(Duration::from_millis(500));
        bed.send(bobs[0], &reply(&got[0], "200 OK", "b0", SDP));
        assert_eq!(status(&bed.one(alice)), 200);
    }
}

#[test]
fn px_06_a_second_2xx_is_forwarded_too() {
    let (mut bed, alice, bobs) = bed(2);
    let got = call(&mut bed, alice, &bobs);
    for device in [0, 1] {
        bed.send(bobs[device], &reply(&got[device], "200 OK", &format!("b{device}"), SDP));
        let answer = bed.one(alice);
        assert_eq!((status(&answer), value(&answer, "To").ends_with(&format!("tag=b{device}"))), (200, true));
    }
}

#[test]
fn px_06_the_best_of_several_refusals_is_chosen() {
    let rows: [(&[&str], u16); 9] = [
        (&["486 Busy Here", "404 Not Found"], 486),
        (&["500 Server Internal Error", "486 Busy Here"], 486),
        (&["302 Moved Temporarily", "486 Busy Here"], 302),
        (&["486 Busy Here", "484 Address Incomplete"], 484),
        (&["486 Busy Here", "415 Unsupported Media Type"], 415),
        (&["480 Temporarily Unavailable", "486 Busy Here"], 486),
        (&["486 Busy Here", "603 Decline"], 603),
        (&["503 Service Unavailable", "501 Not Implemented"], 500),
        (&["503 Service Unavailable"], 500),
    ];
    for (finals, expected) in rows {
        let (mut bed, alice, bobs) = bed(finals.len());
        let got = call(&mut bed, alice, &bobs);
        for (device, line) in finals.iter().enumerate() {
            assert!(bed.is_silent(alice), "not before all have spoken: {finals:?}");
            bed.send(bobs[device], &reply(&got[device], line, "b", ""));
            assert!(bed.one(bobs[device]).starts_with("ACK "), "{finals:?}");
        }
        assert_eq!(status(&bed.one(alice)), expected, "{finals:?}");
    }
}

#[test]
fn px_06_a_6xx_cancels_the_others_and_waits_for_them() {
    let (mut bed, alice, bobs) = bed(2);
    let got = call(&mut bed, alice, &bobs);
    bed.send(bobs[1], &reply(&got[1], "180 Ringing", "b1", SDP));
    bed.taken(alice);
    bed.send(bobs[0], &reply(&got[0], "603 Decline", "b0", ""));
    assert!(bed.is_silent(alice));
    assert!(bed.one(bobs[1]).starts_with("CANCEL "));
    bed.send(bobs[1], &reply(&got[1], "487 Request Terminated", "b1", ""));
    assert_eq!(status(&bed.one(alice)), 603);
}

#[test]
fn px_06_challenges_of_all_branches_are_merged() {
    let (mut bed, alice, bobs) = bed(2);
    let got = call(&mut bed, alice, &bobs);
    for device in [0, 1] {
        let line = format!("WWW-Authenticate: Digest realm=\"r{device}\", nonce=\"n\"\n");
        bed.send(bobs[device], &reply(&got[device], "401 Unauthorized", "b", &line));
    }
    let realms: Vec<_> = challenges(&bed.one(alice)).into_iter().map(|offer| offer.realm).collect();
    assert_eq!(realms, ["r0", "r1"]);
}

#[test]
fn px_06_nobody_hears_408_for_anything_but_an_invite() {
    let (mut bed, alice, bobs) = bed(1);
    bed.ask(alice, "alice", &request("MESSAGE", ("alice", "a1"), &format!("bob@{REALM}"), "m"));
    assert!(bed.one(bobs[0]).starts_with("MESSAGE "));
    bed.pass(Duration::from_secs(100));
    assert!(bed.taken(alice).iter().all(|answer| status(answer) == 100));
    bed.ask(alice, "alice", &request("MESSAGE", ("alice", "a1"), &format!("bob@{REALM}"), "n"));
    let got = bed.one(bobs[0]);
    bed.send(bobs[0], &reply(&got, "200 OK", "b", ""));
    assert_eq!(status(&bed.one(alice)), 200, "the next one is not disturbed");
}

#[test]
fn px_05_a_device_that_does_not_answer_at_all_is_408_after_32_seconds() {
    let (mut bed, alice, bobs) = bed(1);
    call(&mut bed, alice, &bobs);
    bed.pass(Duration::from_millis(31_999));
    assert!(bed.is_silent(alice));
    bed.pass(Duration::from_millis(1));
    assert_eq!(status(&bed.one(alice)), 408);
}

#[test]
fn px_05_timer_c_starts_anew_with_every_1xx_and_ends_in_408() {
    let (mut bed, alice, bobs) = bed(1);
    let got = call(&mut bed, alice, &bobs).remove(0);
    bed.send(bobs[0], &reply(&got, "180 Ringing", "b", SDP));
    bed.pass(Duration::from_secs(184));
    bed.send(bobs[0], &reply(&got, "180 Ringing", "b", SDP));
    bed.pass(Duration::from_millis(184_999));
    assert!(bed.is_silent(bobs[0]));
    bed.pass(Duration::from_millis(1));
    assert!(bed.one(bobs[0]).starts_with("CANCEL "));
    assert!(bed.taken(alice).iter().all(|answer| status(answer) == 180));
    bed.send(bobs[0], &reply(&got, "487 Request Terminated", "b", ""));
    assert_eq!(status(&bed.one(alice)), 408);
}

#[test]
fn px_17_a_cancel_is_answered_at_once_and_goes_only_where_it_rings() {
    let (mut bed, alice, bobs) = bed(2);
    let got = call(&mut bed, alice, &bobs);
    bed.send(bobs[0], &reply(&got[0], "180 Ringing", "b0", SDP));
    bed.taken(alice);
    send_cancel(&mut bed, alice, &got[0]);
    let answer = bed.one(alice);
    assert_eq!((status(&answer), value(&answer, "CSeq").as_str()), (200, "2 CANCEL"));
    assert!(bed.one(bobs[0]).starts_with("CANCEL "));
    assert!(bed.is_silent(bobs[1]));
    bed.send(bobs[0], &reply(&got[0], "487 Request Terminated", "b0", ""));
    bed.send(bobs[1], &reply(&got[1], "180 Ringing", "b1", SDP));
    assert!(bed.taken(bobs[1])[0].starts_with("CANCEL "));
    bed.send(bobs[1], &reply(&got[1], "487 Request Terminated", "b1", ""));
    let finals: Vec<_> =
        bed.taken(alice).into_iter().map(|answer| status(&answer)).filter(|code| *code >= 200).collect();
    assert_eq!(finals, [487]);
}

#[test]
fn px_17_a_cancel_that_crosses_the_200_leaves_the_call() {
    let (mut bed, alice, bobs) = bed(1);
    let got = call(&mut bed, alice, &bobs).remove(0);
    bed.send(bobs[0], &reply(&got, "180 Ringing", "b0", SDP));
    bed.taken(alice);
    send_cancel(&mut bed, alice, &got);
    bed.taken(alice);
    bed.send(bobs[0], &reply(&got, "200 OK", "b0", SDP));
    assert_eq!(status(&bed.one(alice)), 200);
}

#[test]
fn px_17_a_cancel_of_nothing_is_481() {
    let (mut bed, alice, _) = bed(1);
    bed.send(alice, &cancel().replace("{branch}", "nothing"));
    assert_eq!(status(&bed.one(alice)), 481);
}

/// A call that is up: alice, bob, and the 200 as bob sent it.
fn established() -> (Bed, FlowId, FlowId, String) {
    let (mut bed, alice, bobs) = bed(1);
    let got = call(&mut bed, alice, &bobs).remove(0);
    let ok = reply(&got, "200 OK", "b0", SDP);
    let bob = bobs.first().copied().expect("bob");
    bed.send(bob, &ok);
    assert_eq!(status(&bed.one(alice)), 200);
    let ok = format!("{ok}\n").replace('\n', "\r\n");
    bed.send(alice, &within("ACK", true, &ok, ("sip:bob@b0.invalid;transport=ws", "ack", 2)));
    let ack = bed.one(bob);
    assert!(ack.starts_with("ACK sip:bob@b0.invalid;transport=ws ") && values(&ack, "Route").is_empty(), "{ack}");
    (bed, alice, bob, ok)
}

#[test]
fn px_08_requests_within_the_dialog_reach_the_other_side_both_ways() {
    let (mut bed, alice, bob, ok) = established();
    for (by_caller, from, to, uri) in [
        (true, alice, bob, "sip:bob@b0.invalid;transport=ws"),
        (false, bob, alice, "sip:alice@a1.invalid;transport=ws"),
    ] {
        for (cseq, method) in [(11, "INFO"), (12, "UPDATE"), (13, "BYE")] {
            bed.send(from, &within(method, by_caller, &ok, (uri, &format!("{by_caller}{cseq}"), cseq)));
            let got = bed.one(to);
            assert_eq!(first_line(&got), format!("{method} {uri} SIP/2.0"));
            assert!(values(&got, "Route").is_empty() && values(&got, "Record-Route").is_empty());
            bed.send(to, &reply(&got, "200 OK", "x", ""));
            let answer = bed.one(from);
            assert_eq!((status(&answer), value(&answer, "CSeq")), (200, format!("{cseq} {method}")));
        }
    }
}

#[test]
fn px_08_a_call_outlives_the_sockets_of_both_sides() {
    let (mut bed, alice, bob, ok) = established();
    bed.close(bob);
    bed.send(alice, &within("INFO", true, &ok, ("sip:bob@b0.invalid;transport=ws", "i1", 5)));
    assert_eq!(status(&bed.one(alice)), 430, "the way is broken, the dialog is not");
    let bob = bed.open(20);
    bed.register(bob, "bob", "b0");
    bed.send(alice, &within("INFO", true, &ok, ("sip:bob@b0.invalid;transport=ws", "i2", 6)));
    let got = bed.one(bob);
    bed.send(bob, &reply(&got, "200 OK", "x", ""));
    assert_eq!(status(&bed.one(alice)), 200);
    bed.close(alice);
    let alice = bed.open(21);
    bed.register(alice, "alice", "a1");
    bed.send(bob, &within("BYE", false, &ok, ("sip:alice@a1.invalid;transport=ws", "b1", 7)));
    let got = bed.one(alice);
    assert_eq!(first_line(&got), "BYE sip:alice@a1.invalid;transport=ws SIP/2.0");
    bed.send(alice, &reply(&got, "200 OK", "x", ""));
    assert_eq!(status(&bed.one(bob)), 200);
}

#[test]
fn tr_08_a_2xx_repeated_after_the_callers_socket_went_finds_him_on_his_new_one() {
    let (mut bed, alice, bobs) = bed(1);
    let got = call(&mut bed, alice, &bobs).remove(0);
    let ok = reply(&got, "200 OK", "b0", SDP);
    bed.send(bobs[0], &ok);
    bed.close(alice);
    let alice = bed.open(20);
    bed.register(alice, "alice", "a1");
    bed.send(bobs[0], &ok);
    assert_eq!(status(&bed.one(alice)), 200);
    assert!(bed.is_silent(bobs[0]), "an established call is not cancelled");
}

#[test]
fn px_08_a_caller_who_signed_off_is_still_reached_over_his_open_socket() {
    let (mut bed, alice, bob, ok) = established();
    bed.ask(alice, "alice", &super::register("alice", "*\nExpires: 0", "off"));
    assert_eq!(status(&bed.one(alice)), 200);
    bed.send(bob, &within("BYE", false, &ok, ("sip:alice@a1.invalid;transport=ws", "b1", 7)));
    assert!(bed.one(alice).starts_with("BYE "));
}

#[test]
fn px_08_a_changed_token_is_refused() {
    let (mut bed, alice, _, ok) = established();
    let route = values(&ok, "Record-Route").remove(0);
    let forged = route.replacen(|letter: char| letter.is_ascii_digit(), "Z", 1);
    assert_ne!(route, forged);
    let text = within("BYE", true, &ok.replace(&route, &forged), ("sip:bob@b0.invalid;transport=ws", "b1", 7));
    bed.send(alice, &text);
    assert_eq!(status(&bed.one(alice)), 403);
}

#[test]
fn px_08_a_request_to_a_registered_contact_needs_no_route() {
    let (mut bed, alice, bobs) = bed(2);
    let text = request("MESSAGE", ("alice", "a1"), "bob@b1.invalid;transport=ws", "m");
    bed.ask(alice, "alice", &text);
    assert!(bed.is_silent(bobs[0]));
    assert!(bed.one(bobs[1]).starts_with("MESSAGE sip:bob@b1.invalid;transport=ws "));
}

#[test]
fn tr_08_a_device_that_goes_while_it_rings_is_480_and_a_caller_who_goes_is_cancelled() {
    let (mut bed, alice, bobs) = self::bed(1);
    let got = call(&mut bed, alice, &bobs).remove(0);
    bed.send(bobs[0], &reply(&got, "180 Ringing", "b0", SDP));
    bed.taken(alice);
    bed.close(bobs[0]);
    assert_eq!(status(&bed.one(alice)), 480);

    let (mut bed, alice, bobs) = self::bed(1);
    let got = call(&mut bed, alice, &bobs).remove(0);
    bed.send(bobs[0], &reply(&got, "180 Ringing", "b0", SDP));
    bed.close(alice);
    assert!(bed.one(bobs[0]).starts_with("CANCEL "));
}

#[test]
fn px_06_a_response_that_matches_no_request_is_dropped_with_a_note() {
    let (mut bed, alice, bobs) = bed(1);
    let got = call(&mut bed, alice, &bobs).remove(0);
    let stray = reply(&got, "200 OK", "b0", SDP).replace("branch=z9hG4bK", "branch=z9hG4bKx");
    bed.send(bobs[0], &stray);
    assert!(bed.is_silent(alice));
    assert_eq!(bed.notes.len(), 1, "{:?}", bed.notes);
}

#[test]
fn ms_08_what_the_edge_does_not_know_passes_unchanged() {
    let (mut bed, alice, bobs) = bed(1);
    let text = request("MESSAGE", ("alice", "a1"), &format!("bob@{REALM}"), "m");
    let odd = "X-Odd: a,b ; c\nContent-Type: text/plain\nContent-Length: 5\n\nhello";
    bed.ask(alice, "alice", &format!("{text}{odd}"));
    let got = bed.one(bobs[0]);
    assert_eq!(value(&got, "X-Odd"), "a,b ; c");
    assert_eq!(parse(&got).body(), b"hello");
}
