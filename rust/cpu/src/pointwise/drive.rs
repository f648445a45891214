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

use super::kernel::{Loop, Params};
use super::sheets::{self, Input, Raw};
use super::tiles;
use crate::convert::{Loader, Storer};
use crate::lane::Lane;
use crate::parallel::Cost;
use crate::plan::{Offsets, Plan};
use crate::view::{Chunk, Piece, Walk};
use crate::view::{Elements, Read, Write, dense};

/// Bytes of a block; the blocks of a call fit into half of the smallest usual L1 cache.
const BLOCK_BYTES: usize = 4096;
/// Shorter innermost dimensions are gathered into blocks rather than walked one by one.
pub(super) const MIN_RUN: usize = 128;

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
    /// May the second input be one element that stands for all?
    pub(super) repeats: bool,
    /// Do numbers take part unrounded?
    pub(super) keeps_numbers: bool,
}

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

fn identity<T: Lane>(a: &[T], _: &[T], _: &[T], out: &mut [T], _: &Params<T>) {
    out.copy_from_slice(a);
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
        let [a, b, c] = slices;
        if is_apart {
            run(a, b, c, out.as_mut_slice()?, call.params);
        } else if fits_block {
            // Inputs share memory with the output: they are read before it is written to.
            let block = scratch.out.lanes_mut(n);
            run(a, b, c, block, call.params);
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
#[derive(Clone, Copy)]
enum Access {
    /// From where they lie, one behind the other.
    Direct,
    /// There is but one, which the loop repeats.
    Repeated,
    /// Gathered, converted or filled into a block.
    Block,
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
    /// May the second input be one element that stands for all?
    repeats: bool,
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
        let is_apart = !call.inputs.iter().filter_map(Operand::optional).any(|array| overlap(array, call.out));
        let job = Job {
            run,
            params: call.params,
            sources: sources.collect::<Result<_>>()?,
            store: O::storer(call.out.dtype),
            keeps_dtype: call.out.dtype == O::DTYPE,
            out_is_lane: call.out.dtype == O::DTYPE && is_apart,
            repeats: call.facts.repeats,
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
        let by_runs = plan.inner() >= MIN_RUN;
        let access: [Access; 3] = std::array::from_fn(|k| self.access(plan, k, by_runs));
        let out_direct = self.out_is_lane && is_dense(plan, 0, by_runs);
        let uses_blocks = !out_direct || (0..self.sources.len()).any(|k| matches!(access[k], Access::Block));
        let longest = match access.iter().any(|access| matches!(access, Access::Periodic)) {
            true => Self::BLOCK - plan.inner(),
            false if uses_blocks => Self::BLOCK,
            false => usize::MAX,
        };
        self.fill_constants(chunk.count().min(Self::BLOCK), scratch);
        self.fill_periodic(plan, access, scratch);
        chunk.for_each_piece(by_runs, longest, |piece| self.piece(plan, piece, access, out_direct, scratch));
    }

    fn fill_constants(&self, count: usize, scratch: &mut Scratch) {
        for (source, block) in self.sources.iter().zip(&mut scratch.inputs) {
            if let Source::Constant(x) = source {
                block.lanes_mut(count).fill(*x);
            }
        }
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
    fn access(&self, plan: &Plan, k: usize, by_runs: bool) -> Access {
        match self.sources.get(k) {
            Some(Source::Constant(_)) if self.repeats && k == 1 => Access::Repeated,
            Some(Source::Memory { is_lane: true, .. }) if is_dense(plan, k + 1, by_runs) => Access::Direct,
            Some(Source::Memory { is_lane: true, .. }) if self.repeats && k == 1 && by_runs && plan.inner_stride(2) == 0 => {
                Access::Repeated
            }
            Some(Source::Memory { .. }) if !by_runs && plan.is_periodic(k + 1) => Access::Periodic,
            _ => Access::Block,
        }
    }

    fn piece(&self, plan: &Plan, mut piece: Piece, access: [Access; 3], out_direct: bool, scratch: &mut Scratch) {
        let (count, at, first) = (piece.count(), *piece.at(), piece.first());
        for (k, (source, block)) in self.sources.iter().zip(&mut scratch.inputs).enumerate() {
            let Source::Memory { elements, dtype, load, .. } = source else { continue };
            if !matches!(access[k], Access::Block) {
                continue;
            }
            let (input, block) = (Input { plan, array: k + 1, elements, dtype: *dtype, load: *load }, block.lanes_mut(count));
            if !first.is_some_and(|first| input.read(first, &mut scratch.raw, block)) {
                gather(plan, k + 1, elements, *load, block, |visit| piece.for_each_run(visit));
            }
        }
        let input = |k: usize| -> &[T] {
            let length = match access[k] {
                Access::Block => return if k < self.sources.len() { scratch.inputs[k].lanes(count) } else { &[] },
                // Only pieces that are not of one run are periodic, and these know their first element.
                Access::Periodic => {
                    let phase = first.unwrap_or(0) % plan.inner();
                    return &scratch.inputs[k].lanes(phase + count)[phase..];
                }
                Access::Direct => count,
                Access::Repeated => 1,
            };
            match &self.sources[k] {
                Source::Memory { elements, .. } => elements.line(at[k + 1], 1, length).typed().as_slice().unwrap_or_default(),
                Source::Constant(x) => std::slice::from_ref(x),
            }
        };
        if self.divides && input(1).contains(&T::zeroed()) {
            self.divided_by_zero.store(true, Ordering::Relaxed);
        }
        if out_direct {
            (self.run)(input(0), input(1), input(2), piece.elements(), self.params);
        } else {
            let out = scratch.out.lanes_mut(count);
            (self.run)(input(0), input(1), input(2), out, self.params);
            match (self.keeps_dtype, is_dense(plan, 0, first.is_none())) {
                (true, true) => piece.elements().copy_from_slice(out),
                (true, false) => sheets::write(&mut piece, out),
                (false, _) => self.scatter(&mut piece, out),
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

/// Is an array contiguous within each piece?
fn is_dense(plan: &Plan, array: usize, by_runs: bool) -> bool {
    if by_runs { plan.inner_stride(array) == 1 } else { plan.is_linear(array) }
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
        let by_runs = plan.inner() >= MIN_RUN;
        let Source::Memory { elements, is_lane, load, .. } = &self.sources[0] else { return self.pieces(chunk, scratch) };
        let to_out = self.out_is_lane && is_dense(plan, 0, by_runs);
        let from_input = *is_lane && is_dense(plan, 1, by_runs);
        if !to_out && !from_input {
            return self.pieces(chunk, scratch);
        }
        chunk.for_each_piece(by_runs, usize::MAX, |mut piece| {
            if to_out {
                let (at, count, first) = (*piece.at(), piece.count(), piece.first());
                gather(plan, 1, elements, *load, piece.elements(), |visit| match first {
                    Some(first) => plan.for_each_run(first, count, visit),
                    None => visit(&at, count),
                });
            } else {
                let line = elements.line(piece.at()[1], 1, piece.count()).typed::<T>();
                self.scatter(&mut piece, line.as_slice().unwrap_or_default());
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
