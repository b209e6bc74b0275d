//! Changes of both sides at once (IV-09, RC-08, RC-09): who waits how long, and who goes first.

use std::collections::BTreeSet;

use patchcord::agent::{Command, Config, Event};
use patchcord::entropy::Entropy;
use patchcord::time::Duration;
use patchcord::usage::call::{CallEvent, EndedBy, RefreshMethod, RenegotiateOptions};
use patchcord::usage::data::{CallHandle, FailureCode, Outcome};
use patchcord::usage::question::{Answer, Question};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::sim::{Media, Pair, Script, Signaling, Text, config, description, registering};

/// When our refused re-INVITE comes again, in ms after the 491.
fn wait_after_491(seed: u8, ours: bool) -> u64 {
    let mut script = Script::connected_from(seed);
    let (call, _) = script.live(ours);
    script.set_hold(call, true);
    let reinvite = script.expect("INVITE ");
    script.advance_to(1_000);
    script.say(&Text::answer(&reinvite, "491 Request Pending"));
    script.expect("ACK ");
    while script.end.sent.is_empty() {
        let wake = script.end.wake.expect("a retry").at.0;
        script.advance_to(wake);
    }
    script.expect("INVITE ");
    script.now() - 1_000
}

#[test]
fn iv_09_the_owner_of_the_call_id_waits_longer_and_both_in_steps_of_10_ms() {
    for (ours, least, most) in [(true, 2_100, 4_000), (false, 0, 2_000)] {
        let waits: Vec<u64> = (0..=255).map(|seed| wait_after_491(seed, ours)).collect();
        assert!(waits.iter().all(|wait| wait % 10 == 0 && (least..=most).contains(wait)), "{waits:?}");
        assert!(waits.iter().copied().collect::<BTreeSet<_>>().len() > 80, "they differ: {waits:?}");
        assert!(waits.iter().any(|wait| *wait < least + 300) && waits.iter().any(|wait| *wait > most - 300));
    }
}

#[test]
fn iv_09_after_five_rounds_the_change_has_failed() {
    for (refresh, method) in [(RefreshMethod::Invite, "INVITE "), (RefreshMethod::Update, "UPDATE ")] {
        let mut script = Script::connected();
        let (call, _) = script.live(true);
        let command = script.renegotiate(call, refresh);
        for _ in 0..6 {
            assert!(!script.is_settled(command));
            let request = script.expect(method);
            script.say(&Text::answer(&request, "491 Request Pending"));
            if method == "INVITE " {
                script.expect("ACK ");
            }
            script.advance(4_000);
        }
        let failure = script.failure(command);
        assert_eq!(
            (failure.code, failure.response.map(|response| response.status)),
            (FailureCode::Rejected, Some(491))
        );
        script.silence_until(100_000);
        assert!(script.is_up(call));
    }
}

#[test]
fn iv_09_while_it_waits_the_peers_change_goes_first_and_ours_comes_after_it() {
    let mut script = Script::connected();
    let (call, mut dialog) = script.live(true);
    let hold = script.set_hold(call, true);
    let reinvite = script.expect("INVITE ");
    script.say(&Text::answer(&reinvite, "491 Request Pending"));
    script.expect("ACK ");
    script.advance(1_000);
    let theirs = dialog.change(&mut script, "INVITE", 2, "sendonly");
    script.say(&theirs);
    script.expect_response(200, "INVITE");
    let ack = dialog.ack(&mut script, &theirs);
    script.say(&ack);
    // We own the Call-ID: ours waits its 2.1 s at least all the same.
    script.silence_until(2_100);
    script.advance_to(4_000);
    let again = script.expect("INVITE ");
    script.say(&Text::agree(&again, 3, "inactive"));
    script.expect("ACK ");
    script.done(hold);
    script.silence_until(100_000);
}

#[test]
fn iv_09_a_change_of_the_peers_that_comes_while_the_media_goes_back_does_not_lose_ours() {
    let mut script = Script::connected();
    let (call, mut dialog) = script.live(true);
    let hold = script.set_hold(call, true);
    let reinvite = script.expect("INVITE ");
    script.end.media = false;
    script.say(&Text::answer(&reinvite, "491 Request Pending"));
    script.expect("ACK ");
    let theirs = dialog.change(&mut script, "UPDATE", 2, "sendonly");
    script.say(&theirs);
    script.expect_nothing();
    assert!(matches!(script.answer(Answer::Applied), Question::Rollback { .. }));
    let question = script.answer(Answer::Sdp { sdp: description(2, "recvonly") });
    assert!(matches!(question, Question::CreateAnswer { .. }));
    script.expect_response(200, "UPDATE");
    script.advance(4_000);
    script.answer(Answer::Sdp { sdp: description(3, "inactive") });
    let again = script.expect("INVITE ");
    script.say(&Text::agree(&again, 3, "inactive"));
    script.expect("ACK ");
    script.answer(Answer::Applied);
    script.done(hold);
}

#[test]
fn tr_12_offline_a_change_that_waits_fails_and_so_does_the_one_behind_it() {
    let mut script = Script::connected();
    let (call, _) = script.live(true);
    let first = script.set_hold(call, true);
    let reinvite = script.expect("INVITE ");
    script.say(&Text::answer(&reinvite, "491 Request Pending"));
    script.expect("ACK ");
    let second = script.set_hold(call, false);
    script.cut();
    script.advance(4_000);
    assert_eq!(script.failure(first).code, FailureCode::NotConnected);
    assert_eq!(script.failure(second).code, FailureCode::NotConnected);
}

