//! Writing by index. Where lines of indices are short or many, every destination belongs to one thread, which takes the
//! sources in order; otherwise the indices are sorted first ([`super::segments`]). Either way results depend neither on the
//! adapter nor on chance. Sums of many words are added up as threads come, where these have no order that matters, or the user
//! has not asked for one.

use ferrotorch_kernel::kernel::Combine;
use ferrotorch_kernel::{Array, Error, Layout, Operand, Result, Scalar};
use smallvec::{SmallVec, smallvec};

use super::gather::MAX_INDICES;
use super::lines::MAX_STEPS;
use super::radix::words;
use super::segments::{Rows, combination, op_name};
use super::{output, real_only};
use crate::gpu::{Bound, Gpu, Launch, spread};
use crate::settings;
use crate::shader::{Family, Fault, Harness, Stored, Values, Variant};
use crate::space::{MAX_DIMS, Space, Walk};

pub(crate) static SCATTER: Family = Family::new("Scatter", Harness::Whole, |_| include_str!("../../../../shaders/scatter.wgsl"))
    .values(values)
    .faults(|_| Some(Fault::Index("scatter")));
pub(crate) static INDEX_PUT: Family =
    Family::new("IndexPut", Harness::Whole, |_| include_str!("../../../../shaders/index_put.wgsl"))
        .values(put_values)
        .faults(|_| Some(Fault::Index("index_put")));
pub(crate) static SCATTER_KEYS: Family =
    Family::new("ScatterKeys", Harness::Elementwise, |_| include_str!("../../../../shaders/scatter_keys.wgsl"))
        .faults(|_| Some(Fault::Index("scatter")));
pub(crate) static INDEX_PUT_KEYS: Family =
    Family::new("IndexPutKeys", Harness::Elementwise, |_| include_str!("../../../../shaders/index_put_keys.wgsl"))
        .values(key_values)
        .faults(|_| Some(Fault::Index("index_put")));
pub(crate) static SCATTER_ATOMIC: Family =
    Family::new("ScatterAtomic", Harness::Whole, |_| include_str!("../../../../shaders/scatter_atomic.wgsl"))
        .ranked()
        .atomic()
        .faults(|_| Some(Fault::Index("scatter")));

/// Threads that are enough to keep a GPU busy.
const BUSY: usize = 4096;

/// May each thread walk over all indices of its line? It should where lines are short, and where there are so many of
/// them that they need not be shared out.
fn walks_lines(lines: usize, n: usize) -> bool {
    n <= 256 || (lines >= 1024 && n <= MAX_STEPS)
}

pub(crate) fn run(gpu: &Gpu, dim: usize, combine: Combine, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (index, out) = (inputs[0].array()?, output(outputs, 0)?);
    if index.numel() == 0 {
        return Ok(());
    }
    let form = form(combine, out)?;
    let n = index.shape()[dim];
    if !walks_lines(index.numel() / n, n) {
        let has_no_order = form == Stored::Int32 || (form == Stored::Float32 && !settings::is_deterministic());
        if combine == Combine::Add && has_no_order {
            return add_as_they_come(gpu, dim, form, index, &inputs[1], out);
        }
        return run_sorted(gpu, dim, combine, form, index, &inputs[1], out);
    }
    let source = source_of(gpu, &inputs[1], index.shape(), out)?;
    let lines = |array: &Array| Walk::of(&array.layout.slice(dim, 0, 1, 1));
    let mut shape: SmallVec<[usize; 5]> = index.shape().into();
    shape[dim] = 1;
    let space = Space::new(&shape, [lines(out), lines(index), lines(&source)]).merge();
    let parts = parts(space.count(), n, out.shape()[dim]);
    let stride = |array: &Array| array.layout.strides()[dim] as u32;
    let args = [
        n as u32,
        parts as u32,
        out.shape()[dim] as u32,
        out.shape()[dim].div_ceil(parts).max(1) as u32,
        stride(out),
        stride(index),
        stride(&source),
        dim as u32,
    ];
    let operands = [Some(gpu.bind_as(out, form)?), Some(gpu.bind_as(index, Stored::Pair)?), Some(gpu.bind_as(&source, form)?)];
    launch(gpu, &SCATTER, combine, form, &operands, &space, &args, parts)
}

