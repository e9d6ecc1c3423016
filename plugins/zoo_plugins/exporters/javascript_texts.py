"""The parts of a written script that are the same for each model."""

from __future__ import annotations

START = """(function (root) {
"use strict";"""
END = """const model = { %s };
if (typeof module === "object" && module.exports) module.exports = model;
else root.%s = model;
})(typeof globalThis === "undefined" ? this : globalThis);"""
OUTPUTS = """// All that the model gives for one row, by name.
function outputs(row) {"""
PREDICT = {
    "label": "// The label of a row, or a list of them for a list of rows.\n",
    "labels": "// Which of LABELS apply, a list of true and false; for a list of rows, a list of such lists.\n",
    "values": "// The values of a row, or a list of them for a list of rows.\n",
    "values[0]": "// The value of a row, or a list of them for a list of rows.\n",
}
PROBABILITIES = """// The probability of each of LABELS; for a list of rows, a list of such arrays.
"""
EACH = """function %s(x) {
    return each(x, (row) => outputs(row).%s);
}"""
ROWS = """function each(x, compute) {
    const has_rows = x.length > 0 && (Array.isArray(x[0]) || ArrayBuffer.isView(x[0]));
    return has_rows ? Array.from(x, compute) : compute(x);
}"""
ROW = """// The texts of categories, and the places of dates, by column.
const CATEGORIES = %(categories)s;
const DATES = %(dates)s;

// A row as numbers: a category may be its text, a date a Date or a text; null is a missing value.
function numbers(row) {
    if (row.length !== %(count)d) throw new RangeError(`a row has ${row.length} entries; give %(count)d`);
    return %(array)s.from(row, number);
}

function number(value, column) {
    if (value === null || value === undefined) return NaN;
    if (typeof value === "string" && column in CATEGORIES) return category(value.trim(), CATEGORIES[column]);
    if (typeof value !== "number" && DATES.includes(column)) return seconds(value);
    if (typeof value === "string") throw new TypeError(`column ${column} takes numbers, not ${JSON.stringify(value)}`);
    return Number(value);
}

function category(name, known) {
    return name === "" ? NaN : known.indexOf(name);
}

// Seconds since 1970-01-01; a text without a zone is in UTC.
function seconds(date) {
    if (typeof date !== "string") return date / 1000;
    const iso = date.trim().replace(" ", "T");
    const time = Date.parse(iso.includes("T") && !/(Z|[+-]\\d\\d:?\\d\\d)$/i.test(iso) ? `${iso}Z` : iso);
    if (Number.isNaN(time)) throw new TypeError(`${JSON.stringify(date)} is no date such as "2024-05-31"`);
    return time / 1000;
}"""
PLAIN_ROW = """function numbers(row) {
    if (row.length !== %(count)d) throw new RangeError(`a row has ${row.length} entries; give %(count)d`);
    return %(array)s.from(row, number);
}

function number(value, column) {
    if (value === null || value === undefined) return NaN;
    if (typeof value === "string") throw new TypeError(`column ${column} takes numbers, not ${JSON.stringify(value)}`);
    return Number(value);
}"""

PROGRAM = """
const fs = require("fs"), model = require("./model.js");
const bytes = fs.readFileSync("rows"), names = process.argv.slice(3), width = Number(process.argv[2]), found = [];
const x = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
for (let at = 0; at < x.length; at += width) {
  const row = model.outputs(x.subarray(at, at + width));
  for (const name of names) found.push(...(name === "label" ? [model.LABELS.indexOf(row.label)] : row[name]));
}
fs.writeFileSync("found", Buffer.from(Float64Array.from(found).buffer));
"""


def use(name: str, file: str, members: str) -> list[str]:
    """Return how a script is used, in lines."""
    return [
        "Needs nothing. In Node.js:",
        "",
        f'    const {{ {members} }} = require("./{file}");',
        "    predict(row);  // row: an array of numbers; or a list of rows",
        "",
        f"In a web page it makes the global `{name}`: {name}.predict(row).",
    ]
