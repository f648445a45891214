// The taps of a point of a grid, in one of three dimensions d; images of two dimensions are flat ones of three. Parameters: 0 channels, 1
// points of a grid, 2 dimensions, from 3 on the sizes of the image.
const TAPS = ${taps}u;

struct Axis {
    // Where the taps are; -1 for outside.
    at: array<i32, ${taps}>,
    weight: array<T, ${taps}>,
    // Derivatives of the weights by the coordinate.
    slope: array<T, ${taps}>,
}

struct Inside {
    at: T,
    slope: T,
}

fn size_of(d: u32) -> T {
    return T(arg(3u + d));
}

// Positions in a unit of the coordinate.
fn scale_of(d: u32) -> T {
    return (size_of(d) - T(${aligned})) * T(0.5);
}

// The taps of the n-th image's p-th point. Coordinates begin with that of the last dimension.
fn axes_at(point: u32) -> array<Axis, 3> {
    var axes: array<Axis, 3>;
    axes[2] = axis(2u, read_grid(point));
    axes[1] = axis(1u, read_grid(point + 1u));
    if (arg(2u) == 3u) {
        axes[0] = axis(0u, read_grid(point + 2u));
    } else {
        axes[0].weight[0] = T(1);
    }
    return axes;
}

// Taps in the first of three dimensions.
fn depth_taps() -> u32 {
    return select(1u, TAPS, arg(2u) == 3u);
}

// Integral positions as indices.
fn index_of(d: u32, position: T) -> i32 {
    if (position >= T(0) && position <= size_of(d) - T(1)) {
        return i32(position);
    }
    return -1;
}

// The position within the image that stands for another, and its derivative by that; with zero padding, the same.
fn bring_inside(d: u32, position: T) -> Inside {
${inside}
}

fn reflected(d: u32, position: T) -> Inside {
    let low = T(${aligned}) * T(0.5) - T(0.5);
    let span = size_of(d) - T(${aligned});
    if (span == T(0)) {
        return Inside(T(0), T(0));
    }
    let beyond = position - low;
    let distance = abs(beyond);
    let flips = floor(distance / span);
    let rest = distance - flips * span;
    // An odd number of flips turns the image round, and so does what is before its start.
    let is_turned = flips - floor(flips * T(0.5)) * T(2) > T(0);
    let side = select(T(1), T(-1), beyond < T(0));
    return Inside(select(rest, span - rest, is_turned) + low, select(side, -side, is_turned));
}

// On the border and beyond, where the pixel no longer changes, a position has no derivative. NaN counts as 0.
fn clipped(d: u32, x: Inside) -> Inside {
    let last = size_of(d) - T(1);
    let above = select(T(0), x.at, x.at > T(0));
    return Inside(select(last, above, above < last), select(T(0), x.slope, x.at > T(0) && x.at < last));
}

fn position_of(d: u32, coordinate: T) -> T {
    return (coordinate + T(1)) * scale_of(d) + T(${aligned}) * T(0.5) - T(0.5);
}

// Keys' kernel at a distance below 1, or between 1 and 2, and its derivative.
fn keys_near(x: T) -> vec2<T> {
    return vec2<T>((T(1.25) * x - T(2.25)) * x * x + T(1), (T(3.75) * x - T(4.5)) * x);
}

fn keys_far(x: T) -> vec2<T> {
    return vec2<T>(((x - T(5)) * x + T(8)) * x * T(-0.75) + T(3), ((T(3) * x - T(10)) * x + T(8)) * T(-0.75));
}
