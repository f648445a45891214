//! Steps of recurrent layers, and their gradients.

use ferrotorch_kernel::kernel::Cell;
use ferrotorch_kernel::{Array, Error, Operand, Result};
use smallvec::{SmallVec, smallvec};

use super::real_only;
use crate::gpu::{Bound, Gpu, Launch, spread};
use crate::shader::{Family, Harness, Slot, Stored, Values, Variant};
use crate::space::{Space, Walk};

pub(crate) static LSTM: Family = Family::new("Lstm", Harness::Whole, |_| include_str!("../../../../shaders/cells/lstm.wgsl"));
pub(crate) static LSTM_GRAD: Family =
    Family::new("LstmGrad", Harness::Whole, |_| include_str!("../../../../shaders/cells/lstm_grad.wgsl")).values(lstm_values);
pub(crate) static GRU: Family = Family::new("Gru", Harness::Whole, |_| include_str!("../../../../shaders/cells/gru.wgsl"));
pub(crate) static GRU_GRAD: Family =
    Family::new("GruGrad", Harness::Whole, |_| include_str!("../../../../shaders/cells/gru_grad.wgsl")).values(gru_values);

pub(crate) fn run(gpu: &Gpu, cell: Cell, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    launch(gpu, if cell == Cell::Lstm { &LSTM } else { &GRU }, inputs, outputs)
}

pub(crate) fn run_grad(gpu: &Gpu, cell: Cell, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    launch(gpu, if cell == Cell::Lstm { &LSTM_GRAD } else { &GRU_GRAD }, inputs, outputs)
}

/// A thread for each element of a state. Parameter k is the step from gate to gate of operand k.
fn launch(gpu: &Gpu, family: &'static Family, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let arrays: SmallVec<[Option<&Array>; 8]> = outputs.iter().map(Some).chain(inputs.iter().map(Operand::optional)).collect();
    let Some(shape) = arrays.iter().flatten().find(|array| array.layout.ndim() == 2).map(|state| state.shape()) else {
        return Err(Error::runtime("a cell was launched without a state"));
    };
    let compute = Stored::of(outputs[0].dtype.accumulate());
    real_only(&[&outputs[0]])?;
    if compute != Stored::Float32 || shape.iter().product::<usize>() >= 1 << 31 {
        return Err(Error::unsupported(format!("a cell in {}", outputs[0].dtype.name())));
    }
    let operands = arrays.iter().map(|array| array.map(|array| gpu.bind(array)).transpose());
    let operands = operands.collect::<Result<SmallVec<[Option<Bound>; 8]>>>()?;
    if operands.iter().flatten().any(|bound| !gpu.binds_whole(bound)) {
        return Err(Error::unsupported("a cell whose states exceed what can be bound"));
    }
    let ends = |array: &Array| smallvec![array.layout.strides()[0], array.layout.strides()[array.layout.ndim() - 1]];
    let walks = arrays
        .iter()
        .map(|array| array.map_or_else(|| Walk::fixed(2), |array| Walk { offset: array.layout.offset(), strides: ends(array) }));
    let gate = |array: &Array| if array.layout.ndim() == 3 { array.layout.strides()[1] as u32 } else { 0 };
    let args: SmallVec<[u32; 8]> = arrays.iter().map(|array| array.map_or(0, gate)).collect();
    let space = Space::new(shape, walks).merge();
    let launch = Launch {
        family,
        op: "",
        compute,
        outputs: outputs.len(),
        operands: &operands,
        space: &space,
        args: &args,
        packed: None,
        mode: 0,
    };
    gpu.launch(launch, spread(space.count().div_ceil(256)))
}

fn optional(variant: &Variant, slot: usize, input: usize) -> String {
    match variant.slots[slot] {
        Slot::Absent => "0.0".into(),
        _ => format!("read_in{input}(at[{slot}])"),
    }
}

fn lstm_values(variant: &Variant) -> Values {
    vec![("of_next", optional(variant, 3, 1))]
}

fn gru_values(variant: &Variant) -> Values {
    vec![("more", optional(variant, 6, 3))]
}
