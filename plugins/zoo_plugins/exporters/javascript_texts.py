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
    return each(x, (found) => found.%s);
}"""
ROWS = """function each(x, choose) {
    const has_rows = x.length > 0 && (Array.isArray(x[0]) || ArrayBuffer.isView(x[0]));
    return has_rows ? Array.from(x, (row) => choose(finite(row))) : choose(finite(x));
}

// The outputs of a row. A value that is missing, unknown or huge, and that the model does not take, is an error.
function finite(row) {
    const found = outputs(row);
    if (found.%s.every(Number.isFinite)) return found;
    throw new RangeError("a value of the row is missing, unknown or huge, and the model takes no such");
}"""
NUMBERS = """// A row as numbers%(takes)s; null is a missing value.
function numbers(row) {
    if (row.length !== %(count)d) throw new RangeError(`a row has ${row.length} entries; give %(count)d`);
    const found = new %(array)s(%(count)d);
    for (let j = 0; j < %(count)d; j++) found[j] = number(row[j], j);
    return found;
}"""
NUMBER = """function number(value, column) {
    if (value === null || value === undefined) return NaN;
    const found = typeof value === "string" ? NaN : Number(value);
    if (typeof value === "string" || Math.abs(found) === Infinity) {
        const shown = typeof value === "string" ? JSON.stringify(value) : value;
        throw new TypeError(`column ${column} takes numbers, not ${shown}`);
    }
    return found;
}"""
TABLE = """// What the columns are, by their places: texts of categories, and the order of day, month and year in dates.
const CATEGORIES = %(categories)s;
const DATES = %(dates)s;
const BOOLEANS = %(booleans)s;
const MISSING = %(missing)s;
const TRUTHS = %(truths)s;
const TIME = /[T\\s,]+(\\d{1,2}):(\\d{2})(?::(\\d{2})(?:[.,](\\d+))?)?\\s?(?:Z|UTC|([+-]\\d{2}):?(\\d{2})?)?$/;
const WHOLE = /^[+-]?\\d{1,15}(\\.0*)?$/;

function number(value, column) {
    if (value === null || value === undefined || MISSING.includes(value)) return NaN;
    if (column in CATEGORIES && typeof value === "boolean") value = value ? "True" : "False";
    const found = typeof value === "string" ? read(value.trim(), column)
        : value instanceof Date ? value / 1000 : Number(value);
    const last = column in CATEGORIES ? CATEGORIES[column].length - 1 : 1, first = column in CATEGORIES ? -1 : 0;
    const is_code = column in CATEGORIES || column in BOOLEANS;
    if (Number.isNaN(found) || (is_code ? Number.isInteger(found) && found >= first && found <= last
        : Math.abs(found) !== Infinity)) return found;
    throw new TypeError(`column ${column} cannot have ${typeof value === "string" ? JSON.stringify(value) : value}`);
}

function read(text, column) {
    if (MISSING.includes(text)) return NaN;
    if (column in CATEGORIES) return place_of(text, CATEGORIES[column]);
    if (column in DATES) return seconds(text, DATES[column]);
    if (column in BOOLEANS && text.toLowerCase() in TRUTHS) return TRUTHS[text.toLowerCase()];
    throw new TypeError(`column ${column} takes numbers, not ${JSON.stringify(text)}`);
}

// The place of a category, -1 for an unknown one; 7.0 is 7, and true is True, where all categories are such.
function place_of(text, known) {
    if (known.includes(text)) return known.indexOf(text);
    const whole = (name) => WHOLE.test(name) ? Number(name) : NaN;
    const form = known.every((name) => /^(true|false)$/i.test(name)) ? (name) => name.toLowerCase() : whole;
    const forms = known.map(form), truth = form === whole ? { True: "1", False: "0" }[text] : undefined;
    return forms.some(Number.isNaN) || new Set(forms).size < forms.length ? -1 : forms.indexOf(form(truth || text));
}

// Seconds from 1970-01-01 to a date, in UTC unless it has a zone.
function seconds(text, order) {
    const time = TIME.exec(text);
    const day = (time ? text.slice(0, time.index) : text).split(/[-/.]/);
    const [year, month, date] = { dmy: [day[2], day[1], day[0]], mdy: [day[2], day[0], day[1]] }[order] || day;
    const [hour, minute, second, part, zone, more] = time ? time.slice(1).map((digits) => digits || "0") : "000000";
    const found = new Date(Date.UTC(2000, 0, 1, hour, minute, second));
    found.setUTCFullYear(year, month - 1, date); // Date.UTC takes the year 50 for 1950
    const is_day = found.getUTCMonth() === month - 1 && found.getUTCDate() === Number(date) && hour < 24 && minute < 60;
    if (!/^\\d{4}$/.test(year) || Number(year) < 1 || day.length !== 3 || !is_day || !(second < 60)) {
        const such = { dmy: "31/1/2026", mdy: "1/31/2026" }[order] || "2026-01-31";
        throw new TypeError(`${JSON.stringify(text)} is no date such as ${such}`);
    }
    const shift = (Math.abs(zone) * 60 + Number(more)) * (zone.startsWith("-") ? -60 : 60);
    return found / 1000 + Number(`0.${part}`) - shift;
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
