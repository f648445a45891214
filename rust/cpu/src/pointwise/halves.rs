//! Half types whose arrays lie dense or in long rows: each element is widened, computed and rounded in registers. The general loops widen blocks
//! into memory first, which takes longer than what most ops do.

use std::marker::PhantomData;

use bytemuck::Zeroable;
use ferrotorch_kernel::dtype::{DType, Element, bf16, f16};
use ferrotorch_kernel::{Array, Operand, Result};
use smallvec::{SmallVec, smallvec};

use super::drive::{Call, MIN_ROW, number, overlap};
use super::kernel::{Op, Params};
use crate::convert::{Cast, bf16_to_f32};
use crate::dense;
use crate::isa::{Isa, Level, is_in_full};
use crate::lane::Lane;
use crate::parallel::{self, Cost};
use crate::simd::{self, Halves, SimdLoop};
use crate::view::{Elements, Read, View, Walk, dense as dense_view};

/// Elements that are widened, computed and rounded together: few enough for the registers, and enough for loops over them to become
/// vectors.
const FEW: usize = 64;

/// The second input of a loop: elements, or the one that stands for all.
#[derive(Clone, Copy)]
enum Second<'a, H, T> {
    Elements(&'a [H]),
    Number(T),
}

/// The inputs of a call.
pub(super) struct Inputs<'a, H, T> {
    /// `None` where the output is computed into itself.
    a: Option<&'a [H]>,
    /// A number where the op has no second input.
    b: Second<'a, H, T>,
    c: Option<&'a [H]>,
}

impl<'a, H, T: Copy> Inputs<'a, H, T> {
    fn part(&self, start: usize, n: usize) -> Inputs<'a, H, T> {
        let b = match self.b {
            Second::Elements(b) => Second::Elements(&b[start..start + n]),
            Second::Number(x) => Second::Number(x),
        };
        let part = |elements: Option<&'a [H]>| elements.map(|elements| &elements[start..start + n]);
        Inputs { a: part(self.a), b, c: part(self.c) }
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
            // Signs of NaNs would be lost in float32.
            (O::BY_BITS || is_in_full()).then_some(HalfLoops { float16: run::<f16, T, O>, bfloat16: run::<bf16, T, O> })
        } else {
            None
        }
    }
}

/// Computes a call whose arrays are dense, or have long rows, and are of one half type, apart from a number in the second place: does
/// so and is true, or leaves it to the general loops.
pub(super) fn drive<T: Lane>(call: &Call<T>, loops: HalfLoops<T>) -> Result<bool> {
    match call.out.dtype {
        DType::Float16 => typed(call, loops.float16),
        DType::BFloat16 => typed(call, loops.bfloat16),
        _ => Ok(false),
    }
}

fn typed<T: Lane, H: Half>(call: &Call<T>, run: HalfLoop<H, T>) -> Result<bool> {
    let (n, mut slices, mut second): (_, [Option<&[H]>; 3], T) = (call.out.numel(), [None; 3], T::zeroed());
    for (k, input) in call.inputs.iter().enumerate() {
        match input {
            Operand::Array(array) if k == 0 && is_itself(array, call.out) => {}
            Operand::Array(array) if array.shape() == call.out.shape() && !overlap(array, call.out) => {
                slices[k] = dense_view::<H, Read>(array).and_then(|line| line.as_slice()).filter(|line| line.len() == n);
                if slices[k].is_none() {
                    return by_rows(call, run);
                }
            }
            Operand::Scalar(x) if k == 1 && call.inputs.len() == 2 => second = number(call, *x),
            _ => return Ok(false),
        }
    }
    if n == 0 {
        return Ok(false);
    }
    if !call.out.layout.is_contiguous() {
        return by_rows(call, run);
    }
    let [a, b, c] = slices;
    let inputs = Inputs { a, b: b.map_or(Second::Number(second), Second::Elements), c };
    dense::write(call.out, |out: &mut [H]| {
        parallel::for_each_chunk_mut(out, Cost::streamed(2), |start, out| run(inputs.part(start, out.len()), out, call.params));
    })?;
    Ok(true)
}

