"""The functions that a written C file offers, its header, and a program that calls them."""

from __future__ import annotations

from typing import Any

from zoo_core.graphs import Graph
from zoo_plugins.exporters._comments import about_lines, comment
from zoo_plugins.exporters.c_language import TYPES

INDENT = "    "
LONGEST = 4000  # bytes of a text that every compiler takes
COUNTS = {"label": "CLASSES", "labels": "LABELS", "values": "VALUES"}
DOCS = {
    "label": "The place in {name}_labels of the label of a row.",
    "labels": "Which of {name}_labels apply to a row.",
    "values": "The value{s} of a row.",
    "probabilities": "The probability of each of {name}_labels.",
    "outputs": "What the last layer gives for a row; it gives no probabilities.",
}


class Interface:
    """What C code offers to those who call it.

    Args:
        graph: what the model computes.
        model: the model.
        name: what all public names begin with.
        file: the name of the header.
    """

    def __init__(self, graph: Graph, model: Any, name: str, file: str) -> None:
        self.graph, self.model, self.name, self.file = graph, model, name, file
        self.row = f"const {TYPES[graph.input.dtype.name]} row[{graph.input.width}]"
        has_labels = model.about.task != "regression"
        self.labels = [str(label) for label in model.labels().tolist()] if has_labels else []

    def functions(self) -> list[tuple[str, str, str]]:
        """Return the comment, the head and the body of each function."""
        return [(self._doc(key), self.head(key), self._body(key)) for key in self.graph.outputs]

    def returns(self, key: str) -> str:
        """Return the type that the function of an output returns, or "void" where it fills an array."""
        node = self.graph.outputs[key]
        is_one = key == "label" or (key == "values" and node.width == 1)
        return ("int" if key == "label" else TYPES[node.dtype.name]) if is_one else "void"

    def head(self, key: str) -> str:
        """Return the head of the function of an output."""
        node, returns = self.graph.outputs[key], self.returns(key)
        array = "" if returns != "void" else f", {TYPES[node.dtype.name]} {key}[{node.width}]"
        return f"{returns} {self.called(key)}({self.row}{array})"

    def called(self, key: str) -> str:
        """Return the name of the function of an output."""
        return f"{self.name}_{ {'probabilities': 'predict_proba', 'outputs': 'outputs'}.get(key, 'predict') }"

    def _doc(self, key: str) -> str:
        return DOCS[key].format(name=self.name, s="" if self.returns(key) != "void" else "s")

    def _body(self, key: str) -> str:
        """Return statements that compute all outputs, and hand one of them on."""
        others = {k: n for k, n in self.graph.outputs.items() if k != key or self.returns(key) != "void"}
        lines = [f"{TYPES[node.dtype.name]} {k}[{node.width}];" for k, node in others.items()]
        lines.append(f"compute(row, {', '.join(self.graph.outputs)});")
        if (returned := self.returns(key)) != "void":
            lines.append(f"return {'(int)' if returned == 'int' else ''}{key}[0];")
        return "\n".join(INDENT + line for line in lines)

    # -------------------------------------------------------------- header

    def header(self) -> str:
        """Return the header."""
        guard = f"{self.name.upper()}_H"
        lines = [*about_lines(self.model), "", *self._use()]
        parts = ["/*\n" + "\n".join(f" * {line}".rstrip() for line in lines) + "\n */"]
        parts += [
            f"#ifndef {guard}\n#define {guard}",
            "#include <stdbool.h>",
            '#ifdef __cplusplus\nextern "C" {\n#endif',
        ]
        parts += [self._constants(), *(f"/* {doc} */\n{head};" for doc, head, _ in self.functions())]
        return "\n\n".join([*parts, "#ifdef __cplusplus\n}\n#endif", "#endif"]) + "\n"

    def _use(self) -> list[str]:
        source = comment(self.file[:-2])
        return [
            f"Needs libm alone: cc -O2 -c {source}.c, and -lm for the program. Threads may call it at the same time.",
        ]

    def _constants(self) -> str:
        first = next(iter(self.graph.outputs))
        count = len(self.labels) or self.graph.outputs[first].width
        sizes = [
            f"{self.name.upper()}_INPUTS = {self.graph.input.width}",
            f"{self.name.upper()}_{COUNTS[first]} = {count}",
        ]
        lines = [f"enum {{ {', '.join(sizes)} }};"]
        lines += [
            f"extern const char *const {name}[{len(texts)}]; /* in UTF-8 */" for name, texts in self.texts().items()
        ]
        return "\n".join(lines)

    def texts(self) -> dict[str, list[str]]:
        """Return the lists of texts by their names: labels, and the categories of columns."""
        found = {f"{self.name}_labels": self.labels} if self.labels else {}
        for at, column in enumerate(self.model.about.described_columns):
            if column.kind == "category" and column.categories:
                found[f"{self.name}_categories_{at}"] = list(column.categories)
        return found

    # -------------------------------------------------------------- a program

    def program(self) -> str:
        """Return a program that reads rows from the file "rows", and writes what all functions give to "found"."""
        given = self.graph.input
        lines = []
        for key, node in self.graph.outputs.items():
            if self.returns(key) != "void":
                lines.append(f"answer = (double){self.called(key)}(row); fwrite(&answer, sizeof answer, 1, found);")
                continue
            lines += [f"{self.called(key)}(row, {key});", f"for (int j = 0; j < {node.width}; j++) {{"]
            lines += [f"    answer = (double){key}[j]; fwrite(&answer, sizeof answer, 1, found);", "}"]
        arrays = [
            f"    static {TYPES[node.dtype.name]} {key}[{node.width}];"
            for key, node in self.graph.outputs.items()
            if self.returns(key) == "void"
        ]
        return PROGRAM % {
            "header": self.file, "type": TYPES[given.dtype.name], "width": given.width, "arrays": "\n".join(arrays),
            "calls": "\n".join(INDENT * 2 + line for line in lines),
        }  # fmt: skip


def text(value: str) -> str:
    """Return a text as C writes it: all but plain characters as octal numbers, and no trigraphs."""
    data = value.encode("utf-8", errors="surrogatepass")
    if len(data) > LONGEST:
        return f"(const char[]){{{', '.join(str(byte - 256 if byte > 127 else byte) for byte in data)}, 0}}"
    return (
        '"' + "".join(chr(b) if (chr(b).isalnum() and b < 128) or chr(b) in PLAIN else f"\\{b:03o}" for b in data) + '"'
    )


PLAIN = " !#$%&'()*+,-./:;<=>@[]^_`{|}~"
PROGRAM = """#include <stdio.h>
#include "%(header)s"

int main(void)
{
    static double given[%(width)d];
    static %(type)s row[%(width)d];
%(arrays)s
    double answer;
    FILE *rows = fopen("rows", "rb"), *found = fopen("found", "wb");
    if (!rows || !found) return 2;
    while (fread(given, sizeof given, 1, rows) == 1) {
        for (int j = 0; j < %(width)d; j++) row[j] = (%(type)s)given[j];
%(calls)s
    }
    return fclose(found) != 0;
}
"""
