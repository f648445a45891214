// The nearest pixel; of equally near ones that of the even position.
fn axis(d: u32, coordinate: T) -> Axis {
    let at = bring_inside(d, position_of(d, coordinate)).at;
    let low = floor(at);
    let rest = at - low;
    let is_odd = low - floor(low * T(0.5)) * T(2) > T(0);
    let nearest = select(low, low + T(1), rest > T(0.5) || (rest == T(0.5) && is_odd));
    return Axis(array<i32, 1>(index_of(d, nearest)), array<T, 1>(T(1)), array<T, 1>(T(0)));
}
