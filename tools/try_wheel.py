"""Install a wheel into a bare environment and use it there: ``python tools/try_wheel.py FOLDER [PYTHON]``.

The folder holds wheels for one platform; the one for the interpreter is taken. NumPy, the library's only requirement,
is installed with it; the plot's package is not until the library has said that it is missing.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIMIT = 60  # seconds from the first import to a plotted, evaluated model

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


def run(*command: object, folder: str, fails: bool = False) -> str:
    """The output of a command, which must end well, or must fail."""
    done = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True, check=False)
    if (done.returncode != 0) != fails:
        sys.exit(f"{' '.join(map(str, command))}\nended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def main(wheels: str, python: str = sys.executable) -> None:
    """Try the wheel for ``python`` among those in a folder."""
    assert len([line for line in PROGRAM.splitlines() if line]) <= 12
    with tempfile.TemporaryDirectory() as folder:
        run(python, "-m", "venv", "bare", folder=folder)
        inside = Path(folder) / "bare" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        source = ["--find-links", str(Path(wheels).resolve()), "--only-binary", ":all:"]
        run(inside, "-m", "pip", "install", "--quiet", *source, "ferrotorch", folder=folder)
        print(run(inside, "-m", "ferrotorch.info", folder=folder))
        script = Path(folder) / "first.py"
        script.write_text(PROGRAM)
        missing = run(inside, script, folder=folder, fails=True)
        assert "pip install matplotlib" in missing, missing
        run(inside, "-m", "pip", "install", "--quiet", "matplotlib", folder=folder)
        start = time.monotonic()
        print(run(inside, script, folder=folder))
        seconds = time.monotonic() - start
        assert (Path(folder) / "history.png").stat().st_size > 1000
        assert seconds < LIMIT, f"the first model took {seconds:.0f} s"
        print(f"from import to a plotted, evaluated model in {seconds:.1f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