pub(crate) fn run_put(gpu: &Gpu, combine: Combine, wraps: bool, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let out = output(outputs, 0)?;
    let indices = inputs[1..].iter().map(Operand::array).collect::<Result<SmallVec<[&Array; MAX_INDICES]>>>()?;
    if indices.len() > MAX_INDICES || indices.is_empty() {
        return Err(Error::unsupported(format!("{} index tensors", indices.len())));
    }
    let (chosen, common) = (indices.len(), indices[0].shape().to_vec());
    let n = indices[0].numel();
    let rest = &out.shape()[chosen..];
    if n == 0 || rest.contains(&0) {
        return Ok(());
    }
    let form = form(combine, out)?;
    if !walks_lines(rest.iter().product(), n) {
        return put_sorted(gpu, combine, form, wraps, &indices, &inputs[0], out);
    }
    let indices = indices.into_iter().map(|index| dense(gpu, index)).collect::<Result<SmallVec<[Array; MAX_INDICES]>>>()?;
    let shape: SmallVec<[usize; 8]> = common.iter().chain(rest).copied().collect();
    let (source, step) = one_step(gpu, source_of(gpu, &inputs[0], &shape, out)?, common.len())?;
    let rows: usize = out.shape()[..chosen].iter().product();
    let mut walks: SmallVec<[Walk; 7]> = smallvec![
        Walk { offset: out.layout.offset(), strides: out.layout.strides()[chosen..].into() },
        Walk { offset: source.layout.offset(), strides: source.layout.strides()[common.len()..].into() },
    ];
    walks.extend(indices.iter().map(|index| Walk { offset: index.layout.offset(), ..Walk::fixed(rest.len()) }));
    let space = Space::new(rest, walks).merge();
    let parts = parts(space.count(), n, rows);
    let mut args = [0u32; 10 + MAX_INDICES];
    args[4 + MAX_INDICES] = wraps.into();
    args[..4].copy_from_slice(&[n as u32, parts as u32, rows.div_ceil(parts).max(1) as u32, step as u32]);
    for k in 0..chosen {
        args[4 + k] = out.shape()[k] as u32;
        args[10 + k] = out.layout.strides()[k] as u32;
    }
    let mut operands: SmallVec<[Option<Bound>; 7]> = smallvec![Some(gpu.bind_as(out, form)?), Some(gpu.bind_as(&source, form)?)];
    for index in &indices {
        operands.push(Some(gpu.bind_as(index, Stored::Pair)?));
    }
    launch(gpu, &INDEX_PUT, combine, form, &operands, &space, &args, parts)
}

fn launch(
    gpu: &Gpu,
    family: &'static Family,
    combine: Combine,
    form: Stored,
    operands: &[Option<Bound>],
    space: &Space,
    args: &[u32],
    parts: usize,
) -> Result<()> {
    if space.shape.len() > MAX_DIMS {
        return Err(Error::unsupported("writing by index to more than 8 dimensions"));
    }
    let op = op_name(combine);
    let launch = Launch { family, op, compute: form, outputs: 1, operands, space, args, packed: None, mode: 0 };
    gpu.launch(launch, spread((space.count() * parts).div_ceil(256)))
}

/// [`run`] for sums, in whatever order threads come.
fn add_as_they_come(gpu: &Gpu, dim: usize, form: Stored, index: &Array, source: &Operand, out: &Array) -> Result<()> {
    let source = source_of(gpu, source, index.shape(), out)?;
    let mut lines = Walk::of(&out.layout);
    lines.strides[dim] = 0;
    let space = Space::new(index.shape(), [lines, Walk::of(&index.layout), Walk::of(&source.layout)]).merge();
    if space.shape.len() > MAX_DIMS || space.count() >= u32::MAX as usize {
        return Err(Error::unsupported("writing by index to that many elements"));
    }
    let operands = [Some(gpu.bind_as(out, form)?), Some(gpu.bind_as(index, Stored::Pair)?), Some(gpu.bind_as(&source, form)?)];
    let args = [out.shape()[dim] as u32, out.layout.strides()[dim] as u32, dim as u32];
    let groups = spread(space.count().div_ceil(256));
    let op = op_name(Combine::Add);
    gpu.launch(
        Launch {
            family: &SCATTER_ATOMIC,
            op,
            compute: form,
            outputs: 1,
            operands: &operands,
            space: &space,
            args: &args,
            packed: None,
            mode: 0,
        },
        groups,
    )
}

