//! Fills a dense array, in the order of memory, with samples of one distribution.

use ferrotorch_kernel::dtype::{Element, bf16, f16};
use ferrotorch_kernel::random::{Engine, Mt19937};

use super::box_muller::{self, BLOCK};
use super::uniform::{Uniform32, unit_f32, unit_f64};
use crate::isa::{Isa, Level};
use crate::parallel::{self, Cost};
use crate::simd::{self, SimdLoop};

/// Draws that are made at once; they stay in the first-level cache.
const CHUNK: usize = 1024;

/// `out[i] = f(bits)` with 32 bits an element.
pub(super) fn from_u32<T: Element>(twister: &mut Mt19937, out: &mut [T], f: impl Fn(u32) -> T) {
    let mut bits = [0u32; CHUNK];
    for chunk in out.chunks_mut(CHUNK) {
        let bits = &mut bits[..chunk.len()];
        twister.fill(bits);
        simd::run(Map { from: bits, to: chunk, f: &f });
    }
}

/// `to[i] = f(from[i])` with the vectors of the processor.
struct Map<'a, A, B, F> {
    from: &'a [A],
    to: &'a mut [B],
    f: &'a F,
}

impl<A: Copy, B, F: Fn(A) -> B> SimdLoop for Map<'_, A, B, F> {
    type Output = ();
    const WIDEST: Level = Level::Avx2;

    #[inline(always)]
    fn run<I: Isa>(self) {
        self.to.iter_mut().zip(self.from).for_each(|(to, &from)| *to = (self.f)(from));
    }
}

/// `out[i] = f(bits)` with 64 bits an element, the first draw on top.
pub(super) fn from_u64<T: Element>(twister: &mut Mt19937, out: &mut [T], f: impl Fn(u64) -> T) {
    let mut bits = [0u32; CHUNK];
    for chunk in out.chunks_mut(CHUNK / 2) {
        let bits = &mut bits[..2 * chunk.len()];
        twister.fill(bits);
        for (o, pair) in chunk.iter_mut().zip(bits.chunks_exact(2)) {
            *o = f((pair[0] as u64) << 32 | pair[1] as u64);
        }
    }
}

/// `out[i] = f(u)` with `u` a float64 of `[0, 1)`, however narrow the dtype is.
pub(super) fn from_unit<T: Element>(engine: &mut Engine, out: &mut [T], f: impl Fn(f64) -> T) {
    from_u64(&mut engine.twister, out, |bits| f(unit_f64(bits)));
}

/// Uniform on `[low, high)` for dtypes that use 32 bits an element.
pub(super) fn uniform32<T: Uniform32>(engine: &mut Engine, out: &mut [T], low: f64, high: f64) {
    from_u32(&mut engine.twister, out, |bits| T::scale(bits, low as f32, high as f32));
}

/// Uniform on `[low, high)` in float64.
pub(super) fn uniform64(engine: &mut Engine, out: &mut [f64], low: f64, high: f64) {
    from_unit(engine, out, |u| u.mul_add(high - low, low));
}

/// Dtypes that normal samples are stored in.
pub(super) trait Normal: Element {
    /// Fills `out`, of at least [`BLOCK`] elements, with blocks; a last partial block is made whole by drawing the last
    /// [`BLOCK`] elements anew.
    fn blocks(twister: &mut Mt19937, out: &mut [Self], mean: f64, std: f64);
    /// Rounds.
    fn round(x: f64) -> Self;
}

impl Normal for f32 {
    fn blocks(twister: &mut Mt19937, out: &mut [f32], mean: f64, std: f64) {
        fill_blocks(twister, out, |blocks| box_muller::transform_f32(blocks, mean as f32, std as f32));
    }
    fn round(x: f64) -> f32 {
        x as f32
    }
}

impl Normal for f64 {
    fn blocks(twister: &mut Mt19937, out: &mut [f64], mean: f64, std: f64) {
        fill_blocks(twister, out, |blocks| box_muller::transform_f64(blocks, mean, std));
    }
    fn round(x: f64) -> f64 {
        x
    }
}

impl Normal for f16 {
    fn blocks(twister: &mut Mt19937, out: &mut [f16], mean: f64, std: f64) {
        fill_half_blocks(twister, out, mean, std, f16::from_f32);
    }
    fn round(x: f64) -> f16 {
        f16::from_f32(x as f32)
    }
}

impl Normal for bf16 {
    fn blocks(twister: &mut Mt19937, out: &mut [bf16], mean: f64, std: f64) {
        fill_half_blocks(twister, out, mean, std, bf16::from_f32);
    }
    fn round(x: f64) -> bf16 {
        bf16::from_f32(x as f32)
    }
}

