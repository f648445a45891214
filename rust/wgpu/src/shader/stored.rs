//! How elements lie in a binding, and what type they are computed as.

use ferrotorch_kernel::dtype::{F8E4M3FN, F8E4M3FNUZ, F8E5M2, F8E5M2FNUZ, F8E8M0FNU};
use ferrotorch_kernel::{DType, Scalar};
use smallvec::{SmallVec, smallvec};

/// What a shader knows of a dtype. `Pair` and `Quad` are eight and sixteen bytes that are moved, not looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Stored {
    Bool,
    UInt8,
    Int8,
    Int16,
    Int32,
    Int64,
    Float16,
    BFloat16,
    Float32,
    Float64,
    Complex64,
    Complex128,
    Pair,
    Quad,
}

impl Stored {
    /// Every form.
    pub(crate) const ALL: [Stored; 14] = [
        Stored::Bool,
        Stored::UInt8,
        Stored::Int8,
        Stored::Int16,
        Stored::Int32,
        Stored::Int64,
        Stored::Float16,
        Stored::BFloat16,
        Stored::Float32,
        Stored::Float64,
        Stored::Complex64,
        Stored::Complex128,
        Stored::Pair,
        Stored::Quad,
    ];

    /// The dtype's own form. Barebones dtypes have none but the raw one.
    pub(crate) fn of(dtype: DType) -> Stored {
        match dtype {
            DType::Bool => Stored::Bool,
            DType::UInt8 => Stored::UInt8,
            DType::Int8 => Stored::Int8,
            DType::Int16 => Stored::Int16,
            DType::Int32 => Stored::Int32,
            DType::Int64 => Stored::Int64,
            DType::Float16 => Stored::Float16,
            DType::BFloat16 => Stored::BFloat16,
            DType::Float32 => Stored::Float32,
            DType::Float64 => Stored::Float64,
            DType::Complex64 => Stored::Complex64,
            DType::Complex128 => Stored::Complex128,
            barebones => Stored::raw(barebones),
        }
    }

    /// The form for moving elements of the dtype unchanged, which needs nothing of the adapter.
    pub(crate) fn raw(dtype: DType) -> Stored {
        match dtype.size() {
            1 => Stored::UInt8,
            2 => Stored::Int16,
            4 => Stored::Int32,
            8 => Stored::Pair,
            _ => Stored::Quad,
        }
    }

