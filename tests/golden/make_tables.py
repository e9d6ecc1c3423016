"""Makes tables.npz: small random tables with categories, dates and missing values, prepared by scikit-learn.

Numbers are filled by SimpleImputer and scaled by StandardScaler, categories go through OneHotEncoder, and what the
training rows lack is ignored. A missing category is one of its own, the last, as in `OneHotEncoder`.
"""

from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, QuantileTransformer, StandardScaler

ROWS, TRAIN, CASES = 40, 25, 12
rng = np.random.default_rng(16)
found = {"versions": np.array([f"scikit-learn {version('scikit-learn')}, pandas {version('pandas')}"])}
for case in range(CASES):
    numbers, categories = rng.integers(1, 4), rng.integers(1, 4)
    counts = rng.integers(2, 7, categories)
    x = np.column_stack([
        rng.normal(rng.normal(0, 100), rng.uniform(0.01, 50), (ROWS, numbers)).round(rng.integers(0, 5)),
        np.column_stack([rng.integers(0, count, ROWS) for count in counts]),
    ])  # fmt: skip
    x[rng.random(x.shape) < rng.choice([0, 0.1, 0.3])] = np.nan
    rule = ("median", "mean", "zero")[case % 3]
    fill = {"fill_value": 0.0, "strategy": "constant"} if rule == "zero" else {"strategy": rule}
    left = make_pipeline(SimpleImputer(**fill), StandardScaler()).fit(x[:TRAIN, :numbers]).transform(x[:, :numbers])
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(x[:TRAIN, numbers:])
    found |= {f"{case}.x": x, f"{case}.numbers": np.array(numbers), f"{case}.rule": np.array(rule)}
    found |= {f"{case}.prepared": np.hstack([left, encoder.transform(x[:, numbers:])])}
skewed = np.column_stack([rng.lognormal(size=ROWS), rng.integers(0, 6, ROWS), rng.normal(size=ROWS)])
found |= {"rank.x": skewed}
for output in ("normal", "uniform"):
    for quantiles in (10, 20):
        ranked = QuantileTransformer(n_quantiles=quantiles, output_distribution=output).fit(skewed[:TRAIN])
        found |= {f"rank.{output}.{quantiles}": ranked.transform(skewed)}
dates = pd.Series(pd.to_datetime(rng.integers(-(10**9), 2 * 10**9, ROWS), unit="s"))
scaled = np.column_stack([dates.astype("int64") / dates.astype("int64").abs().max(), dates.dt.year])
seconds = dates.dt.hour * 3600 + dates.dt.minute * 60 + dates.dt.second
shares = ((dates.dt.month - 1) / 12, dates.dt.day_of_week / 7, seconds / 86_400)
angles = [f(2 * np.pi * share) for share in shares for f in (np.sin, np.cos)]
found |= {"dates.x": (dates - pd.Timestamp(0)).dt.total_seconds().to_numpy()[:, None]}
found |= {"dates.prepared": np.column_stack([StandardScaler().fit(scaled[:20]).transform(scaled), *angles])}
np.savez_compressed(Path(__file__).with_name("tables.npz"), **found)
