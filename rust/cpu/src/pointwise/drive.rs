//! Drives a loop over arrays of any strides and dtypes.
//!
//! The arrays are walked in pieces. An input that is contiguous within a piece and has the lane's dtype is used where
//! it lies; any other is converted into a block of scratch memory first, and a result that cannot be stored directly
//! is computed into a block and converted from there. So strides and mixed dtypes cost a pass through the L1 cache.

use std::cell::Cell;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use bytemuck::Zeroable;
use ferrotorch_kernel::dtype::DType;
use ferrotorch_kernel::{Array, Operand, Result, Scalar, bail, ensure};
use smallvec::{SmallVec, smallvec};

use super::kernel::{Loop, Params};
use crate::convert::{Loader, Storer};
use crate::host;
use crate::lane::Lane;
use crate::parallel::{Cost, for_each_chunk};
use crate::plan::{Offsets, Plan};

/// Bytes of a block; the blocks of a call fit into half of the smallest usual L1 cache.
const BLOCK_BYTES: usize = 4096;
/// Shorter innermost dimensions are gathered into blocks rather than walked one by one.
const MIN_RUN: usize = 128;

/// A call of a pointwise op.
pub(super) struct Call<'a, T> {
    pub(super) name: &'static str,
    pub(super) compute: DType,
    pub(super) inputs: &'a [Operand],
    pub(super) out: &'a Array,
    pub(super) params: &'a Params<T>,
    pub(super) facts: Facts,
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
    let cost = if call.facts.heavy { Cost::functions(1) } else { Cost::streamed(1) };
    if let Some(done) = drive_small(call, run, cost) {
        return done;
    }
    let walk = Walk::new(call, run)?;
    for_each_chunk(walk.plan.numel(), cost, |range| with_scratch(|scratch| walk.pieces(range, scratch)));
    if walk.divided_by_zero.load(Ordering::Relaxed) { division_by_zero() } else { Ok(()) }
}

/// Copies an array into one of another dtype, whose lane is `T`.
pub(super) fn convert<T: Lane>(input: &[Operand], out: &Array) -> Result<()> {
    if out.layout.numel() == 0 {
        return Ok(());
    }
    let params = &[T::zeroed(); 3];
    let call = Call { name: "copy", compute: out.dtype, inputs: input, out, params, facts: Facts::default() };
    let walk = Walk::new(&call, identity::<T>)?;
    for_each_chunk(walk.plan.numel(), Cost::streamed(1), |range| with_scratch(|scratch| walk.convert(range, scratch)));
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
    let (out, n) = host::dense_ptr::<O>(call.out)?;
    let fits_block = n <= Walk::<T, O>::BLOCK;
    if !cost.is_for_one_thread(n) || call.facts.divides || !call.out.storage.as_host()?.is_writable() {
        return None;
    }
    let out_bytes = out.addr()..out.addr() + n * size_of::<O>();
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
                    let (ptr, _) = host::dense_ptr::<T>(array)?;
                    is_apart &= ptr.addr() >= out_bytes.end || ptr.addr() + n * size_of::<T>() <= out_bytes.start;
                    // SAFETY: `dense_ptr` found `n` elements there; they are not written to while the slice is used.
                    unsafe { std::slice::from_raw_parts(ptr, n) }
                }
                _ => return None,
            };
        }
        let [a, b, c] = slices;
        if is_apart {
            // SAFETY: `dense_ptr` found `n` elements there, which no input shares and the call alone writes to.
            let out = unsafe { std::slice::from_raw_parts_mut(out, n) };
            run(a, b, c, out, call.params);
        } else if fits_block {
            let block = scratch.out.lanes_mut(n);
            run(a, b, c, block, call.params);
            // SAFETY: as above; the inputs have been read.
            unsafe { std::ptr::copy_nonoverlapping(block.as_ptr(), out, n) };
        } else {
            return None;
        }
        Some(Ok(()))
    })
}

/// Do two arrays share memory?
fn overlap(a: &Array, b: &Array) -> bool {
    let bytes = |array: &Array| {
        let (span, size) = (array.layout.span(), array.dtype.size());
        let start = array.storage.as_host().map_or(0, |buffer| buffer.as_ptr().addr());
        start + span.start * size..start + span.end * size
    };
    let (a, b) = (bytes(a), bytes(b));
    a.start < b.end && b.start < a.end
}

