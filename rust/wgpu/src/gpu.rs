//! One open adapter: memory, pipelines, and the launch of a shader.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ferrotorch_kernel::backend;
use ferrotorch_kernel::error::{Class, IndexOp, Indexed};
use ferrotorch_kernel::{Array, DType, Device, Error, Result, Storage};
use parking_lot::Mutex;
use smallvec::SmallVec;

use crate::adapter;
use crate::batch::{Batch, UNIFORM_BYTES};
use crate::counts::Counts;
use crate::device_errors::Faults;
use crate::family::shared::LANES;
use crate::fork;
use crate::held::Held;
use crate::memory::{Block, GRANULE, GpuBuffer, Pool};
use crate::pipeline::{Pipelines, Window};
use crate::shader::variant::{MAX_SLOTS, STATUS};
use crate::shader::{Family, Fault, Slot, Stored, Variant, Words};
use crate::space::{MAX_ARGS, Space};
use crate::staging::Staging;

/// Widest launch of workgroups that every adapter accepts.
const MAX_GROUPS: usize = 65_535;
/// Invocations in a workgroup of the elementwise families.
const GROUP: usize = 256;

/// An open adapter.
pub(crate) struct Gpu {
    pub(crate) id: Device,
    pub(crate) name: String,
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    pub(crate) pool: Arc<Pool>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) batch: Mutex<Batch>,
    pub(crate) counts: Arc<Counts>,
    /// Calls that wait for the next one.
    pub(crate) held: Mutex<Held>,
    pub(crate) staging: Staging,
    /// Arrays that a launch can have.
    pub(crate) max_buffers: usize,
    pub(crate) uniforms: wgpu::Buffer,
    /// May an index have been found out of range since the status was last read?
    pub(crate) indexed: AtomicBool,
    pub(crate) status: Arc<Block>,
    /// What may be wrong, by the number that shaders report.
    blames: Mutex<Vec<Blame>>,
    /// Is every launch waited for, so that an error is raised where it comes from?
    pub(crate) synchronous: bool,
    pipelines: Mutex<Pipelines>,
    max_binding: u64,
    features: wgpu::Features,
    /// Is the adapter a processor, on which threads do not wait for each other cheaply?
    pub(crate) is_software: bool,
    /// Threads of a subgroup, on processors where that is one of the numbers that shaders are written for.
    pub(crate) lanes: Option<usize>,
}

/// How long a wait goes on before it looks for an interrupt.
const PATIENCE: Duration = Duration::from_millis(100);
/// The parameter that tells shaders by which number to report a fault.
pub(crate) const REPORT_ARG: usize = MAX_ARGS - 1;

/// What a shader has found wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Blame {
    /// An index out of range.
    Index(IndexOp),
    /// A division of integers by zero.
    ZeroDivision,
    /// A value that the caller wants refused, in these words.
    Refusal(Class, Box<str>),
}

impl Blame {
    /// Whom to blame for a fault, unless the launch says that.
    fn of(fault: Fault) -> Option<Blame> {
        match fault {
            Fault::Index(op) => {
                Some(Blame::Index(backend::index_op().unwrap_or(IndexOp { op, dim: None, what: Indexed::Slice })))
            }
            Fault::ZeroDivision => Some(Blame::ZeroDivision),
            Fault::Told => None,
        }
    }
}

/// An operand of a launch: where it is and how its elements are stored.
#[derive(Clone)]
pub(crate) struct Bound {
    pub(crate) block: Arc<Block>,
    pub(crate) stored: Stored,
    /// Elements that the whole call may touch.
    pub(crate) span: Range<usize>,
}

/// What to launch.
#[derive(Clone, Copy)]
pub(crate) struct Launch<'a> {
    pub(crate) family: &'static Family,
    pub(crate) op: &'static str,
    pub(crate) compute: Stored,
    pub(crate) outputs: usize,
    /// Outputs, then inputs; `None` for numbers and inputs that are not given.
    pub(crate) operands: &'a [Option<Bound>],
    pub(crate) space: &'a Space,
    pub(crate) args: &'a [u32],
    pub(crate) packed: Option<Words>,
    pub(crate) mode: u32,
}

/// Is a switch of the environment on?
fn is_set(name: &str) -> bool {
    std::env::var(name).is_ok_and(|value| !matches!(&*value, "" | "0"))
}

