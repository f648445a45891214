//! Packing: the panels that the innermost loops read from end to end.
//!
//! A panel holds some rows of a matrix, column by column, padded with zeros to a fixed number of rows. A is packed
//! as it is, B transposed. Half types become float32 on the way, or words of two neighbours along the sum where the kernel
//! multiplies these ([`Kernel::terms`]).

use ferrotorch_kernel::dtype::{DType, Element, bf16, f16};

use super::kernel::{Kernel, Transpose};
use super::matrix::Matrix;
use super::number::Number;
use crate::convert::{self, bf16_to_f32, f16_to_f32};
use crate::simd;

/// An element that products in `T` can be computed from.
pub(crate) trait Source<T>: Element {
    /// Converts without loss.
    fn widen(self) -> T;
    /// Rounds.
    fn narrow(x: T) -> Self;
    /// Each `dst[i]` is `src[i]`.
    fn widen_all(src: &[Self], dst: &mut [T]);
    /// Each `dst[i]` is `src[i]`, rounded.
    fn narrow_all(src: &[T], dst: &mut [Self]);
    /// The best kernel for such factors on this processor.
    fn kernel() -> Kernel<T>;

    /// What stands in a panel for two neighbours along the sum. Asked for where [`Kernel::terms`] is 2.
    #[inline(always)]
    fn word([first, _]: [Self; 2]) -> T {
        first.widen()
    }

    /// [`Source::word`] for the first sixteen elements of a row, if it has so many.
    #[inline(always)]
    fn words(row: &[Self]) -> Option<[T; 8]> {
        let (pairs, _) = row.first_chunk::<16>()?.as_chunks::<2>();
        pairs.first_chunk().map(|pairs: &[[Self; 2]; 8]| pairs.map(Self::word))
    }
}

/// The type that elements are computed in.
pub(crate) trait Computed: Source<Self::In> {
    type In: Number;
}

impl Computed for f16 {
    type In = f32;
}
impl Computed for bf16 {
    type In = f32;
}
impl Computed for f32 {
    type In = f32;
}
impl Computed for f64 {
    type In = f64;
}

impl<T: Number> Source<T> for T {
    #[inline(always)]
    fn widen(self) -> T {
        self
    }
    #[inline(always)]
    fn narrow(x: T) -> T {
        x
    }
    #[inline(always)]
    fn widen_all(src: &[T], dst: &mut [T]) {
        dst.copy_from_slice(src);
    }
    fn narrow_all(src: &[T], dst: &mut [T]) {
        dst.copy_from_slice(src);
    }
    fn kernel() -> Kernel<T> {
        T::kernel()
    }
}

impl Source<f32> for f16 {
    #[inline(always)]
    fn widen(self) -> f32 {
        f16_to_f32(self)
    }
    #[inline(always)]
    fn narrow(x: f32) -> f16 {
        f16::from_f32(x)
    }
    fn widen_all(src: &[f16], dst: &mut [f32]) {
        convert::convert(src, dst);
    }
    fn narrow_all(src: &[f32], dst: &mut [f16]) {
        convert::convert(src, dst);
    }
    fn kernel() -> Kernel<f32> {
        <f32 as Number>::kernel()
    }
}

impl Source<f32> for bf16 {
    #[inline(always)]
    fn widen(self) -> f32 {
        bf16_to_f32(self)
    }
    #[inline(always)]
    fn narrow(x: f32) -> bf16 {
        convert::Cast::cast(x)
    }
    fn widen_all(src: &[bf16], dst: &mut [f32]) {
        convert::convert(src, dst);
    }
    fn narrow_all(src: &[f32], dst: &mut [bf16]) {
        convert::convert(src, dst);
    }
    fn kernel() -> Kernel<f32> {
        #[cfg(target_arch = "x86_64")]
        if let Some(kernel) = super::x86::kernel_bf16() {
            return kernel;
        }
        <f32 as Number>::kernel()
    }
    #[inline(always)]
    fn word([first, second]: [bf16; 2]) -> f32 {
        f32::from_bits(u32::from(first.to_bits()) | u32::from(second.to_bits()) << 16)
    }
    #[cfg(target_endian = "little")]
    #[inline(always)]
    fn words(row: &[bf16]) -> Option<[f32; 8]> {
        row.first_chunk::<16>().map(|pairs| bytemuck::cast(*pairs))
    }
}

