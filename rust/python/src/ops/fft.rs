//! `torch.fft`, and the three transforms that it is composed of.

use ferrotorch_core::ops::fft::{self, Line, Lines, Normalization};
use ferrotorch_core::{Result, Tensor};

use super::creation::Options;
use crate::args::{Args, Target};
use crate::batching::Batching;
use crate::errors::{Outcome, runtime_error};
use crate::op::{Decl, Place, op};
use crate::value::Value;

const ONE: &str = "(Tensor input, int? n=None, int dim=-1, str? norm=None)";
const TWO: &str = "(Tensor input, int[1]? s=None, int[1] dim=(-2, -1), str? norm=None)";
const ANY: &str = "(Tensor input, int[1]? s=None, int[1]? dim=None, str? norm=None)";
const SHIFT: &str = "(Tensor input, int[1]? dim=None)";
const FREQUENCIES: &str = "(int n, float d=1.0, *, dtype? dtype=None, layout? layout=None, device? device=None, \
                           bool requires_grad=False, bool pin_memory=False)";

/// What numbers come out of a transform.
#[derive(Clone, Copy, PartialEq)]
enum Yields {
    Complex,
    Real,
}

impl Yields {
    /// Refuses a target that cannot hold them.
    fn check(self, op: &str, a: &Args<'_, '_, '_>) -> Outcome<()> {
        let Target::Out(out) = a.target() else { return Ok(()) };
        let (fits, wanted) = match self {
            Yields::Complex => (out.dtype().is_complex(), "complex"),
            Yields::Real => (out.dtype().is_float(), "floating point"),
        };
        match fits {
            true => Ok(()),
            false => Err(runtime_error(format!("{op} expects a {wanted} output tensor, but got {}", out.dtype().legacy_name()))),
        }
    }
}

/// Along one dimension.
fn one(a: &Args<'_, '_, '_>, op: &str, yields: Yields, run: fn(&Tensor, Line) -> Result<Tensor>) -> Outcome<Value> {
    yields.check(op, a)?;
    let line = Line { n: a.opt_int(1)?, dim: a.int(2)?, norm: a.str(3)? };
    let input = a.tensor(0)?;
    Ok(a.run(|| run(input, line))?.into())
}

/// Along several.
fn several(a: &Args<'_, '_, '_>, op: &str, yields: Yields, run: fn(&Tensor, Lines) -> Result<Tensor>) -> Outcome<Value> {
    yields.check(op, a)?;
    let (s, named) = (a.opt_ints(1)?, a.opt_ints(2)?);
    let dim = if named.is_none() { Some(a.ints(2)?).filter(|dims| !dims.is_empty()) } else { named };
    let lines = Lines { s: s.as_deref(), dim: dim.as_deref(), norm: a.str(3)? };
    let input = a.tensor(0)?;
    Ok(a.run(|| run(input, lines))?.into())
}

fn shift(a: &Args<'_, '_, '_>, run: fn(&Tensor, Option<&[i64]>) -> Result<Tensor>) -> Outcome<Value> {
    let (input, dims) = (a.tensor(0)?, a.opt_ints(1)?);
    Ok(a.run(|| run(input, dims.as_deref()))?.into())
}

fn frequencies(a: &Args<'_, '_, '_>, op: &'static str, first_half: bool) -> Outcome<Value> {
    let o = Options::read(a, 2)?;
    let dtype = o.float();
    if dtype.is_integral() {
        return Err(runtime_error(format!("{op} requires a floating point or complex dtype")));
    }
    let (n, d, device) = (a.int(0)?, a.float(1)?, o.device());
    o.finish(fft::frequencies(n, d, first_half, dtype, device)?)
}

