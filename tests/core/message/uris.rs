//! MS-06: URIs, their parts, and when two of them mean the same.

use patchcord::message::{SipUri, Uri};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn uri(text: &str) -> Uri {
    Uri::parse(text).unwrap_or_else(|bad| panic!("{text}: {bad:?}"))
}

fn sip(text: &str) -> SipUri {
    uri(text).as_sip().unwrap().clone()
}

#[test]
fn ms_06_pairs_that_are_equal() {
    for (one, two) in [
        // RFC 3261 §19.1.4
        ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtlanTa.CoM;Transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"),
        ("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"),
        (
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
        ),
        (
            "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
            "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
        ),
        // and more
        ("SIP:a@x", "sip:a@X"),
        ("sip:a:%70w@x;%6Cr", "sip:a:pw@x;lr"),
        ("sip:a@[2001:DB8::1]", "sip:a@[2001:db8:0:0:0:0:0:1]"),
        ("sip:a@[::ffff:192.0.2.1]", "sip:a@[::FFFF:C000:201]"),
        ("sip:a@x?Subject=%61", "sip:a@x?subject=a"),
        ("sip:a@x;b;c=1", "sip:a@x;C=1;B;d"),
        ("tel:+1-201-555-0123", "tel:+1-201-555-0123"),
    ] {
        assert!(uri(one).equivalent(&uri(two)) && uri(two).equivalent(&uri(one)), "{one} {two}");
    }
}

#[test]
fn ms_06_pairs_that_are_not_equal() {
    for (one, two) in [
        // RFC 3261 §19.1.4
        ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
        ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
        // and more
        ("sip:a@x", "sips:a@x"),
        ("sip:a@x", "sip:x"),
        ("sip:a@x", "sip:a:pw@x"),
        ("sip:a@x", "sip:a@x;user=ip"),
        ("sip:a@x", "sip:a@x;ttl=1"),
        ("sip:a@x", "sip:a@x;method=INVITE"),
        ("sip:a@x;MAddr=192.0.2.1", "sip:a@x"),
        ("sip:a@x;b", "sip:a@x;b=1"),
        ("sip:a@x?b=1&b=2", "sip:a@x?b=1&b=1"),
        ("sip:a@[2001:db8::1]", "sip:a@[2001:db8::2]"),
        ("tel:+1-201-555-0123", "tel:+12015550123"),
        ("TEL:+1", "tel:+1"),
        ("tel:+1", "sip:+1@x"),
    ] {
        assert!(!uri(one).equivalent(&uri(two)) && !uri(two).equivalent(&uri(one)), "{one} {two}");
    }
}

#[test]
fn ms_06_more_parameters_than_a_uri_is_read_with_are_compared_like_few() {
    let many = |last: &str| -> Uri {
        let mut uri = sip("sip:x");
        // More than any URI that was read can have (SL-01); each `set` looks through all others, hence not more.
        for at in 0..1_500 {
            uri.params.set(&at.to_string(), None);
        }
        let (name, value) = last.split_once('=').unwrap_or((last, ""));
        uri.params.set(name, Some(value).filter(|value| !value.is_empty()));
        Uri::Sip(uri)
    };
    assert!(many("y=1").equivalent(&many("z")));
    assert!(!many("y=1").equivalent(&many("y=2")));
}

#[test]
fn ms_06_uris_print_as_they_came() {
    for text in [
        "sip:john.doe@[2001:db8::1]",
        "sip:john.doe@example.com;transport=ws",
        "sip:a@x;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "sips:%61:p%20w@X.Example.:5061;lr;q=a=b?A=%20&b=",
        "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com",
        "sip:user;par=u%40example.net@example.com",
        "sip:sips%3Auser%40example.com@example.net",
        "sip:*21#@x",
        "sip:192.0.2.1:65535",
        "sip:a_b-c.0d.example",
        "sip:a@[2001:db8:::192.0.2.1]",
        "tel:+1-201-555-0123;phone-context=example.com",
        "urn:service:sos",
        "soap.beep://192.0.2.103:3002",
    ] {
        assert_eq!(uri(text).to_string(), text);
    }
}

#[test]
fn ms_06_malformed_uris_are_refused() {
    for text in [
        "",
        ":",
        "sip",
        "sip:",
        "<sip:x>",
        "1sip:x",
        "s p:x",
        "tel:",
        "tel:1 2",
        "tel:<1>",
        "sip:a b@x",
        "sip:@x",
        "sip:a@",
        "sip:a@b@c",
        "sip:a%4@x",
        "sip:a%zz@x",
        "sip:ä@x",
        "sip:x:",
        "sip:x:65536",
        "sip:x:-1",
        "sip:x:1a",
        "sip:x_.-",
        "sip:-x",
        "sip:x..y",
        "sip:.x",
        "sip:x y",
        "sip:256.0.0.1",
        "sip:1.2.3",
        "sip:1.2.3.4.5",
        "sip:1.2.3.0004",
        "sip:2001:db8::1",
        "sip:[2001:db8::1",
        "sip:[]",
        "sip:[::1]x",
        "sip:[1::2::3]",
        "sip:[12345::]",
        "sip:[1:2:3]",
        "sip:[1:2:3:4:5:6:7:8:9]",
        "sip:[1:2:3:4:5:6:7::8]",
        "sip:[1.2.3.4::]",
        "sip:[::1.2.3]",
        "sip:[:::1]",
        "sip:[fe80::1%25eth0]",
        "sip:x;",
        "sip:x;;a",
        "sip:x;=a",
        "sip:x;a=b c",
        "sip:x;a=\"b\"",
        "sip:x?",
        "sip:x?a",
        "sip:x?=a",
        "sip:x?a=1&",
    ] {
        assert!(Uri::parse(text).is_err(), "{text}");
    }
}

#[test]
fn ms_06_the_parts_of_a_uri() {
    let all = sip("sips:%61l:pw@[2001:db8::9]:5061;lr;Transport=ws?Subject=a%3Bb&x=");
    assert!(all.secure && all.is_lr());
    assert_eq!((all.user.as_deref(), all.password.as_deref()), (Some("%61l"), Some("pw")));
    assert_eq!((all.user_unescaped().as_deref(), all.host.as_str()), (Some("al"), "[2001:db8::9]"));
    assert_eq!((all.port, all.params.value("transport")), (Some(5061), Some("ws")));
    assert_eq!((all.header("SUBJECT").as_deref(), all.header("x").as_deref()), (Some("a;b"), Some("")));
    assert_eq!(sip("sip:Al:pw@X.Example:1;lr?a=b").aor().to_string(), "sip:Al@x.example:1");
    // RFC 5118 §4.3: what looks like a port within the brackets belongs to the address.
    assert_eq!(sip("sip:[2001:db8::10:5070]").port, None);
    assert_eq!(sip("sip:[2001:db8::10]:5070").port, Some(5070));
    assert_eq!((uri("Tel:1").scheme(), uri("SIPS:x").scheme()), ("Tel", "sips"));
}

#[test]
fn ms_06_a_uri_of_plain_text_is_escaped() {
    assert_eq!(Uri::sip(Some("a b@ü%"), "x:5060").to_string(), "sip:a%20b%40%C3%BC%25@x:5060");
    assert_eq!(Uri::sip(None, "[::1]").to_string(), "sip:[::1]");
    let Uri::Sip(back) = uri("sip:a%20b%40%C3%BC%25@x") else { panic!() };
    assert_eq!(back.user_unescaped().unwrap(), "a b@ü%");
}
