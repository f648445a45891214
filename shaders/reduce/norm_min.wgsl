// Smallest absolute value.
alias State = T;

fn initial(first: T) -> State {
    return abs(first);
}

fn accept(state: State, x: T) -> State {
    return op_minimum(state, abs(x));
}

fn merge(a: State, b: State) -> State {
    return op_minimum(a, b);
}

fn finish(state: State) -> T {
    return state;
}
