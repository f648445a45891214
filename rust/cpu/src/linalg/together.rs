//! Determinants, inverses and solutions of small real matrices, [`LANES`] of them at a time.

use ferrotorch_kernel::linalg::Linalg;
use ferrotorch_kernel::{Array, Layout, Result};
use ferrotorch_linalg::Real;
use ferrotorch_linalg::lanes::{Lanes, eliminate, substitute};

use super::{Items, Scalar, for_each, lines, parts, size, slice};
use crate::isa::Isa;
use crate::parallel::Cost;
use crate::simd::{self, SimdLoop};

/// Matrices that are eliminated together.
const LANES: usize = 16;
/// Larger ones have loops of their own that are long enough; and rows would rather be exchanged than chosen.
const LARGEST: usize = 8;

/// Runs an op on a batch of many small matrices; `None` where it is another op, or the matrices are few or large.
pub(super) fn run<T: Together>(op: Linalg, inputs: &[Array], outputs: &[Array]) -> Option<Result<()>> {
    let [n, _] = size(&inputs[0]);
    let cols = match op {
        Linalg::Determinant => 0,
        Linalg::Inverse => n,
        Linalg::Solve => size(&inputs[1])[1],
        _ => return None,
    };
    let is_small = (1..=LARGEST).contains(&n) && cols <= LARGEST && inputs[0].numel() >= LANES / 2 * n * n;
    is_small.then(|| match op {
        Linalg::Determinant => determinants::<T>(&Items::of(inputs, 0, 2)?, n, &lines(outputs, 0, 0)?),
        _ => {
            let b = inputs.get(1).map(|_| Items::of(inputs, 1, 2)).transpose()?;
            solutions::<T>(&Items::of(inputs, 0, 2)?, b.as_ref(), [n, cols], &lines(outputs, 0, 2)?, &lines(outputs, 1, 0)?)
        }
    })
}

/// A real number that vectors of the processor hold.
pub(super) trait Together: Scalar<Part = Self> + Real {}
impl Together for f32 {}
impl Together for f64 {}

/// The matrices of a batch by groups: the first one of each run of groups, how many groups, and the matrices of each.
fn runs(count: usize) -> impl Iterator<Item = [usize; 3]> {
    let whole = count / LANES;
    [[0, whole, LANES], [whole * LANES, 1, count % LANES]].into_iter().filter(|[_, groups, width]| groups * width > 0)
}

/// Some lines of an output, a group of them in each line.
fn grouped(lines: &Array, [first, groups, width]: [usize; 3]) -> Array {
    let (len, offset) = (lines.shape()[1], lines.layout.offset());
    lines.with_layout(Layout::strided(&[groups, width * len], &[(width * len) as isize, 1], offset + first * len))
}

/// Memory of a thread: the matrices and the right-hand sides of a group.
struct Memory<T> {
    a: Vec<Lanes<T, LANES>>,
    b: Vec<Lanes<T, LANES>>,
}

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Memory { a: Vec::new(), b: Vec::new() }
    }
}

/// The determinants of `n x n` matrices.
fn determinants<T: Together>(a: &Items<T>, n: usize, out: &Array) -> Result<()> {
    for run @ [first, _, width] in runs(out.shape()[0]) {
        let out = grouped(out, run);
        for_each(parts::<T>(&out)?, cost(n, 0), |memory: &mut Memory<T>, group, out| {
            let a = a.range(first + group * width, width);
            simd::run(Elimination { memory, n, cols: 0, a, b: None, x: &mut [], determinants: slice(out), info: &mut [] });
            Ok(())
        })?;
    }
    Ok(())
}

/// Solutions of `A X = B`, or inverses where there is no B, and the number of the first pivot of each matrix that is zero.
fn solutions<T: Together>(a: &Items<T>, b: Option<&Items<T>>, [n, cols]: [usize; 2], x: &Array, info: &Array) -> Result<()> {
    for run @ [first, _, width] in runs(x.shape()[0]) {
        let (x, info) = (grouped(x, run), grouped(info, run));
        for_each((parts::<T>(&x)?, parts::<i32>(&info)?), cost(n, cols), |memory: &mut Memory<T>, group, (x, info)| {
            let start = first + group * width;
            let (a, b) = (a.range(start, width), b.map(|b| b.range(start, width)));
            simd::run(Elimination { memory, n, cols, a, b, x: slice(x), determinants: &mut [], info: slice(info) });
            Ok(())
        })?;
    }
    Ok(())
}

/// What a group takes.
fn cost(n: usize, cols: usize) -> Cost {
    Cost::streamed(LANES * n * n * (n + cols))
}

/// An elimination of a group.
struct Elimination<'a, T> {
    memory: &'a mut Memory<T>,
    n: usize,
    cols: usize,
    a: &'a [T],
    /// The right-hand sides, identities where there are none.
    b: Option<&'a [T]>,
    x: &'a mut [T],
    determinants: &'a mut [T],
    info: &'a mut [i32],
}

impl<T: Together> SimdLoop for Elimination<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let Elimination { memory: Memory { a, b }, n, cols, .. } = self;
        load(self.a, n * n, a);
        match self.b {
            Some(right) => load(right, n * cols, b),
            None => identities(n, cols, b),
        }
        let done = eliminate(a, n, b, cols);
        self.determinants.iter_mut().zip(done.determinant).for_each(|(to, x)| *to = x);
        self.info.iter_mut().zip(done.info).for_each(|(to, x)| *to = x);
        if cols > 0 {
            substitute(a, n, b, cols);
            store(b, self.x);
        }
    }
}

/// An entry of all matrices in each array. Lanes without a matrix hold ones, whose elimination raises nothing.
#[inline(always)]
fn load<T: Together>(matrices: &[T], len: usize, lanes: &mut Vec<Lanes<T, LANES>>) {
    lanes.clear();
    lanes.resize(len, [T::UNIT; LANES]);
    for (l, matrix) in matrices.chunks_exact(len.max(1)).enumerate().take(LANES) {
        lanes.iter_mut().zip(matrix).for_each(|(to, &x)| to[l] = x);
    }
}

/// The first columns of identities.
#[inline(always)]
fn identities<T: Together>(n: usize, cols: usize, lanes: &mut Vec<Lanes<T, LANES>>) {
    lanes.clear();
    lanes.resize(n * cols, [T::zeroed(); LANES]);
    lanes.iter_mut().step_by(cols + 1).for_each(|to| *to = [T::UNIT; LANES]);
}

/// The opposite of [`load`].
#[inline(always)]
fn store<T: Together>(lanes: &[Lanes<T, LANES>], matrices: &mut [T]) {
    for (l, matrix) in matrices.chunks_exact_mut(lanes.len().max(1)).enumerate().take(LANES) {
        matrix.iter_mut().zip(lanes).for_each(|(to, x)| *to = x[l]);
    }
}
