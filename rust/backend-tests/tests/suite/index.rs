//! Reading and writing by index, and extrema with their positions.

use ferrotorch_core::dtype::{Bool, f16};
use ferrotorch_core::error::Kind;
use ferrotorch_core::kernel::{Combine, Extremum, Kernel};
use ferrotorch_core::{DType, Layout, Operand, Scalar};

use crate::support::{assert_close, compute, download, empty, on_each, on_each_alone, refusal, upload, wave};

#[test]
fn gather_along_each_dimension() {
    on_each(|device| {
        let values: Vec<f16> = wave(60).into_iter().map(f16::from_f32).collect();
        let input = upload(device, &[3, 4, 5], &values);
        for (dim, size) in [(0, 3), (1, 4), (2, 5)] {
            let mut shape = [2, 3, 4];
            shape[dim] = 7;
            let n: usize = shape.iter().product();
            let index: Vec<i64> = (0..n as i64).map(|i| i * 5 % size as i64).collect();
            let expected: Vec<f16> = (0..n)
                .map(|i| {
                    let mut at = [i / (shape[1] * shape[2]), i / shape[2] % shape[1], i % shape[2]];
                    at[dim] = index[i] as usize;
                    values[at[0] * 20 + at[1] * 5 + at[2]]
                })
                .collect();
            let inputs: [Operand; 2] = [input.clone().into(), upload(device, &shape, &index).into()];
            assert_eq!(compute::<f16>(device, Kernel::Gather { dim }, &inputs, &shape), expected);
        }
    });
}

#[test]
fn scatter_runs_in_the_order_of_the_indices() {
    on_each(|device| {
        // Many indices for few targets: the last assignment wins, sums are those of the order.
        let (lines, n, size) = (3, 1000, 7);
        let index: Vec<i64> = (0..lines * n).map(|i| (i * 11 % size) as i64).collect();
        let values = wave(lines * n);
        let inputs: [Operand; 2] = [upload(device, &[lines, n], &index).into(), upload(device, &[lines, n], &values).into()];
        for combine in [Combine::Assign, Combine::Add, Combine::Mul, Combine::Max, Combine::Min] {
            let mut expected = vec![0.5f32; lines * size];
            for i in 0..lines * n {
                let x = &mut expected[i / n * size + index[i] as usize];
                *x = match combine {
                    Combine::Assign => values[i],
                    Combine::Add => *x + values[i],
                    Combine::Mul => *x * values[i],
                    Combine::Max => x.max(values[i]),
                    Combine::Min => x.min(values[i]),
                };
            }
            let out = upload(device, &[lines, size], &vec![0.5f32; lines * size]);
            device.run(&Kernel::Scatter { dim: 1, combine }, &inputs, std::slice::from_ref(&out)).unwrap();
            // Sums and products of one place are grouped, the others are exact.
            match combine {
                Combine::Add | Combine::Mul => assert_close(&download::<f32>(device, &out), &expected, 1e-5),
                _ => assert_eq!(download::<f32>(device, &out), expected, "{combine:?}"),
            }
        }
    });
}

#[test]
fn scatter_of_a_number_into_bytes() {
    on_each(|device| {
        let out = upload(device, &[2, 5], &[Bool(0); 10]);
        let inputs: [Operand; 2] = [upload(device, &[2, 2], &[0i64, 3, 4, 1]).into(), Scalar::Bool(true).into()];
        device.run(&Kernel::Scatter { dim: 1, combine: Combine::Assign }, &inputs, std::slice::from_ref(&out)).unwrap();
        assert_eq!(download::<Bool>(device, &out), [1, 0, 0, 1, 0, 0, 1, 0, 0, 1].map(Bool));
    });
}

#[test]
fn advanced_indexing_reads_and_writes() {
    on_each(|device| {
        let values: Vec<i64> = (0..4 * 5 * 6).collect();
        let input = upload(device, &[4, 5, 6], &values);
        let rows: Operand = upload(device, &[2, 3], &[0i64, -1, 2, 3, 1, -4]).into();
        let columns = upload(device, &[3], &[4i64, 0, -5]);
        let columns: Operand = columns.with_layout(columns.layout.expand(&[2, 3]).unwrap()).into();
        let chosen = [[0, 4], [3, 0], [2, 0], [3, 4], [1, 0], [0, 0]];
        let expected: Vec<i64> = chosen.iter().flat_map(|[r, c]| (0..6).map(move |k| r * 30 + c * 6 + k)).collect();
        let inputs = [input.clone().into(), rows.clone(), columns.clone()];
        assert_eq!(compute::<i64>(device, Kernel::Index { wraps: true }, &inputs, &[2, 3, 6]), expected);

        let added: Vec<i64> = (0..36).map(|i| 1000 * (i + 1)).collect();
        let mut expected = values.clone();
        for (i, [r, c]) in chosen.iter().enumerate() {
            (0..6).for_each(|k| expected[(r * 30 + c * 6) as usize + k] += added[i * 6 + k]);
        }
        let inputs = [upload(device, &[2, 3, 6], &added).into(), rows, columns];
        device.run(&Kernel::IndexPut { combine: Combine::Add, wraps: true }, &inputs, std::slice::from_ref(&input)).unwrap();
        assert_eq!(download::<i64>(device, &input), expected);
    });
}

