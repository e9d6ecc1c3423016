"""Readers of files that users bring, one module for each format.

- `npy`: NumPy's .npy and .npz files; `npy_rows` reads single rows of a .npy file that is larger than memory
- `csv`: tables of numbers with a column of labels; `_cells.py` says which texts are numbers
- `idx`: the format of MNIST, gzipped or plain
- `png`: a picture as one row of grey pixels
- `inputs`: a file of any of these formats but `idx`, as inputs for a model

All check a file before they allocate memory for it. DataError says what is wrong and where in the file;
ResourceError says that the file cannot be opened.
"""
