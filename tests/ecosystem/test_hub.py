"""Models from folders, and files that were loaded or lie on this machine."""

import hashlib
from urllib.error import URLError

import ferrotorch as torch
import pytest

HUBCONF = """
dependencies = ["math"]
from helper import value

def model(n, pretrained=False):
    "A model."
    import torch
    return value * n, pretrained
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(torch.hub, "_folder", None)
    return tmp_path


def test_local_repositories(home):
    (home / "hubconf.py").write_text(HUBCONF.replace("    import torch\n", ""))
    (home / "helper.py").write_text("value = 7\n")
    assert torch.hub.load(str(home), "model", 3, source="local", pretrained=True) == (21, True)
    assert torch.hub.list(str(home), source="local") == ["model"]
    assert torch.hub.help(str(home), "model", source="local") == "A model."
    with pytest.raises(RuntimeError, match="Cannot find callable nothing in hubconf"):
        torch.hub.load(str(home), "nothing", source="local")
    with pytest.raises(FileNotFoundError, match="hubconf"):
        torch.hub.load(str(home / "empty"), "model", source="local")
    (home / "hubconf.py").write_text("dependencies = ['no_such_package_here']\n")
    with pytest.raises(RuntimeError, match="Missing dependencies: no_such_package_here"):
        torch.hub.list(str(home), source="local")


def test_files_are_kept_and_checked(home, capsys):
    source = home / "net.pt"
    torch.save({"weight": torch.arange(3)}, source)
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    named = source.rename(home / f"net-{digest[:8]}.pt")
    url = named.as_uri()
    state = torch.hub.load_state_dict_from_url(url, progress=False, check_hash=True)
    assert state["weight"].tolist() == [0, 1, 2] and "Downloading" in capsys.readouterr().err
    named.unlink()
    again = torch.utils.model_zoo.load_url(url, progress=False)
    assert again["weight"].tolist() == [0, 1, 2]
    assert (home / "home" / "hub" / "checkpoints" / named.name).exists() and torch.hub.get_dir().endswith("home/hub")


def test_a_wrong_hash_leaves_nothing(home):
    (home / "a-12345678.bin").write_bytes(b"abc")
    with pytest.raises(RuntimeError, match="invalid hash value"):
        torch.hub.download_url_to_file((home / "a-12345678.bin").as_uri(), str(home / "copy"), "12345678", False)
    assert not (home / "copy").exists() and len(list(home.iterdir())) == 1


def test_what_cannot_be_reached_says_where_to_put_it(home):
    with pytest.raises(URLError, match=r"put the file at .*x\.pt by hand"):
        torch.hub.load_state_dict_from_url("http://localhost:9/x.pt", progress=False)
    with pytest.raises(ValueError, match="'owner/name'"):
        torch.hub.load("justaname", "model")


def test_code_from_the_net_is_asked_about(home, monkeypatch):
    folder = home / "home" / "hub"
    asked, answers = [], iter(["n", "what", "y", "n"])
    monkeypatch.setattr("builtins.input", lambda text: (asked.append(text), next(answers))[1])
    monkeypatch.setattr(torch.hub, "_get_cache_or_reload", lambda *_: str(home))
    (home / "hubconf.py").write_text(HUBCONF.replace("    import torch\n", ""))
    (home / "helper.py").write_text("value = 7\n")
    with pytest.raises(Exception, match="Untrusted repository"):
        torch.hub.load("somebody/models", "model", 3)
    with pytest.raises(ValueError, match="Unrecognized response what"):
        torch.hub.list("somebody/models")
    assert torch.hub.help("somebody/models", "model") == "A model."
    assert len(asked) == 3 and "somebody_models does not belong to the list" in asked[0]
    assert (folder / "trusted_list").read_text() == "somebody_models\n"
    assert torch.hub.load("somebody/models:v2", "model", 2) == (14, False)
    with pytest.raises(Exception, match="Untrusted repository"):
        torch.hub.list("somebody/models", trust_repo=False)
    assert torch.hub.list("pytorch/vision") == ["model"]
    (folder / "other_net_main").mkdir()
    assert torch.hub.list("other/net") == ["model"]
    assert torch.hub.list("third/net", trust_repo=True) == ["model"] and len(asked) == 4
