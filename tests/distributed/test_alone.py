"""One process is a group by itself, with MPI or without; what cannot be is refused in words."""

import json
import subprocess
import sys

import pytest
from ferrotorch.distributed import _environment
from ferrotorch.distributed.run import command, parse

COLLECTIVES = """if True:
    import torch, torch.distributed as dist
    assert dist.is_available() and not dist.is_initialized() and dist.group.WORLD is None
    try:
        dist.get_rank()
        raise SystemExit("no error")
    except ValueError as error:
        assert "Default process group has not been initialized" in str(error)
    dist.init_process_group("gloo", init_method="tcp://localhost:2345", rank=0, world_size=1)
    x = torch.arange(4.0)
    dist.all_reduce(x); dist.broadcast(x, 0); dist.reduce(x, 0); dist.barrier(); dist.monitored_barrier()
    y, z = torch.empty(4), [torch.empty(4)]
    dist.all_gather(z, x); dist.all_gather_into_tensor(y, x); dist.reduce_scatter_tensor(y, x)
    dist.all_to_all_single(y, x.clone()); dist.scatter(y, [x]); dist.gather(x, z)
    assert torch.equal(x, torch.arange(4.0)) and torch.equal(y, x) and torch.equal(z[0], x)
    o = [None]
    dist.all_gather_object(o, {"a": 1}); assert o == [{"a": 1}]
    assert dist.new_group([0]).size() == 1 and dist.get_world_size() == 1
    m = dist.init_device_mesh("cpu", (1, 1), mesh_dim_names=("a", "b"))
    assert m["a"].size() == 1
    dist.destroy_process_group()
    for bad in (lambda: dist.all_reduce(x), lambda: dist.destroy_process_group()):
        try:
            bad()
            raise SystemExit("no error")
        except (ValueError, AssertionError):
            pass
"""

WITHOUT_MPI = "import sys; sys.modules['mpi4py'] = None; import importlib.util; find = importlib.util.find_spec\n" \
    "importlib.util.find_spec = lambda name, *a: None if name == 'mpi4py' else find(name, *a)\n"  # fmt: skip

ERRORS = """if True:
    import pytest, torch, torch.distributed as dist
    dist.init_process_group()
    x = torch.ones(4)
    for error, text, call in [
        (ValueError, "twice", lambda: dist.init_process_group()),
        (TypeError, "of type torch.Tensor", lambda: dist.all_reduce([x])),
        (ValueError, "global rank 9", lambda: dist.broadcast(x, 9)),
        (ValueError, "different dtypes", lambda: dist.all_gather([x], x.double())),
        (ValueError, "different devices", lambda: dist.all_gather([x], x.to("meta"))),
        (RuntimeError, "no memory", lambda: dist.all_reduce(x.to("meta"))),
        (ValueError, "output list has 2", lambda: dist.all_gather([x, x], x)),
        (ValueError, "does not fit", lambda: dist.all_gather([x[:2]], x)),
        (ValueError, "world_size times", lambda: dist.all_gather_into_tensor(x, x[:2])),
        (ValueError, "world size", lambda: dist.reduce_scatter_tensor(x[:2], x)),
        (RuntimeError, "non-integral", lambda: dist.all_reduce(x, dist.ReduceOp.BAND)),
        (ValueError, "complex", lambda: dist.all_reduce(x.cfloat(), dist.ReduceOp.MAX)),
        (RuntimeError, "can't be cast", lambda: dist.all_reduce(x.long(), dist.ReduceOp.AVG)),
        (ValueError, "PREMUL_SUM", lambda: dist.all_reduce(x, dist.ReduceOp.PREMUL_SUM)),
        (ValueError, "must be specified", lambda: dist.scatter(x, None)),
        (ValueError, "same as the rank", lambda: dist.send(x, 0)),
        (ValueError, "within the world_size", lambda: dist.new_group([0, 9])),
        (ValueError, "Split sizes", lambda: dist.all_to_all_single(x, x.clone(), [3], [4])),
        (RuntimeError, "Mesh", lambda: dist.init_device_mesh("cpu", (3,))),
    ]:
        with pytest.raises(error, match=text):
            call()
"""


def _run(code, *prefix, **environment):
    import os

    environment = {**os.environ, **environment}
    return subprocess.run(
        [sys.executable, "-m", "ferrotorch", "-c", "".join(prefix) + code],
        capture_output=True, text=True, timeout=100, env=environment,
    )  # fmt: skip


@pytest.mark.parametrize("code", [COLLECTIVES, ERRORS], ids=["results", "errors"])
@pytest.mark.parametrize("prefix", ["", WITHOUT_MPI], ids=["installed", "without"])
def test_one_process(code, prefix):
    done = _run(code, prefix)
    assert done.returncode == 0, done.stderr


