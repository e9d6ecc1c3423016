"""Readers of files that people bring: `npy` (.npy, .npz), `csv`, `idx` (MNIST's format), `png`.

Each checks everything before it allocates memory. Damaged or wrong files raise DataError with the place in the file;
files that cannot be opened raise ResourceError. `npy_rows` reads single rows of a .npy file larger than memory.
"""
