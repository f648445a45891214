use ferrotorch_kernel::backend::Backend;
use ferrotorch_kernel::dtype::DType;
use ferrotorch_kernel::error::Class;
use ferrotorch_kernel::kernel::Kernel;
use ferrotorch_kernel::linalg::Linalg;
use ferrotorch_kernel::{Array, Device, Layout};

use crate::CpuBackend;

/// Well conditioned matrices of a batch.
fn matrices(count: usize, n: usize) -> Array {
    let entry =
        |at: usize| ((at * 7919) % 101) as f64 / 101.0 + if (at % (n * n)).is_multiple_of(n + 1) { n as f64 } else { 0.0 };
    Array::from_slice(&[count, n, n], &(0..count * n * n).map(entry).collect::<Vec<f64>>()).unwrap()
}

fn run(op: Linalg, inputs: &[&Array], outputs: &[(&[usize], DType)]) -> Vec<Array> {
    let outputs: Vec<Array> = outputs.iter().map(|(shape, dtype)| Array::empty(shape, *dtype, Device::CPU).unwrap()).collect();
    let inputs: Vec<_> = inputs.iter().map(|&input| input.clone().into()).collect();
    CpuBackend.run(&Kernel::Linalg { op }, &inputs, &outputs).unwrap();
    outputs
}

#[test]
fn inverses_of_a_batch_and_of_one_large_matrix() {
    for (count, n) in [(100, 3), (1, 200)] {
        let a = matrices(count, n);
        let inverse = &run(Linalg::Inverse, &[&a], &[(&[count, n, n], DType::Float64), (&[count], DType::Int32)])[0];
        let product = Array::empty(&[count, n, n], DType::Float64, Device::CPU).unwrap();
        let kernel = Kernel::MatMul { alpha: 1.into(), beta: 0.into() };
        CpuBackend.run(&kernel, &[a.into(), inverse.clone().into()], std::slice::from_ref(&product)).unwrap();
        for (at, x) in product.to_vec::<f64>().unwrap().into_iter().enumerate() {
            let one = if at % (n * n) % (n + 1) == 0 { 1.0 } else { 0.0 };
            assert!((x - one).abs() < 1e-10, "{n}: {x} at {at}");
        }
    }
}

#[test]
fn inputs_of_any_strides() {
    let a = matrices(2, 4);
    let transposed = a.with_layout(a.layout.transpose(1, 2));
    let det = |a: &Array| run(Linalg::Determinant, &[a], &[(&[2], DType::Float64)])[0].to_vec::<f64>().unwrap();
    for (x, y) in det(&a).into_iter().zip(det(&transposed)) {
        assert!((x - y).abs() < 1e-9 * x.abs());
    }
}

#[test]
fn permutations_follow_from_pivots() {
    let pivots = Array::from_slice(&[1, 2], &[3i32, 3]).unwrap();
    let order = &run(Linalg::Permutation, &[&pivots], &[(&[1, 3], DType::Int64)])[0];
    assert_eq!(order.to_vec::<i64>().unwrap(), [2, 0, 1]);
}

#[test]
fn matrices_that_no_memory_is_large_enough_for_are_refused() {
    let one = Array::from_slice(&[1], &[1f64]).unwrap();
    let of_size = |n: usize| [one.with_layout(Layout::strided(&[n, n], &[0, 0], 0))];
    for op in [Linalg::Exponential, Linalg::Svd, Linalg::Eig, Linalg::Eigh { upper: false }, Linalg::Solve, Linalg::Qr] {
        let error = super::room::check(op, &of_size(1 << 30), &[]).unwrap_err();
        assert_eq!(error.class(), Class::Memory, "{op:?}");
        super::room::check(op, &of_size(100), &[]).unwrap();
    }
}
