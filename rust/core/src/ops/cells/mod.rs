//! All steps of a direction of a recurrent layer, on devices that have kernels for its cells, without history: a step is a product
//! with the recurrent weight ([`factor`]) and one kernel.

mod factor;
mod gru;
mod lstm;

pub use gru::{gru, gru_grad};
pub use lstm::{lstm, lstm_grad};

use smallvec::SmallVec;

use crate::array::{Array, Operand};
use crate::error::{Error, Result};
use crate::kernel::{Cell, Kernel};
use crate::layout::Layout;
use crate::tensor::Tensor;
use crate::{backend, bail, ensure, interrupt, outside};

/// Has the device of a tensor these kernels, for its dtype?
pub fn applies(tensor: &Tensor) -> bool {
    backend::supports(tensor.device(), &Kernel::Cell(Cell::Lstm), tensor.dtype())
}

/// The steps of a layer in the order of its direction.
struct Steps {
    order: Vec<usize>,
    /// Rows of a batch.
    rows: usize,
    /// Elements of a state.
    features: usize,
}

impl Steps {
    /// Those of what enters the gates, `(T, N, G H)`, after a state `(N, H)`.
    fn new(op: &'static str, gates: usize, entering: &Tensor, [state, weight]: [&Tensor; 2], is_reversed: bool) -> Result<Steps> {
        let (&[steps, n, width], &[rows, features]) = (&entering.shape()[..], &state.shape()[..]) else {
            return Err(misfit(op, entering, state, weight));
        };
        let fits = steps > 0 && n == rows && width == gates * features && weight.shape()[..] == [width, features];
        if !fits || state.dtype() != entering.dtype() || weight.dtype() != entering.dtype() {
            return Err(misfit(op, entering, state, weight));
        }
        let order = if is_reversed { (0..steps).rev().collect() } else { (0..steps).collect() };
        Ok(Steps { order, rows, features })
    }

    /// Of each step itself and the step before it, from the last one on.
    fn backward(&self) -> impl Iterator<Item = (usize, Option<usize>)> {
        let before = self.order.iter().map(|&t| Some(t)).rev().skip(1).chain([None]);
        self.order.iter().copied().rev().zip(before)
    }

    /// Is a cell state one of theirs?
    fn check_cell(&self, op: &'static str, cell: &Tensor, like: &Tensor) -> Result<()> {
        let fits = cell.shape()[..] == [self.rows, self.features] && cell.dtype() == like.dtype();
        ensure!(
            fits,
            Runtime,
            "{op}(): a cell state of shape {:?} and dtype {} is none of {:?} and {}",
            &cell.shape()[..],
            cell.dtype().name(),
            [self.rows, self.features],
            like.dtype().name()
        );
        Ok(())
    }

    fn is_last(&self, step: usize) -> bool {
        self.order.last() == Some(&step)
    }

    /// Is what was kept of all steps theirs?
    fn check_kept(&self, op: &'static str, kept: &Tensor, gates: usize) -> Result<()> {
        let expected = [self.order.len(), self.rows, gates, self.features];
        ensure!(kept.shape()[..] == expected, Runtime, "{op}(): {:?} was kept of steps, not {expected:?}", &kept.shape()[..]);
        Ok(())
    }

    /// A bias of all gates as what is added to every row.
    fn for_all_rows(&self, op: &'static str, bias: &Array, gates: usize) -> Result<Array> {
        let width = gates * self.features;
        ensure!(bias.shape() == [width], Runtime, "{op}(): a bias of shape {:?} is not one of {width} columns", bias.shape());
        Ok(bias.with_layout(Layout::strided(&[self.rows, width], &[0, bias.layout.strides()[0]], bias.layout.offset())))
    }

    /// What each of some steps has of `width` elements a row and gate, none written yet.
    fn room(&self, steps: usize, gates: Option<usize>, like: &Array) -> Result<Array> {
        let shape: SmallVec<[usize; 4]> = [steps, self.rows].into_iter().chain(gates).chain([self.features]).collect();
        Array::empty(&shape, like.dtype, like.device())
    }

    /// Rows of gates, one gate behind the other, `(..., G H)` as `(..., G, H)`.
    fn by_gates(&self, rows: &Array) -> Result<Array> {
        let (width, mut shape) = (rows.shape()[rows.layout.ndim() - 1], rows.shape().to_vec());
        shape.pop();
        shape.extend([width / self.features, self.features]);
        viewed(rows, &shape)
    }

    /// Does work on all steps, outside of the interpreter's lock if it is long.
    fn run<R>(&self, work: impl FnOnce() -> Result<R>) -> Result<R> {
        outside::outside(self.order.len() * self.rows * self.features >= outside::LONG, work)
    }
}

fn misfit(op: &'static str, entering: &Tensor, state: &Tensor, weight: &Tensor) -> Error {
    let said = |tensor: &Tensor| format!("{:?} of {}", &tensor.shape()[..], tensor.dtype().name());
    Error::runtime(format!(
        "{op}(): steps {}, a state {} and a weight {} do not fit each other",
        said(entering),
        said(state),
        said(weight)
    ))
}

/// A view that there always is: of gates beside each other, or of one step.
fn viewed(array: &Array, shape: &[usize]) -> Result<Array> {
    let layout = array.layout.view(shape);
    ensure!(layout.is_some(), Runtime, "{:?} cannot be seen as {shape:?}", array.shape());
    Ok(array.with_layout(layout.unwrap_or_else(|| Layout::contiguous(shape))))
}

/// Rows of gates of all the steps of states `(T, N, H)`, none written yet.
fn steps_like(states: &Tensor, gates: usize) -> Result<Tensor> {
    let &[steps, rows, features] = &states.shape()[..] else {
        bail!(Runtime, "the states of all steps have three dimensions, not {:?}", &states.shape()[..])
    };
    Ok(Tensor::from_array(Array::empty(&[steps, rows, gates * features], states.dtype(), states.device())?))
}

/// One step's part.
fn at(array: &Array, step: usize) -> Array {
    array.with_layout(array.layout.select(0, step))
}

fn launch(op: &'static str, kernel: Kernel, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    interrupt::check()?;
    backend::launch(op, &kernel, inputs, outputs)
}
