//! The map, held by a machine: which room may name which, who may name the browser, how long a function and a file may
//! be. Reads `src/` and `pkg/src/`.

use std::fs;
use std::path::{Path, PathBuf};

/// The arrows: a room and the rooms it may name. What every room may name stands in [`GROUND`].
const ARROWS: [(&str, &[&str]); 12] = [
    // Beside the hub the browser names plain data: frames, and what commands, events and questions are made of.
    ("web", &["agent", "message", "usage"]),
    // The hub hands the values of the lower rooms around.
    ("agent", &["usage", "transport", "dialog", "transaction", "message"]),
    ("usage", &["dialog", "transaction", "message"]),
    ("dialog", &["transaction", "message"]),
    ("transaction", &["message"]),
    ("transport", &["message"]),
    ("switchboard", &["dialog", "transaction", "message"]),
    ("message", &[]),
    ("time", &[]),
    ("entropy", &[]),
    ("store", &[]),
    ("lib", &[]),
];

/// What every room stands on.
const GROUND: [&str; 3] = ["time", "entropy", "store"];

/// Inside `usage`: what each kind of use may name of its neighbours. What they share is listed under `""`.
const USAGES: [(&str, &[&str]); 5] = [
    ("call", &["auth", "data", "question", "door", "request", "inquiry"]),
    ("registration", &["auth", "data", "question", "door"]),
    ("standalone", &["auth", "data", "question", "door", "request", "inquiry"]),
    ("inquiry", &["data", "question", "door", "request"]),
    ("auth", &["data", "question", "door"]),
];

/// Who names the browser.
const BROWSER: [&str; 5] = ["wasm_bindgen", "js_sys", "web_sys", "gloo", "serde_wasm_bindgen"];

/// What of the standard library is large beside its use, and what serves instead.
const HEAVY: [(&str, &str); 7] = [
    ("HashMap", "store"),
    (".as_millis()", "time::millis"),
    (".sort", "store, or a heap"),
    ("from_utf8_lossy", "message::lossy"),
    (".to_lowercase()", "to_ascii_lowercase"),
    (".to_uppercase()", "to_ascii_uppercase"),
    ("std::net", "message/host.rs"),
];

/// What searches a text. For a text of more than one letter it brings 5 kB after gzip, for a letter next to
/// nothing.
const SEARCHES: [&str; 10] = [
    ".contains(",
    ".find(",
    ".rfind(",
    ".split(",
    ".rsplit(",
    ".split_once(",
    ".rsplit_once(",
    ".matches(",
    ".match_indices(",
    ".replace(",
];

const LONGEST_FUNCTION: usize = 60;
const LONGEST_FILE: usize = 400;

/// A source file without its tests.
struct Source {
    /// From the root of the repository.
    path: String,
    /// `["usage", "call", "mod"]`.
    module: Vec<String>,
    lines: Vec<String>,
}

