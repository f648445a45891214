//! Drives a loop over arrays of any strides and dtypes.
//!
//! The arrays are walked in pieces. An input that is contiguous within a piece and has the lane's dtype is used where
//! it lies; any other is converted into a block of scratch memory first, and a result that cannot be stored directly
//! is computed into a block and converted from there. So strides and mixed dtypes cost a pass through the L1 cache.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

use bytemuck::Zeroable;
use ferrotorch_kernel::dtype::DType;
use ferrotorch_kernel::{Array, Operand, Result, Scalar, bail, ensure};
use smallvec::{SmallVec, smallvec};

use super::kernel::{Inputs, Loop, Params};
use super::sheets::{self, Input, Raw};
use super::tiles;
use crate::convert::{Loader, Storer};
use crate::lane::Lane;
use crate::parallel::Cost;
use crate::plan::{Offsets, Plan};
use crate::view::{Chunk, Elements, Piece, Read, Rows, RowsMut, View, Walk, Write, dense};

/// Bytes of a block; the blocks of a call fit into half of the smallest usual L1 cache.
const BLOCK_BYTES: usize = 4096;
/// Rows that are shorter are gathered into blocks rather than computed where they lie.
pub(super) const MIN_ROW: usize = 128;
/// [`MIN_ROW`] of ops that take no longer than memory does.
pub(super) const MIN_CHEAP_ROW: usize = 48;
/// [`MIN_ROW`] of such ops where one element stands for all of a row.
pub(super) const MIN_REPEATED: usize = 16;
/// Rows that are shorter are not converted one by one.
const SHORT_ROW: usize = 16;

/// A call of a pointwise op.
pub(super) struct Call<'a, T> {
    pub(super) name: &'static str,
    pub(super) compute: DType,
    pub(super) inputs: &'a [Operand],
    pub(super) out: &'a Array,
    pub(super) params: &'a Params<T>,
    pub(super) facts: Facts,
}

impl<T> Call<'_, T> {
    /// What an element takes: what is computed, or what is moved.
    pub(super) fn cost(&self) -> Cost {
        let computed = if self.facts.heavy { Cost::functions(1) } else { Cost::streamed(1) };
        let inputs = self.inputs.iter().filter_map(Operand::optional);
        computed.or(Cost::moved(self.out.dtype.size() + inputs.map(|input| input.dtype.size()).sum::<usize>()))
    }
}

/// What is particular about a call.
#[derive(Clone, Copy, Default)]
pub(super) struct Facts {
    /// Are fewer elements worth a thread?
    pub(super) heavy: bool,
    /// Is a zero among the second input's elements an error?
    pub(super) divides: bool,
    /// Which inputs may be one element that stands for all of a row?
    pub(super) repeats: Repeats,
    /// Do numbers take part unrounded?
    pub(super) keeps_numbers: bool,
}

/// Which inputs may be one element that stands for all of a row, by their numbers?
pub(super) type Repeats = [bool; 3];

/// Runs a loop over the arrays of a call.
pub(super) fn drive<T: Lane, O: Lane>(call: &Call<T>, run: Loop<T, O>) -> Result<()> {
    if call.out.layout.numel() == 0 {
        return Ok(());
    }
    let cost = call.cost();
    if let Some(done) = drive_small(call, run, cost) {
        return done;
    }
    if tiles::drive(call, run)? {
        return Ok(());
    }
    let (job, mut walk) = Job::new(call, run)?;
    walk.for_each_chunk(cost, |chunk| with_scratch(|scratch| job.pieces(chunk, scratch)));
    if job.divided_by_zero.load(Ordering::Relaxed) { division_by_zero() } else { Ok(()) }
}

/// Copies an array into one of another dtype, whose lane is `T`.
pub(super) fn convert<T: Lane>(input: &[Operand], out: &Array) -> Result<()> {
    if out.layout.numel() == 0 {
        return Ok(());
    }
    let params = &[T::zeroed(); 3];
    let call = Call { name: "copy", compute: out.dtype, inputs: input, out, params, facts: Facts::default() };
    let (job, mut walk) = Job::new(&call, identity::<T>)?;
    walk.for_each_chunk(call.cost(), |chunk| with_scratch(|scratch| job.convert(chunk, scratch)));
    Ok(())
}