/// Where an input's elements come from.
enum Source<T> {
    /// One number.
    Constant(T),
    /// Memory, and how its elements become lanes.
    Memory { ptr: *const u8, size: usize, is_lane: bool, load: Loader<T> },
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

/// Elements that follow one another in the walk.
struct Piece {
    /// Where the first lies in each array.
    at: Offsets,
    count: usize,
    /// The number of the first, where the elements are not all of one run.
    first: Option<usize>,
}

/// A call in the order of its walk.
struct Walk<'a, T: Lane, O: Lane> {
    plan: Plan,
    run: Loop<T, O>,
    params: &'a Params<T>,
    sources: SmallVec<[Source<T>; 3]>,
    out: *mut u8,
    out_size: usize,
    store: Storer<O>,
    /// May results be computed where they belong? Not if they need conversion, or an input lies there: loops read and
    /// write through slices, which must not overlap.
    out_is_lane: bool,
    /// May the second input be one element that stands for all?
    repeats: bool,
    /// Is a zero among the second input's elements an error, and has one been seen?
    divides: bool,
    divided_by_zero: AtomicBool,
}

// SAFETY: the pointers reach into arrays that the call borrows; inputs are only read, and threads write disjoint
// ranges of the output (`for_each_chunk` hands out disjoint ranges, and no element of an output has two numbers).
unsafe impl<T: Lane, O: Lane> Sync for Walk<'_, T, O> {}

impl<'a, T: Lane, O: Lane> Walk<'a, T, O> {
    fn new(call: &Call<'a, T>, run: Loop<T, O>) -> Result<Self> {
        // Of numbers.
        let zeros: SmallVec<[isize; 8]> = smallvec![0; call.out.layout.ndim()];
        let mut strides: SmallVec<[&[isize]; 4]> = SmallVec::new();
        strides.push(call.out.layout.strides());
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
        host::check_output(call.out)?;
        let plan = Plan::new(call.out.shape(), &strides);
        let sources = call.inputs.iter().enumerate().map(|(k, input)| source(call, &plan, k, input)).collect::<Result<_>>()?;
        let is_apart = !call.inputs.iter().filter_map(Operand::optional).any(|array| overlap(array, call.out));
        Ok(Walk {
            plan,
            run,
            params: call.params,
            sources,
            out: host::checked_bytes(call.out, call.out.dtype.size())?,
            out_size: call.out.dtype.size(),
            store: O::storer(call.out.dtype),
            out_is_lane: call.out.dtype == O::DTYPE && is_apart,
            repeats: call.facts.repeats,
            divides: call.facts.divides,
            divided_by_zero: AtomicBool::new(false),
        })
    }

    /// Elements that fit into a block.
    const BLOCK: usize = BLOCK_BYTES / if size_of::<T>() > size_of::<O>() { size_of::<T>() } else { size_of::<O>() };

    /// Is an array contiguous within each piece?
    fn is_dense(&self, array: usize, by_runs: bool) -> bool {
        if by_runs { self.plan.inner_stride(array) == 1 } else { self.plan.is_linear(array) }
    }

    /// Computes the elements of a range, piece by piece.
    fn pieces(&self, range: Range<usize>, scratch: &mut Scratch) {
        let by_runs = self.plan.inner() >= MIN_RUN;
        let access: [Access; 3] = std::array::from_fn(|k| self.access(k, by_runs));
        let out_direct = self.out_is_lane && self.is_dense(0, by_runs);
        let uses_blocks = !out_direct || (0..self.sources.len()).any(|k| matches!(access[k], Access::Block));
        let longest = match access.iter().any(|access| matches!(access, Access::Periodic)) {
            true => Self::BLOCK - self.plan.inner(),
            false if uses_blocks => Self::BLOCK,
            false => usize::MAX,
        };
        self.fill_constants(range.len().min(Self::BLOCK), scratch);
        self.fill_periodic(access, scratch);
        if by_runs {
            self.plan.for_each_run(range.start, range.len(), |at, run| {
                for first in (0..run).step_by(longest) {
                    let at = std::array::from_fn(|k| at[k] + first as isize * self.plan.inner_stride(k));
                    let piece = Piece { at, count: longest.min(run - first), first: None };
                    self.piece(&piece, access, out_direct, scratch);
                }
            });
            return;
        }
        for start in range.clone().step_by(longest) {
            let piece = Piece { at: self.plan.offsets(start), count: longest.min(range.end - start), first: Some(start) };
            self.piece(&piece, access, out_direct, scratch);
        }
    }

