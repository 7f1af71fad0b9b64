//! Hands what libFuzzer makes up to the target that `PEER_SUPPORT_FUZZ` names. Its seeds go into the folder that
//! `PEER_SUPPORT_SEEDS` names, if any, before libFuzzer looks there.
#![no_main]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use peer_support_fuzz::Target;

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("PEER_SUPPORT_FUZZ").expect("PEER_SUPPORT_FUZZ names the target");
    Target::named(&name).expect("PEER_SUPPORT_FUZZ names one of the targets")
});

fn write_seeds() {
    let Some(folder) = std::env::var_os("PEER_SUPPORT_SEEDS") else { return };
    for (number, seed) in TARGET.seeds().into_iter().enumerate() {
        fs::write(Path::new(&folder).join(number.to_string()), seed).expect("the folder takes files");
    }
}

libfuzzer_sys::fuzz_target!(init: write_seeds(), |bytes: &[u8]| TARGET.run(bytes));
