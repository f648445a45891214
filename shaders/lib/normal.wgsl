// The normal distribution, the scaled complementary error function, and Hurwitz' zeta function of real orders.

// e^(x^2) for moderate x, with the square in two parts: it has more digits than a number.
fn exponential_of_square(x: R) -> R {
    let high = floor(x * 128.0) / 128.0;
    let low = x - high;
    return exponential(high * high) * exponential((2.0 * high + low) * low);
}

// e^(x^2) erfc(x)
fn scaled_complementary_error(x: R) -> R {
    if (x < -26.7) {
        return infinity();
    }
    let right = scaled_error_right(abs(x));
    return select(right, 2.0 * exponential_of_square(max(x, R(-26.7))) - right, x < 0.0);
}

fn scaled_error_right(x: R) -> R {
    if (x < 1.0 || is_nan(x)) {
        return exponential_of_square(x) * complementary_error_function(x);
    }
    if (x < 28.0) {
        return scaled_error_tail(x);
    }
    // The asymptotic series, DLMF 7.12.1.
    let t = 0.5 / (x * x);
    let y = ((((10395.0 * t - 945.0) * t + 105.0) * t - 15.0) * t + 3.0) * t * t - t + 1.0;
    return y / (x * 1.7724538509055159);
}

// The logarithm of the probability that a standard normal variable is at most x.
fn log_normal_probability(x: R) -> R {
    let t = x * 0.7071067811865476;
    if (x < -1.0) {
        return logarithm(0.5 * scaled_complementary_error(-t)) - t * t;
    }
    return logarithm_of_1_plus(-0.5 * complementary_error_function(t));
}

// The x that a standard normal variable is below with the probability p: the approximation 26.2.23 of Abramowitz and Stegun, then
// steps of Halley's method on the ratio of tail and density.
fn normal_quantile(p: R) -> R {
    if (p == 0.0 || p == 1.0) {
        return select(infinity(), -infinity(), p == 0.0);
    }
    if (!(p > 0.0 && p < 1.0) || is_nan(p)) {
        return quiet_nan();
    }
    let tail = select(1.0 - p, p, p < 0.5);
    let t = sqrt(-2.0 * logarithm(tail));
    var x = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
    let log_scaled = logarithm(tail) + 0.9189385332046727;
    for (var i = 0; i < 3; i++) {
        var error: R;
        if (tail > 0.25) {
            let rest = (0.5 - tail) - 0.5 * error_function(x * 0.7071067811865476);
            error = rest * exponential(0.5 * x * x) * 2.5066282746310002;
        } else {
            error = 1.2533141373155001 * scaled_complementary_error(x * 0.7071067811865476) - exponential(log_scaled + 0.5 * x * x);
        }
        // The tail falls with x, and its slope over its curvature is -1 / x.
        x += error / (1.0 + 0.5 * x * error);
    }
    return select(x, -x, p < 0.5);
}

// sum (q + k)^-s, by Euler and Maclaurin after nine terms (the method of Cephes' zeta.c).
fn real_zeta(s: R, q: R) -> R {
    if (s == 1.0) {
        return infinity();
    }
    // Orders that are no numbers have poles, too, as in PyTorch.
    if (s < 1.0 || is_nan(q)) {
        return quiet_nan();
    }
    if (q <= 0.0 && (is_infinite(q) || floor(q) == q)) {
        return infinity();
    }
    if (is_nan(s) || (q <= 0.0 && floor(s) != s)) {
        return quiet_nan();
    }
    if (is_infinite(q)) {
        return R(0.0);
    }
    var sum = power(q, -s);
    var a = q;
    var term = R(0.0);
    for (var i = 0; i < 9 || a <= 9.0; i++) {
        a += 1.0;
        term = power(a, -s);
        sum += term;
        if (abs(term) < epsilon() * abs(sum)) {
            return sum;
        }
    }
    sum += term * a / (s - 1.0) - 0.5 * term;
    // (2k)! / B(2k)
    var divisors = array<R, 12>(12.0, -720.0, 30240.0, -1209600.0, 47900160.0, -1.8924375803183791606e9, 7.47242496e10,
        -2.950130727918164224e12, 1.1646782814350067249e14, -4.5979787224074726105e15, 1.8152105401943546773e17,
        -7.1661652561756670113e18);
    // term a^(-2k - 1) s (s + 1) ... (s + 2k), which stays in range where the factors alone do not.
    var rest = term;
    for (var k = 0; k < 12; k++) {
        rest *= (s + R(2 * k)) / a;
        let next = rest / divisors[k];
        sum += next;
        if (abs(next) < epsilon() * abs(sum)) {
            break;
        }
        rest *= (s + R(2 * k + 1)) / a;
    }
    return sum;
}
