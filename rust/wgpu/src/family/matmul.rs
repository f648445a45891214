//! Batched matrix products.

use ferrotorch_kernel::kernel::Reduction;
use ferrotorch_kernel::{Array, DType, Layout, Operand, Result, Scalar};
use smallvec::{SmallVec, smallvec};

use super::product::{self, ADD, ALONG_DEPTH, Plan, Sums};
use super::shared::Lines;
use super::{output, real_only};
use crate::gpu::{Bound, Gpu, Launch};
use crate::shader::{Family, Harness, Slot, Stored, Values, Variant};
use crate::space::{Space, Walk};

pub(crate) static MATMUL: Family = Family::new("MatMul", Harness::Product, |_| include_str!("../../../../shaders/matmul.wgsl"))
    .values(values)
    .library(|_| vec![include_str!("../../../../shaders/product/matmul_lines.wgsl")]);

/// `Variant::mode`: one more column, of ones, sums up the rows of the left factor.
pub(crate) const ROW_SUMS: u32 = 2;
/// Products for whose largest sizes a column more may cost a row of tiles more.
const SMALL: usize = 1 << 22;

pub(crate) fn run(gpu: &Gpu, alpha: Scalar, beta: Scalar, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (a, b, out) = (inputs[0].array()?, inputs[1].array()?, output(outputs, 0)?);
    let addend = inputs.get(2).and_then(Operand::optional).filter(|_| beta.to_f64() != 0.0);
    real_only(&[a, b, out])?;
    let row_sums = match outputs.get(1) {
        Some(sums) if out.numel() > 0 && with_row_sums(gpu, [alpha, beta], [a, b], addend, [out, sums])? => return Ok(()),
        row_sums => row_sums,
    };
    if let Some(sums) = row_sums {
        super::reduce::run(gpu, Reduction::Sum, &inputs[..1], std::slice::from_ref(sums))?;
    }
    if out.numel() == 0 {
        return Ok(());
    }
    multiply(gpu, [alpha, beta], a, b, addend, out)
}

/// The product and the sums of rows in one launch, where that takes no more than that and hardly more work.
fn with_row_sums(
    gpu: &Gpu,
    factors: [Scalar; 2],
    [a, b]: [&Array; 2],
    addend: Option<&Array>,
    [out, row_sums]: [&Array; 2],
) -> Result<bool> {
    let compute = Stored::of(out.dtype.accumulate());
    let sums = Sums { rows: out.shape()[1], columns: out.shape()[2] + 1, depth: a.shape()[2], jobs: out.shape()[0] };
    let plan = Plan::new(gpu, compute, sums, lines_of(&sums));
    let is_small = sums.rows * sums.columns * sums.depth <= SMALL;
    let arrays = [Some(out), Some(row_sums), Some(a), Some(b), addend];
    let bound =
        arrays.iter().map(|array| array.map(|array| gpu.bind(array)).transpose()).collect::<Result<SmallVec<[_; 5]>>>()?;
    let fits = bound.iter().flatten().all(|bound| gpu.fits(bound, bound.span.clone()));
    if plan.chunks > 1 || !fits || !(is_small || gpu.is_software) {
        return Ok(false);
    }
    launch(gpu, &plan, compute, factors, Call { out, row_sums: Some(row_sums), a, b, addend }, &bound)?;
    Ok(true)
}

/// Each row of the result is a line.
fn lines_of(sums: &Sums) -> Lines {
    Lines { columns: sums.columns, depths: 1, by_column: 1, by_depth: 1 }
}

/// The arrays of a launch.
struct Call<'a> {
    out: &'a Array,
    row_sums: Option<&'a Array>,
    a: &'a Array,
    b: &'a Array,
    addend: Option<&'a Array>,
}

