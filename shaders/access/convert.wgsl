// The operand `${slot}` as the type that is computed in.

fn read_${slot}(i: u32) -> T {
    let x = load_${slot}(i);
    return ${to_compute};
}

// True or false where any type may be given, as 0 or 1.
fn truthy_${slot}(i: u32) -> T {
    let x = load_${slot}(i);
    return ${truth_to_compute};
}

fn convert_${slot}(x: T) -> ${value} {
    return ${of_compute};
}

fn write_${slot}(i: u32, x: T) {
    store_${slot}(i, convert_${slot}(x));
}
