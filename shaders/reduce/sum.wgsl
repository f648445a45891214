// Sum.
alias State = T;

fn initial(first: T) -> State {
    return T(0);
}

fn accept(state: State, x: T) -> State {
    return state + x;
}

fn merge(a: State, b: State) -> State {
    return a + b;
}

fn finish(state: State) -> T {
    return state;
}
