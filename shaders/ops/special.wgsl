// Special functions that take several lines: lib/bessel.wgsl, incomplete.wgsl, normal.wgsl and orthogonal.wgsl have these.

fn op_i0(a: T) -> T {
    return grown(a, scaled_bessel_i0(a));
}

fn op_i0e(a: T) -> T {
    return scaled_bessel_i0(a);
}

fn op_i1(a: T) -> T {
    return grown(a, scaled_bessel_i1(a));
}

fn op_i1e(a: T) -> T {
    return scaled_bessel_i1(a);
}

fn op_modified_bessel_i0(a: T) -> T {
    return op_i0(a);
}

fn op_modified_bessel_i1(a: T) -> T {
    return op_i1(a);
}

fn op_modified_bessel_k0(a: T) -> T {
    return of_second_kind(a, exponential(-a) * scaled_bessel_k0(a));
}

fn op_modified_bessel_k1(a: T) -> T {
    return of_second_kind(a, exponential(-a) * scaled_bessel_k1(a));
}

fn op_scaled_modified_bessel_k0(a: T) -> T {
    return of_second_kind(a, scaled_bessel_k0(a));
}

fn op_scaled_modified_bessel_k1(a: T) -> T {
    return of_second_kind(a, scaled_bessel_k1(a));
}

fn op_spherical_bessel_j0(a: T) -> T {
    if (a == 0.0) {
        return 1.0;
    }
    if (op_isinf(a)) {
        return 0.0;
    }
    return op_sin(a) / a;
}

fn op_erfcx(a: T) -> T {
    return scaled_complementary_error(a);
}

fn op_log_ndtr(a: T) -> T {
    return log_normal_probability(a);
}

fn op_ndtri(a: T) -> T {
    return normal_quantile(a);
}

fn op_zeta(a: T, b: T) -> T {
    return real_zeta(a, b);
}

fn op_igamma(a: T, b: T) -> T {
    return incomplete_gamma(a, b).x;
}

fn op_igammac(a: T, b: T) -> T {
    return incomplete_gamma(a, b).y;
}

fn op_standard_gamma_grad(a: T, b: T) -> T {
    return gamma_sample_slope(a, b);
}

fn op_dirichlet_grad(a: T, b: T, c: T) -> T {
    return dirichlet_sample_slope(a, b, c);
}

fn op_chebyshev_polynomial_t(a: T, b: T) -> T {
    return chebyshev_t(a, degree_of(b));
}

fn op_shifted_chebyshev_polynomial_t(a: T, b: T) -> T {
    return chebyshev_t(2.0 * a - 1.0, degree_of(b));
}

fn op_chebyshev_polynomial_u(a: T, b: T) -> T {
    return chebyshev_u(a, degree_of(b));
}

fn op_shifted_chebyshev_polynomial_u(a: T, b: T) -> T {
    return chebyshev_u(2.0 * a - 1.0, degree_of(b));
}

fn op_chebyshev_polynomial_v(a: T, b: T) -> T {
    return chebyshev_v(a, degree_of(b));
}

fn op_shifted_chebyshev_polynomial_v(a: T, b: T) -> T {
    return chebyshev_v(2.0 * a - 1.0, degree_of(b));
}

fn op_chebyshev_polynomial_w(a: T, b: T) -> T {
    return chebyshev_w(a, degree_of(b));
}

fn op_shifted_chebyshev_polynomial_w(a: T, b: T) -> T {
    return chebyshev_w(2.0 * a - 1.0, degree_of(b));
}

fn op_hermite_polynomial_h(a: T, b: T) -> T {
    return hermite(a, 2.0, degree_of(b));
}

fn op_hermite_polynomial_he(a: T, b: T) -> T {
    return hermite(a, 1.0, degree_of(b));
}

fn op_laguerre_polynomial_l(a: T, b: T) -> T {
    return laguerre(a, degree_of(b));
}

fn op_legendre_polynomial_p(a: T, b: T) -> T {
    return legendre(a, degree_of(b));
}