impl Gpu {
    /// Opens the adapter of a number; what it is asked to do is added to the counts.
    pub(crate) fn open(index: u8, counts: Arc<Counts>) -> Result<Arc<Gpu>> {
        fork::check()?;
        let adapter = adapter::pick(index)?;
        let (device, queue) = adapter::request_device(&adapter)?;
        let info = adapter.get_info();
        let is_software = info.device_type == wgpu::DeviceType::Cpu && !is_set("FERROTORCH_WGPU_TILES");
        let has_lanes = is_software && device.features().contains(wgpu::Features::SUBGROUP);
        let lanes = LANES.into_iter().find(|&n| has_lanes && [info.subgroup_min_size, info.subgroup_max_size] == [n as u32; 2]);
        let name = info.name;
        let faults = Faults::listen(&device);
        let pool = Pool::new(device.clone(), Arc::clone(&faults), name.clone());
        let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
        let uniforms = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("parameters"),
            size: UNIFORM_BYTES,
            usage,
            mapped_at_creation: false,
        });
        let status = pool.create(GRANULE)?.ok_or_else(|| pool.out_of_memory(GRANULE))?;
        Ok(Arc::new(Gpu {
            id: Device::wgpu(index),
            name,
            pool,
            faults,
            batch: Mutex::new(Batch::new(Arc::clone(&counts))),
            counts,
            held: Mutex::default(),
            staging: Staging::default(),
            max_buffers: (device.limits().max_storage_buffers_per_shader_stage as usize).min(STATUS),
            uniforms,
            indexed: AtomicBool::new(false),
            status,
            blames: Mutex::default(),
            synchronous: is_set("FERROTORCH_WGPU_SYNC"),
            pipelines: Mutex::default(),
            max_binding: device.limits().max_storage_buffer_binding_size,
            features: device.features(),
            is_software,
            lanes,
            device,
            queue,
        }))
    }

    /// Device memory with undefined contents.
    pub(crate) fn allocate(&self, bytes: usize) -> Result<GpuBuffer> {
        if let Some(buffer) = self.pool.try_allocate(bytes as u64)? {
            return Ok(buffer);
        }
        self.release_cached()?;
        self.pool.try_allocate(bytes as u64)?.ok_or_else(|| self.pool.out_of_memory(bytes as u64))
    }

    /// Finishes all work and gives unused memory back to the device.
    pub(crate) fn release_cached(&self) -> Result<()> {
        self.wait()?;
        self.pipelines.lock().clear_groups();
        self.pool.release();
        self.wait()
    }

    /// Submits what is recorded and waits for it.
    pub(crate) fn wait(&self) -> Result<()> {
        self.release_held()?;
        self.batch.lock().submit(&self.queue, &self.uniforms);
        self.poll()
    }

    /// Waits for what has been submitted, and looks up now and then whether the user still wants it.
    pub(crate) fn poll(&self) -> Result<()> {
        self.counts.waited();
        loop {
            let polled = self.device.poll(wgpu::PollType::Wait { submission_index: None, timeout: Some(PATIENCE) });
            self.faults.check()?;
            match polled {
                Ok(_) => {
                    self.batch.lock().note_idle();
                    return Ok(());
                }
                Err(wgpu::PollError::Timeout) => backend::check_interrupt()?,
                Err(e) => return Err(Error::runtime(format!("waiting for the GPU {}: {e}", self.name))),
            }
        }
    }

    /// Waits for one submission; what the queue held for it is then free.
    pub(crate) fn wait_for(&self, submission: wgpu::SubmissionIndex) -> Result<()> {
        self.counts.waited();
        let polled = self.device.poll(wgpu::PollType::Wait { submission_index: Some(submission), timeout: None });
        self.faults.check()?;
        polled.map(drop).map_err(|e| Error::runtime(format!("waiting for the GPU {}: {e}", self.name)))
    }

    /// Says what is missing where the adapter cannot hold a dtype.
    pub(crate) fn check_dtype(&self, dtype: DType) -> Result<()> {
        if !self.computes(Stored::Float64) && matches!(dtype, DType::Float64 | DType::Complex128) {
            let instead = if dtype == DType::Float64 { "float32" } else { "complex64" };
            let text = format!(
                "the GPU adapter {} cannot compute in {}: it lacks the feature SHADER_F64 or SHADER_INT64. Use {instead} there",
                self.name,
                dtype.name()
            );
            return Err(Error::type_(text));
        }
        Ok(())
    }

    /// May shaders compute in a type? The bits of a float64 are handled as an int64.
    pub(crate) fn computes(&self, stored: Stored) -> bool {
        match stored {
            Stored::Int64 => self.features.contains(wgpu::Features::SHADER_INT64),
            Stored::Float64 | Stored::Complex128 => {
                self.features.contains(wgpu::Features::SHADER_F64 | wgpu::Features::SHADER_INT64)
            }
            _ => true,
        }
    }

    /// The array as an operand that shaders look into.
    pub(crate) fn bind(&self, array: &Array) -> Result<Bound> {
        self.bind_as(array, Stored::of(array.dtype))
    }

    /// The array as an operand stored in a given way.
    pub(crate) fn bind_as(&self, array: &Array, stored: Stored) -> Result<Bound> {
        let block = Arc::clone(self.buffer(&array.storage)?.block());
        Ok(Bound { block, stored, span: array.layout.span() })
    }

    pub(crate) fn buffer<'a>(&self, storage: &'a Storage) -> Result<&'a GpuBuffer> {
        let buffer: &GpuBuffer = storage
            .as_device()
            .ok_or_else(|| Error::runtime(format!("a kernel for {} was given memory of {}", self.id, storage.device())))?;
        if !buffer.is_of(&self.pool) {
            return Err(Error::runtime("the GPU device that had this tensor was lost, and the tensor with it"));
        }
        Ok(buffer)
    }

    /// Can one binding hold all of an operand's block?
    pub(crate) fn binds_whole(&self, bound: &Bound) -> bool {
        bound.block.bytes <= self.max_binding
    }

    /// Can one binding hold what this space uses of an operand?
    pub(crate) fn fits(&self, bound: &Bound, span: Range<usize>) -> bool {
        let bytes = bound.stored.bytes() as u64;
        self.binds_whole(bound) || (span.end - span.start) as u64 * bytes + 2 * GRANULE <= self.max_binding
    }

    /// Launches an elementwise family over a space whose first operand is the only output, if there is any, in as many parts as the
    /// adapter's limits ask for.
    pub(crate) fn elementwise(&self, launch: Launch) -> Result<()> {
        self.release_held()?;
        self.record_elementwise(launch)
    }

    /// The same before what is held.
    pub(crate) fn record_elementwise(&self, launch: Launch) -> Result<()> {
        let Some(Some(out)) = launch.operands.first() else { return Ok(()) };
        let (narrow, lanes) = (launch.outputs > 0 && out.stored.is_narrow(), out.stored.lanes());
        let fits = |space: &Space| {
            launch.operands.iter().enumerate().all(|(k, bound)| bound.as_ref().is_none_or(|b| self.fits(b, space.span(k))))
        };
        if launch.space.count() == 0 {
            return Ok(());
        }
        for part in launch.space.clone().parts(&fits) {
            let packed = if narrow { part.words(lanes) } else { None };
            let threads = match packed {
                Some(Words::Own) => (part.operands[0].offset % lanes + part.count()).div_ceil(lanes),
                Some(Words::Shared) => part.count() / part.row() * most_words(part.row(), lanes),
                None => part.count(),
            };
            let operands: SmallVec<[Option<Bound>; MAX_SLOTS]> = launch
                .operands
                .iter()
                .enumerate()
                .map(|(k, bound)| bound.as_ref().map(|b| Bound { span: part.span(k), ..b.clone() }))
                .collect();
            self.record(Launch { operands: &operands, space: &part, packed, ..launch }, spread(threads.div_ceil(GROUP)))?;
        }
        Ok(())
    }

    /// Records one launch, behind what is held.
    pub(crate) fn launch(&self, launch: Launch, groups: [u32; 3]) -> Result<()> {
        self.release_held()?;
        self.record(launch, groups)
    }

    /// Records one launch.
    pub(crate) fn record(&self, launch: Launch, groups: [u32; 3]) -> Result<()> {
        self.faults.check()?;
        let variant = variant_of(&launch)?;
        let demanding = [Stored::Int64, Stored::Float64, Stored::Complex128];
        if let Some(lacking) = demanding.into_iter().find(|&s| variant.uses(s) && !self.computes(s)) {
            return Err(Error::unsupported(format!("{} on the adapter {}", lacking.name(), self.name)));
        }
        let windows = self.windows(&variant, launch.operands)?;
        let mut space = launch.space.clone();
        for (k, walk) in space.operands.iter_mut().enumerate() {
            let Some(bound) = &launch.operands[k] else { continue };
            if let Some(window) = windows.iter().find(|w| w.block.id == bound.block.id) {
                walk.offset = walk.offset.wrapping_sub(window.offset as usize / bound.stored.bytes());
            }
        }
        let uniforms = if let Some(fault) = variant.fault() {
            let mut args = [0; MAX_ARGS];
            args[..launch.args.len()].copy_from_slice(launch.args);
            if let Some(blame) = Blame::of(fault) {
                args[REPORT_ARG] = self.report_number(blame);
            }
            space.uniforms(&args)
        } else {
            space.uniforms(launch.args)
        };
        let (program, group) = {
            let mut pipelines = self.pipelines.lock();
            let program = pipelines.program(&self.device, &self.counts, &variant)?;
            let group = pipelines.group(&self.device, &program, &self.uniforms, &windows);
            (program, group)
        };
        let mut batch = self.batch.lock();
        for window in &windows {
            window.block.last_batch.store(batch.number(), Ordering::Relaxed);
        }
        batch.dispatch(&self.device, &program.pipeline, &group, &uniforms, groups);
        program.launched();
        if batch.is_full() {
            batch.submit(&self.queue, &self.uniforms);
        }
        Ok(())
    }

    /// The number by which shaders report a fault; 0 stands for none.
    pub(crate) fn report_number(&self, blame: Blame) -> u32 {
        let mut known = self.blames.lock();
        let at = known.iter().position(|other| *other == blame).unwrap_or_else(|| {
            known.push(blame);
            known.len() - 1
        });
        at as u32 + 1
    }

    /// What a number stands for that a shader has reported.
    pub(crate) fn blame(&self, number: u32) -> Blame {
        self.blames.lock().get(number as usize - 1).cloned().unwrap_or(Blame::Index(IndexOp {
            op: "index",
            dim: None,
            what: Indexed::Slice,
        }))
    }

    /// The status buffer, from which the next read takes the index that a shader could not use.
    fn status_window(&self) -> Window {
        self.indexed.store(true, Ordering::Relaxed);
        let block = Arc::clone(&self.status);
        Window { slot: STATUS as u32, bytes: block.bytes, offset: 0, block }
    }

    /// What each binding must show: all of a block where that is allowed, so that bind groups are used again.
    fn windows(&self, variant: &Variant, operands: &[Option<Bound>]) -> Result<SmallVec<[Window; 5]>> {
        variant
            .bindings()
            .map(|(k, _)| {
                let Some(bound) = operands.get(k).and_then(Option::as_ref) else { return Ok(self.status_window()) };
                let block = Arc::clone(&bound.block);
                let (offset, bytes) = if block.bytes <= self.max_binding { (0, block.bytes) } else { window(&block, operands) };
                if bytes > self.max_binding {
                    let limit = self.max_binding;
                    return Err(Error::unsupported(format!(
                        "a tensor of more than {limit} bytes, the most that the adapter {} binds",
                        self.name
                    )));
                }
                Ok(Window { slot: k as u32, block, offset, bytes })
            })
            .collect()
    }
}

