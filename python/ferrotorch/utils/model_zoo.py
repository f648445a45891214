"""The older place of :func:`ferrotorch.hub.load_state_dict_from_url`."""

from ferrotorch.hub import load_state_dict_from_url as load_url
from ferrotorch.hub import tqdm

__all__ = ["load_url", "tqdm"]
