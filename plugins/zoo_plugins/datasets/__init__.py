"""Data sets: the embedded glyphs, files of arrays, and tables."""
