"""Normalizers of a layer's matrix product."""
