# SPDX-License-Identifier: MIT
"""Processes that share a tool's work. Ctrl-C ends them in silence, at any moment of their lives."""
from __future__ import annotations

import signal
import threading
from concurrent.futures import InvalidStateError, ProcessPoolExecutor
from multiprocessing import active_children, get_context
from typing import Callable, Iterable, Iterator, Optional, TypeVar

INTERRUPT = {signal.SIGINT}
PRINT_EXCEPTION = threading.excepthook
Task = TypeVar("Task")
Answer = TypeVar("Answer")


def _begin() -> None:
    """First act of a worker: the signal has its default action, which ends a process without a word."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, INTERRUPT)


def _thread_failed(error: threading.ExceptHookArgs) -> None:
    """Print the exception that has ended a thread, except the pool's own: before Python 3.12, its thread fails with
    InvalidStateError if a worker dies while tasks are cancelled."""
    if error.exc_type is not InvalidStateError:
        PRINT_EXCEPTION(error)


def shared_out(function: Callable[[Task], Answer], tasks: Iterable[Task],
               number: Optional[int] = None) -> Iterator[Answer]:
    """The function's answers in the order of the tasks, from `number` processes (as many as there are cores). They are
    forked: what the caller's modules hold is theirs too. Raises BrokenProcessPool if one was killed."""
    threading.excepthook = _thread_failed
    with ProcessPoolExecutor(number, get_context("fork"), _begin) as pool:
        try:
            # Blocked while the workers are forked, so that none has Python's handler, which prints a traceback.
            signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPT)
            try:
                answers = pool.map(function, tasks)  # starts them
            finally:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, INTERRUPT)  # raises what came meanwhile
            yield from answers
        except BaseException:
            pool.shutdown(cancel_futures=True)  # or all tasks would be done first
            for worker in active_children():  # the pool's thread has failed, and they wait for tasks
                worker.terminate()
                worker.join()
            raise
