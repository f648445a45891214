"""Install wheels into bare environments and use them there: ``python tools/try_wheel.py FOLDER [PYTHON ...]``.

The folder holds wheels for one platform; each interpreter (by default the one that runs this) takes its own. NumPy, the
library's only requirement, is installed with it; the plot's package is not until the library has said that it is
missing. The environment finds no compiler: its path holds nothing but itself.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 60  # seconds from the first import to a plotted, evaluated model
LARGEST = 15_000_000  # bytes of a wheel

# What the first hour begins with: twelve lines to a model that is trained, evaluated and plotted.
PROGRAM = """\
import ferrotorch as torch
from ferrotorch import nn
from ferrotorch.fit import Trainer

x = torch.rand(2000, 2) * 2 - 1
y = (x.norm(dim=1) < 0.7).long()
model = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 2))
trainer = Trainer(model, nn.CrossEntropyLoss(), torch.optim.Adam, metrics="accuracy", seed=0)
history = trainer.fit((x[:1600], y[:1600]), (x[1600:], y[1600:]), epochs=20)
print(trainer.evaluate((x[1600:], y[1600:])))
history.plot("history.png")
"""


class Environment:
    """A virtual environment in a folder, whose programs see nothing else of the machine's."""

    def __init__(self, python: str, folder: Path) -> None:
        self.folder = folder
        subprocess.run([python, "-m", "venv", "bare"], cwd=folder, check=True)
        self._programs = folder / "bare" / ("Scripts" if sys.platform == "win32" else "bin")

    def run(self, *arguments: object, fails: bool = False) -> str:
        """The output of a run of its Python, which must end well, or must fail."""
        command = [str(self._programs / "python"), *map(str, arguments)]
        env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        env["PATH"] = str(self._programs)
        done = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, check=False)
        if (done.returncode != 0) != fails:
            sys.exit(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def install(self, *packages: str, folder: Path | None = None) -> None:
        """Install packages, those of a folder among them, without building any."""
        found = [] if folder is None else ["--find-links", folder]
        self.run("-m", "pip", "install", "--quiet", "--only-binary", ":all:", *found, *packages)


def sizes_of(wheels: Path) -> None:
    """Print the size of each wheel of a folder; one that is too large ends the run."""
    for wheel in sorted(wheels.glob("*.whl")):
        size = wheel.stat().st_size
        print(f"{wheel.name}: {size / 1e6:.1f} MB")
        if size > LARGEST:
            sys.exit(f"{wheel.name} is larger than {LARGEST / 1e6:.0f} MB")


def train_first_model(bare: Environment) -> None:
    """Run the first program, once before and once after its plot has what it needs."""
    script = bare.folder / "first.py"
    script.write_text(PROGRAM)
    missing = bare.run(script, fails=True)
    assert "pip install matplotlib" in missing, missing
    bare.install("matplotlib")
    start = time.monotonic()
    print(bare.run(script))
    seconds = time.monotonic() - start
    assert (bare.folder / "history.png").stat().st_size > 1000
    assert seconds < LIMIT, f"the first model took {seconds:.0f} s"
    print(f"from import to a plotted, evaluated model in {seconds:.1f} s")


def take_tour(bare: Environment) -> None:
    """Run the short tour of the library, which is all of the tests that needs nothing but itself."""
    tour = bare.folder / "tour"
    tour.mkdir()
    for name in ("conftest.py", "test_tour.py"):
        shutil.copy(ROOT / "tests" / name, tour)
    bare.install("pytest")
    print(bare.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", tour, tour))


def main(wheels: str, *pythons: str) -> None:
    """Try the wheels of a folder."""
    assert len([line for line in PROGRAM.splitlines() if line]) <= 12
    sizes_of(Path(wheels))
    for python in pythons or [sys.executable]:
        with tempfile.TemporaryDirectory() as folder:
            bare = Environment(python, Path(folder))
            bare.install("ferrotorch", folder=Path(wheels).resolve())
            print(bare.run("-m", "ferrotorch.info"))
            train_first_model(bare)
            take_tour(bare)


if __name__ == "__main__":
    main(*sys.argv[1:])
