//! `cargo xtask build`: from Rust and TypeScript to the npm package, and from the packed package to the demo page.
//!
//! ```text
//! src/ ─cargo▶ patchcord.wasm ─wasm-bindgen▶ pkg/wasm/ ─wasm-opt▶ pkg/dist/patchcord_bg.wasm
//! pkg/src/ + pkg/wasm/*.js ─esbuild▶ pkg/dist/index.js        pkg/src/ ─tsc▶ pkg/dist/*.d.ts
//! pkg/ ─npm pack▶ target/package/*.tgz ─tar▶ www/node_modules/patchcord ─esbuild, with www/src/ and www/style/▶ www/dist/
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, cannot};
use crate::files::{copy, fresh_dir};
use crate::progress::{heading, note, result};
use crate::run::Step;
use crate::setup::{self, Tools, WASM, cargo, npm, npm_tool, require};
use crate::shorten::{self, shorten};
use crate::size;

const DIST: &str = "pkg/dist";
const BOUND: &str = "pkg/wasm";
const GLUE: &str = "pkg/wasm/patchcord.js";
const PACKED: &str = "target/package";
const INSTALLED: &str = "www/node_modules/patchcord";
const PAGE: &str = "www/dist";
/// What every current browser can do and rustc uses for this target: wasm-opt may use it too, and no more than that.
const FEATURES: [&str; 6] =
    ["bulk-memory", "multivalue", "mutable-globals", "nontrapping-float-to-int", "reference-types", "sign-ext"];

/// What counts is the size after gzip, and gzip does better with many short functions that resemble each other than
/// with few long ones, with data in one piece, and with functions that resemble each other side by side, as their names
/// order them. Each was measured; together they save 5 %.
const FOR_GZIP: [&str; 4] = [
    "--one-caller-inline-max-function-size=10",
    "--skip-pass=memory-packing",
    "--skip-pass=local-cse",
    "--reorder-functions-by-name",
];

/// The command itself: set-up, build, and what came of it.
pub(crate) fn command() -> Result<(), Failure> {
    let tools = setup::for_building()?;
    heading("package and demo page");
    let tarball = build(&tools)?;
    let size = size::measure()?;
    result(&format!("\n{}\n{}", tarball.display(), size.table()));
    size.gate()
}

/// Builds package and page; returns the package's file.
pub(crate) fn build(tools: &Tools) -> Result<PathBuf, Failure> {
    for folder in [DIST, BOUND, PACKED, INSTALLED, PAGE] {
        fresh_dir(Path::new(folder))?;
    }
    note("core: Rust → WebAssembly");
    core()?;
    note("wasm-bindgen");
    bindgen(tools).quiet()?;
    note("wasm-opt");
    optimise()?;
    note("face: esbuild, tsc");
    require("pkg/src/index.ts")?;
    npm_tool("esbuild").args(bundle_args("pkg/src/index.ts", "pkg/dist/index.js")).quiet()?;
    npm_tool("tsc").args(declaration_args()).quiet()?;
    note("npm pack");
    let tarball = pack()?;
    note("demo page, from the packed package");
    page(&tarball)?;
    Ok(tarball)
}

/// The development edge, natively: `target/debug/switchboard`.
pub(crate) fn switchboard() -> Result<(), Failure> {
    cargo().args(["build", "--features", "switchboard", "--bin", "switchboard"]).loud()
}

fn core() -> Result<(), Failure> {
    let mut build = cargo().args(["build", "--release", "--lib", "--target", WASM]);
    if let Some(home) = cargo_home() {
        // Panic messages name source files. In a published file they must not name the builder's folders, nor may its
        // size depend on them.
        let remap = format!("--remap-path-prefix={}=cargo", home.display());
        build = build.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", remap);
    }
    build.loud()
}

/// A path with a blank in it cannot be written in that variable; such a build keeps its paths.
fn cargo_home() -> Option<PathBuf> {
    let named = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = named.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))?;
    Some(home).filter(|home| !home.to_string_lossy().contains(char::is_whitespace))
}

fn bindgen(tools: &Tools) -> Step {
    let input = format!("target/{WASM}/release/patchcord.wasm");
    Step::new(&tools.bindgen).args(["--target", "web", "--out-name", "patchcord", "--out-dir", BOUND]).arg(input)
}