#[rustfmt::skip]
pub(super) static OPS: &[Decl] = &[
    op("fft", "The discrete Fourier transform along a dimension.", &[(ONE, |a| one(a, "fft", Yields::Complex, fft::fft))]).out().at(Place::Fft),
    op("ifft", "The inverse of `fft`.", &[(ONE, |a| one(a, "ifft", Yields::Complex, fft::ifft))]).out().at(Place::Fft),
    op("rfft", "The first half of the coefficients of real numbers.", &[(ONE, |a| one(a, "rfft", Yields::Complex, fft::rfft))]).out().at(Place::Fft),
    op("irfft", "The inverse of `rfft`.", &[(ONE, |a| one(a, "irfft", Yields::Real, fft::irfft))]).out().at(Place::Fft),
    op("hfft", "The real transform of the first half of numbers of which the others are the conjugates.", &[(ONE, |a| one(a, "hfft", Yields::Real, fft::hfft))]).out().at(Place::Fft),
    op("ihfft", "The inverse of `hfft`.", &[(ONE, |a| one(a, "ihfft", Yields::Complex, fft::ihfft))]).out().at(Place::Fft),
    op("fft2", "The discrete Fourier transform along two dimensions.", &[(TWO, |a| several(a, "fftn", Yields::Complex, fft::fftn))]).out().at(Place::Fft),
    op("ifft2", "The inverse of `fft2`.", &[(TWO, |a| several(a, "ifftn", Yields::Complex, fft::ifftn))]).out().at(Place::Fft),
    op("rfft2", "`rfft` along the last of two dimensions, `fft` along the first.", &[(TWO, |a| several(a, "rfftn", Yields::Complex, fft::rfftn))]).out().at(Place::Fft),
    op("irfft2", "The inverse of `rfft2`.", &[(TWO, |a| several(a, "irfftn", Yields::Real, fft::irfftn))]).out().at(Place::Fft),
    op("hfft2", "`hfft` along the last of two dimensions, `fft` along the first.", &[(TWO, |a| several(a, "hfftn", Yields::Real, fft::hfftn))]).out().at(Place::Fft),
    op("ihfft2", "The inverse of `hfft2`.", &[(TWO, |a| several(a, "ihfftn", Yields::Complex, fft::ihfftn))]).out().at(Place::Fft),
    op("fftn", "The discrete Fourier transform along several dimensions.", &[(ANY, |a| several(a, "fftn", Yields::Complex, fft::fftn))]).out().at(Place::Fft),
    op("ifftn", "The inverse of `fftn`.", &[(ANY, |a| several(a, "ifftn", Yields::Complex, fft::ifftn))]).out().at(Place::Fft),
    op("rfftn", "`rfft` along the last of several dimensions, `fft` along the others.", &[(ANY, |a| several(a, "rfftn", Yields::Complex, fft::rfftn))]).out().at(Place::Fft),
    op("irfftn", "The inverse of `rfftn`.", &[(ANY, |a| several(a, "irfftn", Yields::Real, fft::irfftn))]).out().at(Place::Fft),
    op("hfftn", "`hfft` along the last of several dimensions, `fft` along the others.", &[(ANY, |a| several(a, "hfftn", Yields::Real, fft::hfftn))]).out().at(Place::Fft),
    op("ihfftn", "The inverse of `hfftn`.", &[(ANY, |a| several(a, "ihfftn", Yields::Complex, fft::ihfftn))]).out().at(Place::Fft),
    op("fftshift", "The coefficient of frequency 0 moved to the middle.", &[(SHIFT, |a| shift(a, fft::fftshift))]).at(Place::Fft),
    op("ifftshift", "The inverse of `fftshift`.", &[(SHIFT, |a| shift(a, fft::ifftshift))]).at(Place::Fft),
    op("fftfreq", "The frequencies of the coefficients of `fft`.", &[(FREQUENCIES, |a| frequencies(a, "fftfreq", false))]).out().at(Place::Fft).batched(Batching::Leading),
    op("rfftfreq", "The frequencies of the coefficients of `rfft`.", &[(FREQUENCIES, |a| frequencies(a, "rfftfreq", true))]).out().at(Place::Fft).batched(Batching::Leading),
    op("_fft_c2c", "The transform of complex numbers.", &[("(Tensor input, int[] dim, int normalization, bool forward)", |a| {
        let (input, dims, norm, forward) = (a.tensor(0)?, a.ints(1)?, Normalization::numbered(a.int(2)?)?, a.bool(3)?);
        Ok(a.run(|| fft::complex_to_complex(input, &dims, norm, forward))?.into())
    })]).out().function(),
    op("_fft_r2c", "The transform of real numbers.", &[("(Tensor input, int[] dim, int normalization, bool onesided)", |a| {
        let (input, dims, norm, onesided) = (a.tensor(0)?, a.ints(1)?, Normalization::numbered(a.int(2)?)?, a.bool(3)?);
        Ok(a.run(|| fft::real_to_complex(input, &dims, norm, onesided))?.into())
    })]).out().function(),
    op("_fft_c2r", "The transform to real numbers.", &[("(Tensor input, int[] dim, int normalization, int last_dim_size)", |a| {
        let (input, dims, norm, n) = (a.tensor(0)?, a.ints(1)?, Normalization::numbered(a.int(2)?)?, a.int(3)?);
        Ok(a.run(|| fft::complex_to_real(input, &dims, norm, n))?.into())
    })]).out().function(),
];
