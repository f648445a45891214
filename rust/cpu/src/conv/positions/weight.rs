//! The gradient of the kernel.

use ferrotorch_kernel::{Array, Layout, Operand, Result};

use super::{Bordered, Run, lines_together, plane, row_major, runs};
use crate::conv::geometry::Sizes;
use crate::copy::copy;
use crate::matmul::{MatrixMut, Number, Source, product};
use crate::parallel::Cost;
use crate::view::{Elements, Read, Tiles, Views, try_for_each_part};

/// Results that are computed together.
const ROWS: usize = 96;

/// `dw`, a `(groups, O, kernel.., C)` of any layout, of the images `x` and the gradient `dy`.
pub(super) fn run<T: Number>(s: &Sizes, x: &Array, dy: &Array, dw: &Array) -> Result<()> {
    let x = Bordered::read_by::<T>(s, x)?;
    let together = lines_together(s);
    let pitch = if together == 1 { s.output[2] } else { x.size[3] };
    let dy = Bordered::new::<T>(dy, [0, 0], [s.output[1], pitch])?;
    let line = s.kernel[2] * s.c;
    let own = Array::empty(dw.shape(), dw.dtype, dw.device())?;
    let shape = [s.groups, s.o, s.kernel[0] * s.kernel[1] * line];
    let matrices = own.with_layout(Layout::strided(&shape, &row_major(&shape), own.layout.offset()));
    let (runs, positions) = (runs(s, x.step()), (together - 1) * pitch + s.output[2]);
    let job = Job { s, x: &x, dy: &dy, runs, together, positions };
    let tiles = Tiles::<T>::new(Views::along(&matrices, [1, 2])?, [ROWS, line]);
    let cost = Cost::multiply_adds(s.batch * s.output_len() * ROWS * line / <T as Source<T>>::kernel().pace);
    try_for_each_part(tiles, cost, |_, (group, [rows, columns], c)| job.compute(group, rows.start, columns.start / line, c))?;
    copy(&Operand::Array(own), dw)
}

struct Job<'a> {
    s: &'a Sizes,
    x: &'a Bordered,
    dy: &'a Bordered,
    runs: Vec<Run>,
    together: usize,
    /// Positions of the lines that are taken together.
    positions: usize,
}

impl Job<'_> {
    /// Some results' gradients of the weights of a line of the kernel.
    fn compute<T: Number>(&self, group: usize, row: usize, line: usize, mut c: MatrixMut<T>) -> Result<()> {
        let (s, rows, n) = (self.s, c.rows(), self.positions);
        let (x, dy) = (Elements::<Read>::new(&self.x.images)?, Elements::<Read>::new(&self.dy.images)?);
        let (kd, kh) = (line / s.kernel[1], line % s.kernel[1]);
        let step = [(s.stride[2] * self.x.step()) as isize, 1];
        for row in 0..rows {
            c.row_mut(row).write_all(std::iter::repeat_n(T::zeroed(), s.kernel[2] * s.c));
        }
        for image in 0..s.batch {
            for d in 0..s.output[0] {
                let Some(from) = plane(s, kd, d) else { continue };
                for h in (0..s.output[1]).step_by(self.together) {
                    let at = self.dy.at([image, d, h, 0]) + (group * s.o + row) as isize;
                    let a = dy.stretches(at, [n, rows], [self.dy.step() as isize, 1]).rows().t();
                    let at = self.x.at([image, from, h * s.stride[1] + kh * s.dilation[1], 0]) + (group * s.c) as isize;
                    for run in &self.runs {
                        let b = x.stretches(at + run.offset as isize, [n, run.len], step).rows();
                        let c = c.part([0..rows, run.start..run.start + run.len]);
                        product::<T, T>(T::UNIT, a, b, c, true)?;
                    }
                }
            }
        }
        Ok(())
    }
}