fn identity<T: Lane>([a, ..]: Inputs<T>, mut out: RowsMut<T>, _: &Params<T>) {
    out.iter_mut().zip(a.iter()).for_each(|(out, a)| out.copy_from_slice(a));
}

#[cold]
fn division_by_zero() -> Result<()> {
    bail!(Runtime, "ZeroDivisionError")
}

/// The case that must cost nothing: elements for one thread, and all arrays dense and of the lane's dtype.
#[inline]
fn drive_small<T: Lane, O: Lane>(call: &Call<T>, run: Loop<T, O>, cost: Cost) -> Option<Result<()>> {
    let mut out = dense::<O, Write>(call.out)?;
    let n = out.len();
    let fits_block = n <= Job::<T, O>::BLOCK;
    if !cost.is_for_one_thread(n) || call.facts.divides {
        return None;
    }
    let address = out.as_ptr().addr();
    let out_bytes = address..address + n * size_of::<O>();
    with_scratch(|scratch| {
        let mut slices: [&[T]; 3] = [&[]; 3];
        let mut is_apart = true;
        for ((slice, input), block) in slices.iter_mut().zip(call.inputs).zip(&mut scratch.inputs) {
            *slice = match input {
                Operand::Scalar(x) if fits_block => {
                    block.lanes_mut(n).fill(number(call, *x));
                    block.lanes(n)
                }
                Operand::Array(array) if array.shape() == call.out.shape() => {
                    let line = dense::<T, Read>(array)?;
                    let address = line.as_ptr().addr();
                    is_apart &= address >= out_bytes.end || address + n * size_of::<T>() <= out_bytes.start;
                    line.as_slice()?
                }
                _ => return None,
            };
        }
        let inputs = slices.map(|slice| Rows::new(View::same_rows(slice, 1)));
        if is_apart {
            run(inputs, RowsMut::new(View::from_slice_mut(out.as_mut_slice()?, 1, n)), call.params);
        } else if fits_block {
            // Inputs share memory with the output: they are read before it is written to.
            let block = scratch.out.lanes_mut(n);
            run(inputs, RowsMut::new(View::from_slice_mut(block, 1, n)), call.params);
            out.as_mut_slice()?.copy_from_slice(block);
        } else {
            return None;
        }
        Some(Ok(()))
    })
}

/// Do two arrays share memory?
pub(super) fn overlap(a: &Array, b: &Array) -> bool {
    let bytes = |array: &Array| {
        let (span, size) = (array.layout.span(), array.dtype.size());
        let start = array.storage.as_host().map_or(0, |buffer| buffer.as_ptr().addr());
        start + span.start * size..start + span.end * size
    };
    let (a, b) = (bytes(a), bytes(b));
    a.start < b.end && b.start < a.end
}

/// Where an input's elements come from.
enum Source<'a, T> {
    /// One number.
    Constant(T),
    /// Memory, and how its elements become lanes.
    Memory { elements: Elements<'a, Read>, dtype: DType, is_lane: bool, load: Loader<T> },
}

/// How a piece gets the elements of an input.
#[derive(Clone, Copy, PartialEq)]
enum Access {
    /// From where they lie, those of a row one behind the other.
    Direct,
    /// There is but one in a row, which the loop repeats.
    Repeated,
    /// Gathered or converted into a block.
    Block,
    /// A number, from a block that is filled with it.
    Filled,
    /// From a block that holds the same few elements over and over.
    Periodic,
}

/// A call on its walk.
struct Job<'a, T: Lane, O: Lane> {
    run: Loop<T, O>,
    params: &'a Params<T>,
    sources: SmallVec<[Source<'a, T>; 3]>,
    store: Storer<O>,
    /// Is the output of the type of results?
    keeps_dtype: bool,
    /// May results be computed where they belong? Not if they need conversion, or an input lies there: loops read and
    /// write through slices, which must not overlap.
    out_is_lane: bool,
    repeats: Repeats,
    /// Is a zero among the second input's elements an error, and has one been seen?
    divides: bool,
    divided_by_zero: AtomicBool,
}

