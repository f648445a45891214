//! Eigenvalues of symmetric matrices, and singular values.

use ferrotorch_kernel::{Array, Result};
use ferrotorch_linalg::lanes::{self, Lanes, Mask};

use super::super::{size, spectral};
use super::{Algorithm, Group, LANES, LARGEST, Memory, Order, Together, all, cost, either, write};
use crate::parallel::Cost;

/// The order of some values of a lane, rising or falling.
#[inline(always)]
fn ranks<T: Together>(values: &[Lanes<T, LANES>], l: usize, falling: bool) -> [usize; LARGEST] {
    let mut order: [usize; LARGEST] = std::array::from_fn(|i| i);
    for i in 1..values.len() {
        let mut at = i;
        while at > 0 && (values[order[at]][l] < values[order[at - 1]][l]) != falling {
            order.swap(at, at - 1);
            at -= 1;
        }
    }
    order
}

struct Eigh {
    n: usize,
    upper: bool,
    vectors: bool,
    /// The upper triangle, of lower ones transposed.
    order: Order,
}

impl<T: Together> Algorithm<T> for Eigh {
    #[inline(always)]
    fn run(&self, group: &mut Group<T>, Memory([a, v, values, _]): &mut Memory<T>) -> Mask<LANES> {
        let n = self.n;
        self.order.load(group.inputs[0], n * n, a);
        for i in 0..n {
            a[i * n..i * n + i].fill([T::zeroed(); LANES]);
        }
        let extreme = lanes::is_extreme(a);
        v.resize(if self.vectors { n * n } else { 0 }, [T::zeroed(); LANES]);
        let missed = lanes::eigen(a, n, v);
        values.clear();
        values.extend(a.iter().step_by(n + 1));
        for l in 0..group.numbers[0].len() / n {
            let order = ranks(values, l, false);
            for (i, &from) in order[..n].iter().enumerate() {
                group.numbers[0][l * n + i] = values[from][l];
                for r in 0..if self.vectors { n } else { 0 } {
                    group.numbers[1][l * n * n + r * n + i] = v[from * n + r][l];
                }
            }
        }
        write(group.whole[0], &[0; LANES]);
        either(extreme, missed)
    }

    fn alone(&self, mut single: Group<T>) -> Result<()> {
        let (values, vectors) = single.numbers.split_at_mut(1);
        single.whole[0][0] =
            spectral::eigh_of(single.inputs[0], self.n, self.upper, values[0], vectors.first_mut().map(|v| &mut **v))?;
        Ok(())
    }

    fn cost(&self) -> Cost {
        cost(15 * self.n.pow(3))
    }
}

pub(super) fn eigh<T: Together>(upper: bool, inputs: &[Array], outputs: &[Array]) -> Result<()> {
    let [n, _] = size(&inputs[0]);
    let order = if upper { Order::plain(n * n) } else { Order::transposed([n, n]) };
    let algorithm = Eigh { n, upper, vectors: outputs.len() == 3, order };
    let numbers = [(&outputs[0], 1), (&outputs[1], 2)];
    all::<T>(&algorithm, &[(&inputs[0], 2)], &numbers[..outputs.len() - 1], &[(&outputs[outputs.len() - 1], 0)])
}

struct Svd {
    /// Of the matrices.
    size: [usize; 2],
    vectors: bool,
    /// The longer of rows and columns, one behind the other.
    order: Order,
}

impl<T: Together> Algorithm<T> for Svd {
    #[inline(always)]
    fn run(&self, group: &mut Group<T>, Memory([w, v, values, _]): &mut Memory<T>) -> Mask<LANES> {
        let (len, k) = (self.size[0].max(self.size[1]), self.size[0].min(self.size[1]));
        self.order.load(group.inputs[0], len * k, w);
        let extreme = lanes::is_extreme(w);
        v.resize(if self.vectors { k * k } else { 0 }, [T::zeroed(); LANES]);
        let missed = lanes::singular(w, [len, k], v);
        values.clear();
        values.extend(w.chunks_exact(len).map(lanes::norms));
        let mut vanished = [false; LANES];
        for l in 0..group.numbers[0].len() / k {
            let order = ranks(values, l, true);
            let (largest, smallest) = (values[order[0]][l], values[order[k - 1]][l]);
            // The direction of a vector of rounding errors of rounding errors is nothing.
            vanished[l] = self.vectors && smallest <= largest * num_traits::Float::powi(num_traits::Float::epsilon(), 2);
            for (i, &from) in order[..k].iter().enumerate() {
                group.numbers[0][l * k + i] = values[from][l];
                if self.vectors {
                    self.write(group, l, i, [&w[from * len..(from + 1) * len], &v[from * k..(from + 1) * k]], values[from][l]);
                }
            }
        }
        write(group.whole[0], &[0; LANES]);
        either(either(extreme, missed), vanished)
    }

    fn alone(&self, mut single: Group<T>) -> Result<()> {
        let (values, vectors) = single.numbers.split_at_mut(1);
        let vectors = if let [u, vh] = vectors { Some([&mut **u, &mut **vh]) } else { None };
        single.whole[0][0] = spectral::svd_of(single.inputs[0], self.size, values[0], vectors)?;
        Ok(())
    }

    fn cost(&self) -> Cost {
        cost(30 * self.size[0] * self.size[1] * self.size[0].min(self.size[1]))
    }
}

impl Svd {
    /// Writes the `i`-th vectors of a lane: a long one, times the value, and a short one.
    #[inline(always)]
    fn write<T: Together>(&self, group: &mut Group<T>, l: usize, i: usize, [long, short]: [&[Lanes<T, LANES>]; 2], value: T) {
        let ([m, n], k) = (self.size, short.len());
        let (u, vh) = group.numbers[1..].split_at_mut(1);
        let (u, vh) = (&mut u[0][l * m * k..(l + 1) * m * k], &mut vh[0][l * k * n + i * n..l * k * n + (i + 1) * n]);
        let u = u[i..].iter_mut().step_by(k);
        if m < n {
            u.zip(short).for_each(|(to, x)| *to = x[l]);
            vh.iter_mut().zip(long).for_each(|(to, x)| *to = x[l] / value);
        } else {
            u.zip(long).for_each(|(to, x)| *to = x[l] / value);
            vh.iter_mut().zip(short).for_each(|(to, x)| *to = x[l]);
        }
    }
}

/// `None` where whole bases are asked for of matrices that are not square.
pub(super) fn svd<T: Together>(inputs: &[Array], outputs: &[Array]) -> Option<Result<()>> {
    let ([m, n], vectors) = (size(&inputs[0]), outputs.len() == 4);
    if vectors && (size(&outputs[1])[1] != m.min(n) || size(&outputs[2])[0] != m.min(n)) {
        return None;
    }
    let order = if m < n { Order::plain(m * n) } else { Order::transposed([m, n]) };
    let numbers = if vectors { vec![(&outputs[0], 1), (&outputs[1], 2), (&outputs[2], 2)] } else { vec![(&outputs[0], 1)] };
    Some(all::<T>(&Svd { size: [m, n], vectors, order }, &[(&inputs[0], 2)], &numbers, &[(&outputs[outputs.len() - 1], 0)]))
}
