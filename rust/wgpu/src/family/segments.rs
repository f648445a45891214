//! Writing by index in time proportional to the number of indices: sorted by where they point, those that point to the same
//! place lie side by side, in their order. Results depend neither on the adapter nor on chance.

use ferrotorch_kernel::kernel::Combine;
use ferrotorch_kernel::{Array, DType, Error, Layout, Result};
use smallvec::{SmallVec, smallvec};

use super::radix::{self, words};
use crate::gpu::{Bound, Gpu, Launch, spread};
use crate::shader::{Family, Harness, Stored, Values, Variant};
use crate::space::{MAX_DIMS, Space, Walk};

pub(crate) static SEGMENTS: Family =
    Family::new("Segments", Harness::Whole, |_| include_str!("../../../../shaders/segments.wgsl")).values(values);

/// `Variant::mode`: the values are the source's own.
const SOURCE: u32 = 1;
/// `Variant::mode`: there is one run, nothing is left for another launch.
const LAST: u32 = 2;
/// Keys that a thread takes.
const RUN: usize = 32;
/// Elements that numbers of 32 bits can tell apart.
const MAX_ELEMENTS: usize = 1 << 31;

/// Rows of values, and rows that they go to.
pub(crate) struct Rows<'a> {
    pub(crate) combine: Combine,
    pub(crate) form: Stored,
    pub(crate) out: &'a Array,
    /// Sizes of the rows' dimensions and then of the columns', and the steps of `out` along them.
    pub(crate) shape: SmallVec<[usize; 8]>,
    pub(crate) strides: SmallVec<[isize; 8]>,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) source: &'a Array,
    /// The steps of `source` from row to row and from column to column.
    pub(crate) steps: [usize; 2],
}

impl Rows<'_> {
    /// Can one launch number all elements, and bind them?
    ///
    /// # Errors
    /// "Unsupported" where it cannot.
    pub(crate) fn check(&self, gpu: &Gpu) -> Result<()> {
        let space = self.space(1);
        let bound = [gpu.bind_as(self.out, self.form)?, gpu.bind_as(self.source, self.form)?];
        let is_small = self.rows * self.columns < MAX_ELEMENTS && space.shape.len() <= MAX_DIMS;
        if !is_small || !gpu.computes(self.form) || bound.iter().any(|b| !gpu.binds_whole(b)) {
            return Err(Error::unsupported(format!("writing by index to a tensor of {} bytes", self.out.storage.bytes())));
        }
        Ok(())
    }

    /// Stores the source's rows where their keys say; keys behind the last row are passed over.
    pub(crate) fn store(&self, gpu: &Gpu, keys: Array) -> Result<()> {
        let sorted = radix::sort(gpu, keys, None, radix::bits_of(self.rows))?;
        let mut keys = sorted.keys;
        let mut values: Option<Array> = None;
        loop {
            let n = keys.numel();
            let runs = n.div_ceil(RUN);
            let kept = if runs > 1 { Some((self.kept(gpu, 2 * runs)?, words(gpu, 2 * runs)?)) } else { None };
            let inputs: SmallVec<[Bound; 3]> = match &values {
                Some(values) => smallvec![gpu.bind(&keys)?, gpu.bind_as(values, kept_as(self.form).1)?],
                None => smallvec![gpu.bind(&keys)?, gpu.bind(&sorted.positions)?, gpu.bind_as(self.source, self.form)?],
            };
            let mode = if values.is_none() { SOURCE } else { 0 } | if kept.is_none() { LAST } else { 0 };
            self.launch(gpu, n, kept.as_ref(), inputs, mode)?;
            let Some((kept_values, kept_keys)) = kept else { return Ok(()) };
            (keys, values) = (kept_keys, Some(kept_values));
        }
    }

    fn kept(&self, gpu: &Gpu, entries: usize) -> Result<Array> {
        gpu.empty_array(&Layout::contiguous(&[entries, self.columns]), kept_as(self.form).0)
    }

    fn launch(&self, gpu: &Gpu, n: usize, kept: Option<&(Array, Array)>, inputs: SmallVec<[Bound; 3]>, mode: u32) -> Result<()> {
        let mut operands: SmallVec<[Option<Bound>; 6]> = smallvec![Some(gpu.bind_as(self.out, self.form)?)];
        if let Some((values, keys)) = kept {
            operands.extend([Some(gpu.bind_as(values, kept_as(self.form).1)?), Some(gpu.bind(keys)?)]);
        }
        let outputs = operands.len();
        operands.extend(inputs.into_iter().map(Some));
        let args = [
            n as u32,
            self.rows as u32,
            self.columns as u32,
            self.steps[0] as u32,
            self.steps[1] as u32,
            self.source.layout.offset() as u32,
        ];
        let launch = Launch {
            family: &SEGMENTS,
            op: op_name(self.combine),
            compute: self.form,
            outputs,
            operands: &operands,
            space: &self.space(operands.len()),
            args: &args,
            packed: None,
            mode,
        };
        gpu.launch(launch, spread((n.div_ceil(RUN) * self.columns).div_ceil(256)))
    }

    /// The elements of the rows; operands other than the first are not walked along.
    fn space(&self, operands: usize) -> Space {
        let out = Walk { offset: self.out.layout.offset(), strides: self.strides.clone() };
        let others = (1..operands).map(|_| Walk::fixed(self.shape.len()));
        Space::new(&self.shape, std::iter::once(out).chain(others)).merge()
    }
}

