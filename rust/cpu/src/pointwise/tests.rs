//! Pointwise calls over arrays of any layout, against a naive walk.

mod rows;

use ferrotorch_core::ops::pointwise::{self, arithmetic, comparison, selection};
use ferrotorch_kernel::backend::Backend;
use ferrotorch_kernel::dtype::{bf16, f16};
use ferrotorch_kernel::kernel::Kernel;
use ferrotorch_kernel::pointwise::Pointwise;
use ferrotorch_kernel::{Array, DType, Device, Layout, Operand, Scalar};
use proptest::prelude::*;

use super::table::Tabled;
use crate::CpuBackend;
use crate::host::Strided;

const ONE: [Scalar; 1] = [Scalar::Int(1)];

fn run(
    op: &'static Pointwise,
    compute: DType,
    params: &[Scalar],
    inputs: &[Operand],
    out: &Array,
) -> ferrotorch_kernel::Result<()> {
    CpuBackend.run(&Kernel::Pointwise { op, compute, params }, inputs, std::slice::from_ref(out))
}

/// All indices of a shape in row-major order.
fn indices(shape: &[usize]) -> Vec<Vec<usize>> {
    shape
        .iter()
        .fold(vec![vec![]], |all, &n| all.iter().flat_map(|head| (0..n).map(move |i| [&head[..], &[i]].concat())).collect())
}

/// A way of laying an array out: order of dimensions, those read backwards, those broadcast, and a gap factor.
#[derive(Clone, Debug)]
struct Style {
    order: Vec<usize>,
    flipped: Vec<bool>,
    broadcast: Vec<bool>,
    gap: usize,
}

fn style(ndim: usize) -> impl Strategy<Value = Style> {
    let flags = || proptest::collection::vec(any::<bool>(), ndim);
    (Just((0..ndim).collect::<Vec<_>>()).prop_shuffle(), flags(), flags(), 1..3usize)
        .prop_map(|(order, flipped, broadcast, gap)| Style { order, flipped, broadcast, gap })
}

/// An array of a shape in a style; its memory holds 0, 1, 2, ...
fn laid_out(shape: &[usize], style: &Style, may_broadcast: bool) -> Array {
    let mut strides = vec![0isize; shape.len()];
    let (mut next, mut offset) = (style.gap as isize, 0);
    for &d in &style.order {
        if may_broadcast && style.broadcast[d] {
            continue;
        }
        strides[d] = if style.flipped[d] { -next } else { next };
        if style.flipped[d] {
            offset += next as usize * shape[d].saturating_sub(1);
        }
        next *= shape[d].max(1) as isize;
    }
    let values: Vec<f32> = (0..next).map(|i| i as f32).collect();
    Array::from_slice(&[values.len()], &values).unwrap().with_layout(Layout::strided(shape, &strides, offset))
}