/// Draws, one after the other, come to where the samples will be; then threads share what is computed of them.
fn fill_blocks<T: Element>(twister: &mut Mt19937, out: &mut [T], transform: impl Fn(&mut [[T; BLOCK]]) + Sync) {
    let draw =
        |twister: &mut Mt19937, blocks: &mut [[T; BLOCK]]| twister.fill(bytemuck::cast_slice_mut(blocks.as_flattened_mut()));
    let (blocks, rest) = out.as_chunks_mut::<BLOCK>();
    draw(twister, blocks);
    parallel::for_each_chunk_mut(blocks, Cost::functions(4 * BLOCK), |_, blocks| transform(blocks));
    if rest.is_empty() {
        return;
    }
    // Numbers for the partial block have been drawn when it is made whole.
    let words = size_of_val(rest) / size_of::<u32>();
    (0..words).for_each(|_| _ = twister.next_u32());
    if let Some(last) = out.last_chunk_mut::<BLOCK>() {
        let last = std::slice::from_mut(last);
        draw(twister, last);
        transform(last);
    }
}

/// Unlike in float32, no numbers are drawn for a partial block before it is made whole.
fn fill_half_blocks<T: Element>(twister: &mut Mt19937, out: &mut [T], mean: f64, std: f64, round: fn(f32) -> T) {
    let mut samples = [[0f32; BLOCK]; CHUNK / BLOCK];
    let mut fill = |out: &mut [[T; BLOCK]]| {
        let samples = &mut samples[..out.len()];
        twister.fill(bytemuck::cast_slice_mut(samples.as_flattened_mut()));
        box_muller::transform_f32(samples, mean as f32, std as f32);
        out.as_flattened_mut().iter_mut().zip(samples.as_flattened()).for_each(|(out, &x)| *out = round(x));
    };
    let (blocks, rest) = out.as_chunks_mut::<BLOCK>();
    blocks.chunks_mut(CHUNK / BLOCK).for_each(&mut fill);
    if !rest.is_empty()
        && let Some(last) = out.last_chunk_mut::<BLOCK>()
    {
        fill(std::slice::from_mut(last));
    }
}

/// One normal sample by the scalar Box-Muller transform, whose second half waits in the engine for the next call.
pub(super) fn normal_sample(engine: &mut Engine, mean: f64, std: f64) -> f64 {
    let sample = match engine.next_normal_f64.take() {
        Some(sample) => sample,
        None => {
            let angle = 2.0 * std::f64::consts::PI * unit_f64(engine.twister.next_u64());
            let radius = (-2.0 * (-unit_f64(engine.twister.next_u64())).ln_1p()).sqrt();
            engine.next_normal_f64 = Some(radius * angle.sin());
            radius * angle.cos()
        }
    };
    sample.mul_add(std, mean)
}

/// Normal samples. `whole`: the array is row-major, which decides between blocks and single samples.
pub(super) fn normal<T: Normal>(engine: &mut Engine, out: &mut [T], mean: f64, std: f64, whole: bool) {
    if whole && out.len() >= BLOCK {
        T::blocks(&mut engine.twister, out, mean, std);
    } else {
        out.iter_mut().for_each(|o| *o = T::round(normal_sample(engine, mean, std)));
    }
}

/// Exponentials of normal samples, which are always drawn singly.
pub(super) fn log_normal<T: Normal>(engine: &mut Engine, out: &mut [T], mean: f64, std: f64) {
    out.iter_mut().for_each(|o| *o = T::round(normal_sample(engine, mean, std).exp()));
}

/// Ones with the probabilities `p`, compared in float32.
pub(super) fn bernoulli32<T: Element, P: Copy + Into<f32>>(
    engine: &mut Engine,
    out: &mut [T],
    p: &[P],
    truth: impl Fn(bool) -> T,
) {
    let mut bits = [0u32; CHUNK];
    for (chunk, p) in out.chunks_mut(CHUNK).zip(p.chunks(CHUNK)) {
        let bits = &mut bits[..chunk.len()];
        engine.twister.fill(bits);
        for ((o, &b), &p) in chunk.iter_mut().zip(bits.iter()).zip(p) {
            *o = truth(unit_f32(b) < p.into());
        }
    }
}

/// Ones with the probabilities `p`, compared in float64.
pub(super) fn bernoulli64<T: Element>(engine: &mut Engine, out: &mut [T], p: &[f64], truth: impl Fn(bool) -> T) {
    for (o, &p) in out.iter_mut().zip(p) {
        *o = truth(unit_f64(engine.twister.next_u64()) < p);
    }
}
