"""Finds libscrip and says what its functions take, as scrip.h does."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
from functools import lru_cache
from pathlib import Path
from typing import Iterator


class Answer(ctypes.Structure):
    """scrip_authorization of scrip.h."""

    _fields_ = [
        ("kind", ctypes.c_int32),
        ("warnings", ctypes.c_uint32),
        ("uses_left", ctypes.c_int64),
        ("processings_left", ctypes.c_int64),
        ("ends_at", ctypes.c_int64),
        ("runs_until", ctypes.c_int64),
        ("credited", ctypes.c_int64),
        ("price", ctypes.c_int64),
        ("reserved", ctypes.c_int64 * 4),
    ]


@lru_cache(maxsize=None)
def load() -> ctypes.CDLL:
    """libscrip: beside this package, where `cargo xtask sdk` installed both, or where the system finds libraries.

    A program that ships its own copy says where it is with the variable SCRIP_LIBRARY before it imports this.
    """
    failures = []
    for name in _candidates():
        try:
            return _declare(ctypes.CDLL(name))
        except OSError as error:
            failures.append(str(error))
    raise ImportError("libscrip is not installed: " + "; ".join(failures))


def _candidates() -> Iterator[str]:
    chosen = os.environ.get("SCRIP_LIBRARY")
    if chosen:
        yield chosen
        return
    here = Path(__file__).resolve().parent
    names = ["libscrip.so.0", "libscrip.dylib", "scrip.dll"]
    # PREFIX/lib/scrip/python/scrip_sdk, and a copy inside of the package itself.
    for folder in [here, here.parents[2]]:
        yield from (str(folder / name) for name in names if (folder / name).exists())
    yield ctypes.util.find_library("scrip") or "libscrip.so.0"


def _declare(library: ctypes.CDLL) -> ctypes.CDLL:
    text, handle, answer = ctypes.c_char_p, ctypes.c_void_p, ctypes.POINTER(Answer)
    for name, result, arguments in [
        ("open", ctypes.c_int32, [text, text, text, ctypes.POINTER(handle)]),
        ("authorize", ctypes.c_int32, [handle, answer]),
        ("use_once", ctypes.c_int32, [handle, answer]),
        ("consume", ctypes.c_int32, [handle, ctypes.c_uint64, answer]),
        ("close", None, [handle]),
        ("error_code", text, []),
        ("error_sentence", text, []),
        ("error_hints", text, []),
        ("warnings", text, []),
        ("version", text, []),
    ]:
        function = getattr(library, f"scrip_{name}")
        function.restype = result
        function.argtypes = arguments
    return library
