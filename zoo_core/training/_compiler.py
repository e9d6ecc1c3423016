"""LLVM as a compiler of small functions, by the package llvmlite of the extra `fast`."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=64)
def compile_function(source: str, arguments: int) -> Callable[..., Any] | None:
    """Return the function `loop` of a source, whose arguments are integers and addresses, or None.

    It takes about 30 milliseconds, once in a process. Calls run beside other threads of Python. Without llvmlite, or
    where it does not work as it should, only speed is lost: there is no function then, and no error.
    """
    try:
        import llvmlite.binding as llvm

        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        module = llvm.parse_assembly(source)
        machine = llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=3
        )
        builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=3))
        builder.getModulePassManager().run(module, builder)
        engine = llvm.create_mcjit_compiler(module, machine)
        engine.finalize_object()
        function = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * arguments)(engine.get_function_address("loop"))
        vars(function)["engine"] = engine  # it owns the compiled code
    except Exception:
        return None
    return function
