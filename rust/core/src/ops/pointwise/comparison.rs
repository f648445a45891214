//! Comparisons, predicates and logic; all yield bool.

use super::rows;

rows! {
    /// `a == b`
    EQ = "eq" "" (2) ANY -> Bool [];
    /// `a != b`
    NE = "ne" "" (2) ANY -> Bool [];
    /// `a < b`
    LT = "lt" "" (2) ORDERED -> Bool [];
    /// `a <= b`
    LE = "le" "" (2) ORDERED -> Bool [];
    /// `a > b`
    GT = "gt" "" (2) ORDERED -> Bool [];
    /// `a >= b`
    GE = "ge" "" (2) ORDERED -> Bool [];
    /// not a number?
    ISNAN = "isnan" "" (1) ANY -> Bool [];
    /// infinite?
    ISINF = "isinf" "" (1) ANY -> Bool [];
    /// finite?
    ISFINITE = "isfinite" "" (1) ANY -> Bool [];
    /// plus infinity?
    ISPOSINF = "isposinf" "" (1) ORDERED -> Bool [];
    /// minus infinity?
    ISNEGINF = "isneginf" "" (1) ORDERED -> Bool [];
    /// sign bit set (minus zero included)?
    SIGNBIT = "signbit" "" (1) ORDERED -> Bool [];
    /// `a == 0`
    LOGICAL_NOT = "logical_not" "" (1) ANY -> Bool [];
    /// both non-zero
    LOGICAL_AND = "logical_and" "" (2) ANY -> Bool [];
    /// one non-zero
    LOGICAL_OR = "logical_or" "" (2) ANY -> Bool [];
    /// exactly one non-zero
    LOGICAL_XOR = "logical_xor" "" (2) ANY -> Bool [];
}
