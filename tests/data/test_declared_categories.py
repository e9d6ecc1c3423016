"""What a file of Parquet or Arrow declares to be of categories is that for `zoo new`, as it is in a frame."""

from __future__ import annotations

import base64
import zlib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import zoo_core
from tests.runs.test_frame_columns import spec
from zoo_core.data.readers._columns_text import ColumnsText
from zoo_core.data.readers.tables import read_table
from zoo_core.errors import UsageError
from zoo_core.spec.from_csv import guess

core, library = pytest.importorskip("arro3.core"), pytest.importorskip("arro3.io")

N = 60
CODES = [at * 7 % 5 for at in range(N)]
LABELS = ["yes" if code in (1, 4) else "no" for code in CODES]  # no linear function of the number
TYPE = core.DataType
WRITERS = {"t.parquet": library.write_parquet, "t.feather": library.write_ipc}


def dictionary(values: Any, kind: Any) -> Any:
    return core.Array(values, kind).cast(TYPE.dictionary(TYPE.int8(), kind))


@pytest.fixture(params=WRITERS)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a file of columns that are declared, and of such that are not; Parquet encodes both as dictionaries."""
    texts = [f"n{at}" for at in range(N)]
    columns = {
        "whole": dictionary(CODES, TYPE.int64()),
        "gaps": dictionary([code or None for code in CODES], TYPE.int16()),
        "fractions": dictionary([code / 2 for code in CODES], TYPE.float64()),
        "texts": dictionary(texts, TYPE.large_utf8()),
        "plain": core.Array(CODES, TYPE.int64()),
        "other": core.Array(texts, TYPE.large_utf8()),
        "y": dictionary(LABELS, TYPE.utf8()),
    }
    path = tmp_path / str(request.param)
    WRITERS[path.name](core.Table.from_pydict(columns), path)
    return path


def test_declared_columns_are_categories_and_others_are_what_they_hold(path: Path) -> None:
    kinds = {finding.name: finding.kind for finding in guess(path).kinds}
    declared = dict.fromkeys(("whole", "gaps", "fractions", "texts"), "category")
    assert kinds == {**declared, "plain": "number", "other": "id"}


def test_the_user_wins(path: Path) -> None:
    kinds = {f.name: f.kind for f in guess(path, told={"columns": {"whole": "number"}, "group": "gaps"}).kinds}
    assert (kinds["whole"], kinds["gaps"], kinds["texts"]) == ("number", "ignore", "category")
    with pytest.raises(UsageError, match="no such kind"):
        guess(path, told={"columns": {"whole": "sort"}})


def test_a_frame_with_the_same_columns_gives_the_same_model(path: Path) -> None:
    codes = {"whole": CODES, "fractions": [code / 2 for code in CODES]}
    frame = pd.DataFrame({**{name: pd.Categorical(values) for name, values in codes.items()}, "y": LABELS})
    columns = {finding.name: finding.kind for finding in guess(path, told={"features": list(codes)}).kinds}
    of_file = zoo_core.train(spec(name="csv", path=str(path), target="y", features=list(codes), columns=columns))
    of_frame = zoo_core.train(spec(), data=frame, target="y")
    assert of_file.about.columns == of_frame.about.columns
    assert of_file.predict(frame).tolist() == of_frame.predict(frame).tolist() == LABELS


# A file of pyarrow, in base 85, which packs the columns b and t of four rows with zlib. Both are dictionaries.
OF_PYARROW = (
    "c-mD`O;5r=5S<p%G)j;Vx9JiNTxdcpC<cr%aM&th6B=6*VmKlp;K5Q$wd&9DSNQXs*@EJ1y7RH`&AevU7vnYqR%At+=@@8Cs{(+E"
    "U+z$2c~)VS5jrSm#c-X&{bR8~Y?+mbRN5!$ijq5EdEV=Sscq(~#q*5ifk9n0l}BI&@<|;=gg10v<+cS?2E48TM+C#7(J?xf?qU^}"
    "3cZHLEmcE2Aq%_<S_z?vgoZ|F#a6FjlSBmLRw9mZ%#j5;P5Dv`-O|wkubKrh9^XG)Wy;KN^_1*HkWIv%T`z?v#8fzeaD`ZB#UKz4"
    "`Qay$E(fx<q&%QV=82C-DPbqFpHG{U{+?$>p>rnZAd;G3UzhS5@gExR`iX%&k0^h~krF?p)*g{>Wglsdv!YNc6?d8NztI#9Wh*xm"
    "Ps615wt76NC(ZO^oE>ia|DxXqvlh+bm)AwooJUb}7RT$f_O^&OPwTLDe$hH>wYiO#O!s_*55vcI_5(pieGU"
)


def test_categories_that_are_true_and_false_are_read_from_parquet(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(zlib.decompress(base64.b85decode(OF_PYARROW)))
    _, raw = read_table(tmp_path / "t.parquet")
    assert isinstance(raw, ColumnsText)
    assert raw.start(100) == b"b,t\r\nfalse,no\ntrue,yes\n,no\ntrue,yes\n"
    assert (raw.texts, raw.categories) == (("t",), ("b", "t"))
