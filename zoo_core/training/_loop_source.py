"""The operations of a step as one loop over all numbers, in the language of LLVM.

NumPy makes a pass over memory for each operation. The loop reads each number once, makes all operations on it and
writes the results. They are the same operations in the same order, each rounded as IEEE 754 says: LLVM changes no
order, and fuses no multiplication with an addition, unless it is told to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from zoo_core.training._recorder import Operation

INFIX = {"add": "fadd", "subtract": "fsub", "multiply": "fmul", "divide": "fdiv"}
CALLS = {"sqrt": "llvm.sqrt", "absolute": "llvm.fabs"}
COMPARED = {
    "greater": "ogt", "less": "olt", "greater_equal": "oge", "less_equal": "ole", "equal": "oeq", "not_equal": "une",
}  # fmt: skip
LOGICAL = {"logical_and": "and", "logical_or": "or"}

SOURCE = """
declare {kind} @llvm.sqrt.{suffix}({kind})
declare {kind} @llvm.fabs.{suffix}({kind})
define void @loop(i64 %start, i64 %stop, ptr noalias %scalars{vectors}) {{
entry:
{scalars}
%some = icmp ult i64 %start, %stop
br i1 %some, label %body, label %end
body:
%i = phi i64 [ %start, %entry ], [ %next, %body ]
{body}
%next = add nuw i64 %i, 1
%more = icmp ult i64 %next, %stop
br i1 %more, label %body, label %end
end:
ret void
}}
"""


def loop_source(operations: Sequence[Operation], results: Mapping[int, int], vectors: int, bits: int) -> str:
    """Return the source of a function `loop(start, stop, scalars, vector, ...)` of numbers with 32 or 64 bits.

    `vectors` is how many there are. `results` gives the number of each that changes the position of its new value.
    """
    kind = {32: "float", 64: "double"}[bits]
    numbered = list(enumerate(operations))
    scalars = [line for at, (name, *k) in numbered if name == "scalar" for line in _load(at, "%scalars", k[0], kind)]
    body = [line for at, operation in numbered for line in _lines(at, operation, kind)]
    return SOURCE.format(
        kind=kind,
        suffix=f"f{bits}",
        vectors="".join(f", ptr noalias %vector{number}" for number in range(vectors)),
        scalars="\n".join(scalars),
        body="\n".join([*body, *(line for number, at in results.items() for line in _store(at, number, kind))]),
    )


def _load(at: int, pointer: str, index: object, kind: str) -> Iterator[str]:
    yield f"%x{at}from = getelementptr {kind}, ptr {pointer}, i64 {index}"
    yield f"%x{at} = load {kind}, ptr %x{at}from"


def _store(at: int, number: int, kind: str) -> Iterator[str]:
    yield f"%to{number} = getelementptr {kind}, ptr %vector{number}, i64 %i"
    yield f"store {kind} %x{at}, ptr %to{number}"


def _lines(at: int, operation: Operation, kind: str) -> Iterator[str]:
    """Yield the lines of an operation in the loop; its result is %x and its position."""
    name, *operands = operation
    to, (a, b, c, *_) = f"%x{at}", [*(f"%x{operand}" for operand in operands), "", "", ""]
    if name == "vector":
        yield from _load(at, f"%vector{operands[0]}", "%i", kind)
    elif name in INFIX:
        yield f"{to} = {INFIX[name]} {kind} {a}, {b}"
    elif name in CALLS:
        yield f"{to} = call {kind} @{CALLS[name]}.f{32 if kind == 'float' else 64}({kind} {a})"
    elif name in COMPARED:
        yield f"{to} = fcmp {COMPARED[name]} {kind} {a}, {b}"
    elif name in LOGICAL:
        yield f"{to} = {LOGICAL[name]} i1 {a}, {b}"
    elif name != "scalar":
        yield from OTHERS[name](to, kind, a, b, c)


def _larger(to: str, kind: str, a: str, b: str, relation: str = "ogt") -> Iterator[str]:
    """Yield the lines of a maximum: the second of two zeros, and NaN if one of both is NaN."""
    yield f"{to}first = fcmp {relation} {kind} {a}, {b}"
    yield f"{to}one = select i1 {to}first, {kind} {a}, {kind} {b}"
    yield f"{to}nan = fcmp uno {kind} {a}, {a}"
    yield f"{to} = select i1 {to}nan, {kind} {a}, {kind} {to}one"


def _sign(to: str, kind: str, a: str) -> Iterator[str]:
    """Yield the lines of a sign: that of both zeros is 0, and that of NaN is NaN."""
    yield f"{to}zero = fcmp oeq {kind} {a}, 0.0"
    yield f"{to}minus = fcmp olt {kind} {a}, 0.0"
    yield f"{to}plus = fcmp ogt {kind} {a}, 0.0"
    yield f"{to}none = select i1 {to}zero, {kind} 0.0, {kind} {a}"
    yield f"{to}low = select i1 {to}minus, {kind} -1.0, {kind} {to}none"
    yield f"{to} = select i1 {to}plus, {kind} 1.0, {kind} {to}low"


OTHERS: dict[str, Callable[[str, str, str, str, str], Iterator[str]]] = {
    "maximum": lambda to, kind, a, b, c: _larger(to, kind, a, b),
    "minimum": lambda to, kind, a, b, c: _larger(to, kind, a, b, "olt"),
    "sign": lambda to, kind, a, b, c: _sign(to, kind, a),
    "negative": lambda to, kind, a, b, c: iter([f"{to} = fneg {kind} {a}"]),
    "positive": lambda to, kind, a, b, c: iter([f"{to} = select i1 true, {kind} {a}, {kind} {a}"]),
    "square": lambda to, kind, a, b, c: iter([f"{to} = fmul {kind} {a}, {a}"]),
    "select": lambda to, kind, a, b, c: iter([f"{to} = select i1 {a}, {kind} {b}, {kind} {c}"]),
    "logical_not": lambda to, kind, a, b, c: iter([f"{to} = xor i1 {a}, true"]),
    "isnan": lambda to, kind, a, b, c: iter([f"{to} = fcmp uno {kind} {a}, {a}"]),
}
