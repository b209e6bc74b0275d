//! RG-06, RG-07: addresses that are good from everywhere, and the route that a registrar gives.

use patchcord::agent::{Command, Event};
use patchcord::message::Uri;
use patchcord::usage::Gruu;
use patchcord::usage::registration::{GruuData, RegistrationEvent};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{asking, granted, granted_with, refreshing};
use crate::sim::{Script, Text};

const PUBLIC: &str = "sip:alice@example.test;gr=urn:uuid:0b6e3a52-3f1c-4d6e-9a57-2d0c5b1f7e11";

fn params(temporary: &str) -> String {
    format!(";pub-gruu=\"{PUBLIC}\";temp-gruu=\"sip:{temporary}@example.test;gr\"")
}

/// Registered, with a public and this temporary GRUU.
fn registered(temporary: &str) -> Script {
    let (mut script, _) = asking();
    script.listen();
    let register = script.expect("REGISTER ");
    script.say(&granted_with(&register, 600, &params(temporary)));
    script
}

/// The addresses told last.
fn told(script: &Script) -> Option<GruuData> {
    script.end.events.iter().rev().find_map(|event| {
        let Event::Registration { event: RegistrationEvent::Refreshed { gruu, .. } } = event else { return None };
        Some(gruu.clone())
    })
}

#[test]
fn rg_06_the_public_gruu_is_the_contact_of_a_call_we_place_and_nothing_stands_beside_it() {
    let mut script = registered("t1");
    script.call();
    let invite = script.expect("INVITE ");
    assert_eq!(invite.get("Contact"), format!("<{PUBLIC}>"));
}

#[test]
fn rg_06_the_public_gruu_is_the_contact_of_what_answers_a_call() {
    let mut script = registered("t1");
    let (call, _) = script.incoming();
    script.ring(call);
    assert_eq!(script.expect_response(180, "INVITE").get("Contact"), format!("<{PUBLIC}>"));
    script.accept(call);
    assert_eq!(script.expect_response(200, "INVITE").get("Contact"), format!("<{PUBLIC}>"));
}

#[test]
fn rg_06_a_request_to_either_gruu_is_ours() {
    for uri in [PUBLIC, "sip:t1@example.test;gr"] {
        let mut script = registered("t1");
        let invite = script.request("INVITE").started(&format!("INVITE {uri} SIP/2.0")).sdp();
        let call = script.invited(&invite);
        script.accept(call);
        script.expect_response(200, "INVITE");
    }
    // A dialog whose target is our GRUU.
    let mut script = registered("t1");
    let (call, invite, mut dialog) = script.outgoing();
    assert_eq!(invite.uri_in("Contact"), PUBLIC);
    let bye = dialog.request(&mut script, "BYE");
    assert_eq!(bye.uri(), PUBLIC);
    script.say(&bye);
    script.expect_response(200, "BYE");
    assert!(!script.is_up(call));
}

#[test]
fn rg_06_a_gruu_is_ours_by_its_mark_and_host() {
    let uri = |text: &str| Uri::parse(text).unwrap();
    let gruu = Gruu { public: Some(uri(PUBLIC)), temporary: Some(uri("sip:t2@example.test;gr")) };
    let names_us = |gruu: &Gruu, text: &str| gruu.names_us(uri(text).as_sip().unwrap());
    for ours in [PUBLIC, "sip:t2@example.test;gr", "sip:t1@EXAMPLE.test;gr;x=1"] {
        assert!(names_us(&gruu, ours), "{ours}");
        assert!(!names_us(&Gruu::default(), ours), "{ours}");
    }
    for other in ["sip:t2@example.test", "sip:t2@elsewhere.test;gr", "sip:t2@example.test;grr"] {
        assert!(!names_us(&gruu, other), "{other}");
    }
}

#[test]
fn rg_06_each_refresh_brings_the_temporary_gruu_anew() {
    let mut script = registered("t1");
    let temporary = |script: &Script| told(script).and_then(|gruu| gruu.temporary);
    assert_eq!(temporary(&script).as_deref(), Some("sip:t1@example.test;gr"));
    assert_eq!(told(&script).and_then(|gruu| gruu.public).as_deref(), Some(PUBLIC));
    let (_, register) = refreshing(&mut script);
    script.say(&granted_with(&register, 600, &params("t2")));
    assert_eq!(temporary(&script).as_deref(), Some("sip:t2@example.test;gr"));
}