proptest! {
    #[test]
    fn any_layout_gives_the_same(
        (shape, a, b, out) in proptest::collection::vec(0..7usize, 0..4).prop_flat_map(|shape| {
            let n = shape.len();
            (Just(shape), style(n), style(n), style(n))
        })
    ) {
        let (a, b, out) = (laid_out(&shape, &a, true), laid_out(&shape, &b, true), laid_out(&shape, &out, false));
        run(&arithmetic::ADD.op, DType::Float32, &ONE, &[a.clone().into(), b.clone().into()], &out).unwrap();
        let copy = Array::empty(&shape, DType::Float32, Device::CPU).unwrap();
        CpuBackend.run(&Kernel::Copy, &[out.clone().into()], std::slice::from_ref(&copy)).unwrap();
        let (a, b) = (Strided::<f32>::new(&a).unwrap(), Strided::<f32>::new(&b).unwrap());
        let expected: Vec<f32> = indices(&shape).iter().map(|i| a.get(i) + b.get(i)).collect();
        prop_assert_eq!(copy.to_vec::<f32>().unwrap(), expected);
    }

    #[test]
    fn copies_of_transposed_arrays_keep_their_elements(rows in 1..200usize, columns in 1..200usize, depth in 1..3usize, dtype in 0..3usize) {
        let n = rows * columns * depth;
        let source = match dtype {
            0 => Array::from_slice(&[n], &(0..n).map(|i| i as u8).collect::<Vec<_>>()).unwrap(),
            1 => Array::from_slice(&[n], &(0..n).map(|i| i as f32).collect::<Vec<_>>()).unwrap(),
            _ => Array::from_slice(&[n], &(0..n).map(|i| num_complex::Complex::new(i as f64, 1.0)).collect::<Vec<_>>()).unwrap(),
        };
        let view = source.with_layout(Layout::contiguous(&[depth, rows, columns]).transpose(1, 2));
        let copy = Array::empty(&[depth, columns, rows], source.dtype, Device::CPU).unwrap();
        CpuBackend.run(&Kernel::Copy, &[view.clone().into()], std::slice::from_ref(&copy)).unwrap();
        let back = Array::empty(&[depth, rows, columns], source.dtype, Device::CPU).unwrap();
        CpuBackend.run(&Kernel::Copy, &[copy.with_layout(copy.layout.transpose(1, 2)).into()], std::slice::from_ref(&back)).unwrap();
        ferrotorch_kernel::match_dtype!(source.dtype, T => {
            let (view, copied) = (Strided::<T>::new(&view).unwrap(), Strided::<T>::new(&copy).unwrap());
            prop_assert!(indices(&[depth, columns, rows]).iter().all(|i| view.get(i) == copied.get(i)));
            prop_assert_eq!(back.to_vec::<T>().unwrap(), source.to_vec::<T>().unwrap());
        });
    }
}

#[test]
fn large_arrays_are_split_without_seams() {
    crate::register().unwrap();
    let n = 300_001;
    let a = Array::from_slice(&[n], &(0..n as i64).collect::<Vec<_>>()).unwrap();
    run(&arithmetic::ADD.op, DType::Int64, &ONE, &[a.clone().into(), a.clone().into()], &a).unwrap();
    assert!(a.to_vec::<i64>().unwrap().iter().enumerate().all(|(i, &x)| x == 2 * i as i64));
}

#[test]
fn mixed_dtypes_are_computed_in_the_promoted_one() {
    let a = Array::from_slice(&[3], &[200u8, 100, 3]).unwrap();
    let b = Array::from_slice(&[3], &[100i32, -300, 4]).unwrap();
    let out = Array::empty(&[3], DType::Int32, Device::CPU).unwrap();
    run(&arithmetic::ADD.op, DType::Int32, &ONE, &[a.clone().into(), b.into()], &out).unwrap();
    assert_eq!(out.to_vec::<i32>().unwrap(), [300, -200, 7]);
    let narrow = Array::empty(&[3], DType::Int64, Device::CPU).unwrap();
    run(&arithmetic::ADD.op, DType::UInt8, &ONE, &[a.clone().into(), a.into()], &narrow).unwrap();
    assert_eq!(narrow.to_vec::<i64>().unwrap(), [144, 200, 6]);
}

#[test]
fn comparisons_give_truth_values_and_where_reads_them() {
    let a = Array::from_slice(&[3], &[1.0f32, f32::NAN, 3.0]).unwrap();
    let truth = Array::empty(&[3], DType::Bool, Device::CPU).unwrap();
    run(&comparison::GT.op, DType::Float32, &[], &[a.clone().into(), Operand::Scalar(2.0.into())], &truth).unwrap();
    run(&selection::WHERE.op, DType::Float32, &[], &[truth.into(), a.clone().into(), Operand::Scalar((-1).into())], &a).unwrap();
    assert_eq!(a.to_vec::<f32>().unwrap(), [-1.0, -1.0, 3.0]);
}

#[test]
fn integer_division_by_zero_is_an_error() {
    let a = Array::from_slice(&[2], &[7i32, 8]).unwrap();
    let b = Array::from_slice(&[2], &[2i32, 0]).unwrap();
    let error = run(&arithmetic::DIV_FLOOR.op, DType::Int32, &[], &[a.clone().into(), b.into()], &a).unwrap_err();
    assert_eq!(error.to_string(), "ZeroDivisionError");
}

