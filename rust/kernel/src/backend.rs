//! The contract of a device, and the one way to launch a kernel.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use smallvec::SmallVec;

use crate::array::{Array, Operand};
use crate::bail;
use crate::deferred;
use crate::device::Device;
use crate::dtype::DType;
use crate::error::{Error, IndexOp, Kind, Result};
use crate::fallback;
use crate::kernel::Kernel;
use crate::layout::Layout;
use crate::observe::{self, Launch};
use crate::opaque;
use crate::outside;
use crate::storage::Storage;

pub use crate::fallback::fallbacks;
pub use crate::registry::{DeviceInfo, Platform, all_opened, devices, get, opened, register, supports};

/// What a device must be able to do.
pub trait Backend: Send + Sync {
    /// New memory with undefined contents. `dtype` is what will be stored, so that a device that cannot hold it
    /// says so (naming the adapter, the missing feature and the dtype to use).
    fn allocate(&self, bytes: usize, dtype: DType) -> Result<Storage>;

    /// A row-major host copy of an array; waits for the device.
    fn read(&self, array: &Array) -> Result<Array>;

    /// Row-major host copies of arrays; waits for the device once, where it can.
    fn read_all(&self, arrays: &[&Array]) -> Result<Vec<Array>> {
        arrays.iter().map(|array| self.read(array)).collect()
    }

    /// Copies a row-major host array into an array of the same shape and dtype.
    fn write(&self, host: &Array, array: &Array) -> Result<()>;

    /// Computes. Answers [`crate::error::Kind::Unsupported`], before anything is written, for a call that it has
    /// no kernel for; the host then runs it. What it cannot check at once ([`Kernel::Check`], indices) it reports when
    /// something is next read.
    fn run(&self, kernel: &Kernel, inputs: &[Operand], outputs: &[Array]) -> Result<()>;

    /// Waits until all work is done, and reports errors that it left.
    fn synchronize(&self) -> Result<()>;

    /// Should an op choose this kernel, on elements of a dtype, where it could be composed of others? Asked of kernels that
    /// are there for speed only; where the answer is no, the op is composed, on the device.
    fn supports(&self, _kernel: &Kernel, _dtype: DType) -> bool {
        true
    }

    /// Figures of the device's memory; zeros where they are not kept.
    fn memory(&self) -> MemoryStats {
        MemoryStats::default()
    }

    /// What the device has been asked to do since it was opened; zeros where nobody counts.
    fn work(&self) -> Work {
        Work::default()
    }

    /// How often each kernel was put on its way, by the names that the device has for them; empty where nobody counts.
    fn launches(&self) -> BTreeMap<String, u64> {
        BTreeMap::new()
    }

    /// Lets the peaks of [`Backend::memory`] begin anew from what they are now.
    fn reset_peak_memory(&self) {}

    /// Gives memory that is kept for reuse back to the device.
    fn release_cached(&self) -> Result<()> {
        Ok(())
    }
}

/// Figures of a device's memory, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryStats {
    /// Held by live tensors.
    pub in_use: u64,
    /// Highest value that `in_use` had.
    pub peak: u64,
    /// Kept for reuse.
    pub cached: u64,
    /// Highest value that `in_use + cached` had.
    pub reserved_peak: u64,
}

/// What a device has been asked to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Kernels that were put on its way.
    pub launches: u64,
    /// Times that something was handed to it.
    pub submissions: u64,
    /// Times that the host waited for it.
    pub waits: u64,
    /// Bytes copied from it to the host.
    pub bytes_read: u64,
    /// Bytes copied from the host to it.
    pub bytes_written: u64,
}

/// A row-major host copy of an array. Whatever its size, a device that is not the host may have to be waited for.
pub fn read(array: &Array) -> Result<Array> {
    let device = array.device();
    outside::outside(!device.is_cpu() || array.numel() >= outside::LONG, || get(device)?.read(array))
}

/// Copies a row-major host array into an array of the same shape and dtype.
pub fn write(host: &Array, array: &Array) -> Result<()> {
    outside::outside(array.numel() >= outside::LONG, || get(array.device())?.write(host, array))
}

