//! MS-12, and the numbers of reliable provisional responses: Event, Subscription-State, RAck, RSeq.

use patchcord::message::{CSeq, Event, Method, RAck, SubscriptionState, Substate, Termination};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{invite_with, request};

fn event(text: &str) -> Event {
    Event::parse(text).unwrap()
}

#[test]
fn ms_12_events_match_by_package_and_id_bytes_only() {
    let values = [
        "presence",
        "presence;id=1",
        "presence;id=2",
        "presence;id=a",
        "presence;id=A",
        "Presence",
        "presence.winfo",
        "dialog;id=1",
    ];
    for (at, one) in values.iter().enumerate() {
        for (other_at, two) in values.iter().enumerate() {
            assert_eq!(event(one).matches(&event(two)), at == other_at, "{one} and {two}");
        }
        assert!(event(one).matches(&event(&format!("{one} ; x=y;z"))), "other parameters do not count");
    }
}

#[test]
fn ms_12_an_event_keeps_what_it_does_not_know() {
    let value = request(&invite_with("o: refer ; ID=93809824;Foo=\"b;c\"\n")).headers.event().unwrap().unwrap();
    assert_eq!((value.package.as_str(), value.id.as_deref()), ("refer", Some("93809824")));
    assert_eq!(value.to_string(), "refer;id=93809824;Foo=\"b;c\"");
    assert_eq!(Event::new("presence").to_string(), "presence");
}

#[test]
fn ms_12_a_subscription_state_keeps_what_it_does_not_know() {
    let text = "Terminated ;reason=GiveUp;x=y;Retry-After=120;z";
    let value = SubscriptionState::parse(text).unwrap();
    assert_eq!((&value.state, &value.reason), (&Substate::Terminated, &Some(Termination::GiveUp)));
    assert_eq!((value.expires, value.retry_after), (None, Some(120)));
    assert_eq!(value.to_string(), "terminated;reason=giveup;retry-after=120;x=y;z");
    assert_eq!(SubscriptionState::parse("active;expires=3600").unwrap().expires, Some(3600));
    let odd = SubscriptionState::parse("Waiting;reason=Moon").unwrap();
    assert_eq!((odd.state.as_str(), odd.reason.unwrap().as_str().to_owned()), ("Waiting", "Moon".to_owned()));
    let ours = SubscriptionState { expires: Some(60), ..SubscriptionState::new(Substate::Pending) };
    assert_eq!(ours.to_string(), "pending;expires=60");
}

#[test]
fn ms_12_every_registered_reason_is_known() {
    use Termination::{Deactivated, GiveUp, Invariant, NoResource, Probation, Rejected, Timeout};
    for (text, reason) in [
        ("deactivated", Deactivated),
        ("probation", Probation),
        ("rejected", Rejected),
        ("timeout", Timeout),
        ("giveup", GiveUp),
        ("noresource", NoResource),
        ("invariant", Invariant),
    ] {
        let value = SubscriptionState::parse(&format!("terminated;reason={text}")).unwrap();
        assert_eq!((value.reason.as_ref(), reason.as_str()), (Some(&reason), text));
    }
}

#[test]
fn ms_12_a_notification_without_event_or_subscription_state_is_a_fault_naming_it() {
    let said = |lines: &str| request(&invite_with(lines)).headers.notification().map_err(|fault| fault.phrase());
    let (event, state) = said("Event: presence\nSubscription-State: active\n").unwrap();
    assert_eq!((event, state), (Event::new("presence"), SubscriptionState::new(Substate::Active)));
    for (lines, phrase) in [
        ("Subscription-State: active\n", "Missing Event"),
        ("Event: presence\n", "Missing Subscription-State"),
        ("Event: a b\nSubscription-State: active\n", "Bad Event"),
        ("Event:\nSubscription-State: active\n", "Bad Event"),
        ("Event: a;id\nSubscription-State: active\n", "Bad Event"),
        ("Event: a;id=1;id=2\nSubscription-State: active\n", "Bad Event"),
        ("Event: a\no: b\nSubscription-State: active\n", "Bad Event"),
        ("Event: a\nSubscription-State: \n", "Bad Subscription-State"),
        ("Event: a\nSubscription-State: active;expires\n", "Bad Subscription-State"),
        ("Event: a\nSubscription-State: active;expires=4294967296\n", "Bad Subscription-State"),
        ("Event: a\nSubscription-State: terminated;retry-after=soon\n", "Bad Subscription-State"),
        ("Event: a\nSubscription-State: terminated;reason=\"x\"\n", "Bad Subscription-State"),
        ("Event: a\nSubscription-State: active\nSubscription-State: active\n", "Bad Subscription-State"),
    ] {
        assert_eq!(said(lines), Err(phrase.to_owned()), "{lines}");
    }
}

#[test]
fn rack_and_rseq_are_read_and_printed() {
    let headers = request(&invite_with("RSeq: 4294967295\nRAck:  776656   1  INVITE \n")).headers;
    let rack = headers.rack().unwrap().unwrap();
    assert_eq!(rack, RAck { rseq: 776_656, cseq: CSeq { number: 1, method: Method::Invite } });
    assert_eq!((rack.to_string().as_str(), headers.rseq()), ("776656 1 INVITE", Ok(Some(u32::MAX))));
    for value in ["0", "", "x", "-1", "4294967296", "1 1"] {
        let fault = request(&invite_with(&format!("RSeq: {value}\n"))).headers.rseq().unwrap_err();
        assert_eq!(fault.phrase(), "Bad RSeq", "{value}");
    }
    for value in ["", "1", "1 1", "0 1 INVITE", "1 2147483648 INVITE", "1 1 IN VITE", "x 1 INVITE"] {
        let fault = request(&invite_with(&format!("RAck: {value}\n"))).headers.rack().unwrap_err();
        assert_eq!(fault.phrase(), "Bad RAck", "{value}");
    }
}
