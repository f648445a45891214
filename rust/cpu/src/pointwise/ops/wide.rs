//! Special functions that are computed in float64 whatever the dtype.

use super::ops;
use crate::math::{Float, airy, bessel, gamma, incomplete, normal, orthogonal};

ops! {
    /// Functions without branches.
    fn vectors<T: Float, I> up to Avx512 {
        same "entr" (a) = T::of(normal::entr::<I>(a.wide()));
        same "ndtr" (a) = T::of(normal::ndtr::<I>(a.wide()));
        same "ndtri" (a) [rare (a) normal::is_rare(a.wide()) => T::of(normal::ndtri_of_any(a.wide()))] =
            T::of(normal::ndtri::<I>(a.wide()));
        same "log_ndtr" (a) = T::of(normal::log_ndtr::<I>(a.wide()));
        same "erfcx" (a) = T::of(normal::erfcx::<I>(a.wide()));
        same "i0" (a) = T::of(bessel::i0::<I>(a.wide()));
        same "i0e" (a) = T::of(bessel::i0e::<I>(a.wide()));
        same "i1" (a) = T::of(bessel::i1::<I>(a.wide()));
        same "i1e" (a) = T::of(bessel::i1e::<I>(a.wide()));
        same "modified_bessel_i0" (a) = T::of(bessel::i0::<I>(a.wide()));
        same "modified_bessel_i1" (a) = T::of(bessel::i1::<I>(a.wide()));
    }
}

ops! {
    /// Functions of which no vector form pays.
    fn functions<T: Float, I> up to Baseline {
        same "modified_bessel_k0" (a) = T::of(bessel::k0(a.wide()));
        same "modified_bessel_k1" (a) = T::of(bessel::k1(a.wide()));
        same "scaled_modified_bessel_k0" (a) = T::of(bessel::k0e(a.wide()));
        same "scaled_modified_bessel_k1" (a) = T::of(bessel::k1e(a.wide()));
        same "bessel_j0" (a) = T::of(bessel::j0(a.wide()));
        same "bessel_j1" (a) = T::of(bessel::j1(a.wide()));
        same "bessel_y0" (a) = T::of(bessel::y0(a.wide()));
        same "bessel_y1" (a) = T::of(bessel::y1(a.wide()));
        same "spherical_bessel_j0" (a) = T::of(bessel::spherical_j0(a.wide()));
        same "airy_ai" (a) = T::of(airy::airy_ai(a.wide()));
        same "zeta" (s, q) = T::of(gamma::zeta(s.wide(), q.wide()));
        same "igamma" (a, x) = T::of(incomplete::gammainc(a.wide(), x.wide()));
        same "igammac" (a, x) = T::of(incomplete::gammaincc(a.wide(), x.wide()));
        same "chebyshev_polynomial_t" (x, n) = T::of(orthogonal::chebyshev_t(x.wide(), n.wide()));
        same "chebyshev_polynomial_u" (x, n) = T::of(orthogonal::chebyshev_u(x.wide(), n.wide()));
        same "chebyshev_polynomial_v" (x, n) = T::of(orthogonal::chebyshev_v(x.wide(), n.wide()));
        same "chebyshev_polynomial_w" (x, n) = T::of(orthogonal::chebyshev_w(x.wide(), n.wide()));
        same "shifted_chebyshev_polynomial_t" (x, n) = T::of(orthogonal::chebyshev_t(2.0 * x.wide() - 1.0, n.wide()));
        same "shifted_chebyshev_polynomial_u" (x, n) = T::of(orthogonal::chebyshev_u(2.0 * x.wide() - 1.0, n.wide()));
        same "shifted_chebyshev_polynomial_v" (x, n) = T::of(orthogonal::chebyshev_v(2.0 * x.wide() - 1.0, n.wide()));
        same "shifted_chebyshev_polynomial_w" (x, n) = T::of(orthogonal::chebyshev_w(2.0 * x.wide() - 1.0, n.wide()));
        same "hermite_polynomial_h" (x, n) = T::of(orthogonal::hermite_h(x.wide(), n.wide()));
        same "hermite_polynomial_he" (x, n) = T::of(orthogonal::hermite_he(x.wide(), n.wide()));
        same "laguerre_polynomial_l" (x, n) = T::of(orthogonal::laguerre(x.wide(), n.wide()));
        same "legendre_polynomial_p" (x, n) = T::of(orthogonal::legendre(x.wide(), n.wide()));
    }
}
