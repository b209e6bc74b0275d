//! Short names between the two halves of the package. wasm-bindgen ends the names of what WebAssembly imports with sixteen
//! digits of a hash, which no gzip makes smaller, and both halves carry them. wasm-opt puts a letter or two in their place
//! and says which; here the glue learns them.
//!
//! ```text
//! { "imports": [ ["./patchcord_bg.js", "__wbg_push_c9f4893fc209f768", "a"], … ], "exports": [ ["memory", "ja"], … ] }
//! ```

use crate::failure::Failure;

/// The pass of wasm-opt; it calls the one module it imports from "a" too.
pub(crate) const PASS: &str = "--minify-imports-and-exports-and-modules";
const MODULE: &str = "\"./patchcord_bg.js\":";

/// The glue with the names that wasm-opt has `told`.
pub(crate) fn shorten(glue: &str, told: &str) -> Result<String, Failure> {
    let mut short = rename(glue, MODULE, "a:")?;
    for line in told.lines() {
        let words: Vec<_> = line.split('"').skip(1).step_by(2).collect();
        match words[..] {
            [_, old, new] => short = rename(&short, &format!(" {old}:"), &format!(" {new}:"))?,
            // What is exported and not used is exported for debuggers.
            [old, new] => short = replace_word(&short, &format!("wasm.{old}"), &format!("wasm.{new}")),
            _ => {}
        }
    }
    Ok(short)
}

fn rename(glue: &str, old: &str, new: &str) -> Result<String, Failure> {
    if glue.matches(old).count() == 1 {
        return Ok(glue.replace(old, new));
    }
    Err(Failure::new(format!("wasm-bindgen's glue has not one place where it says {old:?}")))
}

/// Replaces a name wherever it does not go on.
fn replace_word(glue: &str, old: &str, new: &str) -> String {
    let mut pieces = glue.split(old);
    let mut replaced = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let goes_on = piece.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_');
        replaced.push_str(if goes_on { old } else { new });
        replaced.push_str(piece);
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOLD: &str = r#"{
 "imports": [
  ["./patchcord_bg.js", "__wbg_push_c9f4", "a"],
  ["./patchcord_bg.js", "__wbg_push_c9f4_1", "b"]
 ],
"exports": [
  ["invoke", "c"],
  ["invoke_5", "d"],
  ["unused", "e"]
 ]
}"#;

    #[test]
    fn imports_exports_and_the_module_get_the_names_that_wasm_opt_tells() {
        let glue = "{ __wbg_push_c9f4: 1, __wbg_push_c9f4_1: 2 }\n\"./patchcord_bg.js\": import0\nwasm.invoke_5(wasm.invoke, invoke)";
        let short = shorten(glue, TOLD).unwrap();
        assert_eq!(short, "{ a: 1, b: 2 }\na: import0\nwasm.d(wasm.c, invoke)");
    }

    #[test]
    fn an_import_that_the_glue_does_not_have_is_a_failure() {
        let failure = shorten("\"./patchcord_bg.js\": import0, __wbg_push_c9f4: 1", TOLD).unwrap_err().to_string();
        assert!(failure.contains("__wbg_push_c9f4_1"), "{failure}");
    }
}
