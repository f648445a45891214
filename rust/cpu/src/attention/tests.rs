use ferrotorch_kernel::attention::Attention;
use ferrotorch_kernel::dtype::Bool;
use ferrotorch_kernel::{Array, Layout, Operand};

use super::{attention, attention_grad};
use crate::dense;
use crate::testing::on_any_threads;

fn values(shape: &[usize], seed: usize) -> Vec<f64> {
    let n = shape.iter().product::<usize>();
    (0..n).map(|i| (((i + 1) * 2_654_435_761 * (seed + 1)) % 1009) as f64 / 504.0 - 1.0).collect()
}

/// An array with one head.
fn array(shape: &[usize], values: &[f64]) -> Array {
    Array::from_slice(&[&shape[..1], &[1], &shape[1..]].concat(), values).unwrap()
}

/// Weights, result and gradients of one batch by the definition.
struct Reference {
    out: Vec<f64>,
    sums: Vec<f64>,
    grads: [Vec<f64>; 3],
}

fn reference([l, s, e, v]: [usize; 4], causal: bool, scale: f64, x: [&[f64]; 4]) -> Reference {
    let [q, k, val, g] = x;
    let (mut out, mut sums) = (vec![0.0; l * v], vec![0.0; l]);
    let mut grads = [vec![0.0; l * e], vec![0.0; s * e], vec![0.0; s * v]];
    for i in 0..l {
        let seen = if causal { s.min(i + 1) } else { s };
        let scores: Vec<f64> = (0..seen).map(|j| scale * (0..e).map(|c| q[i * e + c] * k[j * e + c]).sum::<f64>()).collect();
        let total: f64 = scores.iter().map(|x| x.exp()).sum();
        sums[i] = total.ln();
        let weights: Vec<f64> = scores.iter().map(|x| x.exp() / total).collect();
        for c in 0..v {
            out[i * v + c] = (0..seen).map(|j| weights[j] * val[j * v + c]).sum();
        }
        let slopes: Vec<f64> = (0..seen).map(|j| (0..v).map(|c| g[i * v + c] * val[j * v + c]).sum()).collect();
        let mean: f64 = weights.iter().zip(&slopes).map(|(w, s)| w * s).sum();
        for j in 0..seen {
            let slope = weights[j] * (slopes[j] - mean) * scale;
            for c in 0..e {
                grads[0][i * e + c] += slope * k[j * e + c];
                grads[1][j * e + c] += slope * q[i * e + c];
            }
            for c in 0..v {
                grads[2][j * v + c] += weights[j] * g[i * v + c];
            }
        }
    }
    Reference { out, sums, grads }
}

fn assert_close(got: &Array, want: &[f64], what: &str) {
    let got = dense::read::<f64>(got).unwrap();
    for (i, (a, b)) in got.iter().zip(want).enumerate() {
        assert!((a - b).abs() < 1e-9, "{what}: element {i} is {a}, not {b}");
    }
    assert_eq!(got.len(), want.len());
}

fn check(batch: usize, sizes: [usize; 4], causal: bool) {
    let [l, s, e, v] = sizes;
    let shapes = [[batch, l, e], [batch, s, e], [batch, s, v], [batch, l, v]];
    let x: [Vec<f64>; 4] = std::array::from_fn(|i| values(&shapes[i], i));
    let [q, k, val, g]: [Array; 4] = std::array::from_fn(|i| array(&shapes[i], &x[i]));
    let (out, sums) = (array(&shapes[3], &x[3]), array(&[batch, 1, l], &vec![0.0; batch * l]));
    let operands = |arrays: &[&Array]| arrays.iter().map(|&a| a.clone().into()).collect::<Vec<Operand>>();
    attention(&Attention::plain(0.7, causal), &operands(&[&q, &k, &val]), &[out.clone(), sums.clone()]).unwrap();
    let grads = [0, 1, 2].map(|i| array(&shapes[i], &vec![9.0; x[i].len()]));
    attention_grad(&Attention::plain(0.7, causal), &operands(&[&g, &q, &k, &val, &out, &sums]), &grads).unwrap();
    let part = |i: usize, b: usize| &x[i][b * x[i].len() / batch.max(1)..(b + 1) * x[i].len() / batch.max(1)];
    let references: Vec<Reference> =
        (0..batch).map(|b| reference(sizes, causal, 0.7, std::array::from_fn(|i| part(i, b)))).collect();
    let all = |of: &dyn Fn(&Reference) -> Vec<f64>| references.iter().flat_map(of).collect::<Vec<f64>>();
    assert_close(&out, &all(&|r| r.out.clone()), "result");
    assert_close(&sums, &all(&|r| r.sums.clone()), "logarithm");
    for (i, grad) in grads.iter().enumerate() {
        assert_close(grad, &all(&|r| r.grads[i].clone()), "gradient");
    }
}

