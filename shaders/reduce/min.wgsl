// Smallest element; NaN wins, of equals the first.
alias State = T;

fn initial(first: T) -> State {
    return first;
}

fn accept(state: State, x: T) -> State {
    return op_minimum(x, state);
}

fn merge(a: State, b: State) -> State {
    return op_minimum(b, a);
}

fn finish(state: State) -> T {
    return state;
}