    /// Suffix of `decode_` and `encode_` in `shaders/lib/dtype.wgsl`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Stored::Bool => "bool",
            Stored::UInt8 => "uint8",
            Stored::Int8 => "int8",
            Stored::Int16 => "int16",
            Stored::Int32 => "int32",
            Stored::Int64 => "int64",
            Stored::Float16 => "float16",
            Stored::BFloat16 => "bfloat16",
            Stored::Float32 => "float32",
            Stored::Float64 => "float64",
            Stored::Complex64 => "complex64",
            Stored::Complex128 => "complex128",
            Stored::Pair => "pair",
            Stored::Quad => "quad",
        }
    }

    /// The WGSL type of a decoded element.
    pub(crate) fn value(self) -> &'static str {
        match self {
            Stored::Bool | Stored::UInt8 | Stored::Int8 | Stored::Int16 | Stored::Int32 => "i32",
            Stored::Int64 => "i64",
            Stored::Float16 | Stored::BFloat16 | Stored::Float32 => "f32",
            Stored::Float64 => "f64",
            Stored::Complex64 => "vec2<f32>",
            Stored::Complex128 => "vec2<f64>",
            Stored::Pair => "vec2<u32>",
            Stored::Quad => "vec4<u32>",
        }
    }

    /// Suffix of `truth_` and `scalar_`: the value's type, as a name.
    pub(crate) fn suffix(self) -> &'static str {
        if self.is_complex() { self.name() } else { self.value() }
    }

    /// Two parts?
    pub(crate) fn is_complex(self) -> bool {
        matches!(self, Stored::Complex64 | Stored::Complex128)
    }

    /// Does arithmetic in it need 64-bit floats?
    pub(crate) fn is_double(self) -> bool {
        matches!(self, Stored::Float64 | Stored::Complex128)
    }

    /// Bytes an element takes.
    pub(crate) fn bytes(self) -> usize {
        match self {
            Stored::Bool | Stored::UInt8 | Stored::Int8 => 1,
            Stored::Int16 | Stored::Float16 | Stored::BFloat16 => 2,
            Stored::Int32 | Stored::Float32 => 4,
            Stored::Int64 | Stored::Float64 | Stored::Complex64 | Stored::Pair => 8,
            Stored::Complex128 | Stored::Quad => 16,
        }
    }

    /// Elements a word, for those narrower than one.
    pub(crate) fn lanes(self) -> usize {
        (4 / self.bytes()).max(1)
    }

    /// Narrower than a word?
    pub(crate) fn is_narrow(self) -> bool {
        self.bytes() < 4
    }

    /// An integer whose arithmetic in i32 must be brought back into range?
    fn wraps(self) -> bool {
        matches!(self, Stored::UInt8 | Stored::Int8 | Stored::Int16)
    }

    /// The WGSL expression for `x`, an element of this form, as a number of the form `compute`.
    pub(crate) fn to_compute(self, compute: Stored) -> String {
        if self == compute {
            "x".into()
        } else if compute == Stored::Bool {
            format!("truth_{}(x)", self.suffix())
        } else if compute.wraps() && self != Stored::Bool {
            format!("wrap_{}({})", compute.name(), self.narrowed(compute, "x"))
        } else {
            cast("x", self.value(), compute.value())
        }
    }

    /// The WGSL expression for whether `x`, an element of this form, is true, as a number of the form `compute`.
    pub(crate) fn truth_to_compute(self, compute: Stored) -> String {
        let truth = format!("truth_{}(x)", self.suffix());
        match compute {
            Stored::Complex64 => format!("vec2<f32>(f32({truth}), 0.0)"),
            Stored::Complex128 => format!("vec2<f64>(f64({truth}), 0.0)"),
            _ => format!("{}({truth})", compute.value()),
        }
    }

    /// The WGSL expression for `x`, computed in the form `compute`, as an element of this form.
    pub(crate) fn of_compute(self, compute: Stored) -> String {
        let x = match compute {
            _ if compute == self => return "x".into(),
            Stored::Bool => "truth_i32(x)".into(),
            narrow if narrow.wraps() => format!("wrap_{}(x)", narrow.name()),
            _ => String::from("x"),
        };
        if self == Stored::Bool {
            return format!("truth_{}({x})", compute.suffix());
        }
        if self == Stored::UInt8 { compute.narrowed(self, &x) } else { cast(&x, compute.value(), self.value()) }
    }

    /// A number of this form as an integer that is computed as i32. As on the host, uint8 takes the low bits of what may be an int64.
    fn narrowed(self, to: Stored, x: &str) -> String {
        match self {
            Stored::Float64 if to == Stored::UInt8 => format!("low_i32_of_f64({x})"),
            Stored::Complex128 if to == Stored::UInt8 => format!("low_i32_of_f64({x}.x)"),
            _ => cast(x, self.value(), "i32"),
        }
    }

    /// The words of parameters that a WGSL `scalar_<type>` reads: two, or two for each part of a complex128.
    pub(crate) fn parameter(self, x: Scalar) -> SmallVec<[u32; 4]> {
        match self {
            Stored::Complex128 => element_words(Scalar::Complex(x.to_complex()), DType::Complex128),
            _ => SmallVec::from_slice(&self.scalar_words(x)),
        }
    }

    /// The number of a form that a WGSL `scalar_<type>` reads from two words of parameters. Integers are clamped to
    /// the type that they are computed in, not to their dtype: a bound may well lie outside of it.
    pub(crate) fn scalar_words(self, x: Scalar) -> [u32; 2] {
        match self.value() {
            "f32" => [(x.to_f64() as f32).to_bits(), 0],
            "f64" => split(x.to_f64().to_bits()),
            "i64" => split(x.to_i64() as u64),
            "vec2<f32>" => {
                let z = x.to_complex();
                [(z.re as f32).to_bits(), (z.im as f32).to_bits()]
            }
            _ if self == Stored::Bool => [x.to_bool() as u32, 0],
            _ => [x.to_i64().clamp(i32::MIN as i64, i32::MAX as i64) as i32 as u32, 0],
        }
    }
}

fn cast(x: &str, from: &str, to: &str) -> String {
    match (from, to) {
        _ if from == to => x.to_owned(),
        ("vec2<f32>", "vec2<f64>") | ("vec2<f64>", "vec2<f32>") => format!("{to}({x})"),
        ("vec2<f32>", _) => cast(&format!("{x}.x"), "f32", to),
        ("vec2<f64>", _) => cast(&format!("{x}.x"), "f64", to),
        (_, "vec2<f32>") => format!("vec2<f32>({}, 0.0)", cast(x, from, "f32")),
        (_, "vec2<f64>") => format!("vec2<f64>({}, 0.0)", cast(x, from, "f64")),
        ("f32" | "f64", "i32" | "i64") => format!("{to}_of_{from}({x})"),
        _ => format!("{to}({x})"),
    }
}