    fn fill_constants(&self, count: usize, scratch: &mut Scratch) {
        for (source, block) in self.sources.iter().zip(&mut scratch.inputs) {
            if let Source::Constant(x) = source {
                block.lanes_mut(count).fill(*x);
            }
        }
    }

    /// Fills blocks with the elements of the walk's beginning, where an input repeats them.
    fn fill_periodic(&self, access: [Access; 3], scratch: &mut Scratch) {
        let count = self.plan.numel().min(Self::BLOCK);
        let start = Piece { at: Offsets::default(), count, first: Some(0) };
        for (k, (source, block)) in self.sources.iter().zip(&mut scratch.inputs).enumerate() {
            if let (Access::Periodic, &Source::Memory { ptr, size, load, .. }) = (access[k], source) {
                self.gather(k + 1, ptr, size, load, &start, block.lanes_mut(count));
            }
        }
    }

    /// How a piece gets the elements of an input.
    fn access(&self, k: usize, by_runs: bool) -> Access {
        match self.sources.get(k) {
            Some(Source::Constant(_)) if self.repeats && k == 1 => Access::Repeated,
            Some(Source::Memory { is_lane: true, .. }) if self.is_dense(k + 1, by_runs) => Access::Direct,
            Some(Source::Memory { is_lane: true, .. }) if self.repeats && k == 1 && by_runs && self.plan.inner_stride(2) == 0 => {
                Access::Repeated
            }
            Some(Source::Memory { .. }) if !by_runs && self.plan.is_periodic(k + 1) => Access::Periodic,
            _ => Access::Block,
        }
    }

    fn piece(&self, piece: &Piece, access: [Access; 3], out_direct: bool, scratch: &mut Scratch) {
        let count = piece.count;
        for (k, (source, block)) in self.sources.iter().zip(&mut scratch.inputs).enumerate() {
            if let Source::Memory { ptr, size, load, .. } = *source
                && matches!(access[k], Access::Block)
            {
                self.gather(k + 1, ptr, size, load, piece, block.lanes_mut(count));
            }
        }
        let input = |k: usize| -> &[T] {
            let length = match access[k] {
                Access::Block => return if k < self.sources.len() { scratch.inputs[k].lanes(count) } else { &[] },
                // Only pieces that are not of one run are periodic, and these know their first element.
                Access::Periodic => {
                    let phase = piece.first.unwrap_or(0) % self.plan.inner();
                    return &scratch.inputs[k].lanes(phase + count)[phase..];
                }
                Access::Direct => count,
                Access::Repeated => 1,
            };
            match &self.sources[k] {
                // SAFETY: direct arrays are contiguous within the piece and hold lanes, of a repeated one the first is taken;
                // `source` checked alignment and bounds of the whole array.
                Source::Memory { ptr, size, .. } => unsafe {
                    std::slice::from_raw_parts(ptr.offset(piece.at[k + 1] * *size as isize).cast(), length)
                },
                Source::Constant(x) => std::slice::from_ref(x),
            }
        };
        if self.divides && input(1).contains(&T::zeroed()) {
            self.divided_by_zero.store(true, Ordering::Relaxed);
        }
        if out_direct {
            // SAFETY: results can be computed in place, and no other piece has these elements.
            let out = unsafe { self.direct_out(piece) };
            (self.run)(input(0), input(1), input(2), out, self.params);
        } else {
            let out = scratch.out.lanes_mut(count);
            (self.run)(input(0), input(1), input(2), out, self.params);
            self.scatter(piece, out);
        }
    }

