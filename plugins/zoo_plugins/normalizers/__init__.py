"""Normalizers: they rescale a layer's matrix product before the activation."""
