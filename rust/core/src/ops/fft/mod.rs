//! Discrete Fourier transforms as NumPy's `fft` has them: which dimensions are transformed and how long they are made first.
//!
//! Formulas are in [`Fourier`](crate::kernel::Fourier). All transforms are composed of the three of [`transform`].

mod transform;

use smallvec::SmallVec;

use crate::device::Device;
use crate::dtype::DType;
use crate::ensure;
use crate::error::{Error, Result};
use crate::promote::default_dtype;
use crate::scalar::Scalar;
use crate::shape::wrap_dim;
use crate::tensor::Tensor;

use super::pointwise::{self, arithmetic::CONJ};
use super::{arithmetic, cast, complex, creation, join, pad, repeat, sequence, view};

pub use transform::{Normalization, complex_to_complex, complex_to_real, real_to_complex};

/// A few dimension numbers or sizes.
type List = SmallVec<[i64; 4]>;

/// Along which dimension, made how long first, and how scaled: what transforms of one dimension are told.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    /// Length; that of the dimension if there is none.
    pub n: Option<i64>,
    /// Dimension.
    pub dim: i64,
    /// `"backward"` if there is none, `"ortho"` or `"forward"`.
    pub norm: Option<&'a str>,
}

/// The same for several dimensions.
#[derive(Clone, Copy)]
pub struct Lines<'a> {
    /// Lengths, -1 for that of the dimension.
    pub s: Option<&'a [i64]>,
    /// Dimensions; the last as many as there are lengths if there are none, or all.
    pub dim: Option<&'a [i64]>,
    /// As of [`Line`].
    pub norm: Option<&'a str>,
}

/// The transform of complex or real numbers.
pub fn fft(input: &Tensor, line: Line) -> Result<Tensor> {
    of_any(input, line, true)
}

/// Its inverse.
pub fn ifft(input: &Tensor, line: Line) -> Result<Tensor> {
    of_any(input, line, false)
}

fn of_any(input: &Tensor, line: Line, forward: bool) -> Result<Tensor> {
    let input = promoted(input, false)?;
    let (input, dim, _) = line.fitted(&input, false)?;
    let norm = Normalization::parse(line.norm, forward)?;
    if input.dtype().is_complex() {
        return complex_to_complex(&input, &[dim], norm, forward);
    }
    let out = real_to_complex(&input, &[dim], norm, false)?;
    if forward { Ok(out) } else { complex::conj(&out) }
}

/// The first half of the coefficients of real numbers.
pub fn rfft(input: &Tensor, line: Line) -> Result<Tensor> {
    half("rfft", input, line, true)
}

/// The first half of the coefficients of the inverse transform of real numbers.
pub fn ihfft(input: &Tensor, line: Line) -> Result<Tensor> {
    complex::conj(&half("ihfft", input, line, false)?)
}

fn half(op: &'static str, input: &Tensor, line: Line, forward: bool) -> Result<Tensor> {
    let dtype = input.dtype();
    ensure!(!dtype.is_complex(), Type, "{op} expects a real input tensor, but got {}", dtype.legacy_name());
    let (input, dim, _) = line.fitted(&promoted(input, false)?, false)?;
    real_to_complex(&input, &[dim], Normalization::parse(line.norm, forward)?, true)
}

/// The inverse of [`rfft`].
pub fn irfft(input: &Tensor, line: Line) -> Result<Tensor> {
    let (input, dim, n) = line.fitted(&promoted(input, true)?, true)?;
    complex_to_real(&input, &[dim], Normalization::parse(line.norm, false)?, n)
}

/// The inverse of [`ihfft`].
pub fn hfft(input: &Tensor, line: Line) -> Result<Tensor> {
    let (input, dim, n) = line.fitted(&promoted(input, true)?, true)?;
    complex_to_real(&complex::conj(&input)?, &[dim], Normalization::parse(line.norm, true)?, n)
}

/// [`fft`] along several dimensions.
pub fn fftn(input: &Tensor, lines: Lines) -> Result<Tensor> {
    of_any_dims(input, lines, true)
}

/// Its inverse.
pub fn ifftn(input: &Tensor, lines: Lines) -> Result<Tensor> {
    of_any_dims(input, lines, false)
}

fn of_any_dims(input: &Tensor, lines: Lines, forward: bool) -> Result<Tensor> {
    let chosen = Chosen::new(input, lines)?;
    let input = fitted(&promoted(input, true)?, &chosen.dims, &chosen.sizes)?;
    complex_to_complex(&input, &chosen.dims, Normalization::parse(lines.norm, forward)?, forward)
}

