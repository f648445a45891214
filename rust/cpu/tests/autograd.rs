//! The graph at work: recorded, walked, gone; in-place writes, views, hooks, higher derivatives.
//!
//! The tests share one arena, so those that count its nodes run under one lock.

use std::sync::Arc;

use ferrotorch_core::autograd::engine::Options;
use ferrotorch_core::autograd::{self, arena, inplace, mode};
use ferrotorch_core::ops::expr::Expr;
use ferrotorch_core::ops::pointwise::{arithmetic, exponential, run_in_place, trigonometric};
use ferrotorch_core::ops::reduce::sum;
use ferrotorch_core::ops::view;
use ferrotorch_core::{DType, Device, Result, Scalar, Tensor};
use parking_lot::{Mutex, MutexGuard};

static ARENA: Mutex<()> = Mutex::new(());

fn begin() -> MutexGuard<'static, ()> {
    ferrotorch_cpu::register().unwrap();
    ARENA.lock()
}

fn leaf(values: &[f64]) -> Tensor {
    let t = Tensor::from_slice(&[values.len()], values).unwrap();
    t.set_requires_grad(true).unwrap();
    t
}

fn values(t: &Tensor) -> Vec<f64> {
    t.array().to_vec().unwrap()
}

fn backward(t: &Tensor) -> Result<()> {
    autograd::backward(std::slice::from_ref(t), &[None], &[], Options::default())
}

fn total(t: Expr) -> Tensor {
    sum(&t.into_tensor().unwrap(), None, false, None).unwrap()
}

fn grad(root: &Tensor, input: &Tensor, create_graph: bool) -> Tensor {
    let options = Options { retain_graph: create_graph, create_graph, many: None };
    autograd::grad(std::slice::from_ref(root), &[None], std::slice::from_ref(input), options).unwrap().remove(0).unwrap()
}

#[test]
fn a_chain_of_a_million_ops_is_built_walked_and_dropped() {
    let _lock = begin();
    let before = (arena::len(), ferrotorch_core::memory::stats().in_use);
    let chain = |x: &Tensor| (0..1_000_000).fold(Expr::from(x), |e, _| e * 1.0000001);
    std::thread::Builder::new()
        .stack_size(256 << 10)
        .spawn(move || {
            let x = leaf(&[1.0]);
            let y = chain(&x).into_tensor().unwrap();
            assert_eq!(arena::len(), before.0 + 1_000_000);
            backward(&y).unwrap();
            // The number that a product keeps counts as a tensor, and what is walked is freed.
            assert_eq!(arena::len(), before.0);
            drop(y);
            assert_eq!(arena::len(), before.0);
            assert!((values(&x.grad().unwrap())[0] - 1.0000001f64.powi(1_000_000)).abs() < 1e-6);
            drop(chain(&x));
            assert_eq!(arena::len(), before.0);
        })
        .unwrap()
        .join()
        .unwrap();
    assert_eq!(ferrotorch_core::memory::stats().in_use, before.1);
}

#[test]
fn what_saved_tensors_is_gone_after_backward_and_a_second_one_raises() {
    let _lock = begin();
    let before = arena::len();
    let x = leaf(&[1.0, 2.0]);
    let y = total(Expr::from(&x) * Expr::from(&x));
    assert_eq!(arena::len(), before + 2);
    backward(&y).unwrap();
    assert_eq!(arena::len(), before + 1);
    assert_eq!(values(&x.grad().unwrap()), [2.0, 4.0]);
    assert!(backward(&y).unwrap_err().to_string().contains("second time"));
    assert_eq!(y.source().unwrap().name, "SumBackward0");
}

#[test]
fn a_retained_graph_can_be_walked_again_and_gradients_accumulate() {
    let _lock = begin();
    let x = leaf(&[3.0]);
    let y = total(Expr::from(&x).square());
    for times in 1..4 {
        autograd::backward(std::slice::from_ref(&y), &[None], &[], Options { retain_graph: true, ..Options::default() }).unwrap();
        assert_eq!(values(&x.grad().unwrap()), [6.0 * times as f64]);
    }
}

#[test]
fn shared_inputs_collect_all_their_gradients() {
    let _lock = begin();
    let x = leaf(&[0.5]);
    let y = Expr::from(&x).exp().into_tensor().unwrap();
    let z = (Expr::from(&y) * Expr::from(&y) + Expr::from(&y) + Expr::from(&x)).into_tensor().unwrap();
    backward(&z).unwrap();
    let want = 2.0 * (1.0f64).exp() + 0.5f64.exp() + 1.0;
    assert!((values(&x.grad().unwrap())[0] - want).abs() < 1e-12);
}

