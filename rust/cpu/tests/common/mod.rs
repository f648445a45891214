//! Tensors in short, and derivatives checked against finite differences.

#![allow(dead_code, reason = "each test file uses its own part")]

use ferrotorch_core::autograd::{self, engine::Options};
use ferrotorch_core::ops::{arithmetic, reduce};
use ferrotorch_core::{DType, Result, Tensor};

const STEP: f64 = 1e-6;

/// A float64 tensor.
pub(crate) fn t(shape: &[usize], values: &[f64]) -> Tensor {
    ferrotorch_cpu::register().unwrap();
    Tensor::from_slice(shape, values).unwrap()
}

/// An int64 tensor.
pub(crate) fn i(shape: &[usize], values: &[i64]) -> Tensor {
    ferrotorch_cpu::register().unwrap();
    Tensor::from_slice(shape, values).unwrap()
}

/// A bool tensor.
pub(crate) fn b(shape: &[usize], values: &[u8]) -> Tensor {
    let numbers: Vec<i64> = values.iter().map(|&v| v.into()).collect();
    Tensor::from_array(i(shape, &numbers).array().to_dtype(DType::Bool).unwrap())
}

/// Distinct numbers without a pattern, between -2 and 2.
pub(crate) fn varied(shape: &[usize]) -> Tensor {
    let n: usize = shape.iter().product();
    let values: Vec<f64> = (0..n).map(|k| 4.0 * ((k as f64 + 1.0) * 0.754_877_666_246_692_7).fract() - 2.0).collect();
    t(shape, &values)
}

/// The elements in row-major order, as float64.
pub(crate) fn values(t: &Tensor) -> Vec<f64> {
    t.array().to_dtype(DType::Float64).unwrap().to_vec().unwrap()
}

/// Shape and elements are these.
#[track_caller]
pub(crate) fn assert_tensor(got: &Tensor, shape: &[usize], expected: &[f64]) {
    assert_eq!(&got.shape()[..], shape);
    let got = values(got);
    let same = got.len() == expected.len()
        && got.iter().zip(expected).all(|(a, b)| (a - b).abs() <= 1e-9 * (1.0 + b.abs()) || a == b || a.is_nan() && b.is_nan());
    assert!(same, "got {got:?}, expected {expected:?}");
}

/// The call was refused with a message that contains `part`.
#[track_caller]
pub(crate) fn assert_refused<T>(result: Result<T>, part: &str) {
    match result {
        Ok(_) => panic!("accepted, expected a refusal with {part:?}"),
        Err(error) => assert!(error.to_string().contains(part), "{error} does not contain {part:?}"),
    }
}

/// `sum(f(inputs) * weights)`
fn weighted(f: &dyn Fn(&[Tensor]) -> Result<Tensor>, inputs: &[Tensor], weights: &Tensor) -> Result<Tensor> {
    reduce::sum(&arithmetic::mul(&f(inputs)?, weights)?, None, false, None)
}

fn leaf(x: &Tensor) -> Tensor {
    let x = t(&x.shape(), &values(x));
    x.set_requires_grad(true).unwrap();
    x
}

fn gradients(root: &Tensor, inputs: &[Tensor], create_graph: bool) -> Vec<Tensor> {
    let options = Options { retain_graph: create_graph, create_graph, many: None };
    let grads = autograd::grad(std::slice::from_ref(root), &[None], inputs, options).unwrap();
    let zeros = |x: &Tensor| t(&x.shape(), &vec![0.0; x.numel()]);
    grads.into_iter().zip(inputs).map(|(g, x)| g.unwrap_or_else(|| zeros(x))).collect()
}

/// First derivatives of `f` at float64 inputs agree with central differences.
#[track_caller]
pub(crate) fn gradcheck(f: &dyn Fn(&[Tensor]) -> Result<Tensor>, inputs: &[Tensor]) {
    let weights = varied(&f(inputs).unwrap().shape());
    let leaves: Vec<Tensor> = inputs.iter().map(leaf).collect();
    let root = weighted(f, &leaves, &weights).unwrap();
    let analytic = gradients(&root, &leaves, false);
    for (k, input) in inputs.iter().enumerate() {
        let start = values(input);
        let at = |j: usize, step: f64| {
            let mut moved = start.clone();
            moved[j] += step;
            let mut all = inputs.to_vec();
            all[k] = t(&input.shape(), &moved);
            values(&weighted(f, &all, &weights).unwrap())[0]
        };
        assert_eq!(analytic[k].shape(), input.shape(), "shape of the gradient of input {k}");
        for (j, got) in values(&analytic[k]).into_iter().enumerate() {
            let numeric = (at(j, STEP) - at(j, -STEP)) / (2.0 * STEP);
            assert!((got - numeric).abs() < 1e-5 * (1.0 + numeric.abs()), "input {k}[{j}]: {got}, by differences {numeric}");
        }
    }
}

/// First derivatives, and second ones as first ones of the first.
#[track_caller]
pub(crate) fn gradgradcheck(f: &dyn Fn(&[Tensor]) -> Result<Tensor>, inputs: &[Tensor]) {
    gradcheck(f, inputs);
    let weights = varied(&f(inputs).unwrap().shape());
    let n = inputs.len();
    for k in 0..n {
        let first = |all: &[Tensor]| {
            // Inputs that come without a gradient of their own are looked at as constants of the outer check.
            let inner: Vec<Tensor> = all[..n].iter().map(|x| if x.requires_grad() { x.clone() } else { leaf(x) }).collect();
            let root = weighted(f, &inner, &all[n])?;
            let g = gradients(&root, std::slice::from_ref(&inner[k]), true).remove(0);
            // The square makes the outer derivative depend on the gradient even where `f` is linear.
            arithmetic::mul(&g, &g)
        };
        let all: Vec<Tensor> = inputs.iter().cloned().chain([weights.clone()]).collect();
        gradcheck(&first, &all);
    }
}
