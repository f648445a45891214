// Samples of the distributions from the random words of an element; scalars 2 and 3 are the parameters.

fn sample_uniform(i: u32) -> R {
    let low = scalar_${R}(2u);
    let high = scalar_${R}(3u);
    let x = low + first_unit(draw(i)) * (high - low);
    return select(x, low, x >= high && low < high);
}

// Box and Muller.
fn standard_normal(i: u32) -> R {
    let bits = draw(i);
    let radius = sqrt(-2.0 * logarithm_of_1_plus(-first_unit(bits)));
    return radius * sine_cosine(6.283185307179586 * second_unit(bits)).y;
}

fn sample_normal(i: u32) -> R {
    return scalar_${R}(2u) + scalar_${R}(3u) * standard_normal(i);
}

fn sample_log_normal(i: u32) -> R {
    return exponential(sample_normal(i));
}

fn sample_exponential(i: u32) -> R {
    return -logarithm_of_1_plus(-first_unit(draw(i))) / scalar_${R}(2u);
}

// The number of trials up to the first success.
fn sample_geometric(i: u32) -> R {
    return max(R(1.0), ceil(logarithm_of_1_plus(-first_unit(draw(i))) / logarithm_of_1_plus(-scalar_${R}(2u))));
}

fn sample_cauchy(i: u32) -> R {
    let both = sine_cosine(3.141592653589793 * (first_unit(draw(i)) - 0.5));
    return scalar_${R}(2u) + scalar_${R}(3u) * both.x / both.y;
}

// low + a number below the parameter, all arithmetic modulo 2^32 or 2^64.
fn sample_integer_i32(i: u32) -> i32 {
    return scalar_i32(2u) + bitcast<i32>(below(draw(i).x, arg(6u)));
}

fn sample_integer_i64(i: u32) -> i64 {
    let bits = draw(i);
    let range = (u64(arg(7u)) << 32u) | u64(arg(6u));
    var x = (u64(bits.y) << 32u) | u64(bits.x);
    if (range != u64(0u)) {
        x = x % range;
    }
    return scalar_i64(2u) + i64(x);
}

// A number below `range`, where 0 stands for 2^32: the high word of the product with the random word.
fn below(bits: u32, range: u32) -> u32 {
    return select(wide_product(bits, range).y, bits, range == 0u);
}
