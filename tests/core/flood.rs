//! A peer that wishes us ill: requirements SL-02, SL-08. Whatever it sends, what is kept stays within the limits, goes back
//! to nothing when it stops, and the call that is up is not harmed.

use patchcord::agent::{Command, Config, Interest};
use patchcord::usage::data::{CallHandle, Limits};
use patchcord::usage::question::CredentialSource;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::sim::{PeerDialog, Script, Text, alice, config};

/// What a snapshot counts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Held {
    calls: usize,
    pub(super) transactions: usize,
    questions: usize,
    pub(super) dialogs: usize,
    authentications: usize,
    acknowledgements: usize,
}

const NOTHING: Held =
    Held { calls: 0, transactions: 0, questions: 0, dialogs: 0, authentications: 0, acknowledgements: 0 };

pub(super) fn held(script: &mut Script) -> Held {
    let machines = script.snapshot();
    let count = |is: &dyn Fn(&str) -> bool| machines.iter().filter(|machine| is(&machine.machine)).count();
    let memory = machines.iter().find(|machine| machine.machine == "memory").expect("the memory").state.clone();
    let mut numbers = memory.split([' ', ',']).filter_map(|word| word.parse().ok());
    let mut next = || numbers.next().expect("a number");
    Held {
        calls: count(&|name| name.starts_with("call ")),
        transactions: count(&|name| name.contains(" transaction: ")),
        questions: count(&|name| name.starts_with("question ")),
        dialogs: next(),
        authentications: next(),
        acknowledgements: next(),
    }
}

/// Asserts that no more is kept than the limits allow, and forgets what was sent and told.
fn within_limits(script: &mut Script) {
    let limits = Limits::default();
    let held = held(script);
    let is_within = |count: usize, limit: u32| u32::try_from(count).is_ok_and(|count| count <= limit);
    assert!(is_within(held.calls, limits.dialogs), "{held:?}");
    assert!(is_within(held.questions, limits.calls), "{held:?}");
    assert!(is_within(held.transactions, limits.transactions / 4 * 5), "{held:?}");
    assert!(is_within(held.dialogs, limits.dialogs), "{held:?}");
    script.end.sent.clear();
    script.news();
}

/// A call that is up before the flood.
fn up() -> (Script, CallHandle, PeerDialog) {
    up_as(config())
}

fn up_as(config: Config) -> (Script, CallHandle, PeerDialog) {
    let mut script = Script::connected_as(config);
    let (call, _, dialog) = script.outgoing();
    (script, call, dialog)
}

/// The flood is over: the call is alive and can be ended by the peer, and nothing else is left.
fn unharmed(mut script: Script, call: CallHandle, mut dialog: PeerDialog) {
    within_limits(&mut script);
    assert!(script.is_up(call), "the flood ended a call");
    let bye = dialog.request(&mut script, "BYE");
    script.say(&bye);
    script.expect_response(200, "BYE");
    assert!(!script.is_up(call));
    // The longest anybody may ring, and the time in which repeats are absorbed.
    script.advance(180_000 + 2 * 32_000);
    assert_eq!(held(&mut script), NOTHING);
    let (again, _) = script.incoming();
    script.reject(again, 486);
    script.end.sent.clear();
}

#[test]
fn sl_02_thousands_of_calls_that_nobody_acknowledges_stay_within_the_limits() {
    let (mut script, call, dialog) = up();
    for number in 0..2_000 {
        let invite = script.request("INVITE").sdp();
        script.say(&invite);
        if number % 100 == 0 {
            within_limits(&mut script);
            script.advance(20);
        }
    }
    unharmed(script, call, dialog);
}

#[test]
fn sl_02_hundreds_of_calls_nobody_listens_for_stay_within_the_limits() {
    let (mut script, call, dialog) = up();
    script.command(Command::Interest { interests: vec![Interest::Trace] });
    for number in 0..500 {
        let invite = script.request("INVITE").sdp();
        script.say(&invite);
        if number % 100 == 0 {
            within_limits(&mut script);
        }
    }
    script.listen();
    unharmed(script, call, dialog);
}

#[test]
fn sl_02_calls_that_are_cancelled_at_once_leave_nothing() {
    let (mut script, call, dialog) = up();
    for number in 0..500 {
        let invite = script.request("INVITE").sdp();
        script.say(&invite);
        script.say(&Text::cancel(&invite));
        if number % 100 == 0 {
            within_limits(&mut script);
        }
    }
    unharmed(script, call, dialog);
}

