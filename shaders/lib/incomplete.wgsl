// The regularised incomplete gamma functions: series and continued fraction (DLMF 8.11.4, 8.9.2) with the front factor in the form of
// C. Loader, "Fast and accurate computation of binomial probabilities" (2000); for large shapes near the middle the uniform
// expansion of N. Temme (DLMF 8.12.7). And how samples of gamma and beta distributions move with a shape: dx/da = -(dF/da) /
// (dF/dx) (M. Figurnov et al., "Implicit reparameterization gradients", 2018), where F is differentiated term by term.

// Series and fractions are given up after so many terms; they converge long before where they are used.
const MOST_TERMS = 5000;
const MOST_SAMPLE_TERMS = 20000;

// (P, Q) of shape a at x.
fn incomplete_gamma(a: R, x: R) -> vec2<R> {
    if (is_nan(a) || is_nan(x) || a < 0.0 || x < 0.0) {
        return vec2<R>(quiet_nan());
    }
    if (a == 0.0 || is_infinite(x)) {
        return select(vec2<R>(1.0, 0.0), vec2<R>(quiet_nan()), x == 0.0 || is_infinite(a));
    }
    if (x == 0.0 || is_infinite(a)) {
        return vec2<R>(0.0, 1.0);
    }
    if (a > 200.0 && abs(x - a) < 0.3 * a) {
        return vec2<R>(uniform_gamma(a, x, -1.0), uniform_gamma(a, x, 1.0));
    }
    if (x > 1.1 && x >= a) {
        let upper = gamma_front(a, x) * a * gamma_fraction(a, x);
        return vec2<R>(1.0 - upper, upper);
    }
    if (x <= 1.1 && a < 1.0 && ((x > 0.5 && a < x * 1.1) || (x <= 0.5 && -0.4 / logarithm(x) > a))) {
        let upper = small_upper_gamma(a, x);
        return vec2<R>(1.0 - upper, upper);
    }
    let lower = gamma_front(a, x) * gamma_series(a, x);
    return vec2<R>(lower, 1.0 - lower);
}

// x^a e^-x / Gamma(a + 1)
fn gamma_front(a: R, x: R) -> R {
    if (a < 10.0) {
        let direct = power(x, a) * exponential(-x) * exponential(-log_gamma(a + 1.0));
        if (direct > 1e-30 && !is_infinite(direct)) {
            return direct;
        }
        return exponential(a * logarithm(x) - x - log_gamma(a + 1.0));
    }
    return exponential(-stirling_rest(a) - gamma_deviance(a, x)) / sqrt(6.283185307179586 * a);
}

// log Gamma(a + 1) less Stirling's approximation of it, for a from 10 on.
fn stirling_rest(a: R) -> R {
    let z = 1.0 / (a * a);
    var y = 1.0 / 156.0 * z - 691.0 / 360360.0;
    y = y * z + 1.0 / 1188.0;
    y = y * z - 1.0 / 1680.0;
    y = y * z + 1.0 / 1260.0;
    y = y * z - 1.0 / 360.0;
    y = y * z + 1.0 / 12.0;
    return y / a;
}

// a log(a / x) + x - a, without the loss of digits near x = a: with v = (a - x) / (a + x) it is 2 a (v + v^3 / 3 + ...) + x - a.
fn gamma_deviance(a: R, x: R) -> R {
    if (abs(x - a) >= 0.1 * (x + a)) {
        return a * logarithm(a / x) + x - a;
    }
    let v = (a - x) / (a + x);
    var sum = (a - x) * v;
    var factor = 2.0 * a * v;
    for (var j = 1; j < 40; j++) {
        factor *= v * v;
        sum += factor / R(2 * j + 1);
    }
    return sum;
}

// 1 + x / (a + 1) + x^2 / ((a + 1) (a + 2)) + ...
fn gamma_series(a: R, x: R) -> R {
    var sum = R(1.0);
    var term = R(1.0);
    for (var n = 1; n < MOST_TERMS; n++) {
        term *= x / (a + R(n));
        sum += term;
        if (term <= 0.25 * epsilon() * sum) {
            break;
        }
    }
    return sum;
}

// Q for small a and x, where P is close to 1 or the fraction converges slowly: 1 - x^a / Gamma(a + 1) (1 + a sum of
// (-x)^n / (n! (a + n))).
fn small_upper_gamma(a: R, x: R) -> R {
    var sum = R(0.0);
    var factor = R(1.0);
    for (var n = 1; n < MOST_TERMS; n++) {
        factor *= -x / R(n);
        let term = factor / (a + R(n));
        sum += term;
        if (abs(term) <= epsilon() * abs(sum)) {
            break;
        }
    }
    let exponent = a * logarithm(x) - log_gamma(a + 1.0);
    return -exponential_minus_1(exponent) - exponential(exponent) * a * sum;
}

