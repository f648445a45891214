//! Comparisons, predicates and logic.

use super::{is_true, ops, truth};
use crate::lane::Lane;
use crate::math::Float;

/// A lane with an order.
pub(in crate::pointwise) trait Ordered: Lane + PartialOrd {}
impl<T: Lane + PartialOrd> Ordered for T {}

ops! {
    /// Equality and logic on any lane.
    fn equality<T: Lane, I> up to Avx2 {
        truth "eq" (a, b) = truth(a == b);
        truth "ne" (a, b) = truth(a != b);
        truth "logical_not" (a) = truth(!is_true(a));
        truth "logical_and" (a, b) = truth(is_true(a) & is_true(b));
        truth "logical_or" (a, b) = truth(is_true(a) | is_true(b));
        truth "logical_xor" (a, b) = truth(is_true(a) ^ is_true(b));
    }
}

ops! {
    fn order<T: Ordered, I> up to Avx2 {
        truth "lt" (a, b) = truth(a < b);
        truth "le" (a, b) = truth(a <= b);
        truth "gt" (a, b) = truth(a > b);
        truth "ge" (a, b) = truth(a >= b);
    }
}

/// Comparisons and logic on lanes with an order.
pub(super) fn ordered<T: Ordered>(table: &mut super::Table<T>) {
    equality(table);
    order(table);
}

ops! {
    /// Predicates on floats.
    fn float_predicates<T: Float, I> up to Avx2 {
        truth "isnan" (a) = truth(a.is_nan());
        truth "isinf" (a) = truth(a.abs() == T::INFINITY);
        truth "isfinite" (a) = truth(a.abs() < T::INFINITY);
        truth "isposinf" (a) = truth(a == T::INFINITY);
        truth "isneginf" (a) = truth(a == -T::INFINITY);
        truth "signbit" (a) = truth(a.is_sign_negative());
    }
}

ops! {
    /// Predicates on lanes that are always finite.
    fn exact_predicates<T: Lane, I> up to Avx2 {
        truth "isnan" (_a) = truth(false);
        truth "isinf" (_a) = truth(false);
        truth "isfinite" (_a) = truth(true);
        truth "isposinf" (_a) = truth(false);
        truth "isneginf" (_a) = truth(false);
    }
}
