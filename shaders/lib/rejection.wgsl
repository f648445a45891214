// Samples of distributions that are drawn until one is accepted: each element has words of its own for every try.

const TRIES = 128u;

// The words of the i-th element's try. Parameters: 0, 1 seed; 2, 3 counter of the first element.
fn draw_again(i: u32, attempt: u32) -> vec4<u32> {
    let low = space.first + i;
    let number = add_wide(vec2<u32>(low, space.first_high + select(0u, 1u, low < i)), vec2<u32>(arg(2u), arg(3u)));
    return philox(vec4<u32>(number, attempt, 1u), vec2<u32>(arg(0u), arg(1u)));
}

// In (0, 1].
fn positive_unit(bits: vec4<u32>) -> R {
    return 1.0 - first_unit(bits);
}

// Small rates: as many as there are exponential gaps before 1. Large ones: W. Hormann, "The transformed rejection method for
// generating Poisson random variables", Insurance: Mathematics and Economics 12, 1993, algorithm PTRS.
fn sample_poisson(i: u32, rate: R) -> R {
    if (rate < 10.0) {
        return poisson_by_gaps(i, rate);
    }
    let b = 0.931 + 2.53 * sqrt(rate);
    let a = 0.02483 * b - 0.059;
    let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    let bound = 0.9277 - 3.6224 / (b - 2.0);
    for (var k = 0u; k < TRIES; k++) {
        let bits = draw_again(i, k);
        let u = second_unit(bits) - 0.5;
        let v = positive_unit(bits);
        let rest = 0.5 - abs(u);
        let x = floor((2.0 * a / rest + b) * u + rate + 0.43);
        if (rest >= 0.07 && v <= bound) {
            return x;
        }
        if (x < 0.0 || (rest < 0.013 && v > rest)) {
            continue;
        }
        if (logarithm(v * inverse_alpha / (a / (rest * rest) + b)) <= x * logarithm(rate) - rate - log_gamma(x + 1.0)) {
            return x;
        }
    }
    return floor(rate);
}

fn poisson_by_gaps(i: u32, rate: R) -> R {
    var time = R(0.0);
    for (var k = 0u; k < TRIES; k++) {
        time -= logarithm(positive_unit(draw_again(i, k)));
        if (time > rate) {
            return R(k);
        }
    }
    return R(TRIES);
}

// G. Marsaglia and W. Tsang, "A simple method for generating gamma variables", ACM TOMS 26, 2000. Below 1 the shape is one
// more, and a power of a uniform number makes up for it. Scalar 2: the least result.
fn sample_gamma(i: u32, shape: R) -> R {
    let d = select(shape, shape + 1.0, shape < 1.0) - 0.3333333333333333;
    let c = 1.0 / sqrt(9.0 * d);
    var log_boost = R(0.0);
    if (shape < 1.0) {
        log_boost = logarithm(positive_unit(draw_again(i, TRIES))) / shape;
    }
    for (var k = 0u; k < TRIES; k++) {
        let bits = draw_again(i, k);
        let radius = sqrt(-2.0 * logarithm(positive_unit(bits)));
        let x = radius * sine_cosine(6.283185307179586 * second_unit(bits)).y;
        let root = 1.0 + c * x;
        let v = root * root * root;
        if (root > 0.0 && logarithm(positive_unit(draw_again(i, TRIES + 1u + k))) < 0.5 * x * x + d - d * v + d * logarithm(v)) {
            return max(d * v * exponential(log_boost), scalar_${R}(2u));
        }
    }
    return d;
}

fn sample_binomial(i: u32, trials: R, p: R) -> R {
    if (!(trials > 0.0) || !(p > 0.0)) {
        return 0.0;
    }
    if (p > 0.5) {
        return trials - fewer_successes(i, trials, 1.0 - p);
    }
    return fewer_successes(i, trials, p);
}

// p at most 1/2. Few successes: by the trials from one to the next. Many: W. Hormann, "The generation of binomial random
// variates", Journal of Statistical Computation and Simulation 46, 1993, algorithm BTRS.
fn fewer_successes(i: u32, trials: R, p: R) -> R {
    if (p <= 0.0) {
        return 0.0;
    }
    if (trials * p < 10.0) {
        return successes_by_gaps(i, trials, p);
    }
    let deviation = sqrt(trials * p * (1.0 - p));
    let b = 1.15 + 2.53 * deviation;
    let a = 0.0248 * b + 0.01 * p - 0.0873;
    let alpha = (2.83 + 5.1 / b) * deviation;
    for (var k = 0u; k < TRIES; k++) {
        let bits = draw_again(i, k);
        let u = second_unit(bits) - 0.5;
        let v = positive_unit(bits);
        let rest = 0.5 - abs(u);
        let x = floor((2.0 * a / rest + b) * u + trials * p + 0.5);
        if (rest >= 0.07 && v <= 0.92 - 4.2 / b) {
            return x;
        }
        if (x < 0.0 || x > trials) {
            continue;
        }
        if (logarithm(v * alpha / (a / (rest * rest) + b)) <= log_binomial_ratio(x, trials, p)) {
            return x;
        }
    }
    return floor(trials * p);
}

// The logarithm of the probability of x successes over that of the most probable number of them.
fn log_binomial_ratio(x: R, trials: R, p: R) -> R {
    let mode = floor((trials + 1.0) * p);
    let odds = p / (1.0 - p);
    let from_mode = (mode + 0.5) * logarithm((mode + 1.0) / (odds * (trials - mode + 1.0)));
    let between = (trials + 1.0) * logarithm((trials - mode + 1.0) / (trials - x + 1.0));
    let to_x = (x + 0.5) * logarithm(odds * (trials - x + 1.0) / (x + 1.0));
    let tails = stirling_tail(mode) + stirling_tail(trials - mode) - stirling_tail(x) - stirling_tail(trials - x);
    return from_mode + between + to_x + tails;
}

// What Stirling's formula lacks of log(x!).
fn stirling_tail(x: R) -> R {
    let inverse = 1.0 / (x + 1.0);
    let square = inverse * inverse;
    return (0.08333333333333333 - (0.002777777777777778 - 0.0007936507936507937 * square) * square) * inverse;
}

fn successes_by_gaps(i: u32, trials: R, p: R) -> R {
    let scale = 1.0 / logarithm_of_1_plus(-p);
    var passed = R(0.0);
    for (var k = 0u; k < TRIES; k++) {
        passed += max(ceil(logarithm(positive_unit(draw_again(i, k))) * scale), 1.0);
        if (passed > trials) {
            return R(k);
        }
    }
    return min(trials, R(TRIES));
}
