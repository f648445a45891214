//! Choosing between values.

use super::rows;
use crate::ops::expr::{Expr, select};

rows! {
    /// `a ? b : c`; the first input is true where it is not zero and takes no part in promotion
    WHERE = "where" "WhereBackward0" (3, inputs "condition" "self" "other"; CHOOSES) ANY + BAREBONES -> Promoted [() => |t| t.g(), (A) => |t| select(t.a(), t.g(), 0.0), (A) => |t| select(t.a(), 0.0, t.g())];
    /// NaN, plus infinity and minus infinity replaced by the parameters
    NAN_TO_NUM = "nan_to_num" "NanToNumBackward0" (1, params "" "" "", python OUT_OF_OWN_DTYPE, stub "nan_to_num"; ROUNDS_PARAMS) ORDERED + WIDE_UNSIGNED -> Promoted
        [(A) => |t| select(t.a().map(&super::comparison::ISFINITE), t.g(), Expr::from(0.0))];
}
