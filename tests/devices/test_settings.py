"""What the environment says about GPUs: features to do without, and which one is the first."""

import os
import subprocess
import sys
import textwrap

import ferrotorch as torch
import pytest


def run(text: str, **environment: str) -> list[str]:
    """What a program prints under these settings."""
    env = {**os.environ, **environment}
    program = "import ferrotorch as torch\n" + textwrap.dedent(text)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=240, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


FACTS = """
    facts = torch.wgpu.get_device_properties(0)
    print(facts.has_int64, facts.has_float64)
"""


@pytest.mark.parametrize(
    ("names", "expected"),
    [("f64", (True, False)), ("int64", (False, False)), ("f16,subgroup", None), ("f64, int64", (False, False))],
)
def test_features_can_be_done_without(gpu, names, expected):
    facts = torch.wgpu.get_device_properties(0)
    int64, float64 = expected or (facts.has_int64, facts.has_float64)
    lines = run(FACTS, FERROTORCH_WGPU_DISABLE=names)
    # The float64 of an adapter is of no use without int64, by which its bits are taken apart.
    assert lines[0].split()[0] == str(int64 and facts.has_int64)
    if "int64" not in names:
        assert lines[0].split()[1] == str(float64 and facts.has_float64)


def test_without_64_bits_integers_are_right_and_floats_refused(gpu):
    lines = run(
        """
        import warnings
        x = torch.arange(6, device="wgpu")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            print((x * 3 + x // 2).tolist(), x[x > 2].sum().item(), x.flip(0).sort().values.tolist())
        print(any("runs on the host" in str(warning.message) for warning in caught))
        try:
            torch.ones(3, dtype=torch.float64, device="wgpu")
        except TypeError as error:
            print("Use float32 there" in str(error))
        y = torch.linspace(0, 1, 5, device="wgpu", requires_grad=True)
        (y.softmax(0) * 2 + y).sin().sum().backward()
        print(torch.wgpu.stats().fallbacks.keys().isdisjoint({"linspace", "softmax", "_softmax", "sin"}))
        """,
        FERROTORCH_WGPU_DISABLE="f64,int64,f16,subgroup",
    )
    assert lines == ["[0, 3, 7, 10, 14, 17] 12 [0, 1, 2, 3, 4, 5]", "True", "True", "True"]


def test_an_unknown_feature_is_an_error(gpu):
    lines = run(
        """
        try:
            torch.ones(3, device="wgpu")
        except RuntimeError as error:
            print(error)
        """,
        FERROTORCH_WGPU_DISABLE="f65",
    )
    assert lines == ["FERROTORCH_WGPU_DISABLE: there is no feature 'f65'; there are f64, int64, f16, subgroup"]


def test_the_first_gpu_is_chosen_by_number_name_or_power(gpu):
    names = [torch.wgpu.get_device_name(k) for k in range(torch.wgpu.device_count())]
    name = "print(torch.wgpu.get_device_name(0), torch.ones(3, device='wgpu').sum().item())"
    last = len(names) - 1
    assert run(name, FERROTORCH_WGPU_ADAPTER=str(last)) == [f"{names[last]} 3.0"]
    assert run(name, FERROTORCH_WGPU_ADAPTER=names[last][:6].upper())[0].startswith(names[last][:6])
    for power in ("low-power", "high-performance", "no such name"):
        assert run(name, FERROTORCH_WGPU_ADAPTER=power)[0].rsplit(" ", 1)[0] in names


def test_work_can_be_stopped(gpu):
    lines = run(
        """
        import signal, threading
        signal.signal(signal.SIGINT, signal.default_int_handler)  # shells start programs behind them without one
        x = torch.randn(256, 256, device="wgpu")
        timer = threading.Timer(0.5, lambda: signal.raise_signal(signal.SIGINT))
        try:
            timer.start()
            while True:
                for _ in range(20):
                    y = x @ x
                y.sum().item()
        except KeyboardInterrupt:
            print("stopped", torch.ones(3, device="wgpu").sum().item())
        """
    )
    assert lines == ["stopped 3.0"]
