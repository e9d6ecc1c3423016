"""Networks of the zoo as scikit-learn estimators.

Reading order: `_spec` (parameters to a spec), `_rows` (arrays to tables), `_targets` (classes),
`_estimator` (fit and predict), `_classifier`, `_regressor`.
"""

from zoo_sklearn._classifier import ZooClassifier as ZooClassifier
from zoo_sklearn._regressor import ZooRegressor as ZooRegressor

__all__ = ["ZooClassifier", "ZooRegressor"]