/// The low and the high word.
pub(crate) fn split(bits: u64) -> [u32; 2] {
    [bits as u32, (bits >> 32) as u32]
}

/// The bits of one element of a dtype, at least a word.
pub(crate) fn element_words(x: Scalar, dtype: DType) -> SmallVec<[u32; 4]> {
    match x.cast(dtype) {
        Scalar::Bool(b) => smallvec![b as u32],
        Scalar::Int(i) if dtype.size() == 8 => SmallVec::from_slice(&split(i as u64)),
        Scalar::Int(i) => smallvec![i as u32],
        // `cast` makes signed integers of them.
        Scalar::Unsigned(u) => SmallVec::from_slice(&split(u)),
        Scalar::Float(v) => match dtype {
            float8 if float8.is_float8() => smallvec![float8_bits(v as f32, float8) as u32],
            DType::Float16 => smallvec![half::f16::from_f64(v).to_bits() as u32],
            DType::BFloat16 => smallvec![half::bf16::from_f64(v).to_bits() as u32],
            DType::Float64 => SmallVec::from_slice(&split(v.to_bits())),
            _ => smallvec![(v as f32).to_bits()],
        },
        Scalar::Complex(z) if dtype == DType::Complex32 => {
            let part = |x: f64| half::f16::from_f64(x).to_bits() as u32;
            smallvec![part(z.re) | part(z.im) << 16]
        }
        Scalar::Complex(z) if dtype == DType::Complex64 => smallvec![(z.re as f32).to_bits(), (z.im as f32).to_bits()],
        Scalar::Complex(z) => split(z.re.to_bits()).into_iter().chain(split(z.im.to_bits())).collect(),
    }
}

/// The byte of a float of one byte.
fn float8_bits(x: f32, dtype: DType) -> u8 {
    match dtype {
        DType::Float8E4M3FN => F8E4M3FN::from_f32(x).0,
        DType::Float8E4M3FNUZ => F8E4M3FNUZ::from_f32(x).0,
        DType::Float8E5M2 => F8E5M2::from_f32(x).0,
        DType::Float8E5M2FNUZ => F8E5M2FNUZ::from_f32(x).0,
        _ => F8E8M0FNU::from_f32(x).0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions_keep_to_the_range_of_the_dtype() {
        assert_eq!(Stored::Float32.to_compute(Stored::Float32), "x");
        assert_eq!(Stored::Int64.to_compute(Stored::UInt8), "wrap_uint8(i32(x))");
        assert_eq!(Stored::Float64.to_compute(Stored::Bool), "truth_f64(x)");
        assert_eq!(Stored::Int64.of_compute(Stored::Int8), "i64(wrap_int8(x))");
        assert_eq!(Stored::Bool.of_compute(Stored::Int64), "truth_i64(x)");
        assert_eq!(Stored::Float32.of_compute(Stored::Bool), "f32(truth_i32(x))");
        assert_eq!(Stored::Complex128.of_compute(Stored::Complex64), "vec2<f64>(x)");
        assert_eq!(Stored::Float64.of_compute(Stored::Complex128), "x.x");
        assert_eq!(Stored::Int64.to_compute(Stored::Complex128), "vec2<f64>(f64(x), 0.0)");
    }

    #[test]
    fn parameters_are_clamped_not_wrapped() {
        assert_eq!(Stored::UInt8.scalar_words(Scalar::Int(-5))[0] as i32, -5);
        assert_eq!(Stored::Int32.scalar_words(Scalar::Float(f64::INFINITY))[0] as i32, i32::MAX);
        assert_eq!(Stored::Int64.scalar_words(Scalar::Int(-1)), [u32::MAX, u32::MAX]);
        assert_eq!(Stored::Complex128.parameter(Scalar::Float(1.0)).as_slice(), &[0, 0x3ff0_0000, 0, 0]);
    }

    #[test]
    fn elements_are_encoded_as_the_host_stores_them() {
        assert_eq!(element_words(Scalar::Float(1.0), DType::Float16).as_slice(), &[0x3c00]);
        assert_eq!(element_words(Scalar::Int(-1), DType::UInt8).as_slice(), &[255]);
        assert_eq!(element_words(Scalar::Float(-1.0), DType::Float8E4M3FN).as_slice(), &[0xb8]);
        assert_eq!(element_words(Scalar::Int(-1), DType::UInt64).as_slice(), &[u32::MAX; 2]);
        assert_eq!(element_words(Scalar::Float(1.0), DType::Complex32).as_slice(), &[0x3c00]);
        assert_eq!(element_words(Scalar::Float(1.0), DType::Float64).as_slice(), &[0, 0x3ff0_0000]);
    }
}
