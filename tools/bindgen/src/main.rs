//! `bindgen INPUT.wasm OUT_DIR`: writes the JavaScript glue that goes with a wasm file compiled with `wasm-bindgen`.
//!
//! It stands in for `wasm-bindgen --target web`, whose command line takes three times as long to build.

use anyhow::{Result, bail};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [input, out_dir] = args.as_slice() else {
        bail!("usage: bindgen INPUT.wasm OUT_DIR");
    };
    Bindgen::new()
        .input_path(input)
        .web(true)?
        // Workers refuse to compile bytes, so whoever loads the glue always brings the module himself.
        .omit_default_module_path(true)
        // A trap leaves the instance unusable: `__wbg_reset_state` makes a new one of the same module.
        .reset_state_function(true)
        // Function names are a twelfth of the bundle; a panic says file and line without them.
        .remove_name_section(true)
        .typescript(true)
        .generate(out_dir)
}
