"""Data on its way to the network: files, readers, splits, batches and preprocessor."""