/// Splits what one binding cannot hold: along the batch, the larger side of the result, or the summed dimension, whose
/// second part is added to the first.
fn multiply(gpu: &Gpu, factors: [Scalar; 2], a: &Array, b: &Array, addend: Option<&Array>, out: &Array) -> Result<()> {
    let arrays = [Some(out), Some(a), Some(b), addend];
    let bound =
        arrays.iter().map(|array| array.map(|array| gpu.bind(array)).transpose()).collect::<Result<SmallVec<[_; 4]>>>()?;
    let (batch, m, n) = (out.shape()[0], out.shape()[1], out.shape()[2]);
    if bound.iter().flatten().all(|bound| gpu.fits(bound, bound.span.clone())) {
        return in_chunks(gpu, factors, [out, a, b], addend, &bound);
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

/// Where the sums are split into chunks, these go into memory of their own and are added up by a second launch.
fn in_chunks(
    gpu: &Gpu,
    factors: [Scalar; 2],
    [out, a, b]: [&Array; 3],
    addend: Option<&Array>,
    bound: &[Option<Bound>],
) -> Result<()> {
    let compute = Stored::of(out.dtype.accumulate());
    let sums = Sums { rows: out.shape()[1], columns: out.shape()[2], depth: a.shape()[2], jobs: out.shape()[0] };
    let plan = Plan::new(gpu, compute, sums, lines_of(&sums));
    if plan.chunks == 1 {
        return launch(gpu, &plan, compute, factors, Call { out, row_sums: None, a, b, addend }, bound);
    }
    let sums = plan.partial_sums(gpu, compute, out)?;
    let one = [Scalar::Int(1), Scalar::Int(0)];
    let operands = [Some(gpu.bind(&sums)?), bound[1].clone(), bound[2].clone()];
    let call = Call { out: &product::first_chunk(&sums), row_sums: None, a, b, addend: None };
    launch(gpu, &plan, compute, one, call, &operands)?;
    product::add_up(gpu, compute, factors, &sums, addend, out)
}

fn launch(
    gpu: &Gpu,
    plan: &Plan,
    compute: Stored,
    [alpha, beta]: [Scalar; 2],
    Call { out, row_sums, a, b, addend }: Call,
    bound: &[Option<Bound>],
) -> Result<()> {
    let stride = |array: &Array, d: usize| array.layout.strides()[d] as u32;
    let of = |array: Option<&Array>, d: usize| array.map_or(0, |array| stride(array, d));
    let (m, n, k) = (out.shape()[1], out.shape()[2] + row_sums.is_some() as usize, a.shape()[2]);
    let mut args: SmallVec<[u32; 24]> = smallvec![m as u32, n as u32, k as u32, plan.jobs() as u32];
    args.extend([plan.chunk as u32, plan.chunks as u32, out.numel() as u32]);
    args.extend([stride(a, 1), stride(a, 2), stride(b, 1), stride(b, 2), of(addend, 1), of(addend, 2)]);
    args.extend([stride(out, 1), stride(out, 2), of(row_sums, 1)]);
    args.extend(compute.scalar_words(alpha).into_iter().chain(compute.scalar_words(beta)));
    let walks = [Some(out), row_sums, Some(a), Some(b), addend]
        .into_iter()
        .flatten()
        .map(|array| Walk { offset: array.layout.offset(), strides: smallvec![array.layout.strides()[0]] });
    let space = Space::new(&out.shape()[..1], walks);
    let operands = &bound[..space.operands.len()];
    let flag = |set: bool, bit: u32| if set { bit } else { 0 };
    let own = flag(a.layout.strides()[2] == 1, ALONG_DEPTH) | flag(row_sums.is_some(), ROW_SUMS);
    let mode = plan.mode() | own | flag(addend.is_some(), ADD);
    let outputs = 1 + row_sums.is_some() as usize;
    gpu.launch(
        Launch { family: &MATMUL, op: "", compute, outputs, operands, space: &space, args: &args, packed: None, mode },
        plan.workgroups(),
    )
}

fn values(variant: &Variant) -> Values {
    let t = variant.compute.value();
    let mut values = product::values(variant.mode);
    let inputs = variant.outputs as usize;
    let (addend, at) = match variant.slots[inputs + 2] {
        Slot::Absent => (String::new(), "0u".into()),
        _ => (format!(" + scalar_{t}(9u) * read_in2(row.add + column.add)"), format!("job.at[{}]", inputs + 2)),
    };
    let (one, put_sum, sum_at) = match variant.mode & ROW_SUMS {
        0 => ("", "", "0u"),
        _ => (
            "    if (column.is_one) {\n        return T(1);\n    }\n",
            "    if (column.is_one) {\n        write_out1(row.sum, sum);\n        return;\n    }\n",
            "job.at[1] + m * arg(15u)",
        ),
    };
    values.extend([
        ("result", format!("scalar_{t}(8u) * sum{addend}")),
        ("addend_at", at),
        ("left_at", format!("job.at[{inputs}]")),
        ("right_at", format!("job.at[{}]", inputs + 1)),
        ("one", one.into()),
        ("put_sum", put_sum.into()),
        ("sum_at", sum_at.into()),
    ]);
    values
}
