//! Bitwise ops on integers, logic on bool.

use super::rows;

rows! {
    /// `~a`, the bitwise complement; logical not for bool
    BITWISE_NOT = "bitwise_not" "" (1, python OUT_OF_OWN_DTYPE) INTEGRAL -> Promoted [];
    /// `a & b`, bitwise and
    BITWISE_AND = "bitwise_and" "" (2, python NUMBER_FIRST) INTEGRAL + WIDE_UNSIGNED -> Promoted [];
    /// `a | b`, bitwise or
    BITWISE_OR = "bitwise_or" "" (2, python NUMBER_FIRST) INTEGRAL + WIDE_UNSIGNED -> Promoted [];
    /// `a ^ b`, bitwise exclusive or
    BITWISE_XOR = "bitwise_xor" "" (2, python NUMBER_FIRST) INTEGRAL + WIDE_UNSIGNED -> Promoted [];
    /// `a << b`; 0 where `b` is negative or not below the width
    LEFT_SHIFT = "bitwise_left_shift" "" (2, python NUMBER_FIRST, stub "lshift_cpu") INTEGER -> Promoted [];
    /// `a >> b`, arithmetic for signed dtypes; a shift that is negative or not below the width acts as width - 1
    RIGHT_SHIFT = "bitwise_right_shift" "" (2, python NUMBER_FIRST, stub "rshift_cpu") INTEGER -> Promoted [];
}