/// The part of a block that the operands in it use, widened to whole granules.
fn window(block: &Block, operands: &[Option<Bound>]) -> (u64, u64) {
    let users = || operands.iter().flatten().filter(|other| other.block.id == block.id);
    let begin = users().map(|b| (b.span.start * b.stored.bytes()) as u64).min().unwrap_or(0) / GRANULE * GRANULE;
    let end = users().map(|b| (b.span.end * b.stored.bytes()) as u64).max().unwrap_or(0).next_multiple_of(GRANULE);
    (begin, end.min(block.bytes) - begin)
}

/// The shader for a launch. Inputs that lie in the block of an output are read through its binding.
fn variant_of(launch: &Launch) -> Result<Variant> {
    if launch.operands.len() > STATUS {
        return Err(Error::unsupported(format!("{} operands", launch.operands.len())));
    }
    let mut slots = [Slot::Absent; MAX_SLOTS];
    for (k, bound) in launch.operands.iter().enumerate() {
        let Some(bound) = bound else { continue };
        let same = |other: &Option<Bound>| other.as_ref().is_some_and(|other| other.block.id == bound.block.id);
        let var = launch.operands[..launch.outputs].iter().position(same).unwrap_or(k) as u8;
        slots[k] =
            if k < launch.outputs { Slot::Write { stored: bound.stored, var } } else { Slot::Read { stored: bound.stored, var } };
    }
    Ok(Variant {
        family: launch.family,
        op: launch.op,
        compute: launch.compute,
        slots,
        outputs: launch.outputs as u8,
        operands: launch.operands.len() as u8,
        walks: launch.space.operands.len() as u8,
        packed: launch.packed,
        rank: Variant::rank_of(launch.family, launch.space.shape.len()),
        mode: launch.mode,
    })
}

/// The words of so many elements that a row may touch, wherever it begins.
fn most_words(row: usize, lanes: usize) -> usize {
    (row + 2 * lanes - 2) / lanes
}

/// A number of workgroups as two dimensions within the adapter's limits; the shader skips the surplus.
pub(crate) fn spread(groups: usize) -> [u32; 3] {
    let rows = groups.div_ceil(MAX_GROUPS).max(1);
    [groups.div_ceil(rows).max(1) as u32, rows as u32, 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workgroups_beyond_the_limit_are_spread() {
        for groups in [0, 1, 65_535, 65_536, 10_000_000] {
            let [x, y, _] = spread(groups);
            assert!(x as usize <= MAX_GROUPS && y as usize <= MAX_GROUPS && x as usize * y as usize >= groups);
            assert!(x as usize * y as usize <= groups.max(1) + y as usize);
        }
    }
}
