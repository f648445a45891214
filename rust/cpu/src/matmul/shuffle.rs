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

/// [`Kernel::transpose`](super::kernel::Kernel), on a processor that has AVX2.
#[target_feature(enable = "avx2")]
pub(super) fn transpose_ps(rows: &[[f32; 8]; 8], out: &mut [f32], step: usize) {
    let r: [__m256; 8] = rows.map(bytemuck::cast);
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
    for k in 0..8 {
        let (upper, lower) = (upper[k % 4], lower[k % 4]);
        let column =
            if k < 4 { _mm256_permute2f128_ps::<0x20>(upper, lower) } else { _mm256_permute2f128_ps::<0x31>(upper, lower) };
        let column: [f32; 8] = bytemuck::cast(column);
        out[k * step..][..8].copy_from_slice(&column);
    }
}

/// [`Kernel::turn`](super::kernel::Kernel::turn) for elements of 32 bits.
#[target_feature(enable = "avx512f")]
pub(super) fn turn_ps(rows: [&[f32]; 4], out: &mut [f32], step: usize) {
    let blocks = rows.map(|row| row.as_chunks::<16>().0);
    let count = blocks.iter().map(|row| row.len()).min().unwrap_or(0);
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
    turn_rest(rows, 16 * count, out, step);
}

/// [`Kernel::turn`](super::kernel::Kernel::turn) for elements of 64 bits.
#[target_feature(enable = "avx512f")]
pub(super) fn turn_pd(rows: [&[f64]; 4], out: &mut [f64], step: usize) {
    let blocks = rows.map(|row| row.as_chunks::<8>().0);
    let count = blocks.iter().map(|row| row.len()).min().unwrap_or(0);
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
    turn_rest(rows, 8 * count, out, step);
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
fn turn_rest<T: Copy>(rows: [&[T]; 4], done: usize, out: &mut [T], step: usize) {
    for k in done..rows[0].len() {
        out[k * step..][..4].copy_from_slice(&rows.map(|row| row[k]));
    }
}