#[test]
fn sl_08_one_request_over_many_branches_and_many_requests_over_one_branch_are_bounded() {
    let (mut script, call, dialog) = up();
    let invite = script.request("INVITE").sdp();
    for number in 0..500 {
        let via = format!("SIP/2.0/WSS edge.example.test;branch=z9hG4bKloop{number}");
        script.say(&invite.clone().set("Via", &via));
        script.say(&invite.clone().set("Call-ID", &format!("other-{number}")));
        script.say(&invite.clone().set("From", &format!("<sip:bob@example.test>;tag=other{number}")));
        if number % 100 == 0 {
            within_limits(&mut script);
        }
    }
    unharmed(script, call, dialog);
}

#[test]
fn sl_08_requests_in_dialogs_that_are_not_are_answered_and_forgotten() {
    let (mut script, call, mut dialog) = up();
    let theirs = dialog.request(&mut script, "INFO");
    for number in 0..500 {
        for method in ["INVITE", "BYE", "INFO", "NOTIFY", "UPDATE", "ACK", "CANCEL", "PRACK", "UNKNOWN"] {
            let branch = format!("SIP/2.0/WSS edge.example.test;branch=z9hG4bK{method}{number}");
            let forged = theirs.clone().started(&format!("{method} {} SIP/2.0", theirs.uri())).set("Via", &branch);
            let forged = forged.set("CSeq", &format!("{} {method}", 10_000 + number));
            script.say(&forged.set("To", &format!("<sip:alice@example.test>;tag=guess{number}")));
            if method != "ACK" {
                let refusal = script.expect("SIP/2.0 ");
                assert!(refusal.get("CSeq").ends_with(method) && refusal.kind() >= "400", "{}", refusal.0);
            }
            script.expect_nothing();
        }
        if number % 100 == 0 {
            within_limits(&mut script);
        }
    }
    unharmed(script, call, dialog);
}

#[test]
fn sl_08_re_invites_that_are_never_acknowledged_are_bounded_and_end_no_call() {
    let (mut script, call, mut dialog) = up();
    for number in 0..500 {
        let again = dialog.request(&mut script, "INVITE").sdp();
        script.say(&again);
        if number % 100 == 0 {
            within_limits(&mut script);
        }
    }
    script.advance(32_000);
    unharmed(script, call, dialog);
}

#[test]
fn sl_08_answers_to_what_was_never_asked_are_dropped() {
    let (mut script, call, dialog) = up();
    let ours = script.call();
    let invite = script.expect("INVITE ");
    for number in 0..500 {
        // Our Via with a branch that never was, and our branch with another method.
        let via = invite.get("Via").replace(&invite.branch(), &format!("z9hG4bKnever{number}"));
        for status in ["180 Ringing", "200 OK", "401 Unauthorized", "503 Service Unavailable"] {
            script.say(&Text::answer(&invite, status).tagged("b").set("Via", &via));
            script.say(&Text::answer(&invite, status).tagged("b").set("CSeq", &format!("{} BYE", invite.cseq())));
        }
        script.expect_nothing();
    }
    assert!(script.is_up(ours));
    script.say(&Text::answer(&invite, "486 Busy Here").tagged("b"));
    script.expect("ACK ");
    unharmed(script, call, dialog);
}

#[test]
fn sl_02_a_call_of_ours_that_the_whole_world_answers_is_followed_so_far_and_no_further() {
    let (mut script, call, dialog) = up();
    let ours = script.call();
    let invite = script.expect("INVITE ");
    for number in 0..500 {
        script.say(&Text::answer(&invite, "183 Session Progress").tagged(&format!("r{number}")).sdp());
        script.say(&Text::ok_to(&invite).set("To", &format!("{};tag=a{number}", invite.get("To"))));
    }
    let held = held(&mut script);
    // The call before, 64 branches that answered, and one that only rang; each of those that answered but one is ended by
    // a BYE.
    assert_eq!((held.dialogs, held.calls), (66, 65));
    assert_eq!((held.transactions, held.acknowledgements), (2 + 63, 2));
    assert_eq!(script.end.sent.iter().filter(|(_, _, frame)| frame.as_bytes().starts_with(b"BYE ")).count(), 63);
    script.end.sent.clear();
    script.hangup(ours);
    script.expect("BYE ");
    script.advance(32_000 + 32_000);
    unharmed(script, call, dialog);
}

#[test]
fn sl_08_challenges_without_end_are_given_up() {
    let credentials = CredentialSource::Fixed { credentials: alice() };
    let (mut script, call, dialog) = up_as(Config { credentials, ..config() });
    for number in 0..200 {
        let ours = script.call();
        for again in 0..10 {
            if script.end.sent.is_empty() {
                assert!(again > 1, "it tries to answer the first");
                break;
            }
            let invite = script.expect("INVITE ");
            let challenge = format!("Digest realm=\"r{number}-{again}\", nonce=\"n{again}\"");
            script.say(&Text::challenge(&invite, 401, &[&challenge]));
            script.expect("ACK ");
        }
        assert!(!script.is_up(ours));
    }
    unharmed(script, call, dialog);
}