impl<'a, T: Lane, O: Lane> Job<'a, T, O> {
    fn new(call: &Call<'a, T>, run: Loop<T, O>) -> Result<(Self, Walk<'a>)> {
        // Of numbers.
        let zeros: SmallVec<[isize; 8]> = smallvec![0; call.out.layout.ndim()];
        let mut strides: SmallVec<[&[isize]; 3]> = SmallVec::new();
        for input in call.inputs {
            match input {
                Operand::Array(array) => {
                    ensure!(
                        array.shape() == call.out.shape(),
                        Runtime,
                        "{}(): an input has shape {:?}, the output {:?}",
                        call.name,
                        array.shape(),
                        call.out.shape()
                    );
                    strides.push(array.layout.strides());
                }
                _ => strides.push(&zeros),
            }
        }
        let walk = Walk::new(call.out, &strides)?;
        let sources = call.inputs.iter().enumerate().map(|(k, input)| source(call, walk.plan(), k, input));
        // Two inputs are not both one element.
        let mut repeats = call.facts.repeats;
        repeats[0] &= walk.plan().inner_stride(2) != 0;
        let is_apart = !call.inputs.iter().filter_map(Operand::optional).any(|array| overlap(array, call.out));
        let job = Job {
            run,
            params: call.params,
            sources: sources.collect::<Result<_>>()?,
            store: O::storer(call.out.dtype),
            keeps_dtype: call.out.dtype == O::DTYPE,
            out_is_lane: call.out.dtype == O::DTYPE && is_apart,
            repeats,
            divides: call.facts.divides,
            divided_by_zero: AtomicBool::new(false),
        };
        Ok((job, walk))
    }

    /// Elements that fit into a block.
    const BLOCK: usize = BLOCK_BYTES / if size_of::<T>() > size_of::<O>() { size_of::<T>() } else { size_of::<O>() };

    /// Computes the elements of a chunk, piece by piece.
    fn pieces(&self, mut chunk: Chunk, scratch: &mut Scratch) {
        let plan = chunk.plan();
        let by_sheets = self.by_sheets(plan);
        let access: [Access; 3] = std::array::from_fn(|k| self.access(plan, k, by_sheets));
        let out_direct = self.out_is_lane && is_dense(plan, 0, by_sheets);
        let uses = |kind: Access| access[..self.sources.len()].contains(&kind);
        // A number need but fill a row.
        let fills_more = uses(Access::Filled) && !(by_sheets && plan.inner() <= Self::BLOCK);
        let longest = match uses(Access::Periodic) {
            true => Self::BLOCK - plan.inner(),
            false if !out_direct || uses(Access::Block) || fills_more => Self::BLOCK,
            false => usize::MAX,
        };
        self.fill_constants(chunk.count().min(Self::BLOCK), scratch);
        self.fill_periodic(plan, access, scratch);
        chunk.for_each_piece(by_sheets, longest, |piece| self.piece(plan, piece, access, out_direct, scratch));
    }

    fn fill_constants(&self, count: usize, scratch: &mut Scratch) {
        for (source, block) in self.sources.iter().zip(&mut scratch.inputs) {
            if let Source::Constant(x) = source {
                block.lanes_mut(count).fill(*x);
            }
        }
    }

    /// Is the walk one by sheets? Of short rows it is where they can be computed where they lie, and the op costs no more than to gather
    /// them into blocks.
    fn by_sheets(&self, plan: &Plan) -> bool {
        let is_repeated = |k: usize| self.repeats[k] && plan.inner_stride(k + 1) == 0;
        let is_read = |k: usize| match self.sources[k] {
            Source::Constant(_) => self.repeats[k],
            Source::Memory { is_lane, .. } => is_lane && (plan.inner_stride(k + 1) == 1 || is_repeated(k)),
        };
        let mut inputs = 0..self.sources.len();
        let lies_in_rows = self.out_is_lane && plan.inner_stride(0) == 1 && inputs.clone().all(is_read);
        let is_cheap = self.repeats.contains(&true);
        let shortest = match lies_in_rows {
            true if inputs.any(|k| is_repeated(k) && matches!(self.sources[k], Source::Memory { .. })) => MIN_REPEATED,
            true if is_cheap => MIN_CHEAP_ROW,
            _ => MIN_ROW,
        };
        plan.inner() >= shortest
    }

