//! What is folded, and how.

use std::marker::PhantomData;
use std::ops::{Add, Div};

use bytemuck::Pod;
use ferrotorch_kernel::dtype::{Bool, DType, Element, f16};

use crate::chunks;
use crate::element::{Ordered, Ring};
use crate::isa::Isa;
use crate::math::Float;
use crate::matmul::Source;
use crate::simd::Halves;

/// One reduction.
pub(crate) trait Fold: Sync {
    /// Elements.
    type In: Element;
    /// Results of an earlier pass over the same elements.
    type Context: Element;
    /// Accumulator.
    type Acc: Pod + Send + Sync;
    /// Result.
    type Out: Element;
    /// Do accumulators merge as quickly as elements join? Otherwise as few as can be are merged.
    const MERGES_QUICKLY: bool = false;

    /// The accumulator of no elements.
    fn start(&self) -> Self::Acc;
    /// An element joins; `context` is the output's value of an earlier pass, or zero.
    fn step<I: Isa>(&self, acc: Self::Acc, x: Self::In, context: Self::Context) -> Self::Acc;
    /// Two accumulators become one.
    fn merge(&self, a: Self::Acc, b: Self::Acc) -> Self::Acc;
    /// The result.
    fn finish(&self, acc: Self::Acc, context: Self::Context) -> Self::Out;

    /// Elements join an accumulator each.
    #[inline(always)]
    fn steps<I: Isa, const N: usize>(&self, accs: &mut [Self::Acc; N], x: &[Self::In; N], context: &[Self::Context; N]) {
        for i in 0..N {
            accs[i] = self.step::<I>(accs[i], x[i], context[i]);
        }
    }
    /// The accumulator of a long stretch of elements.
    #[inline(always)]
    fn fold<I: Isa>(&self, x: &[Self::In], context: Self::Context) -> Self::Acc {
        // Enough chains of steps to hide the latency of one, few enough to stay in registers.
        if const { size_of::<Self::Acc>() <= 4 } {
            by_lanes::<Self, I, { chunks::LONG }>(self, x, context)
        } else {
            by_lanes::<Self, I, { chunks::LONG / 2 }>(self, x, context)
        }
    }
}

/// The accumulator of a stretch, of `LANES` ones side by side. Not by [`chunks::fold`], for which a step is a function: one that is long
/// would be called, and what is called is compiled for any processor.
#[inline(always)]
fn by_lanes<F: Fold + ?Sized, I: Isa, const LANES: usize>(fold: &F, x: &[F::In], context: F::Context) -> F::Acc {
    let (blocks, rest) = x.as_chunks::<LANES>();
    let (few, last) = rest.as_chunks::<FEW>();
    let rest = if few.is_empty() {
        last.iter().fold(fold.start(), |acc, &x| fold.step::<I>(acc, x, context))
    } else {
        of_few::<F, I>(fold, few, last, context)
    };
    if blocks.is_empty() { rest } else { fold.merge(of_blocks::<F, I, LANES>(fold, blocks, context), rest) }
}

/// Blocks whose elements join one accumulator after the other, where accumulators merge as quickly: the error of a float32 sum grows with
/// their number.
const DEPTH: usize = 16;

#[inline(always)]
fn of_blocks<F: Fold + ?Sized, I: Isa, const LANES: usize>(fold: &F, blocks: &[[F::In; LANES]], context: F::Context) -> F::Acc {
    let merge = |a, b| fold.merge(a, b);
    if const { !F::MERGES_QUICKLY } {
        return chunks::merged(in_lanes::<F, I, LANES>(fold, blocks, context), &merge);
    }
    let mut total = [fold.start(); LANES];
    for part in blocks.chunks(DEPTH) {
        let lanes = in_lanes::<F, I, LANES>(fold, part, context);
        for i in 0..LANES {
            total[i] = fold.merge(total[i], lanes[i]);
        }
    }
    chunks::merged(total, &merge)
}

#[inline(always)]
fn in_lanes<F: Fold + ?Sized, I: Isa, const LANES: usize>(
    fold: &F,
    blocks: &[[F::In; LANES]],
    context: F::Context,
) -> [F::Acc; LANES] {
    let (mut lanes, contexts) = ([fold.start(); LANES], [context; LANES]);
    for x in blocks {
        fold.steps::<I, LANES>(&mut lanes, x, &contexts);
    }
    lanes
}

/// Lanes of what is left behind the blocks.
pub(super) const FEW: usize = 16;