/// Makes the core small, and has the glue call it by its new names.
fn optimise() -> Result<(), Failure> {
    let told = npm_tool("wasm-opt").args(wasm_opt_args()).ask();
    let told = told.map_err(|why| Failure::new(format!("wasm-opt failed: {why}")))?;
    let glue = fs::read_to_string(GLUE).map_err(cannot(format!("read {GLUE}")))?;
    fs::write(GLUE, shorten(&glue, &told)?).map_err(cannot(format!("write {GLUE}")))
}

fn wasm_opt_args() -> Vec<String> {
    // The second time it finds what the first has uncovered. The lowest 1024 octets are the far end of the stack: no object
    // lies there.
    let mut args = ["-Oz", "-Oz", "--low-memory-unused"].map(str::to_owned).to_vec();
    args.extend(FOR_GZIP.map(str::to_owned));
    // Names are of use until the functions are in order.
    args.extend(["--strip-debug", "--strip-producers", shorten::PASS].map(str::to_owned));
    args.push("--mvp-features".to_owned());
    args.extend(FEATURES.map(|feature| format!("--enable-{feature}")));
    args.extend(["pkg/wasm/patchcord_bg.wasm", "-o", "pkg/dist/patchcord_bg.wasm"].map(str::to_owned));
    args
}

/// One ES module for browsers. `new URL("patchcord_bg.wasm", import.meta.url)` stays in it as it is.
fn bundle_args(source: &str, bundle: &str) -> Vec<String> {
    let mut args = vec![source.to_owned(), format!("--outfile={bundle}")];
    let flags =
        ["--bundle", "--minify", "--format=esm", "--target=es2022", "--legal-comments=none", "--log-level=warning"];
    args.extend(flags.map(str::to_owned));
    args
}

fn declaration_args() -> Vec<&'static str> {
    let mut args = vec!["--project", "pkg", "--rootDir", "pkg/src", "--outDir", DIST];
    args.extend(["--noEmit", "false", "--declaration", "--emitDeclarationOnly"]);
    args
}

fn pack() -> Result<PathBuf, Failure> {
    let to = std::path::absolute(PACKED).map_err(cannot(format!("find {PACKED}")))?;
    npm().args(["pack", "--pack-destination"]).arg(to).dir("pkg").quiet()?;
    let files = fs::read_dir(PACKED).map_err(cannot(format!("read {PACKED}")))?;
    let mut files = files.filter_map(|file| Some(file.ok()?.path()));
    let tarball = files.find(|file| file.extension().is_some_and(|extension| extension == "tgz"));
    tarball.ok_or_else(|| Failure::new(format!("npm pack left no .tgz in {PACKED}")))
}

/// The page gets the package as a user gets it: packed, unpacked, and imported by its name.
fn page(tarball: &Path) -> Result<(), Failure> {
    let unpack = Step::new("tar").arg("-xzf").arg(tarball).args(["--strip-components=1", "-C", INSTALLED]);
    unpack.hint("tar with gzip is needed to unpack the package").quiet()?;
    require("www/src/main.ts")?;
    npm_tool("esbuild").args(bundle_args("www/src/main.ts", "www/dist/main.js")).quiet()?;
    npm_tool("esbuild").args(bundle_args("www/style/page.css", "www/dist/style.css")).quiet()?;
    copy(Path::new("www/index.html"), &Path::new(PAGE).join("index.html"))?;
    copy(&Path::new(INSTALLED).join("dist/patchcord_bg.wasm"), &Path::new(PAGE).join("patchcord_bg.wasm"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wasm_opt_is_held_to_features_that_browsers_have() {
        let args = wasm_opt_args();
        assert!(args.contains(&"-Oz".to_owned()) && args.contains(&"--mvp-features".to_owned()));
        assert!(args.contains(&"--enable-sign-ext".to_owned()));
        assert!(!args.iter().any(|arg| arg.contains("all-features") || arg.contains("threads")));
        let base = args.iter().position(|arg| arg == "--mvp-features").unwrap();
        let first = args.iter().position(|arg| arg.starts_with("--enable-")).unwrap();
        assert!(base < first, "features are added to the base, in this order");
    }

    #[test]
    fn a_bundle_is_one_minified_module() {
        let args = bundle_args("a.ts", "b.js");
        for flag in ["a.ts", "--outfile=b.js", "--bundle", "--minify", "--format=esm"] {
            assert!(args.contains(&flag.to_owned()), "{flag}");
        }
    }
}