/// Packs all rows of `m` into panels of `height` rows; `padded` gives the rows that the last panel is padded to.
pub(crate) fn pack<S: Source<T>, T: Number>(
    kernel: &Kernel<T>,
    m: Matrix<S>,
    height: usize,
    padded: impl Fn(usize) -> usize,
    out: &mut [T],
) {
    pack_at(kernel, m, height, padded, [kernel.words(m.cols()), 0], out);
}

/// [`pack`] for the rows of A.
pub(crate) fn pack_rows<S: Source<T>, T: Number>(kernel: &Kernel<T>, m: Matrix<S>, out: &mut [T]) {
    if kernel.group == 1 {
        return pack(kernel, m, kernel.mr, |rows| kernel.padded_rows(rows), out);
    }
    let words = kernel.words(m.cols());
    for first in (0..m.rows()).step_by(kernel.mr) {
        let rows = kernel.mr.min(m.rows() - first);
        let panel = &mut out[first * words..][..kernel.padded_rows(rows) * words];
        pack_groups(kernel, m.block([first..first + rows, 0..m.cols()]), kernel.padded_rows(rows), panel);
    }
}

/// [`pack`] for a part of the sum: panels have `words` words of each row, and those of `m` stand from `first_word` on. The words
/// behind them that fill a group are zeros.
pub(crate) fn pack_at<S: Source<T>, T: Number>(
    kernel: &Kernel<T>,
    m: Matrix<S>,
    height: usize,
    padded: impl Fn(usize) -> usize,
    [words, first_word]: [usize; 2],
    out: &mut [T],
) {
    let (own, filled) = (m.cols().div_ceil(kernel.terms), kernel.words(m.cols()));
    // Of columns in memory, several panels are packed together.
    let together = if m.step()[0] == 1 { m.rows() / (ACROSS * height) * ACROSS * height } else { 0 };
    for first in (0..together).step_by(ACROSS * height) {
        let rows = first..first + ACROSS * height;
        let panels = &mut out[first * words..rows.end * words];
        pack_across(kernel, m.block([rows, 0..m.cols()]), height, [words, first_word, filled], panels);
    }
    let mut written = together * words;
    for first in (together..m.rows()).step_by(height) {
        let rows = height.min(m.rows() - first);
        let padded = padded(rows);
        let panel = &mut out[written..written + padded * words][padded * first_word..][..padded * filled];
        let (panel, behind) = panel.split_at_mut(padded * own);
        pack_panel(kernel, m.block([first..first + rows, 0..m.cols()]), padded, panel);
        behind.fill(T::zeroed());
        written += padded * words;
    }
}

crate::simd::dispatch!(
    pack_panel<'a; S: Source<T>, T: Number>(
        kernel: &'a Kernel<T>, m: Matrix<'a, S>, padded: usize, panel: &'a mut [T]
    ) => pack_panel_loop
);

#[inline(always)]
fn pack_panel_loop<S: Source<T>, T: Number>(kernel: &Kernel<T>, m: Matrix<S>, padded: usize, panel: &mut [T]) {
    if m.rows() < padded {
        panel.fill(T::zeroed());
    }
    if m.step()[0] == 1 {
        return pack_columns(kernel.terms, m.t(), padded, panel);
    }
    let done = turn_rows(kernel, m, padded, panel);
    let (m, panel) = (m.block([0..m.rows(), done * kernel.terms..m.cols()]), &mut panel[done * padded..]);
    if m.cols() == 0 {
        return;
    }
    for i in 0..m.rows() {
        let (row, out) = (m.row(i), panel[i..].iter_mut().step_by(padded));
        if kernel.terms == 1 {
            out.zip(row.iter()).for_each(|(o, x)| *o = x.widen());
        } else {
            let at = |k: usize| if k < row.len() { row.get(k) } else { S::zeroed() };
            out.enumerate().for_each(|(word, o)| *o = S::word([at(2 * word), at(2 * word + 1)]));
        }
    }
}

