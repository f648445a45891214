//! The dimensions that a fold walks: kept and reduced ones, merged as far as they go, and the reduced elements cut into pieces.

use ferrotorch_kernel::memory::vec_for;
use ferrotorch_kernel::{Array, Result};
use smallvec::SmallVec;

use crate::parallel::stops_at;

/// Elements of a piece.
pub(super) const PIECE: usize = 1 << 16;

/// A dimension: its size, and its step in input, output and context.
#[derive(Clone, Copy)]
pub(super) struct Dim {
    pub(super) size: usize,
    pub(super) input: isize,
    pub(super) output: isize,
    pub(super) context: isize,
}

/// A stretch of reduced elements, one step apart.
#[derive(Clone, Copy)]
pub(super) struct Segment {
    pub(super) offset: isize,
    pub(super) length: usize,
}

pub(super) const ONE: Dim = Dim { size: 1, input: 1, output: 0, context: 0 };

/// The kept and the reduced dimensions, each merged as far as it goes, the smallest step last.
pub(super) fn split(input: &Array, context: Option<&Array>, out: &Array) -> (SmallVec<[Dim; 5]>, SmallVec<[Dim; 5]>) {
    let of = |d: usize| Dim {
        size: input.shape()[d],
        input: input.layout.strides()[d],
        output: out.layout.strides()[d],
        context: context.map_or(0, |c| c.layout.strides()[d]),
    };
    let dims = (0..input.layout.ndim()).filter(|&d| input.shape()[d] != 1);
    let (reduced, kept): (SmallVec<[usize; 5]>, SmallVec<[usize; 5]>) = dims.partition(|&d| out.shape()[d] == 1);
    (
        merged(kept.into_iter().map(of).collect()),
        merged(reduced.into_iter().map(of).map(|d| Dim { output: 0, context: 0, ..d }).collect()),
    )
}

fn merged(mut dims: SmallVec<[Dim; 5]>) -> SmallVec<[Dim; 5]> {
    dims.sort_by_key(|d| std::cmp::Reverse(d.input.abs()));
    let mut out: SmallVec<[Dim; 5]> = SmallVec::new();
    for dim in dims {
        match out.last_mut() {
            Some(last) if continues(last, &dim) => *last = Dim { size: last.size * dim.size, ..dim },
            _ => out.push(dim),
        }
    }
    out
}

fn continues(outer: &Dim, inner: &Dim) -> bool {
    let n = inner.size as isize;
    outer.input == inner.input * n && outer.output == inner.output * n && outer.context == inner.context * n
}

/// All reduced elements as stretches of at most a piece along the innermost reduced dimension.
pub(super) fn segments(outer: &[Dim], inner: Dim) -> Result<Vec<Segment>> {
    let cuts = inner.size.div_ceil(PIECE);
    let count = outer.iter().fold(cuts, |count, dim| count.saturating_mul(dim.size));
    let mut out = vec_for("reduction", count)?;
    let starts: usize = outer.iter().map(|dim| dim.size).product();
    for number in 0..starts {
        if stops_at(number) {
            break;
        }
        let (start, _, _) = locate(outer, number);
        out.extend(
            (0..inner.size)
                .step_by(PIECE)
                .map(|i| Segment { offset: start + i as isize * inner.input, length: PIECE.min(inner.size - i) }),
        );
    }
    Ok(out)
}

/// Groups segments into pieces of about `size` elements.
pub(super) fn pieces(segments: &[Segment], size: usize) -> Result<Vec<&[Segment]>> {
    let total: usize = segments.iter().map(|segment| segment.length).sum();
    let mut out = vec_for("reduction", (total / size + 1).min(segments.len().max(1)))?;
    let (mut start, mut total) = (0, 0);
    for (i, segment) in segments.iter().enumerate() {
        total += segment.length;
        if total >= size {
            out.push(&segments[start..=i]);
            (start, total) = (i + 1, 0);
        }
    }
    if start < segments.len() || out.is_empty() {
        out.push(&segments[start..]);
    }
    Ok(out)
}

/// Offsets of a position in the kept dimensions: input, output, context.
pub(super) fn locate(dims: &[Dim], number: usize) -> (isize, isize, isize) {
    let (mut rest, mut at) = (number, (0, 0, 0));
    for dim in dims.iter().rev() {
        let i = (rest % dim.size) as isize;
        rest /= dim.size;
        at = (at.0 + i * dim.input, at.1 + i * dim.output, at.2 + i * dim.context);
    }
    at
}