/// Runs a kernel on the device of its first output, or of its first input where it writes nothing. All arrays must be
/// there; where that device has no kernel for the call, the host computes it on copies and the first time for each op says
/// so. Where all outputs are empty there is nothing to compute, however large the other sizes are. Where tensors have no
/// elements, indices may be anywhere: programs build them on the host.
pub fn launch(op: &'static str, kernel: &Kernel, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let Some(first) = outputs.first().or_else(|| inputs.iter().find_map(Operand::optional)) else { return Ok(()) };
    let device = first.device();
    let (mut puts_off, mut is_long, long_from) = (false, false, kernel.long_from());
    for array in inputs.iter().filter_map(Operand::optional).chain(outputs) {
        if array.device() != device && (device.has_data() || !kernel.is_by_index()) {
            return Err(Kind::Devices { op, lhs: device, rhs: array.device() }.into());
        }
        puts_off |= !array.deferred.is_none();
        is_long |= array.numel() >= long_from;
    }
    // Slices are picked by indices that must be in range, also where the slices are empty.
    if first.numel() == 0 && outputs.iter().all(|out| out.numel() == 0) && !matches!(kernel, Kernel::Index { .. }) {
        return Ok(());
    }
    if puts_off {
        return deferred::launch(op, kernel, inputs, outputs);
    }
    let mut run = || outside::outside(is_long, || run_on(device, op, kernel, inputs, outputs));
    if observe::is_on() {
        return observe::around(Launch { op, kernel, inputs, outputs }, &mut run);
    }
    run()
}

/// Runs a kernel on a device, or on the host where the device has none for the call.
fn run_on(device: Device, op: &'static str, kernel: &Kernel, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let run = || get(device)?.run(kernel, inputs, outputs);
    let blamed = IndexOp { op, dim: None, what: kernel.indexed() };
    let done = if kernel.is_by_index() && !device.is_cpu() { by_index(blamed, run) } else { run() };
    match done {
        Err(_) if opaque::any(inputs, outputs) => Err(opaque::refused(op)),
        Err(e) if e.is_unsupported() && !device.is_cpu() => {
            fallback::note(op, device, outputs.first().map(|first| first.dtype));
            fallback::launch_on_host(blamed, kernel, inputs, outputs)
        }
        done => settle(blamed, device, done),
    }
}

/// [`launch`] into new arrays on a device, of the layouts and dtypes given.
pub fn compute<const N: usize>(
    op: &'static str,
    kernel: &Kernel,
    inputs: &[Operand],
    outputs: [(Layout, DType); N],
    device: Device,
) -> Result<[Array; N]> {
    let new = outputs.into_iter().map(|(layout, dtype)| Array::empty_with(layout, dtype, device));
    let new: SmallVec<[Array; N]> = new.collect::<Result<_>>()?;
    launch(op, kernel, inputs, &new)?;
    new.into_inner().map_err(|_| Error::runtime(format!("{op}(): the outputs of the kernel were lost")))
}

thread_local! {
    static INDEX_OP: Cell<Option<IndexOp>> = const { Cell::new(None) };
}

/// The op in whose name this thread reads or writes by index.
pub fn index_op() -> Option<IndexOp> {
    INDEX_OP.get()
}

/// Does work in which bad indices are blamed on an op; where such work is part of that of another op, on that one.
pub fn by_index<T>(op: IndexOp, work: impl FnOnce() -> T) -> T {
    if INDEX_OP.get().is_some() {
        return work();
    }
    INDEX_OP.set(Some(op));
    let done = work();
    INDEX_OP.set(None);
    done
}

/// How a wait for a device finds out that the user wants it to end; the binding sets it to a look at Python's signals.
pub type InterruptCheck = fn() -> Result<()>;
static INTERRUPT: OnceLock<InterruptCheck> = OnceLock::new();

/// Sets what looks for an interrupt; later calls change nothing.
pub fn set_interrupt_check(check: InterruptCheck) {
    let _ = INTERRUPT.set(check);
}

/// Fails if the user has interrupted the program. Devices ask now and then while they wait.
pub fn check_interrupt() -> Result<()> {
    INTERRUPT.get().map_or(Ok(()), |check| check())
}

/// What a kernel answered, in the name of the op that launched it.
pub(crate) fn settle(blamed: IndexOp, device: Device, done: Result<()>) -> Result<()> {
    match done {
        Ok(()) => Ok(()),
        Err(e) if e.is_unsupported() => bail!(NotImplemented, "{}(): {e} on device {device}", blamed.op),
        Err(e) => Err(e.blamed_on(index_op().unwrap_or(blamed))),
    }
}

/// How a warning reaches the user; the binding sets it to Python's `warnings.warn`.
pub type WarningSink = fn(&str);
static WARNINGS: OnceLock<WarningSink> = OnceLock::new();

/// Sets where warnings go; later calls change nothing.
pub fn set_warning_sink(sink: WarningSink) {
    let _ = WARNINGS.set(sink);
}

/// Passes a warning on, if someone listens.
pub fn warn(message: &str) {
    if let Some(sink) = WARNINGS.get() {
        sink(message);
    }
}
