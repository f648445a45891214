// Adam and AdamW. Scalars: 0 lr / (1 - beta1^step), 1 beta1, 2 beta2, 3 eps, 4 weight decay added to the gradient, 5 sign of
// the gradient, 6 factor of the parameter (decoupled decay), 7 1 / sqrt(1 - beta2^step), 8 1 - beta1, 9 1 - beta2.
fn step(at: Place) {
    let p = get0(at) * scalar_${T}(6u);
    let g = scalar_${T}(5u) * gradient(at) + scalar_${T}(4u) * p;
    let m = scalar_${T}(1u) * get1(at) + scalar_${T}(8u) * g;
    var v = scalar_${T}(2u) * get2(at) + scalar_${T}(9u) * g * g;
    put1(at, m);
    put2(at, v);
${amsgrad}
    put0(at, p - scalar_${T}(0u) * m / (sqrt(v) * scalar_${T}(7u) + scalar_${T}(3u)));
}