/// [`run`] by way of sorted indices. The dimension is put last, so that lines are rows of the index.
fn run_sorted(gpu: &Gpu, dim: usize, combine: Combine, form: Stored, index: &Array, source: &Operand, out: &Array) -> Result<()> {
    let order: SmallVec<[usize; 8]> = (0..index.layout.ndim()).filter(|&d| d != dim).chain([dim]).collect();
    let turned = |array: &Array| array.with_layout(array.layout.permute(&order));
    let (index, out) = (turned(index), turned(out));
    let source = match source {
        Operand::Array(array) => {
            let narrowed = (0..order.len()).fold(turned(array), |a, d| a.with_layout(a.layout.slice(d, 0, index.shape()[d], 1)));
            Operand::Array(narrowed)
        }
        number => number.clone(),
    };
    let (values, steps) = rows_of(gpu, &source, 1, &out)?;
    let (size, last) = (out.shape()[order.len() - 1], order.len() - 1);
    let mut shape: SmallVec<[usize; 8]> = index.shape().into();
    shape[last] = size;
    let rows = shape.iter().product();
    let strides = out.layout.strides().into();
    let table = Rows { combine, form, out: &out, shape, strides, rows, columns: 1, source: &values, steps };
    table.check(gpu)?;
    let args = [size as u32, rows as u32, dim as u32, index.shape()[last] as u32];
    table.store(gpu, keys(gpu, &SCATTER_KEYS, &[&index], &args)?)
}

/// [`run_put`] by way of sorted indices.
fn put_sorted(
    gpu: &Gpu,
    combine: Combine,
    form: Stored,
    wraps: bool,
    indices: &[&Array],
    source: &Operand,
    out: &Array,
) -> Result<()> {
    let chosen = indices.len();
    let columns = out.shape()[chosen..].iter().product();
    let (values, steps) = rows_of(gpu, source, columns, out)?;
    let rows = out.shape()[..chosen].iter().product();
    let (shape, strides) = (out.shape().into(), out.layout.strides().into());
    let table = Rows { combine, form, out, shape, strides, rows, columns, source: &values, steps };
    table.check(gpu)?;
    let mut args = [0u32; MAX_INDICES + 2];
    for (arg, &size) in args.iter_mut().zip(&out.shape()[..chosen]) {
        *arg = size as u32;
    }
    args[MAX_INDICES..].copy_from_slice(&[wraps.into(), rows as u32]);
    table.store(gpu, keys(gpu, &INDEX_PUT_KEYS, indices, &args)?)
}

/// The numbers of the rows that indices name.
fn keys(gpu: &Gpu, family: &'static Family, indices: &[&Array], args: &[u32]) -> Result<Array> {
    let keys = words(gpu, indices[0].numel())?;
    let shape = indices[0].shape();
    let mut operands: SmallVec<[Option<Bound>; 6]> = smallvec![Some(gpu.bind(&keys)?)];
    for index in indices {
        operands.push(Some(gpu.bind_as(index, Stored::Pair)?));
    }
    let dense = Layout::contiguous(shape);
    let walks = std::iter::once(Walk::of(&dense)).chain(indices.iter().map(|index| Walk::of(&index.layout)));
    gpu.elementwise(Launch {
        family,
        op: "",
        compute: Stored::Int32,
        outputs: 1,
        operands: &operands,
        space: &Space::new(shape, walks).merge(),
        args,
        packed: None,
        mode: 0,
    })?;
    Ok(keys)
}