#[test]
fn shapes_that_differ_are_refused() {
    let (a, b) = (Array::from_slice(&[2], &[1i32, 2]).unwrap(), Array::from_slice(&[1], &[1i32]).unwrap());
    assert!(run(&arithmetic::MUL.op, DType::Int32, &[], &[a.clone().into(), b.into()], &a).is_err());
}

#[test]
fn calls_of_one_thread_may_be_in_place_or_with_numbers() {
    for n in [7, 1000, 5000, 40_000] {
        let a = Array::from_slice(&[n], &(0..n).map(|i| i as f32).collect::<Vec<_>>()).unwrap();
        let b = a.with_layout(a.layout.clone());
        run(&arithmetic::ADD.op, DType::Float32, &ONE, &[a.clone().into(), b.into()], &a).unwrap();
        run(&arithmetic::MUL.op, DType::Float32, &[], &[a.clone().into(), Operand::Scalar(3.into())], &a).unwrap();
        assert!(a.to_vec::<f32>().unwrap().iter().enumerate().all(|(i, &x)| x == 6.0 * i as f32), "{n}");
    }
}

#[test]
fn conversions_read_and_write_any_layout() {
    crate::register().unwrap();
    let (rows, columns) = (150, 300);
    let source: Vec<f32> = (0..rows * columns).map(|i| (i % 251) as f32).collect();
    let source = Array::from_slice(&[rows, columns], &source).unwrap();
    for from in [DType::Float16, DType::BFloat16, DType::Float32, DType::Int64, DType::UInt8] {
        let input = source.to_dtype(from).unwrap();
        for to in
            [DType::Float16, DType::BFloat16, DType::Float32, DType::Int16, DType::Float64].into_iter().filter(|&d| d != from)
        {
            for (read, write) in [(false, false), (true, false), (false, true), (true, true)] {
                let transposed = |array: &Array, is: bool| {
                    if is { array.with_layout(array.layout.transpose(0, 1)) } else { array.with_layout(array.layout.clone()) }
                };
                let view = transposed(&input, read);
                let memory = Array::empty(transposed(&view, write).shape(), to, Device::CPU).unwrap();
                let out = transposed(&memory, write);
                CpuBackend.run(&Kernel::Copy, &[view.clone().into()], std::slice::from_ref(&out)).unwrap();
                let back = out.to_dtype(DType::Float32).unwrap();
                let (back, want) = (Strided::<f32>::new(&back).unwrap(), transposed(&source, read));
                let want = Strided::<f32>::new(&want).unwrap();
                assert!(indices(view.shape()).iter().all(|i| back.get(i) == want.get(i)), "{} to {}", from.name(), to.name());
            }
        }
    }
    let one = Array::from_slice(&[1], &[2.5f32]).unwrap().with_layout(Layout::strided(&[5000], &[0], 0));
    assert_eq!(one.to_dtype(DType::Float64).unwrap().to_vec::<f64>().unwrap(), [2.5; 5000]);
}

