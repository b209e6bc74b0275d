//! What stands twice, in the core and in the face over it, says the same in both: requirements MS-03, MS-15, DG-07, RG-08. Reads
//! `src/` and `pkg/src/` as text.

use patchcord::agent::{Config, RegistrationConfig, UserAgent};
use patchcord::dialog::{Effect, Failed, Kind, effect};
use patchcord::message::{Method, Name, StatusCode};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::sim::registering;

const NAMES: &str = include_str!("../../src/message/name.rs");
const CONFIG: &str = include_str!("../../src/agent/config.rs");
const CHECK: &str = include_str!("../../pkg/src/check.ts");
const HEADERS: &str = include_str!("../../pkg/src/headers.ts");
const OPTIONS: &str = include_str!("../../pkg/src/options.ts");
const REQUEST_OPTIONS: &str = include_str!("../../pkg/src/request-options.ts");

/// What stands between the brackets of the list that `start` begins.
fn list<'a>(source: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = source.split_once(start).unwrap_or_else(|| panic!("no list begins with {start:?}"));
    rest.split_once(end).expect("the end of a list").0
}

/// The texts in quotes of a list.
fn quoted(list: &str) -> Vec<&str> {
    let found: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
    assert!(!found.is_empty(), "an empty list: {list}");
    found
}

#[test]
fn ms_03_the_face_knows_the_very_compact_names_that_the_core_does() {
    let face = list(HEADERS, "const COMPACT: Readonly<Record<string, string>> = {", "\n};");
    let face: Vec<(&str, &str)> = face.split(',').filter_map(|pair| pair.trim().split_once(": ")).collect();
    for letter in ('a'..='z').map(String::from) {
        let long = Name::parse(&letter).map(|name| name.as_str().to_ascii_lowercase()).filter(|name| *name != letter);
        let shown = face.iter().find(|(compact, _)| *compact == letter).map(|(_, name)| name.trim_matches('"'));
        assert_eq!(shown, long.as_deref(), "{letter}");
    }
}

#[test]
fn ms_15_the_face_refuses_the_very_headers_that_the_core_writes() {
    let face = quoted(list(CHECK, "const STRUCTURAL = [", "]"));
    let names = quoted(list(NAMES, "\nnames! {", "\n}"));
    assert!(names.len() > 70, "this finds names: {names:?}");
    let core = names.into_iter().filter(|name| Name::parse(name).is_some_and(|name| name.is_structural()));
    let mut core: Vec<String> = core.map(str::to_ascii_lowercase).collect();
    core.sort();
    let mut face = face;
    face.sort_unstable();
    assert_eq!(face, core);
}

#[test]
fn dg_07_the_face_refuses_the_very_answers_that_end_the_call_of_whoever_asked() {
    let face = list(REQUEST_OPTIONS, "const FAREWELLS: readonly number[] = [", "]");
    let face: Vec<u16> = face.split(',').map(|status| status.trim().parse().expect(face)).collect();
    // A 408 of a user agent's is refused whatever it would end (RFC 4320 §4.2).
    for status in (300..=699).filter(|status| *status != 408) {
        for method in [Method::Info, Method::Message, Method::parse("FROB").unwrap()] {
            let failed = Failed::Status(StatusCode::new(status).unwrap());
            let ends = matches!(effect(failed, &method, Kind::Call), Effect::Dialog | Effect::Usage { .. });
            assert_eq!(face.contains(&status), ends, "{status} to {method}");
        }
    }
}

/// The words of a regular expression that is made of words, `|` and groups one deep.
fn words(pattern: &str) -> Vec<String> {
    let (mut depth, mut alternatives) = (0, vec![String::new()]);
    for letter in pattern.chars().filter(|letter| *letter != '\\') {
        match letter {
            '|' if depth == 0 => alternatives.push(String::new()),
            _ => alternatives.last_mut().unwrap().push(letter),
        }
        depth += i32::from(letter == '(') - i32::from(letter == ')');
    }
    let expand = |word: &String| match word.split_once('(').and_then(|(_, rest)| rest.split_once(')')) {
        Some((group, _)) => group.split('|').map(|part| word.replace(&format!("({group})"), part)).collect(),
        None => vec![word.clone()],
    };
    alternatives.iter().flat_map(expand).collect()
}

#[test]
fn rg_08_the_face_refuses_the_very_contact_parameters_that_the_core_does() {
    let mut core = quoted(list(CONFIG, "const OURS: [&str; ", "];"));
    let mut face = words(list(OPTIONS, "const ours = list.find(([parameter]) => /^(", ")$/i.test("));
    core.sort_unstable();
    face.sort();
    assert_eq!(face, core);
    for name in face.into_iter().flat_map(|name| [name.to_ascii_uppercase(), name]) {
        let registration = registering().registration.map(|registration| RegistrationConfig {
            contact_params: vec![(name.clone(), Some("1".to_owned()))],
            ..registration
        });
        let misuse = UserAgent::new(Config { registration, ..registering() }, [1; 32]).map(|_| ()).expect_err(&name);
        assert!(misuse.0.contains(&format!("`{name}` is written by the user agent itself")), "{misuse}");
    }
}
