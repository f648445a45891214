// Two sums.
alias State = vec2<T>;

fn initial(first: vec2<T>) -> State {
    return vec2<T>(T(0), T(0));
}

fn accept(state: State, x: vec2<T>) -> State {
    return state + x;
}

fn merge(a: State, b: State) -> State {
    return a + b;
}
