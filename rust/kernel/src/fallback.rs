//! Calls that a device has no kernel for: the host computes them on copies, and says and counts for which ops it did.

use std::collections::{BTreeMap, BTreeSet};

use parking_lot::Mutex;

use crate::array::{Array, Operand};
use crate::backend::{get, settle, warn, write};
use crate::device::Device;
use crate::dtype::DType;
use crate::error::{IndexOp, Result};
use crate::kernel::Kernel;
use crate::outside;

/// Calls by device and op.
static COUNTS: Mutex<BTreeMap<(u8, &'static str), u64>> = Mutex::new(BTreeMap::new());
static WARNED: Mutex<BTreeSet<(&'static str, Option<DType>)>> = Mutex::new(BTreeSet::new());

/// How many calls of each op the host has computed for the device of a number.
pub fn fallbacks(index: u8) -> Vec<(&'static str, u64)> {
    COUNTS.lock().iter().filter(|((device, _), _)| *device == index).map(|((_, op), count)| (*op, *count)).collect()
}

/// Counts a call, and the first time for each op and dtype warns.
#[cold]
pub(crate) fn note(op: &'static str, device: Device, dtype: Option<DType>) {
    *COUNTS.lock().entry((device.index.unwrap_or(0), op)).or_default() += 1;
    if WARNED.lock().insert((op, dtype)) {
        let kind = dtype.map(|dtype| format!("{} ", dtype.name())).unwrap_or_default();
        warn(&format!("{op}() has no {kind}kernel on {device} yet; it runs on the host, with copies both ways"));
    }
}

/// Computes on host copies of all arrays and writes the outputs back. The device is waited for once. What reading the arrays
/// raises is the fault of ops before and keeps their names.
pub(crate) fn launch_on_host(blamed: IndexOp, kernel: &Kernel, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (host_inputs, host_outputs) = on_host(kernel, inputs, outputs)?;
    let stand_in;
    let kernel = match *kernel {
        Kernel::Random { distribution, generator } => {
            stand_in = generator.host_stand_in(outputs.iter().map(|out| out.numel() as u64).sum())?;
            &Kernel::Random { distribution, generator: &stand_in }
        }
        _ => kernel,
    };
    settle(blamed, Device::CPU, get(Device::CPU)?.run(kernel, &host_inputs, &host_outputs))?;
    outputs.iter().zip(&host_outputs).try_for_each(|(array, host)| write(host, array))
}

/// The operands on the host. Of outputs only what they hold is copied that matters to the kernel.
fn on_host(kernel: &Kernel, inputs: &[Operand], outputs: &[Array]) -> Result<(Vec<Operand>, Vec<Array>)> {
    let kept = if kernel.reads_outputs() { outputs } else { &[] };
    let arrays: Vec<&Array> = inputs.iter().filter_map(Operand::optional).chain(kept).collect();
    let copies = match arrays.first() {
        Some(first) => outside::outside(true, || get(first.device())?.read_all(&arrays))?,
        None => Vec::new(),
    };
    let mut copies = copies.into_iter();
    let host_inputs = inputs.iter().map(|operand| match operand {
        Operand::Array(array) => copies.next().map_or_else(|| Operand::Array(array.clone()), Operand::Array),
        other => other.clone(),
    });
    let host_inputs = host_inputs.collect();
    let mut host_outputs: Vec<Array> = copies.collect();
    for array in &outputs[host_outputs.len()..] {
        host_outputs.push(Array::empty(array.shape(), array.dtype, Device::CPU)?);
    }
    Ok((host_inputs, host_outputs))
}
