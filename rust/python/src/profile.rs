//! A record of what is launched: names, times, shapes and costs. `torch.profiler` and counters of operations are made of it.

use std::sync::{Arc, LazyLock};
use std::time::Instant;

use ferrotorch_core::observe::{self, Launch, Observer};
use ferrotorch_core::{Operand, Result, cost};
use parking_lot::Mutex;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use crate::launch;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Nanoseconds of a clock that only goes forward.
#[pyfunction]
pub(crate) fn _nanoseconds() -> u64 {
    u64::try_from(START.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// One launch.
struct Event {
    name: &'static str,
    start: u64,
    end: u64,
    flops: u64,
    /// Bytes of the results.
    bytes: usize,
    shapes: Vec<Vec<usize>>,
}

/// What observes.
struct Record {
    shapes: bool,
    events: Mutex<Vec<Event>>,
}

impl Observer for Record {
    fn around(&self, launch: Launch<'_>, run: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        let start = _nanoseconds();
        let done = run();
        let end = _nanoseconds();
        let arrays = launch.inputs.iter().map(Operand::optional);
        self.events.lock().push(Event {
            name: launch::name(&launch),
            start,
            end,
            flops: cost::flops(launch.kernel, launch.inputs, launch.outputs),
            bytes: launch.outputs.iter().map(|out| out.numel() * out.dtype.size()).sum(),
            shapes: if self.shapes {
                arrays.map(|a| a.map_or_else(Vec::new, |a| a.shape().to_vec())).collect()
            } else {
                Vec::new()
            },
        });
        done
    }
}

/// A record of the launches of one thread, between `start` and `stop`.
#[pyclass(frozen, name = "_LaunchRecord", module = "ferrotorch._C")]
pub(crate) struct PyRecord {
    record: Arc<Record>,
}

impl PyRecord {
    fn observer(&self) -> Arc<dyn Observer> {
        Arc::clone(&self.record) as Arc<dyn Observer>
    }
}

#[pymethods]
impl PyRecord {
    #[new]
    #[pyo3(signature = (record_shapes = false))]
    fn new(record_shapes: bool) -> PyRecord {
        PyRecord { record: Arc::new(Record { shapes: record_shapes, events: Mutex::default() }) }
    }

    /// From now on the launches of this thread are noted.
    fn start(&self) {
        observe::push(self.observer());
    }

    /// The end of what `start` began, on the same thread.
    fn stop(&self) {
        observe::remove(&self.observer());
    }

    /// What was noted since the last time: name, start and end in nanoseconds, floating-point operations, bytes of the results,
    /// and the shapes of the inputs where they are noted, each.
    fn drain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let events = std::mem::take(&mut *self.record.events.lock());
        let tuples = events.into_iter().map(|e| (e.name, e.start, e.end, e.flops, e.bytes, e.shapes).into_pyobject(py));
        PyList::new(py, tuples.collect::<PyResult<Vec<Bound<'py, PyTuple>>>>()?)
    }
}
