// What every shader begins with: the iteration space, the parameters and the type that is computed in.
//
// `shape` holds the space's dimensions (outermost first), `stride` two vectors an operand, `offset` where each operand
// begins; all in elements, strides modulo 2^32 so that they may be negative. `args` holds what the family needs.
struct Space {
    count: u32,
    ndim: u32,
    first: u32,
    first_high: u32,
    shape: array<vec4<u32>, 2>,
    offset: array<vec4<u32>, ${offset_vectors}>,
    stride: array<vec4<u32>, ${stride_vectors}>,
    args: array<vec4<u32>, ${arg_vectors}>,
}

@group(0) @binding(0) var<uniform> space: Space;

alias T = ${T};
// The parts of complex numbers.
alias R = ${R};
