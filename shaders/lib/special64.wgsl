// The special functions of special.wgsl in float64. Coefficients are those of S. Moshier's Cephes Mathematical Library unless
// another source is named.

// log gamma(x) for x >= 1/2: Stirling's series from 13 on; below, recurrence to [2, 3), where it is (x - 2) times a rational function.
fn log_gamma_right(x: f64) -> f64 {
    if (x >= 13.0) {
        let inverse = 1.0 / x;
        let z = inverse * inverse;
        var y = 8.11614167470508450300e-4 * z - 5.95061904284301438324e-4;
        y = y * z + 7.93650340457716943945e-4;
        y = y * z - 2.77777777730099687205e-3;
        y = y * z + 8.33333333333331927722e-2;
        return (x - 0.5) * logarithm(x) - x + 0.9189385332046727 + y * inverse;
    }
    var product = f64(1.0);
    var shifted = x;
    while (shifted >= 3.0) {
        shifted -= 1.0;
        product *= shifted;
    }
    // Counted from 2 on, and so without the rounding of what is added to small differences.
    var f = shifted - 2.0;
    if (x < 1.0) {
        product = 1.0 / (x * (x + 1.0));
        f = x;
    } else if (x < 2.0) {
        product = 1.0 / x;
        f = x - 1.0;
    }
    var p = -1.37825152569120859100e3 * f - 3.88016315134637840924e4;
    p = p * f - 3.31612992738871184744e5;
    p = p * f - 1.16237097492762307383e6;
    p = p * f - 1.72173700820839662146e6;
    p = p * f - 8.53555664245765465627e5;
    var q = f - 3.51815701436523470549e2;
    q = q * f - 1.70642106651881159223e4;
    q = q * f - 2.20528590553854454839e5;
    q = q * f - 1.13933444367982507207e6;
    q = q * f - 2.53252307177582951285e6;
    q = q * f - 2.01889141433532773231e6;
    return logarithm(product) + f * p / q;
}

// Digamma of x > 0: asymptotic series from 10 on.
fn digamma_right(x: f64) -> f64 {
    var result = f64(0.0);
    var shifted = x;
    while (shifted < 10.0) {
        result -= 1.0 / shifted;
        shifted += 1.0;
    }
    let z = 1.0 / (shifted * shifted);
    var y = 8.33333333333333333333e-2 * z - 2.10927960927960927961e-2;
    y = y * z + 7.57575757575757575758e-3;
    y = y * z - 4.16666666666666666667e-3;
    y = y * z + 3.96825396825396825397e-3;
    y = y * z - 8.33333333333333333333e-3;
    y = y * z + 8.33333333333333333333e-2;
    return result + logarithm(shifted) - 0.5 / shifted - y * z;
}

// sum (x + k)^-s by Euler and Maclaurin: nine terms, then the integral and corrections by Bernoulli's numbers.
fn hurwitz_zeta(s: i32, x: f64) -> f64 {
    if (is_nonpositive_integer(x)) {
        return select(quiet_nan(), infinity(), (s & 1) == 0 || x == 0.0 || is_infinite(x));
    }
    if (is_infinite(x)) {
        return 0.0;
    }
    var sum = f64(0.0);
    var shifted = x;
    while (shifted < 9.0) {
        sum += integer_power(shifted, -s);
        shifted += 1.0;
    }
    let order = f64(s);
    // (2 k)! over Bernoulli's number of 2 k.
    var divisors = array<f64, 9>(
        12.0, -720.0, 30240.0, -1209600.0, 47900160.0, -1892437580.3183791606, 74724249600.0, -2950130727918.164224,
        116467828143500.67249
    );
    var corrections = f64(0.0);
    var factor = order / shifted;
    for (var k = 0; k < 9; k++) {
        corrections += factor / divisors[k];
        let m = order + f64(2 * k + 1);
        factor *= m * (m + 1.0) / (shifted * shifted);
    }
    let tail = shifted / (order - 1.0) + 0.5 + corrections;
    return sum + tail * integer_power(shifted, -s);
}

// The estimate of M. Giles, "Approximating the erfinv function", GPU Computing Gems, 2011, with its digits doubled and doubled again
// by E. Halley's method.
fn inverse_error_function(x: f64) -> f64 {
    if (is_nan(x) || abs(x) > 1.0) {
        return quiet_nan();
    }
    if (abs(x) == 1.0) {
        return sign(x) * infinity();
    }
    let a = abs(x);
    let rest = 1.0 - a;
    var y = a * inverse_error_ratio(-logarithm(rest * (1.0 + a)));
    for (var k = 0; k < 3; k++) {
        // Near 1 the complement has the digits.
        let miss = select(error_function(y) - a, rest - complementary_error_function(y), a > 0.5);
        let step = miss * exponential(y * y) * 0.886226925452758;
        y -= step / (1.0 + y * step);
    }
    return select(y, -y, is_negative(x));
}
