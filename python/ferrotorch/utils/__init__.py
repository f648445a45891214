"""Tools around training: data loading, checkpointing, hooks, file formats."""