/// The values as row-major rows, and the steps from row to row and from column to column; a number is every row.
fn rows_of(gpu: &Gpu, source: &Operand, columns: usize, out: &Array) -> Result<(Array, [usize; 2])> {
    match source {
        Operand::Scalar(number) => Ok((number_array(gpu, *number, &[], out)?, [0, 0])),
        operand => Ok((dense(gpu, operand.array()?)?, [columns, 1])),
    }
}

/// Elements that are only moved need no arithmetic.
fn form(combine: Combine, out: &Array) -> Result<Stored> {
    if combine == Combine::Assign {
        return Ok(Stored::raw(out.dtype));
    }
    if !matches!(combine, Combine::Add | Combine::Mul) {
        real_only(&[out])?;
    }
    Ok(Stored::of(out.dtype))
}

/// The values as an array of a shape, or of a larger one.
fn source_of(gpu: &Gpu, operand: &Operand, shape: &[usize], out: &Array) -> Result<Array> {
    match operand {
        Operand::Scalar(number) => number_array(gpu, *number, shape, out),
        operand => operand.array().cloned(),
    }
}

/// One element, seen in a shape.
fn number_array(gpu: &Gpu, number: Scalar, shape: &[usize], out: &Array) -> Result<Array> {
    let one = gpu.empty_array(&Layout::contiguous(&[]), out.dtype)?;
    super::fill::run(gpu, number, std::slice::from_ref(&one))?;
    Ok(one.with_layout(Layout::strided(shape, &vec![0; shape.len()], 0)))
}

fn dense(gpu: &Gpu, array: &Array) -> Result<Array> {
    if array.layout.is_contiguous() {
        return Ok(array.clone());
    }
    let copy = gpu.empty_array(&Layout::contiguous(array.shape()), array.dtype)?;
    super::copy::run(gpu, &[Operand::Array(array.clone())], std::slice::from_ref(&copy))?;
    Ok(copy)
}

/// The array, copied if need be, and the step by which its first dimensions can be walked as one.
fn one_step(gpu: &Gpu, array: Array, dims: usize) -> Result<(Array, isize)> {
    let (shape, strides) = (&array.shape()[..dims], &array.layout.strides()[..dims]);
    let first = Space::new(shape, [Walk { offset: 0, strides: strides.into() }]).merge();
    if let [step] = first.operands[0].strides[..] {
        return Ok((array, step));
    }
    let copy = dense(gpu, &array)?;
    let step = copy.shape()[dims..].iter().product::<usize>() as isize;
    Ok((copy, step))
}

/// In how many parts the destinations of one line are shared out.
fn parts(lines: usize, n: usize, size: usize) -> usize {
    (BUSY / lines.max(1)).min(n.div_ceil(8)).clamp(1, size.max(1))
}

fn combined(variant: &Variant) -> (&'static str, String) {
    ("combined", combination(variant.op, "read_out0(to)", "x"))
}

fn values(variant: &Variant) -> Values {
    vec![("source", "read_in1(at[2] + j * arg(6u))".into()), combined(variant)]
}

fn put_values(variant: &Variant) -> Values {
    let lines = (0..variant.operands as usize - 2).map(|k| {
        format!(
            "        let index{k} = resolve(load_in{}(at[{}] + j), arg({}u), arg({}u) != 0u, {k}u);\n        inside = inside && index{k} != OUT_OF_RANGE;\n        \
             row = row * arg({}u) + index{k};\n        to += index{k} * arg({}u);\n",
            k + 1,
            k + 2,
            4 + k,
            4 + MAX_INDICES,
            4 + k,
            10 + k
        )
    });
    vec![("locate_indices", lines.collect()), ("source", "read_in0(at[1] + j * arg(3u))".into()), combined(variant)]
}

/// Adds up the number of the row that the indices name.
fn key_values(variant: &Variant) -> Values {
    let lines = (0..variant.operands as usize - 1).map(|k| {
        format!(
            "    let index{k} = resolve(load_in{k}(at[{}]), arg({k}u), arg({MAX_INDICES}u) != 0u, {k}u);\n    \
             inside = inside && index{k} != OUT_OF_RANGE;\n    row = row * arg({k}u) + index{k};\n",
            k + 1
        )
    });
    vec![("locate_indices", lines.collect())]
}
