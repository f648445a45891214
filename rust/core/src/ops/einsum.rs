//! Einstein summation: products of tensors over labelled dimensions, contracted pair by pair from the left.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::ensure;
use crate::error::Result;
use crate::tensor::Tensor;

use super::reduce::sum;
use super::{matmul, view};

/// A dimension's label: a letter, or a place in the ellipsis counted from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Label {
    Ellipsis(usize),
    Letter(char),
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Label::Ellipsis(_) => f.write_str("..."),
            Label::Letter(letter) => write!(f, "{letter}"),
        }
    }
}

/// A tensor whose dimensions are labelled, each label once.
struct Labelled {
    tensor: Tensor,
    labels: Vec<Label>,
}

impl Labelled {
    /// The dimension of a label.
    fn place(&self, label: &Label) -> Option<usize> {
        self.labels.iter().position(|l| l == label)
    }

    /// The size of a label, 1 where the tensor does not have it.
    fn size(&self, label: &Label) -> usize {
        self.place(label).map_or(1, |dim| self.tensor.size(dim))
    }
}

/// `einsum("bij,bjk->bik", [a, b])`; letters, one ellipsis a term, an optional output term.
pub fn einsum(equation: &str, operands: &[Tensor]) -> Result<Tensor> {
    ensure!(!operands.is_empty(), Runtime, "einsum(): must provide at least one operand");
    let equation: String = equation.chars().filter(|c| !c.is_whitespace()).collect();
    let (left, right) = match equation.split_once("->") {
        Some((left, right)) => (left.to_owned(), Some(right.to_owned())),
        None => (equation.clone(), None),
    };
    let terms: Vec<&str> = left.split(',').collect();
    ensure!(
        terms.len() == operands.len(),
        Runtime,
        "einsum(): more operands were provided than specified in the equation, or fewer: '{equation}' names {}, got {}",
        terms.len(),
        operands.len()
    );
    let parsed = terms.iter().zip(operands).map(|(term, t)| labels_of(term, t)).collect::<Result<Vec<_>>>()?;
    let output = match right {
        Some(term) => output_labels(&term, &parsed)?,
        None => implied_output(&parsed),
    };
    check_sizes(&parsed, operands)?;
    let mut order = output.clone();
    order.extend(parsed.iter().flatten().filter(|l| !output.contains(l)).collect::<BTreeSet<_>>());
    let mut rest: Vec<Labelled> =
        parsed.into_iter().zip(operands).map(|(labels, t)| diagonalised(t, labels)).collect::<Result<Vec<_>>>()?;
    rest.reverse();
    let Some(mut result) = rest.pop() else { return Ok(operands[0].clone()) };
    while let Some(next) = rest.pop() {
        let keep = |l: &Label| output.contains(l) || rest.iter().any(|t| t.labels.contains(l));
        result = contract(result, next, &order, keep)?;
    }
    arrange(result, &output)
}

/// The labels of a term, one a dimension of its tensor.
fn labels_of(term: &str, tensor: &Tensor) -> Result<Vec<Label>> {
    let letters = term.replace("...", "").len();
    let ndim = tensor.ndim();
    let has_ellipsis = term.contains("...");
    ensure!(
        if has_ellipsis { letters <= ndim } else { letters == ndim },
        Runtime,
        "einsum(): the number of subscripts in the equation ({letters}) does not match the number of dimensions ({ndim}) for an operand \
         with term '{term}'"
    );
    expand_term(term, ndim - letters)
}

fn expand_term(term: &str, ellipsis: usize) -> Result<Vec<Label>> {
    let mut labels = Vec::new();
    let mut rest = term;
    let mut seen = false;
    while let Some(c) = rest.chars().next() {
        if let Some(tail) = rest.strip_prefix("...") {
            ensure!(!seen, Runtime, "einsum(): found '...' for a second time in term '{term}'");
            seen = true;
            labels.extend((0..ellipsis).rev().map(Label::Ellipsis));
            rest = tail;
        } else {
            ensure!(
                c.is_ascii_alphabetic(),
                Runtime,
                "einsum(): invalid subscript '{c}' in term '{term}', subscripts must be in [a-zA-Z]"
            );
            labels.push(Label::Letter(c));
            rest = &rest[1..];
        }
    }
    Ok(labels)
}

