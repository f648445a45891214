// Largest element; NaN wins.
alias State = T;

fn initial(first: T) -> State {
    return first;
}

fn accept(state: State, x: T) -> State {
    return op_maximum(state, x);
}

fn merge(a: State, b: State) -> State {
    return op_maximum(a, b);
}

fn finish(state: State) -> T {
    return state;
}