/// What values are kept as between launches: the type that they are computed in.
pub(crate) fn kept_as(form: Stored) -> (DType, Stored) {
    match form.value() {
        "i32" => (DType::Int32, Stored::Int32),
        "f32" => (DType::Float32, Stored::Float32),
        "i64" => (DType::Int64, Stored::Int64),
        "f64" => (DType::Float64, Stored::Float64),
        "vec2<f32>" => (DType::Complex64, Stored::Complex64),
        "vec2<u32>" => (DType::Complex64, Stored::Pair),
        "vec2<f64>" => (DType::Complex128, Stored::Complex128),
        _ => (DType::Complex128, Stored::Quad),
    }
}

/// The name of a combination in shaders.
pub(crate) fn op_name(combine: Combine) -> &'static str {
    match combine {
        Combine::Assign => "assign",
        Combine::Add => "add",
        Combine::Mul => "mul",
        Combine::Max => "maximum",
        Combine::Min => "minimum",
    }
}

/// The text that combines two values, the earlier one first.
pub(crate) fn combination(op: &str, a: &str, b: &str) -> String {
    match op {
        "assign" => b.into(),
        "add" => format!("{a} + {b}"),
        op => format!("op_{op}({a}, {b})"),
    }
}

fn values(variant: &Variant) -> Values {
    let item = if variant.mode & SOURCE != 0 {
        "read_in2(arg(5u) + bitcast<u32>(load_in1(i)) * arg(3u) + column * arg(4u))"
    } else {
        "read_in1(i * arg(2u) + column)"
    };
    let keep = if variant.mode & LAST != 0 {
        "settle(key, column, x);"
    } else {
        "write_out1(entry * arg(2u) + column, x);\n    if (column == 0u) {\n        store_out2(entry, bitcast<i32>(key));\n    }"
    };
    vec![
        ("combine", combination(variant.op, "a", "b")),
        ("settled", combination(variant.op, "read_out0(to)", "x")),
        ("item", item.into()),
        ("keep", keep.into()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_kept_as_they_are_computed() {
        let numbers = [Stored::Bool, Stored::UInt8, Stored::Float16, Stored::Int64, Stored::Float64, Stored::Complex128];
        for form in numbers.into_iter().chain([Stored::Pair, Stored::Quad]) {
            let (dtype, stored) = kept_as(form);
            assert_eq!((stored.value(), stored.bytes()), (form.value(), dtype.size()));
        }
    }
}
