//! Tensors that a node keeps for its backward rule, guarded against later in-place writes.

use crate::array::Array;
use crate::bail;
use crate::error::Result;
use crate::tensor::{Source, Tensor};

use super::Context;

/// A tensor kept for backward, with the version that its storage had.
pub struct SavedTensor {
    what: What,
    version: u32,
}

enum What {
    /// An input of the op, or anything made before it.
    Input(Tensor),
    /// An output of the very node that keeps it. Keeping the tensor itself would keep the node alive for ever, so
    /// only its data are kept and its history is put back when it is asked for.
    Output { array: Array, index: u32 },
}

impl SavedTensor {
    /// Keeps an input.
    pub fn input(tensor: &Tensor) -> SavedTensor {
        SavedTensor { version: tensor.with_array(|a| a.storage.version()), what: What::Input(tensor.clone()) }
    }

    /// Keeps output number `index` of the node being recorded.
    pub fn output(tensor: &Tensor, index: u32) -> SavedTensor {
        let array = tensor.array();
        SavedTensor { version: array.storage.version(), what: What::Output { array, index } }
    }

    /// For an input that the recorded op itself has just overwritten (`target`): it is out of date from the start.
    pub(crate) fn age_if_same_storage(&mut self, target: &Tensor) {
        if let What::Input(tensor) = &self.what
            && tensor.storage().ptr_eq(&target.storage())
        {
            self.version = self.version.wrapping_sub(1);
        }
    }

    /// The tensor, or PyTorch's error if it was written to in the meantime.
    pub fn get(&self, cx: &Context) -> Result<Tensor> {
        let tensor = match &self.what {
            What::Input(tensor) => tensor.clone(),
            What::Output { array, index } => {
                let tensor = Tensor::from_array(array.clone());
                tensor.graft(Some(Source { node: cx.node.clone(), output: *index, name: cx.name }));
                tensor
            }
        };
        self.check(cx, &tensor)?;
        Ok(tensor)
    }

    fn check(&self, cx: &Context, tensor: &Tensor) -> Result<()> {
        let storage = tensor.storage();
        let version = storage.version();
        if version == self.version {
            return Ok(());
        }
        let made_by = match (&self.what, tensor.source()) {
            (What::Output { index, .. }, _) => format!("output {index} of {}", cx.name),
            (What::Input(_), Some(source)) => format!("output {} of {}", source.output, source.name),
            (What::Input(_), None) => "a leaf".to_owned(),
        };
        bail!(
            Runtime,
            "one of the variables needed for gradient computation has been modified by an inplace operation: \
             [torch.{}Tensor {:?}], which is {made_by}, is at version {version}; expected version {} instead. \
             {} needs it, and {} wrote to it last.",
            tensor.dtype().legacy_name(),
            &tensor.shape()[..],
            self.version,
            cx.name,
            storage.last_writer()
        );
    }
}