/// [`typed`] of arrays with long rows of neighbours, the second of two of which may be one element that stands for all of a row.
fn by_rows<T: Lane, H: Half>(call: &Call<T>, run: HalfLoop<H, T>) -> Result<bool> {
    let inputs = call.inputs.iter().enumerate().map(|(k, input)| elsewhere(call, k, input));
    let Some(inputs) = inputs.collect::<Option<SmallVec<[Option<&Array>; 3]>>>() else { return Ok(false) };
    // Of what is not read.
    let zeros: SmallVec<[isize; 8]> = smallvec![0; call.out.layout.ndim()];
    let strides: SmallVec<[&[isize]; 3]> =
        inputs.iter().map(|input| input.map_or(&zeros[..], |array| array.layout.strides())).collect();
    let mut walk = Walk::new(call.out, &strides)?;
    let (plan, repeats) = (walk.plan(), inputs.len() == 2);
    let is_row = |k: usize| match plan.inner_stride(k + 1) {
        0 => inputs[k].is_none() || k == 1 && repeats,
        step => step == 1,
    };
    if plan.inner() < MIN_ROW || plan.inner_stride(0) != 1 || !(0..inputs.len()).all(is_row) {
        return Ok(false);
    }
    let elements = inputs.iter().map(|input| input.map(Elements::<Read>::new).transpose());
    let elements = elements.collect::<Result<SmallVec<[Option<Elements<Read>>; 3]>>>()?;
    let number = match call.inputs.get(1) {
        Some(Operand::Scalar(x)) => number(call, *x),
        _ => T::zeroed(),
    };
    let is_one = plan.inner_stride(2) == 0;
    walk.for_each_chunk(Cost::streamed(2), |mut chunk| {
        chunk.for_each_piece(true, usize::MAX, |mut piece| {
            let [rows, columns] = piece.size();
            let inputs: [Option<View<H, Read, 2>>; 3] = std::array::from_fn(|k| {
                let size = [rows, if k == 1 && is_one { 1 } else { columns }];
                let elements = elements.get(k)?.as_ref()?;
                Some(elements.stretches(piece.at()[k + 1], size, [piece.steps(k + 1)[0], 1]).rows())
            });
            piece.rows().for_each_row(|row, out| {
                let [a, b, c] = inputs.map(|input| input.and_then(|input| input.row_slice(row)));
                let b = match b {
                    Some(one @ [_]) => Second::Number(lanes(H::means(), one)[0]),
                    Some(b) => Second::Elements(b),
                    None => Second::Number(number),
                };
                run(Inputs { a, b, c }, out, call.params);
            });
        });
    });
    Ok(true)
}

/// The array of an input that is read: not of the first that is the output, nor of a number in the second place. `None` where the loops
/// cannot have the input.
fn elsewhere<'a, T: Lane>(call: &Call<'a, T>, k: usize, input: &'a Operand) -> Option<Option<&'a Array>> {
    match input {
        Operand::Array(array) if k == 0 && is_itself(array, call.out) => Some(None),
        Operand::Array(array) => {
            let fits = array.dtype == call.out.dtype && array.shape() == call.out.shape() && !overlap(array, call.out);
            fits.then_some(Some(array))
        }
        Operand::Scalar(_) if k == 1 && call.inputs.len() == 2 => Some(None),
        _ => None,
    }
}

/// Is an input of a call its output?
fn is_itself(input: &Array, out: &Array) -> bool {
    input.dtype == out.dtype && input.host_ptr() == out.host_ptr() && input.layout == out.layout
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
    let slices = Slices::<H, T, O> { inputs, out, params, op: PhantomData };
    if const { O::BY_BITS } {
        return simd::run(slices);
    }
    assert!(simd::run_in_full(slices).is_ok(), "a loop of half types where there are none");
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
        if const { O::BY_BITS } {
            return self.bits();
        }
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
            let a = lanes::<H, T>(means, &inputs.a.unwrap_or(out)[start..]);
            let b = match inputs.b {
                _ if O::ARITY < 2 => a,
                Second::Elements(b) => lanes(means, &b[start..]),
                Second::Number(b) => [b; FEW],
            };
            // Matched here: a closure would be called, and compiled for any processor.
            let c = match inputs.c {
                Some(c) if O::ARITY == 3 => lanes(means, &c[start..]),
                _ => a,
            };
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

impl<H: Half, T: Lane, O: Op<T>> Slices<'_, H, T, O> {
    /// The loop of an op of bits, see [`Op::BY_BITS`].
    #[inline(always)]
    fn bits(self) {
        let Inputs { a, b, .. } = self.inputs;
        let out = bytemuck::cast_slice_mut::<H, u16>(self.out).iter_mut();
        let bits = |elements| bytemuck::cast_slice::<H, u16>(elements);
        match (a.map(bits), b) {
            (Some(a), Second::Elements(b)) => out.zip(a.iter().zip(bits(b))).for_each(|(o, (&a, &b))| *o = O::of_bits([a, b])),
            (None, Second::Elements(b)) => out.zip(bits(b)).for_each(|(o, &b)| *o = O::of_bits([*o, b])),
            (Some(a), Second::Number(b)) => {
                let b = upper_bits(b);
                out.zip(a).for_each(|(o, &a)| *o = O::of_bits([a, b]));
            }
            (None, Second::Number(b)) => {
                let b = upper_bits(b);
                out.for_each(|o| *o = O::of_bits([*o, b]));
            }
        }
    }
}

/// The upper half of the bits of a number in float32, whose first is the sign's as in both half types.
fn upper_bits<T: Lane>(x: T) -> u16 {
    let bits: u32 = bytemuck::cast([x]);
    (bits >> 16) as u16
}

/// The first elements, widened to `T`, which is float32; zeros where there are too few.
#[inline(always)]
fn lanes<H: Half, T: Lane>(means: Option<H::Means>, elements: &[H]) -> [T; FEW] {
    let mut padded = [H::zeroed(); FEW];
    let block = match elements.first_chunk() {
        Some(whole) => whole,
        None => {
            padded[..elements.len()].copy_from_slice(elements);
            &padded
        }
    };
    bytemuck::cast(H::widen(means, block))
}
