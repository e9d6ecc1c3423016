"""Readers of files that users bring, one module for each format.

- `npy`: NumPy's .npy and .npz files; `npy_rows` reads single rows of a .npy file that is larger than memory
- `csv`: tables of text, for training; `features`: tables to predict from,
  which `feature_table` reads block by block
- `table_format`: how a table is written; `find_format`: finds it out; `table_reader`: reads header and rows by it
- `columns`: a table as typed columns, each of numbers or of texts; `values`: these as the numbers that a model takes;
  `described`: a table whose columns have kinds; `dates`: dates in texts
- `tables`: which reader reads a table, by the ending of its file; `survey`: what its columns hold
- `rows_apart`: groups and times of rows, which keep them apart when they are split
- `idx`: the format of MNIST, gzipped or plain
- `png`: a picture as one row of grey pixels
- `inputs`: a file of any of these formats but `idx`, as inputs for a model

All check a file before they allocate memory for it. DataError says what is wrong and where in the file;
ResourceError says that the file cannot be opened.
"""
