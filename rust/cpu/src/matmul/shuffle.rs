//! What moves elements within registers: sums of all elements, and rows that become columns.

use std::arch::x86_64::*;

#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn total_ps(x: __m256) -> f32 {
    let four = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps::<1>(x));
    let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
}

#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn total_pd(x: __m256d) -> f64 {
    let two = _mm_add_pd(_mm256_castpd256_pd128(x), _mm256_extractf128_pd::<1>(x));
    _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)))
}

/// The columns of eight rows.
#[target_feature(enable = "avx2")]
#[inline]
fn columns_ps(r: [__m256; 8]) -> [__m256; 8] {
    let pair = |i: usize| (_mm256_unpacklo_ps(r[i], r[i + 1]), _mm256_unpackhi_ps(r[i], r[i + 1]));
    // Elements 0 and 4, 1 and 5, .. of four rows.
    let four = |i: usize| {
        let ((a, b), (c, d)) = (pair(i), pair(i + 2));
        [
            _mm256_shuffle_ps::<0x44>(a, c),
            _mm256_shuffle_ps::<0xEE>(a, c),
            _mm256_shuffle_ps::<0x44>(b, d),
            _mm256_shuffle_ps::<0xEE>(b, d),
        ]
    };
    let (upper, lower) = (four(0), four(4));
    let mut columns = r;
    for k in 0..4 {
        columns[k] = _mm256_permute2f128_ps::<0x20>(upper[k], lower[k]);
        columns[k + 4] = _mm256_permute2f128_ps::<0x31>(upper[k], lower[k]);
    }
    columns
}

/// [`Kernel::transpose`](super::kernel::Kernel), on a processor that has AVX2.
#[target_feature(enable = "avx2")]
pub(super) fn transpose_ps(rows: &[[f32; 8]; 8], out: &mut [f32], step: usize) {
    write_columns(columns_ps(rows.map(bytemuck::cast)), out, step);
}

/// Writes columns of eight elements, in rising order.
#[target_feature(enable = "avx2")]
#[inline]
fn write_columns(columns: [__m256; 8], out: &mut [f32], step: usize) {
    let out = &mut out[..7 * step + 8];
    for k in 0..8 {
        out[k * step..][..8].copy_from_slice(&bytemuck::cast::<__m256, [f32; 8]>(columns[k]));
    }
}

/// Blocks of so many words that rows have, and whose columns of `height` elements end inside of what is written to.
fn whole_blocks<T>(rows: &[&[T]], height: usize, words: usize, out: &[T], step: usize) -> usize {
    let room = if out.len() < height { 0 } else { (out.len() - height) / step + 1 };
    rows.iter().map(|row| row.len()).min().unwrap_or(0).min(room) / words
}

/// [`Kernel::turn`](super::kernel::Kernel::turn) of eight rows of elements of 32 bits.
#[target_feature(enable = "avx2")]
pub(super) fn turn_eight_ps(rows: [&[f32]; 8], valid: usize, out: &mut [f32], step: usize) {
    let blocks = rows.map(|row| row.as_chunks::<8>().0);
    let count = whole_blocks(&rows, 8, 8, out, step);
    for block in 0..count {
        let mut r = [_mm256_setzero_ps(); 8];
        for i in 0..8 {
            r[i] = bytemuck::cast(blocks[i][block]);
        }
        write_columns(columns_ps(r), &mut out[8 * block * step..], step);
    }
    turn_rest(&rows[..valid], 8 * count, out, step);
}

/// [`Kernel::turn`](super::kernel::Kernel::turn) of four rows of elements of 64 bits.
#[target_feature(enable = "avx2")]
pub(super) fn turn_four_pd(rows: [&[f64]; 8], valid: usize, out: &mut [f64], step: usize) {
    let rows = rows.first_chunk::<4>().copied().unwrap_or_default();
    let blocks = rows.map(|row| row.as_chunks::<4>().0);
    let count = whole_blocks(&rows, 4, 4, out, step);
    for block in 0..count {
        let mut r = [_mm256_setzero_pd(); 4];
        for i in 0..4 {
            r[i] = bytemuck::cast(blocks[i][block]);
        }
        let even = (_mm256_unpacklo_pd(r[0], r[1]), _mm256_unpacklo_pd(r[2], r[3]));
        let odd = (_mm256_unpackhi_pd(r[0], r[1]), _mm256_unpackhi_pd(r[2], r[3]));
        let columns = [
            _mm256_permute2f128_pd::<0x20>(even.0, even.1),
            _mm256_permute2f128_pd::<0x20>(odd.0, odd.1),
            _mm256_permute2f128_pd::<0x31>(even.0, even.1),
            _mm256_permute2f128_pd::<0x31>(odd.0, odd.1),
        ];
        let out = &mut out[4 * block * step..][..3 * step + 4];
        for k in 0..4 {
            out[k * step..][..4].copy_from_slice(&bytemuck::cast::<__m256d, [f64; 4]>(columns[k]));
        }
    }
    turn_rest(&rows[..valid], 4 * count, out, step);
}

