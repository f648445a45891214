//! Half types whose arrays lie dense: each element is widened, computed and rounded in registers. The general loops widen blocks
//! into memory first, which takes longer than what most ops do.

use std::marker::PhantomData;

use bytemuck::Zeroable;
use ferrotorch_kernel::dtype::{DType, Element, bf16, f16};
use ferrotorch_kernel::{Operand, Result};

use super::drive::{Call, number, overlap};
use super::kernel::{Op, Params};
use crate::convert::{Cast, bf16_to_f32};
use crate::dense;
use crate::isa::{Isa, Level};
use crate::lane::Lane;
use crate::parallel::{self, Cost};
use crate::simd::{self, Halves, SimdLoop};
use crate::view::{Read, dense as dense_view};

/// Elements that are widened, computed and rounded together: few enough for the registers, and enough for loops over them to become
/// vectors.
const FEW: usize = 64;

/// The second input of a loop: elements, or the one that stands for all.
#[derive(Clone, Copy)]
enum Second<'a, H, T> {
    Elements(&'a [H]),
    Number(T),
}

/// The inputs of a call; those that an op does not have repeat the first.
pub(super) struct Inputs<'a, H, T> {
    a: &'a [H],
    b: Second<'a, H, T>,
    c: &'a [H],
}

impl<'a, H, T: Copy> Inputs<'a, H, T> {
    fn part(&self, start: usize, n: usize) -> Inputs<'a, H, T> {
        let b = match self.b {
            Second::Elements(b) => Second::Elements(&b[start..start + n]),
            Second::Number(x) => Second::Number(x),
        };
        Inputs { a: &self.a[start..start + n], b, c: &self.c[start..start + n] }
    }
}

/// The loop of an op over elements of one half type.
type HalfLoop<H, T> = fn(Inputs<H, T>, &mut [H], &Params<T>);

/// The loops of an op over elements of half types, which are computed in `T`.
#[derive(Clone, Copy)]
pub(super) struct HalfLoops<T> {
    float16: HalfLoop<f16, T>,
    bfloat16: HalfLoop<bf16, T>,
}

impl<T: Lane> HalfLoops<T> {
    /// Of an op that takes no longer than its conversions. Others are not worth loops of their own.
    pub(super) fn of<O: Op<T>>() -> Option<HalfLoops<T>> {
        // The condition is constant, so that loops that are not used are not compiled.
        if const {
            matches!((T::DTYPE, O::Out::DTYPE), (DType::Float32, DType::Float32)) && matches!(O::WIDEST, Level::Avx2) && !O::RARE
        } {
            Some(HalfLoops { float16: run::<f16, T, O>, bfloat16: run::<bf16, T, O> })
        } else {
            None
        }
    }
}

/// Computes a call whose arrays are dense and of one half type, apart from a number in the second place: does so and is true, or
/// leaves it to the general loops.
pub(super) fn drive<T: Lane>(call: &Call<T>, loops: HalfLoops<T>) -> Result<bool> {
    match call.out.dtype {
        DType::Float16 => typed(call, loops.float16),
        DType::BFloat16 => typed(call, loops.bfloat16),
        _ => Ok(false),
    }
}

fn typed<T: Lane, H: Element>(call: &Call<T>, run: HalfLoop<H, T>) -> Result<bool> {
    let (mut slices, mut second): ([&[H]; 3], Option<T>) = ([&[]; 3], None);
    for (k, input) in call.inputs.iter().enumerate() {
        match input {
            Operand::Array(array) if array.shape() == call.out.shape() && !overlap(array, call.out) => {
                let Some(slice) = dense_view::<H, Read>(array).and_then(|line| line.as_slice()) else { return Ok(false) };
                slices[k] = slice;
            }
            Operand::Scalar(x) if k == 1 && call.inputs.len() == 2 => {
                second = Some(number(call, *x));
            }
            _ => return Ok(false),
        }
    }
    let n = slices[0].len();
    if !call.out.layout.is_contiguous() || n == 0 || slices[0].len() != call.out.numel() {
        return Ok(false);
    }
    let or_first = |k: usize| if call.inputs.len() > k { slices[k] } else { slices[0] };
    let inputs = Inputs { a: slices[0], b: second.map_or(Second::Elements(or_first(1)), Second::Number), c: or_first(2) };
    dense::write(call.out, |out: &mut [H]| {
        parallel::for_each_chunk_mut(out, Cost::streamed(2), |start, out| run(inputs.part(start, out.len()), out, call.params));
    })?;
    Ok(true)
}

