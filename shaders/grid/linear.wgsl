// The two next pixels, by how near they are.
fn axis(d: u32, coordinate: T) -> Axis {
    let inside = bring_inside(d, position_of(d, coordinate));
    let low = floor(inside.at);
    let share = inside.at - low;
    let slope = inside.slope * scale_of(d);
    let at = array<i32, 2>(index_of(d, low), index_of(d, low + T(1)));
    return Axis(at, array<T, 2>(T(1) - share, share), array<T, 2>(-slope, slope));
}
