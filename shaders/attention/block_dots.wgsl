// The products of SIDE rows of ${left}, from a on, with rows of ${right}, from b on; rows beyond the last repeat it. Steps lead from row to row.
var<private> ${name}: array<vec4<f32>, 16>;

fn find_${name}(a: u32, a_step: u32, a_rows: u32, b: u32, b_step: u32, b_rows: u32, width: u32) {
    @each i 8: let a#i = a + min(#iu, a_rows - 1u) * a_step;
    @each j 8: let b#j = b + min(#ju, b_rows - 1u) * b_step;
    @each j 8: var low#j = vec4<f32>();
    @each j 8: var high#j = vec4<f32>();
    for (var e = 0u; e < width; e++) {
        let low = vec4<f32>(read_${left}(a0 + e), read_${left}(a1 + e), read_${left}(a2 + e), read_${left}(a3 + e));
        let high = vec4<f32>(read_${left}(a4 + e), read_${left}(a5 + e), read_${left}(a6 + e), read_${left}(a7 + e));
        @each j 8: let y#j = read_${right}(b#j + e);
        @each j 8: low#j += low * y#j;
        @each j 8: high#j += high * y#j;
    }
    @each j 8: ${name}[2u * #ju] = low#j;
    @each j 8: ${name}[2u * #ju + 1u] = high#j;
}