// The continued fraction of Gamma(a, x) e^x x^-a, by Lentz' method.
fn gamma_fraction(a: R, x: R) -> R {
    var b = x + 1.0 - a;
    var c = R(1e30);
    var d = 1.0 / b;
    var value = d;
    for (var n = 1; n < MOST_TERMS; n++) {
        let term = -R(n) * (R(n) - a);
        b += 2.0;
        d = 1.0 / (term * d + b);
        c = b + term / c;
        let factor = c * d;
        value *= factor;
        if (abs(factor - 1.0) <= epsilon()) {
            break;
        }
    }
    return value;
}

// Q with the sign 1, P with -1, for large a near x.
fn uniform_gamma(a: R, x: R, sign: R) -> R {
    let half_square = gamma_deviance(a, x) / a;
    let size = sqrt(2.0 * max(half_square, R(0.0)));
    let eta = select(size, -size, x < a);
    var sum = R(0.0);
    sum = sum / a + temme_5(eta);
    sum = sum / a + temme_4(eta);
    sum = sum / a + temme_3(eta);
    sum = sum / a + temme_2(eta);
    sum = sum / a + temme_1(eta);
    sum = sum / a + temme_0(eta);
    let rest = exponential(-a * half_square) / sqrt(6.283185307179586 * a) * sum;
    return 0.5 * complementary_error_function(sign * eta * sqrt(0.5 * a)) + sign * rest;
}

// Coefficients of the uniform expansion as power series, computed for this project by DLMF 8.12.11.
fn temme_0(eta: R) -> R {
    var y = R(1.1004392031956135e-13);
    y = y * eta - 5.0276692801141755e-12;
    y = y * eta + 2.4361948020667415e-11;
    y = y * eta - 5.830772132550426e-11;
    y = y * eta - 2.5514193994946248e-11;
    y = y * eta + 9.14769958223679e-10;
    y = y * eta - 4.382036018453353e-09;
    y = y * eta + 1.0261809784240309e-08;
    y = y * eta + 6.707853543401498e-09;
    y = y * eta - 1.7665952736826078e-07;
    y = y * eta + 8.296711340953087e-07;
    y = y * eta - 1.85406221071516e-06;
    y = y * eta - 2.185448510679992e-06;
    y = y * eta + 3.919263178522438e-05;
    y = y * eta - 0.0001787551440329218;
    y = y * eta + 0.0003527336860670194;
    y = y * eta + 0.0011574074074074073;
    y = y * eta - 0.014814814814814815;
    y = y * eta + 0.08333333333333333;
    y = y * eta - 0.3333333333333333;
    return y;
}

fn temme_1(eta: R) -> R {
    var y = R(4.162792991842583e-10);
    y = y * eta - 1.0091543710600413e-09;
    y = y * eta - 1.7543241719747647e-11;
    y = y * eta + 1.1951628599778148e-08;
    y = y * eta - 5.752545603517705e-08;
    y = y * eta + 1.378633446915721e-07;
    y = y * eta + 4.647127802807434e-09;
    y = y * eta - 1.6120900894563446e-06;
    y = y * eta + 7.64916091608111e-06;
    y = y * eta - 1.8098550334489977e-05;
    y = y * eta - 4.018775720164609e-07;
    y = y * eta + 0.00020576131687242798;
    y = y * eta - 0.0009902263374485596;
    y = y * eta + 0.0026455026455026454;
    y = y * eta - 0.003472222222222222;
    y = y * eta - 0.001851851851851852;
    return y;
}

fn temme_2(eta: R) -> R {
    var y = R(-2.0477098421990866e-10);
    y = y * eta + 1.4280614206064242e-07;
    y = y * eta - 6.298992138380055e-07;
    y = y * eta + 1.3721957309062934e-06;
    y = y * eta + 3.423578734096138e-08;
    y = y * eta - 1.2760635188618728e-05;
    y = y * eta + 5.2923448829120125e-05;
    y = y * eta - 0.0001073665322636516;
    y = y * eta + 2.0093878600823047e-06;
    y = y * eta + 0.0007716049382716049;
    y = y * eta - 0.0026813271604938273;
    y = y * eta + 0.004133597883597883;
    return y;
}

fn temme_3(eta: R) -> R {
    var y = R(1.4230900732435883e-06);
    y = y * eta - 5.6749528269915965e-06;
    y = y * eta + 1.1082654115347302e-05;
    y = y * eta - 2.396505113867297e-07;
    y = y * eta - 7.561801671883977e-05;
    y = y * eta + 0.00026772063206283885;
    y = y * eta - 0.0004691894943952557;
    y = y * eta + 0.00022947209362139917;
    y = y * eta + 0.0006494341563786008;
    return y;
}

fn temme_4(eta: R) -> R {
    var y = R(-3.968365047179435e-05);
    y = y * eta + 6.641498215465122e-05;
    y = y * eta - 1.4638452578843418e-06;
    y = y * eta - 0.0002990724803031902;
    y = y * eta + 0.0007840392217200666;
    y = y * eta - 0.0008618882909167117;
    return y;
}