/// The accumulator of a stretch in a few lanes. The elements behind the last block join lanes of their own, not one another: so none
/// waits for the one before, and the others stay in registers. Products of complex numbers would wait longer for the lanes to merge.
#[inline(always)]
pub(super) fn of_few<F: Fold + ?Sized, I: Isa>(fold: &F, blocks: &[[F::In; FEW]], last: &[F::In], context: F::Context) -> F::Acc {
    let mut lanes = in_lanes::<F, I, FEW>(fold, blocks, context);
    if const { F::In::DTYPE.is_complex() && !F::MERGES_QUICKLY } {
        let rest = last.iter().fold(fold.start(), |acc, &x| fold.step::<I>(acc, x, context));
        return fold.merge(chunks::merged(lanes, &|a, b| fold.merge(a, b)), rest);
    }
    if !last.is_empty() {
        let mut behind = [fold.start(); FEW];
        for (lane, &x) in behind.iter_mut().zip(last) {
            *lane = fold.step::<I>(*lane, x, context);
        }
        for i in 0..FEW {
            lanes[i] = fold.merge(lanes[i], behind[i]);
        }
    }
    chunks::merged(lanes, &|a, b| fold.merge(a, b))
}

/// A fold in float32 over elements of a half type, widened in registers.
pub(crate) struct Widened<F, S> {
    fold: F,
    element: PhantomData<fn() -> S>,
}

impl<F, S> Widened<F, S> {
    pub(crate) const fn new(fold: F) -> Self {
        Widened { fold, element: PhantomData }
    }
}

impl<F: Fold<In = f32>, S: Source<f32>> Fold for Widened<F, S> {
    type In = S;
    type Context = F::Context;
    type Acc = F::Acc;
    type Out = F::Out;
    const MERGES_QUICKLY: bool = F::MERGES_QUICKLY;
    #[inline(always)]
    fn start(&self) -> F::Acc {
        self.fold.start()
    }
    #[inline(always)]
    fn step<I: Isa>(&self, acc: F::Acc, x: S, context: F::Context) -> F::Acc {
        self.fold.step::<I>(acc, x.widen(), context)
    }
    #[inline(always)]
    fn merge(&self, a: F::Acc, b: F::Acc) -> F::Acc {
        self.fold.merge(a, b)
    }
    #[inline(always)]
    fn finish(&self, acc: F::Acc, context: F::Context) -> F::Out {
        self.fold.finish(acc, context)
    }
    #[inline(always)]
    fn steps<I: Isa, const N: usize>(&self, accs: &mut [F::Acc; N], x: &[S; N], context: &[F::Context; N]) {
        self.fold.steps::<I, N>(accs, &widened(x), context);
    }
    #[inline(always)]
    fn fold<I: Isa>(&self, x: &[S], context: F::Context) -> F::Acc {
        let (blocks, rest) = x.as_chunks::<{ chunks::LONG }>();
        let mut accs = [self.start(); chunks::LONG];
        for block in blocks {
            self.fold.steps::<I, { chunks::LONG }>(&mut accs, &widened(block), &[context; chunks::LONG]);
        }
        let merge = |a, b| self.merge(a, b);
        let rest = chunks::fold_short(rest, self.start(), |acc, x| self.step::<I>(acc, x, context), merge);
        self.merge(chunks::merged(accs, &merge), rest)
    }
}

/// Elements of a half type in float32; float16 with the instructions for it, where there are any.
#[inline(always)]
fn widened<S: Source<f32>, const N: usize>(x: &[S; N]) -> [f32; N] {
    let mut wide = [0.0; N];
    let done = match Halves::here() {
        Some(halves) if S::DTYPE == DType::Float16 => {
            let (blocks, _) = bytemuck::cast_slice::<S, f16>(x).as_chunks::<16>();
            blocks.iter().zip(wide.as_chunks_mut::<16>().0).for_each(|(x, wide)| *wide = halves.widen_few(x));
            16 * blocks.len()
        }
        _ => 0,
    };
    for i in done..N {
        wide[i] = x[i].widen();
    }
    wide
}

macro_rules! marker {
    ($($name:ident),*) => { $(
        /// See its [`Fold`].
        pub(crate) struct $name<T>(PhantomData<T>);
        impl<T> $name<T> {
            pub(crate) const NEW: Self = $name(PhantomData);
        }
    )* };
}

marker! { Sum, Prod, CountNonzero, LogSumExp }

