"""Text for the terminal: numbers, tables, JSON, curves of braille dots, and whole pages.

Nothing prints except `print_json`; everything else returns text or an object for Rich to print.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_core import _lazy_names

if TYPE_CHECKING:
    from zoo_core.display.text._braille import Curve as Curve, curve_legend as curve_legend, draw_curves as draw_curves
    from zoo_core.display.text._conformance import conformance_report as conformance_report
    from zoo_core.display.text._encoding import replace_unencodable as replace_unencodable
    from zoo_core.display.text._explanation import explanation_page as explanation_page
    from zoo_core.display.text._parts import PartList as PartList, part_page as part_page
    from zoo_core.display.text._report import report_tables as report_tables
    from zoo_core.display.text._table import text_table as text_table
    from zoo_core.display.text._values import (
        format_count as format_count,
        format_duration as format_duration,
        format_number as format_number,
        print_json as print_json,
        printable as printable,
    )
    from zoo_core.display.text._wide_table import WideTable as WideTable

_MODULES = {
    "_braille": "Curve curve_legend draw_curves",
    "_conformance": "conformance_report",
    "_encoding": "replace_unencodable",
    "_explanation": "explanation_page",
    "_parts": "PartList part_page",
    "_report": "report_tables",
    "_table": "text_table",
    "_wide_table": "WideTable",
    "_values": "format_count format_duration format_number print_json printable",
}
__all__, __dir__, __getattr__ = _lazy_names(__name__, _MODULES)
