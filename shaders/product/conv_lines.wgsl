// What product_shared.wgsl asks of a convolution: its lines are those of the last dimension.

fn beside(own: Column, n: u32, depth: Depth, e: u32) -> T {
    let step = arg(18u) / BY_COLUMN * (e - FIRST);
    let right = read_in1(own.right + depth.right + step * arg(27u));
    return ${read_beside};
}

fn inside_beside(column: Column, depth: Depth, step: u32) -> bool {
    let at = column.at + depth.at;
    return all(vec3<u32>(at.xy, at.z + step) < arg3(22u));
}

fn line(job: Job) -> u32 {
    return job.counts.z;
}

fn longest_line() -> u32 {
    return arg(9u);
}

fn left_step() -> u32 {
    return arg(63u) * arg(32u);
}