#[test]
fn blocks_agree_with_the_definition() {
    for causal in [false, true] {
        check(2, [5, 7, 3, 4], causal);
        check(9, [17, 9, 8, 5], causal);
        check(1, [130, 300, 16, 16], causal);
        check(8, [260, 131, 8, 9], causal);
        check(3, [1, 600, 5, 1], causal);
        check(0, [4, 4, 4, 4], causal);
        check(2, [0, 4, 4, 4], causal);
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let shape = [3, 300, 16];
    let x = [0, 1, 2].map(|i| array(&shape, &values(&shape, i)));
    on_any_threads(|| {
        let (out, sums) = (array(&shape, &values(&shape, 9)), array(&[3, 1, 300], &vec![0.0; 900]));
        let inputs: Vec<Operand> = x.iter().map(|a| a.clone().into()).collect();
        attention(&Attention::plain(0.25, true), &inputs, &[out.clone(), sums]).unwrap();
        dense::read::<f64>(&out).unwrap().to_vec()
    });
}

#[test]
fn large_scores_do_not_overflow() {
    let q = array(&[1, 1, 1], &[1000.0]);
    let keys: Vec<f64> = (0..600).map(|i| if i == 599 { 2.0 } else { 1.0 }).collect();
    let (k, v) = (array(&[1, 600, 1], &keys), array(&[1, 600, 1], &keys));
    let (out, sums) = (array(&[1, 1, 1], &[0.0]), array(&[1, 1, 1], &[0.0]));
    attention(&Attention::plain(1.0, false), &[q.into(), k.into(), v.into()], &[out.clone(), sums]).unwrap();
    assert_eq!(dense::read::<f64>(&out).unwrap(), [2.0]);
}

#[test]
fn heads_may_lie_between_the_rows() {
    let (shape, turned) = ([2, 3, 5, 4], [2, 5, 3, 4]);
    let n = shape.iter().product();
    let x = [0, 1, 2].map(|i| Array::from_slice(&turned, &values(&turned, i)).unwrap());
    let heads = x.map(|a| a.with_layout(a.layout.transpose(1, 2)));
    let dense = heads.each_ref().map(|a| a.contiguous().unwrap());
    let results = [heads, dense].map(|inputs| {
        let out = Array::from_slice(&turned, &vec![0.0; n]).unwrap();
        let out = out.with_layout(out.layout.transpose(1, 2));
        let sums = Array::from_slice(&[2, 3, 1, 5], &[0.0; 30]).unwrap();
        let mut operands: Vec<Operand> = inputs.into_iter().map(Into::into).collect();
        attention(&Attention::plain(0.5, true), &operands, &[out.clone(), sums.clone()]).unwrap();
        let grads = [0, 1, 2].map(|_| Array::from_slice(&shape, &vec![0.0; n]).unwrap());
        operands.insert(0, out.clone().into());
        operands.extend([out.clone().into(), sums.into()]);
        attention_grad(&Attention::plain(0.5, true), &operands, &grads).unwrap();
        std::iter::once(out)
            .chain(grads)
            .map(|a| dense::read::<f64>(&a.contiguous().unwrap()).unwrap().to_vec())
            .collect::<Vec<_>>()
    });
    assert_eq!(results[0], results[1]);
}

/// What a call gives, and its gradients, of arrays by heads.
fn results(call: Attention, [q, k, v, g]: [&Array; 4], mask: Option<Array>) -> [Vec<f64>; 4] {
    let &[batch, heads, queries, _] = q.shape() else { panic!("heads are needed") };
    let zeros = |shape: &[usize]| Array::from_slice(shape, &vec![0.0; shape.iter().product()]).unwrap();
    let (out, sums) = (zeros(g.shape()), zeros(&[batch, heads, 1, queries]));
    let operands =
        |arrays: &[&Array]| arrays.iter().map(|&a| a.clone().into()).chain(mask.clone().map(Into::into)).collect::<Vec<_>>();
    attention(&call, &operands(&[q, k, v]), &[out.clone(), sums.clone()]).unwrap();
    let grads = [q, k, v].map(|a| zeros(a.shape()));
    attention_grad(&call, &operands(&[g, q, k, v, &out, &sums]), &grads).unwrap();
    let [dq, dk, dv] = grads;
    [out, dq, dk, dv].map(|a| dense::read::<f64>(&a).unwrap().to_vec())
}

#[test]
fn hidden_keys_are_as_if_they_were_not_there_and_heads_share_keys() {
    const SEEN: [usize; 5] = [0, 1, 3, 4, 5];
    for (heads, group) in [(4, 2), (16, 1), (3, 3)] {
        let (l, s, e, shared) = (5, 7, 4, heads / group);
        let shapes = [[1, heads, l, e], [1, shared, s, e], [1, shared, s, e], [1, heads, l, e]];
        let x: [Vec<f64>; 4] = std::array::from_fn(|i| values(&shapes[i], i));
        let arrays: [Array; 4] = std::array::from_fn(|i| Array::from_slice(&shapes[i], &x[i]).unwrap());
        let call = Attention { masked: true, group, ..Attention::plain(0.7, false) };
        let spread = |mask: Array| mask.with_layout(Layout::strided(&[1, heads, l, s], &[0, 0, 0, 1], 0));
        let seen: Vec<Bool> = (0..s).map(|j| Bool(u8::from(SEEN.contains(&j)))).collect();
        let added: Vec<f64> = (0..s).map(|j| if SEEN.contains(&j) { 0.0 } else { f64::NEG_INFINITY }).collect();
        let by_bools = results(call, arrays.each_ref(), Some(spread(Array::from_slice(&[s], &seen).unwrap())));
        let by_numbers = results(call, arrays.each_ref(), Some(spread(Array::from_slice(&[s], &added).unwrap())));
        assert_eq!(by_bools, by_numbers);
        // Each head for itself, with the keys that are seen.
        let [mut out, mut of_queries] = [(); 2].map(|()| Vec::new());
        let [mut of_keys, mut of_values] = [(); 2].map(|()| vec![0.0; shared * s * e]);
        for head in 0..heads {
            let own = |i: usize| Array::from_slice(&[1, 1, l, e], &x[i][head * l * e..][..l * e]).unwrap();
            let places = SEEN.map(|j| (head / group * s + j) * e);
            let taken = |i: usize| places.iter().flat_map(|&at| x[i][at..at + e].to_vec()).collect::<Vec<f64>>();
            let few = |i: usize| Array::from_slice(&[1, 1, SEEN.len(), e], &taken(i)).unwrap();
            let [y, dq, dk, dv] = results(Attention::plain(0.7, false), [&own(0), &few(1), &few(2), &own(3)], None);
            out.extend(y);
            of_queries.extend(dq);
            for (n, &at) in places.iter().enumerate() {
                (0..e).for_each(|c| {
                    (of_keys[at + c], of_values[at + c]) = (of_keys[at + c] + dk[n * e + c], of_values[at + c] + dv[n * e + c])
                });
            }
        }
        for (got, want) in by_bools.iter().zip([out, of_queries, of_keys, of_values]) {
            assert!(got.len() == want.len() && got.iter().zip(&want).all(|(a, b)| (a - b).abs() < 1e-9), "{got:?} {want:?}");
        }
    }
}

#[test]
fn queries_that_see_nothing_give_zero() {
    let shape = [1, 1, 3, 2];
    let x = [0, 1, 2, 3].map(|i| Array::from_slice(&shape, &values(&shape, i)).unwrap());
    let call = Attention { masked: true, ..Attention::plain(1.0, false) };
    let mask = Array::from_slice(
        &[1, 1, 3, 3],
        &[true, false, true, false, false, false, true, true, true].map(|seen| Bool(u8::from(seen))),
    )
    .unwrap();
    let [out, dq, ..] = results(call, x.each_ref(), Some(mask));
    assert_eq!((&out[2..4], &dq[2..4]), (&[0.0; 2][..], &[0.0; 2][..]));
    assert!(out.iter().chain(&dq).all(|x| x.is_finite()) && out[0] != 0.0);
}