impl<T: Ring> Fold for Sum<T> {
    type In = T;
    type Context = T;
    type Acc = T;
    type Out = T;
    const MERGES_QUICKLY: bool = true;
    #[inline(always)]
    fn start(&self) -> T {
        T::zeroed()
    }
    #[inline(always)]
    fn step<I: Isa>(&self, acc: T, x: T, _: T) -> T {
        acc.plus(x)
    }
    #[inline(always)]
    fn merge(&self, a: T, b: T) -> T {
        a.plus(b)
    }
    #[inline(always)]
    fn finish(&self, acc: T, _: T) -> T {
        acc
    }
}

impl<T: Ring> Fold for Prod<T> {
    type In = T;
    type Context = T;
    type Acc = T;
    type Out = T;
    #[inline(always)]
    fn start(&self) -> T {
        T::UNIT
    }
    #[inline(always)]
    fn step<I: Isa>(&self, acc: T, x: T, _: T) -> T {
        acc.times(x)
    }
    #[inline(always)]
    fn merge(&self, a: T, b: T) -> T {
        a.times(b)
    }
    #[inline(always)]
    fn finish(&self, acc: T, _: T) -> T {
        acc
    }
}

/// Sum over count.
pub(crate) struct Mean<T>(T);

impl<T> Mean<T> {
    pub(crate) fn new(count: T) -> Self {
        Mean(count)
    }
}

impl<T: Ring + Add<Output = T> + Div<Output = T>> Fold for Mean<T> {
    type In = T;
    type Context = T;
    type Acc = T;
    type Out = T;
    const MERGES_QUICKLY: bool = true;
    #[inline(always)]
    fn start(&self) -> T {
        T::zeroed()
    }
    #[inline(always)]
    fn step<I: Isa>(&self, acc: T, x: T, _: T) -> T {
        acc + x
    }
    #[inline(always)]
    fn merge(&self, a: T, b: T) -> T {
        a + b
    }
    #[inline(always)]
    fn finish(&self, acc: T, _: T) -> T {
        acc / self.0
    }
}

/// The largest, or the smallest. NaN wins, and stays: nothing compares above it.
pub(crate) struct Extremum<T, const LARGEST: bool>(PhantomData<T>);
pub(crate) type Largest<T> = Extremum<T, true>;
pub(crate) type Smallest<T> = Extremum<T, false>;

impl<T: Ordered + Limits, const LARGEST: bool> Extremum<T, LARGEST> {
    pub(crate) const NEW: Self = Extremum(PhantomData);

    #[inline(always)]
    fn better(acc: T, x: T) -> T {
        // The first choice is one instruction.
        let best = if if LARGEST { x.above(acc) } else { acc.above(x) } { x } else { acc };
        if x.is_nan() { x } else { best }
    }
}

impl<T: Ordered + Limits, const LARGEST: bool> Fold for Extremum<T, LARGEST> {
    type In = T;
    type Context = T;
    type Acc = T;
    type Out = T;
    #[inline(always)]
    fn start(&self) -> T {
        if LARGEST { T::LEAST } else { T::GREATEST }
    }
    #[inline(always)]
    fn step<I: Isa>(&self, acc: T, x: T, _: T) -> T {
        Self::better(acc, x)
    }
    #[inline(always)]
    fn merge(&self, a: T, b: T) -> T {
        Self::better(a, b)
    }
    #[inline(always)]
    fn finish(&self, acc: T, _: T) -> T {
        acc
    }
}

/// The ends of a type's order, and plain comparison.
pub(crate) trait Limits: Copy {
    /// Nothing is below.
    const LEAST: Self;
    /// Nothing is above, but for NaN.
    const GREATEST: Self;
    /// `self > other`; false with NaN.
    fn above(self, other: Self) -> bool;
}

macro_rules! limits {
    ($($t:ty: $least:expr, $greatest:expr);* $(;)?) => { $(impl Limits for $t {
        const LEAST: Self = $least;
        const GREATEST: Self = $greatest;
        #[inline(always)]
        fn above(self, other: Self) -> bool { self > other }
    })* };
}

limits! {
    u8: u8::MIN, u8::MAX; i8: i8::MIN, i8::MAX; i16: i16::MIN, i16::MAX; i32: i32::MIN, i32::MAX; i64: i64::MIN, i64::MAX;
    f32: f32::NEG_INFINITY, f32::INFINITY; f64: f64::NEG_INFINITY, f64::INFINITY;
}

impl Limits for Bool {
    const LEAST: Self = Bool(0);
    const GREATEST: Self = Bool(1);
    #[inline(always)]
    fn above(self, other: Self) -> bool {
        self.get() && !other.get()
    }
}