/// A half type whose elements become float32 and back within a loop.
pub(super) trait Half: Element {
    /// What conversions need.
    type Means: Copy;

    /// What there is on this machine; without it the loops convert by arithmetic.
    fn means() -> Option<Self::Means>;
    fn widen(means: Option<Self::Means>, x: &[Self; FEW]) -> [f32; FEW];
    fn narrow(means: Option<Self::Means>, x: &[f32; FEW]) -> [Self; FEW];
}

impl Half for bf16 {
    type Means = ();

    fn means() -> Option<()> {
        Some(())
    }
    #[inline(always)]
    fn widen(_: Option<()>, x: &[bf16; FEW]) -> [f32; FEW] {
        let mut wide = [0.0; FEW];
        for i in 0..FEW {
            wide[i] = bf16_to_f32(x[i]);
        }
        wide
    }
    #[inline(always)]
    fn narrow(_: Option<()>, x: &[f32; FEW]) -> [bf16; FEW] {
        let mut narrow = [bf16::ZERO; FEW];
        for i in 0..FEW {
            narrow[i] = x[i].cast();
        }
        narrow
    }
}

impl Half for f16 {
    type Means = Halves;

    fn means() -> Option<Halves> {
        Halves::here()
    }
    #[inline(always)]
    fn widen(means: Option<Halves>, x: &[f16; FEW]) -> [f32; FEW] {
        let mut wide = [0.0; FEW];
        for (x, wide) in x.as_chunks::<16>().0.iter().zip(wide.as_chunks_mut::<16>().0) {
            *wide = match means {
                Some(halves) => halves.widen_few(x),
                None => x.map(Cast::cast),
            };
        }
        wide
    }
    #[inline(always)]
    fn narrow(means: Option<Halves>, x: &[f32; FEW]) -> [f16; FEW] {
        let mut narrow = [f16::ZERO; FEW];
        for (x, narrow) in x.as_chunks::<16>().0.iter().zip(narrow.as_chunks_mut::<16>().0) {
            *narrow = match means {
                Some(halves) => halves.narrow_few(x),
                None => x.map(Cast::cast),
            };
        }
        narrow
    }
}

fn run<H: Half, T: Lane, O: Op<T>>(inputs: Inputs<H, T>, out: &mut [H], params: &Params<T>) {
    simd::run(Slices::<H, T, O> { inputs, out, params, op: PhantomData });
}

struct Slices<'a, H, T, O> {
    inputs: Inputs<'a, H, T>,
    out: &'a mut [H],
    params: &'a Params<T>,
    op: PhantomData<O>,
}

impl<H: Half, T: Lane, O: Op<T>> SimdLoop for Slices<'_, H, T, O> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        // One loop with the means, one without.
        match H::means() {
            Some(means) => self.elements::<I>(Some(means)),
            None => self.elements::<I>(None),
        }
    }
}

impl<H: Half, T: Lane, O: Op<T>> Slices<'_, H, T, O> {
    #[inline(always)]
    fn elements<I: Isa>(self, means: Option<H::Means>) {
        let Slices { inputs, out, params, .. } = self;
        let n = out.len();
        for start in (0..n).step_by(FEW) {
            let a = lanes::<H, T>(means, &inputs.a[start..]);
            let b = match inputs.b {
                _ if O::ARITY < 2 => a,
                Second::Elements(b) => lanes(means, &b[start..]),
                Second::Number(b) => [b; FEW],
            };
            let c = if O::ARITY < 3 { a } else { lanes(means, &inputs.c[start..]) };
            let mut results = [O::Out::zeroed(); FEW];
            for i in 0..FEW {
                results[i] = O::apply::<I>([a[i], b[i], c[i]], params);
            }
            // Results are float32, too, see `HalfLoops::of`.
            let results = H::narrow(means, &bytemuck::cast(results));
            match out[start..].first_chunk_mut() {
                Some(whole) => *whole = results,
                None => out[start..].copy_from_slice(&results[..n - start]),
            }
        }
    }
}

/// The first elements, widened to `T`, which is float32; zeros where there are too few.
#[inline(always)]
fn lanes<H: Half, T: Lane>(means: Option<H::Means>, elements: &[H]) -> [T; FEW] {
    let block = match elements.first_chunk() {
        Some(whole) => *whole,
        None => {
            let mut padded = [H::zeroed(); FEW];
            padded[..elements.len()].copy_from_slice(elements);
            padded
        }
    };
    bytemuck::cast(H::widen(means, &block))
}
