//! RG-01, RG-08, TR-02: what a REGISTER says.

use patchcord::agent::{Config, RegistrationConfig, UserAgent};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{INSTANCE, asking, asking_as, granted, refreshing, usual, with};
use crate::sim::{Text, config, registering};

#[test]
fn rg_01_register_is_exactly_this() {
    let (mut script, _) = asking();
    let register = script.expect("REGISTER ");
    let (contact, tag) = (register.uri_in("Contact"), register.tag("From").unwrap());
    let host = contact.split(['@', ';']).nth(1).unwrap();
    let golden = format!(
        "REGISTER sip:example.test SIP/2.0\n\
         Via: SIP/2.0/WSS {host};branch={}\n\
         Max-Forwards: 70\n\
         From: <sip:alice@example.test>;tag={tag}\n\
         To: <sip:alice@example.test>\n\
         Call-ID: {}\n\
         Supported: outbound, path, gruu\n\
         CSeq: {} REGISTER\n\
         Contact: <sip:alice@{host};transport=ws>;{INSTANCE};reg-id=1;expires=600\n\
         Expires: 600\n\
         Content-Length: 0",
        register.branch(),
        register.get("Call-ID"),
        register.cseq(),
    );
    assert_eq!(register, Text::new(&golden));
}

#[test]
fn rg_01_an_instance_that_is_no_urn_is_misuse() {
    for instance in [
        "",
        "urn:",
        "urn:uuid",
        "urn:uuid:",
        "urn::x",
        "uuid:0b6e",
        "urn:u d:x",
        "urn:uuid:a>b",
        "urn:uuid:a\"b",
        "urn:uuid:\u{e4}",
    ] {
        let refused = UserAgent::new(Config { instance_id: instance.to_owned(), ..registering() }, [0; 32]);
        assert!(refused.is_err_and(|misuse| misuse.0.starts_with("instanceId:")), "{instance}");
        let unused = UserAgent::new(Config { instance_id: instance.to_owned(), ..config() }, [0; 32]);
        assert!(unused.is_ok(), "without registration nobody needs one");
    }
    for instance in ["urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "URN:gsma:imei:90420156-025763-0"] {
        assert!(UserAgent::new(Config { instance_id: instance.to_owned(), ..registering() }, [0; 32]).is_ok());
    }
}

#[test]
fn rg_01_connected_is_not_registered() {
    let (mut script, id) = asking();
    let register = script.expect("REGISTER ");
    assert!(!script.is_settled(id));
    script.say(&granted(&register, 600));
    script.done(id);
    assert!(script.was_told("registration Registered"));
    assert!(script.was_told("refreshed until 600000"));
}

#[test]
fn rg_01_refreshes_keep_call_id_and_tag_and_count_cseq() {
    let (mut script, _) = asking();
    let first = script.bind();
    let (_, second) = refreshing(&mut script);
    assert_eq!(second.get("Call-ID"), first.get("Call-ID"));
    assert_eq!(second.get("From"), first.get("From"));
    assert_eq!(second.cseq(), first.cseq() + 1);
    assert_ne!(second.branch(), first.branch());
}

#[test]
fn tr_02_via_and_contact_share_a_host_nobody_can_resolve() {
    let (mut script, _) = asking();
    let register = script.expect("REGISTER ");
    let via = register.get("Via");
    let host = via.strip_prefix("SIP/2.0/WSS ").and_then(|rest| rest.split_once(';')).unwrap().0.to_owned();
    assert!(host.ends_with(".invalid") && host.len() >= 12 + ".invalid".len(), "{host}");
    assert_eq!(register.uri_in("Contact"), format!("sip:alice@{host};transport=ws"), "ws for wss too");
    let token = register.branch().strip_prefix("z9hG4bK").map(str::len);
    assert!(token >= Some(13), "64 random bits behind the cookie");
    script.say(&granted(&register, 600));
    script.cut();
    script.reopen();
    let again = script.expect("REGISTER ");
    assert_eq!(again.uri_in("Contact"), register.uri_in("Contact"), "the host outlives the socket");
    assert_ne!(again.branch(), register.branch());
}

#[test]
fn rg_01_another_registrar_and_interval_are_asked_as_configured() {
    let registration =
        RegistrationConfig { expires: 90, registrar: Some("sip:reg.example.test;x=1".to_owned()), ..usual() };
    let (mut script, _) = asking_as(with(registration));
    let register = script.expect("REGISTER sip:reg.example.test;x=1 SIP/2.0\r\n");
    assert_eq!(register.get("Expires"), "90");
    assert_eq!(register.get("To"), "<sip:alice@example.test>");
}

#[test]
fn rg_08_push_parameters_stand_in_the_uri_of_contact_and_others_behind_it() {
    let contact_params = vec![
        ("pn-provider".to_owned(), Some("webpush".to_owned())),
        ("PN-prid".to_owned(), Some("https://push.test/a?b=c;d".to_owned())),
        ("pn-flag".to_owned(), None),
        ("audio".to_owned(), None),
        ("q".to_owned(), Some("0.5".to_owned())),
    ];
    let (mut script, id) = asking_as(with(RegistrationConfig { contact_params, ..usual() }));
    let register = script.expect("REGISTER ");
    // RFC 8599 §4.1
    let uri = register.uri_in("Contact");
    assert!(
        uri.ends_with(";transport=ws;pn-provider=webpush;PN-prid=https://push.test/a%3Fb%3Dc%3Bd;pn-flag"),
        "{uri}"
    );
    let behind = register.get("Contact").split_once('>').unwrap().1.to_owned();
    assert_eq!(behind, format!(";{INSTANCE};reg-id=1;audio;q=0.5;expires=600"));
    script.say(&granted(&register, 600));
    script.done(id);
    script.call();
    let invite = script.expect("INVITE ");
    assert!(!invite.get("Contact").contains("pn-"), "they are between us and the proxy that pushes");
}

#[test]
fn rg_08_parameters_that_we_write_ourselves_are_misuse() {
    for name in ["+sip.instance", "REG-ID", "expires", "pub-gruu", "temp-gruu"] {
        let contact_params = vec![(name.to_owned(), Some("1".to_owned()))];
        let config = with(RegistrationConfig { contact_params, ..usual() });
        let refused = UserAgent::new(config, [0; 32]);
        assert!(refused.is_err_and(|misuse| misuse.0.contains(name)), "{name}");
    }
}
