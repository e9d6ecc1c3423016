"""Data sets: generated glyphs, MNIST and Fashion-MNIST, and your own files of arrays or tables."""
