"""How fast is the zoo, next to what the matrix products alone cost and next to every peer that is installed?

    python -m tests.benchmarks            # everything, a few minutes
    python -m tests.benchmarks A C        # some workloads
    python -m tests.benchmarks growth     # how the time of a step grows, as a plot

Each competitor runs in a process of its own; the processes take turns, so that what else the machine does hits all
alike, and ratios are taken within a round. `contract.py` says what a competitor is: one class in one file of
`competitors`. Everything here measures; nothing here is collected as a test.
"""
