// Complex numbers as (real part, imaginary part).

fn complex_product(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
    return vec2<f32>(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
}

// e^(i pi k / n). The angle is counted from the nearest quarter turn, where it has the most digits.
fn root_of_unity(k: u32, n: u32) -> vec2<f32> {
    let turn = k % (2u * n);
    let quarters = (4u * turn + n) / (2u * n);
    let rest = f32(i32(2u * turn) - i32(quarters * n)) / f32(2u * n);
    let both = sine_cosine(3.14159265 * rest).yx;
    switch quarters % 4u {
        case 0u: {
            return both;
        }
        case 1u: {
            return vec2<f32>(-both.y, both.x);
        }
        case 2u: {
            return -both;
        }
        default: {
            return vec2<f32>(both.y, -both.x);
        }
    }
}

// a / b by the larger part of b, so that nothing overflows on the way: R. Smith, "Algorithm 116: complex division",
// Communications of the ACM 5, 1962.
fn complex_quotient(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
    if (abs(b.x) >= abs(b.y)) {
        let ratio = b.y / b.x;
        let whole = b.x + b.y * ratio;
        return vec2<f32>(a.x + a.y * ratio, a.y - a.x * ratio) / whole;
    }
    let ratio = b.x / b.y;
    let whole = b.x * ratio + b.y;
    return vec2<f32>(a.x * ratio + a.y, a.y * ratio - a.x) / whole;
}

// The absolute value, without overflow on the way.
fn complex_size(a: vec2<f32>) -> f32 {
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

fn complex_cosh(x: f32) -> f32 {
    return 0.5 * (exponential(x) + exponential(-x));
}

fn complex_sinh(x: f32) -> f32 {
    let rise = exponential_minus_1(abs(x));
    return sign(x) * 0.5 * (rise + rise / (rise + 1.0));
}
