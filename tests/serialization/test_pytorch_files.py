"""Files that PyTorch wrote."""

import io
import pickletools
import struct
import zipfile

import ferrotorch as torch
import pytest
from expected import DATA, EXPECTED, assert_equal, content
from ferrotorch import nn

FILES = sorted(name for name, entry in EXPECTED.items() if name.endswith(".pt") and "content" in entry)
ZIPS = [name for name in FILES if name != "legacy.pt"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("options", [{}, {"weights_only": False}, {"map_location": "cpu"}])
def test_loads(name, options):
    assert_equal(torch.load(DATA / name, **options), content(name))


@pytest.mark.parametrize("name", ZIPS)
def test_loads_mapped(name):
    before = (DATA / name).read_bytes()
    loaded = torch.load(str(DATA / name), mmap=True)
    assert_equal(loaded, content(name))
    if name == "tensor.pt":
        loaded.fill_(7)
    assert (DATA / name).read_bytes() == before


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_what_was_loaded_can_be_saved_and_loaded_again(name, protocol):
    file = io.BytesIO()
    torch.save(torch.load(DATA / name), file, pickle_protocol=protocol)
    file.seek(0)
    assert_equal(torch.load(file), content(name))


def test_views_share_their_storage_and_keep_their_strides():
    loaded = torch.load(DATA / "views.pt")
    loaded["base"][1] = 77
    assert loaded["view"].flatten()[1].item() == 77
    assert loaded["transposed"].stride() == (1, 4)
    tied = torch.load(DATA / "tied.pt")
    assert tied["embed"].data_ptr() == tied["head"].data_ptr()


def test_state_dict_drives_the_model():
    net = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))
    net.load_state_dict(torch.load(DATA / "state_dict.pt"))
    from expected import decode

    forward = EXPECTED["state_dict.pt"]["forward"]
    with torch.no_grad():
        output = net.eval()(decode(forward["input"]))
    assert torch.allclose(output, decode(forward["output"]), atol=1e-6)


def test_training_checkpoint_loads_into_optimizer_and_scheduler():
    saved = torch.load(DATA / "training.pt")
    net = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))
    net.load_state_dict(saved["model"])
    groups = [
        {"params": list(net[0].parameters())},
        {"params": [*net[1].parameters(), *net[3].parameters()], "lr": 0.003},
    ]
    optimizer = torch.optim.AdamW(groups, lr=0.01)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
    optimizer.load_state_dict(saved["optimizer"])
    scheduler.load_state_dict(saved["scheduler"])
    assert scheduler.last_epoch == 3 and optimizer.state[net[0].weight]["step"].item() == 3
    net(torch.ones(3, 4)).sum().backward()
    optimizer.step()
    scheduler.step()
    assert optimizer.state[net[0].weight]["step"].item() == 4


def test_parameters_stay_parameters():
    loaded = torch.load(DATA / "parameter.pt")
    assert isinstance(loaded["p"], nn.Parameter) and loaded["p"].requires_grad
    assert loaded["needs"].requires_grad and not loaded["buffer"].requires_grad


def test_old_format_cannot_be_mapped():
    with pytest.raises(RuntimeError, match="zip format"):
        torch.load(DATA / "legacy.pt", mmap=True)


def test_a_conjugated_tensor_in_the_old_format():
    assert torch.load(DATA / "conjugated_legacy.pt").tolist() == [1 - 2j]


def test_whole_modules():
    lstm, attention = torch.load(DATA / "modules.pt", weights_only=False)
    assert type(attention) is nn.MultiheadAttention
    outputs = [lstm(torch.ones(2, 1))[0].flatten(), attention(*[torch.ones(1, 2)] * 3)[0].flatten()]
    expected = torch.tensor([[-0.067209, -0.097761], [-0.292509, 0.098736]])
    torch.testing.assert_close(torch.stack(outputs), expected, rtol=0, atol=1e-5)


def test_modules_are_written_under_pytorchs_names():
    file = io.BytesIO()
    torch.save(nn.ModuleList([nn.MultiheadAttention(2, 1), nn.TransformerEncoderLayer(2, 1)]), file)
    with zipfile.ZipFile(file) as archive:
        (pickled,) = (archive.read(name) for name in archive.namelist() if name.endswith("data.pkl"))
    names = {argument for code, argument, _ in pickletools.genops(pickled) if code.name == "GLOBAL"}
    assert "torch.nn.modules.activation MultiheadAttention" in names and "torch.nn.functional relu" in names
    file.seek(0)
    assert isinstance(torch.load(file, weights_only=False)[0], nn.MultiheadAttention)


@pytest.mark.parametrize("weights_only", [False, True])
@pytest.mark.parametrize(("encoding", "text"), [("utf-8", "\u017c"), ("bytes", b"\xc5\xbc")])
def test_strings_of_python_2(weights_only, encoding, text):
    """Strings in a file that Python 2 wrote, storages' keys too, are bytes where that is asked for."""
    header = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}U\rlittle_endian\x88s."
    tensor = (
        b"ctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nFloatStorage\nU\x015U\x03cpuK\x02NtQ"
        b"K\x00K\x02\x85K\x01\x85\x89NtR"
    )
    data = header + b"\x80\x02](U\x02\xc5\xbc" + tensor + b"e.\x80\x02]U\x015a." + struct.pack("<qff", 2, 1.5, -2.0)
    loaded = torch.load(io.BytesIO(data), weights_only=weights_only, encoding=encoding)
    assert loaded[0] == text
    assert loaded[1].tolist() == [1.5, -2.0]
