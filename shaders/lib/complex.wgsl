// Complex numbers as (real part, imaginary part).

fn complex_product(a: vec2<R>, b: vec2<R>) -> vec2<R> {
    return vec2<R>(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
}

// e^(i pi k / n). The angle is counted from the nearest quarter turn, where it has the most digits.
fn root_of_unity(k: u32, n: u32) -> vec2<R> {
    let turn = k % (2u * n);
    let quarters = (4u * turn + n) / (2u * n);
    let rest = R(i32(2u * turn) - i32(quarters * n)) / R(2u * n);
    let both = sine_cosine(3.141592653589793 * rest).yx;
    switch quarters % 4u {
        case 0u: {
            return both;
        }
        case 1u: {
            return vec2<R>(-both.y, both.x);
        }
        case 2u: {
            return -both;
        }
        default: {
            return vec2<R>(both.y, -both.x);
        }
    }
}

// a / b by the larger part of b, so that nothing overflows on the way: R. Smith, "Algorithm 116: complex division",
// Communications of the ACM 5, 1962.
fn complex_quotient(a: vec2<R>, b: vec2<R>) -> vec2<R> {
    // A zero has no sign here.
    if (b.x == 0.0 && b.y == 0.0) {
        return a / abs(b.x);
    }
    if (abs(b.x) >= abs(b.y)) {
        let ratio = b.y / b.x;
        let whole = b.x + b.y * ratio;
        return vec2<R>(a.x + a.y * ratio, a.y - a.x * ratio) / whole;
    }
    let ratio = b.x / b.y;
    let whole = b.x * ratio + b.y;
    return vec2<R>(a.x * ratio + a.y, a.y * ratio - a.x) / whole;
}

// The absolute value, without overflow on the way.
fn complex_size(a: vec2<R>) -> R {
    let large = max(abs(a.x), abs(a.y));
    let small = min(abs(a.x), abs(a.y));
    if (is_infinite(a.x) || is_infinite(a.y)) {
        return infinity();
    }
    if (is_nan(a.x) || is_nan(a.y)) {
        return quiet_nan();
    }
    if (large == 0.0) {
        return 0.0;
    }
    let ratio = small / large;
    return large * sqrt(1.0 + ratio * ratio);
}

fn complex_cosh(x: R) -> R {
    return 0.5 * (exponential(x) + exponential(-x));
}

fn complex_sinh(x: R) -> R {
    if (abs(x) > 20.0) {
        return sign(x) * 0.5 * exponential(abs(x));
    }
    let rise = exponential_minus_1(abs(x));
    return sign(x) * 0.5 * (rise + rise / (rise + 1.0));
}

// Inverse hyperbolic sine of a real number.
fn real_asinh(x: R) -> R {
    let a = abs(x);
    var y = logarithm_of_1_plus(a + a * a / (1.0 + sqrt(1.0 + a * a)));
    if (a > 1e9) {
        y = logarithm(a) + 0.6931471805599453;
    }
    return select(y, -y, is_negative(x));
}

// i z and -i z.
fn turned_left(z: vec2<R>) -> vec2<R> {
    return vec2<R>(-z.y, z.x);
}

fn turned_right(z: vec2<R>) -> vec2<R> {
    return vec2<R>(z.y, -z.x);
}

// The square root in the right half plane.
fn complex_root(z: vec2<R>) -> vec2<R> {
    let size = complex_size(z);
    if (is_infinite(z.y)) {
        return vec2<R>(infinity(), z.y);
    }
    if (size == 0.0 || is_infinite(size)) {
        return select(vec2<R>(size, 0.0 * z.y), vec2<R>(R(0.0), select(size, -size, is_negative(z.y))), is_infinite(size) && z.x < 0.0);
    }
    let half = sqrt(0.5 * size + 0.5 * abs(z.x));
    let other = 0.5 * z.y / half;
    if (z.x >= 0.0) {
        return vec2<R>(half, other);
    }
    return vec2<R>(abs(other), select(half, -half, is_negative(z.y)));
}

// Hyperbolic functions of x + i y; tanh over sinh(x)^2 + cos(y)^2, in which nothing cancels.
fn complex_hyperbolic_sine(z: vec2<R>) -> vec2<R> {
    let both = sine_cosine(z.y);
    return vec2<R>(complex_sinh(z.x) * both.y, complex_cosh(z.x) * both.x);
}

fn complex_hyperbolic_tangent(z: vec2<R>) -> vec2<R> {
    let both = sine_cosine(z.y);
    if (abs(z.x) > 20.0) {
        return vec2<R>(sign(z.x), 4.0 * both.x * both.y * exponential(-2.0 * abs(z.x)));
    }
    let s = complex_sinh(z.x);
    return vec2<R>(s * complex_cosh(z.x), both.x * both.y) / (s * s + both.y * both.y);
}

// Inverses by real functions that lose no digits near the cuts: W. Kahan, "Branch cuts for complex elementary functions", The
// State of the Art in Numerical Analysis, 1987.
fn complex_arc_sine(z: vec2<R>) -> vec2<R> {
    if (is_infinite(complex_size(z))) {
        return vec2<R>(arc_tangent_2(z.x, abs(z.y)), select(infinity(), -infinity(), is_negative(z.y)));
    }
    let down = complex_root(vec2<R>(1.0 - z.x, -z.y));
    let up = complex_root(vec2<R>(1.0 + z.x, z.y));
    return vec2<R>(arc_tangent_2(z.x, down.x * up.x - down.y * up.y), real_asinh(down.x * up.y - down.y * up.x));
}

fn complex_arc_cosine(z: vec2<R>) -> vec2<R> {
    if (is_infinite(complex_size(z))) {
        return vec2<R>(arc_tangent_2(abs(z.y), z.x), select(-infinity(), infinity(), is_negative(z.y)));
    }
    let down = complex_root(vec2<R>(1.0 - z.x, -z.y));
    let up = complex_root(vec2<R>(1.0 + z.x, z.y));
    return vec2<R>(2.0 * arc_tangent_2(down.x, up.x), real_asinh(up.x * down.y - up.y * down.x));
}

fn complex_inverse_hyperbolic_tangent(z: vec2<R>) -> vec2<R> {
    if (is_infinite(complex_size(z))) {
        return vec2<R>(select(R(0.0), R(-0.0), is_negative(z.x)), select(R(1.5707963267948966), R(-1.5707963267948966), is_negative(z.y)));
    }
    let real = 0.25 * logarithm_of_1_plus(4.0 * abs(z.x) / ((1.0 - abs(z.x)) * (1.0 - abs(z.x)) + z.y * z.y));
    let angle = 0.5 * arc_tangent_2(2.0 * z.y, (1.0 - z.x) * (1.0 + z.x) - z.y * z.y);
    return vec2<R>(select(real, -real, is_negative(z.x)), angle);
}

fn complex_exponential(z: vec2<R>) -> vec2<R> {
    let size = exponential(z.x);
    if (z.y == 0.0) {
        return vec2<R>(size, z.y);
    }
    return size * sine_cosine(z.y).yx;
}

fn complex_logarithm(z: vec2<R>) -> vec2<R> {
    return vec2<R>(logarithm(complex_size(z)), arc_tangent_2(z.y, z.x));
}
