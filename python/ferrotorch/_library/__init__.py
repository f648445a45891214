"""Ops that programs define: their schemas, what they are made of, and how they are called."""
