"""Quantization of models as graphs: layers joined, observers put in, operations exchanged."""