fn output_labels(term: &str, inputs: &[Vec<Label>]) -> Result<Vec<Label>> {
    let widest =
        inputs.iter().flatten().filter_map(|l| if let Label::Ellipsis(i) = l { Some(i + 1) } else { None }).max().unwrap_or(0);
    let labels = expand_term(term, widest)?;
    for (i, label) in labels.iter().enumerate() {
        ensure!(
            !labels[..i].contains(label),
            Runtime,
            "einsum(): output subscript {label} appears more than once in the output '{term}'"
        );
        ensure!(
            inputs.iter().any(|t| t.contains(label)),
            Runtime,
            "einsum(): output subscript {label} does not appear in the equation for any input operand"
        );
    }
    Ok(labels)
}

/// Without an output term: the ellipsis, then the letters that occur once, in alphabetical order.
fn implied_output(inputs: &[Vec<Label>]) -> Vec<Label> {
    let mut counts: BTreeMap<Label, usize> = BTreeMap::new();
    inputs.iter().flatten().for_each(|l| *counts.entry(*l).or_default() += 1);
    let ellipsis = counts.keys().rev().filter(|l| matches!(l, Label::Ellipsis(_)));
    let letters = counts.iter().filter(|(l, n)| matches!(l, Label::Letter(_)) && **n == 1).map(|(l, _)| l);
    ellipsis.chain(letters).copied().collect()
}

/// A label has one size wherever it occurs; 1 broadcasts.
fn check_sizes(terms: &[Vec<Label>], operands: &[Tensor]) -> Result<()> {
    let mut sizes = BTreeMap::new();
    for (labels, tensor) in terms.iter().zip(operands) {
        for (label, &n) in labels.iter().zip(&tensor.shape()) {
            let known = sizes.entry(*label).or_insert(n);
            ensure!(
                *known == n || n == 1 || *known == 1,
                Runtime,
                "einsum(): subscript {label} has size {n} for an operand of shape {:?} which does not broadcast with previously seen size {known}",
                &tensor.shape()[..]
            );
            *known = common_size(*known, n);
        }
    }
    Ok(())
}

/// The size of a dimension that has these two, which are equal or one of which is 1.
fn common_size(a: usize, b: usize) -> usize {
    if a == 1 { b } else { a }
}

/// Labels that a term repeats become the diagonal of their dimensions.
fn diagonalised(tensor: &Tensor, mut labels: Vec<Label>) -> Result<Labelled> {
    let mut tensor = tensor.clone();
    let mut i = 0;
    while i < labels.len() {
        match labels[..i].iter().position(|l| *l == labels[i]) {
            Some(j) => {
                ensure!(
                    tensor.size(i) == tensor.size(j),
                    Runtime,
                    "einsum(): subscript {} is repeated for an operand of shape {:?} but the sizes don't match",
                    labels[i],
                    &tensor.shape()[..]
                );
                // The diagonal goes last; its label moves there too.
                tensor = view::diagonal(&tensor, 0, j as i64, i as i64)?;
                let label = labels.remove(i);
                labels.remove(j);
                labels.push(label);
                i = 0;
            }
            None => i += 1,
        }
    }
    Ok(Labelled { tensor, labels })
}