#[test]
fn an_embedding_gradient_adds_up_repeated_rows() {
    on_each(|device| {
        let (tokens, vocabulary, width) = (2000, 50, 9);
        let index: Vec<i64> = (0..tokens).map(|i| (i * i % vocabulary) as i64).collect();
        let values = wave(tokens * width);
        let mut expected = vec![0.0f32; vocabulary * width];
        for i in 0..tokens {
            (0..width).for_each(|k| expected[index[i] as usize * width + k] += values[i * width + k]);
        }
        let out = upload(device, &[vocabulary, width], &vec![0.0f32; vocabulary * width]);
        let inputs: [Operand; 2] = [upload(device, &[tokens, width], &values).into(), upload(device, &[tokens], &index).into()];
        device.run(&Kernel::IndexPut { combine: Combine::Add, wraps: true }, &inputs, std::slice::from_ref(&out)).unwrap();
        assert_close(&download::<f32>(device, &out), &expected, 1e-5);
    });
}

#[test]
fn a_bad_index_is_an_error_at_the_next_read_at_the_latest_and_then_forgotten() {
    on_each_alone(|device| {
        let input = upload(device, &[3, 5], &[1.0f32; 15]);
        for bad in [5i64, -1, 1 << 33] {
            let index = upload(device, &[3, 2], &[0, 1, 2, bad, 4, 3]);
            let out = empty(device, Layout::contiguous(&[3, 2]), DType::Float32);
            let inputs = [input.clone().into(), index.into()];
            let error = refusal(device, &Kernel::Gather { dim: 1 }, &inputs, std::slice::from_ref(&out));
            let Kind::IndexOutOfRange { index, dim: 1, size: 5, .. } = *error.kind() else { panic!("{error}") };
            assert_eq!(index, bad);
            device.read(&out).unwrap();
        }
        let index = upload(device, &[2], &[-3i64, -4]);
        let out = empty(device, Layout::contiguous(&[2, 5]), DType::Float32);
        for (wraps, bad) in [(true, -4), (false, -3)] {
            let inputs = [input.clone().into(), index.clone().into()];
            let error = refusal(device, &Kernel::Index { wraps }, &inputs, std::slice::from_ref(&out));
            let Kind::IndexOutOfRange { index, dim: 0, size: 3, .. } = *error.kind() else { panic!("{error}") };
            assert_eq!(index, bad);
        }
        device.synchronize().unwrap();
    });
}

#[test]
fn extrema_and_their_positions() {
    on_each(|device| {
        let mut values: Vec<f32> = wave(3 * 700).iter().map(|x| (x * 20.0).round()).collect();
        values[700 + 333] = f32::NAN;
        values[700 + 444] = f32::NAN;
        values[1400..].fill(f32::NEG_INFINITY);
        let by_row: Operand = upload(device, &[3, 700], &values).into();
        let run = |op, dim: usize, shape: &[usize], input: &Operand| {
            let outputs = [
                empty(device, Layout::contiguous(shape), DType::Float32),
                empty(device, Layout::contiguous(shape), DType::Int64),
            ];
            device.run(&Kernel::ArgReduce { op, dim }, std::slice::from_ref(input), &outputs).unwrap();
            (download::<f32>(device, &outputs[0]), download::<i64>(device, &outputs[1]))
        };
        for (op, sign) in [(Extremum::Max, 1.0), (Extremum::Min, -1.0)] {
            let (x, index) = run(op, 1, &[3, 1], &by_row);
            let first = (0..700).fold(0, |best, j| if sign * values[j] > sign * values[best] { j } else { best });
            assert_eq!((x[0], index[0]), (values[first], first as i64));
            assert!(x[1].is_nan() && index[1] == 333);
            assert_eq!((x[2], index[2]), (f32::NEG_INFINITY, 0));
            let (_, columns) = run(op, 0, &[1, 700], &by_row);
            let expected: Vec<i64> = (0..700)
                .map(|c| {
                    let worse = |a: f32, b: f32| !a.is_nan() && (b.is_nan() || sign * b > sign * a);
                    (0..3).fold(0, |best, r| if worse(values[best * 700 + c], values[r * 700 + c]) { r } else { best }) as i64
                })
                .collect();
            assert_eq!(columns, expected);
        }
    });
}