/// Words between what is packed and what is asked for.
const AHEAD: usize = 8;
/// A matrix over so much memory is likely to be in the second-level cache.
const NEAR_BYTES: usize = 1 << 18;

/// Panels that are packed together from columns: whole lines and pages of these, and as many streams as the processor follows.
const ACROSS: usize = 4;

crate::simd::dispatch!(
    pack_across<'a; S: Source<T>, T: Number>(
        kernel: &'a Kernel<T>, m: Matrix<'a, S>, height: usize, words: [usize; 3], panels: &'a mut [T]
    ) => pack_across_loop
);

/// [`pack_at`] for [`ACROSS`] panels of a matrix whose columns lie in memory; the third number is the words with padding.
#[inline(always)]
fn pack_across_loop<S: Source<T>, T: Number>(
    kernel: &Kernel<T>,
    m: Matrix<S>,
    height: usize,
    [words, first_word, filled]: [usize; 3],
    panels: &mut [T],
) {
    let (terms, own) = (kernel.terms, m.cols().div_ceil(kernel.terms));
    let column = |k: usize| m.t().row_slice(k).unwrap_or_default();
    // Too short a part of each column is read for the processor to see where reading goes on.
    let is_far = m.step()[1].unsigned_abs() * m.cols() * size_of::<S>() > NEAR_BYTES;
    for word in 0..own {
        let columns = [column(word * terms), column(word * terms + 1)];
        if is_far {
            let ahead = column((word + AHEAD) * terms).as_ptr();
            (0..ACROSS).for_each(|k| simd::prefetch(ahead.wrapping_add(k * height)));
        }
        for (k, panel) in panels.chunks_exact_mut(height * words).enumerate() {
            let part = columns.map(|column| column.get(k * height..(k + 1) * height).unwrap_or_default());
            pack_word(terms, part, &mut panel[(first_word + word) * height..][..height]);
        }
    }
    for panel in panels.chunks_exact_mut(height * words) {
        panel[(first_word + own) * height..(first_word + filled) * height].fill(T::zeroed());
    }
}

/// Packs a panel from the columns of its matrix, which are the rows of `m` and lie as they are to lie in the panel.
#[inline(always)]
fn pack_columns<S: Source<T>, T: Number>(terms: usize, m: Matrix<S>, padded: usize, panel: &mut [T]) {
    for (word, out) in panel.chunks_exact_mut(padded).enumerate() {
        pack_word(terms, [word * terms, word * terms + 1].map(|k| m.row_slice(k).unwrap_or_default()), out);
    }
}

/// Packs one word of some rows: of a column, or of two, the second of which may be missing.
#[inline(always)]
fn pack_word<S: Source<T>, T: Number>(terms: usize, columns: [&[S]; 2], out: &mut [T]) {
    let [first, second] = columns;
    if terms == 1 && S::DTYPE == DType::Float16 {
        return S::widen_all(first, &mut out[..first.len()]);
    }
    match out.len() {
        32 => pack_known::<S, T, 32>(terms, columns, out),
        16 => pack_known::<S, T, 16>(terms, columns, out),
        6 => pack_known::<S, T, 6>(terms, columns, out),
        _ if terms == 1 => out.iter_mut().zip(first).for_each(|(o, &x)| *o = x.widen()),
        _ if second.is_empty() => out.iter_mut().zip(first).for_each(|(o, &x)| *o = S::word([x, S::zeroed()])),
        _ => out.iter_mut().zip(first.iter().zip(second)).for_each(|(o, (&x, &y))| *o = S::word([x, y])),
    }
}

