// What both ways of reducing share. Parameters: 0 number of reduced elements, 1 length of a chunk, 2 chunks an output,
// 3 reduced dimensions, 4.. their sizes, 8.. their strides in the input; 13 the stride of the last one; scalar 8 the op's parameter.

// Position of the i-th reduced element relative to the first.
fn reduced(i: u32) -> u32 {
    var rest = i;
    var at = 0u;
    for (var d = arg(3u) - 1u; d > 0u; d--) {
        let size = arg(4u + d);
        let quotient = rest / size;
        at += (rest - quotient * size) * arg(8u + d);
        rest = quotient;
    }
    return at + rest * arg(8u);
}

// The state of every step-th element of [begin, end): that of runs of 32, which are merged, so that rounding errors do not pile up.
fn accumulate(base: u32, begin: u32, end: u32, step: u32) -> State {
    let start = base + reduced(begin);
    let first = initial(${read}(base));
    var state = first;
    for (var run = begin; run < end; run += 32u * step) {
        var part = first;
        for (var i = run; i < min(run + 32u * step, end); i += step) {
            part = accept(part, ${read}(${place}));
        }
        state = merge(state, part);
    }
    return state;
}

// Writes the results of an output, or keeps the state of one of its chunks.
fn emit(output: u32, chunk: u32, state: State) {
${emit}
}