/// Sizes around the edges of tiles; the other input is dense, transposed too, a number, a row or a column.
#[test]
fn transposed_inputs_are_read_tile_by_tile() {
    crate::register().unwrap();
    for (rows, columns) in [(32, 128), (33, 129), (31, 127), (64, 64), (5, 1000), (1000, 5), (97, 300)] {
        let numbers = |k: usize| (0..rows * columns).map(|i| ((i * 31 + k) % 1009) as f64).collect::<Vec<_>>();
        let turned = Array::from_slice(&[columns, rows], &numbers(0)).unwrap();
        let turned = turned.with_layout(turned.layout.transpose(0, 1));
        let dense = Array::from_slice(&[rows, columns], &numbers(7)).unwrap();
        let of = |shape: &[usize]| {
            let one = Array::from_slice(shape, &numbers(3)[..shape.iter().product()]).unwrap();
            one.with_layout(one.layout.expand(&[rows, columns]).unwrap())
        };
        let (row, column) = (of(&[1, columns]), of(&[rows, 1]));
        for other in [dense, turned.clone(), row, column] {
            for dtype in [DType::Float32, DType::Float64, DType::Int64, DType::UInt8, DType::Complex64, DType::Complex128] {
                let converted = |array: &Array| {
                    let memory = array.with_layout(Layout::contiguous(&[array.layout.span().len()])).to_dtype(dtype).unwrap();
                    memory.with_layout(array.layout.clone())
                };
                let (a, b) = (converted(&turned), converted(&other));
                let out = Array::empty(&[rows, columns], dtype, Device::CPU).unwrap();
                run(&arithmetic::SUB.op, dtype, &ONE, &[a.clone().into(), b.clone().into()], &out).unwrap();
                let dense = |array: &Array| {
                    let copy = Array::empty(array.shape(), dtype, Device::CPU).unwrap();
                    CpuBackend.run(&Kernel::Copy, &[array.clone().into()], std::slice::from_ref(&copy)).unwrap();
                    copy
                };
                let expected = Array::empty(&[rows, columns], dtype, Device::CPU).unwrap();
                run(&arithmetic::SUB.op, dtype, &ONE, &[dense(&a).into(), dense(&b).into()], &expected).unwrap();
                ferrotorch_kernel::match_dtype!(dtype, T => {
                    assert_eq!(out.to_vec::<T>().unwrap(), expected.to_vec::<T>().unwrap(), "{rows} x {columns} of {}", dtype.name());
                });
            }
        }
        let truth = Array::empty(&[rows, columns], DType::Bool, Device::CPU).unwrap();
        run(&comparison::GT.op, DType::Float64, &[], &[turned.clone().into(), Operand::Scalar(500.0.into())], &truth).unwrap();
        let view = Strided::<f64>::new(&turned).unwrap();
        let expected: Vec<bool> = indices(&[rows, columns]).iter().map(|i| view.get(i) > 500.0).collect();
        let truth: Vec<bool> = truth.to_vec::<ferrotorch_kernel::dtype::Bool>().unwrap().iter().map(|x| x.get()).collect();
        assert_eq!(truth, expected, "{rows} x {columns}");
    }
}

#[test]
fn a_number_a_row_is_repeated() {
    crate::register().unwrap();
    let (rows, columns) = (70, 700);
    let a = Array::from_slice(&[rows, columns], &(0..rows * columns).map(|i| i as f32).collect::<Vec<_>>()).unwrap();
    let column = Array::from_slice(&[rows, 1], &(0..rows).map(|i| i as f32).collect::<Vec<_>>()).unwrap();
    let b = column.with_layout(column.layout.expand(&[rows, columns]).unwrap());
    let halves = b.to_dtype(DType::Float16).unwrap();
    let out = Array::empty(&[rows, columns], DType::Float32, Device::CPU).unwrap();
    for (input, scale) in [(b.clone().into(), 1.0), (halves.into(), 1.0), (Operand::Scalar(Scalar::Float(-2.0)), 0.0)] {
        run(&arithmetic::SUB.op, DType::Float32, &ONE, &[a.clone().into(), input], &out).unwrap();
        let shift = if scale == 0.0 { -2.0 } else { 0.0 };
        let want = |i: usize| i as f32 - scale * (i / columns) as f32 - shift;
        assert!(out.to_vec::<f32>().unwrap().iter().enumerate().all(|(i, &x)| x == want(i)));
    }
    // In place, and the other way round.
    run(&arithmetic::SUB.op, DType::Float32, &ONE, &[b.into(), a.clone().into()], &a).unwrap();
    assert!(a.to_vec::<f32>().unwrap().iter().enumerate().all(|(i, &x)| x == (i / columns) as f32 - i as f32));
}

#[test]
fn a_short_row_is_repeated() {
    crate::register().unwrap();
    let (rows, columns) = (50_000, 3);
    let a = Array::from_slice(&[rows, columns], &(0..rows * columns).map(|i| i as f32).collect::<Vec<_>>()).unwrap();
    let row = Array::from_slice(&[1, columns], &[10.0f32, 20.0, 30.0]).unwrap();
    let out = Array::empty(&[rows, columns], DType::Float32, Device::CPU).unwrap();
    for row in [row.clone(), row.to_dtype(DType::Float16).unwrap()] {
        let b = row.with_layout(row.layout.expand(&[rows, columns]).unwrap());
        run(&arithmetic::ADD.op, DType::Float32, &ONE, &[a.clone().into(), b.into()], &out).unwrap();
        let got = out.to_vec::<f32>().unwrap();
        assert!(got.iter().enumerate().all(|(i, &x)| x == i as f32 + [10.0, 20.0, 30.0][i % 3]));
    }
}

