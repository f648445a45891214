//! Opening adapters, memory, errors.

use ferrotorch_core::backend::Platform;
use ferrotorch_core::error::Class;
use ferrotorch_core::kernel::Kernel;
use ferrotorch_core::linalg::Linalg;
use ferrotorch_core::{DType, Layout, Operand};
use ferrotorch_wgpu::Adapters;

use crate::support::{empty, gpu, upload};

#[test]
fn an_adapter_that_does_not_exist_is_an_error_that_helps() {
    let Err(error) = Adapters.open(200) else { panic!("opened adapter 200") };
    let text = error.to_string();
    assert!(text.contains("wgpu:200") || text.contains("mesa-vulkan-drivers"), "{text}");
}

#[test]
fn adapters_have_names_and_room() {
    for adapter in Adapters.devices().unwrap() {
        assert!(!adapter.name.is_empty() && !adapter.api.is_empty() && adapter.max_tensor_bytes > 0);
    }
}

#[test]
fn impossible_sizes_are_out_of_memory_and_the_device_lives_on() {
    let Some(gpu) = gpu() else { return };
    let Err(error) = gpu.allocate(1 << 50, DType::Float32) else { panic!("allocated a petabyte") };
    assert_eq!(error.class(), Class::DeviceMemory);
    upload(gpu, &[3], &[1.0f32, 2.0, 3.0]);
    gpu.synchronize().unwrap();
}

#[test]
fn freed_memory_is_counted_and_used_again() {
    let Some(gpu) = gpu() else { return };
    let stats = || gpu.memory();
    let array = empty(gpu, Layout::contiguous(&[3_000_001]), DType::Float32);
    assert!(stats().in_use >= 12_000_004 && stats().peak >= stats().in_use.min(12_000_004));
    drop(array);
    assert!(stats().cached >= 12_000_004);
}

#[test]
fn what_has_no_shader_says_so_before_anything_is_written() {
    let Some(gpu) = gpu() else { return };
    let matrix = upload(gpu, &[2, 2], &[1.0f32, 2.0, 3.0, 4.0]);
    let out = upload(gpu, &[], &[7.0f32]);
    let kernel = Kernel::Linalg { op: Linalg::Determinant };
    let error = gpu.run(&kernel, &[Operand::Array(matrix)], std::slice::from_ref(&out)).unwrap_err();
    assert!(error.is_unsupported());
    assert_eq!(crate::support::download::<f32>(gpu, &out), [7.0]);
}
