"""Every tool of tools/cairn with input that it cannot use, output that it cannot write, and an end that comes early:
one sentence and status 2, and never a traceback.

SPDX-License-Identifier: MIT
"""
import contextlib
import io
import os
import random
import re
import signal
import subprocess
import sys
import time

sys.path[:0] = ["tests/gdb", "tools"]
from look import KILL, gdb, target  # noqa: E402
import board  # noqa: E402
from tap import directory, equal, for_each, run, run_tests, test  # noqa: E402
from cairntools.cli import TOOLS  # noqa: E402
from cairntools.cli import run as run_tool  # noqa: E402
from cairntools.elf import Elf  # noqa: E402

WORK = directory("refusals")
CAIRN = os.path.abspath("tools/cairn")
BOARD = "mps2-an385"
TRACE = "tests/traces/lua-life.trace"
RING = f"build/{BOARD}/recorded/ring.elf"
PLAIN = f"build/{BOARD}/newlib/common/refused.elf"  # without a trace: its bound takes a tenth of the time
SEMIHOSTING = f"build/{BOARD}/recorded/semihosting.elf"
RAM = f"{WORK}/run/ram.bin"
OWNED = f"build/{BOARD}/debugging/leak.elf"  # its blocks keep their owners
HELD = f"{WORK}/held.bin"                    # and its RAM
RECORD = f"{WORK}/run/cairn.trace.bin"
MAP = f"{WORK}/good.map"
LINKED = f"{WORK}/good.elf"
OUT = f"{WORK}/out"

# How each tool is called. A word in capitals is a file that may be bad: ELF, TRACE, RAM, RECORD, MAP, and OUT, which
# the tool writes. GOOD has a good one for each.
CALLS = {
    "bound": ["bound PLAIN"],
    "flame": ["flame TRACE -o OUT", "flame TRACE --format speedscope -o OUT", "flame OWNED HELD@0x20000000"],
    "image": ["image ELF RAM@0x20000000 stats", "image ELF RAM@0x20000000 check"],
    "leaks": ["leaks TRACE", "leaks HELD@0x20000000 HELD@0x20000000 --elf OWNED", "leaks TRACE TRACE"],
    "link": ["link ELF", "link LINKED MAP"],
    "size": ["size TRACE --orders 0", "size TRACE --orders 0 --svg OUT"],
    "trace": ["trace RECORD --elf RECORDED -o OUT", "trace RAM --ram-at 0x20000000 --elf ELF -o OUT",
              "trace RAM --ram-at 0x20000000 --elf ELF"],
    "view": ["view TRACE -o OUT", "view TRACE -o OUT --svg 100", "view TRACE -o OUT --png 100",
             "view RAM --elf ELF --ram-at 0x20000000 -o OUT"],
}
GOOD = {"ELF": RING, "PLAIN": PLAIN, "RECORDED": SEMIHOSTING, "TRACE": TRACE, "RAM": RAM, "OWNED": OWNED, "HELD": HELD,
        "RECORD": RECORD, "LINKED": LINKED, "MAP": MAP, "OUT": OUT}
ELVES = ("ELF", "PLAIN", "RECORDED", "LINKED", "OWNED")


def kinds(call):
    return [word for word in call.replace("@", " ").split() if word in GOOD]


def words_of(call, **bad):
    """The words of a call, with good files in place of the words in capitals except those of `bad`."""
    files = {**GOOD, **bad}
    return ["@".join(files.get(part, part) for part in word.split("@")) for word in call.split()]