    /// Fills blocks with the elements of the walk's beginning, where an input repeats them.
    fn fill_periodic(&self, plan: &Plan, access: [Access; 3], scratch: &mut Scratch) {
        let count = plan.numel().min(Self::BLOCK);
        for (k, (source, block)) in self.sources.iter().zip(&mut scratch.inputs).enumerate() {
            if let (Access::Periodic, Source::Memory { elements, load, .. }) = (access[k], source) {
                gather(plan, k + 1, elements, *load, block.lanes_mut(count), |visit| plan.for_each_run(0, count, visit));
            }
        }
    }

    /// How a piece gets the elements of an input.
    fn access(&self, plan: &Plan, k: usize, by_sheets: bool) -> Access {
        match self.sources.get(k) {
            Some(Source::Constant(_)) if self.repeats[k] => Access::Repeated,
            Some(Source::Constant(_)) => Access::Filled,
            Some(Source::Memory { is_lane: true, .. }) if is_dense(plan, k + 1, by_sheets) => Access::Direct,
            Some(Source::Memory { is_lane: true, .. }) if self.repeats[k] && by_sheets && plan.inner_stride(k + 1) == 0 => {
                Access::Repeated
            }
            Some(Source::Memory { .. }) if !by_sheets && plan.is_periodic(k + 1) => Access::Periodic,
            _ => Access::Block,
        }
    }

    fn piece(&self, plan: &Plan, mut piece: Piece, access: [Access; 3], out_direct: bool, scratch: &mut Scratch) {
        let size @ [rows, columns] = piece.size();
        self.fill_blocks(plan, &piece, access, scratch);
        // Of inputs that there are not.
        let mut inputs = [View::same_rows(&[], rows); 3];
        for (k, source) in self.sources.iter().enumerate() {
            let (offset, [down, along]) = (piece.at()[k + 1], piece.steps(k + 1));
            inputs[k] = match (access[k], source) {
                (Access::Filled, _) => View::same_rows(scratch.inputs[k].lanes(columns), rows),
                (Access::Block, _) => View::from_slice(scratch.inputs[k].lanes(rows * columns), rows, columns),
                // Only pieces that are no part of a sheet are periodic, and these know their first element.
                (Access::Periodic, _) => {
                    let phase = piece.first().unwrap_or(0) % plan.inner();
                    View::from_slice(&scratch.inputs[k].lanes(phase + columns)[phase..], 1, columns)
                }
                (_, Source::Constant(x)) => View::same_rows(std::slice::from_ref(x), rows),
                (Access::Direct, Source::Memory { elements, .. }) => elements.stretches(offset, size, [down, along]).rows(),
                (Access::Repeated, Source::Memory { elements, .. }) => elements.stretches(offset, [rows, 1], [down, 1]).rows(),
            };
        }
        let inputs = inputs.map(Rows::new);
        if self.divides && inputs[1].iter().any(|row| row.contains(&T::zeroed())) {
            self.divided_by_zero.store(true, Ordering::Relaxed);
        }
        if out_direct {
            return (self.run)(inputs, RowsMut::new(piece.rows()), self.params);
        }
        let out = scratch.out.lanes_mut(rows * columns);
        (self.run)(inputs, RowsMut::new(View::from_slice_mut(out, rows, columns)), self.params);
        if self.keeps_dtype { sheets::write(&mut piece, out) } else { self.scatter(&mut piece, out) }
    }

    /// Fills the blocks of inputs that cannot be read where they lie.
    fn fill_blocks(&self, plan: &Plan, piece: &Piece, access: [Access; 3], scratch: &mut Scratch) {
        for (k, (source, block)) in self.sources.iter().zip(&mut scratch.inputs).enumerate() {
            let Source::Memory { elements, dtype, load, .. } = source else { continue };
            if !matches!(access[k], Access::Block) {
                continue;
            }
            let (input, block) =
                (Input { plan, array: k + 1, elements, dtype: *dtype, load: *load }, block.lanes_mut(piece.count()));
            if !input.read(piece, &mut scratch.raw, block) {
                gather(plan, k + 1, elements, *load, block, |visit| piece.for_each_run(visit));
            }
        }
    }

    /// Writes a block to a piece of the output.
    fn scatter(&self, piece: &mut Piece, block: &[O]) {
        let mut rest = block;
        piece.for_each_run_mut(|run, elements| {
            let (part, behind) = rest.split_at(run);
            (self.store)(part, elements);
            rest = behind;
        });
    }
}