/// [`pack_word`] of a number of rows that the compiler knows; missing ones are zeros.
#[inline(always)]
fn pack_known<S: Source<T>, T: Number, const N: usize>(terms: usize, [first, second]: [&[S]; 2], out: &mut [T]) {
    let Some(out) = out.first_chunk_mut::<N>() else { return };
    if let (1, Some(whole)) = (terms, first.first_chunk::<N>()) {
        if S::DTYPE == T::DTYPE {
            return S::widen_all(whole, out);
        }
        // By value, for the compiler does not know that the panel is another place.
        let whole = *whole;
        for i in 0..N {
            out[i] = whole[i].widen();
        }
        return;
    }
    let whole = |column: &[S]| match column.first_chunk::<N>() {
        Some(whole) => *whole,
        None => {
            let mut padded = [S::zeroed(); N];
            padded[..column.len()].copy_from_slice(column);
            padded
        }
    };
    let first = whole(first);
    if terms == 1 {
        for i in 0..N {
            out[i] = first[i].widen();
        }
    } else {
        let second = whole(second);
        for i in 0..N {
            out[i] = S::word([first[i], second[i]]);
        }
    }
}

/// Packs the words of each row that need no padding by [`Kernel::turn`], and returns their number: none in a panel of a single row.
/// Rows of padding repeat the last one.
#[inline(always)]
fn turn_rows<S: Source<T>, T: Number>(kernel: &Kernel<T>, m: Matrix<S>, padded: usize, panel: &mut [T]) -> usize {
    if !kernel.turns() || m.step()[1] != 1 || m.rows() == 0 || padded == 1 {
        return 0;
    }
    let (terms, turned) = (kernel.terms, kernel.turned);
    let own = if terms == 1 { m.same_type::<T>().ok() } else { None };
    let (count, mut room) = (m.cols() / terms, [[T::zeroed(); TURNED]; 8]);
    let together = if own.is_some() { count } else { TURNED };
    for start in (0..count).step_by(together.max(1)) {
        let words = together.min(count - start);
        // From below, so that what a vector writes beyond its word is written again.
        for first in (0..padded).step_by(turned).rev() {
            let (out, valid) = (&mut panel[start * padded + first..], turned.min(padded - first));
            let at = |i: usize| (first + i).min(m.rows() - 1);
            let mut rows = [&[][..]; 8];
            if let Some(m) = own {
                for i in 0..turned {
                    rows[i] = m.row_slice(at(i)).map_or(&[][..], |row| &row[start..start + words]);
                }
                kernel.turn(rows, valid, out, padded);
                continue;
            }
            for (i, room) in room.iter_mut().enumerate().take(turned) {
                let row = m.row_slice(at(i)).unwrap_or_default();
                words_of_row(terms, &row[start * terms..(start + words) * terms], &mut room[..words]);
            }
            for i in 0..turned {
                rows[i] = &room[i][..words];
            }
            kernel.turn(rows, valid, out, padded);
        }
    }
    count
}

/// Words that [`turn_rows`] converts of four rows at a time.
const TURNED: usize = 64;

/// The words of some elements of a row.
#[inline(always)]
fn words_of_row<S: Source<T>, T: Number>(terms: usize, row: &[S], out: &mut [T]) {
    if terms == 1 {
        return S::widen_all(row, out);
    }
    let (blocks, rest) = out.as_chunks_mut::<8>();
    let (pairs, _) = row.as_chunks::<2>();
    for (block, pairs) in blocks.iter_mut().zip(row.chunks_exact(16)) {
        *block = S::words(pairs).unwrap_or([T::zeroed(); 8]);
    }
    let done = pairs.len() - rest.len();
    rest.iter_mut().zip(&pairs[done..]).for_each(|(word, &pair)| *word = S::word(pair));
}

/// Words of a row that lie one behind the other, see [`Kernel::group`].
const GROUP: usize = 16;