/// Are all of the elements true, or any? Any dtype comes in.
pub(crate) struct Truth<T, const ALL: bool>(PhantomData<T>);
pub(crate) type All<T> = Truth<T, true>;
pub(crate) type Any<T> = Truth<T, false>;

impl<T: Element, const ALL: bool> Truth<T, ALL> {
    pub(crate) const NEW: Self = Truth(PhantomData);

    /// Both are 0 or 1.
    #[inline(always)]
    fn join(a: u8, b: u8) -> u8 {
        if ALL { a & b } else { a | b }
    }
}

impl<T: Element, const ALL: bool> Fold for Truth<T, ALL> {
    type In = T;
    type Context = T;
    type Acc = u8;
    type Out = Bool;
    #[inline(always)]
    fn start(&self) -> u8 {
        u8::from(ALL)
    }
    #[inline(always)]
    fn step<I: Isa>(&self, acc: u8, x: T, _: T) -> u8 {
        Self::join(acc, u8::from(x != T::zeroed()))
    }
    #[inline(always)]
    fn merge(&self, a: u8, b: u8) -> u8 {
        Self::join(a, b)
    }
    #[inline(always)]
    fn finish(&self, acc: u8, _: T) -> Bool {
        Bool::new(acc != 0)
    }
}

impl<T: Element> Fold for CountNonzero<T> {
    type In = T;
    type Context = T;
    type Acc = i64;
    type Out = i64;
    #[inline(always)]
    fn start(&self) -> i64 {
        0
    }
    #[inline(always)]
    fn step<I: Isa>(&self, acc: i64, x: T, _: T) -> i64 {
        acc + (x != T::zeroed()) as i64
    }
    #[inline(always)]
    fn merge(&self, a: i64, b: i64) -> i64 {
        a + b
    }
    #[inline(always)]
    fn finish(&self, acc: i64, _: T) -> i64 {
        acc
    }
}

/// Sum over count, in double precision.
pub(crate) struct WideMean<T> {
    pub(crate) count: f64,
    pub(crate) element: PhantomData<T>,
}

impl<T: Float> Fold for WideMean<T> {
    type In = T;
    type Context = T;
    type Acc = f64;
    type Out = f64;
    #[inline(always)]
    fn start(&self) -> f64 {
        0.0
    }
    #[inline(always)]
    fn step<I: Isa>(&self, acc: f64, x: T, _: T) -> f64 {
        acc + x.wide()
    }
    #[inline(always)]
    fn merge(&self, a: f64, b: f64) -> f64 {
        a + b
    }
    #[inline(always)]
    fn finish(&self, acc: f64, _: T) -> f64 {
        acc / self.count
    }
}

/// Sum of squared distances from the mean (the context), over a divisor; or the square root of that. In double precision, for
/// distances from a mean that is itself rounded to float32 say little where they are small against it.
pub(crate) struct Spread<T> {
    pub(crate) divisor: f64,
    pub(crate) sqrt: bool,
    pub(crate) element: PhantomData<T>,
}

impl<T: Float> Fold for Spread<T> {
    type In = T;
    type Context = f64;
    type Acc = f64;
    type Out = f64;
    #[inline(always)]
    fn start(&self) -> f64 {
        0.0
    }
    #[inline(always)]
    fn step<I: Isa>(&self, acc: f64, x: T, mean: f64) -> f64 {
        let distance = x.wide() - mean;
        acc + distance * distance
    }
    #[inline(always)]
    fn merge(&self, a: f64, b: f64) -> f64 {
        a + b
    }
    #[inline(always)]
    fn finish(&self, acc: f64, _: f64) -> f64 {
        let variance = acc / self.divisor;
        if self.sqrt { variance.sqrt() } else { variance }
    }
}

/// `log(sum(exp(x - largest))) + largest`, the largest being the context. Where it is infinite it is the answer, or the
/// sum is.
impl<T: Float> Fold for LogSumExp<T> {
    type In = T;
    type Context = T;
    type Acc = T;
    type Out = T;
    #[inline(always)]
    fn start(&self) -> T {
        T::ZERO
    }
    #[inline(always)]
    fn step<I: Isa>(&self, acc: T, x: T, largest: T) -> T {
        acc + (x - finite(largest)).exp::<I>()
    }
    #[inline(always)]
    fn merge(&self, a: T, b: T) -> T {
        a + b
    }
    #[inline(always)]
    fn finish(&self, acc: T, largest: T) -> T {
        acc.log::<crate::isa::Baseline>() + finite(largest)
    }
}

#[inline(always)]
fn finite<T: Float>(x: T) -> T {
    if x.abs() == T::INFINITY { T::ZERO } else { x }
}
