//! Batched matrix products.

use ferrotorch_kernel::{Array, DType, Layout, Operand, Result, Scalar};
use smallvec::{SmallVec, smallvec};

use super::{output, real_only};
use crate::gpu::{Bound, Gpu, Launch, spread};
use crate::shader::{Family, Harness, Stored, Values, Variant};
use crate::space::{Space, Walk};

pub(crate) static MATMUL: Family =
    Family::new("MatMul", Harness::Whole, |_| include_str!("../../../../shaders/matmul.wgsl")).values(values);

/// Longest sums of one launch: its threads walk over tiles 16 deep, at up to 32 rounds a tile.
const MAX_DEPTH: usize = 16 * 1024;
/// `Variant::mode`: what is added to the product.
const ADD: u8 = 1;
/// `Variant::mode`: 4 x 8 outputs a thread instead of 2 x 2.
const LARGE: u8 = 2;

pub(crate) fn run(gpu: &Gpu, alpha: Scalar, beta: Scalar, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (a, b, out) = (inputs[0].array()?, inputs[1].array()?, output(outputs, 0)?);
    let addend = inputs.get(2).and_then(Operand::optional).filter(|_| beta.to_f64() != 0.0);
    real_only(&[a, b, out])?;
    if out.numel() == 0 {
        return Ok(());
    }
    if a.numel() == 0 {
        return match addend {
            Some(_) => Err(ferrotorch_kernel::Error::unsupported("a matrix product over an empty dimension")),
            None => super::fill::run(gpu, Scalar::Int(0), outputs),
        };
    }
    multiply(gpu, [alpha, beta], a, b, addend, out)
}

/// Splits what one binding cannot hold: along the batch, the larger side of the result, or the summed dimension, whose
/// second part is added to the first.
fn multiply(gpu: &Gpu, factors: [Scalar; 2], a: &Array, b: &Array, addend: Option<&Array>, out: &Array) -> Result<()> {
    let arrays = [Some(out), Some(a), Some(b), addend];
    let bound =
        arrays.iter().map(|array| array.map(|array| gpu.bind(array)).transpose()).collect::<Result<SmallVec<[_; 4]>>>()?;
    let (batch, m, n, k) = (out.shape()[0], out.shape()[1], out.shape()[2], a.shape()[2]);
    let fits = bound.iter().flatten().all(|bound| gpu.fits(bound, bound.span.clone()));
    if fits && k <= MAX_DEPTH {
        return launch(gpu, factors, [out, a, b], addend, &bound);
    }
    if fits {
        return add_up(gpu, factors, a, b, addend, out);
    }
    if batch > 1 {
        return halves(batch).into_iter().try_for_each(|h| {
            multiply(gpu, factors, &part(a, 0, h), &part(b, 0, h), addend.map(|c| part(c, 0, h)).as_ref(), &part(out, 0, h))
        });
    }
    if m.max(n) > 1 && m >= n {
        return halves(m).into_iter().try_for_each(|h| {
            multiply(gpu, factors, &part(a, 1, h), b, addend.map(|c| part(c, 1, h)).as_ref(), &part(out, 1, h))
        });
    }
    if n > 1 {
        return halves(n).into_iter().try_for_each(|h| {
            multiply(gpu, factors, a, &part(b, 2, h), addend.map(|c| part(c, 2, h)).as_ref(), &part(out, 2, h))
        });
    }
    add_up(gpu, factors, a, b, addend, out)
}

/// The first half of the summed dimension, to which the second is added.
fn add_up(gpu: &Gpu, factors: [Scalar; 2], a: &Array, b: &Array, addend: Option<&Array>, out: &Array) -> Result<()> {
    if out.dtype.is_half() {
        let sums = gpu.empty_array(&Layout::contiguous(out.shape()), DType::Float32)?;
        add_up(gpu, factors, a, b, addend, &sums)?;
        return super::copy::run(gpu, &[Operand::Array(sums)], std::slice::from_ref(out));
    }
    let [head, tail] = halves(a.shape()[2]);
    multiply(gpu, factors, &part(a, 2, head), &part(b, 1, head), addend, out)?;
    multiply(gpu, [factors[0], Scalar::Int(1)], &part(a, 2, tail), &part(b, 1, tail), Some(out), out)
}

fn halves(size: usize) -> [(usize, usize); 2] {
    [(0, size / 2), (size / 2, size - size / 2)]
}

fn part(array: &Array, dim: usize, (start, length): (usize, usize)) -> Array {
    array.with_layout(array.layout.slice(dim, start, length, 1))
}

fn launch(
    gpu: &Gpu,
    [alpha, beta]: [Scalar; 2],
    [out, a, b]: [&Array; 3],
    addend: Option<&Array>,
    bound: &[Option<Bound>],
) -> Result<()> {
    let compute = Stored::of(out.dtype.accumulate());
    let stride = |array: &Array, d: usize| array.layout.strides()[d] as u32;
    let of = |array: Option<&Array>, d: usize| array.map_or(0, |array| stride(array, d));
    let (m, n) = (out.shape()[1], out.shape()[2]);
    let mut args: SmallVec<[u32; 16]> = smallvec![m as u32, n as u32, a.shape()[2] as u32];
    args.extend([
        stride(a, 1),
        stride(a, 2),
        stride(b, 1),
        stride(b, 2),
        of(addend, 1),
        of(addend, 2),
        stride(out, 1),
        stride(out, 2),
        0,
    ]);
    args.extend(compute.scalar_words(alpha).into_iter().chain(compute.scalar_words(beta)));
    let large = compute.bytes() == 4 && m >= 64 && n >= 128;
    let mode = if addend.is_some() { ADD } else { 0 } | if large { LARGE } else { 0 };
    let (rows, columns) = tile(mode);
    let walks = [Some(out), Some(a), Some(b), addend]
        .into_iter()
        .flatten()
        .map(|array| Walk { offset: array.layout.offset(), strides: smallvec![array.layout.strides()[0]] });
    let space = Space::new(&out.shape()[..1], walks);
    let groups = out.shape()[0] * m.div_ceil(16 * rows) * n.div_ceil(16 * columns);
    let operands = &bound[..space.operands.len()];
    gpu.launch(
        Launch { family: &MATMUL, op: "", compute, outputs: 1, operands, space: &space, args: &args, packed: false, mode },
        spread(groups),
    )
}

/// Rows and columns of outputs a thread.
fn tile(mode: u8) -> (usize, usize) {
    if mode & LARGE != 0 { (4, 8) } else { (2, 2) }
}

fn values(variant: &Variant) -> Values {
    let (rows, columns) = tile(variant.mode);
    let t = variant.compute.value();
    let product = format!("scalar_{t}(6u) * sums[i][j]");
    let result = if variant.mode & ADD != 0 {
        format!("{product} + scalar_{t}(7u) * read_in2(at[3] + m * arg(7u) + n * arg(8u))")
    } else {
        product
    };
    vec![("rows", rows.to_string()), ("columns", columns.to_string()), ("result", result)]
}