/// [`rfft`] along the last of several dimensions, [`fft`] along the others.
pub fn rfftn(input: &Tensor, lines: Lines) -> Result<Tensor> {
    let dtype = input.dtype();
    ensure!(!dtype.is_complex(), Type, "rfftn expects a real-valued input tensor, but got {}", dtype.legacy_name());
    let chosen = Chosen::some("rfftn", input, lines)?;
    let input = fitted(&promoted(input, false)?, &chosen.dims, &chosen.sizes)?;
    real_to_complex(&input, &chosen.dims, Normalization::parse(lines.norm, true)?, true)
}

/// The inverse of [`rfftn`].
pub fn irfftn(input: &Tensor, lines: Lines) -> Result<Tensor> {
    let (chosen, n) = Chosen::to_real("irfftn", input, lines)?;
    let input = fitted(&promoted(input, true)?, &chosen.dims, &chosen.sizes)?;
    complex_to_real(&input, &chosen.dims, Normalization::parse(lines.norm, false)?, n)
}

/// [`hfft`] along the last of several dimensions, [`fft`] along the others.
pub fn hfftn(input: &Tensor, lines: Lines) -> Result<Tensor> {
    let (chosen, n) = Chosen::to_real("hfftn", input, lines)?;
    let input = fitted(&promoted(input, true)?, &chosen.dims, &chosen.sizes)?;
    let norm = Normalization::parse(lines.norm, true)?;
    let (others, last) = chosen.dims.split_at(chosen.dims.len() - 1);
    let others = complex_to_complex(&input, others, norm, true)?;
    complex_to_real(&complex::conj(&others)?, last, norm, n)
}

/// [`ihfft`] along the last of several dimensions, [`ifft`] along the others.
pub fn ihfftn(input: &Tensor, lines: Lines) -> Result<Tensor> {
    let chosen = Chosen::some("ihfftn", input, lines)?;
    let input = fitted(&promoted(input, false)?, &chosen.dims, &chosen.sizes)?;
    let norm = Normalization::parse(lines.norm, false)?;
    let (others, last) = chosen.dims.split_at(chosen.dims.len() - 1);
    let half = real_to_complex(&input, last, norm, true)?;
    if others.is_empty() {
        return complex::conj(&half);
    }
    complex_to_complex(&pointwise::run(&CONJ, &[(&half).into()], &[])?, others, norm, false)
}

/// Moves the coefficient of frequency 0 to the middle of dimensions, of all where none are named.
pub fn fftshift(input: &Tensor, dims: Option<&[i64]>) -> Result<Tensor> {
    shifted(input, dims, |n| n / 2)
}

/// The inverse of [`fftshift`].
pub fn ifftshift(input: &Tensor, dims: Option<&[i64]>) -> Result<Tensor> {
    shifted(input, dims, |n| (n + 1) / 2)
}

fn shifted(input: &Tensor, dims: Option<&[i64]>, by: fn(i64) -> i64) -> Result<Tensor> {
    let (shape, all) = (input.shape(), all_dims(input));
    let dims = dims.unwrap_or(&all);
    let shift = |&dim: &i64| {
        let size = shape.get(wrap_dim("fftshift", dim, shape.len())?);
        let size = size.ok_or_else(|| Error::index(format!("Dimension specified as {dim} but tensor has no dimensions")))?;
        Ok(by(*size as i64))
    };
    let shifts = dims.iter().map(shift).collect::<Result<List>>()?;
    ensure!(!shifts.is_empty(), Runtime, "`shifts` required");
    repeat::roll(input, &shifts, dims)
}

/// The frequencies of the coefficients of `n` numbers that lie `d` apart: those from 0 on, then the negative ones or, with
/// `first_half`, only the first `n / 2 + 1`.
pub fn frequencies(n: i64, d: f64, first_half: bool, dtype: DType, device: Device) -> Result<Tensor> {
    let range = |start: i64, end: i64| sequence::arange(start.into(), end.into(), 1i64.into(), Some(dtype), device);
    let counts = match first_half {
        true => range(0, n / 2 + 1)?,
        false if n < 0 => return creation::empty(&[n], dtype, device),
        false => join::cat(&[range(0, (n + 1) / 2)?, range(-(n / 2), 0)?], 0)?,
    };
    arithmetic::mul(&counts, Scalar::Float(1.0 / (n as f64 * d)))
}

fn all_dims(input: &Tensor) -> List {
    (0..input.ndim() as i64).collect()
}

