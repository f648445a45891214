// Orthogonal polynomials of a degree given as a number: by recurrence in the degree, or for large ones on (-1, 1) by trigonometric
// functions. Of a negative degree they are 0.

fn degree_of(n: R) -> i32 {
    return select(i32(clamp(n, R(-1.0), R(2e9))), -1, is_nan(n));
}

// (-1)^n
fn parity(n: i32) -> R {
    return select(R(1.0), R(-1.0), (n & 1) != 0);
}

// The one of degree 0 where that is asked for; 0 below.
fn of_low_degree(n: i32) -> R {
    return select(R(0.0), R(1.0), n == 0);
}

// 2 x p(k) - p(k - 1), from degree 1 on.
fn chebyshev_recurrence(x: R, first: R, n: i32) -> R {
    var before = R(1.0);
    var now = first;
    for (var k = 1; k < n; k++) {
        let next = 2.0 * x * now - before;
        before = now;
        now = next;
    }
    return select(of_low_degree(n), now, n > 0);
}

fn chebyshev_t(x: R, n: i32) -> R {
    if (n > 0 && abs(x) == 1.0) {
        return select(parity(n), R(1.0), x > 0.0);
    }
    if (n > 6 && abs(x) < 1.0) {
        return sine_cosine(R(n) * op_acos(x)).y;
    }
    return chebyshev_recurrence(x, x, n);
}

fn chebyshev_u(x: R, n: i32) -> R {
    if (n > 0 && abs(x) == 1.0) {
        return R(n + 1) * select(parity(n), R(1.0), x > 0.0);
    }
    if (n > 8 && abs(x) < 1.0) {
        let angle = op_acos(x);
        return sine_cosine(R(n + 1) * angle).x / sine_cosine(angle).x;
    }
    return chebyshev_recurrence(x, 2.0 * x, n);
}

fn chebyshev_v(x: R, n: i32) -> R {
    if (n > 0 && abs(x) == 1.0) {
        return select(R(2 * n + 1) * parity(n), R(1.0), x > 0.0);
    }
    if (n > 8 && abs(x) < 1.0) {
        let angle = op_acos(x);
        return sine_cosine((R(n) + 0.5) * angle).y / sine_cosine(0.5 * angle).y;
    }
    return chebyshev_recurrence(x, 2.0 * x - 1.0, n);
}

fn chebyshev_w(x: R, n: i32) -> R {
    if (n > 0 && abs(x) == 1.0) {
        return select(parity(n), R(2 * n + 1), x > 0.0);
    }
    if (n > 8 && abs(x) < 1.0) {
        let angle = op_acos(x);
        return sine_cosine((R(n) + 0.5) * angle).x / sine_cosine(0.5 * angle).x;
    }
    return chebyshev_recurrence(x, 2.0 * x + 1.0, n);
}

// The physicists' for a factor of 2, the statisticians' for 1.
fn hermite(x: R, factor: R, n: i32) -> R {
    var before = R(1.0);
    var now = factor * x;
    for (var k = 1; k < n; k++) {
        let next = factor * (x * now - R(k) * before);
        before = now;
        now = next;
    }
    return select(of_low_degree(n), now, n > 0);
}

fn laguerre(x: R, n: i32) -> R {
    var before = R(1.0);
    var now = 1.0 - x;
    for (var k = 1; k < n; k++) {
        let next = ((R(2 * k + 1) - x) * now - R(k) * before) / R(k + 1);
        before = now;
        now = next;
    }
    return select(of_low_degree(n), now, n > 0);
}

fn legendre(x: R, n: i32) -> R {
    if (n > 0 && abs(x) == 1.0) {
        return select(parity(n), R(1.0), x > 0.0);
    }
    var before = R(1.0);
    var now = x;
    for (var k = 1; k < n; k++) {
        let next = (R(2 * k + 1) * x * now - R(k) * before) / R(k + 1);
        before = now;
        now = next;
    }
    return select(of_low_degree(n), now, n > 0);
}