    /// The memory of elements of the output.
    ///
    /// # Safety
    /// The output is dense over these elements and made of lanes, and nobody else uses them.
    #[allow(clippy::mut_from_ref)]
    unsafe fn direct_out(&self, piece: &Piece) -> &mut [O] {
        let offset = piece.at[0] * self.out_size as isize;
        // SAFETY: as the caller promises; `Walk::new` checked alignment and bounds of the whole array.
        unsafe { std::slice::from_raw_parts_mut(self.out.offset(offset).cast(), piece.count) }
    }

    /// Reads a piece of an input into a block.
    fn gather(&self, array: usize, ptr: *const u8, size: usize, load: Loader<T>, piece: &Piece, block: &mut [T]) {
        let stride = self.plan.inner_stride(array);
        let mut rest = block;
        self.for_each_run(piece, |at, run| {
            let (part, behind) = std::mem::take(&mut rest).split_at_mut(run);
            // SAFETY: `source` checked that every element of the layout can be reached from the array's pointer.
            unsafe { load(ptr.offset(at[array] * size as isize), stride, part) };
            rest = behind;
        });
    }

    /// Writes a block to a piece of the output.
    fn scatter(&self, piece: &Piece, block: &[O]) {
        let stride = self.plan.inner_stride(0);
        let mut rest = block;
        self.for_each_run(piece, |at, run| {
            let (part, behind) = rest.split_at(run);
            // SAFETY: `Walk::new` checked the output's layout as `source` does; no other piece has these elements.
            unsafe { (self.store)(part, self.out.offset(at[0] * self.out_size as isize), stride) };
            rest = behind;
        });
    }

    /// The runs of a piece.
    fn for_each_run(&self, piece: &Piece, mut visit: impl FnMut(&Offsets, usize)) {
        match piece.first {
            Some(first) => self.plan.for_each_run(first, piece.count, visit),
            None => visit(&piece.at, piece.count),
        }
    }
}

impl<T: Lane> Walk<'_, T, T> {
    /// Copies the elements of a range, converting them: from where they lie, or to where they belong, if one of the two
    /// can be had without a block.
    fn convert(&self, range: Range<usize>, scratch: &mut Scratch) {
        let by_runs = self.plan.inner() >= MIN_RUN;
        let Source::Memory { ptr, size, is_lane, load } = self.sources[0] else { return self.pieces(range, scratch) };
        let (to_out, from_input) = (self.out_is_lane && self.is_dense(0, by_runs), is_lane && self.is_dense(1, by_runs));
        if !to_out && !from_input {
            return self.pieces(range, scratch);
        }
        let copy = |piece: &Piece| {
            if to_out {
                // SAFETY: the output is dense within the piece and made of lanes; no other chunk has these elements.
                self.gather(1, ptr, size, load, piece, unsafe { self.direct_out(piece) });
            } else {
                let first = ptr.wrapping_offset(piece.at[1] * size as isize).cast::<T>();
                // SAFETY: the input is dense within the piece and made of lanes; `source` checked alignment and bounds.
                self.scatter(piece, unsafe { std::slice::from_raw_parts(first, piece.count) });
            }
        };
        if by_runs {
            self.plan.for_each_run(range.start, range.len(), |&at, count| copy(&Piece { at, count, first: None }));
        } else {
            copy(&Piece { at: self.plan.offsets(range.start), count: range.len(), first: Some(range.start) });
        }
    }
}

fn source<T: Lane>(call: &Call<T>, plan: &Plan, k: usize, input: &Operand) -> Result<Source<T>> {
    let array = match input {
        Operand::Scalar(x) => return Ok(Source::Constant(number(call, *x))),
        Operand::Array(array) => array,
        Operand::None => bail!(Runtime, "{}(): an input is missing", call.name),
    };
    let ptr = host::checked_bytes(array, array.dtype.size())?.cast_const();
    let load = T::loader(array.dtype);
    if plan.is_constant(k + 1) {
        let mut value = [T::zeroed()];
        // SAFETY: `checked_bytes` checked alignment and bounds, and the array is not empty.
        unsafe { load(ptr, 0, &mut value) };
        return Ok(Source::Constant(value[0]));
    }
    Ok(Source::Memory { ptr, size: array.dtype.size(), is_lane: array.dtype == T::DTYPE, load })
}

/// A number as a lane.
fn number<T: Lane>(call: &Call<T>, x: Scalar) -> T {
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
