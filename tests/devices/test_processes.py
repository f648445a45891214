"""GPUs and the life of the process: forks, threads, the end, what is printed."""

import os
import subprocess
import sys
import textwrap

import pytest


def run(text: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a program by itself, without the variables that make windows possible."""
    windows = ("XDG_RUNTIME_DIR", "WAYLAND_DISPLAY", "DISPLAY")
    env = {k: v for k, v in os.environ.items() if k not in windows} | environment
    program = "import ferrotorch as torch\n" + textwrap.dedent(text)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=240, env=env)


def test_opening_a_gpu_prints_nothing(gpu):
    done = run("""
        import os
        x = torch.ones(3, device="wgpu").sum().item()
        assert x == 3 and "NODEVICE_SELECT" not in os.environ
        torch.wgpu.get_device_name()
    """)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_forked_child_refuses_the_gpu_of_its_parent(gpu):
    done = run("""
        import os
        x = torch.ones(8, device="wgpu")
        x.sum().item()
        pid = os.fork()
        if pid == 0:
            bad = 0
            for use in [
                lambda: torch.ones(3, device="wgpu"), lambda: x + 1, lambda: x.tolist(), lambda: x.fill_(2),
                lambda: torch.ones(3).to("wgpu"), lambda: torch.wgpu.synchronize(), lambda: repr(x),
            ]:
                try:
                    use()
                    bad += 1
                except RuntimeError as error:
                    bad += "Cannot re-initialize the GPU in forked subprocess" not in str(error)
            assert torch.ones(3).sum().item() == 3
            del x
            os._exit(bad)
        assert os.waitpid(pid, 0)[1] == 0
        assert (x + 1).sum().item() == 16
    """)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_child_may_use_a_gpu_that_its_parent_has_not(gpu):
    done = run("""
        import os
        pid = os.fork()
        if pid == 0:
            os._exit(int(torch.ones(3, device="wgpu").sum().item()))
        assert os.waitpid(pid, 0)[1] == 3 << 8
    """)
    assert (done.returncode, done.stderr) == (0, "")


def test_workers_of_a_loader_refuse_the_gpu(gpu):
    done = run("""
        from ferrotorch.utils.data import DataLoader
        class Data(torch.utils.data.Dataset):
            def __len__(self): return 4
            def __getitem__(self, i): return torch.ones(2, device="wgpu") * i
        torch.ones(8, device="wgpu").sum().item()
        try:
            list(DataLoader(Data(), num_workers=1, multiprocessing_context="fork"))
        except RuntimeError as error:
            assert "Cannot re-initialize the GPU in forked subprocess" in str(error)
        else:
            raise SystemExit("no error")
    """)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_program_ends_with_work_pending(gpu):
    done = run("""
        x = torch.ones(64, 64, device="wgpu")
        for _ in range(30):
            x = x @ x / 64
    """)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_bad_index_is_not_lost_at_the_end(gpu):
    done = run("""
        y = torch.ones(3, device="wgpu")[torch.tensor([5], device="wgpu")]
    """)
    assert "index 5 is out of bounds for dimension 0 with size 3" in done.stderr


@pytest.mark.parametrize("synchronous", ["0", "1"])
def test_errors_can_be_raised_where_they_come_from(gpu, synchronous):
    done = run(
        """
        x = torch.ones(3, device="wgpu")
        try:
            y = x[torch.tensor([5], device="wgpu")]
        except IndexError:
            print("at once")
        try:
            x.sum().item()
        except IndexError:
            print("later")
        try:
            torch.nn.functional.cross_entropy(torch.ones(1, 3, device="wgpu"), torch.tensor([7], device="wgpu")).item()
        except IndexError as error:
            print(error)
        """,
        FERROTORCH_WGPU_SYNC=synchronous,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["at once" if synchronous == "1" else "later", "Target 7 is out of bounds."]


def test_other_threads_run_while_a_value_is_waited_for(gpu):
    done = run("""
        import threading, time
        a = torch.rand(400, 400, device="wgpu")
        (a @ a)[0, 0].item()
        gaps, over = [0.0], threading.Event()
        def watch():
            last = time.perf_counter()
            while not over.is_set():
                time.sleep(0.001)
                now = time.perf_counter()
                gaps.append(now - last)
                last = now
        for read in [lambda x: x[0, 0].item(), lambda x: x[:2].cpu(), lambda x: x[:2].tolist(), lambda x: repr(x[:2]),
                     lambda x: bool(x[0, 0] > 0), lambda x: x[:2].numpy(force=True), lambda x: x[:2].to("cpu")]:
            over.clear()
            gaps[:] = [0.0]
            product = a @ a @ a
            thread = threading.Thread(target=watch)
            thread.start()
            begin = time.perf_counter()
            read(product)
            taken = time.perf_counter() - begin
            over.set()
            thread.join()
            assert taken < 0.2 or max(gaps) < taken / 2, (taken, max(gaps))
    """)
    assert (done.returncode, done.stderr) == (0, "")


def test_uploads_do_not_pile_up(gpu):
    done = run("""
        import resource
        h = torch.ones(1 << 20)
        h.to("wgpu").sum().item()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for _ in range(150):
            x = h.to("wgpu")
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10
        assert grown < 300, f"{grown} MiB"
        assert x.sum().item() == 1 << 20
    """)
    assert (done.returncode, done.stderr) == (0, "")
