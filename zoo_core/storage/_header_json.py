"""The header of a model file: canonical JSON, read strictly.

A header has exactly one text: UTF-8, sorted keys, no blanks, numbers as Python writes them. So its own digest is well
defined, and a text that two parsers could read differently is refused.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from itertools import accumulate
from typing import Any, NoReturn

from zoo_core.storage._layout import FEATURES, FORMAT, MAX_HEADER, VERSION, RefusedError, quoted

MAX_DEPTH = 32
MAX_VALUES = 100_000  # counted by , : [ { ; limits the memory of the parsed header
MAX_INTEGER = 2**64
FEATURE = re.compile(r"[a-z0-9_]{1,40}(@[0-9.]{1,20})?")  # a name, and the first version of the zoo that reads it
STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)  # possessive quantifiers: linear in the length of the text
NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
UPGRADE = "install a newer one: pip install --upgrade mlp-zoo"


def canonical_json(value: Mapping[str, Any]) -> bytes:
    """Return the only text of a header. Raises ValueError or TypeError for a value that JSON cannot hold."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8")


def header_digest(header: Mapping[str, Any]) -> str:
    """Return the sha256 of a header without its own digest."""
    return hashlib.sha256(canonical_json({k: v for k, v in header.items() if k != "sha256"})).hexdigest()


def encode_header(header: Mapping[str, Any]) -> bytes:
    """Return the text of a header with its digest. Raises RefusedError if it could not be read back."""
    try:
        text = canonical_json({**header, "sha256": header_digest(header)})
    except (TypeError, ValueError, RecursionError) as error:
        raise RefusedError(f"cannot be written: its header does not fit into JSON ({error})") from None
    check_header(parse_header(text))
    return text


def parse_header(text: bytes) -> dict[str, Any]:
    """Return the object in a canonical text. Raises RefusedError for any other text."""
    _check_size(text)
    try:
        value = _DECODER.decode(text.decode("utf-8"))
        same = isinstance(value, dict) and canonical_json(value) == text
    except UnicodeEncodeError:
        raise RefusedError("has a header with half of a surrogate pair; get a sound file") from None
    except ValueError as error:
        raise RefusedError(f"has a header that is not JSON ({quoted(str(error), 100)}); get a sound file") from None
    if not same:
        raise RefusedError("has a header that is not an object in canonical JSON; get a sound file")
    return dict(value)


def check_header(header: Mapping[str, Any]) -> None:
    """Raise RefusedError unless this version of the zoo reads the format and the header has its digest."""
    if header.get("format") != FORMAT:
        raise RefusedError(f"is not a zoo model: its header names the format {quoted(header.get('format'))}")
    _check_version(header.get("version"))
    _check_features(header.get("requires"))
    if header.get("sha256") != header_digest(header):
        raise RefusedError("is damaged: its header does not have the sha256 that it claims; get the file again")


def _check_version(version: object) -> None:
    if type(version) is not int or version < 1:
        raise RefusedError(f"has the format's version {quoted(version)}, which is none; get a sound file")
    if version < VERSION:
        raise RefusedError(f"has version {version} of the format, from before mlp-zoo 0.1.0; train the model again")
    if version > VERSION:
        raise RefusedError(f"needs version {version} of the format, and this mlp-zoo reads up to {VERSION}; {UPGRADE}")


def _check_features(requires: object) -> None:
    features = requires if isinstance(requires, list) else [None]
    for feature in features:
        if not isinstance(feature, str) or not FEATURE.fullmatch(feature):
            raise RefusedError("has a header whose 'requires' is not a list of features; get a sound file")
        name, _, since = feature.partition("@")
        if name not in FEATURES:
            needed = f"mlp-zoo {since} or later" if since else "a later mlp-zoo"
            raise RefusedError(f"requires {name!r}, unknown to this mlp-zoo; it needs {needed}: {UPGRADE}")


def _check_size(text: bytes) -> None:
    """Raise RefusedError for a text that would be expensive to parse."""
    if len(text) > MAX_HEADER:
        raise RefusedError(f"has a header of {len(text)} bytes; at most {MAX_HEADER} are allowed")
    if sum(map(text.count, b",:[{")) > MAX_VALUES:
        raise RefusedError(f"has a header of more than {MAX_VALUES} values; get a sound file")
    brackets = STRING.sub(b"", text).translate(None, NOT_BRACKETS)
    if max(accumulate(1 if b in b"[{" else -1 for b in brackets), default=0) > MAX_DEPTH:
        raise RefusedError(f"has a header nested deeper than {MAX_DEPTH} levels; get a sound file")


def _read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise RefusedError(f"has a header with the key {quoted(twice)} twice; get a sound file")
    return found


def _read_integer(digits: str) -> int:
    if len(digits) > 20 or abs(int(digits)) >= MAX_INTEGER:
        raise RefusedError(f"has a header with an integer of {len(digits)} characters; 64 bits are allowed")
    return int(digits)


def _read_float(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise RefusedError(f"has a header with the number {quoted(digits)}, which is not finite; get a sound file")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise RefusedError(f"has a header with {name}, which is no JSON number; get a sound file")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_read_object, parse_int=_read_integer, parse_float=_read_float, parse_constant=_refuse_constant
)