crate::simd::dispatch!(
    pack_groups<'a; S: Source<T>, T: Number>(
        kernel: &'a Kernel<T>, m: Matrix<'a, S>, padded: usize, panel: &'a mut [T]
    ) => pack_groups_loop
);

/// Packs a panel of A in groups: sixteen words of each row, then the next sixteen.
#[inline(always)]
fn pack_groups_loop<S: Source<T>, T: Number>(kernel: &Kernel<T>, m: Matrix<S>, padded: usize, panel: &mut [T]) {
    assert!(kernel.group == GROUP && kernel.terms == 2, "groups of sixteen pairs");
    let (rows, of_group) = (m.rows(), 2 * GROUP);
    let part = |group: usize| m.block([0..rows, group * of_group..m.cols().min((group + 1) * of_group)]);
    if m.step()[0] == 1 && m.step()[1] != 1 {
        let groups = panel.chunks_exact_mut(GROUP * padded).enumerate();
        if let Some(transpose) = kernel.transpose {
            return groups.for_each(|(group, out)| transpose_group(transpose, part(group), padded, out));
        }
    }
    let (lines, _) = panel.as_chunks_mut::<GROUP>();
    for i in 0..padded {
        let lines = lines[i..].iter_mut().step_by(padded);
        match if i < rows { m.row_slice(i) } else { Some(Default::default()) } {
            Some(row) => row_in_groups(row, lines),
            None => lines.enumerate().for_each(|(group, line)| *line = group_of_row(part(group), i)),
        }
    }
}

/// Writes the words of a row, and zeros behind them.
#[inline(always)]
fn row_in_groups<'a, S: Source<T>, T: Number>(row: &[S], mut lines: impl Iterator<Item = &'a mut [T; GROUP]>) {
    let (groups, rest) = row.as_chunks::<{ 2 * GROUP }>();
    let words = |group: &[S; 2 * GROUP]| {
        let (halves, _) = group.as_chunks::<GROUP>();
        let none = [T::zeroed(); GROUP / 2];
        [S::words(&halves[0]).unwrap_or(none), S::words(&halves[1]).unwrap_or(none)]
    };
    for (group, line) in groups.iter().zip(&mut lines) {
        line.copy_from_slice(words(group).as_flattened());
    }
    let mut last = [S::zeroed(); 2 * GROUP];
    last[..rest.len()].copy_from_slice(rest);
    for line in lines {
        line.copy_from_slice(words(&last).as_flattened());
        last = [S::zeroed(); 2 * GROUP];
    }
}

/// The words of a row of up to 32 elements that are no neighbours, and zeros behind them.
#[inline(always)]
fn group_of_row<S: Source<T>, T: Number>(m: Matrix<S>, row: usize) -> [T; GROUP] {
    let at = |k: usize| if k < m.cols() { m.get(row, k) } else { S::zeroed() };
    std::array::from_fn(|word| S::word([at(2 * word), at(2 * word + 1)]))
}

/// Packs a group of a matrix of at most 32 rows whose columns lie in memory one by one: as if it were B's, then turned in blocks of
/// eight by eight.
#[inline(always)]
fn transpose_group<S: Source<T>, T: Number>(transpose: Transpose<T>, m: Matrix<S>, padded: usize, group: &mut [T]) {
    const ROWS: usize = 32;
    let mut turned = [[T::zeroed(); ROWS]; GROUP];
    for (word, line) in turned.iter_mut().enumerate().take(m.cols().div_ceil(2)) {
        pack_columns(2, m.block([0..m.rows(), 2 * word..m.cols().min(2 * word + 2)]).t(), ROWS, line);
    }
    for first_row in (0..padded).step_by(8) {
        for first_word in (0..GROUP).step_by(8) {
            let word = |k: usize| turned[first_word + k][first_row..].first_chunk::<8>().copied();
            let block: [[T; 8]; 8] = std::array::from_fn(|k| word(k).unwrap_or([T::zeroed(); 8]));
            transpose(&block, &mut group[first_row * GROUP + first_word..], GROUP);
        }
    }
}
