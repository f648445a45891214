//! The same bytes as elements of another dtype.

use smallvec::smallvec;

use crate::autograd::{Context, free, one, record};
use crate::dtype::DType;
use crate::ensure;
use crate::error::Result;
use crate::layout::Layout;
use crate::tensor::{Tensor, ViewKind};

use super::super::cast;
use super::super::complex::resolve_conj;

/// The bytes read as another dtype; where its elements have another size, the last dimension grows or shrinks.
/// Not differentiable.
pub fn view_dtype(input: &Tensor, dtype: DType) -> Result<Tensor> {
    let (layout, from, deferred) = input.with_array(|a| (a.layout.clone(), a.dtype, a.deferred));
    ensure!(
        !deferred.is_conj(),
        Runtime,
        "torch.Tensor.view is not supported for conjugate view tensors when converting to a different dtype."
    );
    ensure!(
        !deferred.is_neg(),
        Runtime,
        "torch.Tensor.view is not supported for tensors with negative bit set when converting to a different dtype."
    );
    let layout = if dtype.size() == from.size() {
        layout
    } else if dtype.size() < from.size() {
        finer(&layout, from, dtype)?
    } else {
        coarser(&layout, from, dtype)?
    };
    Ok(input.reinterpret(layout, dtype))
}

fn require_rows(layout: &Layout, from: DType, to: DType) -> Result<()> {
    let (from, to) = (from.legacy_name(), to.legacy_name());
    ensure!(layout.ndim() > 0, Runtime, "self.dim() cannot be 0 to view {from} as {to} (different element sizes)");
    let last = layout.strides()[layout.ndim() - 1];
    ensure!(last == 1, Runtime, "self.stride(-1) must be 1 to view {from} as {to} (different element sizes), but got {last}");
    Ok(())
}

fn finer(layout: &Layout, from: DType, to: DType) -> Result<Layout> {
    require_rows(layout, from, to)?;
    let ratio = from.size() / to.size();
    let last = layout.ndim() - 1;
    let (mut shape, mut strides) = (layout.shape().to_vec(), layout.strides().to_vec());
    strides[..last].iter_mut().for_each(|s| *s *= ratio as isize);
    shape[last] *= ratio;
    Ok(Layout::strided(&shape, &strides, layout.offset() * ratio))
}

fn coarser(layout: &Layout, from: DType, to: DType) -> Result<Layout> {
    require_rows(layout, from, to)?;
    let ratio = to.size() / from.size();
    let last = layout.ndim() - 1;
    let (mut shape, mut strides) = (layout.shape().to_vec(), layout.strides().to_vec());
    let names = (from.legacy_name(), to.legacy_name());
    ensure!(
        shape[last] % ratio == 0,
        Runtime,
        "self.size(-1) must be divisible by {ratio} to view {} as {} (different element sizes), but got {}",
        names.0,
        names.1,
        shape[last]
    );
    ensure!(
        layout.offset().is_multiple_of(ratio),
        Runtime,
        "self.storage_offset() must be divisible by {ratio} to view {} as {} (different element sizes), but got {}",
        names.0,
        names.1,
        layout.offset()
    );
    for (d, stride) in strides[..last].iter_mut().enumerate() {
        ensure!(
            *stride % ratio as isize == 0,
            Runtime,
            "self.stride({d}) must be divisible by {ratio} to view {} as {} (different element sizes), but got {stride}",
            names.0,
            names.1
        );
        *stride /= ratio as isize;
    }
    shape[last] /= ratio;
    Ok(Layout::strided(&shape, &strides, layout.offset() / ratio))
}

/// The layout of a complex tensor's real and imaginary parts.
pub(crate) fn layout_in_parts(layout: &Layout) -> Layout {
    let (mut shape, mut strides) = (layout.shape().to_vec(), layout.strides().to_vec());
    strides.iter_mut().for_each(|s| *s *= 2);
    shape.push(2);
    strides.push(1);
    Layout::strided(&shape, &strides, layout.offset() * 2)
}

/// A complex tensor as pairs of real and imaginary part, in a new last dimension of size 2.
pub fn view_as_real(input: &Tensor) -> Result<Tensor> {
    let (layout, dtype) = (input.layout(), input.dtype());
    ensure!(
        !input.with_array(|a| a.deferred.is_conj()),
        Runtime,
        "view_as_real doesn't work on unresolved conjugated tensors.  To resolve the conjugate tensor so you can view it as real, use \
         self.resolve_conj(); however, be warned that the resulting tensor will NOT alias the original."
    );
    ensure!(dtype.is_complex(), Type, "view_as_real is only supported for complex tensors, got {}", dtype.name());
    let out = input.alias(layout_in_parts(&layout), dtype.real(), ViewKind::Single);
    record("ViewAsRealBackward0", &[input], &[&out], || {
        // The gradient may come in any layout, the view back needs pairs.
        free(one(|_: &Context, g: &Tensor| Ok(smallvec![Some(view_as_complex(&cast::contiguous(g)?)?)])))
    })?;
    Ok(out)
}

/// Pairs in the last dimension, of size 2, as complex numbers.
pub fn view_as_complex(input: &Tensor) -> Result<Tensor> {
    let (layout, dtype) = (input.layout(), input.dtype());
    let complex = match dtype {
        DType::Float16 => DType::Complex32,
        DType::Float32 => DType::Complex64,
        DType::Float64 => DType::Complex128,
        _ => crate::bail!(
            NotImplemented,
            "view_as_complex is only supported for half, float and double tensors, but got a tensor of scalar type: {}",
            dtype.legacy_name()
        ),
    };
    ensure!(layout.ndim() > 0, Runtime, "Input tensor must have one or more dimensions");
    let last = layout.ndim() - 1;
    ensure!(layout.shape()[last] == 2, Runtime, "Tensor must have a last dimension of size 2");
    ensure!(layout.strides()[last] == 1, Runtime, "Tensor must have a last dimension with stride 1");
    ensure!(layout.offset() % 2 == 0, Runtime, "Tensor must have a storage_offset divisible by 2");
    let even = layout.strides()[..last].iter().zip(layout.shape()).all(|(&s, &n)| n <= 1 || s % 2 == 0);
    ensure!(even, Runtime, "Tensor must have a stride divisible by 2 for all but last dimension");
    let strides: Vec<isize> = layout.strides()[..last].iter().map(|s| s / 2).collect();
    let out = input.alias(Layout::strided(&layout.shape()[..last], &strides, layout.offset() / 2), complex, ViewKind::Single);
    record("ViewAsComplexBackward0", &[input], &[&out], || {
        free(one(|_: &Context, g: &Tensor| Ok(smallvec![Some(view_as_real(&resolve_conj(g)?)?)])))
    })?;
    Ok(out)
}
