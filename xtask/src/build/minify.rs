//! Makes scripts and style sheets small.

use anyhow::{Result, bail};
use oxc_allocator::Allocator;
use oxc_codegen::{Codegen, CodegenOptions};
use oxc_minifier::{Minifier, MinifierOptions};
use oxc_parser::Parser;
use oxc_span::SourceType;

/// A classic script, such as the loader.
///
/// # Errors
///
/// When it is no JavaScript; the error says where.
pub fn script(source: &str) -> Result<String> {
    javascript(source, SourceType::script())
}

/// An ES module, such as wasm-bindgen's glue.
///
/// # Errors
///
/// As [`script`].
pub fn module(source: &str) -> Result<String> {
    javascript(source, SourceType::mjs())
}

/// A style sheet.
///
/// # Errors
///
/// When it is no CSS.
pub fn css(source: &str) -> Result<String> {
    match minifier::css::minify(source) {
        // It leaves these two; our sheets have no strings that hold them.
        Ok(small) => Ok(small.to_string().trim().replace(" !important", "!important").replace(";}", "}")),
        Err(problem) => bail!("no CSS: {problem}"),
    }
}

fn javascript(source: &str, kind: SourceType) -> Result<String> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, source, kind).parse();
    if let Some(problem) = parsed.diagnostics.first() {
        bail!("no JavaScript: {problem}");
    }
    let mut program = parsed.program;
    let minified = Minifier::new(MinifierOptions::default()).minify(&allocator, &mut program);
    let written = Codegen::new()
        .with_options(CodegenOptions::minify())
        .with_scoping(minified.scoping)
        .with_private_member_mappings(minified.class_private_mappings)
        .build(&program);
    Ok(written.code)
}

#[cfg(test)]
mod tests {
    use super::{css, module, script};

    #[test]
    fn a_script_loses_its_comments_and_long_names() {
        let small =
            script("(() => { /* why */ const aLongName = f(); g(aLongName, aLongName); })();").unwrap();

        assert!(!small.contains("why") && !small.contains("aLongName"), "{small}");
    }

    #[test]
    fn a_module_keeps_its_exports() {
        let small = module("export function mount(element) { return element; }").unwrap();

        assert!(small.contains("mount"), "{small}");
    }

    #[test]
    fn what_is_no_javascript_is_refused() {
        assert!(script("const = ;").is_err());
    }

    #[test]
    fn a_style_sheet_keeps_the_spaces_that_mean_something() {
        let small = css("/* why */\n:host(:empty:not([mode=\"inline\"])) .a  > b {\n  inset: auto max(16px, 1em) calc(1px + 2px) auto !important;\n}\n@media (max-width: 600px) { a { margin: 0 } }").unwrap();

        assert_eq!(
            small,
            ":host(:empty:not([mode=\"inline\"])) .a>b{inset:auto max(16px,1em) calc(1px + 2px) auto!important}@media (max-width:600px){a{margin:0}}"
        );
    }
}
