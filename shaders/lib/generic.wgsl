// Functions that read the same in float32 and float64; what they are made of is in math.wgsl and special.wgsl, or in math64.wgsl
// and special64.wgsl.

// a^b. Small integer exponents multiply; others go through the logarithm, whose high part is kept apart so that the
// error does not grow with the exponent.
fn power(a: R, b: R) -> R {
    if (b == 0.0 || a == 1.0) {
        return 1.0;
    }
    if (is_nan(a) || is_nan(b)) {
        return quiet_nan();
    }
    if (is_infinite(b)) {
        if (abs(a) == 1.0) {
            return 1.0;
        }
        return select(R(0.0), infinity(), (abs(a) > 1.0) == (b > 0.0));
    }
    if (floor(b) == b && abs(b) <= 16.0) {
        return integer_power(a, i32(b));
    }
    let whole = floor(b) == b;
    if (a < 0.0 && !whole && !is_infinite(a)) {
        return quiet_nan();
    }
    let odd = whole && 2.0 * floor(0.5 * b) != b;
    let sign = select(R(1.0), R(-1.0), odd && is_negative(a));
    let base = abs(a);
    if (base == 0.0 || is_infinite(base)) {
        return sign * select(R(0.0), infinity(), (base == 0.0) == (b < 0.0));
    }
    if (b == 0.5) {
        return sqrt(a);
    }
    return sign * power_of_2(base, b);
}

fn integer_power(a: R, n: i32) -> R {
    var result = R(1.0);
    var base = a;
    var exponent = abs(n);
    while (exponent > 0) {
        if ((exponent & 1) != 0) {
            result *= base;
        }
        base *= base;
        exponent = exponent >> 1u;
    }
    return select(result, 1.0 / result, n < 0);
}

// (sin, cos) of pi x.
fn sine_cosine_of_pi_times(x: R) -> vec2<R> {
    let k = floor(2.0 * x + 0.5);
    return rotate_quarters(sine_cosine_series((x - 0.5 * k) * 3.141592653589793), i32(k - 4.0 * floor(0.25 * k)));
}

fn arc_tangent_2(y: R, x: R) -> R {
    if (is_nan(x) || is_nan(y)) {
        return quiet_nan();
    }
    var angle = R(0.0);
    if (is_infinite(x) && is_infinite(y)) {
        angle = 0.7853981633974483;
    } else if (y != 0.0) {
        angle = arc_tangent(abs(y) / abs(x));
    }
    angle = select(angle, 3.141592653589793 - angle, is_negative(x));
    return select(angle, -angle, is_negative(y));
}

fn is_nonpositive_integer(x: R) -> bool {
    return x <= 0.0 && floor(x) == x;
}

// log |gamma(x)|: reflection below 1/2.
fn log_gamma(x: R) -> R {
    if (is_nan(x)) {
        return x;
    }
    if (is_infinite(x) || is_nonpositive_integer(x)) {
        return infinity();
    }
    if (abs(x) < 1e-20) {
        return -logarithm(abs(x));
    }
    if (x < 0.5) {
        return 1.1447298858494002 - logarithm(abs(sine_cosine_of_pi_times(x).x)) - log_gamma_right(1.0 - x);
    }
    return log_gamma_right(x);
}

// Derivative of log gamma: asymptotic series after recurrence, reflection below 0.
fn digamma(x: R) -> R {
    if (x == 0.0) {
        return select(-infinity(), infinity(), is_negative(x));
    }
    if (is_nan(x) || is_nonpositive_integer(x)) {
        return quiet_nan();
    }
    if (x < 0.0) {
        let both = sine_cosine_of_pi_times(x);
        return digamma_right(1.0 - x) - 3.141592653589793 * both.y / both.x;
    }
    return digamma_right(x);
}

fn trigamma(x: R) -> R {
    if (is_nan(x)) {
        return x;
    }
    if (is_nonpositive_integer(x)) {
        return infinity();
    }
    if (x < 0.5) {
        let s = sine_cosine_of_pi_times(x).x;
        return 9.869604401089358 / (s * s) - hurwitz_zeta(2, 1.0 - x);
    }
    return hurwitz_zeta(2, x);
}

// (-1)^(n + 1) n! zeta(n + 1, x).
fn polygamma(n: i32, x: R) -> R {
    if (n == 0) {
        return digamma(x);
    }
    if (n == 1) {
        return trigamma(x);
    }
    var factorial = R(1.0);
    for (var k = 2; k <= n; k++) {
        factorial *= R(k);
    }
    return select(-factorial, factorial, (n & 1) == 1) * hurwitz_zeta(n + 1, x);
}

// erfinv(x) / x by size = -log(1 - x^2), to the digits of float32. M. Giles, "Approximating the erfinv function", GPU Computing Gems,
// 2011; further out than it reaches, its first terms do.
fn inverse_error_ratio(size: R) -> R {
    if (size < 5.0) {
        let w = size - 2.5;
        var y = 3.43273939e-07 + 2.81022636e-08 * w;
        y = y * w - 3.5233877e-06;
        y = y * w - 4.39150654e-06;
        y = y * w + 0.00021858087;
        y = y * w - 0.00125372503;
        y = y * w - 0.00417768164;
        y = y * w + 0.246640727;
        return y * w + 1.50140941;
    }
    let w = min(sqrt(size), 4.0) - 3.0;
    var y = 0.000100950558 - 0.000200214257 * w;
    y = y * w + 0.00134934322;
    y = y * w - 0.00367342844;
    y = y * w + 0.00573950773;
    y = y * w - 0.0076224613;
    y = y * w + 0.00943887047;
    y = y * w + 1.00167406;
    return y * w + 2.83297682 + max(sqrt(size) - 4.0, 0.0);
}
