// Matrix product: out0 = alpha in0 in1 + beta in2, or its sums over chunks of K. The space runs over the batch, chunks are jobs
// of their own. Parameters: 0 M, 1 N, 2 K, 3 jobs, 4 products a chunk, 5 chunks, 6 step of out0 from chunk to chunk, then the
// strides 7 m and 8 k of in0, 9 k and 10 n of in1, 11 m and 12 n of in2, 13 m and 14 n of out0, 15 m of out1; scalars 8 alpha,
// 9 beta. Where the sums of the rows of in0 are wanted, out1, the last of the columns is one of ones.
struct Job {
    rows: u32,
    columns: u32,
    begin: u32,
    end: u32,
    at: array<u32, ${operands}>,
}

struct Row {
    left: u32,
    add: u32,
    out: u32,
    sum: u32,
}

struct Column {
    right: u32,
    add: u32,
    out: u32,
    is_one: bool,
}

struct Depth {
    left: u32,
    right: u32,
}

fn job(number: u32) -> Job {
    let chunk = number % arg(5u);
    var at = locate(number / arg(5u));
    at[0] += chunk * arg(6u);
    return Job(arg(0u), arg(1u), chunk * arg(4u), min((chunk + 1u) * arg(4u), arg(2u)), at);
}

fn row(job: Job, m: u32) -> Row {
    return Row(${left_at} + m * arg(7u), ${addend_at} + m * arg(11u), job.at[0] + m * arg(13u), ${sum_at});
}

fn column(job: Job, n: u32) -> Column {
    return Column(${right_at} + n * arg(10u), n * arg(12u), n * arg(14u), n + 1u == arg(1u));
}

fn depth(job: Job, k: u32) -> Depth {
    return Depth(k * arg(8u), k * arg(9u));
}

// A depth among those that a thread goes through one after the other.
struct Turn {
    k: u32,
    depth: Depth,
}

fn first_turn(job: Job, k: u32) -> Turn {
    return Turn(k, depth(job, k));
}

fn next_turn(job: Job, turn: Turn) -> Turn {
    return first_turn(job, turn.k + 1u);
}

fn left(row: Row, depth: Depth) -> T {
    return read_in0(row.left + depth.left);
}

fn right(column: Column, depth: Depth) -> T {
${one}    return read_in1(column.right + depth.right);
}

fn put(row: Row, column: Column, sum: T) {
${put_sum}    write_out0(row.out + column.out, ${result});
}
