use ferrotorch_kernel::kernel::Padding;
use ferrotorch_kernel::{Array, Operand, Scalar};

use crate::testing::{array, on_any_threads};

const PADDINGS: [Padding; 4] = [Padding::Constant(Scalar::Int(-7)), Padding::Reflect, Padding::Replicate, Padding::Circular];

/// A shape and widths.
type Case = (&'static [usize], &'static [(usize, usize)]);

/// Rows, columns and what is between them, odd and short, alone and together.
const CASES: [Case; 8] = [
    (&[5], &[(2, 1)]),
    (&[3, 1700, 5], &[(0, 0), (0, 0), (1, 4)]),
    (&[40, 9, 37], &[(0, 0), (3, 2), (0, 5)]),
    (&[7, 33, 19], &[(0, 0), (8, 1), (0, 0)]),
    (&[2, 3, 5, 4, 6], &[(0, 0), (0, 0), (2, 1), (0, 3), (1, 1)]),
    (&[2, 6, 5, 3], &[(0, 0), (1, 2), (2, 2), (0, 0)]),
    (&[4, 3, 7], &[(1, 0), (0, 0), (2, 0)]),
    (&[2, 3], &[(0, 0), (0, 0)]),
];

fn large(shape: &[usize], widths: &[(usize, usize)]) -> Vec<usize> {
    shape.iter().zip(widths).map(|(n, (before, behind))| n + before + behind).collect()
}

/// For each element of the padded array the number of the one that it is made of.
fn sources(shape: &[usize], widths: &[(usize, usize)], padding: Padding) -> Vec<Option<usize>> {
    let large = large(shape, widths);
    (0..large.iter().product::<usize>())
        .map(|number| {
            let (mut rest, mut source, mut step) = (number, Some(0), 1);
            for d in (0..shape.len()).rev() {
                let (i, n) = ((rest % large[d]) as i64 - widths[d].0 as i64, shape[d] as i64);
                rest /= large[d];
                let from = match padding {
                    Padding::Constant(_) => (i >= 0 && i < n).then_some(i),
                    Padding::Reflect => Some(if i < 0 {
                        -i
                    } else if i >= n {
                        2 * n - 2 - i
                    } else {
                        i
                    }),
                    Padding::Replicate => Some(i.max(0).min(n - 1)),
                    Padding::Circular => Some((i + n) % n),
                };
                source = source.zip(from).map(|(source, from)| source + from as usize * step);
                step *= shape[d];
            }
            source
        })
        .collect()
}

fn numbers(shape: &[usize]) -> Vec<i32> {
    (0..shape.iter().product::<usize>() as i32).map(|i| i * 37 % 1009).collect()
}

fn fits(shape: &[usize], widths: &[(usize, usize)], padding: Padding) -> bool {
    let is_narrow = |(&n, &(before, behind)): (&usize, &(usize, usize))| match padding {
        Padding::Reflect => before.max(behind) < n,
        Padding::Circular => before.max(behind) <= n,
        _ => true,
    };
    shape.iter().zip(widths).all(is_narrow)
}

#[test]
fn each_element_is_what_stands_at_its_place() {
    for ((shape, widths), padding) in CASES.iter().flat_map(|case| PADDINGS.map(|padding| (*case, padding))) {
        if !fits(shape, widths, padding) {
            continue;
        }
        let values = numbers(shape);
        let expected: Vec<i32> = sources(shape, widths, padding).iter().map(|s| s.map_or(-7, |s| values[s])).collect();
        let padded = on_any_threads(|| {
            let out = array(&large(shape, widths), &vec![0i32; expected.len()]);
            super::pad(widths, padding, &Operand::Array(array(shape, &values)), &out).unwrap();
            out.to_vec::<i32>().unwrap()
        });
        assert!(padded == expected, "{shape:?} {widths:?} {padding:?}");
        let bytes: Vec<u8> = values.iter().map(|&x| x as u8).collect();
        let out = array(&large(shape, widths), &vec![0u8; expected.len()]);
        super::pad(widths, padding, &Operand::Array(array(shape, &bytes)), &out).unwrap();
        assert!(out.to_vec::<u8>().unwrap() == expected.iter().map(|&x| x as u8).collect::<Vec<_>>(), "{shape:?} {padding:?}");
    }
}

#[test]
fn gradients_are_summed_where_elements_came_from() {
    for ((shape, widths), padding) in CASES.iter().flat_map(|case| PADDINGS.map(|padding| (*case, padding))) {
        if !fits(shape, widths, padding) {
            continue;
        }
        let grads: Vec<f64> = numbers(&large(shape, widths)).iter().map(|&x| f64::from(x)).collect();
        let mut expected = vec![0.0; shape.iter().product()];
        sources(shape, widths, padding).iter().zip(&grads).for_each(|(source, g)| {
            if let Some(source) = source {
                expected[*source] += g;
            }
        });
        let summed = on_any_threads(|| {
            let out = array(shape, &vec![0f64; expected.len()]);
            super::pad_grad(widths, padding, &Operand::Array(array(&large(shape, widths), &grads)), &out).unwrap();
            out.to_vec::<f64>().unwrap()
        });
        assert!(summed == expected, "{shape:?} {widths:?} {padding:?}");
    }
}

#[test]
fn strided_arrays_are_padded_too() {
    let values = numbers(&[4, 6]);
    let from = array(&[4, 6], &values);
    let from = from.with_layout(from.layout.transpose(0, 1));
    let out = array(&[5, 8], &[0i32; 40]);
    let out: Array = out.with_layout(out.layout.transpose(0, 1));
    super::pad(&[(1, 1), (0, 1)], Padding::Reflect, &Operand::Array(from), &out).unwrap();
    let expected: Vec<i32> = (0..8usize)
        .flat_map(|i| (0..5usize).map(move |j| ([1, 0, 1, 2, 3, 4, 5, 4][i], [0, 1, 2, 3, 2][j])))
        .map(|(i, j): (usize, usize)| values[j * 6 + i])
        .collect();
    assert_eq!(out.contiguous().unwrap().to_vec::<i32>().unwrap(), expected);
}