/// [`Kernel::turn`](super::kernel::Kernel::turn) of four rows of elements of 32 bits, with AVX-512.
#[target_feature(enable = "avx512f")]
pub(super) fn turn_ps(rows: [&[f32]; 8], valid: usize, out: &mut [f32], step: usize) {
    let rows = rows.first_chunk::<4>().copied().unwrap_or_default();
    let blocks = rows.map(|row| row.as_chunks::<16>().0);
    let count = whole_blocks(&rows, 4, 16, out, step);
    for block in 0..count {
        let r: [__m512; 4] = blocks.map(|row| whole_ps(row[block]));
        let [low, high] = [[0, 1], [2, 3]].map(|[i, j]| (_mm512_unpacklo_ps(r[i], r[j]), _mm512_unpackhi_ps(r[i], r[j])));
        // A quarter of each holds a column, of every fourth.
        let columns = [
            _mm512_shuffle_ps::<0x44>(low.0, high.0),
            _mm512_shuffle_ps::<0xEE>(low.0, high.0),
            _mm512_shuffle_ps::<0x44>(low.1, high.1),
            _mm512_shuffle_ps::<0xEE>(low.1, high.1),
        ];
        let out = &mut out[16 * block * step..][..15 * step + 4];
        for (k, &column) in columns.iter().enumerate() {
            let quarters = [
                _mm512_castps512_ps128(column),
                _mm512_extractf32x4_ps::<1>(column),
                _mm512_extractf32x4_ps::<2>(column),
                _mm512_extractf32x4_ps::<3>(column),
            ];
            for (quarter, four) in quarters.into_iter().enumerate() {
                out[(4 * quarter + k) * step..][..4].copy_from_slice(&bytemuck::cast::<__m128, [f32; 4]>(four));
            }
        }
    }
    turn_rest(&rows[..valid], 16 * count, out, step);
}

/// [`Kernel::turn`](super::kernel::Kernel::turn) of four rows of elements of 64 bits, with AVX-512.
#[target_feature(enable = "avx512f")]
pub(super) fn turn_pd(rows: [&[f64]; 8], valid: usize, out: &mut [f64], step: usize) {
    let rows = rows.first_chunk::<4>().copied().unwrap_or_default();
    let blocks = rows.map(|row| row.as_chunks::<8>().0);
    let count = whole_blocks(&rows, 4, 8, out, step);
    let (first, second) = (_mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13), _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15));
    for block in 0..count {
        let r: [__m512d; 4] = blocks.map(|row| whole_pd(row[block]));
        let out = &mut out[8 * block * step..][..7 * step + 4];
        let even = (_mm512_unpacklo_pd(r[0], r[1]), _mm512_unpacklo_pd(r[2], r[3]));
        let odd = (_mm512_unpackhi_pd(r[0], r[1]), _mm512_unpackhi_pd(r[2], r[3]));
        for (k, (upper, lower)) in [even, odd].into_iter().enumerate() {
            for (index, column) in [(first, k), (second, k + 2)] {
                let columns = _mm512_permutex2var_pd(upper, index, lower);
                let halves = [_mm512_castpd512_pd256(columns), _mm512_extractf64x4_pd::<1>(columns)];
                for (half, four) in halves.into_iter().enumerate() {
                    out[(column + 4 * half) * step..][..4].copy_from_slice(&bytemuck::cast::<__m256d, [f64; 4]>(four));
                }
            }
        }
    }
    turn_rest(&rows[..valid], 8 * count, out, step);
}

#[target_feature(enable = "avx512f")]
#[inline]
fn whole_ps(x: [f32; 16]) -> __m512 {
    _mm512_castpd_ps(whole_pd(bytemuck::cast(x)))
}

#[target_feature(enable = "avx512f")]
#[inline]
fn whole_pd(x: [f64; 8]) -> __m512d {
    let [first, second]: [__m256d; 2] = bytemuck::cast(x);
    _mm512_insertf64x4::<1>(_mm512_castpd256_pd512(first), second)
}

/// The columns from `done` on, one by one.
fn turn_rest<T: Copy>(rows: &[&[T]], done: usize, out: &mut [T], step: usize) {
    for k in done..rows.first().map_or(0, |row| row.len()) {
        for (out, row) in out[k * step..].iter_mut().zip(rows) {
            *out = row[k];
        }
    }
}