impl Source {
    /// The lines joined, so that a `use` over several lines is one text.
    fn text(&self) -> String {
        self.lines.join("\n")
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            found.extend(files(&entry, extension));
        } else if entry.extension().is_some_and(|known| known == extension) {
            found.push(entry);
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<Source> {
    let source = root().join("src");
    let all = files(&source, "rs").into_iter().filter(|path| path.file_stem().is_none_or(|stem| stem != "tests"));
    let read = all.map(|path| {
        let inside = path.strip_prefix(&source).unwrap().with_extension("");
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("\n#[cfg(test)]").next().unwrap_or_default();
        Source {
            path: path.strip_prefix(root()).unwrap().display().to_string(),
            module: inside.iter().map(|part| part.to_string_lossy().into_owned()).collect(),
            lines: code.lines().map(str::to_owned).collect(),
        }
    });
    let read: Vec<Source> = read.collect();
    assert!(read.len() > 50, "this reads the sources: {} files", read.len());
    read
}

fn without_comments(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// Every path a file names from `crate::`, or by way of `super::`, from the root of the crate.
fn named(source: &Source) -> Vec<Vec<String>> {
    let text = without_comments(&source.text());
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut found = Vec::new();
    for (start, word) in [("crate::", true), ("super::", false)]
        .iter()
        .flat_map(|(word, absolute)| text.match_indices(word).map(|(at, _)| (at, *absolute)).collect::<Vec<_>>())
    {
        let before = text[..start].chars().next_back();
        if before.is_some_and(|letter| is_name(letter) || letter == ':') {
            continue;
        }
        let mut base = if word { Vec::new() } else { source.module.clone() };
        let mut rest = &text[start..];
        if word {
            rest = &rest["crate::".len()..];
        } else {
            // `mod.rs` stands for its folder.
            if base.last().is_some_and(|last| last == "mod") {
                base.pop();
            }
            while let Some(after) = rest.strip_prefix("super::") {
                base.pop();
                rest = after;
            }
        }
        expand(rest, &base, &mut found);
    }
    found
}

/// `a::b`, `a::{b, c::d}`: every path of the tree; where the text ends behind it.
fn expand<'a>(text: &'a str, base: &[String], found: &mut Vec<Vec<String>>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = expand(rest, base, found).trim_start();
            match rest.strip_prefix(',') {
                Some(after) if !after.trim_start().starts_with('}') => rest = after,
                Some(after) => return after.trim_start().trim_start_matches('}'),
                None => return rest.strip_prefix('}').unwrap_or(rest),
            }
        }
    }
    let end = text.find(|letter: char| !(letter.is_alphanumeric() || letter == '_')).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let mut path = base.to_vec();
    path.push(name.to_owned());
    match rest.strip_prefix("::") {
        Some(rest) => expand(rest, &path, found),
        None => {
            found.push(path);
            // `as other` belongs to the name.
            let renamed = rest
                .strip_prefix(" as ")
                .map(|rest| rest.trim_start_matches(|l: char| l.is_alphanumeric() || l == '_'));
            renamed.unwrap_or(rest)
        }
    }
}

fn allowed(table: &[(&str, &'static [&'static str])], name: &str) -> Option<&'static [&'static str]> {
    table.iter().find(|(known, _)| *known == name).map(|(_, allowed)| *allowed)
}

#[test]
fn paths_are_read_from_trees_over_several_lines() {
    let source = Source {
        path: String::new(),
        module: ["usage", "call", "goodbye"].map(str::to_owned).to_vec(),
        lines: [
            "use crate::message::{",
            "    A, b::{C as D, e},",
            "};",
            "use super::end;",
            "let x = super::super::auth::Y;",
        ]
        .map(str::to_owned)
        .to_vec(),
    };
    let paths: Vec<String> = named(&source).into_iter().map(|path| path.join("::")).collect();
    assert_eq!(paths, ["message::A", "message::b::C", "message::b::e", "usage::call::end", "usage::auth::Y"]);
}

#[test]
fn map_every_room_names_only_the_rooms_it_may() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for source in sources() {
        let room = source.module[0].as_str();
        if room == "bin" {
            continue;
        }
        let Some(may) = allowed(&ARROWS, room) else {
            wrong.push(format!("{}: the room `{room}` is not on the map", source.path));
            continue;
        };
        for path in named(&source) {
            let other = path[0].as_str();
            seen += 1;
            let is_room = ARROWS.iter().any(|(known, _)| *known == other);
            if is_room && other != room && !may.contains(&other) && !GROUND.contains(&other) {
                wrong.push(format!("{}: {room} names {}", source.path, path.join("::")));
            }
        }
    }
    assert!(seen > 300, "this reads `use` lines: {seen}");
    assert!(wrong.is_empty(), "arrows that are not on the map:\n{}", wrong.join("\n"));
}

#[test]
fn map_inside_usage_nothing_goes_sideways() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for source in sources().into_iter().filter(|source| source.module[0] == "usage") {
        let own = source.module[1].as_str();
        let Some(may) = allowed(&USAGES, own) else { continue };
        for path in named(&source).into_iter().filter(|path| path[0] == "usage" && path.len() > 2) {
            let other = path[1].as_str();
            seen += usize::from(other != own);
            if other != own && !may.contains(&other) {
                wrong.push(format!("{}: {own} names {}", source.path, path.join("::")));
            }
        }
    }
    assert!(seen > 50, "this reads what neighbours name: {seen}");
    assert!(wrong.is_empty(), "sideways in usage:\n{}", wrong.join("\n"));
}

