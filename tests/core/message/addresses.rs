//! MS-05: addresses with and without brackets. MS-16: display names.

use patchcord::message::{Contacts, Name, NameAddr, Uri};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{invite_with, request};

fn address(text: &str) -> NameAddr {
    NameAddr::parse(text).unwrap_or_else(|bad| panic!("{text}: {bad:?}"))
}

#[test]
fn ms_05_semicolon_outside_brackets_is_a_header_parameter() {
    let headers = request(&invite_with("Refer-To: sip:b@x;method=INVITE\n")).headers;
    let refer_to = headers.address(&Name::ReferTo).unwrap().unwrap();
    assert_eq!(refer_to.params.value("method"), Some("INVITE"));
    assert!(refer_to.uri.as_sip().unwrap().params.is_empty());
    assert_eq!(refer_to.to_string(), "<sip:b@x>;method=INVITE");
}

#[test]
fn ms_05_semicolon_inside_brackets_belongs_to_the_uri() {
    let refer_to = address("<sip:b@x;method=INVITE?Subject=a%3Bb>;q=1");
    let uri = refer_to.uri.as_sip().unwrap();
    assert_eq!((uri.params.value("method"), uri.header("subject").as_deref()), (Some("INVITE"), Some("a;b")));
    assert_eq!((refer_to.params.value("Q"), refer_to.params.has("method")), (Some("1"), false));
}

#[test]
fn ms_05_question_mark_or_comma_outside_brackets_is_a_fault_naming_the_header() {
    for (line, name) in [
        ("Refer-To: sip:b@x?Subject=a", Name::ReferTo),
        ("Refer-To: sip:b,c@x", Name::ReferTo),
        ("Referred-By: sip:b@x?a=b;c=d", Name::ReferredBy),
    ] {
        let headers = request(&invite_with(&format!("{line}\n"))).headers;
        assert_eq!(headers.address(&name).unwrap_err().phrase(), format!("Bad {name}"));
    }
    let headers = request(&invite_with("Contact: sip:user@x?Route=%3Csip:x%3E\n")).headers;
    assert_eq!(headers.contacts().unwrap_err().phrase(), "Bad Contact");
}

#[test]
fn ms_05_addresses_print_in_brackets_with_quoted_names() {
    for (text, printed) in [
        ("sip:a@x", "<sip:a@x>"),
        ("  sip:a@x  ;  tag = 1  ", "<sip:a@x>;tag=1"),
        ("Alice <sip:a@x>", "\"Alice\" <sip:a@x>"),
        ("Alice B. C.<sip:a@x>;tag=1", "\"Alice B. C.\" <sip:a@x>;tag=1"),
        ("Élise\t<sip:a@x>", "\"Élise\" <sip:a@x>"),
        ("\"\" <sip:a@x>", "<sip:a@x>"),
        ("\"A \\\"B\\\\\" <sip:a@x>", "\"A \\\"B\\\\\" <sip:a@x>"),
        ("\"A <B>; C,\"<sip:a@x>;d=\"e;,<\"", "\"A <B>; C,\" <sip:a@x>;d=\"e;,<\""),
        ("<tel:+1-201;phone-context=x>;tag=2", "<tel:+1-201;phone-context=x>;tag=2"),
        ("<sip:a@[2001:db8::1]:5060;transport=ws>", "<sip:a@[2001:db8::1]:5060;transport=ws>"),
    ] {
        let read = address(text);
        assert_eq!(read.to_string(), printed, "{text}");
        assert_eq!(address(printed), read);
    }
    assert_eq!(address("\"A \\\"B\\\\\" <sip:a@x>").display_name.as_deref(), Some("A \"B\\"));
}

#[test]
fn ms_05_malformed_addresses_are_refused() {
    for text in [
        "",
        "<>",
        "<sip:a@x",
        "sip:a@x>",
        "\"A <sip:a@x>",
        "\"A\" sip:a@x",
        "A, B <sip:a@x>",
        "A\"B <sip:a@x>",
        "< sip:a@x >",
        "<sip:a@x> tag=1",
        "<sip:a@x>;",
        "<sip:a@x>;;tag=1",
        "<sip:a@x>;tag=\"1",
        "<sip:a@x>;tag=1 2",
        "<sip:a@x>;=1",
        "<sip:a@x>;a=<b>",
        "<sip:a@x>, <sip:b@x>",
        "sip:a@x b",
    ] {
        assert!(NameAddr::parse(text).is_err(), "{text}");
    }
}

#[test]
fn ms_05_contacts_are_a_star_or_a_list() {
    let contacts = |lines: &str| request(&invite_with(lines)).headers.contacts();
    assert_eq!(contacts("").unwrap(), Contacts::List(Vec::new()));
    assert_eq!(contacts("m: *\n").unwrap(), Contacts::Star);
    for bad in ["m: *\nm: <sip:a@x>\n", "m: *, <sip:a@x>\n", "m: *;expires=0\n"] {
        assert_eq!(contacts(bad).unwrap_err().phrase(), "Bad Contact");
    }
    let Contacts::List(list) = contacts("m: <sip:a@x>;expires=60, sip:b@x;expires=x\nContact: <sip:c@x>\n").unwrap()
    else {
        panic!("a star")
    };
    assert_eq!(list.iter().map(NameAddr::expires).collect::<Vec<_>>(), [Some(60), None, None]);
    assert_eq!(address("<sip:a@x>;expires=99999999999").expires(), Some(u32::MAX));
}

#[test]
fn ms_05_a_contact_with_instance_and_gruu_prints_as_it_came() {
    let text = "<sip:a@x.invalid;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6;transport=ws>;\
        +sip.instance=\"<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>\";reg-id=1;pub-gruu=\"sip:a@x;gr=urn:uuid:f8\"";
    let contact = address(text);
    assert_eq!(contact.to_string(), text);
    assert_eq!(contact.params.text("+SIP.instance").unwrap(), "<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>");
    let gr = contact.uri.as_sip().unwrap().params.value("gr");
    assert_eq!(gr, Some("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"));
}

#[test]
fn ms_05_routes_need_brackets() {
    let headers = request(&invite_with("Record-Route: <sip:p1;lr>, sip:p2;lr\n")).headers;
    assert_eq!(headers.addresses(&Name::RecordRoute).unwrap_err().phrase(), "Bad Record-Route");
}

#[test]
fn ms_05_parameters_can_be_changed_in_place() {
    let mut params = address("<sip:a@x>;A=1;b;c=3").params;
    params.set("a", Some("x y"));
    params.set("d", None);
    params.set("no token", Some("1"));
    assert_eq!(params.to_string(), ";a=\"x y\";b;c=3;d");
    assert!(params.remove("B") && !params.remove("b"));
    assert_eq!(params.iter().collect::<Vec<_>>(), [("a", Some("\"x y\"")), ("c", Some("3")), ("d", None)]);
    assert_eq!((params.get("d"), params.get("e")), (Some(None), None));
}

#[test]
fn ms_16_no_display_name_and_no_tag_can_end_a_line() {
    let mut alice = NameAddr::new(Uri::sip(Some("a\r\nb"), "x"));
    alice.display_name = Some("A\"\r\nEvil: 1\0\\".to_owned());
    let printed = alice.with_tag("t\r\nEvil: 1").to_string();
    assert_eq!(printed, "\"A\\\"  Evil: 1 \\\\\" <sip:a%0D%0Ab@x>;tag=\"t  Evil: 1\"");
}