#[test]
fn rg_06_a_refresh_without_gruu_or_with_one_that_cannot_be_read_leaves_the_plain_contact() {
    for (params, warns) in [
        ("", false),
        (";pub-gruu=\"tel:+4930\"", true),
        (";pub-gruu=\"nonsense\"", true),
        (";pub-gruu=\"sip:a b@example.test\"", true),
        (";pub-gruu", false),
    ] {
        let mut script = registered("t1");
        script.ask_for(|id| Command::Register { id });
        let register = script.expect("REGISTER ");
        script.say(&granted_with(&register, 600, params));
        assert_eq!(script.was_told("diagnostic gruu"), warns, "{params}");
        assert_eq!(told(&script), Some(GruuData::default()));
        script.call();
        let invite = script.expect("INVITE ");
        assert_eq!(invite.get("Contact"), format!("<{}>", register.uri_in("Contact")), "{params}");
    }
}

#[test]
fn rg_06_what_a_binding_brought_ends_with_it() {
    let gone = |how: &dyn Fn(&mut Script)| {
        let mut script = registered("t1");
        how(&mut script);
        script.call();
        let invite = script.expect("INVITE ");
        invite.uri_in("Contact") != PUBLIC
    };
    assert!(!gone(&|_| {}));
    assert!(gone(&|script| {
        script.ask_for(|id| Command::Unregister { id, all: false });
        let register = script.expect("REGISTER ");
        script.say(&Text::answer(&register, "200 OK"));
    }));
    assert!(gone(&|script| {
        let (_, register) = refreshing(script);
        script.say(&Text::answer(&register, "403 Forbidden"));
    }));
    assert!(gone(&|script| {
        let (_, register) = refreshing(script);
        script.say(&Text::answer(&register, "503 Service Unavailable").with("Retry-After", "3600"));
        script.advance_to(600_000);
    }));
}

#[test]
fn rg_07_service_route_becomes_the_route_of_new_requests() {
    let (mut script, id) = asking();
    let register = script.expect("REGISTER ");
    script.say(&granted(&register, 600).with("Service-Route", "<sip:a.test;lr>, <sip:b.test;lr>"));
    script.done(id);
    script.call();
    assert_eq!(script.expect("INVITE ").all("Route"), ["<sip:a.test;lr>", "<sip:b.test;lr>"]);
}

#[test]
fn rg_07_a_request_within_a_dialog_takes_the_dialogs_route_and_not_the_registrars() {
    let (mut script, _) = asking();
    let register = script.expect("REGISTER ");
    script.say(
        &granted(&register, 600).with("Service-Route", "<sip:a.test;lr>").with("Service-Route", "<sip:b.test;lr>"),
    );
    let call = script.call();
    let invite = script.expect("INVITE ");
    assert_eq!(invite.all("Route"), ["<sip:a.test;lr>", "<sip:b.test;lr>"]);
    script.say(&Text::ok_to(&invite).with("Record-Route", "<sip:c.test;lr>"));
    assert_eq!(script.expect("ACK ").all("Route"), ["<sip:c.test;lr>"]);
    script.hangup(call);
    assert_eq!(script.expect("BYE ").all("Route"), ["<sip:c.test;lr>"]);
}

#[test]
fn rg_07_each_2xx_brings_the_route_anew_and_register_itself_takes_none() {
    let (mut script, _) = asking();
    let register = script.expect("REGISTER ");
    script.say(&granted(&register, 600).with("Service-Route", "<sip:a.test;lr>"));
    script.ask_for(|id| Command::Register { id });
    let register = script.expect("REGISTER ");
    assert!(!register.has("Route"));
    script.say(&granted(&register, 600));
    script.call();
    assert!(!script.expect("INVITE ").has("Route"));
}

#[test]
fn rg_07_a_service_route_that_cannot_be_read_is_none() {
    let (mut script, id) = asking();
    let register = script.expect("REGISTER ");
    script.say(&granted(&register, 600).with("Service-Route", "<sip:a.test;lr>, <sip:"));
    script.done(id);
    script.call();
    assert!(!script.expect("INVITE ").has("Route"));
}
