//! Pointwise ops.

use ferrotorch_core::dtype::{Bool, f16};
use ferrotorch_core::kernel::Kernel;
use ferrotorch_core::ops::pointwise::table;
use ferrotorch_core::pointwise::Pointwise;
use ferrotorch_core::{DType, Layout, Operand, Scalar};

use crate::support::{assert_close, compute, download, on_each, upload, wave};

fn op(name: &str) -> &'static Pointwise {
    table().map(|row| &row.op).find(|op| op.name == name).unwrap_or_else(|| panic!("the table has no {name}"))
}

fn kernel<'a>(name: &str, compute: DType, params: &'a [Scalar]) -> Kernel<'a> {
    Kernel::Pointwise { op: op(name), compute, params }
}

#[test]
fn elementary_functions_are_accurate() {
    on_each(|device| {
        type Function = fn(f64) -> f64;
        let cases: [(&str, f32, Function); 23] = [
            ("exp", 80.0, f64::exp),
            ("exp2", 120.0, f64::exp2),
            ("expm1", 5.0, f64::exp_m1),
            ("log", 100.0, f64::ln),
            ("log2", 3.0, f64::log2),
            ("log10", 100.0, f64::log10),
            ("log1p", 2.0, f64::ln_1p),
            ("sin", 300.0, f64::sin),
            ("cos", 300.0, f64::cos),
            ("tan", 1.5, f64::tan),
            ("asin", 1.0, f64::asin),
            ("acos", 1.0, f64::acos),
            ("atan", 30.0, f64::atan),
            ("sinh", 10.0, f64::sinh),
            ("cosh", 10.0, f64::cosh),
            ("tanh", 3.0, f64::tanh),
            ("asinh", 50.0, f64::asinh),
            ("acosh", 50.0, f64::acosh),
            ("atanh", 1.0, f64::atanh),
            ("sqrt", 9.0, f64::sqrt),
            ("rsqrt", 9.0, |x| 1.0 / x.sqrt()),
            ("sigmoid", 20.0, |x| 1.0 / (1.0 + (-x).exp())),
            ("reciprocal", 7.0, |x| 1.0 / x),
        ];
        let special = [0.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 1.0, -1.0];
        for (name, scale, function) in cases {
            let values: Vec<f32> = wave(2003).iter().map(|x| x * scale).chain(special).collect();
            let n = values.len();
            let actual = compute::<f32>(device, kernel(name, DType::Float32, &[]), &[upload(device, &[n], &values).into()], &[n]);
            for (&x, &y) in values.iter().zip(&actual) {
                let expected = function(x as f64) as f32;
                // Relative, but for sums that cancel: sine and cosine near their zeros.
                let close = y == expected
                    || (y.is_nan() && expected.is_nan())
                    || (y - expected).abs() <= 1e-6 * expected.abs() + 1e-7 * scale.min(1.0);
                assert!(close, "{name}({x}) is {y}, expected {expected}");
            }
        }
    });
}

#[test]
fn special_functions_are_accurate() {
    on_each(|device| {
        // Values of M. Abramowitz and I. Stegun's tables, extended with mpmath.
        let cases: [(&str, &[(f32, f32)]); 6] = [
            ("erf", &[(0.0, 0.0), (0.5, 0.520_499_9), (1.0, 0.842_700_8), (-2.0, -0.995_322_3), (5.0, 1.0)]),
            ("erfc", &[(0.0, 1.0), (0.5, 0.479_500_1), (2.0, 0.004_677_735), (5.0, 1.537_46e-12), (-1.0, 1.842_700_8)]),
            ("erfinv", &[(0.0, 0.0), (0.5, 0.476_936_28), (-0.9, -1.163_087_2), (1.0, f32::INFINITY), (2.0, f32::NAN)]),
            (
                "lgamma",
                &[(1.0, 0.0), (2.0, 0.0), (0.5, 0.572_364_9), (10.5, 13.940_625), (-0.5, 1.265_512_1), (-2.0, f32::INFINITY)],
            ),
            ("digamma", &[(1.0, -0.577_215_7), (0.5, -1.963_51), (10.0, 2.251_752_6), (-0.5, 0.036_489_97), (-1.0, f32::NAN)]),
            ("trigamma", &[(1.0, 1.644_934), (0.5, 4.934_802), (10.0, 0.105_166_34), (-0.5, 8.934_802)]),
        ];
        for (name, pairs) in cases {
            let (x, y): (Vec<f32>, Vec<f32>) = pairs.iter().copied().unzip();
            let actual =
                compute::<f32>(device, kernel(name, DType::Float32, &[]), &[upload(device, &[x.len()], &x).into()], &[x.len()]);
            for i in 0..x.len() {
                let close = actual[i] == y[i]
                    || (actual[i].is_nan() && y[i].is_nan())
                    || (actual[i] - y[i]).abs()
                        <= 2e-6 * y[i].abs() + 1e-7 * (y[i].abs() > 1e-3) as u8 as f32 + 1e-7 * (y[i] == 0.0) as u8 as f32;
                assert!(close, "{name}({}) is {}, expected {}", x[i], actual[i], y[i]);
            }
        }
    });
}

