"""The templating itself."""

import re

from template import SHADERS, items, link, read, strip_comments, substitute


def test_values_replace_names_and_unknown_names_stay() -> None:
    assert substitute("a ${x}u ${y}", {"x": 1}) == "a 1u ${y}"


def test_lines_are_repeated_for_every_number() -> None:
    text = substitute("a\n    @each i ${n}, j 2: x#i_#j += y[#iu];\n", {"n": 2})
    expected = ["a", "x0_0 += y[0u];", "x0_1 += y[0u];", "x1_0 += y[1u];", "x1_1 += y[1u];"]
    assert [line.strip() for line in text.splitlines()] == expected


def test_the_linker_takes_what_is_mentioned_and_what_that_mentions() -> None:
    library = "fn a() {\n    b(); // c\n}\n\nfn b() {\n}\n\nfn c() {\n}\nvar<private> d: u32 = 1u;\n"
    text = link("fn main() {\n    a();\n    d = 2u;\n}\n", [library, "fn b() { other(); }\n"])
    assert "fn a()" in text
    assert "fn b() {\n}" in text
    assert "var<private> d" in text
    assert "fn c" not in text
    assert "other" not in text


def test_bindings_are_items() -> None:
    assert set(items("@group(0) @binding(1) var<storage, read> in0: array<u32>;\nconst E = 3u;\n")) == {"in0", "E"}


def test_float64_is_rounded_by_floor_alone() -> None:
    # Drivers are known whose other ways of rounding float64 are wrong; float32 has its own files.
    names = [path.relative_to(SHADERS).with_suffix("").as_posix() for path in SHADERS.rglob("*.wgsl")]
    shared = [name for name in names if name not in ("ops/float32", "lib/math", "lib/special")]
    assert "lib/generic" in shared
    for name in shared:
        assert not re.search(r"\b(round|trunc|fract|modf)\(", strip_comments(read(name))), name
