//! Comparisons, predicates and logic; all yield bool.

use super::rows;

rows! {
    /// `a == b`
    EQ = "eq" "" (2) ANY -> Bool [];
    /// `a != b`
    NE = "ne" "" (2, aliases "not_equal") ANY -> Bool [];
    /// `a < b`
    LT = "lt" "" (2, aliases "less") ORDERED -> Bool [];
    /// `a <= b`
    LE = "le" "" (2, aliases "less_equal") ORDERED -> Bool [];
    /// `a > b`
    GT = "gt" "" (2, aliases "greater") ORDERED -> Bool [];
    /// `a >= b`
    GE = "ge" "" (2, aliases "greater_equal") ORDERED -> Bool [];
    /// is `a` NaN (either part, if complex)?
    ISNAN = "isnan" "" (1, python NOT_IN_PLACE NO_OUT) ANY -> Bool [];
    /// is `a` infinite (either part, if complex)?
    ISINF = "isinf" "" (1, python NOT_IN_PLACE NO_OUT) ANY -> Bool [];
    /// is `a` neither infinite nor NaN?
    ISFINITE = "isfinite" "" (1, python NOT_IN_PLACE NO_OUT) ANY -> Bool [];
    /// is `a` plus infinity?
    ISPOSINF = "isposinf" "" (1, python NOT_IN_PLACE OUT_OF_OWN_DTYPE) ORDERED -> Bool [];
    /// is `a` minus infinity?
    ISNEGINF = "isneginf" "" (1, python NOT_IN_PLACE OUT_OF_OWN_DTYPE) ORDERED -> Bool [];
    /// is the sign bit of `a` set (minus zero included)?
    SIGNBIT = "signbit" "" (1, python NOT_IN_PLACE OUT_OF_OWN_DTYPE) ORDERED -> Bool [];
    /// `a == 0`
    LOGICAL_NOT = "logical_not" "" (1) ANY -> Bool [];
    /// are both `a` and `b` non-zero?
    LOGICAL_AND = "logical_and" "" (2, python TENSORS) ANY -> Bool [];
    /// is `a` or `b` non-zero?
    LOGICAL_OR = "logical_or" "" (2, python TENSORS) ANY -> Bool [];
    /// is exactly one of `a` and `b` non-zero?
    LOGICAL_XOR = "logical_xor" "" (2, python TENSORS) ANY -> Bool [];
}