#[test]
fn powers_keep_their_precision() {
    on_each(|device| {
        let cases: [(f32, f32); 14] = [
            (2.0, 10.0),
            (1.7, 33.3),
            (0.013, 7.7),
            (10.0, -20.5),
            (3.0, 0.5),
            (-2.0, 3.0),
            (-8.0, 1.0 / 3.0),
            (0.0, 0.0),
            (0.0, -1.0),
            (5.0, f32::INFINITY),
            (f32::INFINITY, -0.3),
            (1.0, f32::NAN),
            (1.000_01, 123_456.0),
            (-1.5, 21.0),
        ];
        let (a, b): (Vec<f32>, Vec<f32>) = cases.iter().copied().unzip();
        let inputs: [Operand; 2] = [upload(device, &[14], &a).into(), upload(device, &[14], &b).into()];
        let expected: Vec<f32> = cases.iter().map(|&(a, b)| (a as f64).powf(b as f64) as f32).collect();
        let actual = compute::<f32>(device, kernel("pow", DType::Float32, &[]), &inputs, &[14]);
        for i in 0..14 {
            let (y, e) = (actual[i], expected[i]);
            assert!(
                y == e || (y.is_nan() && e.is_nan()) || (y - e).abs() <= 3e-6 * e.abs(),
                "{} ** {} is {y}, expected {e}",
                a[i],
                b[i]
            );
        }
    });
}

#[test]
fn broadcasting_numbers_and_parameters() {
    on_each(|device| {
        let (rows, columns) = (7, 301);
        let (a, b) = (wave(rows), wave(columns));
        let column = upload(device, &[rows, 1], &a);
        let row = upload(device, &[columns], &b);
        let shape = [rows, columns];
        let inputs: [Operand; 2] = [
            column.with_layout(column.layout.expand(&shape).unwrap()).into(),
            row.with_layout(row.layout.expand(&shape).unwrap()).into(),
        ];
        let expected: Vec<f32> = (0..rows * columns).map(|i| a[i / columns] + 2.0 * b[i % columns]).collect();
        assert_close(
            &compute::<f32>(device, kernel("add", DType::Float32, &[Scalar::Float(2.0)]), &inputs, &shape),
            &expected,
            1e-6,
        );
        let halves: Vec<f32> = (0..rows * columns).map(|i| a[i / columns] * 0.5).collect();
        let inputs = [inputs[0].clone(), Scalar::Float(0.5).into()];
        assert_eq!(compute::<f32>(device, kernel("mul", DType::Float32, &[]), &inputs, &shape), halves);
    });
}

#[test]
fn integers_of_every_width() {
    on_each(|device| {
        let a: Vec<u8> = (0..=255).collect();
        let b: Vec<u8> = a.iter().map(|x| x.wrapping_mul(7).wrapping_add(3)).collect();
        let inputs: [Operand; 2] = [upload(device, &[256], &a).into(), upload(device, &[256], &b).into()];
        let one = [Scalar::Int(1)];
        let expected: Vec<u8> = a.iter().zip(&b).map(|(x, y)| x.wrapping_add(*y)).collect();
        assert_eq!(compute::<u8>(device, kernel("add", DType::UInt8, &one), &inputs, &[256]), expected);
        let expected: Vec<i64> = expected.iter().map(|&x| x as i64).collect();
        assert_eq!(compute::<i64>(device, kernel("add", DType::UInt8, &one), &inputs, &[256]), expected);
        let a: Vec<i64> = vec![7, -7, 7, -7, i64::MAX, 1 << 40, 5];
        let b: Vec<i64> = vec![3, 3, -3, -3, 10, -12345, 2];
        let inputs: [Operand; 2] = [upload(device, &[7], &a).into(), upload(device, &[7], &b).into()];
        let by = |f: fn(i64, i64) -> i64| a.iter().zip(&b).map(|(&x, &y)| f(x, y)).collect::<Vec<_>>();
        assert_eq!(compute::<i64>(device, kernel("div_trunc", DType::Int64, &[]), &inputs, &[7]), by(|x, y| x / y));
        assert_eq!(
            compute::<i64>(device, kernel("div_floor", DType::Int64, &[]), &inputs, &[7]),
            by(|x, y| x.div_euclid(y) - ((y < 0 && x.rem_euclid(y) != 0) as i64))
        );
        assert_eq!(compute::<i64>(device, kernel("fmod", DType::Int64, &[]), &inputs, &[7]), by(|x, y| x % y));
        assert_eq!(
            compute::<Bool>(device, kernel("lt", DType::Int64, &[]), &inputs, &[7]),
            a.iter().zip(&b).map(|(x, y)| Bool::new(x < y)).collect::<Vec<_>>()
        );
    });
}