#[test]
fn map_only_the_browser_room_names_the_browser() {
    let mut wrong = Vec::new();
    let mut seen = false;
    for source in sources() {
        let text = without_comments(&source.text());
        for name in BROWSER.iter().filter(|name| text.contains(**name)) {
            seen = true;
            if source.module[0] != "web" {
                wrong.push(format!("{} names {name}", source.path));
            }
        }
    }
    assert!(seen, "the browser room names it");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The text in quotes that `code` begins with, when it has more than one letter.
fn long_literal(code: &str) -> Option<&str> {
    let literal = code.strip_prefix('"')?.split('"').next()?;
    (literal.chars().filter(|letter| *letter != '\\').count() > 1).then_some(literal)
}

#[test]
fn map_a_search_is_told_from_one_for_a_letter() {
    assert_eq!(long_literal("\", \")"), Some(", "));
    assert_eq!(long_literal("\"\\no=\")"), Some("\\no="));
    assert_eq!(long_literal("\",\")"), None);
    assert_eq!(long_literal("\"\\n\")"), None);
    assert_eq!(long_literal("[',', ' '])"), None);
}

#[test]
fn map_the_package_brings_nothing_large_for_a_small_use() {
    let native = |source: &Source| ["switchboard", "bin"].contains(&source.module[0].as_str());
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| !native(source) && source.module.last().unwrap() != "rsip") {
        let code = without_comments(&source.text());
        for (name, instead) in HEAVY.iter().filter(|(name, _)| code.contains(name)) {
            wrong.push(format!("{}: {name}; take {instead}", source.path));
        }
        for search in SEARCHES {
            let literals = code.split(search).skip(1).filter_map(long_literal);
            wrong.extend(literals.map(|literal| format!("{}: {search}{literal:?}", source.path)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn map_no_function_is_longer_than_a_screen() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for source in sources() {
        for (at, line) in source.lines.iter().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let words: Vec<&str> = line.split_whitespace().take_while(|word| !word.starts_with("//")).collect();
            let is_function = words.iter().position(|word| *word == "fn").is_some_and(|at| {
                words[..at].iter().all(|word| ["pub", "const", "async"].contains(word) || word.starts_with("pub("))
            });
            if !is_function || line.ends_with('}') || line.ends_with(';') {
                continue;
            }
            seen += 1;
            let end = format!("{}}}", " ".repeat(indent));
            let length = source.lines[at..].iter().position(|line| *line == end).map_or(0, |length| length + 1);
            if length > LONGEST_FUNCTION {
                wrong.push(format!("{}:{}: {length} lines", source.path, at + 1));
            }
        }
    }
    assert!(seen > 500, "this finds functions: {seen}");
    assert!(wrong.is_empty(), "functions longer than {LONGEST_FUNCTION} lines:\n{}", wrong.join("\n"));
}

#[test]
fn map_no_file_is_longer_than_four_hundred_lines() {
    let rust = sources().into_iter().map(|source| (source.path, source.lines.len()));
    let typescript = files(&root().join("pkg/src"), "ts").into_iter().map(|path| {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        (path.strip_prefix(root()).unwrap().display().to_string(), lines)
    });
    let long: Vec<String> = rust
        .chain(typescript)
        .filter(|(_, lines)| *lines > LONGEST_FILE)
        .map(|(path, lines)| format!("{path}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "files longer than {LONGEST_FILE} lines:\n{}", long.join("\n"));
}

#[test]
fn map_every_file_says_what_it_is() {
    let silent: Vec<String> = sources()
        .into_iter()
        .filter(|source| !source.lines.first().is_some_and(|line| line.starts_with("//! ")))
        .map(|source| source.path)
        .collect();
    assert!(silent.is_empty(), "files that do not open with `//!`:\n{}", silent.join("\n"));
}
