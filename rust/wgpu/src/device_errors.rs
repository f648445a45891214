//! Errors that the driver reports on its own, kept until the next call can return them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ferrotorch_kernel::error::Class;
use ferrotorch_kernel::{Error, Result};
use parking_lot::Mutex;

/// The first error nobody has seen yet, and whether the device is gone for good.
#[derive(Default)]
pub(crate) struct Faults {
    raised: AtomicBool,
    pending: Mutex<Option<(Class, String)>>,
    lost: Mutex<Option<String>>,
}

impl Faults {
    /// Listens to a device, so that its errors no longer end the process.
    pub(crate) fn listen(device: &wgpu::Device) -> Arc<Faults> {
        let faults = Arc::new(Faults::default());
        let sink = Arc::clone(&faults);
        device.on_uncaptured_error(Arc::new(move |error| sink.record(error)));
        let sink = Arc::clone(&faults);
        device.set_device_lost_callback(move |_, reason| {
            *sink.lost.lock() = Some(reason);
            sink.raised.store(true, Ordering::Release);
        });
        faults
    }

    fn record(&self, error: wgpu::Error) {
        let class = match error {
            wgpu::Error::OutOfMemory { .. } => Class::DeviceMemory,
            _ => Class::Runtime,
        };
        self.pending.lock().get_or_insert_with(|| (class, error.to_string()));
        self.raised.store(true, Ordering::Release);
    }

    /// Is the device gone?
    pub(crate) fn is_lost(&self) -> bool {
        self.raised.load(Ordering::Acquire) && self.lost.lock().is_some()
    }

    /// Returns an error that has come in since the last call. One load where there is none.
    pub(crate) fn check(&self) -> Result<()> {
        if self.raised.load(Ordering::Acquire) { self.take() } else { Ok(()) }
    }

    #[cold]
    fn take(&self) -> Result<()> {
        if let Some(reason) = &*self.lost.lock() {
            return Err(Error::runtime(format!("the GPU device was lost and with it all tensors on it: {reason}")));
        }
        self.raised.store(false, Ordering::Release);
        match self.pending.lock().take() {
            Some((class, text)) => Err(Error::message(class, format!("GPU error: {text}"))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_reported_once_and_a_lost_device_always() {
        let faults = Faults::default();
        assert!(faults.check().is_ok());
        faults.record(wgpu::Error::OutOfMemory { source: "no room".into() });
        assert_eq!(faults.check().unwrap_err().class(), Class::DeviceMemory);
        assert!(faults.check().is_ok());
        *faults.lost.lock() = Some("unplugged".into());
        faults.raised.store(true, Ordering::Release);
        for _ in 0..2 {
            assert!(faults.check().unwrap_err().to_string().contains("unplugged"));
        }
    }
}
