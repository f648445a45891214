//! What makes larger tensors of smaller ones: joins, grids, repeats and padding.

use ferrotorch_core::ops::pointwise::can_cast;
use ferrotorch_core::ops::{join, pad, repeat};
use ferrotorch_core::overlap::Reads;
use ferrotorch_core::{Result, Scalar, Tensor, backend};

use crate::args::{Args, Ints, Target};
use crate::batching::Batching;
use crate::errors::{Outcome, runtime_error, type_error};
use crate::op::{Decl, Run, op};
use crate::value::Value;

const fn joined(name: &'static str, doc: &'static str, overloads: &'static [(&'static str, Run)]) -> Decl {
    op(name, doc, overloads).function().out().reads(Reads::Apart, Reads::Apart)
}

/// Joins along a dimension.
fn join(a: &Args<'_, '_, '_>, op: &str, run: fn(&[Tensor], i64) -> Result<Tensor>) -> Outcome<Value> {
    let (tensors, dim) = (a.tensors(0)?, a.int(1)?);
    check_out_of_joined(a, op, &tensors)?;
    Ok(a.run(|| run(&tensors, dim))?.into())
}

/// Joins along the dimension that the op says.
fn stack(a: &Args<'_, '_, '_>, op: &str, run: fn(&[Tensor]) -> Result<Tensor>) -> Outcome<Value> {
    let tensors = a.tensors(0)?;
    check_out_of_joined(a, op, &tensors)?;
    Ok(a.run(|| run(&tensors))?.into())
}

/// Refuses an `out=` that cannot hold what is joined with the class that PyTorch raises here.
fn check_out_of_joined(a: &Args<'_, '_, '_>, op: &str, tensors: &[Tensor]) -> Outcome<()> {
    let Target::Out(out) = a.target() else { return Ok(()) };
    match tensors.iter().find(|t| !can_cast(t.dtype(), out.dtype())) {
        Some(tensor) => Err(type_error(format!(
            "{op}(): input types can't be cast to the desired output type {}, got {}",
            out.dtype().legacy_name(),
            tensor.dtype().legacy_name()
        ))),
        None => Ok(()),
    }
}

pub(super) static OPS: &[Decl] = &[
    joined("cat", "Joins tensors along a dimension.", &[("(Tensor[] tensors, int dim=0)", |a| join(a, "cat", join::cat))])
        .alias(&["concat", "concatenate"])
        .batched(Batching::Dims),
    joined(
        "stack",
        "Joins tensors along a new dimension.",
        &[("(Tensor[] tensors, int dim=0)", |a| join(a, "stack", join::stack))],
    )
    .batched(Batching::Inserts),
    joined("hstack", "Side by side.", &[("(Tensor[] tensors)", |a| stack(a, "hstack", join::hstack))]),
    joined("vstack", "One above the other.", &[("(Tensor[] tensors)", |a| stack(a, "vstack", join::vstack))])
        .alias(&["row_stack"]),
    joined("dstack", "In depth.", &[("(Tensor[] tensors)", |a| stack(a, "dstack", join::dstack))]),
    joined("column_stack", "As columns.", &[("(Tensor[] tensors)", |a| stack(a, "column_stack", join::column_stack))]),
    op(
        "block_diag",
        "Blocks along the diagonal; of none a matrix of size (1, 0).",
        &[("(Tensor... tensors=())", |a| a.run1(|tensors: Vec<Tensor>| join::block_diag(&tensors)))],
    )
    .function()
    .node("BlockDiagBackward0"),
    op(
        "meshgrid",
        "Grids of coordinates.",
        &[("(Tensor... tensors=(), *, str? indexing=None) -> Tensor[]", |a| {
            let xy = match a.str(1)? {
                None => {
                    backend::warn("torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument.");
                    false
                }
                Some("ij") => false,
                Some("xy") => true,
                Some(other) => {
                    return Err(runtime_error(format!(
                        "torch.meshgrid: indexing must be one of \"xy\" or \"ij\", but received: {other}"
                    )));
                }
            };
            a.run1(|tensors: Vec<Tensor>| join::meshgrid(&tensors, xy))
        })],
    )
    .function(),
    op(
        "cartesian_prod",
        "All combinations of elements.",
        &[("(Tensor... tensors=())", |a| a.run1(|tensors: Vec<Tensor>| join::cartesian_prod(&tensors)))],
    )
    .function(),
    op(
        "repeat",
        "Repeats the tensor along dimensions.",
        &[("(Tensor input, int... repeats)", |a| a.run2(|x: &Tensor, repeats: Ints| repeat::repeat(x, &repeats)))],
    )
    .method(),
    op(
        "tile",
        "Repeats the tensor along dimensions.",
        &[("(Tensor input, int... dims)", |a| a.run2(|x: &Tensor, dims: Ints| repeat::tile(x, &dims)))],
    ),
    op(
        "repeat_interleave",
        "Repeats elements.",
        &[
            ("(Tensor input, int repeats, int? dim=None, *, int? output_size=None)", |a| a.run4(repeat::repeat_interleave)),
            ("(Tensor input, Tensor repeats, int? dim=None, *, int? output_size=None)", |a| a.run4(repeat::repeat_interleave_by)),
            ("(Tensor repeats, *, int? output_size=None)", |a| a.run2(repeat::interleaved_positions)),
        ],
    ),
    op(
        "combinations",
        "Combinations of elements.",
        &[("(Tensor input, int r=2, bool with_replacement=False)", |a| a.run3(repeat::combinations))],
    )
    .function(),
    op(
        "constant_pad_nd",
        "Padding with a number.",
        &[("(Tensor input, int[] pad, Scalar value=0)", |a| {
            a.run3(|x: &Tensor, widths: Ints, value: Scalar| pad::constant_pad_nd(x, &widths, value))
        })],
    )
    .function(),
];
