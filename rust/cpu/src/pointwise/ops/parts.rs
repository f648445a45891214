//! Sums and products of complex numbers, some at a time: the parts of a register full of numbers side by side. Left to itself the
//! compiler takes real parts from imaginary ones and puts them together again, which takes longer than to compute with them.

use num_complex::Complex;

use super::complex::{ComplexLane, Part};

/// An operation on the parts of some numbers, real and imaginary by turns.
pub(super) trait OnParts<F> {
    /// `N` parts of the results.
    fn apply<const N: usize>(&self, a: &[F; N], b: &[F; N]) -> [F; N];
}

/// The sum of the first and a multiple of the second.
pub(super) struct Sum<F>(pub(super) Complex<F>);

impl<F: Part> OnParts<F> for Sum<F> {
    #[inline(always)]
    fn apply<const N: usize>(&self, a: &[F; N], b: &[F; N]) -> [F; N] {
        let Complex { re, im } = self.0;
        let signed = [-im, im];
        std::array::from_fn(|i| a[i] + (b[i] * re + b[i ^ 1] * signed[i & 1]))
    }
}

/// The product.
pub(super) struct Product;

impl<F: Part> OnParts<F> for Product {
    #[inline(always)]
    fn apply<const N: usize>(&self, a: &[F; N], b: &[F; N]) -> [F; N] {
        let mut out = [F::zero(); N];
        for i in 0..N / 2 {
            let (re, im) = (2 * i, 2 * i + 1);
            out[re] = a[re] * b[re] - a[im] * b[im];
            out[im] = a[re] * b[im] + a[im] * b[re];
        }
        out
    }
}

/// Computes as many numbers as fill registers, and says how many these are.
#[inline(always)]
pub(super) fn run<T: ComplexLane>(way: &impl OnParts<T::Part>, [a, b]: [&[T]; 2], out: &mut [T]) -> usize {
    let (a, b): (&[T::Part], &[T::Part]) = (bytemuck::cast_slice(a), bytemuck::cast_slice(b));
    let out = bytemuck::cast_slice_mut(out);
    // Two registers of float32, or one of float64: found by trying.
    if const { size_of::<T>() == 8 } { blocks::<_, 16>(way, a, b, out) } else { blocks::<_, 4>(way, a, b, out) }
}

#[inline(always)]
fn blocks<F: Part, const N: usize>(way: &impl OnParts<F>, a: &[F], b: &[F], out: &mut [F]) -> usize {
    let (out, _) = out.as_chunks_mut::<N>();
    for ((out, a), b) in out.iter_mut().zip(a.as_chunks::<N>().0).zip(b.as_chunks::<N>().0) {
        *out = way.apply(a, b);
    }
    out.len() * N / 2
}
