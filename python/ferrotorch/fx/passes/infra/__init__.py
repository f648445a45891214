"""What transformations of graphs are, and how several are run."""
