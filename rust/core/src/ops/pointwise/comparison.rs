//! Comparisons, predicates and logic; all yield bool.
//!
//! A comparison written over a float tensor (`x.eq_(y)`) is constant: its derivatives are zeros. Logic has none; as in PyTorch a tensor
//! keeps the history that it had when logic is written over it.

use super::rows;

rows! {
    /// `a == b`
    EQ = "eq" "EqBackward1" (2, number (1 "EqBackward0")) ANY + BAREBONES -> Bool [() => |t| t.zeros(), () => |t| t.zeros()];
    /// `a != b`
    NE = "ne" "NeBackward1" (2, number (1 "NeBackward0"), aliases "not_equal") ANY + BAREBONES -> Bool [() => |t| t.zeros(), () => |t| t.zeros()];
    /// `a < b`
    LT = "lt" "LtBackward1" (2, number (1 "LtBackward0"), aliases "less") ORDERED -> Bool [() => |t| t.zeros(), () => |t| t.zeros()];
    /// `a <= b`
    LE = "le" "LeBackward1" (2, number (1 "LeBackward0"), aliases "less_equal") ORDERED -> Bool [() => |t| t.zeros(), () => |t| t.zeros()];
    /// `a > b`
    GT = "gt" "GtBackward1" (2, number (1 "GtBackward0"), aliases "greater") ORDERED -> Bool [() => |t| t.zeros(), () => |t| t.zeros()];
    /// `a >= b`
    GE = "ge" "GeBackward1" (2, number (1 "GeBackward0"), aliases "greater_equal") ORDERED -> Bool [() => |t| t.zeros(), () => |t| t.zeros()];
    /// is `a` NaN (either part, if complex)?
    ISNAN = "isnan" "" (1, python NOT_IN_PLACE NO_OUT) ANY + BAREBONES -> Bool [];
    /// is `a` infinite (either part, if complex)?
    ISINF = "isinf" "" (1, python NOT_IN_PLACE NO_OUT) ANY + BAREBONES -> Bool [];
    /// is `a` neither infinite nor NaN?
    ISFINITE = "isfinite" "" (1, python NOT_IN_PLACE NO_OUT) ANY + BAREBONES -> Bool [];
    /// is `a` plus infinity?
    ISPOSINF = "isposinf" "" (1, python NOT_IN_PLACE OUT_OF_OWN_DTYPE, refuses ComplexOrder) ORDERED + WIDE_UNSIGNED -> Bool [];
    /// is `a` minus infinity?
    ISNEGINF = "isneginf" "" (1, python NOT_IN_PLACE OUT_OF_OWN_DTYPE, refuses ComplexOrder) ORDERED + WIDE_UNSIGNED -> Bool [];
    /// is the sign bit of `a` set (minus zero included)?
    SIGNBIT = "signbit" "" (1, python NOT_IN_PLACE OUT_OF_OWN_DTYPE) ORDERED + WIDE_UNSIGNED -> Bool [];
    /// `a == 0`
    LOGICAL_NOT = "logical_not" "" (1) ANY -> Bool [];
    /// are both `a` and `b` non-zero?
    LOGICAL_AND = "logical_and" "" (2, python TENSORS) ANY -> Bool [];
    /// is `a` or `b` non-zero?
    LOGICAL_OR = "logical_or" "" (2, python TENSORS) ANY -> Bool [];
    /// is exactly one of `a` and `b` non-zero?
    LOGICAL_XOR = "logical_xor" "" (2, python TENSORS) ANY -> Bool [];
}
