// Which scores count, and which weights are kept. Parameters: 0 queries, 1 keys, 4 causal, 18 the words below which weights are dropped, 19 the
// factor of the others, 20, 21 seed, 22, 23 number of the launch among those of the seed.

// The weights of four scores where the row's largest score, or the logarithm of its sum, is known.
fn weights_of(scores: vec4<f32>, shift: vec4<f32>, counts: vec4<bool>) -> vec4<f32> {
    var w = vec4<f32>();
    @each j 4: if (counts[#j]) { w[#j] = exponential(scores[#j] - shift[#j]); }
    return w;
}

// Scores with what a mask adds to them, whose elements begin at `at` and lie `step` apart.
fn masked(scores: vec4<f32>, counts: vec4<bool>, at: u32, step: u32) -> vec4<f32> {
    var s = scores;
${mask}
    return s;
}

// What the weight of a key is multiplied by, in a row of a matrix.
fn kept(matrix: u32, query: u32, key: u32) -> f32 {
    return ${kept};
}

// The same for four keys, 8 apart, the first of which is one of the first 8 of 32.
fn kept_along(matrix: u32, query: u32, key: u32) -> vec4<f32> {
    return ${kept_along};
}

fn dropout_words(matrix: u32, query: u32, key: u32) -> vec4<u32> {
    let place = (query << 16u) | (key / 32u * 8u + key % 8u);
    return philox(vec4<u32>(arg(22u), arg(23u), matrix + 1u, place), vec2<u32>(arg(20u), arg(21u)));
}
