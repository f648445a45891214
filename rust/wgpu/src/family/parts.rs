//! Complex products as products of real and imaginary parts, which are real arrays with twice the steps: matrix products and
//! convolutions, whose shaders have tiles of real numbers.

use ferrotorch_kernel::kernel::{ConvGeometry, ConvPass, Kernel};
use ferrotorch_kernel::{Array, DType, Error, Layout, Operand, Result, Scalar};
use smallvec::SmallVec;

use super::{conv, matmul, pointwise};
use crate::gpu::Gpu;

/// Is it a call on complex numbers that comes to calls on parts?
pub(crate) fn applies(kernel: &Kernel, outputs: &[Array]) -> bool {
    let is_complex = outputs.first().is_some_and(|out| real(out.dtype).is_some());
    is_complex && matches!(kernel, Kernel::MatMul { .. } | Kernel::Conv { .. })
}

/// What the parts of a complex dtype are.
fn real(dtype: DType) -> Option<DType> {
    match dtype {
        DType::Complex64 => Some(DType::Float32),
        DType::Complex128 => Some(DType::Float64),
        _ => None,
    }
}

/// The real part of an array, or the imaginary one.
pub(super) fn part(array: &Array, imaginary: bool) -> Array {
    let strides: SmallVec<[isize; 8]> = array.layout.strides().iter().map(|stride| 2 * stride).collect();
    let layout = Layout::strided(array.shape(), &strides, 2 * array.layout.offset() + imaginary as usize);
    Array::new(array.storage.clone(), layout, real(array.dtype).unwrap_or(array.dtype))
}

/// The parts of a call's factors and of what is added to their product: real parts, then imaginary ones.
struct Parts {
    left: [Array; 2],
    right: [Array; 2],
    addend: [Operand; 2],
    out: [Array; 2],
}

impl Parts {
    fn of(inputs: &[Operand], outputs: &[Array]) -> Result<Parts> {
        let both = |array: &Array| [part(array, false), part(array, true)];
        let addend = match inputs.get(2).and_then(Operand::optional) {
            Some(array) => both(array).map(Operand::Array),
            None => [Operand::None, Operand::None],
        };
        if outputs.len() > 1 || inputs.iter().filter_map(Operand::optional).any(|array| array.dtype != outputs[0].dtype) {
            return Err(Error::unsupported("a complex product of several dtypes or results"));
        }
        Ok(Parts { left: both(inputs[0].array()?), right: both(inputs[1].array()?), addend, out: both(&outputs[0]) })
    }

    /// `(a + b i) (c + d i) = (a c - b d) + (a d + b c) i`.
    fn products(&self) -> [TwoProducts<'_>; 2] {
        let ([a, b], [c, d]) = (&self.left, &self.right);
        [
            TwoProducts { addend: &self.addend[0], first: [a, c], second: [b, d], sign: -1.0, out: &self.out[0] },
            TwoProducts { addend: &self.addend[1], first: [a, d], second: [b, c], sign: 1.0, out: &self.out[1] },
        ]
    }
}

/// A part of the result: what is added, a product, and one that is added with a sign.
struct TwoProducts<'a> {
    addend: &'a Operand,
    first: [&'a Array; 2],
    second: [&'a Array; 2],
    sign: f64,
    out: &'a Array,
}

/// The operands of a product.
fn operands([left, right]: [&Array; 2], addend: Operand) -> [Operand; 3] {
    [left.clone().into(), right.clone().into(), addend]
}

/// Runs the calls on parts.
pub(crate) fn run(gpu: &Gpu, kernel: &Kernel, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let parts = Parts::of(inputs, outputs)?;
    match *kernel {
        Kernel::MatMul { alpha, beta } => multiply(gpu, [alpha, beta], &parts, inputs, outputs),
        Kernel::Conv { pass, geometry } => convolve(gpu, pass, geometry, &parts),
        _ => Err(Error::unsupported(super::describe(kernel))),
    }
}

/// To the product that has the addend the other one is added.
fn multiply(gpu: &Gpu, factors: [Scalar; 2], parts: &Parts, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let [alpha, beta] = factors.map(|factor| factor.to_complex());
    if alpha.im != 0.0 || beta.im != 0.0 {
        return multiply_apart(gpu, factors, inputs, &outputs[0]);
    }
    let number = Scalar::Float;
    for TwoProducts { addend, first, second, sign, out } in parts.products() {
        let (out, so_far) = (std::slice::from_ref(out), Operand::Array(out.clone()));
        matmul::run(gpu, number(alpha.re), number(beta.re), &operands(first, addend.clone()), out)?;
        matmul::run(gpu, number(sign * alpha.re), Scalar::Int(1), &operands(second, so_far), out)?;
    }
    Ok(())
}

/// With complex factors: the product in memory of its own, which is multiplied and added afterwards.
fn multiply_apart(gpu: &Gpu, [alpha, beta]: [Scalar; 2], inputs: &[Operand], out: &Array) -> Result<()> {
    let product = gpu.empty_array(&Layout::contiguous(out.shape()), out.dtype)?;
    let (kernel, addend) = (Kernel::MatMul { alpha: Scalar::Int(1), beta: Scalar::Int(0) }, inputs.get(2));
    run(gpu, &kernel, &inputs[..2], std::slice::from_ref(&product))?;
    let Some(addend) = addend.and_then(Operand::optional) else { return pointwise::add(gpu, None, alpha, &product, out) };
    pointwise::add(gpu, None, alpha, &product, &product)?;
    pointwise::add(gpu, Some(&product), beta, addend, out)
}

/// The second convolution goes into memory of its own, for what is added to one is a bias.
fn convolve(gpu: &Gpu, pass: ConvPass, geometry: &ConvGeometry, parts: &Parts) -> Result<()> {
    for TwoProducts { addend: bias, first, second, sign, out } in parts.products() {
        let other = gpu.empty_array(&Layout::contiguous(out.shape()), out.dtype)?;
        conv::run(gpu, pass, geometry, &operands(first, bias.clone()), std::slice::from_ref(out))?;
        conv::run(gpu, pass, geometry, &operands(second, Operand::None), std::slice::from_ref(&other))?;
        pointwise::add(gpu, Some(out), sign.into(), &other, out)?;
    }
    Ok(())
}