def ended(words, **options):
    done = subprocess.run([CAIRN, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                          timeout=120, **options)
    return done.returncode, done.stdout, done.stderr


def refused(words, name=""):
    """The tool ends with status 2 and one sentence, which names the file."""
    status, out, said = ended(words)
    assert "Traceback" not in said, f"{words}: {said}"
    # What `cairn size` computes before it draws is no answer of the refused part.
    out = "" if "--svg" in words else out
    lines = said.splitlines()
    assert (status, out) == (2, "") and lines, f"{words}: {status}, {out!r:.80}, {said}"
    assert lines[-1].startswith(f"cairn {words[0]}: "), f"{words}: {said}"
    assert name in said, f"{words}: {name} is not named: {said}"


def file(name, data):
    path = f"{WORK}/{name}"
    with open(path, "wb") as made:
        made.write(data)
    return path


# ---- Good files ----------------------------------------------------------------------------------------


def make_good():
    board.record(BOARD, "semihosting", f"{WORK}/run")
    board.record(BOARD, "ring", f"{WORK}/run")
    # The RAM up to the heap, and the heap's control data: no block is read.
    with open(RAM, "ab") as ram, open(f"{WORK}/run/heap.bin", "rb") as control:
        ram.write(control.read() + bytes(16384))
    gdb(OWNED, target(BOARD, OWNED, f"{WORK}/owned") + "break report_sites\ncontinue\ncontinue\n"
        f"dump binary memory {HELD} 0x20000000 0x20010000\n" + KILL, f"{WORK}/owned")
    flags = board.setting(BOARD, "CPU_FLAGS").split()
    run(f"{os.environ.get('CROSS', 'arm-none-eabi-')}gcc", *flags, "-nostartfiles", "-Wl,--gc-sections",
        "-Wl,--no-warn-rwx-segments", "-Ltests/foreign", "-T", "tests/foreign/memory.ld", "-T",
        "tests/foreign/stm32cube.ld", "tests/linked/program.c", "-Wl,--defsym=image_stack_top=0x20020000",
        f"-Wl,-Map,{MAP}", "-u", "cairn_names", f"build/{BOARD}/libcairn.a", "-o", LINKED,
        f"build/{BOARD}/boards/runtime/syscalls.o", f"build/{BOARD}/extras/semihosting.o")


@test
def every_tool_is_tested_here():
    make_good()
    equal(sorted(CALLS), sorted(TOOLS))


ALL = [call for calls in CALLS.values() for call in calls]


@for_each(ALL)
def it_works_with_good_files(call):
    status, _, said = ended(words_of(call))
    # Free blocks are not in that RAM: the heap may be damaged, but it is read.
    assert status in (0, 1) and "Traceback" not in said, f"{call}: {status}: {said}"
    assert "OUT" not in kinds(call) or os.path.getsize(OUT) > 10


# ---- Bad files -----------------------------------------------------------------------------------------


def bad_files(kind):
    """Bad files of a kind, by what is wrong with them."""
    yield "missing", f"{WORK}/none"
    yield "a directory", "tests"
    yield "below a file", f"{TRACE}/x"
    if kind == "OUT":
        yield "a device that is full", "/dev/full"
        yield "in no directory", f"{WORK}/none/x"
        return
    yield "empty", file("empty", b"")
    if kind in ELVES:
        with open(GOOD[kind], "rb") as good:
            data = good.read()
        for share in (0, 0.1, 0.5, 0.9):
            yield f"cut off at {share}", file(f"cut-{share}", data[:max(int(len(data) * share), 52)])
        if kind != "RECORDED":  # a host's program may have recorded them: records do not say of whom they are
            yield "another machine's", "build/host/heap_run"
        yield "of 64 bits", "/bin/true"
        yield "the other byte order", file("big", data[:5] + b"\2" + data[6:])
        yield "an object", f"build/{BOARD}/allocator/core/heap.o"
        yield "an archive", f"build/{BOARD}/libcairn.a"
        yield "text", TRACE
    if kind in ("TRACE", "MAP"):
        yield "not text", RING
        yield "other text", "README.md"
    if kind in ("RAM", "HELD"):
        yield "of another place", file("short", b"\0" * 64)
    if kind == "RECORD":
        yield "text", "README.md"
        yield "cut off", file("odd", b"\x01\x02\x03")


def each_kind(tool):
    """For each kind of file, the first call of the tool that has one."""
    return {kind: call for call in reversed(CALLS[tool]) for kind in kinds(call)}


@for_each([(tool, kind) for tool in CALLS for kind in each_kind(tool)])
def a_bad_file_ends_in_a_sentence(case):
    tool, kind = case
    for what, path in bad_files(kind):
        if kind == "OUT" and what == "missing":
            continue  # it is made
        # A program of the host has a heap as well: what is refused is its memory, not the file.
        named = "" if kind in ("RAM", "HELD", *ELVES) or what == "a device that is full" else path
        refused(words_of(each_kind(tool)[kind], **{kind: path}), named)


@test
def a_picture_that_cannot_be_written_ends_in_a_sentence():
    for path in ("tests", f"{WORK}/none/x"):
        refused(words_of("view TRACE -o OUT --png 100", OUT=path), path)


@for_each([call for call in ALL if {"ELF", "PLAIN"} & set(kinds(call))])
def an_elf_file_with_any_byte_changed_is_no_traceback(call):
    good_file = PLAIN if "PLAIN" in call else RING
    with open(good_file, "rb") as good:
        data = good.read()
    noise = random.Random(call)
    for n in range(4 if call.startswith("bound") else 12):
        part = bytearray(data)
        for _ in range(1 << n % 4):
            # Headers, symbols, what the firmware says of its heap, or any other place.
            at = noise.choice((noise.randrange(52), noise.randrange(len(data)), len(data) - 1 - noise.randrange(4096)))
            part[at] = noise.randrange(256)
        tool, *words = words_of(call, ELF=file("changed", part), PLAIN=file("changed", part))
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            assert run_tool(tool, words) in (0, 1, 2), words  # raises what would be a traceback


@test
def a_line_of_the_layout_that_is_missing_is_named():
    with open(RING, "rb") as good:
        path = file("line", good.read().replace(b"cairn: tile.used ", b"cairn: tile.uses "))
    for call in ("image ELF RAM@0x20000000 stats", "view RAM --elf ELF --ram-at 0x20000000 -o OUT"):
        refused(words_of(call, ELF=path), "tile.used")


@test
def a_function_larger_than_its_section_is_refused_at_once():
    """Not followed: for hours, where a damaged symbol has 3 GB."""
    with open(RING, "rb") as good:
        data = bytearray(good.read())
    elf = Elf(RING)
    table = next(section for section in elf.sections if section.kind == 2)
    at = next(n for n, symbol in enumerate(elf.symbols) if symbol.name == "malloc")
    data[table.offset + 16 * at + 11] = 0xbf
    path = file("large", data)
    refused(["bound", path], "malloc is larger than its section")
    status, out, _ = ended(["link", path])
    assert status == 0 and "takes" in out and not re.search(r"\d,\d{3},\d{3}", out.partition("takes")[2]), out


# ---- Output that goes nowhere --------------------------------------------------------------------------

PRINTING = [call for call in ALL if "OUT" not in kinds(call)]
HELP = [f"{name} --help" for name in TOOLS] + ["--help"]


@for_each(PRINTING + HELP)
def a_reader_that_ends_early_is_no_traceback(call):
    """As in `cairn ... | head -1`: it has read one line, or none."""
    for command in ("head -n 1", "true"):
        words = " ".join(words_of(call))
        done = subprocess.run(["sh", "-c", f"{CAIRN} {words} | {command}"], stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, timeout=120)
        # trace says what the trace lacks, image what the memory does not show, flame how much there is.
        said = done.stderr if not call.startswith(("trace ", "image ", "flame ")) else ""
        equal((done.returncode, said), (0, ""), f"{call} | {command}")
        assert "Traceback" not in done.stderr and "Exception" not in done.stderr, done.stderr


@for_each(PRINTING + HELP)
def an_output_that_is_full_is_a_sentence(call):
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([CAIRN, *words_of(call)], stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE,
                              text=True, timeout=120)
    who = f"cairn {call.split()[0]}" if not call.startswith("-") else "cairn"
    equal((done.returncode, done.stderr.splitlines()[-1:]), (2, [f"{who}: No space left on device"]))
    assert "Traceback" not in done.stderr and "Exception" not in done.stderr, done.stderr


@for_each(PRINTING + HELP)
def a_standard_output_that_is_closed_is_a_sentence(call):
    words = " ".join(words_of(call))
    done = subprocess.run(["sh", "-c", f"exec {CAIRN} {words} >&-"], stdin=subprocess.DEVNULL, text=True,
                          stderr=subprocess.PIPE, timeout=120)
    equal((done.returncode, done.stderr), (2, "cairn: the standard output is closed\n"), call)


@test
def without_a_standard_error_nothing_is_added_to_the_output():
    done = subprocess.run(["sh", "-c", f"exec {CAIRN} link {WORK}/none 2>&-"], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, timeout=120)
    equal((done.returncode, done.stdout), (2, ""))


# ---- Ctrl-C --------------------------------------------------------------------------------------------


def group_of(pid):
    """The processes of the group that began with this one: lines of number and name."""
    return subprocess.run(["pgrep", "-g", str(pid), "-l"], capture_output=True, text=True, check=False).stdout


def has_workers(pid):
    """Before it is Python, it is the shell of tools/cairn."""
    group = group_of(pid)
    return f"{pid} python" in group and group.count(" python") > 1


def left_of(pid):
    """Those of the group that are there after ten seconds."""
    ended_by = time.monotonic() + 10
    while True:
        group = group_of(pid)
        if not group or time.monotonic() > ended_by:
            return group
        time.sleep(0.01)


def interrupted(words, fifo, **options):
    """The tool, interrupted while it reads the fifo, with all that it has started. Returns its status and errors."""
    if os.path.exists(fifo):
        os.remove(fifo)
    os.mkfifo(fifo)
    tool = subprocess.Popen([CAIRN, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, start_new_session=True, **options)
    with open(fifo, "wb"):  # opens when the tool does
        os.killpg(tool.pid, signal.SIGINT)
        _, said = tool.communicate(timeout=60)
    return tool.returncode, said


@for_each([(tool, kind) for tool in CALLS for kind in each_kind(tool) if kind != "OUT"])
def ctrl_c_ends_it_in_silence(case):
    tool, kind = case
    fifo = f"{WORK}/fifo"
    equal(interrupted(words_of(each_kind(tool)[kind], **{kind: fifo}), fifo), (130, ""))


@test
def ctrl_c_ends_all_workers_of_bound_in_silence():
    fifo = f"{WORK}/fifo"
    equal(interrupted(["bound", "--jobs", "2", fifo, RING], fifo), (130, ""))


# A trace that is looked at soon, so that most of the time goes into its orders.
BRIEF = file("brief.trace", b"".join(b"m %d %d\n" % (n, 8 + 7 * n % 90) for n in range(60)) +
             b"".join(b"f %d\n" % n for n in range(60)))


@for_each([f"size {BRIEF} --quiet --granule 8 --orders 3000 --reach 9", f"bound --jobs 2 {PLAIN} {PLAIN}"])
def ctrl_c_ends_all_workers_in_silence_at_any_moment(call):
    """While they are started, while they work; none goes on alone. Every other time only the tool is interrupted."""
    for n in range(4):
        tool = subprocess.Popen([CAIRN, *call.split()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, text=True, start_new_session=True)
        while tool.poll() is None and not has_workers(tool.pid):
            time.sleep(0.05)
        time.sleep(n * 0.04)
        (os.kill if n % 2 else os.killpg)(tool.pid, signal.SIGINT)
        _, said = tool.communicate(timeout=60)
        equal((tool.returncode, said), (130, ""), f"{call}, {n}")
        equal(left_of(tool.pid), "", f"{call}, {n}: left alone")


# A worker dies. The pool's thread, which sees it, is delayed until the tasks have been cancelled.
WORKERS_DIE_FIRST = """
import os, signal, threading, time
from concurrent.futures import process
from multiprocessing import active_children
from cairntools.workers import shared_out

seen = process._ExecutorManagerThread.terminate_broken
def late(self, *cause):
    time.sleep(1)
    seen(self, *cause)
process._ExecutorManagerThread.terminate_broken = late

def task(n):
    time.sleep(n * 30)

answers = shared_out(task, range(99), 2)
next(answers)
os.kill(active_children()[0].pid, signal.SIGKILL)
threading.Timer(0.4, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    next(answers)
except KeyboardInterrupt:
    raise SystemExit(len(active_children()))
"""


@test
def ctrl_c_is_silent_where_a_worker_has_died():
    tool = subprocess.run([sys.executable, "-c", WORKERS_DIE_FIRST], env=dict(os.environ, PYTHONPATH="tools"),
                          capture_output=True, text=True, timeout=60)
    equal((tool.returncode, tool.stdout, tool.stderr), (0, "", ""))


@for_each(["argparse", "struct", "json"])
def ctrl_c_while_a_module_is_loaded_ends_it_in_silence(module):
    """A module of that name in front of Python's own reads the fifo, and then is Python's."""
    folder = f"{WORK}/modules-{module}"
    os.makedirs(folder)
    fifo = os.path.abspath(f"{WORK}/fifo")
    with open(f"{folder}/{module}.py", "w", encoding="ascii") as made:
        made.write(f"open({fifo!r}, 'rb').read()\nraise SystemExit('read to the end')\n")
    equal(interrupted(["view", TRACE, "-o", OUT], fifo, env={**os.environ, "PYTHONPATH": folder}), (130, ""))


run_tests()
