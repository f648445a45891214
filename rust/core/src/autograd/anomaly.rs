//! Anomaly mode: backward stops at the first rule that yields NaN.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::bail;
use crate::error::Result;
use crate::ops;

use super::{Gradients, mode};

static ENABLED: AtomicBool = AtomicBool::new(false);
static CHECK_NAN: AtomicBool = AtomicBool::new(true);

/// Is anomaly mode on?
pub fn is_enabled() -> bool {
    ENABLED.load(Ordering::Relaxed)
}

/// Does anomaly mode look for NaN?
pub fn checks_nan() -> bool {
    CHECK_NAN.load(Ordering::Relaxed)
}

/// Turns anomaly mode, and its search for NaN, on or off.
pub fn set(on: bool, check_nan: bool) {
    ENABLED.store(on, Ordering::Relaxed);
    CHECK_NAN.store(check_nan, Ordering::Relaxed);
}

/// Fails if a rule yielded NaN while anomaly mode is on.
pub(super) fn check(name: &'static str, results: &Gradients) -> Result<()> {
    if !is_enabled() || !checks_nan() {
        return Ok(());
    }
    for (i, grad) in results.iter().enumerate() {
        if let Some(grad) = grad.as_ref().filter(|grad| !grad.is_opaque())
            && mode::no_grad(|| ops::reduce::any_nan(grad))?
        {
            bail!(Runtime, "Function '{name}' returned nan values in its {i}th output.");
        }
    }
    Ok(())
}
