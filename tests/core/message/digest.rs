//! AU-01, AU-02, AU-06, AU-07: digest arithmetic, and the grammar of what is asked and answered.

use patchcord::message::{Algorithm, AuthenticationInfo, Authorization, Challenge, Exchange, Name, Offer, Qop, ha1};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{invite_with, request};

#[test]
fn au_02_the_vectors_of_rfc_7616_3_9_1() {
    for (algorithm, expected) in [
        (Algorithm::Md5, "8ca523f5e9506fed4657c9700eebdbec"),
        (Algorithm::Sha256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ] {
        let response = Exchange {
            algorithm,
            ha1: &ha1(algorithm, "Mufasa", "http-auth@example.org", "Circle of Life"),
            nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
            nc: 1,
            qop: Some(Qop::Auth),
            method: "GET",
            uri: "/dir/index.html",
            body: b"",
        };
        assert_eq!(response.response(), expected);
    }
}

#[test]
fn au_02_the_vector_of_rfc_2617_and_the_form_without_qop() {
    let exchange = Exchange {
        algorithm: Algorithm::Md5,
        ha1: &ha1(Algorithm::Md5, "Mufasa", "testrealm@host.com", "Circle Of Life"),
        nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        cnonce: "0a4f113b",
        nc: 1,
        qop: Some(Qop::Auth),
        method: "GET",
        uri: "/dir/index.html",
        body: b"",
    };
    assert_eq!(exchange.response(), "6629fae49393a05397450978507c4ef1");
    let ha1 = ha1(Algorithm::Md5, "Mufasa", "testrealm@host.com", "CircleOfLife");
    assert_eq!(Exchange { ha1: &ha1, qop: None, ..exchange }.response(), "1949323746fe6a43ef61f9606e7febea");
}

/// As corrected by erratum 4897: the RFC itself printed the hashes of another truncation.
#[test]
fn au_02_the_vector_of_rfc_7616_3_9_2() {
    let algorithm = Algorithm::Sha512_256;
    let response = Exchange {
        algorithm,
        ha1: &ha1(algorithm, "J\u{e4}s\u{f8}n Doe", "api@example.org", "Secret, or not?"),
        nonce: "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
        cnonce: "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
        nc: 1,
        qop: Some(Qop::Auth),
        method: "GET",
        uri: "/doe.json",
        body: b"",
    };
    assert_eq!(response.response(), "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5");
}

/// The expected values were computed by another implementation of the hashes.
#[test]
fn au_02_every_algorithm_with_every_quality_of_protection() {
    for (algorithm, qop, expected) in [
        (Algorithm::Md5, Some(Qop::Auth), "9e36df8fb1d1c304186b879ae2390735"),
        (Algorithm::Md5, Some(Qop::AuthInt), "a9116e6ceed5c1af6907d189684df047"),
        (Algorithm::Md5, None, "72752b6ba97db2dae85bf526adfa0680"),
        (Algorithm::Md5Sess, Some(Qop::Auth), "782e7678adaae90e3502009257851f5f"),
        (Algorithm::Md5Sess, Some(Qop::AuthInt), "e3b00820b101eb98da1a9ea62c39534d"),
        (Algorithm::Md5Sess, None, "83e550d00bfb6b43f3c3f3f671ff302c"),
        (Algorithm::Sha256, Some(Qop::Auth), "41742f72221971e10e378c6d8868bfac0210ff5eb28585195e36fcbdc1852911"),
        (Algorithm::Sha256, Some(Qop::AuthInt), "76e222870f0f14e34b54e9bcc136386399b8bb60c93290601ae86127ed8fa409"),
        (Algorithm::Sha256, None, "215298f7f0e4264619c23d1bcb13cecc037ce5d6d1d21bb7ea8f213771a98514"),
        (Algorithm::Sha256Sess, Some(Qop::Auth), "2e32bcb26993db74e8b35d3d0b98c1fd6afe9e41fe66f776a2a464f6da512952"),
        (Algorithm::Sha256Sess, Some(Qop::AuthInt), "786616de3845d2511f63f73513852bd06d2ec552a904f3d62446ee3c2fa0b02e"),
        (Algorithm::Sha256Sess, None, "6ff04ff9560bfc09bd500bed2a74bb3b56baf366dcd339842922358e6ffe4668"),
        (Algorithm::Sha512_256, Some(Qop::Auth), "5e1431162003c5402eb1e1b2751e74e29c21ffa7ec63a9c3b3cd946464f6c5c2"),
        (Algorithm::Sha512_256, Some(Qop::AuthInt), "277fb1376c7bc48865217f9a3a99b1f258efa3fdd1d5b555e7528fe30329d974"),
        (Algorithm::Sha512_256, None, "f21d9a8835507634490ff4e0e0dd8220b8acce2de8891025ea6208e748395f3e"),
        (
            Algorithm::Sha512_256Sess,
            Some(Qop::Auth),
            "25e8fefd625b424050c793ccb7b82ba5eae397ca20aec07f9a137f783210c042",
        ),
        (
            Algorithm::Sha512_256Sess,
            Some(Qop::AuthInt),
            "b0a28b5d9c04e67ee57da3b5f3670f2ba9af05b5db2accb6065d207224e34ca1",
        ),
        (Algorithm::Sha512_256Sess, None, "0be8a1dd19402fe7366d71f87bcff4607ce3c40d7c2ff98f5dc85c5e727935db"),
    ] {
        let exchange = Exchange {
            algorithm,
            ha1: &ha1(algorithm, "bob", "biloxi.com", "zanzibar"),
            nonce: "dcd98b",
            cnonce: "0a4f",
            nc: 26,
            qop,
            method: "INVITE",
            uri: "sip:bob@biloxi.com",
            body: b"v=0\r\n",
        };
        assert_eq!(exchange.response(), expected, "{algorithm:?} {qop:?}");
    }
}

#[test]
fn au_02_quotes_backslashes_and_utf8_are_hashed_as_text() {
    let algorithm = Algorithm::Sha256;
    let exchange = Exchange {
        algorithm,
        ha1: &ha1(algorithm, "J\u{e4}s\u{f8}n \"x\\\"", "gr\"\u{fc}\\n", "p\u{e4}:ss"),
        nonce: "n",
        cnonce: "c",
        nc: 1,
        qop: Some(Qop::Auth),
        method: "REGISTER",
        uri: "sip:x",
        body: b"",
    };
    assert_eq!(exchange.response(), "8d74490c8509ac60aeb256b22bbb955c24dd71f1839070f5782ccb82f29708ca");
}

#[test]
fn au_01_an_absent_algorithm_is_md5_and_an_unknown_one_none() {
    assert_eq!(Algorithm::parse(None), Some(Algorithm::Md5));
    for (text, algorithm) in [
        ("md5", Algorithm::Md5),
        ("MD5-SESS", Algorithm::Md5Sess),
        ("sha-256", Algorithm::Sha256),
        ("SHA-256-sess", Algorithm::Sha256Sess),
        ("sha-512-256", Algorithm::Sha512_256),
        ("SHA-512-256-SESS", Algorithm::Sha512_256Sess),
    ] {
        assert_eq!(Algorithm::parse(Some(text)), Some(algorithm));
        assert!(algorithm.as_str().eq_ignore_ascii_case(text));
    }
    for unknown in ["SHA-512", "SHA3-256", "SHA-512-256-", ""] {
        assert_eq!(Algorithm::parse(Some(unknown)), None, "{unknown}");
    }
    assert_eq!((Qop::parse("AUTH-INT"), Qop::parse("auth,auth-int")), (Some(Qop::AuthInt), None));
}

#[test]
fn au_01_challenges_come_in_the_order_of_their_lines() {
    let lines = "WWW-Authenticate: Digest realm=\"a\", nonce=\"1\", algorithm=SHA-256, qop=\"auth, auth-int\"\n\
        Proxy-Authenticate: Basic realm=\"x\"\n\
        Proxy-Authenticate: digest  Realm = \"p\\\"q\\\\\" , NONCE=2, stale=TRUE,opaque=\"\", domain=\"sip:a sip:b\"\n\
        WWW-Authenticate: Digest realm=\"no nonce\"\n\
        WWW-Authenticate: Digest nonce=\"no realm\"\n\
        WWW-Authenticate: Digest realm=\"open, nonce=\"1\"\n\
        WWW-Authenticate: Digest realm=\"a\", nonce=\"3\"\n";
    let all = request(&invite_with(lines)).headers.challenges();
    let nonces: Vec<_> = all.iter().map(|challenge| challenge.nonce.as_str()).collect();
    assert_eq!(nonces, ["1", "2", "3"]);
    assert_eq!(
        (all[0].proxy, all[0].algorithm.as_deref(), &all[0].qop[..]),
        (false, Some("SHA-256"), &["auth".to_owned(), "auth-int".to_owned()][..])
    );
    assert_eq!((all[1].proxy, all[1].realm.as_str(), all[1].stale), (true, "p\"q\\", true));
    assert_eq!((all[1].opaque.as_deref(), all[1].domain.as_deref()), (Some(""), Some("sip:a sip:b")));
    assert_eq!((all[2].algorithm.as_deref(), all[2].qop.len(), all[2].stale), (None, 0, false));
    for challenge in all {
        assert_eq!(Challenge::parse(challenge.proxy, &challenge.to_string()), Some(challenge));
    }
}

#[test]
fn au_02_authorization_is_written_with_the_right_quotes() {
    let authorization = Authorization {
        username: "a\"b\\c".to_owned(),
        realm: "r, s".to_owned(),
        nonce: "n==".to_owned(),
        uri: "sip:x;a=\"b\"".to_owned(),
        response: "00ff".to_owned(),
        algorithm: Some("SHA-256".to_owned()),
        cnonce: Some("c".to_owned()),
        opaque: Some("o".to_owned()),
        qop: Some("auth".to_owned()),
        nc: Some(26),
    };
    let text = "Digest username=\"a\\\"b\\\\c\", realm=\"r, s\", nonce=\"n==\", uri=\"sip:x;a=\\\"b\\\"\", response=\"00ff\", \
        algorithm=SHA-256, cnonce=\"c\", opaque=\"o\", qop=auth, nc=0000001a";
    assert_eq!(authorization.to_string(), text);
    let headers = request(&invite_with(&format!("Authorization: {text}\n"))).headers;
    assert_eq!(Authorization::parse(&headers.get(&Name::Authorization).unwrap()), Some(authorization));
}

#[test]
fn au_02_malformed_authorization_is_none() {
    let good = "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"sip:x\", response=\"0\"";
    assert!(Authorization::parse(good).is_some());
    for (part, by) in [
        ("Digest", "Basic"),
        ("Digest ", ""),
        ("username=\"u\", ", ""),
        (", realm=\"r\"", ""),
        ("nonce=\"n\"", "nonce=\"n"),
        ("uri=\"sip:x\"", "uri"),
        ("uri=\"sip:x\"", "uri=sip x"),
        ("response=\"0\"", "response=\"0\" x"),
        ("response=\"0\"", "response=\"0\", nc=1"),
        ("response=\"0\"", "response=\"0\", nc=0000000g"),
        ("response=\"0\"", "response=\"0\", nc=+0000001"),
    ] {
        let text = good.replace(part, by);
        assert_eq!(Authorization::parse(&text), None, "{text}");
    }
}

#[test]
fn au_07_offers_of_digest_and_bearer_come_in_the_order_of_their_lines() {
    let lines = "WWW-Authenticate: Bearer realm=\"b\", scope=\"x y\"\n\
        WWW-Authenticate: Digest realm=\"d\", nonce=\"1\"\n\
        Proxy-Authenticate: BEARER\n\
        WWW-Authenticate: Bearer realm=\"open\n\
        WWW-Authenticate: Bearerly realm=\"b\"\n";
    let offers = request(&invite_with(lines)).headers.offers();
    let seen: Vec<_> = offers.iter().map(|offer| (offer.is_proxy(), offer.realm(), offer.label())).collect();
    assert_eq!(seen, [(false, "b", "Bearer"), (false, "d", "MD5"), (true, "", "Bearer")]);
    assert!(matches!(&offers[1], Offer::Digest(challenge) if challenge.nonce == "1"));
}

#[test]
fn au_06_authentication_info_gives_the_next_nonce() {
    let info = |next: Option<&str>, cnonce: Option<&str>| AuthenticationInfo {
        next_nonce: next.map(str::to_owned),
        cnonce: cnonce.map(str::to_owned),
    };
    let full = "qop=auth, rspauth=\"0a\", CNONCE=\"c\", nc=00000001, nextnonce = \"n, \\\"x\"";
    assert_eq!(AuthenticationInfo::parse(full), Some(info(Some("n, \"x"), Some("c"))));
    assert_eq!(AuthenticationInfo::parse("nextnonce=n"), Some(info(Some("n"), None)));
    assert_eq!(AuthenticationInfo::parse("qop=auth"), Some(info(None, None)));
    for malformed in ["nextnonce", "nextnonce=\"n", "Digest nextnonce=\"n\"", "next nonce=n"] {
        assert_eq!(AuthenticationInfo::parse(malformed), None, "{malformed}");
    }
}
