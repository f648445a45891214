//! Bessel functions and the Airy function.

use super::rows;
use crate::ops::expr::{Expr, Terms, select};

rows! {
    /// `I0(a)`, the modified Bessel function of the first kind of order 0
    I0 = "i0" "I0Backward0" (1, aliases "special.i0", stub "i0_vml_cpu"; HEAVY UNBOUNDED) FLOAT -> Float [(A) => |t| t.g() * t.a().map(&I1)];
    /// `e^-|a| I0(a)`
    I0E = "i0e" "SpecialI0EBackward0" (1, python SPECIAL; HEAVY UNBOUNDED) FLOAT -> Float
        [(A Y) => |t| t.g() * (t.a().map(&I1E) - t.a().sgn() * t.y())];
    /// `I1(a)`, the modified Bessel function of the first kind of order 1
    I1 = "i1" "SpecialI1Backward0" (1, python SPECIAL; HEAVY UNBOUNDED) FLOAT -> Float
        [(A Y) => |t| t.g() * of_order_1(t, t.a().map(&I0))];
    /// `e^-|a| I1(a)`
    I1E = "i1e" "SpecialI1EBackward0" (1, python SPECIAL; HEAVY UNBOUNDED) FLOAT -> Float
        [(A Y) => |t| t.g() * of_order_1(t, t.a().map(&I0E) - t.a().sgn() * t.y())];
    /// `J0(a)`, the Bessel function of the first kind of order 0
    BESSEL_J0 = "bessel_j0" "SpecialBesselJ0Backward0" (1, python SPECIAL; HEAVY UNBOUNDED) FLOAT -> Float
        [(A) => |t| t.g() * -t.a().map(&BESSEL_J1)];
    /// `J1(a)`, the Bessel function of the first kind of order 1
    BESSEL_J1 = "bessel_j1" "SpecialBesselJ1Backward0" (1, python SPECIAL; HEAVY UNBOUNDED) FLOAT -> Float
        [(A Y) => |t| t.g() * of_order_1(t, t.a().map(&BESSEL_J0))];
    /// `Y0(a)`, the Bessel function of the second kind of order 0
    BESSEL_Y0 = "bessel_y0" "SpecialBesselY0Backward0" (1, python SPECIAL; HEAVY UNBOUNDED) FLOAT -> Float
        [(A) => |t| t.g() * -t.a().map(&BESSEL_Y1)];
    /// `Y1(a)`, the Bessel function of the second kind of order 1
    BESSEL_Y1 = "bessel_y1" "SpecialBesselY1Backward0" (1, python SPECIAL; HEAVY UNBOUNDED) FLOAT -> Float
        [(A Y) => |t| t.g() * (t.a().map(&BESSEL_Y0) - t.y() / t.a())];
    /// `I0(a)`, the modified Bessel function of the first kind of order 0
    MODIFIED_BESSEL_I0 = "modified_bessel_i0" "SpecialModifiedBesselI0Backward0" (1, python SPECIAL; HEAVY UNBOUNDED) FLOAT -> Float
        [(A) => |t| t.g() * t.a().map(&MODIFIED_BESSEL_I1)];
    /// `I1(a)`, the modified Bessel function of the first kind of order 1
    MODIFIED_BESSEL_I1 = "modified_bessel_i1" "SpecialModifiedBesselI1Backward0" (1, python SPECIAL; HEAVY UNBOUNDED) FLOAT -> Float
        [(A Y) => |t| t.g() * of_order_1(t, t.a().map(&MODIFIED_BESSEL_I0))];
    /// `K0(a)`, the modified Bessel function of the second kind of order 0
    MODIFIED_BESSEL_K0 = "modified_bessel_k0" "SpecialModifiedBesselK0Backward0" (1, python SPECIAL; HEAVY UNBOUNDED) FLOAT -> Float
        [(A) => |t| t.g() * -t.a().map(&MODIFIED_BESSEL_K1)];
    /// `K1(a)`, the modified Bessel function of the second kind of order 1
    MODIFIED_BESSEL_K1 = "modified_bessel_k1" "SpecialModifiedBesselK1Backward0" (1, python SPECIAL; HEAVY UNBOUNDED) FLOAT -> Float
        [(A Y) => |t| t.g() * (-t.a().map(&MODIFIED_BESSEL_K0) - t.y() / t.a())];
    /// `e^a K0(a)`
    SCALED_MODIFIED_BESSEL_K0 = "scaled_modified_bessel_k0" "" (1, python SPECIAL; HEAVY UNBOUNDED) FLOAT -> Float [];
    /// `e^a K1(a)`
    SCALED_MODIFIED_BESSEL_K1 = "scaled_modified_bessel_k1" "" (1, python SPECIAL; HEAVY UNBOUNDED) FLOAT -> Float [];
    /// `sin(a) / a`, the spherical Bessel function of the first kind of order 0
    SPHERICAL_BESSEL_J0 = "spherical_bessel_j0" "" (1, python SPECIAL; HEAVY UNBOUNDED) FLOAT -> Float [];
    /// `Ai(a)`, the Airy function
    AIRY_AI = "airy_ai" "" (1, python SPECIAL; HEAVY UNBOUNDED) FLOAT -> Float [];
}

/// The derivative `of_order_0 - y / a` of a function of order 1 that is like `a / 2` near 0.
fn of_order_1(t: &Terms, of_order_0: Expr) -> Expr {
    select(t.a().eq(0.0), 0.5, of_order_0 - t.y() / t.a())
}
