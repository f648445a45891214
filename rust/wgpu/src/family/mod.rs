//! The kernel families: each module turns one kind of kernel into launches, and says what the shaders are that it launches.

pub(crate) mod arg_reduce;
pub(crate) mod attention;
pub(crate) mod batch_norm;
pub(crate) mod cells;
pub(crate) mod chain;
pub(crate) mod check;
pub(crate) mod class_loss;
pub(crate) mod concat;
pub(crate) mod conv;
pub(crate) mod copy;
pub(crate) mod fft;
pub(crate) mod fill;
pub(crate) mod gather;
pub(crate) mod grid_sample;
pub(crate) mod layer_norm;
pub(crate) mod lines;
pub(crate) mod matmul;
pub(crate) mod nonzero;
pub(crate) mod optimize;
pub(crate) mod parts;
pub(crate) mod pointwise;
pub(crate) mod pool;
pub(crate) mod product;
pub(crate) mod radix;
pub(crate) mod random;
pub(crate) mod range;
pub(crate) mod reduce;
pub(crate) mod reductions;
pub(crate) mod resize;
pub(crate) mod scan;
pub(crate) mod scatter;
pub(crate) mod search;
pub(crate) mod segments;
pub(crate) mod shared;
pub(crate) mod softmax;
pub(crate) mod sort;
pub(crate) mod triangle;

use ferrotorch_kernel::kernel::Kernel;
use ferrotorch_kernel::{Array, Error, Result};

use crate::shader::Stored;

/// Files with `op_` functions for a type, those that win first.
pub(crate) fn op_files(compute: Stored) -> Vec<&'static str> {
    const ANY: &str = include_str!("../../../../shaders/ops/any.wgsl");
    const MATH64: &str = include_str!("../../../../shaders/lib/math64.wgsl");
    const COMPLEX: &str = include_str!("../../../../shaders/ops/complex.wgsl");
    const ELEMENTARY: &str = include_str!("../../../../shaders/ops/elementary.wgsl");
    const SPECIAL: &str = include_str!("../../../../shaders/ops/special.wgsl");
    const REAL: &str = include_str!("../../../../shaders/ops/real.wgsl");
    const INTEGER: &str = include_str!("../../../../shaders/ops/integer.wgsl");
    match compute {
        Stored::Bool => vec![include_str!("../../../../shaders/ops/boolean.wgsl"), INTEGER, ANY],
        Stored::Float64 => {
            const OPS: &str = include_str!("../../../../shaders/ops/float64.wgsl");
            const SPECIAL64: &str = include_str!("../../../../shaders/lib/special64.wgsl");
            vec![OPS, MATH64, SPECIAL64, ELEMENTARY, SPECIAL, REAL, ANY]
        }
        Stored::Float16 | Stored::BFloat16 | Stored::Float32 => {
            vec![include_str!("../../../../shaders/ops/float32.wgsl"), ELEMENTARY, SPECIAL, REAL, ANY]
        }
        Stored::Complex64 => vec![COMPLEX],
        Stored::Complex128 => vec![COMPLEX, MATH64],
        Stored::Pair | Stored::Quad => Vec::new(),
        _ => vec![INTEGER, ANY],
    }
}

/// A kernel's name, for the message that there is no shader for it.
pub(crate) fn describe(kernel: &Kernel) -> String {
    let text = format!("{kernel:?}");
    text.split([' ', '{', '(']).next().unwrap_or_default().to_owned()
}

/// The n-th output of a kernel.
pub(crate) fn output(outputs: &[Array], n: usize) -> Result<&Array> {
    outputs.get(n).ok_or_else(|| Error::runtime("a kernel was launched without one of its outputs"))
}

/// Refuses dtypes that the family has no arithmetic for.
pub(crate) fn real_only(arrays: &[&Array]) -> Result<()> {
    match arrays.iter().find(|array| array.dtype.is_complex()) {
        Some(array) => Err(Error::unsupported(format!("{} arithmetic", array.dtype.name()))),
        None => Ok(()),
    }
}
