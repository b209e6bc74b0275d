//! The requirements, held by a machine: each one is named by a test or stands in `tests/to-come.txt`, and never both, so
//! that the list only shrinks. A test names the requirements it proves at the start of its name: `tx_08_…`, and
//! `rc_01_tx_08_…` for two; in JavaScript `test("js_01_…")` or `test("JS-01 …")`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The sections of the catalogue and how many requirements each has, numbered from 1.
const SECTIONS: [(&str, u32); 21] = [
    ("MS", 16),
    ("TR", 12),
    ("TX", 13),
    ("AU", 8),
    ("DG", 11),
    ("IV", 16),
    ("ST", 23),
    ("RF", 15),
    ("RP", 6),
    ("SB", 13),
    ("HB", 19),
    ("EV", 6),
    ("RG", 8),
    ("PB", 4),
    ("FK", 9),
    ("TD", 7),
    ("PX", 17),
    ("BB", 9),
    ("RC", 22),
    ("SL", 10),
    ("JS", 10),
];

/// The requirements no test names yet.
const TO_COME: &str = "tests/to-come.txt";

/// Where tests stand: their folder and the ending of their files.
const TESTS: [(&str, &str); 4] = [("src", ".rs"), ("tests/core", ".rs"), ("tests/node", ".mjs"), ("tests/e2e", ".mjs")];

/// `TX-08`, with the first test that names it.
type Named = BTreeMap<String, String>;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn catalogue() -> BTreeSet<String> {
    SECTIONS
        .iter()
        .flat_map(|(section, last)| (1..=*last).map(move |number| format!("{section}-{number:02}")))
        .collect()
}

fn texts(folder: &Path, ending: &str, found: &mut Vec<String>) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            texts(&path, ending, found);
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(fs::read_to_string(&path).unwrap());
        }
    }
}

/// The names of the tests in a file.
fn test_names(text: &str, ending: &str) -> Vec<String> {
    if ending == ".rs" { rust_names(text) } else { script_names(text) }
}

/// `fn name()` behind an attribute that says `test`, other attributes between them or not.
fn rust_names(text: &str) -> Vec<String> {
    let (mut names, mut is_test) = (Vec::new(), false);
    for line in text.lines().map(str::trim) {
        if line.starts_with("#[") {
            is_test |= matches!(line, "#[test]" | "#[wasm_bindgen_test]");
        } else {
            let name = line.strip_prefix("fn ").and_then(|rest| rest.split_once('(')).map(|(name, _)| name.to_owned());
            names.extend(name.filter(|_| is_test));
            is_test = false;
        }
    }
    names
}

/// `test("name"`, `it("name"` at the start of a line.
fn script_names(text: &str) -> Vec<String> {
    let named = |line: &str| {
        let rest = line.strip_prefix("test(").or_else(|| line.strip_prefix("it("))?;
        let quote = rest.chars().next().filter(|letter| ['"', '\'', '`'].contains(letter))?;
        rest.split(quote).nth(1).map(str::to_owned)
    };
    text.lines().map(str::trim).filter_map(named).collect()
}

/// The requirements a name starts with.
fn named_by(name: &str) -> Vec<String> {
    let mut words = name.split(['_', '-', ' ', ',', ':']).filter(|word| !word.is_empty());
    let mut ids = Vec::new();
    while let (Some(section), Some(number)) = (words.next(), words.next()) {
        let section = section.to_ascii_uppercase();
        let is_known = SECTIONS.iter().any(|(known, _)| *known == section);
        if !is_known || number.len() != 2 || number.parse::<u32>().is_err() {
            break;
        }
        ids.push(format!("{section}-{number}"));
    }
    ids
}

fn named() -> Named {
    let mut named = Named::new();
    for (folder, ending) in TESTS {
        let mut files = Vec::new();
        texts(&root().join(folder), ending, &mut files);
        for name in files.iter().flat_map(|text| test_names(text, ending)) {
            for id in named_by(&name) {
                named.entry(id).or_insert_with(|| name.clone());
            }
        }
    }
    named
}

