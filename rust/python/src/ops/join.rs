//! What makes larger tensors of smaller ones: joins, grids, repeats and padding.

use ferrotorch_core::Tensor;
use ferrotorch_core::ops::pointwise::can_cast;
use ferrotorch_core::ops::{join, pad, repeat};
use ferrotorch_core::overlap::Reads;

use crate::args::{Args, Target};
use crate::batching::Batching;
use crate::errors::runtime_error;
use crate::errors::{Outcome, type_error};
use crate::op::{Decl, op};

macro_rules! joined {
    ($name:literal, $doc:literal, $run:path) => {
        op(
            $name,
            $doc,
            &[("(Tensor[] tensors, int dim=0)", |a| {
                let (tensors, dim) = (a.tensors(0)?, a.int(1)?);
                check_out_of_joined(a, $name, &tensors)?;
                Ok(a.run(|| $run(&tensors, dim))?.into())
            })],
        )
        .function()
        .out()
        .reads(Reads::Apart, Reads::Apart)
    };
}

macro_rules! stacked {
    ($name:literal, $doc:literal, $run:path) => {
        op(
            $name,
            $doc,
            &[("(Tensor[] tensors)", |a| {
                let tensors = a.tensors(0)?;
                check_out_of_joined(a, $name, &tensors)?;
                Ok(a.run(|| $run(&tensors))?.into())
            })],
        )
        .function()
        .out()
        .reads(Reads::Apart, Reads::Apart)
    };
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
    joined!("cat", "Joins tensors along a dimension.", join::cat).batched(Batching::Dims).alias(&["concat", "concatenate"]),
    joined!("stack", "Joins tensors along a new dimension.", join::stack).batched(Batching::Inserts),
    stacked!("hstack", "Side by side.", join::hstack),
    stacked!("vstack", "One above the other.", join::vstack).alias(&["row_stack"]),
    stacked!("dstack", "In depth.", join::dstack),
    stacked!("column_stack", "As columns.", join::column_stack),
    op(
        "block_diag",
        "Blocks along the diagonal; of none a matrix of size (1, 0).",
        &[("(Tensor... tensors=())", |a| Ok(join::block_diag(&a.tensors(0)?)?.into()))],
    )
    .function()
    .node("BlockDiagBackward0"),
    op(
        "meshgrid",
        "Grids of coordinates.",
        &[("(Tensor... tensors, *, str? indexing=None) -> Tensor[]", |a| {
            let xy = match a.str(1)? {
                None | Some("ij") => false,
                Some("xy") => true,
                Some(other) => {
                    return Err(runtime_error(format!(
                        "torch.meshgrid: indexing must be one of \"xy\" or \"ij\", but received: {other}"
                    )));
                }
            };
            Ok(join::meshgrid(&a.tensors(0)?, xy)?.into())
        })],
    )
    .function(),
    op(
        "cartesian_prod",
        "All combinations of elements.",
        &[("(Tensor... tensors)", |a| Ok(join::cartesian_prod(&a.tensors(0)?)?.into()))],
    )
    .function(),
    op(
        "repeat",
        "Repeats the tensor along dimensions.",
        &[("(Tensor input, int... repeats)", |a| Ok(repeat::repeat(a.tensor(0)?, &a.ints(1)?)?.into()))],
    )
    .method(),
    op(
        "tile",
        "Repeats the tensor along dimensions.",
        &[("(Tensor input, int... dims)", |a| Ok(repeat::tile(a.tensor(0)?, &a.ints(1)?)?.into()))],
    ),
    op(
        "repeat_interleave",
        "Repeats elements.",
        &[
            ("(Tensor input, int repeats, int? dim=None, *, int? output_size=None)", |a| {
                Ok(repeat::repeat_interleave(a.tensor(0)?, a.int(1)?, a.opt_int(2)?, a.opt_int(3)?)?.into())
            }),
            ("(Tensor input, Tensor repeats, int? dim=None, *, int? output_size=None)", |a| {
                Ok(repeat::repeat_interleave_by(a.tensor(0)?, a.tensor(1)?, a.opt_int(2)?, a.opt_int(3)?)?.into())
            }),
            ("(Tensor repeats, *, int? output_size=None)", |a| {
                Ok(repeat::interleaved_positions(a.tensor(0)?, a.opt_int(1)?)?.into())
            }),
        ],
    ),
    op(
        "combinations",
        "Combinations of elements.",
        &[("(Tensor input, int r=2, bool with_replacement=False)", |a| {
            Ok(repeat::combinations(a.tensor(0)?, a.int(1)?, a.bool(2)?)?.into())
        })],
    )
    .function(),
    op(
        "constant_pad_nd",
        "Padding with a number.",
        &[("(Tensor input, int[] pad, Scalar value=0)", |a| {
            Ok(pad::constant_pad_nd(a.tensor(0)?, &a.ints(1)?, a.scalar(2)?)?.into())
        })],
    )
    .function(),
];
