//! RG-02, SL-10: which of the contacts that come back is ours, and for how long.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{INSTANCE, asking, due, granted, granted_with, news, refreshing};
use crate::sim::Text;

#[test]
fn rg_02_a_contact_of_somebody_elses_that_cannot_be_read_is_no_concern_of_ours() {
    let (mut script, id) = asking();
    let register = script.expect("REGISTER ");
    let ok = Text::answer(&register, "200 OK").tagged("reg").with("Contact", "<sip:x@y>;expires=9, <sip:>");
    script.say(&ok.with("Contact", &register.get("Contact")));
    script.done(id);
    assert!(script.was_told("registration Registered"));
}

#[test]
fn rg_02_our_binding_is_found_among_others_by_instance_or_by_uri() {
    for instance in [true, false] {
        let (mut script, id) = asking();
        let register = script.expect("REGISTER ");
        let own = match instance {
            true => format!("<sip:other@elsewhere.test>;{INSTANCE};reg-id=1"),
            false => format!("<{}>", register.uri_in("Contact")),
        };
        let ok = Text::answer(&register, "200 OK").with("Expires", "7000");
        let ok = ok.with("Contact", "<sip:alice@192.0.2.1>;expires=50").with("Contact", &format!("{own};expires=100"));
        script.say(&ok);
        script.done(id);
        assert!(script.was_told("refreshed until 100000"), "{own}");
        assert!((75_000..=90_000).contains(&due(&mut script)));
    }
}

#[test]
fn rg_02_expiry_falls_back_to_the_header_then_to_what_was_asked() {
    for (header, until) in [(Some("300"), 300_000), (None, 600_000)] {
        let (mut script, _) = asking();
        let register = script.expect("REGISTER ");
        let contact = format!("<{}>", register.uri_in("Contact"));
        let ok = Text::answer(&register, "200 OK").with("Contact", &contact);
        script.say(&header.map_or(ok.clone(), |header| ok.with("Expires", header)));
        assert!(script.was_told(&format!("refreshed until {until}")));
    }
}

#[test]
fn rg_02_a_2xx_that_does_not_bind_us_is_no_registration() {
    for contact in ["<sip:alice@192.0.2.1>;expires=600", "<{uri}>;expires=0"] {
        let (mut script, id) = asking();
        let register = script.expect("REGISTER ");
        let contact = contact.replace("{uri}", &register.uri_in("Contact"));
        script.say(&Text::answer(&register, "200 OK").with("Contact", &contact));
        assert!(!script.is_settled(id));
        assert!(script.was_told("registration Waiting"), "{contact}");
        assert!(script.was_told("diagnostic not-bound"));
    }
}

#[test]
fn rg_02_of_three_contacts_the_one_of_our_instance_and_flow_is_ours_even_behind_one_with_our_uri() {
    let (mut script, id) = asking();
    let register = script.expect("REGISTER ");
    let uri = register.uri_in("Contact");
    let ok = Text::answer(&register, "200 OK").with(
        "Contact",
        &format!(
            "<{uri}>;expires=50, <sip:x@elsewhere.test>;{INSTANCE};reg-id=2;expires=70, \
         <sip:y@elsewhere.test>;{};reg-id=1;expires=100",
            INSTANCE.to_ascii_uppercase().replace("+SIP.INSTANCE", "+sip.instance"),
        ),
    );
    script.say(&ok);
    script.done(id);
    assert!(script.was_told("refreshed until 100000"));
}

#[test]
fn rg_02_a_contact_of_another_instance_is_not_ours() {
    let (mut script, id) = asking();
    let register = script.expect("REGISTER ");
    let other = INSTANCE.replace("0b6e", "ffff");
    let ok = Text::answer(&register, "200 OK").with("Contact", &format!("<sip:x@elsewhere.test>;{other};reg-id=1"));
    script.say(&ok.with("Expires", "600"));
    assert!(!script.is_settled(id));
    assert!(script.was_told("diagnostic not-bound"));
    assert_eq!(news(&mut script).last().map(String::as_str), Some("registration Waiting"));
    let at = due(&mut script);
    assert!(at <= 2_000, "TR-06");
    script.silence_until(at);
    script.bind();
    script.done(id);
}

#[test]
fn rg_02_an_expiry_that_is_no_number_falls_back_and_one_too_long_is_cut_to_a_day() {
    for (expires, until) in [("soon", 600_000), ("-1", 600_000), ("99999999999", 600_000), ("4294967295", 86_400_000)] {
        let (mut script, _) = asking();
        let register = script.expect("REGISTER ");
        let contact = format!("<{}>;expires={expires}", register.uri_in("Contact"));
        script.say(&Text::answer(&register, "200 OK").with("Contact", &contact));
        assert!(script.was_told(&format!("refreshed until {until}")), "{expires}");
    }
}

#[test]
fn rg_02_a_contact_that_cannot_be_read_binds_nobody() {
    let (mut script, id) = asking();
    let register = script.expect("REGISTER ");
    script.say(&Text::answer(&register, "200 OK").with("Contact", "<sip:alice@"));
    assert!(!script.is_settled(id));
    assert!(script.was_told("diagnostic not-bound"));
}

#[test]
fn rg_02_a_refresh_is_told_by_itself_and_the_state_only_once() {
    let (mut script, _) = asking();
    let register = script.expect("REGISTER ");
    script.say(&granted(&register, 100));
    assert_eq!(news(&mut script), ["registration Registering", "refreshed until 100000", "registration Registered"]);
    let (at, register) = refreshing(&mut script);
    script.say(&granted_with(&register, 100, ";q=1"));
    assert_eq!(news(&mut script), [format!("refreshed until {}", at + 100_000)]);
}
