// Special functions in float32.

// Below 3/4 the power series. Above, 1 - erfc.
fn error_function(x: f32) -> f32 {
    if (is_nan(x)) {
        return x;
    }
    let a = abs(x);
    if (a < 0.75) {
        return error_function_series(x);
    }
    return sign(x) * (1.0 - complementary_error_tail(a));
}

// 2 / sqrt(pi) sum (-1)^n x^(2n + 1) / (n! (2n + 1)).
fn error_function_series(x: f32) -> f32 {
    let z = x * x;
    var y = -1.0 / 75600.0;
    y = y * z + 1.0 / 9360.0;
    y = y * z - 1.0 / 1320.0;
    y = y * z + 1.0 / 216.0;
    y = y * z - 1.0 / 42.0;
    y = y * z + 0.1;
    y = y * z - 1.0 / 3.0;
    return 1.12837917 * (x + x * z * y);
}

fn complementary_error_function(x: f32) -> f32 {
    if (is_nan(x)) {
        return x;
    }
    if (abs(x) < 0.75) {
        return 1.0 - error_function_series(x);
    }
    let tail = complementary_error_tail(abs(x));
    return select(tail, 2.0 - tail, x < 0.0);
}

// erfc(a) for a >= 0: the Chebyshev fit of W. Press et al., Numerical Recipes, section 6.2 (relative error 1.2e-7). a^2
// is taken in two parts, since e^-z magnifies the rounding of z.
fn complementary_error_tail(a: f32) -> f32 {
    if (a > 10.1) {
        return 0.0;
    }
    let high = bitcast<f32>(bitcast<u32>(a) & 0xfffff000u);
    let t = 1.0 / (1.0 + 0.5 * a);
    return t * exponential(-high * high) * exponential((high - a) * (high + a) + error_tail_exponent(t));
}

// e^(a^2) erfc(a).
fn scaled_error_tail(a: f32) -> f32 {
    let t = 1.0 / (1.0 + 0.5 * a);
    return t * exponential(error_tail_exponent(t));
}

fn error_tail_exponent(t: f32) -> f32 {
    var y = 0.17087277;
    y = y * t - 0.82215223;
    y = y * t + 1.48851587;
    y = y * t - 1.13520398;
    y = y * t + 0.27886807;
    y = y * t - 0.18628806;
    y = y * t + 0.09678418;
    y = y * t + 0.37409196;
    y = y * t + 1.00002368;
    return y * t - 1.26551223;
}

fn inverse_error_function(x: f32) -> f32 {
    if (is_nan(x) || abs(x) > 1.0) {
        return quiet_nan();
    }
    if (abs(x) == 1.0) {
        return sign(x) * infinity();
    }
    return x * inverse_error_ratio(-logarithm((1.0 - x) * (1.0 + x)));
}

// log gamma(x) for x >= 1/2: Stirling's series from 8 on, recurrence below.
fn log_gamma_right(x: f32) -> f32 {
    if (abs(x - 1.0) < 0.25 || abs(x - 2.0) < 0.25) {
        return log_gamma_near_zeros(x);
    }
    var shifted = x;
    var product = 1.0;
    while (shifted < 8.0) {
        product *= shifted;
        shifted += 1.0;
    }
    let inverse = 1.0 / shifted;
    let square = inverse * inverse;
    let series = inverse * (0.0833333333 + square * (-0.00277777778 + square * (0.000793650794 - square * 0.000595238095)));
    return (shifted - 0.5) * (logarithm(shifted) - 1.0) - 0.5 + 0.918938533 + series - logarithm(product);
}

// log gamma(1 + f) = -log(1 + f) + f (1 - gamma) + sum (-1)^k (zeta(k) - 1) f^k / k, M. Abramowitz and I. Stegun,
// Handbook of Mathematical Functions, 6.1.33; no cancellation at the zeros 1 and 2.
fn log_gamma_near_zeros(x: f32) -> f32 {
    let second = x > 1.5;
    let f = select(x - 1.0, x - 2.0, second);
    var y = 9.94575128e-05;
    y = 0.000223154758 - f * y;
    y = 0.000509669525 - f * y;
    y = 0.00119275391 - f * y;
    y = 0.00289051033 - f * y;
    y = 0.00738555103 - f * y;
    y = 0.0205808084 - f * y;
    y = 0.0673523011 - f * y;
    y = 0.322467033 - f * y;
    return select(-logarithm_of_1_plus(f), 0.0, second) + f * (0.422784335 + f * y);
}

// Digamma of x > 0: asymptotic series from 6 on.
fn digamma_right(x: f32) -> f32 {
    var result = 0.0;
    var shifted = x;
    while (shifted < 6.0) {
        result -= 1.0 / shifted;
        shifted += 1.0;
    }
    let inverse = 1.0 / shifted;
    let square = inverse * inverse;
    let series = square * (0.0833333333 - square * (0.00833333333 - square * (0.00396825397 - square * 0.00416666667)));
    return result + logarithm(shifted) - 0.5 * inverse - series;
}

// sum (x + k)^-s by Euler and Maclaurin: nine terms, then the integral and three corrections.
fn hurwitz_zeta(s: i32, x: f32) -> f32 {
    if (is_nonpositive_integer(x)) {
        return select(quiet_nan(), infinity(), (s & 1) == 0 || x == 0.0 || is_infinite(x));
    }
    if (is_infinite(x)) {
        return 0.0;
    }
    var sum = 0.0;
    var shifted = x;
    while (shifted < 9.0) {
        sum += integer_power(shifted, -s);
        shifted += 1.0;
    }
    let order = f32(s);
    let square = 1.0 / (shifted * shifted);
    let corrections = order * (0.0833333333 - (order + 1.0) * (order + 2.0) * square * (0.00138888889
        - (order + 3.0) * (order + 4.0) * square * 3.30687831e-05));
    let tail = shifted / (order - 1.0) + 0.5 + corrections / shifted;
    return sum + tail * integer_power(shifted, -s);
}
