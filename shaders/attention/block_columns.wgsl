// Four columns of a row of ${right}; those beyond the last repeat it.
fn ${name}(row: u32, column: u32, width: u32) -> vec4<f32> {
    let last = width - 1u;
    return vec4<f32>(read_${right}(row + min(column, last)), read_${right}(row + min(column + 1u, last)), read_${right}(row + min(column + 2u, last)), read_${right}(row + min(column + 3u, last)));
}
