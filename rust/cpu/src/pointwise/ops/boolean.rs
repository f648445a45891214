//! Ops on truth values: sums are "or", products are "and".

use ferrotorch_kernel::dtype::Bool;

use super::{compare, ops, truth};
use crate::lane::Lane;
use crate::pointwise::table::Table;

/// The one lane of truth values.
pub(in crate::pointwise) trait Truth: Lane<Real = Self> {
    /// As Rust's bool.
    fn get(self) -> bool;
    /// From Rust's bool.
    fn of(x: bool) -> Self;
}

impl Truth for Bool {
    #[inline(always)]
    fn get(self) -> bool {
        Bool::get(self)
    }

    #[inline(always)]
    fn of(x: bool) -> Self {
        Bool::new(x)
    }
}

/// The ops on truth values.
pub(in crate::pointwise) fn boolean<T: Truth>(table: &mut Table<T>) {
    arithmetic(table);
    compare::exact_predicates(table);
}

ops! {
    fn arithmetic<T: Truth, I> up to Baseline {
        same "add" (a, b; alpha) = T::of(a.get() | (alpha.get() & b.get()));
        same "mul" (a, b) = T::of(a.get() & b.get());
        real "abs" (a) = a;
        same "sign" (a) = a;
        same "sgn" (a) = a;
        same "conj_physical" (a) = a;
        same "square" (a) = a;
        same "maximum" (a, b) = T::of(a.get() | b.get());
        same "minimum" (a, b) = T::of(a.get() & b.get());
        same "fmax" (a, b) = T::of(a.get() | b.get());
        same "fmin" (a, b) = T::of(a.get() & b.get());
        same "clamp" (a; low, high) = T::of((a.get() | low.get()) & high.get());
        same "heaviside" (a, b) = T::of(a.get() | b.get());
        same "bitwise_not" (a) = T::of(!a.get());
        same "bitwise_and" (a, b) = T::of(a.get() & b.get());
        same "bitwise_or" (a, b) = T::of(a.get() | b.get());
        same "bitwise_xor" (a, b) = T::of(a.get() ^ b.get());
        same "where" (a, b, c) = if a.get() { b } else { c };
        same "nan_to_num" (a; _nan, _high, _low) = a;
        truth "signbit" (_a) = truth(false);
        truth "eq" (a, b) = truth(a.get() == b.get());
        truth "ne" (a, b) = truth(a.get() != b.get());
        truth "lt" (a, b) = truth(!a.get() & b.get());
        truth "le" (a, b) = truth(!a.get() | b.get());
        truth "gt" (a, b) = truth(a.get() & !b.get());
        truth "ge" (a, b) = truth(a.get() | !b.get());
        truth "logical_not" (a) = truth(!a.get());
        truth "logical_and" (a, b) = truth(a.get() & b.get());
        truth "logical_or" (a, b) = truth(a.get() | b.get());
        truth "logical_xor" (a, b) = truth(a.get() ^ b.get());
    }
}
