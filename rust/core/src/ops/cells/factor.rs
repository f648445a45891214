//! The weight of a recurrent layer, by which the state of every step is multiplied.

use super::{launch, viewed};
use crate::array::{Array, Operand};
use crate::bail;
use crate::error::Result;
use crate::kernel::Kernel;
use crate::scalar::Scalar;

/// So many elements of a weight stay in the second-level cache, so many leave room beside them, and fewer make no panels.
const CACHED: usize = 1 << 18;
const SMALL: usize = 1 << 16;
const TINY: usize = 1 << 14;
/// So many rows take longer to multiply than panels take to be named (half as many of a small weight); and so few take no copy.
const MANY: usize = 16;
const FEW: usize = 2;
/// Columns of a panel.
const PANEL: usize = 32;

/// A weight `(K, N)` as the right factor of the products of all steps, and one place for their results.
///
/// On the host one copy serves all steps: some rows read it quickest where it goes along its rows, as long as it stays in the cache;
/// many rows do in panels, `(N / 32, K, 32)`, which lie as the product reads them.
pub(super) struct Factor {
    panels: Array,
    /// What the last product gave, `(rows, N)`.
    pub(super) rows: Array,
}

impl Factor {
    /// For products with so many rows.
    pub(super) fn new(weight: &Array, rows: usize) -> Result<Factor> {
        let (&[terms, columns], size) = (weight.shape(), weight.numel()) else {
            bail!(Runtime, "a recurrent weight has two dimensions, not {:?}", weight.shape())
        };
        let in_panels = size >= TINY && columns % PANEL == 0 && (rows >= MANY || (rows >= MANY / 2 && size < SMALL));
        let panels = if !weight.device().is_cpu() || rows <= FEW {
            in_one(weight)
        } else if in_panels {
            let apart = viewed(weight, &[terms, columns / PANEL, PANEL])?;
            apart.with_layout(apart.layout.transpose(0, 1)).contiguous()?
        } else if size <= SMALL || (size <= CACHED && rows < 2 * MANY) {
            in_one(&weight.contiguous()?)
        } else {
            in_one(weight)
        };
        Ok(Factor { panels, rows: Array::empty(&[rows, columns], weight.dtype, weight.device())? })
    }

    /// `left @ weight` into [`Factor::rows`], and what is added to it, `(rows, N)`.
    pub(super) fn product(&self, op: &'static str, left: &Array, added: Option<&Array>) -> Result<()> {
        let (rows, lefts) = (left.shape()[0], left.layout.unsqueeze(0));
        let lefts = lefts.expand(&[self.panels.shape()[0], rows, left.shape()[1]]).unwrap_or(lefts);
        let added = added.map(|added| self.apart(added)).transpose()?;
        let beta = Scalar::Int(added.is_some().into());
        let inputs = [left.with_layout(lefts).into(), self.panels.clone().into(), added.map_or(Operand::None, Operand::from)];
        launch(op, Kernel::MatMul { alpha: Scalar::Int(1), beta }, &inputs, &[self.apart(&self.rows)?])
    }

    /// Rows of results, panel by panel.
    fn apart(&self, rows: &Array) -> Result<Array> {
        let &[panels, _, width] = self.panels.shape() else { return Ok(in_one(rows)) };
        let apart = viewed(rows, &[rows.shape()[0], panels, width])?;
        Ok(apart.with_layout(apart.layout.transpose(0, 1)))
    }
}

/// A matrix as a batch of one.
fn in_one(matrix: &Array) -> Array {
    matrix.with_layout(matrix.layout.unsqueeze(0))
}
