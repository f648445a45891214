//! Rounding.

use super::rows;

rows! {
    /// `floor(a)`, the largest integer not above
    FLOOR = "floor" "FloorBackward0" (1, python OUT_OF_OWN_DTYPE, stub "floor_vml_cpu") REAL + WIDE_UNSIGNED -> Promoted [() => |t| t.zeros()];
    /// `ceil(a)`, the smallest integer not below
    CEIL = "ceil" "CeilBackward0" (1, python OUT_OF_OWN_DTYPE, stub "ceil_vml_cpu") REAL + WIDE_UNSIGNED -> Promoted [() => |t| t.zeros()];
    /// `trunc(a)`, the integer part
    TRUNC = "trunc" "TruncBackward0" (1, aliases "fix", python OUT_OF_OWN_DTYPE, stub "trunc_vml_cpu") REAL + WIDE_UNSIGNED -> Promoted [() => |t| t.zeros()];
    /// nearest integer, halves to even
    ROUND = "round" "RoundBackward0" (1, python OUT_OF_OWN_DTYPE, stub "round_vml_cpu") REAL + WIDE_UNSIGNED -> Promoted [() => |t| t.zeros()];
    /// nearest multiple of `10^-decimals`, halves to even; the parameter is `decimals`
    ROUND_DECIMALS = "round_decimals" "RoundBackward1" (1, params "", python OUT_OF_OWN_DTYPE) FLOAT -> Promoted [() => |t| t.zeros()];
    /// `a - trunc(a)`, the fractional part, with the sign of the input
    FRAC = "frac" "FracBackward0" (1, python OUT_OF_OWN_DTYPE) FLOAT -> Promoted [() => |t| t.g()];
}
