//! Small real matrices of a batch, [`LANES`] of them at a time.
//!
//! An [`Algorithm`] is written for a group of matrices, in lanes (`ferrotorch_linalg::lanes`); here groups are cut from the arrays,
//! shared out among threads and run with the vectors of this processor. Matrices that an algorithm cannot be trusted with, which are
//! rare, are computed alone afterwards, as those of a small batch are.

mod factors;
mod spectral;
mod systems;

use std::ops::Range;

use ferrotorch_kernel::dtype::Element;
use ferrotorch_kernel::linalg::Linalg;
use ferrotorch_kernel::{Array, Layout, Result};
use ferrotorch_linalg::Real;
use ferrotorch_linalg::lanes::{Lanes, Mask};
use smallvec::SmallVec;
pub(super) use systems::Triangular;

use super::{Items, Scalar, for_each, lines, parts, size, slice};
use crate::isa::Isa;
use crate::parallel::Cost;
use crate::simd::{self, SimdLoop};
use crate::view::{Several, Views, Write};

/// Matrices that are computed together.
const LANES: usize = 16;
/// Larger ones have loops of their own that are long enough.
const LARGEST: usize = 16;
/// The same of algorithms that read and write a matrix with hardly any arithmetic in between, or much more than others.
const LARGEST_OF_OTHERS: usize = 8;

/// A real number that vectors of the processor hold.
pub(super) trait Together: Scalar<Part = Self> + Real {}
impl Together for f32 {}
impl Together for f64 {}

/// Entries of the matrices of a group.
type Entries<T> = Vec<Lanes<T, LANES>>;

/// Memory of a thread.
struct Memory<T>([Entries<T>; 4]);

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Memory(Default::default())
    }
}

/// The matrices of a group, one behind the other, and the lines of the outputs for them.
struct Group<'a, T> {
    inputs: SmallVec<[&'a [T]; 2]>,
    numbers: SmallVec<[&'a mut [T]; 3]>,
    /// Outputs of whole numbers: pivots, info.
    whole: SmallVec<[&'a mut [i32]; 3]>,
}

impl<T> Group<'_, T> {
    /// The part of one matrix among so many.
    fn single(&mut self, l: usize, width: usize) -> Group<'_, T> {
        let range = |len: usize| l * (len / width)..(l + 1) * (len / width);
        Group {
            inputs: self.inputs.iter().map(|all| &all[range(all.len())]).collect(),
            numbers: self.numbers.iter_mut().map(|all| part(all, range(all.len()))).collect(),
            whole: self.whole.iter_mut().map(|all| part(all, range(all.len()))).collect(),
        }
    }
}

/// A part of a slice.
fn part<T>(all: &mut [T], range: Range<usize>) -> &mut [T] {
    &mut all[range]
}

/// What is computed of each matrix.
trait Algorithm<T: Together>: Sync {
    /// Computes a group of at most [`LANES`] matrices; must be `#[inline(always)]`. Returns the lanes that cannot be trusted.
    fn run(&self, group: &mut Group<T>, memory: &mut Memory<T>) -> Mask<LANES>;

    /// Computes a single matrix that the group could not be trusted with.
    fn alone(&self, _single: Group<T>) -> Result<()> {
        Ok(())
    }

    /// What a group takes.
    fn cost(&self) -> Cost;
}

/// An algorithm on a group, compiled for the processor.
struct Run<'a, 'g, A, T> {
    algorithm: &'a A,
    group: &'a mut Group<'g, T>,
    memory: &'a mut Memory<T>,
}

impl<A: Algorithm<T>, T: Together> SimdLoop for Run<'_, '_, A, T> {
    type Output = Mask<LANES>;

    #[inline(always)]
    fn run<I: Isa>(self) -> Mask<LANES> {
        self.algorithm.run(self.group, self.memory)
    }
}

/// Runs an op on a batch of many small matrices; `None` where it is another op, or the matrices are few or large.
pub(super) fn run<T: Together>(op: Linalg, inputs: &[Array], outputs: &[Array]) -> Option<Result<()>> {
    let [m, n] = size(&inputs[0]);
    let largest = match op {
        Linalg::Exponential => LARGEST_OF_OTHERS,
        _ => LARGEST,
    };
    let right = inputs.get(1).map_or(0, |b| size(b)[1]);
    let is_small = m.min(n) >= 1 && m.max(n) <= largest && right <= largest && inputs[0].numel() >= LANES / 2 * m * n;
    if !is_small {
        return None;
    }
    match op {
        Linalg::Determinant => Some(systems::determinant::<T>(inputs, outputs)),
        Linalg::LogDeterminant => Some(systems::log_determinant::<T>(inputs, outputs)),
        Linalg::Solve => Some(systems::solve::<T>(inputs, outputs)),
        Linalg::Inverse => Some(systems::inverse::<T>(inputs, outputs)),
        Linalg::Exponential => Some(systems::exponential::<T>(inputs, outputs)),
        Linalg::Cholesky { upper } => Some(factors::cholesky::<T>(upper, inputs, outputs)),
        Linalg::Lu => Some(factors::lu::<T>(inputs, outputs)),
        Linalg::Qr => Some(factors::qr::<T>(inputs, outputs)),
        Linalg::Eigh { upper } => Some(spectral::eigh::<T>(upper, inputs, outputs)),
        Linalg::Svd => spectral::svd::<T>(inputs, outputs),
        _ => None,
    }
}

