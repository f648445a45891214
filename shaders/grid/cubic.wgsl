// The four next pixels, by Keys' kernel. Each tap by itself is brought inside, as those of one point may lie on both sides of the
// border.
fn axis(d: u32, coordinate: T) -> Axis {
    let position = position_of(d, coordinate);
    let low = floor(position);
    let share = position - low;
    var axis: Axis;
    for (var k = 0; k < 4; k++) {
        // How far the tap is from the position: it grows with the position for the first two.
        let steps = T(1 - k);
        let sign = select(T(-1), T(1), k < 2);
        let distance = (share + steps) * sign;
        var weight = keys_near(distance);
        if (k == 0 || k == 3) {
            weight = keys_far(distance);
        }
        axis.at[k] = index_of(d, bring_inside(d, low - steps).at);
        axis.weight[k] = weight.x;
        axis.slope[k] = weight.y * sign * scale_of(d);
    }
    return axis;
}
