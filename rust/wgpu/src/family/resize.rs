//! Resizing of images, and its gradient in the form of sums over what uses an element.

use ferrotorch_kernel::resize::{Filter, Resize, ResizePass};
use ferrotorch_kernel::{Array, Error, Operand, Result};
use smallvec::{SmallVec, smallvec};

use super::output;
use crate::gpu::{Bound, Gpu, Launch, spread};
use crate::shader::{Family, Harness, Stored, Values, Variant, Words};
use crate::space::{Space, Walk};

pub(crate) static RESIZE: Family =
    Family::new("Resize", Harness::Elementwise, |_| include_str!("../../../../shaders/resize.wgsl"))
        .values(values)
        .library(library);
pub(crate) static GRAD: Family =
    Family::new("ResizeGrad", Harness::Elementwise, |_| include_str!("../../../../shaders/resize_grad.wgsl"))
        .values(values)
        .library(library);

/// Elements that a launch may write.
const MAX_ELEMENTS: usize = 1 << 31;

pub(crate) fn run(gpu: &Gpu, pass: ResizePass, resize: &Resize, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (from, to) = (inputs[0].array()?, output(outputs, 0)?);
    let dims = to.layout.ndim() - 2;
    if !to.dtype.is_float() || !(1..=3).contains(&dims) || resize.steps.len() != dims {
        return Err(Error::unsupported(format!("resizing in {}", to.dtype.name())));
    }
    let (family, [x, y]) = match pass {
        ResizePass::Forward => (&RESIZE, [from, to]),
        ResizePass::Grad => (&GRAD, [to, from]),
    };
    let compute = Stored::of(to.dtype.accumulate());
    let padded = |sizes: &[usize], absent: u32| -> [u32; 3] {
        std::array::from_fn(|d| if d + dims < 3 { absent } else { sizes[d + dims - 3] as u32 })
    };
    let strides: SmallVec<[usize; 3]> = from.layout.strides()[2..].iter().map(|&stride| stride as usize).collect();
    let mut args: SmallVec<[u32; 24]> = smallvec![];
    args.extend([padded(&y.shape()[2..], 1), padded(&x.shape()[2..], 1), padded(&strides, 0)].concat());
    args.push(resize.align_corners as u32);
    let steps = || std::iter::repeat_n(1.0, 3 - dims).chain(resize.steps.iter().copied());
    args.extend(steps().flat_map(|step| compute.scalar_words(step.into())));
    args.extend(steps().map(|step| (step as f32).to_bits()));
    let call = Call { family, op: name(resize.filter), compute, args: &args };
    call.in_parts(gpu, from, to)
}

struct Call<'a> {
    family: &'static Family,
    op: &'static str,
    compute: Stored,
    args: &'a [u32],
}

impl Call<'_> {
    /// In halves of the batch, or of the channels, where the images are too large to bind together.
    fn in_parts(&self, gpu: &Gpu, from: &Array, to: &Array) -> Result<()> {
        if to.numel() == 0 {
            return Ok(());
        }
        let bound = [gpu.bind(to)?, gpu.bind(from)?];
        let fits = bound.iter().all(|b| gpu.fits(b, b.span.clone())) && to.numel() < MAX_ELEMENTS;
        if fits {
            return self.launch(gpu, bound, from, to);
        }
        let Some(dim) = (0..2).find(|&d| to.shape()[d] > 1) else {
            return Err(Error::unsupported(format!("resizing of images of {} elements", from.numel().max(to.numel()))));
        };
        let half = to.shape()[dim] / 2;
        for (start, length) in [(0, half), (half, to.shape()[dim] - half)] {
            let part = |array: &Array| array.with_layout(array.layout.slice(dim, start, length, 1));
            self.in_parts(gpu, &part(from), &part(to))?;
        }
        Ok(())
    }

    fn launch(&self, gpu: &Gpu, bound: [Bound; 2], from: &Array, to: &Array) -> Result<()> {
        let mut base: SmallVec<[isize; 8]> = from.layout.strides()[..2].into();
        base.resize(to.layout.ndim(), 0);
        let walks = [Walk::of(&to.layout), Walk { offset: from.layout.offset(), strides: base }];
        let space = &Space::new(to.shape(), walks).merge();
        let stored = bound[0].stored;
        let packed = (stored.is_narrow() && space.is_dense(0)).then_some(Words::Own);
        let lanes = stored.lanes();
        let threads = if packed.is_some() { (to.layout.offset() % lanes + to.numel()).div_ceil(lanes) } else { to.numel() };
        let (family, op, compute, args) = (self.family, self.op, self.compute, self.args);
        let operands = &bound.map(Some);
        let launch = Launch { family, op, compute, outputs: 1, operands, space, args, packed, mode: 0 };
        gpu.launch(launch, spread(threads.div_ceil(256)))
    }
}

fn name(filter: Filter) -> &'static str {
    match filter {
        Filter::Nearest => "nearest",
        Filter::NearestExact => "nearest_exact",
        Filter::Linear => "linear",
        Filter::Cubic => "cubic",
        Filter::LinearAntialiased => "linear_antialiased",
        Filter::CubicAntialiased => "cubic_antialiased",
    }
}

/// The dtypes and filters that there are shaders for, for the tests of their texts.
#[cfg(test)]
pub(crate) const OPS: [&str; 6] = ["nearest", "nearest_exact", "linear", "cubic", "linear_antialiased", "cubic_antialiased"];

fn library(variant: &Variant) -> Vec<&'static str> {
    let filter = match variant.op {
        "nearest" | "nearest_exact" => include_str!("../../../../shaders/resize/nearest.wgsl"),
        "linear" => include_str!("../../../../shaders/resize/linear.wgsl"),
        "cubic" => include_str!("../../../../shaders/resize/cubic.wgsl"),
        _ => include_str!("../../../../shaders/resize/antialiased.wgsl"),
    };
    vec![filter, include_str!("../../../../shaders/resize/positions.wgsl")]
}

fn values(variant: &Variant) -> Values {
    let (radius, filter) = match variant.op {
        "cubic_antialiased" => (
            "2",
            "    if (x >= T(2)) {\n        return T(0);\n    }\n    if (x > T(1)) {\n        return keys_far(x, T(-0.5));\n    }\n    \
             return keys_near(x, T(-0.5));",
        ),
        _ => ("1", "    return max(T(1) - x, T(0));"),
    };
    let shift = if variant.op == "nearest_exact" { "0.5" } else { "0.0" };
    vec![("radius", radius.into()), ("filter", filter.into()), ("shift", shift.into())]
}