#[test]
fn float_division_rounds_to_floor_and_remainders_are_exact() {
    on_each(|device| {
        let a = [5.5f32, -5.5, 5.5, -5.5, 1e8, 0.3, f32::INFINITY, 2.0, 1.0];
        let b = [2.0f32, 2.0, -2.0, -2.0, 0.7, 0.1, 2.0, f32::INFINITY, 0.0];
        let inputs: [Operand; 2] = [upload(device, &[9], &a).into(), upload(device, &[9], &b).into()];
        let fmod: Vec<f32> = a.iter().zip(&b).map(|(x, y)| x % y).collect();
        assert_close(&compute::<f32>(device, kernel("fmod", DType::Float32, &[]), &inputs, &[9]), &fmod, 0.0);
        let floor = compute::<f32>(device, kernel("div_floor", DType::Float32, &[]), &inputs, &[9]);
        assert_eq!(floor[..4], [2.0, -3.0, -3.0, 2.0]);
        assert_eq!(floor[5], 3.0);
    });
}

#[test]
fn in_place_and_narrow_outputs() {
    on_each(|device| {
        let values: Vec<f16> = wave(1001).into_iter().map(f16::from_f32).collect();
        let array = upload(device, &[1001], &values);
        let inputs: [Operand; 2] = [array.clone().into(), array.clone().into()];
        device.run(&kernel("mul", DType::Float16, &[]), &inputs, std::slice::from_ref(&array)).unwrap();
        let expected: Vec<f16> = values.iter().map(|x| f16::from_f32(x.to_f32() * x.to_f32())).collect();
        assert_eq!(download::<f16>(device, &array), expected);
        let view = array.with_layout(Layout::strided(&[333], &[3], 1));
        device.run(&kernel("neg", DType::Float16, &[]), &[view.clone().into()], std::slice::from_ref(&view)).unwrap();
        let expected: Vec<f16> = expected.iter().enumerate().map(|(i, x)| if i % 3 == 1 && i < 999 { -*x } else { *x }).collect();
        assert_eq!(download::<f16>(device, &array), expected);
    });
}

#[test]
fn conditions_of_where_are_true_or_false_in_any_dtype() {
    on_each(|device| {
        let condition = upload(device, &[4], &[0.5f32, 0.0, -0.25, f32::NAN]);
        let inputs: [Operand; 3] = [condition.into(), upload(device, &[4], &[1i64, 2, 3, 4]).into(), Scalar::Int(-1).into()];
        assert_eq!(compute::<i64>(device, kernel("where", DType::Int64, &[]), &inputs, &[4]), [1, -1, 3, 4]);
    });
}

#[test]
fn bool_arithmetic_is_logic() {
    on_each(|device| {
        let a = [0u8, 0, 1, 1].map(Bool);
        let b = [0u8, 1, 0, 1].map(Bool);
        let inputs: [Operand; 2] = [upload(device, &[4], &a).into(), upload(device, &[4], &b).into()];
        assert_eq!(
            compute::<Bool>(device, kernel("add", DType::Bool, &[Scalar::Bool(true)]), &inputs, &[4]),
            [0, 1, 1, 1].map(Bool)
        );
        assert_eq!(compute::<Bool>(device, kernel("mul", DType::Bool, &[]), &inputs, &[4]), [0, 0, 0, 1].map(Bool));
        assert_eq!(compute::<Bool>(device, kernel("bitwise_not", DType::Bool, &[]), &inputs[..1], &[4]), [1, 1, 0, 0].map(Bool));
    });
}

#[test]
fn long_chains_fill_several_batches() {
    on_each(|device| {
        let array = upload(device, &[1000], &[0.0f32; 1000]);
        for _ in 0..500 {
            let inputs = [array.clone().into(), Scalar::Int(1).into()];
            device.run(&kernel("add", DType::Float32, &[Scalar::Int(1)]), &inputs, std::slice::from_ref(&array)).unwrap();
        }
        assert_eq!(download::<f32>(device, &array), [500.0; 1000]);
    });
}
