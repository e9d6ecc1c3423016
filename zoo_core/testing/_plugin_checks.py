"""The checks of what a plugin brings besides parts: tools, whose functions must be there, and models."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from zoo_core.errors import exception_text
from zoo_core.model import load
from zoo_core.registry import Plugin, Registry, ShippedModel, Tool, models_of, stray_files
from zoo_core.spec import read_spec
from zoo_core.testing.harness.findings import Finding, Result

ARGUMENTS = {"plot": "(models, figure)", "reader": "(path)", "exporter": "(model, path)"}  # of a target


@dataclass(frozen=True)
class PluginCheck:
    """One promise about a tool or a model of a plugin, and the function that raises, or yields findings, if broken.

    Example:
        >>> [check.owner for check in plugin_checks(plugin, Registry())]
        ["command 'count'", "model 'moons'"]
    """

    owner: str  # such as "command 'count'"
    name: str
    promise: str
    find: Callable[[], Iterator[Finding]]

    def run(self) -> Result:
        """Return the result; what the check raises is a finding."""
        found = []
        try:
            for finding in self.find():
                found.append(finding)  # noqa: PERF402 - findings before an error count
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            found.append(Finding(str(error) if hasattr(error, "exit_code") else exception_text(error)))
        return Result(self.owner, self.name, self.promise, "failed" if found else "passed", tuple(found))


def plugin_checks(plugin: Plugin, registry: Registry) -> list[PluginCheck]:
    """Return the checks of the tools and the models of a plugin, in the order in which they are run.

    Args:
        plugin: one of `registry.plugins`.
        registry: where the parts that its specs name are looked up.

    Returns:
        The checks; none for a plugin that brings parts alone.

    Example:
        >>> [check.run().state for check in plugin_checks(plugin, Registry())]
        ['passed', 'passed']
    """
    promise = "its target can be imported and called"
    tools = [PluginCheck(f"{t.kind} {t.name!r}", "target", promise, partial(_check_tool, t)) for t in plugin.tools]
    models = [check for model in models_of(plugin) for check in _model_checks(model, registry)]
    return [*tools, *_folder_check(plugin), *models]


def _check_tool(tool: Tool) -> Iterator[Finding]:
    """Import the target, and ask whether it takes what it is called with."""
    target = tool.load()
    if tool.kind == "command":
        tool.command()
        return
    arguments = ARGUMENTS[tool.kind]
    try:
        inspect.signature(target).bind(*arguments.split(","))
    except TypeError as error:
        yield Finding(f"{tool.target} cannot be called with {arguments}: {error}")
    except ValueError:  # compiled code may have no signature
        return


def _folder_check(plugin: Plugin) -> Iterator[PluginCheck]:
    """Yield the check of the folder of models, if the plugin has one."""
    if plugin.models is not None:
        promise = "each file of weights and each card belongs to a spec"
        yield PluginCheck("models", "folder", promise, partial(_check_folder, plugin))


def _check_folder(plugin: Plugin) -> Iterator[Finding]:
    for name in stray_files(plugin):
        spec = f"{Path(name).stem}.toml"
        yield Finding(f"{name} belongs to no model, because there is no {spec} beside it")


def _model_checks(model: ShippedModel, registry: Registry) -> Iterator[PluginCheck]:
    owner = f"model {model.name!r}"
    yield PluginCheck(
        owner, "spec", "its spec is valid, and its parts are installed", partial(_check_spec, model, registry)
    )
    if model.weights is not None:
        yield PluginCheck(owner, "weights", "its weights load", partial(_check_weights, model.weights, registry))
    if model.card is not None:
        yield PluginCheck(owner, "card", "its card is text", partial(_check_card, model))


def _check_spec(model: ShippedModel, registry: Registry) -> Iterator[Finding]:
    read_spec(str(model.spec), registry=registry)
    yield from ()


def _check_weights(file: Path, registry: Registry) -> Iterator[Finding]:
    load(file, registry)
    yield from ()


def _check_card(model: ShippedModel) -> Iterator[Finding]:
    if model.card is not None:
        model.card.read_text(encoding="utf-8")
    yield from ()