/// What is wrong with a list, in sentences.
fn faults(named: &Named, list: &str) -> Vec<String> {
    let catalogue = catalogue();
    let mut faults = Vec::new();
    let mut listed = BTreeSet::new();
    for line in list.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (id, why) = line.split_once(' ').unwrap_or((line, ""));
        if !catalogue.contains(id) {
            faults.push(format!("{TO_COME} lists `{id}`, which is no requirement"));
        } else if why.trim().is_empty() {
            faults.push(format!("{TO_COME}: {id}: say in a few words what it waits for"));
        }
        if !listed.insert(id.to_owned()) {
            faults.push(format!("{TO_COME} lists {id} twice"));
        }
    }
    for (id, test) in named {
        if !catalogue.contains(id) {
            faults.push(format!("the test `{test}` names {id}, which is no requirement"));
        } else if listed.contains(id) {
            faults.push(format!("{id} has a test, `{test}`: take it out of {TO_COME}"));
        }
    }
    let missing = catalogue.iter().filter(|id| !named.contains_key(*id) && !listed.contains(*id));
    faults.extend(missing.map(|id| format!("no test names {id}: write one, or list it in {TO_COME}")));
    faults
}

#[test]
fn ids_every_requirement_has_a_test_or_is_listed_as_to_come() {
    let named = named();
    assert!(named.len() > 80, "this finds tests: {} requirements are named", named.len());
    let list = fs::read_to_string(root().join(TO_COME)).unwrap();
    let faults = faults(&named, &list);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn ids_of_a_name_are_those_it_starts_with() {
    for (name, ids) in [
        ("tx_08_hangup_waits", vec!["TX-08"]),
        ("rc_01_tx_08_a_2xx_crosses", vec!["RC-01", "TX-08"]),
        ("MS-01 one message a frame", vec!["MS-01"]),
        ("JS-01, JS-07: both", vec!["JS-01", "JS-07"]),
        ("an_rc_01_in_the_middle", vec![]),
        ("sl_8_too_short", vec![]),
        ("tr_099_too_long", vec![]),
    ] {
        assert_eq!(named_by(name), ids, "{name}");
    }
}

#[test]
fn ids_are_read_from_tests_only() {
    let rust = "fn tx_01_helper() {}\n#[test]\n#[ignore]\nfn tx_02_test() {\n}\n#[inline]\nfn tx_03_helper() {}\n";
    assert_eq!(rust_names(rust), ["tx_02_test"]);
    let script =
        "  test(\"js_01_one\", () => {});\n  it('JS-02 two', f);\n  // test(\"js_03_no\"\n  contest(\"js_04_no\");";
    assert_eq!(script_names(script), ["js_01_one", "JS-02 two"]);
}

#[test]
fn ids_that_are_in_neither_place_in_both_or_nowhere_are_faults() {
    let all: Named = catalogue().into_iter().map(|id| (id, "test".to_owned())).collect();
    assert_eq!(faults(&all, ""), [""; 0]);
    assert_eq!(faults(&all, "# TX-01 a remark\n\n"), [""; 0]);
    let without: Named = all.clone().into_iter().filter(|(id, _)| id != "TX-01").collect();
    assert_eq!(faults(&without, ""), ["no test names TX-01: write one, or list it in tests/to-come.txt"]);
    assert_eq!(faults(&without, "TX-01 soon"), [""; 0]);
    assert_eq!(faults(&without, "TX-01 "), ["tests/to-come.txt: TX-01: say in a few words what it waits for"]);
    assert_eq!(faults(&all, "TX-01 soon"), ["TX-01 has a test, `test`: take it out of tests/to-come.txt"]);
    assert_eq!(faults(&without, "TX-01 a\nTX-01 b"), ["tests/to-come.txt lists TX-01 twice"]);
    assert_eq!(faults(&all, "TX-99 soon"), ["tests/to-come.txt lists `TX-99`, which is no requirement"]);
    let mut strange = all;
    strange.insert("TX-14".to_owned(), "tx_14_x".to_owned());
    assert_eq!(faults(&strange, ""), ["the test `tx_14_x` names TX-14, which is no requirement"]);
}
