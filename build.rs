//! Prepares what is compiled into the widget.
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}
