//! Which instruction sets a loop is compiled for, and which of them this machine has.
//!
//! A loop is written once, generic over [`Isa`], and compiled for each level inside a function that enables the
//! level's features. The level is found once; tables of kernels then hold the pointers for it.

use std::sync::OnceLock;

use ferrotorch_kernel::{Result, bail};

/// What a loop may rely on beyond the target's baseline.
pub(crate) trait Isa: 'static {
    /// Is `mul_add` one instruction? Where it is not, it would be a slow library call.
    const FMA: bool;
    /// Are there registers for 128 sums in single precision?
    const WIDE: bool = false;
    /// Is every loop compiled for it, or those alone that no others stand in for?
    const IN_FULL: bool = true;
}

/// The target's own features: SSE2 on x86-64, NEON (which has fused multiply-add) on AArch64.
pub(crate) struct Baseline;
/// AVX2, FMA and F16C.
#[cfg(any(target_arch = "x86_64", test))] // tests compare its roundings anywhere
pub(crate) struct Avx2;
/// AVX-512 with F, BW, DQ, VL and CD.
#[cfg(target_arch = "x86_64")]
pub(crate) struct Avx512;

impl Isa for Baseline {
    const FMA: bool = cfg!(target_arch = "aarch64");
    /// Few x86-64 processors have no more.
    const IN_FULL: bool = cfg!(not(target_arch = "x86_64"));
}
#[cfg(any(target_arch = "x86_64", test))]
impl Isa for Avx2 {
    const FMA: bool = true;
}
#[cfg(target_arch = "x86_64")]
impl Isa for Avx512 {
    const FMA: bool = true;
    const WIDE: bool = true;
}

/// Levels in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Baseline,
    Avx2,
    Avx512,
}

/// The environment variable that bounds the level, for tests and comparisons.
const BOUND: &str = "FERROTORCH_CPU_CAPABILITY";

/// What the environment allows: vectors up to a level, and perhaps the matrix registers beside them (AMX).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bound {
    level: Level,
    matrices: bool,
}

impl Bound {
    const ALL: [(&'static str, Bound); 4] = [
        ("default", Bound { level: Level::Baseline, matrices: false }),
        ("avx2", Bound { level: Level::Avx2, matrices: false }),
        ("avx512", Bound { level: Level::Avx512, matrices: false }),
        ("amx", Bound::NONE),
    ];
    const NONE: Bound = Bound { level: Level::Avx512, matrices: true };
}

/// The level that kernels are chosen by: the best of this machine, up to the environment's bound, which
/// [`crate::register`] has checked.
pub(crate) fn level() -> Level {
    static LEVEL: OnceLock<Level> = OnceLock::new();
    *LEVEL.get_or_init(|| bound().unwrap_or(Bound::NONE).level.min(detect()))
}

/// May loops be run that are not compiled for a baseline which few processors are left at?
pub(crate) fn is_in_full() -> bool {
    Baseline::IN_FULL || level() > Level::Baseline
}

/// What the environment allows.
pub(crate) fn bound() -> Result<Bound> {
    let Some(name) = std::env::var_os(BOUND) else { return Ok(Bound::NONE) };
    match Bound::ALL.iter().find(|(known, _)| name == *known) {
        Some(&(_, bound)) => Ok(bound),
        None => bail!(Value, "{BOUND} is one of default, avx2, avx512 and amx, not {name:?}"),
    }
}

/// Has the processor matrix registers with products of bfloat16 (AMX), and does the environment allow them? The system has to be
/// asked too before they are used.
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
pub(crate) fn has_matrix_registers() -> bool {
    use std::arch::x86_64::{__cpuid, __cpuid_count};
    // In what leaf 7 tells.
    const BFLOAT16: u32 = 1 << 22;
    const TILES: u32 = 1 << 24;
    let has = |features: u32| __cpuid(0).eax >= 7 && __cpuid_count(7, 0).edx & features == features;
    bound().is_ok_and(|bound| bound.matrices) && has(BFLOAT16 | TILES)
}

/// The name of the level that kernels are chosen by: `DEFAULT`, `AVX2` or `AVX512`.
pub fn capability() -> String {
    let (name, _) = Bound::ALL[level() as usize];
    name.to_uppercase()
}

#[cfg(target_arch = "x86_64")]
fn detect() -> Level {
    let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c");
    let avx512 = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512cd");
    match (avx2, avx512) {
        (true, true) => Level::Avx512,
        (true, false) => Level::Avx2,
        _ => Level::Baseline,
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn detect() -> Level {
    Level::Baseline
}
