//! Sums of products by the threads of a subgroup, which read the left factors for each other, and each of which has columns that lie side
//! by side, so that what it reads for one serves the next (`shaders/product_shared.wgsl`). Loads are what processors spend their time with.

use super::product::Sums;
use crate::shader::Values;

/// How the columns and depths of sums lie.
#[derive(Clone, Copy)]
pub(crate) struct Lines {
    /// Columns that lie evenly spaced.
    pub(crate) columns: usize,
    /// Depths that do, whose right factors are found among those of such columns.
    pub(crate) depths: usize,
    /// Steps from the factors of one column to those of the next, and likewise by depths, in terms of a common one.
    pub(crate) by_column: usize,
    pub(crate) by_depth: isize,
}

/// The share of one thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    /// Threads of a subgroup, which is a workgroup.
    lanes: usize,
    rows: usize,
    columns: usize,
    /// Depths that are summed at a time.
    pub(crate) depth: usize,
    by_column: usize,
    by_depth: isize,
}

/// Sizes of shares among which is chosen: a driver takes half a second for the text of a new one.
const ROWS: [usize; 6] = [1, 2, 4, 6, 8, 16];
const COLUMNS: [usize; 9] = [1, 3, 4, 5, 7, 8, 10, 14, 16];
const MAX_DEPTH: usize = 14;
/// Most sums of a thread, and products of a turn, that are compiled quickly and kept in registers.
const MAX_SUMS: usize = 128;
const MAX_PRODUCTS: usize = 512;
/// What a load costs, in products.
const LOAD: usize = 25;
/// Products from which on a text of its own is worth it.
const WORTH: usize = 1 << 19;

/// The sizes of subgroups for which there are texts.
pub(crate) const LANES: [usize; 2] = [4, 8];

impl Share {
    /// The share with which `sums` cost the least.
    pub(crate) fn choose(lanes: usize, sums: &Sums, lines: Lines) -> Option<Share> {
        if sums.rows * sums.columns * sums.depth * sums.jobs < WORTH {
            return None;
        }
        let depths = (1..=MAX_DEPTH).filter(|&depth| depth == 1 || lines.depths.is_multiple_of(depth));
        let share = |rows, columns, depth| match depth {
            // What is summed one by one may lie anyhow.
            1 => Share { lanes, rows, columns, depth, by_column: 1, by_depth: 1 },
            _ => Share { lanes, rows, columns, depth, by_column: lines.by_column, by_depth: lines.by_depth },
        };
        depths
            .flat_map(|depth| ROWS.into_iter().flat_map(move |rows| COLUMNS.map(|columns| share(rows, columns, depth))))
            .filter(|share| share.rows * share.columns <= MAX_SUMS)
            .filter(|share| share.rows * share.columns * share.depth <= MAX_PRODUCTS)
            .min_by_key(|share| share.cost(sums, lines.columns))
    }

    fn cost(&self, sums: &Sums, line: usize) -> usize {
        let turn = self.rows * self.columns * self.depth + LOAD * (self.loads() + self.reach());
        self.groups(sums, line) * turn * sums.depth / self.depth
    }

    /// Workgroups of a job.
    pub(crate) fn groups(&self, sums: &Sums, line: usize) -> usize {
        let threads = sums.columns / line.max(1) * line.div_ceil(self.columns);
        sums.rows.div_ceil(self.rows) * threads.div_ceil(self.lanes)
    }

    /// Left factors that each thread reads for a turn, and right ones.
    fn loads(&self) -> usize {
        (self.rows * self.depth).div_ceil(self.lanes)
    }

    fn reach(&self) -> usize {
        (self.columns - 1) * self.by_column + (self.depth - 1) * self.by_depth.unsigned_abs() + 1
    }

    /// As a number of 16 bits.
    pub(crate) fn number(&self) -> u32 {
        let steps = ((self.by_column - 1) << 2) | (self.by_depth + 1) as usize;
        let sizes =
            [(self.rows - 1, 4), (self.columns - 1, 4), (self.depth - 1, 4), (steps, 3), (usize::from(self.lanes == 8), 1)];
        sizes.into_iter().fold(0, |number, (size, bits)| number << bits | size as u32)
    }

    pub(crate) fn of_number(number: u32) -> Share {
        let part = |shift: u32, bits: u32| (number >> shift & ((1 << bits) - 1)) as usize;
        Share {
            lanes: LANES[part(0, 1)],
            by_depth: part(1, 2) as isize - 1,
            by_column: part(3, 1) + 1,
            depth: part(4, 4) + 1,
            columns: part(8, 4) + 1,
            rows: part(12, 4) + 1,
        }
    }

    pub(crate) fn values(&self) -> Values {
        let first = if self.by_depth < 0 { (self.depth - 1) * self.by_depth.unsigned_abs() } else { 0 };
        vec![
            ("lanes", self.lanes.to_string()),
            ("rows", self.rows.to_string()),
            ("columns", self.columns.to_string()),
            ("depth", self.depth.to_string()),
            ("by_column", self.by_column.to_string()),
            ("by_depth", self.by_depth.to_string()),
            ("first", first.to_string()),
            ("loads", self.loads().to_string()),
            ("reach", self.reach().to_string()),
        ]
    }
}

/// Shares of each number of lanes and each kind of steps.
#[cfg(test)]
pub(crate) fn every_kind() -> impl Iterator<Item = Share> {
    let plain = Share { lanes: 4, rows: 2, columns: 3, depth: 1, by_column: 1, by_depth: 1 };
    let back = Share { lanes: 8, rows: 6, columns: 4, depth: 3, by_column: 1, by_depth: -1 };
    let wide = Share { rows: 1, depth: 2, by_column: 2, by_depth: 1, ..back };
    [plain, back, wide, Share { columns: 1, by_column: 1, by_depth: 2, ..wide }].into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_for_shares() {
        for share in every_kind() {
            assert_eq!(Share::of_number(share.number()), share);
            assert!(share.number() < 1 << 16);
        }
    }

    #[test]
    fn what_lies_in_lines_is_summed_several_depths_at_a_time() {
        let sums = Sums { rows: 6, columns: 50_176, depth: 25, jobs: 1 };
        let lines = Lines { columns: 28, depths: 5, by_column: 1, by_depth: 1 };
        let share = Share::choose(8, &sums, lines).expect("a share");
        assert_eq!((share.rows, share.columns, share.depth), (6, 14, 5));
        assert_eq!(share.groups(&sums, 28), 448);
        let apart = Share::choose(8, &sums, Lines { depths: 1, ..lines }).expect("a share");
        assert_eq!((apart.depth, apart.by_column), (1, 1));
        assert_eq!(Share::choose(8, &Sums { columns: 28, ..sums }, lines), None);
    }
}
