//! What the environment says about GPUs. It is read when adapters are looked for and when one is opened.
//!
//! * `FERROTORCH_WGPU_DISABLE=f64,int64,f16,subgroup`: features that are not used, as if no adapter had them.
//! * `FERROTORCH_WGPU_ADAPTER`: which adapter is `wgpu:0`: its number among all, part of its name, `low-power` or
//!   `high-performance`.

use std::sync::atomic::{AtomicBool, Ordering};

use ferrotorch_kernel::{Result, bail};
use wgpu::Features;

/// Features by the names under which they can be switched off.
const FEATURES: [(&str, Features); 4] = [
    ("f64", Features::SHADER_F64),
    ("int64", Features::SHADER_INT64),
    ("f16", Features::SHADER_F16),
    ("subgroup", Features::SUBGROUP),
];

static DETERMINISTIC: AtomicBool = AtomicBool::new(false);

/// Says whether results must be the same each time, to the last bit, where that costs time.
pub fn set_deterministic(on: bool) {
    DETERMINISTIC.store(on, Ordering::Relaxed);
}

pub(crate) fn is_deterministic() -> bool {
    DETERMINISTIC.load(Ordering::Relaxed)
}

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// The features that are not to be used.
///
/// # Errors
/// `RuntimeError` for a name that is none.
pub(crate) fn disabled() -> Result<Features> {
    disabled_by(&setting("FERROTORCH_WGPU_DISABLE").unwrap_or_default())
}

fn disabled_by(names: &str) -> Result<Features> {
    let mut disabled = Features::empty();
    for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        match FEATURES.iter().find(|(known, _)| *known == name) {
            Some((_, feature)) => disabled |= *feature,
            None => bail!(Runtime, "FERROTORCH_WGPU_DISABLE: there is no feature '{name}'; there are f64, int64, f16, subgroup"),
        }
    }
    Ok(disabled)
}

/// Which adapter the user wants to be the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Preference {
    /// The fastest kind.
    None,
    /// That of a number.
    Number(usize),
    /// One whose name contains this, in small letters.
    Name(String),
    /// An integrated one.
    LowPower,
}

/// The user's preference.
pub(crate) fn preference() -> Preference {
    preference_of(&setting("FERROTORCH_WGPU_ADAPTER").unwrap_or_default())
}

fn preference_of(value: &str) -> Preference {
    match (value, value.parse()) {
        (_, Ok(number)) => Preference::Number(number),
        ("" | "high-performance", _) => Preference::None,
        ("low-power", _) => Preference::LowPower,
        (name, _) => Preference::Name(name.to_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_switched_off_by_name() {
        assert_eq!(disabled_by("").unwrap(), Features::empty());
        assert_eq!(disabled_by("f64, int64").unwrap(), Features::SHADER_F64 | Features::SHADER_INT64);
        assert!(disabled_by("f64,f32").unwrap_err().to_string().contains("'f32'"));
    }

    #[test]
    fn adapters_are_preferred_by_number_name_and_power() {
        assert_eq!(preference_of("2"), Preference::Number(2));
        assert_eq!(preference_of("high-performance"), preference_of(""));
        assert_eq!(preference_of("low-power"), Preference::LowPower);
        assert_eq!(preference_of("LLVMpipe"), Preference::Name("llvmpipe".into()));
    }
}
