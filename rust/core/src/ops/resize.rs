//! Resizing of images by one kernel, on devices that have one.

use smallvec::smallvec;

use crate::array::Array;
use crate::autograd::record_linear;
use crate::backend;
use crate::dtype::DType;
use crate::ensure;
use crate::error::Result;
use crate::kernel::Kernel;
use crate::memory_format::MemoryFormat;
use crate::resize::{Filter, Resize, ResizePass, WIDEST_IMAGE};
use crate::shape::Shape;
use crate::tensor::Tensor;

use super::reduce::as_i64;
use super::view;

const OP: &str = "interpolate";

/// Is there a kernel that resizes `input` (N, C, *) to these spatial sizes?
pub fn has_kernel(input: &Tensor, sizes: &[i64]) -> bool {
    let shape = input.shape();
    let model = Resize { filter: Filter::Linear, steps: smallvec![1.0], align_corners: false };
    let kernel = Kernel::Resize { pass: ResizePass::Forward, resize: &model };
    let fits = |sizes: &mut dyn Iterator<Item = usize>| (1..=WIDEST_IMAGE).contains(&sizes.product::<usize>());
    (3..=5).contains(&shape.len())
        && sizes.len() + 2 == shape.len()
        && sizes.iter().all(|&size| size > 0)
        && fits(&mut shape[2..].iter().copied())
        && fits(&mut sizes.iter().map(|&size| size as usize))
        && input.device().has_data()
        && backend::supports(input.device(), &kernel, input.dtype())
}

/// `input` (N, C, *) resized to these spatial sizes, in one launch where threads do not have to sum up too much for that.
pub fn resize(input: &Tensor, sizes: &[i64], resize: &Resize) -> Result<Tensor> {
    ensure!(
        resize.steps.len() == sizes.len() && input.ndim() == sizes.len() + 2,
        Runtime,
        "{OP}(): sizes and steps are needed for all spatial dimensions"
    );
    let from = input.shape();
    let growth: usize = from[2..].iter().zip(sizes).map(|(&n, &size)| (size as usize).div_ceil(n.max(1))).product();
    let is_wide = matches!(resize.filter, Filter::LinearAntialiased | Filter::CubicAntialiased);
    if sizes.len() == 1 || !(is_wide || growth > 1 << 12) {
        let sizes: Shape = sizes.iter().map(|&size| size as usize).collect();
        return pass(input, ResizePass::Forward, &sizes, resize);
    }
    let mut out = input.clone();
    for d in (0..sizes.len()).rev() {
        let mut between: Shape = out.shape()[2..].iter().copied().collect();
        between[d] = sizes[d] as usize;
        let mut steps = smallvec![1.0; sizes.len()];
        steps[d] = resize.steps[d];
        out = pass(&out, ResizePass::Forward, &between, &Resize { steps, ..resize.clone() })?;
    }
    Ok(out)
}

/// One launch; its gradient is the other pass.
fn pass(input: &Tensor, pass_of: ResizePass, sizes: &[usize], resize: &Resize) -> Result<Tensor> {
    let (array, shape) = (images_of(input)?, input.shape());
    let result: Shape = shape[..2].iter().chain(sizes).copied().collect();
    // Of bytes, pixels that lie together are resized together.
    let format = if input.dtype() == DType::UInt8 { MemoryFormat::suggested_by(&array.layout) } else { MemoryFormat::Contiguous };
    let output = (format.layout(&result)?, input.dtype());
    let kernel = Kernel::Resize { pass: pass_of, resize };
    let [out] = backend::compute(OP, &kernel, &[array.into()], [output], input.device())?;
    let out = Tensor::from_array(out);
    let back = match pass_of {
        ResizePass::Forward => ResizePass::Grad,
        ResizePass::Grad => ResizePass::Forward,
    };
    let (rule, again, own, target) = (resize.clone(), resize.clone(), Shape::from(&shape[2..]), Shape::from(sizes));
    record_linear(
        "ResizeBackward0",
        input,
        &out,
        move |g, leading| samples(g, leading, |g| pass(g, back, &own, &rule)),
        move |t| pass(t, pass_of, &target, &again),
    )?;
    Ok(out)
}

/// Applies to all of a batch of gradients at once, whose leading dimensions so many are.
fn samples(g: &Tensor, leading: usize, apply: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
    if leading == 0 {
        return apply(g);
    }
    let shape = as_i64(&g.shape());
    let flat = apply(&view::flatten(g, 0, leading as i64)?)?;
    let back: Vec<i64> = shape[..=leading].iter().chain(&as_i64(&flat.shape()[1..])).copied().collect();
    view::reshape(&flat, &back)
}

/// An array each of whose images lies together.
fn images_of(t: &Tensor) -> Result<Array> {
    let array = t.array();
    let dims = array.shape().iter().zip(array.layout.strides()).skip(2);
    let reach: usize = dims.map(|(&size, &stride)| (size.max(1) - 1) * stride.unsigned_abs()).sum();
    if array.deferred.is_none() && reach < WIDEST_IMAGE { Ok(array) } else { array.contiguous() }
}
