"""Groups of parameters by pattern: each has its own optimizer, rate and state; wrong patterns are refused."""

import numpy as np
import pytest

import zoo_core
from tests.helpers.specs import small_spec
from tests.plugins.comparisons import REGISTRY, make_part
from tests.plugins.optimizer_runs import NET, OptimizerRun, net, two_layers
from zoo_core.errors import SpecError, UsageError
from zoo_core.parts import Layout
from zoo_core.spec import Spec
from zoo_plugins.optimizers.parameter_groups import Share


def trained(steps=8, **options):
    part = REGISTRY.get("optimizer", "groups")(**options)
    run = OptimizerRun(part, net, NET)
    for _ in range(steps):
        run.step()
    return run.parameters


def optimizer(name, **options):
    return REGISTRY.get("optimizer", name)(**options)


@pytest.mark.parametrize("pattern", ["*.bias", "layers.0.*", "layers.?.weights", "layers.[1-9].*"])
def test_one_rule_in_two_groups_is_that_rule_over_all(pattern):
    plain = OptimizerRun(optimizer("adam"), net, NET)
    for _ in range(8):
        plain.step()
    found = trained(paths={pattern: optimizer("adam")}, base=optimizer("adam"))
    np.testing.assert_array_equal(found, plain.parameters)


def test_a_frozen_layer_stays_to_the_bit_and_the_rest_learns():
    found = trained(paths={"layers.0.*": optimizer("frozen")}, base=optimizer("adam"))
    assert [(s.view(found) == s.view(NET)).all() for s in two_layers().segments] == [True, True, False, False]


def test_each_group_follows_its_own_schedule_and_the_base_shows_its_rate():
    step = REGISTRY.get("schedule", "step")
    paths = {"*.bias": optimizer("sgd", learning_rate=step(1.0, factor=0.5, every=1))}
    part = optimizer("groups", paths=paths, base=optimizer("sgd", learning_rate=0.25))
    part.start(Layout.of({"a.bias": (1,), "a.weights": (1, 1)}))
    rates = part.learning_rate
    rates.start(3, 1)
    moves = []
    for epoch in range(3):
        parameters = np.zeros(2)
        assert rates.rate(float(epoch)) == 0.25
        part.steps += 1
        part.update(parameters, np.ones(2), 0.25, OptimizerRun(optimizer("sgd")))
        moves.append(parameters)
    np.testing.assert_array_equal(moves, [[-1, -0.25], [-0.5, -0.25], [-0.25, -0.25]])


def test_a_schedule_in_a_group_sees_the_records():
    plateau = REGISTRY.get("schedule", "on_plateau")(monitor="train_loss", patience=0, factor=0.5)
    part = optimizer("groups", paths={"*.bias": optimizer("sgd", learning_rate=plateau)})
    part.start(two_layers())
    rates = part.learning_rate
    rates.start(9, 1)
    for epoch in range(3):
        rates.observe({"epoch": epoch, "train_loss": 1.0})
    assert plateau.current == plateau.initial / 4


def test_a_pattern_without_a_parameter_is_refused_with_the_paths():
    with pytest.raises(SpecError, match=r"'layers.0.biass' matches no.*did you mean 'layers.0.bias'.*layers.1.bias\)"):
        trained(paths={"layers.0.biass": optimizer("frozen")})


def test_two_patterns_for_one_parameter_are_refused():
    with pytest.raises(SpecError, match=r"'\*.bias' and 'layers.0.\*' both match layers.0.bias; make one narrower"):
        trained(paths={"layers.0.*": optimizer("frozen"), "*.bias": optimizer("adam")})


def test_a_rule_that_evaluates_again_goes_around_groups():
    with pytest.raises(UsageError, match="goes around groups, not into them"):
        trained(paths={"*.bias": optimizer("sam")})
    part = optimizer("sam", base=optimizer("groups", paths={"*.bias": optimizer("adam")}))
    assert np.isfinite(OptimizerRun(part, net, NET).step()).all()


def test_a_share_of_adjoining_arrays_is_a_view_and_others_come_back_from_a_copy():
    form, vector = two_layers(), np.arange(float(len(NET)))
    together, apart = Share(form, list(form.segments[1:3])), Share(form, [form.segments[1], form.segments[3]])
    assert np.shares_memory(together.gather(vector), vector)
    own = apart.gather(vector)
    own *= -1
    apart.put(own, vector)
    signs = [np.sign(segment.view(vector)).ravel()[-1] for segment in form.segments]
    assert signs == [1, -1, 1, -1]
    assert [s.path for s in apart.layout.segments] == ["layers.0.bias", "layers.1.bias"]


GROUPS = {
    "name": "groups",
    "base": {"name": "muon", "learning_rate": {"name": "cosine", "initial": 0.02}},
    "paths": {"layers.*.bias": {"name": "adamw", "weight_decay": 0.0}, "layers.1.weights": "frozen"},
}
SPEC = small_spec(optimizer=GROUPS)


def test_groups_in_a_spec_train_save_and_come_back(tmp_path):
    model = zoo_core.train(SPEC)
    model.save(tmp_path / "m.npz")
    again = zoo_core.load(tmp_path / "m.npz")
    assert again.spec.to_dict() == model.spec.to_dict()
    assert {p["name"] for p in again.plugins} >= {"groups", "muon", "adamw", "frozen", "cosine"}
    assert Spec.parse(again.spec.to_dict()).optimizer.paths["layers.1.weights"].name == "frozen"
    assert model.history[-1]["learning_rate"] < 0.02
    start = zoo_core.prepare(SPEC).model.network.state()
    now = model.network.state()
    assert (start["layers.1.weights"] == now["layers.1.weights"]).all()
    assert not (start["layers.0.weights"] == now["layers.0.weights"]).all()


def test_two_runs_of_one_spec_share_no_state():
    first, second = zoo_core.train(SPEC), zoo_core.train(SPEC)
    spec = Spec.parse(SPEC)
    third, fourth = zoo_core.train(spec), zoo_core.train(spec)
    weights = [m.network.parameters for m in (first, second, third, fourth)]
    assert all((w == weights[0]).all() for w in weights)


def test_options_inside_a_group_are_checked_with_their_place():
    with pytest.raises(SpecError, match=r"optimizer\.paths\.\*\.bias\.weight_decay: must be below 1, not 2"):
        Spec.parse(small_spec(optimizer={"name": "groups", "paths": {"*.bias": {"name": "adamw", "weight_decay": 2}}}))
    assert make_part("optimizer", 'groups {"paths": {"*": "adam"}}').paths["*"].name == "adam"