/// Dense arrays of half types have loops of their own, which must not show.
#[test]
fn dense_halves_are_computed_as_others_are() {
    const N: usize = 1000;
    crate::register().unwrap();
    let number = |k: usize, i: usize| (i * 7919 + k * 104_729) as u16;
    for dtype in [DType::Float16, DType::BFloat16] {
        let halves = |bits: &[u16]| match dtype {
            DType::Float16 => Array::from_slice(&[bits.len()], &bits.iter().map(|&b| f16::from_bits(b)).collect::<Vec<_>>()),
            _ => Array::from_slice(&[bits.len()], &bits.iter().map(|&b| bf16::from_bits(b)).collect::<Vec<_>>()),
        };
        let with_loops = |op: &&'static Pointwise| f32::table().get(op).is_some_and(|entry| entry.halves.is_some());
        let ops: Vec<&Pointwise> = pointwise::table().map(|row| &row.op).filter(with_loops).collect();
        assert!(ops.len() > 20, "the ops that take no longer than conversions");
        for op in ops.into_iter().filter(|op| op.accepts.contains(dtype)) {
            let params = vec![Scalar::Int(2); op.params];
            let computed = |gap: usize| {
                let inputs = (0..op.arity).map(|k| {
                    let bits: Vec<u16> = (0..N * gap).map(|i| number(k, i / gap)).collect();
                    halves(&bits).unwrap().with_layout(Layout::strided(&[N], &[gap as isize], 0)).into()
                });
                let (inputs, out) = (inputs.collect::<Vec<Operand>>(), halves(&[0; N]).unwrap());
                run(op, dtype, &params, &inputs, &out).unwrap();
                let wide = out.to_dtype(DType::Float32).unwrap().to_vec::<f32>().unwrap();
                wide.into_iter().map(|x| if x.is_nan() { f32::NAN.to_bits() } else { x.to_bits() }).collect::<Vec<_>>()
            };
            assert_eq!(computed(1), computed(2), "{} of {}", op.name, dtype.name());
        }
    }
}

/// Dense arrays that are computed into themselves have loops of their own, which must not show either.
#[test]
fn what_is_computed_in_place_is_what_is_computed_elsewhere() {
    const N: usize = 70_001;
    crate::register().unwrap();
    let numbers = |seed: usize| -> Vec<f32> {
        (0..N).map(|i| if i % 97 == 5 { f32::NAN } else { ((i * 7919 + seed) % 1013) as f32 / 70.0 - 7.0 }).collect()
    };
    let with_loop = |op: &&'static Pointwise| f32::table().get(op).is_some_and(|entry| entry.in_place.is_some());
    let ops: Vec<&Pointwise> = pointwise::table().map(|row| &row.op).filter(with_loop).collect();
    assert!(ops.len() > 20, "the ops that take no longer than memory does");
    for op in ops.into_iter().filter(|op| op.accepts.contains(DType::Float32)) {
        let (params, second) = (vec![Scalar::Int(2); op.params], Array::from_slice(&[N], &numbers(3)).unwrap());
        let seconds =
            if op.arity == 2 { vec![vec![Operand::Array(second)], vec![Scalar::Float(1.5).into()]] } else { vec![vec![]] };
        for second in seconds {
            let computed = |in_place: bool| {
                let first = Array::from_slice(&[N], &numbers(1)).unwrap();
                let out = if in_place { first.clone() } else { Array::from_slice(&[N], &[0.0f32; N]).unwrap() };
                let inputs: Vec<Operand> = std::iter::once(first.into()).chain(second.clone()).collect();
                run(op, DType::Float32, &params, &inputs, &out).unwrap();
                let bits = |x: f32| if x.is_nan() { f32::NAN.to_bits() } else { x.to_bits() };
                out.to_vec::<f32>().unwrap().into_iter().map(bits).collect::<Vec<_>>()
            };
            assert_eq!(computed(true), computed(false), "{}", op.name);
        }
    }
}
