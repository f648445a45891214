//! The reductions that there are shaders for, and what is particular about each.

use ferrotorch_kernel::kernel::Reduction;

use crate::shader::Stored;

/// What a reduction is computed in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Any type.
    Number,
    /// Any type that has an order.
    Order,
    /// Floats and complex numbers.
    Field,
    /// Truth values.
    Truth,
    /// Floats.
    Float,
}

/// A file of `shaders/reduce`.
pub(crate) struct Rule {
    /// Its name, that of the op in a variant.
    pub(crate) name: &'static str,
    /// What it is computed in.
    pub(crate) needs: Needs,
    /// Numbers in the state.
    pub(crate) components: usize,
    /// The functions.
    text: &'static str,
    /// The rule whose functions it has where it has none of its own.
    base: Option<&'static Rule>,
}

const fn base_of(bases: &[&'static Rule]) -> Option<&'static Rule> {
    match bases {
        [base, ..] => Some(base),
        [] => None,
    }
}

macro_rules! rules {
    ($($id:ident = $name:literal $needs:ident $components:literal $(over $base:ident)?;)*) => {
        $(pub(crate) static $id: Rule = Rule {
            name: $name,
            needs: Needs::$needs,
            components: $components,
            text: include_str!(concat!("../../../../shaders/reduce/", $name, ".wgsl")),
            base: base_of(&[$(&$base)?]),
        };)*
        /// Every one.
        pub(crate) static RULES: &[&Rule] = &[$(&$id),*];
    };
}

rules! {
    SUM = "sum" Number 1;
    PROD = "prod" Number 1;
    MAX = "max" Order 1;
    MIN = "min" Order 1;
    ANY = "any" Truth 1;
    ALL = "all" Truth 1;
    MEAN = "mean" Field 1 over SUM;
    NORM_ZERO = "norm_zero" Float 1;
    NORM_ONE = "norm_one" Float 1;
    NORM_TWO = "norm_two" Float 1;
    NORM_MAX = "norm_max" Float 1;
    NORM_MIN = "norm_min" Float 1;
    NORM_POWER = "norm_power" Float 1;
    VARIANCE = "variance" Float 3;
    STD = "std" Float 3 over VARIANCE;
    LOG_SUM_EXP = "log_sum_exp" Float 2;
}

impl Rule {
    /// The texts of its functions, its own first.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &'static str> {
        [Some(self.text), self.base.map(|base| base.text)].into_iter().flatten()
    }

    /// The rule of a name.
    pub(crate) fn named(name: &str) -> &'static Rule {
        RULES.iter().find(|rule| rule.name == name).unwrap_or(&&SUM)
    }

    /// The rule of a reduction, and its parameter.
    pub(crate) fn of(op: Reduction) -> (&'static Rule, f64) {
        match op {
            Reduction::Sum | Reduction::CountNonzero => (&SUM, 0.0),
            Reduction::Prod => (&PROD, 0.0),
            Reduction::Mean => (&MEAN, 0.0),
            Reduction::Max => (&MAX, 0.0),
            Reduction::Min => (&MIN, 0.0),
            Reduction::Any => (&ANY, 0.0),
            Reduction::All => (&ALL, 0.0),
            Reduction::Norm { p } => (norm(p), p),
            Reduction::Variance { correction, sqrt: false } => (&VARIANCE, correction),
            Reduction::Variance { correction, sqrt: true } => (&STD, correction),
            Reduction::LogSumExp => (&LOG_SUM_EXP, 0.0),
        }
    }

    /// Can it be computed in a type?
    pub(crate) fn is_computed_in(&self, compute: Stored) -> bool {
        match self.needs {
            Needs::Number | Needs::Truth => true,
            Needs::Order => !compute.is_complex(),
            Needs::Field => matches!(compute, Stored::Float32 | Stored::Float64) || compute.is_complex(),
            Needs::Float => matches!(compute, Stored::Float32 | Stored::Float64),
        }
    }
}

fn norm(p: f64) -> &'static Rule {
    match p {
        0.0 => &NORM_ZERO,
        1.0 => &NORM_ONE,
        2.0 => &NORM_TWO,
        f64::INFINITY => &NORM_MAX,
        f64::NEG_INFINITY => &NORM_MIN,
        _ => &NORM_POWER,
    }
}
