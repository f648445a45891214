//! Reductions.

use ferrotorch_core::dtype::{Bool, f16};
use ferrotorch_core::kernel::{Kernel, Reduction};
use ferrotorch_core::{DType, Layout, Operand};

use crate::support::{assert_close, compute, download, empty, on_each, upload, wave};

fn reduce(op: Reduction) -> Kernel<'static> {
    Kernel::Reduce { op }
}

/// Each op over one row in float64.
fn reference(op: Reduction, row: &[f32]) -> f32 {
    let x: Vec<f64> = row.iter().map(|&x| x as f64).collect();
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    let y = match op {
        Reduction::Sum => x.iter().sum(),
        Reduction::Prod => x.iter().product(),
        Reduction::Mean => mean,
        Reduction::Max => x.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        Reduction::Min => x.iter().copied().fold(f64::INFINITY, f64::min),
        Reduction::Norm { p: f64::INFINITY } => x.iter().map(|v| v.abs()).fold(0.0, f64::max),
        Reduction::Norm { p } => x.iter().map(|v| v.abs().powf(p)).sum::<f64>().powf(1.0 / p),
        Reduction::Variance { correction, sqrt } => {
            let v = x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - correction);
            if sqrt { v.sqrt() } else { v }
        }
        Reduction::LogSumExp => x.iter().map(|v| v.exp()).sum::<f64>().ln(),
        _ => unreachable!("{op:?} has a test of its own"),
    };
    y as f32
}

const OPS: [Reduction; 12] = [
    Reduction::Sum,
    Reduction::Prod,
    Reduction::Mean,
    Reduction::Max,
    Reduction::Min,
    Reduction::Norm { p: 1.0 },
    Reduction::Norm { p: 2.0 },
    Reduction::Norm { p: 3.5 },
    Reduction::Norm { p: f64::INFINITY },
    Reduction::Variance { correction: 1.0, sqrt: false },
    Reduction::Variance { correction: 0.0, sqrt: true },
    Reduction::LogSumExp,
];

#[test]
fn every_op_along_rows_and_columns() {
    on_each(|device| {
        for (rows, width) in [(3, 5), (2, 1000), (70, 600), (1, 50_000)] {
            let values = wave(rows * width);
            let input = upload(device, &[rows, width], &values);
            for op in OPS {
                let by_row: Vec<f32> = values.chunks(width).map(|row| reference(op, row)).collect();
                assert_close(&compute::<f32>(device, reduce(op), &[input.clone().into()], &[rows, 1]), &by_row, 2e-5);
                // The same numbers as columns.
                let turned = input.with_layout(input.layout.transpose(0, 1));
                assert_close(&compute::<f32>(device, reduce(op), &[turned.into()], &[1, rows]), &by_row, 2e-5);
                let columns: Vec<f32> =
                    (0..width).map(|c| reference(op, &(0..rows).map(|r| values[r * width + c]).collect::<Vec<_>>())).collect();
                assert_close(&compute::<f32>(device, reduce(op), &[input.clone().into()], &[1, width]), &columns, 2e-5);
            }
        }
    });
}

#[test]
fn several_dimensions_at_once() {
    on_each(|device| {
        let shape = [2, 3, 4, 5, 6];
        let values: Vec<i64> = (0..720).collect();
        let input: Operand = upload(device, &shape, &values).into();
        let mut expected = vec![0i64; 3 * 5];
        for i in 0..720 {
            expected[i / 120 % 3 * 5 + i / 6 % 5] += i as i64;
        }
        assert_eq!(compute::<i64>(device, reduce(Reduction::Sum), &[input], &[1, 3, 1, 5, 1]), expected);
    });
}

#[test]
fn more_dimensions_than_the_shader_takes_apart() {
    on_each(|device| {
        let shape = [2usize; 12];
        let values: Vec<i32> = (0..4096).collect();
        let out: Vec<usize> = (0..12).map(|d| if d % 2 == 0 { 2 } else { 1 }).collect();
        let mut expected = vec![0i32; 64];
        for i in 0..4096usize {
            let kept = (0..6).fold(0, |r, d| r << 1 | i >> (11 - 2 * d) & 1);
            expected[kept] += i as i32;
        }
        assert_eq!(compute::<i32>(device, reduce(Reduction::Sum), &[upload(device, &shape, &values).into()], &out), expected);
    });
}

#[test]
fn truth_and_counts() {
    on_each(|device| {
        let values: Vec<f32> = (0..4 * 300).map(|i| if i < 300 || i == 700 { 0.0 } else { 0.25 }).collect();
        let input: [Operand; 1] = [upload(device, &[4, 300], &values).into()];
        assert_eq!(compute::<Bool>(device, reduce(Reduction::Any), &input, &[4, 1]), [0, 1, 1, 1].map(Bool));
        assert_eq!(compute::<Bool>(device, reduce(Reduction::All), &input, &[4, 1]), [0, 1, 0, 1].map(Bool));
        assert_eq!(compute::<i64>(device, reduce(Reduction::CountNonzero), &input, &[4, 1]), [0, 300, 299, 300]);
    });
}

#[test]
fn nan_wins_and_halves_accumulate_in_float32() {
    on_each(|device| {
        let mut values = wave(3000);
        values[1234] = f32::NAN;
        let input: [Operand; 1] = [upload(device, &[3, 1000], &values).into()];
        for op in [Reduction::Max, Reduction::Min] {
            let found = compute::<f32>(device, reduce(op), &input, &[3, 1]);
            assert!(!found[0].is_nan() && found[1].is_nan() && !found[2].is_nan(), "{found:?}");
        }
        let ones = upload(device, &[5000], &[f16::ONE; 5000]);
        assert_eq!(compute::<f16>(device, reduce(Reduction::Sum), &[ones.into()], &[1]), [f16::from_f32(5000.0)]);
    });
}

#[test]
fn variance_also_writes_the_mean() {
    on_each(|device| {
        let values: Vec<f32> = wave(60_000).iter().map(|x| x + 1000.0).collect();
        let input: Operand = upload(device, &[2, 30_000], &values).into();
        let outputs = [0, 1].map(|_| empty(device, Layout::contiguous(&[2, 1]), DType::Float32));
        let op = Reduction::Variance { correction: 1.0, sqrt: false };
        device.run(&reduce(op), &[input], &outputs).unwrap();
        for (output, op) in outputs.iter().zip([op, Reduction::Mean]) {
            let expected: Vec<f32> = values.chunks(30_000).map(|row| reference(op, row)).collect();
            assert_close(&download::<f32>(device, output), &expected, 1e-5);
        }
    });
}
