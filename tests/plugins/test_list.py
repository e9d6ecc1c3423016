"""Every part that a user of Keras, PyTorch or scikit-learn expects exists, has its usual name, and has one shape."""

import ast
import inspect
import re
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

import zoo_plugins
from tests.helpers.builtin import PARTS
from zoo_core.parts import KINDS
from zoo_core.registry import Registry
from zoo_plugins import notebook

EXPECTED = {
    "activation": """
        identity sigmoid tanh relu leaky_relu relu6 elu selu celu softplus softsign exponential log_sigmoid gelu
        silu mish hard_sigmoid hard_tanh hard_silu squareplus sparse_plus sparse_sigmoid hard_shrink soft_shrink
        tanh_shrink threshold clipped_linear dish quick_gelu hard_mish softmax log_softmax sparsemax prelu rrelu
        maxout glu swiglu geglu reglu""",
    "optimizer": """
        sgd adam adamw radam nadam adamax rmsprop adagrad adadelta adafactor lion lamb lars ftrl muon
        schedule_free_adamw lbfgs adabelief adan clip ema accumulate lookahead sam groups""",
    "regularizer": """
        l1 l2 l1_l2 orthogonal max_norm non_neg unit_norm min_max_norm dropout alpha_dropout gaussian_dropout
        gaussian_noise activity_l1 activity_l2 label_smoothing mixup""",
    "normalizer": "batch_norm layer_norm rms_norm",
    "preprocessor": "standard weighted_standard min_max fixed",
    "initializer": """
        zeros ones constant uniform normal truncated_normal glorot_uniform glorot_normal he_uniform he_normal
        lecun_uniform lecun_normal variance_scaling orthogonal identity sparse lsuv depth_scaled""",
    "loss": """
        cross_entropy binary_cross_entropy mse mae huber log_cosh mape msle poisson hinge squared_hinge
        categorical_hinge kl_divergence focal dice tversky cosine quantile ordinal""",
    "schedule": """
        constant inverse_scaling adaptive inverse_time exponential step piecewise polynomial cosine cosine_restarts
        warmup_linear triangular compounding one_cycle inverse_sqrt wsd on_plateau""",
    "metric": """
        accuracy subset_accuracy top_k_accuracy balanced_accuracy precision recall f1 confusion_matrix roc_auc
        log_loss brier expected_calibration_error mse rmse mae r2""",
    "callback": "early_stopping stop_at time_limit stop_on_nan",
    "dataset": "glyphs mnist fashion_mnist csv npz idx",
    "generator": "pcg64",
}
MORE = {
    "optimizer": {"frozen"},
    "preprocessor": {"none", "pixels", "one_hot", "date_parts", "table", "rank"},
    "dataset": {"npy", "arrays"},
}
LOOKAHEAD = Path(zoo_plugins.__file__).parents[1] / "zoo-lookahead"  # the plugin that stands beside the built-in parts
MODULES = [
    m.name.removeprefix("zoo_plugins.")
    for m in walk_packages(zoo_plugins.__path__, "zoo_plugins.")
    if not m.ispkg and "._" not in m.name and not m.name.startswith(("zoo_plugins.notebook", "zoo_plugins.exporters"))
]


@pytest.mark.parametrize("kind", KINDS)
def test_the_parts_are_those_of_the_list(kind, monkeypatch):
    monkeypatch.syspath_prepend(LOOKAHEAD)
    others = import_module("zoo_lookahead").zoo_parts()
    parts = [part for part in (*PARTS, *others) if part not in notebook.PARTS]
    names = [part.name for part in parts if part.kind == kind]
    assert len(names) == len(set(names))
    assert set(names) == set(EXPECTED[kind].split()) | MORE.get(kind, set())


@pytest.mark.parametrize("kind", KINDS)
def test_each_is_found_by_its_name(kind):
    registry = Registry()
    for name in set(EXPECTED[kind].split()) - {"lookahead"}:
        assert registry.get(kind, name).name == name


def test_every_module_is_listed():
    assert {module for modules in zoo_plugins.PARTS_BY_KIND.values() for module in modules} == {*MODULES, "notebook"}


@pytest.mark.parametrize("module_name", MODULES)
def test_a_module_ends_with_its_parts(module_name):
    module = import_module(f"zoo_plugins.{module_name}")
    tree = ast.parse(inspect.getsource(module))
    assert ast.unparse(tree.body[-1]).startswith("PARTS = ")
    assert len({part.kind for part in module.PARTS}) == 1
    assert all(part.__module__ == module.__name__ for part in module.PARTS)


@pytest.mark.parametrize("part", [p for p in PARTS if p not in notebook.PARTS], ids=lambda p: f"{p.kind}-{p.name}")
def test_a_part_reads_name_then_state_then_options_then_methods(part):
    (body,) = [n.body for n in ast.parse(inspect.getsource(part)).body if isinstance(n, ast.ClassDef)]
    order = {ast.Expr: 0, ast.Assign: 1, ast.AnnAssign: 2, ast.FunctionDef: 3}
    places = [order[type(node)] for node in body]
    assert places == sorted(places)
    assert ast.unparse(body[1]).startswith("name = ")


COMPUTING = [p for p in PARTS if p not in notebook.PARTS and p.kind not in ("callback", "dataset", "generator")]
OWN = {"frozen", "none", "pixels", "fixed"}  # of nobody's invention
SOURCE = re.compile(r"(1[789]|20)\d\d\b|Keras|PyTorch|thinc|timm|scikit-learn|optax")


@pytest.mark.parametrize("part", COMPUTING, ids=lambda p: f"{p.kind}-{p.name}")
def test_a_part_says_what_it_computes_on_which_shapes_and_whose_it_is(part):
    text = inspect.getdoc(part)
    assert len(text.split()) >= 4
    assert part.shapes
    assert part.name in OWN or SOURCE.search(text)
