// What product_shared.wgsl asks of a matrix product: its lines are the rows of the result.

fn beside(own: Column, n: u32, depth: Depth, e: u32) -> T {
    return right(Column(own.right + e * arg(10u), own.add, own.out, n + e + 1u == arg(1u)), depth);
}

fn line(job: Job) -> u32 {
    return job.columns;
}

fn longest_line() -> u32 {
    return arg(1u);
}

fn left_step() -> u32 {
    return arg(8u);
}
