//! Running sums and extrema, triangles, points between two ends.

use ferrotorch_core::kernel::{Kernel, Scan};
use ferrotorch_core::{DType, Layout, Operand, Scalar};

use crate::support::{assert_close, compute, download, empty, on_each, upload, wave};

#[test]
fn running_sums_along_rows_and_columns() {
    on_each(|device| {
        for (rows, width) in [(3, 5), (2, 700), (1, 9001), (90, 33)] {
            let values = wave(rows * width);
            let running = |line: &[f32]| {
                line.iter()
                    .scan(0.0f64, |sum, &x| {
                        *sum += x as f64;
                        Some(*sum as f32)
                    })
                    .collect::<Vec<f32>>()
            };
            let expected: Vec<f32> = values.chunks(width).flat_map(running).collect();
            let input = upload(device, &[rows, width], &values);
            let sums = compute::<f32>(device, Kernel::Scan { op: Scan::Sum, dim: 1 }, &[input.clone().into()], &[rows, width]);
            assert_close(&sums, &expected, 3e-5);
            // The same lines as columns, written across.
            let turned = input.with_layout(input.layout.transpose(0, 1));
            let out = empty(device, Layout::contiguous(&[rows, width]), DType::Float32);
            let across = out.with_layout(out.layout.transpose(0, 1));
            device.run(&Kernel::Scan { op: Scan::Sum, dim: 0 }, &[turned.into()], &[across]).unwrap();
            assert_close(&download::<f32>(device, &out), &expected, 3e-5);
        }
    });
}

#[test]
fn of_equal_running_extrema_the_last_is_named() {
    on_each(|device| {
        let values: Vec<i64> = (0..9001).map(|i| i * 7919 % 50 + i / 4000).collect();
        let input: [Operand; 1] = [upload(device, &[9001], &values).into()];
        let outputs = [0, 1].map(|_| empty(device, Layout::contiguous(&[9001]), DType::Int64));
        device.run(&Kernel::Scan { op: Scan::Max, dim: 0 }, &input, &outputs).unwrap();
        let (mut best, mut expected) = ((0, values[0]), Vec::new());
        for (i, &x) in values.iter().enumerate() {
            best = if x >= best.1 { (i as i64, x) } else { best };
            expected.push(best);
        }
        assert_eq!(download::<i64>(device, &outputs[0]), expected.iter().map(|b| b.1).collect::<Vec<_>>());
        assert_eq!(download::<i64>(device, &outputs[1]), expected.iter().map(|b| b.0).collect::<Vec<_>>());
    });
}

#[test]
fn triangles_keep_one_side() {
    on_each(|device| {
        let values: Vec<u8> = (1..=24).collect();
        let input: [Operand; 1] = [upload(device, &[2, 3, 4], &values).into()];
        for (diagonal, upper) in [(0, true), (0, false), (-1, true), (2, false), (9, true)] {
            let kept = compute::<u8>(device, Kernel::Triangle { diagonal, upper }, &input, &[2, 3, 4]);
            for (i, x) in kept.into_iter().enumerate() {
                let side = (i % 4) as i64 - (i / 4 % 3) as i64;
                let is_kept = if upper { side >= diagonal } else { side <= diagonal };
                assert_eq!(x, if is_kept { values[i] } else { 0 });
            }
        }
    });
}

#[test]
fn both_ends_are_exact() {
    on_each(|device| {
        let kernel = Kernel::Linspace { start: Scalar::Float(0.1), end: Scalar::Float(7.3) };
        let points = compute::<f32>(device, kernel, &[], &[11]);
        assert_eq!((points[0], points[10]), (0.1, 7.3));
        assert_close(&points, &(0..11).map(|i| 0.1 + 0.72 * i as f32).collect::<Vec<_>>(), 1e-6);
    });
}