#[test]
fn gradients_of_leaves_share_no_memory() {
    let _lock = begin();
    let (a, b) = (leaf(&[1.0, 2.0]), leaf(&[3.0, 4.0]));
    backward(&total(Expr::from(&a) + Expr::from(&b))).unwrap();
    let (ga, gb) = (a.grad().unwrap(), b.grad().unwrap());
    assert!(!ga.storage().ptr_eq(&gb.storage()));
    assert!(ga.layout().is_contiguous());
}

#[test]
fn broadcast_inputs_get_gradients_of_their_own_shape() {
    let _lock = begin();
    let a = leaf(&[1.0, 2.0, 3.0]);
    let b = Tensor::full(&[2, 1], 2.0.into(), DType::Float64, Device::CPU).unwrap();
    b.set_requires_grad(true).unwrap();
    backward(&total(Expr::from(&a) * Expr::from(&b))).unwrap();
    assert_eq!(values(&a.grad().unwrap()), [4.0, 4.0, 4.0]);
    assert_eq!(values(&b.grad().unwrap()), [6.0, 6.0]);
    assert_eq!(b.grad().unwrap().shape()[..], [2, 1]);
}

#[test]
fn third_derivatives() {
    let _lock = begin();
    let x = leaf(&[0.7]);
    let y = total(Expr::from(&x).sin());
    let first = grad(&y, &x, true);
    let second = grad(&first, &x, true);
    let third = grad(&second, &x, false);
    for (got, want) in [(&first, 0.7f64.cos()), (&second, -0.7f64.sin()), (&third, -0.7f64.cos())] {
        assert!((values(got)[0] - want).abs() < 1e-12);
    }
}

