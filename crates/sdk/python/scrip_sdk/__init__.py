"""May this program run here, and how much is left of it?

    from scrip_sdk import Scrip, Refused

    scrip = Scrip("urn:scrip:vendor:...", "org.example.Render")
    try:
        authorization = scrip.use_once()
    except Refused as refused:
        raise SystemExit(f"{refused}\n{refused.hints}")

Everything is decided by libscrip, from files on this computer; no network, no app and no keyring is needed.
Threads may share one Scrip.
"""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum, IntFlag
from types import TracebackType
from typing import Optional, Type, Union

from . import _library

__all__ = ["Authorization", "Kind", "Refused", "Scrip", "Warnings", "version"]


class Kind(Enum):
    """Owned or rented."""

    PERPETUAL = 1
    RENTAL = 2


class Warnings(IntFlag):
    """What a person should know although the program runs."""

    GRACE = 1
    CLOCK = 2
    REVOCATIONS = 4


@dataclass(frozen=True)
class Authorization:
    """What a program may do, after what was just taken. What does not apply is None; money is in tokens."""

    kind: Kind
    uses_left: Optional[int]
    processings_left: Optional[int]
    ends_at: Optional[datetime]
    runs_until: Optional[datetime]
    credited: int
    price: Optional[int]
    warnings: Warnings
    #: The warnings as sentences.
    sentences: tuple[str, ...]


class Refused(Exception):
    """The program may not run. `code` is stable, such as "license.exhausted"; `hints` says what to do, a line each."""

    def __init__(self, code: str, sentence: str, hints: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.hints = hints


class Scrip:
    """A program's access to its license."""

    def __init__(self, issuer: str, product: str, home: Union[str, os.PathLike[str], None] = None) -> None:
        """Check the settings. `home` stands for the person's own folder, as SCRIP_HOME does."""
        self._library = _library.load()
        self._handle = ctypes.c_void_p()
        folder = None if home is None else os.fspath(home).encode()
        status = self._library.scrip_open(issuer.encode(), product.encode(), folder, ctypes.byref(self._handle))
        self._check(status)

    def authorize(self) -> Authorization:
        """May the program run, and how much is left? Takes nothing."""
        answer = _library.Answer()
        return self._answer(self._library.scrip_authorize(self._open(), ctypes.byref(answer)), answer)

    def use_once(self) -> Authorization:
        """Take one start of the program, exactly once and durably; to be called once for each start."""
        answer = _library.Answer()
        return self._answer(self._library.scrip_use_once(self._open(), ctypes.byref(answer)), answer)

    def consume(self, amount: int) -> Authorization:
        """Take `amount` units of work, all or none, exactly once and durably."""
        if not 0 <= amount < 2**64:
            raise ValueError("amount is between 0 and 2**64 - 1")
        answer = _library.Answer()
        return self._answer(self._library.scrip_consume(self._open(), amount, ctypes.byref(answer)), answer)

    def close(self) -> None:
        """Give the handle back. Nothing is lost without it."""
        handle, self._handle = self._handle, ctypes.c_void_p()
        self._library.scrip_close(handle)

    def __enter__(self) -> Scrip:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()

    def _open(self) -> ctypes.c_void_p:
        if not self._handle:
            raise ValueError("this handle is closed")
        return self._handle

    def _check(self, status: int) -> None:
        if status != 0:
            raise Refused(self._text("error_code"), self._text("error_sentence"), self._text("error_hints"))

    def _answer(self, status: int, answer: _library.Answer) -> Authorization:
        self._check(status)
        return Authorization(
            kind=Kind(answer.kind),
            uses_left=_count(answer.uses_left),
            processings_left=_count(answer.processings_left),
            ends_at=_time(answer.ends_at),
            runs_until=_time(answer.runs_until),
            credited=answer.credited,
            price=_count(answer.price),
            warnings=Warnings(answer.warnings),
            sentences=tuple(self._text("warnings").splitlines()),
        )

    def _text(self, name: str) -> str:
        text: bytes = getattr(self._library, f"scrip_{name}")()
        return text.decode()


def version() -> str:
    """The version of libscrip."""
    text: bytes = _library.load().scrip_version()
    return text.decode()


def _count(number: int) -> Optional[int]:
    return None if number < 0 else number


def _time(seconds: int) -> Optional[datetime]:
    return None if seconds < 0 else datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=seconds)
