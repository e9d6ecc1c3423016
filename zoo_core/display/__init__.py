"""Display: everything that people see of a run, a model or a part. Nothing here computes for training.

`progress/` shows a run while it trains: a live view on a terminal, plain lines elsewhere, warnings alone if asked.
`plots/` draws Matplotlib figures: learning curves, confusion matrices, weights, single parts.
`text/` formats numbers, tables and pages for the terminal.
`notebook.py` shows a run in a notebook; `samples.py` computes the curves that show a part.
"""
