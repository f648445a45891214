"""The file format of `save` and `load`: names, pickles and archives."""