def test_more_processes_than_there_are():
    code = "import torch.distributed as dist; dist.init_process_group('gloo')"
    assert "pip install 'ferrotorch[mpi]'" in _run(code, WITHOUT_MPI, WORLD_SIZE="4").stderr
    assert "pip install 'ferrotorch[mpi]'" in _run(code, WITHOUT_MPI, PMI_RANK="0", PMI_SIZE="2").stderr
    asked = _run("import torch.distributed as dist; dist.init_process_group('gloo', world_size=4)")
    assert "mpiexec -n 4" in asked.stderr or "mpi4py" in asked.stderr


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ({}, None),
        ({"PMI_RANK": "3", "PMI_SIZE": "4", "MPI_LOCALRANKID": "1", "MPI_LOCALNRANKS": "2"}, (3, 4, 1, 2)),
        ({"PMI_RANK": "3", "PMI_SIZE": "4"}, (3, 4, 3, 4)),
        (
            {"OMPI_COMM_WORLD_RANK": "5", "OMPI_COMM_WORLD_SIZE": "8", "OMPI_COMM_WORLD_LOCAL_RANK": "1",
             "OMPI_COMM_WORLD_LOCAL_SIZE": "4"},
            (5, 8, 1, 4),
        ),
        ({"PMIX_RANK": "2", "SLURM_STEP_NUM_TASKS": "6", "SLURM_LOCALID": "0"}, (2, 6, 0, 6)),
        ({"SLURM_PROCID": "0", "SLURM_NTASKS": "4", "SLURM_LOCALID": "0"}, None),
    ],
)  # fmt: skip
def test_places_that_launchers_write(written, place):
    assert _environment.place_of(written) == place
    environ = {**written, "MASTER_PORT": "1"}
    _environment.fill(environ)
    if place is not None:
        names = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")
        assert tuple(int(environ[name]) for name in names) == place and environ["MASTER_PORT"] == "1"


def test_launcher_takes_the_arguments_of_torchrun(monkeypatch):
    monkeypatch.setattr("ferrotorch.distributed.run._mpiexec", lambda: "mpiexec")
    words = command(parse(["--standalone", "--nproc_per_node=2", "--rdzv-backend", "c10d", "train.py", "--lr", "1"]))
    assert words == ["mpiexec", "-n", "2", sys.executable, "-m", "ferrotorch", "train.py", "--lr", "1"]
    words = command(parse(["--nnodes", "2", "--nproc-per-node", "3", "--hosts", "a,b", "-m", "package.train"]))
    assert words[1:7] == ["-n", "6", "-hosts", "a,b", "-ppn", "3"] and words[-3:] == [
        "ferrotorch",
        "-m",
        "package.train",
    ]
    with pytest.raises(ValueError, match="several machines"):
        command(parse(["--nnodes", "2", "train.py"]))
    with pytest.raises(ValueError, match="Unsupported nproc_per_node"):
        command(parse(["--nproc-per-node", "none", "train.py"]))


def test_launcher_accepts_all_arguments_of_torchrun(monkeypatch):
    monkeypatch.setattr("ferrotorch.distributed.run._mpiexec", lambda: "mpiexec")
    with_values = ["--rdzv-endpoint", "--rdzv_id", "--max-restarts", "--monitor-interval", "--event-log-handler", "-r"]
    with_values += ["--role", "--log-dir", "-t", "--redirects", "--log_line_prefix_template", "--local-ranks-filter"]
    with_values += ["--duplicate-stdout-filters", "--node-rank", "--master-addr", "--master_port", "--local-addr"]
    with_values += ["--logs-specs", "--numa-binding", "--signals-to-handle", "--shutdown-timeout"]
    flags = ["--standalone", "--virtual-local-rank", "--run-path"]
    given = [word for option in with_values for word in (option, "1")]
    words = command(parse([*given, *flags, "--nproc-per-node=2", "train.py", "--role", "x"]))
    assert words == ["mpiexec", "-n", "2", sys.executable, "-m", "ferrotorch", "train.py", "--role", "x"]
    from ferrotorch.distributed import launch, run

    assert launch.main is run.main


def test_errors_are_written_for_a_launcher(tmp_path, monkeypatch):
    from ferrotorch.distributed.elastic.multiprocessing.errors import record

    @record
    def main(fails):
        if fails:
            raise KeyError("missing")
        return 3

    path = tmp_path / "error.json"
    with pytest.raises(KeyError):
        main(True)
    monkeypatch.setenv("TORCHELASTIC_ERROR_FILE", str(path))
    assert main(False) == 3 and main.__name__ == "main" and not path.exists()
    with pytest.raises(KeyError):
        main(True)
    message = json.loads(path.read_text())["message"]
    assert message["message"] == "KeyError: 'missing'" and int(message["extraInfo"]["timestamp"]) > 1.7e9
    assert 'raise KeyError("missing")' in message["extraInfo"]["py_callstack"]


@pytest.mark.parametrize("name", ["init_rpc", "rpc_sync", "rpc_async", "remote", "shutdown", "get_worker_info"])
def test_calls_of_other_processes_are_refused(name):
    from ferrotorch.distributed import rpc

    assert not rpc.is_available() and not isinstance(3, rpc.RRef)
    with pytest.raises(RuntimeError, match=rf"rpc.{name}: ferrotorch calls no functions in other processes"):
        getattr(rpc, name)("worker", print)
    with pytest.raises(RuntimeError, match="TensorPipeRpcBackendOptions: ferrotorch has none"):
        rpc.TensorPipeRpcBackendOptions()


def test_launcher_runs_a_program(tmp_path, launch):
    script = tmp_path / "script.py"
    script.write_text(
        "import os, sys, torch.distributed as dist\ndist.init_process_group()\n"
        # In one piece: what several processes print is not kept apart.
        "words = ['ok', os.environ['RANK'], dist.get_world_size(), sys.argv[1:]]\n"
        "sys.stdout.write(' '.join(map(str, words)) + '\\n')\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "ferrotorch.distributed.run", "--nproc-per-node", "2", str(script), "--flag"],
        capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.splitlines()) == [f"ok {rank} 2 ['--flag']" for rank in range(2)]