/// Is an array contiguous within each row of a piece?
fn is_dense(plan: &Plan, array: usize, by_sheets: bool) -> bool {
    if by_sheets { plan.inner_stride(array) == 1 } else { plan.is_linear(array) }
}

/// Reads the runs of an input that `runs` visits into a block.
fn gather<T: Lane>(
    plan: &Plan,
    array: usize,
    elements: &Elements<Read>,
    load: Loader<T>,
    block: &mut [T],
    runs: impl FnOnce(&mut dyn FnMut(&Offsets, usize)),
) {
    let stride = plan.inner_stride(array);
    let mut rest = block;
    runs(&mut |at, run| {
        let (part, behind) = std::mem::take(&mut rest).split_at_mut(run);
        load(elements.line(at[array], stride, run), part);
        rest = behind;
    });
}

impl<T: Lane> Job<'_, T, T> {
    /// Copies the elements of a chunk, converting them: from where they lie, or to where they belong, if one of the two
    /// can be had without a block.
    fn convert(&self, mut chunk: Chunk, scratch: &mut Scratch) {
        let plan = chunk.plan();
        let by_sheets = plan.inner() >= MIN_ROW;
        let Source::Memory { elements, is_lane, load, .. } = &self.sources[0] else { return self.pieces(chunk, scratch) };
        let to_out = self.out_is_lane && is_dense(plan, 0, by_sheets);
        let from_input = *is_lane && is_dense(plan, 1, by_sheets);
        // Rows of a few elements are converted together.
        let is_short = plan.inner() < SHORT_ROW && plan.ndim() > 1;
        if is_short || !to_out && !from_input {
            return self.pieces(chunk, scratch);
        }
        chunk.for_each_run(|at, line| {
            let input = elements.line(at[1], plan.inner_stride(1), line.length());
            if to_out {
                load(input, line.typed().into_mut_slice().unwrap_or_default());
            } else {
                (self.store)(input.typed::<T>().as_slice().unwrap_or_default(), line);
            }
        });
    }
}

fn source<'a, T: Lane>(call: &Call<'a, T>, plan: &Plan, k: usize, input: &'a Operand) -> Result<Source<'a, T>> {
    let array = match input {
        Operand::Scalar(x) => return Ok(Source::Constant(number(call, *x))),
        Operand::Array(array) => array,
        Operand::None => bail!(Runtime, "{}(): an input is missing", call.name),
    };
    let (elements, load) = (Elements::new(array)?, T::loader(array.dtype));
    if plan.is_constant(k + 1) {
        let mut value = [T::zeroed()];
        load(elements.line(0, 0, 1), &mut value);
        return Ok(Source::Constant(value[0]));
    }
    Ok(Source::Memory { elements, dtype: array.dtype, is_lane: array.dtype == T::DTYPE, load })
}

/// A number as a lane.
pub(super) fn number<T: Lane>(call: &Call<T>, x: Scalar) -> T {
    T::from_scalar(if call.facts.keeps_numbers { x } else { x.cast(call.compute) })
}

/// Memory of a block.
#[derive(Clone, Copy, Zeroable)]
#[repr(C, align(64))]
struct Block([u8; BLOCK_BYTES]);

impl Block {
    fn lanes<T: Lane>(&self, count: usize) -> &[T] {
        &bytemuck::cast_slice(&self.0)[..count]
    }

    fn lanes_mut<T: Lane>(&mut self, count: usize) -> &mut [T] {
        &mut bytemuck::cast_slice_mut(&mut self.0)[..count]
    }
}

/// The blocks of one thread.
#[derive(Zeroable)]
struct Scratch {
    inputs: [Block; 3],
    out: Block,
    /// Elements to be converted.
    raw: Raw,
}

thread_local! {
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

/// Lends this thread's blocks; a nested call gets new ones.
fn with_scratch<R>(work: impl FnOnce(&mut Scratch) -> R) -> R {
    let mut scratch = SCRATCH.take().unwrap_or_else(bytemuck::zeroed_box);
    let result = work(&mut scratch);
    SCRATCH.set(Some(scratch));
    result
}
