"""Tables of plain values with some fields replaced: only these are read, and all of them are checked together."""

import pytest

from zoo_core.basics.typed_values import WrongValueError
from zoo_core.model import DataDescription
from zoo_core.parts import Column

TABLE = DataDescription(inputs=2, feature_names=["a", "b"])


def test_a_replaced_field_is_as_in_a_new_table_and_the_old_table_stays():
    new = TABLE.replaced(feature_names=["c", "d"], baseline=[1])
    assert new == DataDescription(inputs=2, feature_names=["c", "d"], baseline=[1.0])
    assert (TABLE.feature_names, TABLE.baseline) == (["a", "b"], [])
    assert type(new.baseline[0]) is float


def test_what_a_table_has_found_out_before_does_not_stay_with_a_replaced_field():
    assert TABLE.described_columns == ()
    columns = DataDescription.stored_columns([Column("a", "number"), Column("b", "boolean")])
    assert [c.kind for c in TABLE.replaced(columns=columns).described_columns] == ["number", "boolean"]


@pytest.mark.parametrize("values", [{"inputs": 0}, {"baseline": "x"}, {"unknown": 1}, {"inputs": None}])
def test_a_value_that_a_new_table_refuses_is_refused(values):
    with pytest.raises(WrongValueError, match=next(iter(values))):
        TABLE.replaced(**values)


def test_fields_that_contradict_each_other_are_refused():
    with pytest.raises(ValueError, match="2 feature_names for 3 inputs"):
        TABLE.replaced(inputs=3)