/// Solves for many small triangles; `None` where they are few or large.
pub(super) fn solve_triangular<T: Together>(triangular: &Triangular, inputs: &[Array], outputs: &[Array]) -> Option<Result<()>> {
    let [n, cols] = size(&inputs[1]);
    let is_small = (1..=LARGEST).contains(&n) && cols <= LARGEST && inputs[0].numel() >= LANES / 2 * n * n;
    is_small.then(|| triangular.solve::<T>(inputs, outputs))
}

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

/// An array, and how many of its last dimensions belong to a matrix.
type Of<'a> = (&'a Array, usize);

/// Runs an algorithm on all matrices.
fn all<T: Together>(algorithm: &impl Algorithm<T>, inputs: &[Of], numbers: &[Of], whole: &[Of]) -> Result<()> {
    let inputs = inputs.iter().map(|&of| items::<T>(of)).collect::<Result<SmallVec<[_; 2]>>>()?;
    let of_lines = |outputs: &[Of]| {
        outputs.iter().map(|&(array, dims)| lines(std::slice::from_ref(array), 0, dims)).collect::<Result<Vec<_>>>()
    };
    let (numbers, whole) = (of_lines(numbers)?, of_lines(whole)?);
    let count = numbers.first().map_or(0, |lines| lines.shape()[0]);
    for run @ [first, _, width] in runs(count) {
        let group_lines = |lines: &[Array]| lines.iter().map(|lines| grouped(lines, run)).collect::<Vec<_>>();
        let (numbers, whole) = (group_lines(&numbers), group_lines(&whole));
        let parts = Several(all_parts::<T>(&numbers)?, all_parts::<i32>(&whole)?);
        for_each(parts, algorithm.cost(), |memory: &mut Memory<T>, group, (numbers, whole)| {
            let start = first + group * width;
            let mut group = Group {
                inputs: inputs.iter().map(|items| items.range(start, width)).collect(),
                numbers: numbers.into_iter().map(slice).collect(),
                whole: whole.into_iter().map(slice).collect(),
            };
            let doubtful = simd::run(Run { algorithm, group: &mut group, memory });
            (0..width).filter(|&l| doubtful[l]).try_for_each(|l| algorithm.alone(group.single(l, width)))
        })?;
    }
    Ok(())
}

fn items<T: Together>((array, dims): Of<'_>) -> Result<Items<'_, T>> {
    Items::of(std::slice::from_ref(array), 0, dims)
}

fn all_parts<T: Element>(lines: &[Array]) -> Result<Vec<Views<'_, T, Write, 1>>> {
    lines.iter().map(parts).collect()
}

/// Which entries of a matrix go where: to entry `i` of the lanes that of number `self.0[i]`, and back.
struct Order(Vec<usize>);

impl Order {
    /// All entries as they lie.
    fn plain(len: usize) -> Self {
        Order((0..len).collect())
    }

    /// The entries of `m x n` matrices column by column.
    fn transposed([m, n]: [usize; 2]) -> Self {
        Order((0..m * n).map(|at| at % m * n + at / m).collect())
    }

    /// Reads matrices of `len` entries. Lanes without a matrix repeat the first one.
    #[inline(always)]
    fn load<T: Together>(&self, matrices: &[T], len: usize, lanes: &mut Entries<T>) {
        lanes.clear();
        lanes.resize(self.0.len(), [T::zeroed(); LANES]);
        let count = matrices.len() / len.max(1);
        let matrix = |l: usize| if l < count { &matrices[l * len..(l + 1) * len] } else { &matrices[..len] };
        let rows: [&[T]; LANES] = std::array::from_fn(matrix);
        for (to, &at) in lanes.iter_mut().zip(&self.0) {
            *to = std::array::from_fn(|l| rows[l][at]);
        }
    }

    /// Writes lanes to matrices of as many entries.
    #[inline(always)]
    fn store<T: Together>(&self, lanes: &[Lanes<T, LANES>], matrices: &mut [T]) {
        for (l, matrix) in matrices.chunks_exact_mut(self.0.len().max(1)).enumerate().take(LANES) {
            matrix.iter_mut().zip(&self.0).for_each(|(to, &at)| *to = lanes[at][l]);
        }
    }
}

/// The lanes that are 0 of what should be.
#[inline(always)]
fn failed(info: &[i32; LANES]) -> Mask<LANES> {
    info.map(|code| code != 0)
}

/// Either of two masks.
#[inline(always)]
fn either(x: Mask<LANES>, y: Mask<LANES>) -> Mask<LANES> {
    std::array::from_fn(|l| x[l] || y[l])
}

/// Writes a number for each matrix.
#[inline(always)]
fn write<T: Copy>(to: &mut [T], from: &[T; LANES]) {
    to.iter_mut().zip(from).for_each(|(to, &x)| *to = x);
}

/// What `operations` on the entries of a group take.
fn cost(operations: usize) -> Cost {
    Cost::streamed(LANES * operations)
}
