"""Parts of transformations of graphs."""
