// Largest element; NaN wins, of equals the first.
alias State = T;

fn initial(first: T) -> State {
    return first;
}

fn accept(state: State, x: T) -> State {
    return op_maximum(x, state);
}

fn merge(a: State, b: State) -> State {
    return op_maximum(b, a);
}

fn finish(state: State) -> T {
    return state;
}
