// The passes of a convolution as sums of products. A column and a depth are numbers of four digits: an outer one (a sample or a
// channel) and a place in up to three dimensions; both together say where in1 is read, which is zero outside of its bounds. in0
// is the other factor, in2 the bias. What is convolved over a group of channels, and for the gradient of the input over the places
// of equal remainder by the stride, is a job of its own, and so is a chunk of the depth.
// Parameters: 0 rows, 1 columns, 2 depth, 3 jobs, 4 products a chunk, 5 chunks, 6 step of out0 from chunk to chunk; three each:
// 7 sizes of the columns' digits, 10 of the depths', 13 place of the first, 16 step by columns, 19 step by depths, 22 bounds of
// in1, 25 its strides; strides of in0: 28 rows, 29 outer depth, 30 depth; of in1: 33 outer column, 34 outer depth; of out0:
// 35 rows, 36 outer column, 37 columns; 40 of the bias; 41 steps of in0, in1, out0 and the bias from group to group; 45 samples;
// 46 the convolution's strides and 61 the distance of the taps that meet one remainder, 1 where there are no remainders; 49 padding,
// 52 dilation, 55 sizes of the kernel, 58 of the input.
struct Job {
    rows: u32,
    columns: u32,
    begin: u32,
    end: u32,
    left: u32,
    right: u32,
    out: u32,
    add: u32,
    counts: vec3<u32>,
    taps: vec3<u32>,
    first: vec3<u32>,
}

struct Row {
    left: u32,
    add: u32,
    out: u32,
}

struct Column {
    right: u32,
    out: u32,
    at: vec3<u32>,
}

struct Depth {
    left: u32,
    right: u32,
    at: vec3<u32>,
}

fn job(number: u32) -> Job {
    let chunk = number % arg(5u);
    let group = number / arg(5u)${of_classes};
    let left = space.offset[0][1] + group * arg(41u);
    let right = space.offset[0][2] + group * arg(42u);
    let out = space.offset[0][0] + group * arg(43u) + chunk * arg(6u);
    let add = ${addend_at} + group * arg(44u);
    let begin = chunk * arg(4u);
    let end = min(begin + arg(4u), arg(2u));
    var here = Job(arg(0u), arg(1u), begin, end, left, right, out, add, arg3(7u), arg3(10u), arg3(13u));
    ${narrow}
    return here;
}

// The places of the input that leave one remainder by the stride: every one of them is reached from the same taps, which are
// evenly spaced, and these meet places of the gradient that are evenly spaced too.
fn of_remainder(whole: Job, remainder: vec3<u32>) -> Job {
    var here = whole;
    for (var d = 0u; d < 3u; d++) {
        let stride = arg(46u + d);
        let kernel = arg(55u + d);
        let reach = remainder[d] + arg(49u + d);
        var tap = 0u;
        // The difference of place and tap, but for a multiple of the stride that keeps it positive.
        while (tap < kernel && tap < arg(61u + d) && (reach + tap * (stride - 1u) * arg(52u + d)) % stride != 0u) {
            tap++;
        }
        let meets = tap < kernel && tap < arg(61u + d);
        here.taps[d] = select(0u, (kernel - tap + arg(61u + d) - 1u) / arg(61u + d), meets);
        here.first[d] = bitcast<u32>((bitcast<i32>(reach) - bitcast<i32>(tap * arg(52u + d))) / bitcast<i32>(stride));
        here.counts[d] = (arg(58u + d) + stride - 1u - remainder[d]) / stride;
        here.left += tap * arg(30u + d);
        here.out += remainder[d] * arg(37u + d);
    }
    here.columns = arg(45u) * here.counts.x * here.counts.y * here.counts.z;
    let channels = arg(2u) / (arg(10u) * arg(11u) * arg(12u));
    here.end = min(here.end, channels * here.taps.x * here.taps.y * here.taps.z);
    return here;
}

fn row(job: Job, m: u32) -> Row {
    return Row(job.left + m * arg(28u), job.add + m * arg(40u), job.out + m * arg(35u));
}

fn column(job: Job, n: u32) -> Column {
    let digit = digits(n, job.counts);
    let at = job.first + digit.xyz * arg3(16u);
    let out = digit.w * arg(36u) + dot(digit.xyz * arg3(46u), arg3(37u));
    return Column(job.right + digit.w * arg(33u) + dot(at, arg3(25u)), out, at);
}

fn depth(job: Job, k: u32) -> Depth {
    return depth_of(digits(k, job.taps));
}

fn depth_of(digit: vec4<u32>) -> Depth {
    let at = digit.xyz * arg3(19u);
    let left = digit.w * arg(29u) + dot(digit.xyz * arg3(61u), arg3(30u));
    return Depth(left, digit.w * arg(34u) + dot(at, arg3(25u)), at);
}

// A depth among those that a thread goes through one after the other: its digits are counted on, for divisions are dear.
struct Turn {
    digit: vec4<u32>,
    depth: Depth,
}

fn first_turn(job: Job, k: u32) -> Turn {
    let digit = digits(k, job.taps);
    return Turn(digit, depth_of(digit));
}

fn next_turn(job: Job, turn: Turn) -> Turn {
    var digit = turn.digit;
    digit.z += ${depth}u;
    let next_y = digit.z == job.taps.z;
    digit.z = select(digit.z, 0u, next_y);
    digit.y += select(0u, 1u, next_y);
    let next_x = digit.y == job.taps.y;
    digit.y = select(digit.y, 0u, next_x);
    digit.x += select(0u, 1u, next_x);
    let next_outer = digit.x == job.taps.x;
    digit.x = select(digit.x, 0u, next_outer);
    digit.w += select(0u, 1u, next_outer);
    return Turn(digit, depth_of(digit));
}

fn left(row: Row, depth: Depth) -> T {
    return read_in0(row.left + depth.left);
}

fn right(column: Column, depth: Depth) -> T {
    ${read_right}
}

// Places before the first are beyond the bounds, for they wrap.
fn right_inside(column: Column, depth: Depth) -> T {
    let inside = all(column.at + depth.at < arg3(22u));
    return select(T(0), read_in1(select(0u, column.right + depth.right, inside)), inside);
}

fn put(row: Row, column: Column, sum: T) {
    write_out0(row.out + column.out, ${result});
}