impl Line<'_> {
    /// The input with its dimension as long as it is to be, the number of that dimension, and the length of the transform. With
    /// `of_halves` the input is the first half of the coefficients of so many numbers; evenly many if no length was given.
    fn fitted(&self, input: &Tensor, of_halves: bool) -> Result<(Tensor, i64, i64)> {
        let ndim = input.ndim();
        ensure!(ndim > 0, Index, "Dimension specified as {} but tensor has no dimensions", self.dim);
        let dim = wrap_dim("fft", self.dim, ndim)?;
        let size = input.size(dim) as i64;
        let n = self.n.unwrap_or(if of_halves { 2 * (size - 1) } else { size });
        require_points(n)?;
        let wanted = if of_halves { n / 2 + 1 } else { n };
        Ok((fitted(input, &[dim as i64], &[wanted])?, dim as i64, n))
    }
}

/// Dimensions that are transformed, and how long the input is made along them.
struct Chosen {
    dims: List,
    sizes: List,
}

impl Chosen {
    fn new(input: &Tensor, lines: Lines) -> Result<Chosen> {
        let ndim = input.ndim();
        let dims = match (lines.dim, lines.s) {
            (Some(dims), s) => {
                ensure!(
                    s.is_none_or(|s| s.len() == dims.len()),
                    Runtime,
                    "When given, dim and shape arguments must have the same length"
                );
                unique(dims, ndim)?
            }
            (None, Some(s)) => {
                ensure!(
                    s.len() <= ndim,
                    Runtime,
                    "Got shape with {} values but input tensor only has {ndim} dimensions.",
                    s.len()
                );
                ((ndim - s.len()) as i64..ndim as i64).collect()
            }
            (None, None) => all_dims(input),
        };
        let own = |i: usize| input.size(dims[i] as usize) as i64;
        let asked = |i: usize| lines.s.map(|s| s[i]).filter(|&size| size != -1);
        let sizes: List = (0..dims.len()).map(|i| asked(i).unwrap_or_else(|| own(i))).collect();
        sizes.iter().try_for_each(|&n| require_points(n))?;
        Ok(Chosen { dims, sizes })
    }

    /// At least one dimension.
    fn some(op: &'static str, input: &Tensor, lines: Lines) -> Result<Chosen> {
        let chosen = Chosen::new(input, lines)?;
        ensure!(!chosen.dims.is_empty(), Runtime, "{op} must transform at least one axis");
        Ok(chosen)
    }

    /// The input of a transform to real numbers, and how many of these the last dimension is to have.
    fn to_real(op: &'static str, input: &Tensor, lines: Lines) -> Result<(Chosen, i64)> {
        let mut chosen = Chosen::some(op, input, lines)?;
        let is_asked = lines.s.and_then(<[i64]>::last).is_some_and(|&n| n != -1);
        let mut n = 0;
        if let Some(size) = chosen.sizes.last_mut() {
            n = if is_asked { *size } else { 2 * (*size - 1) };
            *size = n / 2 + 1;
        }
        require_points(n)?;
        Ok((chosen, n))
    }
}

/// Dimension numbers counted from 0, each once.
fn unique(dims: &[i64], ndim: usize) -> Result<List> {
    let mut wrapped = List::new();
    for &dim in dims {
        ensure!(ndim > 0, Index, "Dimension specified as {dim} but tensor has no dimensions");
        let dim = wrap_dim("fft", dim, ndim)? as i64;
        ensure!(!wrapped.contains(&dim), Runtime, "FFT dims must be unique");
        wrapped.push(dim);
    }
    Ok(wrapped)
}

fn require_points(n: i64) -> Result<()> {
    ensure!(n >= 1, Runtime, "Invalid number of data points ({n}) specified");
    Ok(())
}

/// A tensor of a dtype that there are transforms of.
fn promoted(input: &Tensor, to_complex: bool) -> Result<Tensor> {
    let dtype = input.dtype();
    let float = if dtype.is_integral() { default_dtype() } else { dtype };
    ensure!(!float.is_half(), NotImplemented, "Unsupported dtype {}", float.legacy_name());
    let wanted = match float {
        DType::Float32 if to_complex => DType::Complex64,
        DType::Float64 if to_complex => DType::Complex128,
        other => other,
    };
    cast::to_dtype(input, wanted)
}

/// The input cut, or continued by zeros, to sizes of some dimensions.
fn fitted(input: &Tensor, dims: &[i64], sizes: &[i64]) -> Result<Tensor> {
    let mut cut = input.clone();
    let mut widths = vec![0; 2 * input.ndim()];
    for (&dim, &size) in dims.iter().zip(sizes) {
        let own = input.size(dim as usize) as i64;
        if size < own {
            cut = view::narrow(&cut, dim, 0, size)?;
        }
        widths[2 * (input.ndim() - 1 - dim as usize) + 1] = (size - own).max(0);
    }
    if widths.iter().all(|&width| width == 0) { Ok(cut) } else { pad::constant_pad_nd(&cut, &widths, 0i64.into()) }
}
