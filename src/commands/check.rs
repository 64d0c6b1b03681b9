//! `kairos check`: what is set, what is defaulted, what is wrong.

use crate::config::{Config, Setting, Source};

/// Prints every setting that was asked for. Secrets are named and never shown.
pub async fn check() -> Result<(), Vec<String>> {
    let mut source = Source::load().await;
    let result = Config::read(&mut source);
    for (name, setting) in source.asked() {
        let shown = match setting {
            Setting::Shown(value) => value.as_str(),
            Setting::Secret => "(set, not shown)",
            Setting::Default => "(default)",
        };
        println!("{name:<30} {shown}");
    }
    match result {
        Ok(_) => {
            println!("\nnothing is wrong");
            Ok(())
        }
        Err(problems) => Err(problems.iter().map(ToString::to_string).collect()),
    }
}
