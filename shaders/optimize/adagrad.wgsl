// Adagrad. Scalars: 0 lr, 1 eps, 2 weight decay, 3 sign of the gradient.
fn step(at: Place) {
    let p = get0(at);
    let g = scalar_${T}(3u) * gradient(at) + scalar_${T}(2u) * p;
    let sum = get1(at) + g * g;
    put1(at, sum);
    put0(at, p - scalar_${T}(0u) * g / (sqrt(sum) + scalar_${T}(1u)));
}