/// Their call, as each end of a pair names it.
const CALLS: [CallHandle; 2] = [CallHandle(2), CallHandle(1)];

/// A pair whose call is up, with media like a browser's.
fn talking(config: &Config, seed: u8) -> Pair {
    let mut pair = Pair::connected(config, seed);
    for (end, call) in pair.ends.iter_mut().zip(CALLS) {
        end.live.insert(call, Media::default());
    }
    pair.call(0);
    pair.until(1, " incoming");
    pair.accept(1, CALLS[1]);
    pair.until(0, " established");
    pair.advance(1_000);
    pair
}

/// Two ends change their call at the same moment, by these requests: what became of both commands.
fn collide(seed: u8, methods: [RefreshMethod; 2], delay: u64) {
    let mut pair = talking(&config(), seed);
    pair.delay = (Duration::from_millis(delay), Duration::from_millis(delay));
    let mut commands = Vec::new();
    for (end, method) in methods.into_iter().enumerate() {
        let call = CALLS[end];
        let options = RenegotiateOptions { method, ..RenegotiateOptions::default() };
        commands.push(pair.ask_for(end, |id| Command::Renegotiate { id, call, options }));
    }
    pair.advance(60_000);
    for (end, command) in commands.into_iter().enumerate() {
        assert_eq!(pair.ends[end].settled.get(&command), Some(&Outcome::Done), "{methods:?}, seed {seed}");
        assert!(pair.ends[end].ended.is_empty());
    }
    pair.hangup((seed % 2).into(), CALLS[usize::from(seed % 2)]);
    pair.advance(100_000);
    for end in &pair.ends {
        assert_eq!((end.ended.len(), end.wake), (1, None), "{} has nothing left", end.name);
    }
}

#[test]
fn rc_08_rc_09_two_ends_that_change_their_call_at_once_both_have_their_way_in_the_end() {
    let (invite, update) = (RefreshMethod::Invite, RefreshMethod::Update);
    for seed in 0..24 {
        for methods in [[invite, invite], [invite, update], [update, invite], [update, update]] {
            for delay in [0, 200] {
                collide(seed, methods, delay);
            }
        }
    }
}

/// What an end says of who holds whom.
fn holds(pair: &Pair, end: usize, whose: EndedBy) -> bool {
    let mut holds = false;
    for event in &pair.ends[end].events {
        if let Event::Call { event: CallEvent::Hold { by, held }, .. } = event
            && *by == whose
        {
            holds = *held;
        }
    }
    holds
}

/// Both ends change their call again and again, at any moment.
fn quarrel(pair: &mut Pair, chance: &mut Entropy, cuts: bool) {
    for _ in 0..40 {
        let end = usize::from(chance.below(2) == 1);
        let call = CALLS[end];
        let methods = [RefreshMethod::Auto, RefreshMethod::Update, RefreshMethod::Invite];
        match chance.below(10) {
            0..5 => {
                let held = chance.below(2) == 1;
                pair.ask_for(end, |id| Command::SetHold { id, call, held });
            }
            5..9 => {
                let method = methods[usize::try_from(chance.below(3)).unwrap()];
                let options = RenegotiateOptions { method, ..RenegotiateOptions::default() };
                pair.ask_for(end, |id| Command::Renegotiate { id, call, options });
            }
            _ if cuts => pair.cut(end),
            _ => {}
        }
        pair.advance(chance.below(900));
    }
}

#[test]
fn iv_08_two_ends_that_quarrel_agree_in_the_end_on_who_holds_whom() {
    let mut on_hold = 0;
    for seed in 0..60 {
        let mut pair = talking(&config(), seed);
        let slow = 20 + u64::from(seed) * 3;
        pair.delay = (Duration::from_millis(slow / 2), Duration::from_millis(slow));
        quarrel(&mut pair, &mut Entropy::new([seed; 32]), false);
        pair.advance(60_000);
        for (end, other) in [(0, 1), (1, 0)] {
            assert_eq!(pair.ends[end].unsettled(), [], "seed {seed}");
            assert_eq!(holds(&pair, end, EndedBy::Local), holds(&pair, other, EndedBy::Remote), "seed {seed}");
            assert!(pair.ends[end].ended.is_empty(), "seed {seed}");
            on_hold += usize::from(holds(&pair, end, EndedBy::Local));
            assert!(pair.ends[end].live.values().all(|media| media.state() == Signaling::Stable), "seed {seed}");
        }
        pair.hangup(0, CALLS[0]);
        pair.advance(100_000);
        assert!(pair.ends.iter().all(|end| end.wake.is_none() && end.ended.len() == 1), "seed {seed}: nothing is left");
    }
    assert!((20..100).contains(&on_hold), "of 120 some are on hold in the end and some are not: {on_hold}");
}

#[test]
fn tr_08_two_ends_that_quarrel_over_a_wire_that_breaks_settle_every_command() {
    for seed in 0..60 {
        let mut pair = talking(&registering(), seed);
        pair.duplicates = 50;
        quarrel(&mut pair, &mut Entropy::new([seed; 32]), true);
        pair.advance(200_000);
        for end in &pair.ends {
            assert_eq!(end.unsettled(), [], "seed {seed}");
        }
        for (end, call) in CALLS.into_iter().enumerate() {
            pair.hangup(end, call);
        }
        pair.advance(2_000_000);
        assert!(pair.ends.iter().all(|end| end.ended.len() == 1), "seed {seed}: one end");
    }
}