/// Multiplies two tensors and sums the labels that nothing further needs. A dimension of size 1 broadcasts, as if it were not there.
fn contract(a: Labelled, b: Labelled, order: &[Label], keep: impl Fn(&Label) -> bool) -> Result<Labelled> {
    let a = sum_out(a, |l| !keep(l) && b.size(l) == 1)?;
    let b = sum_out(b, |l| !keep(l) && a.size(l) == 1)?;
    let a = sum_out(a, |l| !keep(l) && b.size(l) == 1)?;
    let labels: Vec<Label> = order.iter().filter(|l| a.labels.contains(l) || b.labels.contains(l)).copied().collect();
    let some = |which: &dyn Fn(&Label) -> bool| labels.iter().filter(|l| which(l)).copied().collect::<Vec<_>>();
    let (in_a, in_b) = (|l: &Label| a.size(l) != 1, |l: &Label| b.size(l) != 1);
    let contracted = some(&|l| !keep(l));
    if contracted.is_empty() {
        let tensor = super::arithmetic::mul(&spread(&a, &labels)?, &spread(&b, &labels)?)?;
        return Ok(Labelled { tensor, labels });
    }
    let (batch, rows) = (some(&|l| keep(l) && in_a(l) && in_b(l)), some(&|l| keep(l) && in_a(l) && !in_b(l)));
    let columns = some(&|l| keep(l) && !in_a(l));
    let full = |l: &Label| common_size(a.size(l), b.size(l)) as i64;
    let product = |labels: &[Label]| labels.iter().map(full).product::<i64>();
    let (nb, nr, nc, nk) = (product(&batch), product(&rows), product(&columns), product(&contracted));
    let left = grouped(&a, &[&batch, &rows, &contracted], &[nb, nr, nk])?;
    let right = grouped(&b, &[&batch, &contracted, &columns], &[nb, nk, nc])?;
    let labels: Vec<Label> = batch.iter().chain(&rows).chain(&columns).copied().collect();
    let shape: Vec<i64> = labels.iter().map(full).collect();
    Ok(Labelled { tensor: view::reshape(&matmul::bmm(&left, &right)?, &shape)?, labels })
}

/// The dimensions in groups, each group flattened into one; those that are in none have size 1.
fn grouped(t: &Labelled, groups: &[&[Label]; 3], shape: &[i64; 3]) -> Result<Tensor> {
    let named = groups.iter().flat_map(|g| g.iter());
    let rest = t.labels.iter().filter(|l| !groups.iter().any(|g| g.contains(l)));
    let dims: Vec<i64> = named.chain(rest).filter_map(|l| t.place(l)).map(|d| d as i64).collect();
    view::reshape(&view::permute(&t.tensor, &dims)?, shape)
}

/// A dimension for each label, of size 1 where the tensor does not have it.
fn spread(t: &Labelled, labels: &[Label]) -> Result<Tensor> {
    let dims: Vec<i64> = labels.iter().filter_map(|l| t.place(l)).map(|d| d as i64).collect();
    let mut tensor = view::permute(&t.tensor, &dims)?;
    for (i, label) in labels.iter().enumerate() {
        if t.place(label).is_none() {
            tensor = view::unsqueeze(&tensor, i as i64)?;
        }
    }
    Ok(tensor)
}

fn sum_out(t: Labelled, drop: impl Fn(&Label) -> bool) -> Result<Labelled> {
    let dims: Vec<i64> = (0..t.labels.len()).filter(|&d| drop(&t.labels[d])).map(|d| d as i64).collect();
    if dims.is_empty() {
        return Ok(t);
    }
    let labels = t.labels.iter().filter(|l| !drop(l)).copied().collect();
    Ok(Labelled { tensor: sum(&t.tensor, Some(&dims), false, Some(t.tensor.dtype()))?, labels })
}

/// Sums what the output does not name, and puts the dimensions in its order.
fn arrange(t: Labelled, output: &[Label]) -> Result<Tensor> {
    let t = sum_out(t, |l| !output.contains(l))?;
    let dims: Vec<i64> = output.iter().filter_map(|l| t.labels.iter().position(|x| x == l)).map(|d| d as i64).collect();
    view::permute(&t.tensor, &dims)
}