#[test]
fn writing_to_a_saved_tensor_is_noticed_and_named() {
    let _lock = begin();
    let x = leaf(&[1.0, 2.0]);
    let y = Expr::from(&x).exp().into_tensor().unwrap();
    let z = total(Expr::from(&y) * Expr::from(&y));
    run_in_place(&arithmetic::ADD, &y, &[Scalar::Int(1).into()], &[Scalar::Int(1)]).unwrap();
    let message = backward(&z).unwrap_err().to_string();
    for part in [
        "modified by an inplace operation",
        "torch.DoubleTensor [2]",
        "output 0 of AddBackward0",
        "is at version 1; expected version 0",
        "add_ wrote to it last",
    ] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn an_in_place_op_keeps_what_its_derivative_reads() {
    let _lock = begin();
    let x = leaf(&[1.0]);
    for (op, want) in [(&trigonometric::SIN, 2.0 * 2.0f64.cos()), (&exponential::EXP, 2.0 * 2.0f64.exp())] {
        let y = (Expr::from(&x) * 2.0).into_tensor().unwrap();
        run_in_place(op, &y, &[], &[]).unwrap();
        assert!((values(&grad(&y, &x, false))[0] - want).abs() < 1e-12);
    }
    let y = (Expr::from(&x) * 2.0).into_tensor().unwrap();
    run_in_place(&arithmetic::MUL, &y, &[(&y.clone()).into()], &[]).unwrap();
    assert!(backward(&y).unwrap_err().to_string().contains("modified by an inplace operation"));
}

#[test]
fn leaves_and_their_views_cannot_be_written_to() {
    let _lock = begin();
    let x = leaf(&[1.0, 2.0]);
    let one = || [Scalar::Int(1)];
    let refused = run_in_place(&arithmetic::ADD, &x, &[Scalar::Int(1).into()], &one()).unwrap_err();
    assert!(refused.to_string().contains("a leaf Variable that requires grad"), "{refused}");
    let v = view::narrow(&x, 0, 0, 1).unwrap();
    let refused = run_in_place(&arithmetic::ADD, &v, &[Scalar::Int(1).into()], &one()).unwrap_err();
    assert!(refused.to_string().contains("a view of a leaf Variable"), "{refused}");
    mode::no_grad(|| run_in_place(&arithmetic::ADD, &x, &[Scalar::Int(1).into()], &one())).unwrap();
    assert_eq!(values(&x), [2.0, 3.0]);
}

#[test]
fn writing_through_a_view_rewrites_the_base_and_its_other_views() {
    let _lock = begin();
    let (x, w) = (leaf(&[1.0, 2.0, 3.0]), leaf(&[10.0]));
    let base = (Expr::from(&x) * 2.0).into_tensor().unwrap();
    let (first, rest) = (view::narrow(&base, 0, 0, 1).unwrap(), view::narrow(&base, 0, 1, 2).unwrap());
    run_in_place(&arithmetic::MUL, &first, &[(&w).into()], &[]).unwrap();
    assert_eq!(base.source().unwrap().name, "torch::autograd::CopySlices");
    assert_eq!(values(&base), [20.0, 4.0, 6.0]);
    // The view that was written to, a view made before, and the base itself all know of it.
    let y = total(Expr::from(&base) * Expr::from(&base) + 0.0 * Expr::from(sum(&rest, None, false, None).unwrap()));
    let z = (Expr::from(y) + Expr::from(sum(&first, None, false, None).unwrap())).into_tensor().unwrap();
    backward(&z).unwrap();
    // base0 = 2 x0 w, so dz/dx0 = (2 base0 + 1) 2 w and dz/dw = (2 base0 + 1) 2 x0.
    assert_eq!(values(&x.grad().unwrap()), [41.0 * 20.0, 2.0 * 4.0 * 2.0, 2.0 * 6.0 * 2.0]);
    assert_eq!(values(&w.grad().unwrap()), [41.0 * 2.0]);
}

#[test]
fn assigning_into_a_constant_makes_it_part_of_the_graph() {
    let _lock = begin();
    let w = leaf(&[5.0]);
    let a = Tensor::full(&[3], 0.0.into(), DType::Float64, Device::CPU).unwrap();
    let hole = view::narrow(&a, 0, 1, 1).unwrap();
    inplace::assign("copy_", &hole, &(Expr::from(&w) * 3.0).into_tensor().unwrap()).unwrap();
    assert!(a.requires_grad() && hole.requires_grad());
    backward(&total(Expr::from(&a).square())).unwrap();
    assert_eq!(values(&w.grad().unwrap()), [2.0 * 15.0 * 3.0]);
}

#[test]
fn second_derivatives_through_a_slice_assignment() {
    let _lock = begin();
    let x = leaf(&[1.5, -0.5]);
    let base = (Expr::from(&x) * 1.0).into_tensor().unwrap();
    let window = view::narrow(&base, 0, 0, 1).unwrap();
    let cube = Expr::from(view::narrow(&x, 0, 0, 1).unwrap()).pow(3.0).into_tensor().unwrap();
    inplace::assign("copy_", &window, &cube).unwrap();
    let y = total(Expr::from(&base).square());
    let first = grad(&y, &x, true);
    assert!((values(&first)[0] - 6.0 * 1.5f64.powi(5)).abs() < 1e-9);
    let second = grad(&total(Expr::from(&first)), &x, false);
    assert!((values(&second)[0] - 30.0 * 1.5f64.powi(4)).abs() < 1e-9);
    assert!((values(&second)[1] - 2.0).abs() < 1e-12);
}

#[test]
fn hooks_see_and_replace_gradients() {
    let _lock = begin();
    let x = leaf(&[1.0]);
    let y = (Expr::from(&x) * 3.0).into_tensor().unwrap();
    let source = y.source().unwrap();
    arena::with_node(source.node.id(), |node| {
        let double: autograd::hooks::TensorHook =
            Arc::new(|g: Option<&Tensor>| Ok(Some((Expr::from(g.unwrap()) * 2.0).into_tensor()?)));
        node.hooks.get_or_insert_default().of_output(0).add(double);
    });
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    x.with_leaf_hooks(|hooks| {
        let look: autograd::hooks::TensorHook = Arc::new(move |g: Option<&Tensor>| {
            log.lock().push(values(g.unwrap())[0]);
            Ok(None)
        });
        hooks.get_or_insert_default().tensor.add(look);
    });
    backward(&total(Expr::from(&y) + Expr::from(&y))).unwrap();
    assert_eq!(*seen.lock(), [12.0]);
    assert_eq!(values(&x.grad().unwrap()), [12.0]);
}

#[test]
fn grad_answers_for_what_was_asked_only() {
    let _lock = begin();
    let (a, b, c) = (leaf(&[2.0]), leaf(&[3.0]), leaf(&[4.0]));
    let product = (Expr::from(&a) * Expr::from(&b)).into_tensor().unwrap();
    let y = total(Expr::from(&product).square());
    let found = autograd::grad(&[y], &[None], &[product.clone(), c, a.clone()], Options::default()).unwrap();
    assert_eq!(found[0].as_ref().map(values), Some(vec![12.0]));
    assert!(found[1].is_none());
    assert_eq!(found[2].as_ref().map(values), Some(vec![36.0]));
    assert!(a.grad().is_none() && b.grad().is_none());
}

#[test]
fn threads_build_and_walk_graphs_side_by_side() {
    let _lock = begin();
    let before = arena::len();
    std::thread::scope(|scope| {
        for t in 0..4 {
            scope.spawn(move || {
                for i in 0..200 {
                    let x = leaf(&[t as f64, i as f64]);
                    backward(&total(Expr::from(&x).square() + Expr::from(&x).exp() * 0.0)).unwrap();
                    assert_eq!(values(&x.grad().unwrap()), [2.0 * t as f64, 2.0 * i as f64]);
                }
            });
        }
    });
    assert_eq!(arena::len(), before);
}