fn temme_5(eta: R) -> R {
    var y = R(-0.00019932570516188847);
    y = y * eta + 0.0002772753244959392;
    y = y * eta - 6.972813758365857e-05;
    y = y * eta - 0.00033679855336635813;
    return y;
}

// dx/da of a sample x of the gamma distribution with shape a and scale 1.
fn gamma_sample_slope(a: R, x: R) -> R {
    if (!(a > 0.0 && x >= 0.0) || is_nan(a) || is_nan(x)) {
        return quiet_nan();
    }
    if (x == 0.0) {
        return x;
    }
    let slope = logarithm(x) - digamma(a);
    if (x < a + 1.0) {
        let lower = gamma_series_slope(a, x);
        return -x * (slope * lower.x + lower.y);
    }
    let upper = gamma_fraction_slope(a, x);
    return x * (slope * upper.x + upper.y);
}

// sum x^n / (a (a + 1) .. (a + n)) and its derivative by a.
fn gamma_series_slope(a: R, x: R) -> vec2<R> {
    var term = 1.0 / a;
    var slope = -1.0 / a;
    var sum = vec2<R>(term, term * slope);
    for (var n = 1; n < MOST_SAMPLE_TERMS; n++) {
        let d = a + R(n);
        term *= x / d;
        slope -= 1.0 / d;
        sum += vec2<R>(term, term * slope);
        if (term * max(abs(slope), R(1.0)) < 0.1 * epsilon() * min(sum.x, abs(sum.y))) {
            break;
        }
    }
    return sum;
}

// The continued fraction of e^x x^-a Gamma(a, x) and its derivative by a.
fn gamma_fraction_slope(a: R, x: R) -> vec2<R> {
    var b = x + 1.0 - a;
    // What goes up and its derivative; in the beginning it is infinite.
    var c = vec2<R>();
    var d = vec2<R>(1.0 / b, 1.0 / (b * b));
    var h = d;
    for (var n = 1; n < MOST_SAMPLE_TERMS; n++) {
        let i = R(n);
        let up = i * (a - i);
        b += 2.0;
        let over = b + up * d.x;
        let slope = i * d.x + up * d.y - 1.0;
        d = vec2<R>(1.0 / over, -slope / (over * over));
        var ratio = vec2<R>();
        if (n > 1) {
            ratio = vec2<R>(up / c.x, i / c.x - up * c.y / (c.x * c.x));
        }
        c = vec2<R>(b + ratio.x, ratio.y - 1.0);
        let factor = vec2<R>(c.x * d.x, c.y * d.x + c.x * d.y);
        h = vec2<R>(h.x * factor.x, h.y * factor.x + h.x * factor.y);
        if (abs(factor.x - 1.0) <= 2.0 * epsilon() && abs(h.x * factor.y) <= 4.0 * epsilon() * abs(h.y)) {
            break;
        }
    }
    return h;
}

// dx/da / (1 - x) of a sample x of the beta distribution with shapes a and total - a.
fn dirichlet_sample_slope(x: R, a: R, total: R) -> R {
    let b = total - a;
    if (!(a > 0.0 && x >= 0.0 && x <= 1.0) || is_nan(a) || is_nan(x) || is_nan(total)) {
        return quiet_nan();
    }
    // Without other concentrations there is one point only.
    if (x == 0.0 || b <= 0.0) {
        return 0.0;
    }
    if (x * (total + 2.0) < a + 1.0) {
        let lower = beta_series_slope(total, a, x, 1.0);
        return -x / a * ((logarithm(x) - digamma(a + 1.0) + digamma(total)) * lower.x + lower.y);
    }
    let upper = beta_series_slope(total, b, 1.0 - x, 0.0);
    return x / b * ((logarithm(x) - digamma(a) + digamma(total)) * upper.x + upper.y);
}

// sum (total)_n / (a + 1)_n x^n, which times x^a (1 - x)^b / (a B(a, b)) is the incomplete beta function (DLMF 8.17.8), and its
// derivative by the one shape, or by the other one, of which the denominators know nothing.
fn beta_series_slope(total: R, a: R, x: R, own: R) -> vec2<R> {
    var term = R(1.0);
    var slope = R(0.0);
    var sum = vec2<R>(1.0, 0.0);
    for (var n = 0; n < MOST_SAMPLE_TERMS; n++) {
        let up = total + R(n);
        let down = a + 1.0 + R(n);
        term *= up / down * x;
        slope += 1.0 / up - own / down;
        sum += vec2<R>(term, term * slope);
        // Terms may grow before they fall.
        if (up * x < down && term * max(abs(slope), R(1.0)) < 0.1 * epsilon() * sum.x) {
            break;
        }
    }
    return sum;
}
