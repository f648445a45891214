//! What the cells compute of a row. Every line is a loop over vectors of the row; states fit into the first-level cache.

use super::Rule;
use crate::chunks::map;
use crate::isa::Isa;
use crate::math::{Float, fma};

/// The gates of a row.
#[inline(always)]
fn gates<T, const G: usize>(row: &[T]) -> [&[T]; G] {
    let columns = row.len() / G;
    std::array::from_fn(|gate| &row[gate * columns..][..columns])
}

/// [`gates`] to be written.
#[inline(always)]
fn gates_mut<T, const G: usize>(row: &mut [T]) -> [&mut [T]; G] {
    let (columns, mut rest) = (row.len() / G, row);
    std::array::from_fn(|_| {
        let (gate, behind) = std::mem::take(&mut rest).split_at_mut(columns);
        rest = behind;
        gate
    })
}

/// The derivative of the logistic function where it is `y`.
#[inline(always)]
fn slope<T: Float>(y: T) -> T {
    y * (T::ONE - y)
}

/// That of the hyperbolic tangent.
#[inline(always)]
fn slope_of_tanh<T: Float>(y: T) -> T {
    T::ONE - y * y
}

/// `c' = f c + i g` in the place of `c`, `h' = o tanh(c')`.
pub(super) struct Lstm;

impl Rule for Lstm {
    const FUNCTIONS: usize = 6;

    #[inline(always)]
    fn row<I: Isa, T: Float>(read: &[&[T]], written: &mut [&mut [T]], [before, ..]: [&mut [T]; 3]) {
        let ([entering], [own, state, hidden]) = (read, written) else { return };
        let ([a, b, c, d], [i, f, g, o]) = (gates(entering), gates_mut(own));
        for (x, gate) in [(a, &mut *i), (b, &mut *f), (d, &mut *o)] {
            map([x], gate, |[x]| x.sigmoid::<I>());
        }
        map([c], g, |[x]| x.tanh::<I>());
        before.copy_from_slice(state);
        map([before, f, i, g], state, |[c, f, i, g]| fma::<I, T>(i, g, f * c));
        map([state, o], hidden, |[c, o]| o * c.tanh::<I>());
    }
}

/// Its gradient, that of the state before in the place of that of the next one.
pub(super) struct LstmGrad;

impl Rule for LstmGrad {
    const FUNCTIONS: usize = 4;

    #[inline(always)]
    fn row<I: Isa, T: Float>(read: &[&[T]], written: &mut [&mut [T]], [squashed, of_cell, _]: [&mut [T]; 3]) {
        let ([of_hidden, own, before, after], [of_gates, of_state]) = (read, written) else { return };
        let ([i, f, g, o], [of_i, of_f, of_g, of_o]) = (gates(own), gates_mut(of_gates));
        map([*after], squashed, |[c]| c.tanh::<I>());
        map([&**of_state, of_hidden, o, squashed], of_cell, |[next, h, o, s]| fma::<I, T>(h * o, slope_of_tanh(s), next));
        map([of_cell, g, i], of_i, |[c, g, i]| c * g * slope(i));
        map([of_cell, before, f], of_f, |[c, before, f]| c * before * slope(f));
        map([of_cell, i, g], of_g, |[c, i, g]| c * i * slope_of_tanh(g));
        map([of_hidden, squashed, o], of_o, |[h, s, o]| h * s * slope(o));
        map([of_cell, f], of_state, |[c, f]| c * f);
    }
}

/// `h' = n + z (h - n)` with `n = tanh(x_n + r h_n)`.
pub(super) struct Gru;

impl Rule for Gru {
    const FUNCTIONS: usize = 4;

    #[inline(always)]
    fn row<I: Isa, T: Float>(read: &[&[T]], written: &mut [&mut [T]], _: [&mut [T]; 3]) {
        let ([by_input, by_hidden, state], [next, kept]) = (read, written) else { return };
        let ([x_r, x_z, x_n], [h_r, h_z, h_n]) = (gates(by_input), gates(by_hidden));
        let [r, z, n, own] = gates_mut(kept);
        map([x_r, h_r], r, |[x, h]| (x + h).sigmoid::<I>());
        map([x_z, h_z], z, |[x, h]| (x + h).sigmoid::<I>());
        own.copy_from_slice(h_n);
        map([x_n, r, h_n], n, |[x, r, h]| fma::<I, T>(r, h, x).tanh::<I>());
        map([n, z, state], next, |[n, z, h]| fma::<I, T>(z, h - n, n));
    }
}

/// Its gradient; the last input, which is added to that of the state before, may be missing.
pub(super) struct GruGrad;

impl Rule for GruGrad {
    const FUNCTIONS: usize = 3;

    #[inline(always)]
    fn row<I: Isa, T: Float>(read: &[&[T]], written: &mut [&mut [T]], _: [&mut [T]; 3]) {
        let ([of_next, kept, before, more @ ..], [of_input, of_hidden, of_state]) = (read, written) else { return };
        let [r, z, n, h_n] = gates(kept);
        let ([x_r, x_z, x_n], [h_r, h_z, by_hidden]) = (gates_mut(of_input), gates_mut(of_hidden));
        map([*of_next, z, n], x_n, |[next, z, n]| next * (T::ONE - z) * slope_of_tanh(n));
        map([*of_next, before, n, z], x_z, |[next, before, n, z]| next * (before - n) * slope(z));
        map([&*x_n, h_n, r], x_r, |[new, h, r]| new * h * slope(r));
        map([&*x_n, r], by_hidden, |[new, r]| new * r);
        h_r.copy_from_slice(x_r);
        h_z.copy_from_slice(x_z);
        match more {
            [more] => map([*of_next, z, more], of_state, |[next, z, more]| fma::<I, T>(next, z, more)),
            _ => map([*of_next, z], of_state, |[next, z]| next * z),
        }
    }
}
