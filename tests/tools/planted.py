"""Bugs planted in tests/planted/gateway.c: the way of docs/debugging.md for each leads to the guilty line, at -Os and
-O2.

SPDX-License-Identifier: MIT
"""
import os
import re
import subprocess
import sys

from tap import cairn, directory, equal, for_each, run, run_tests, test

sys.path[:0] = ["tests/gdb", "tools"]
from look import KILL, command, gdb, target  # noqa: E402
from board import setting  # noqa: E402

WORK = directory("planted")
CROSS = os.environ.get("CROSS", "arm-none-eabi-")
BOARD = "mps2-an385"
SOURCE = "tests/planted/gateway.c"
OPTIONS: "dict[str, list[str]]" = {
    "guarded": ["-DCAIRN_CHECK=2"], "quarantine": ["-DCAIRN_CHECK=2", "-DCAIRN_QUARANTINE=64"],
    "sited": ["-DCAIRN_COUNTS=1", "-DCAIRN_SITES=16"],
    "chained": ["-DCAIRN_SITES=32", "-DCAIRN_SITES_STACK=4"], "traced": ["-DCAIRN_TRACE=1"]}
CPU = [*setting(BOARD, "CPU_FLAGS").split(), "-mthumb"]
OVERRUN, DOUBLE_FREE, WRITE, LATE_WRITE, LATE_FREE, LEAK = range(1, 7)
LEVELS = ["-Os", "-O2"]

with open(SOURCE, encoding="ascii") as lines:
    TEXT = lines.read().splitlines()


def line(mark):
    """The one line that has the mark in its comment."""
    found = [n for n, text in enumerate(TEXT, 1) if re.search(rf"/\*.*\b{mark}\b.*\*/", text)]
    assert len(found) == 1, (mark, found)
    return f"gateway.c:{found[0]}"


libraries: dict[str, list[str]] = {}


def library(name: str) -> "list[str]":
    """Objects of a library with these options, and of what carries its records."""
    if name not in libraries:
        folder = os.path.join(WORK, name)
        if not libraries:
            run(sys.executable, "tools/amalgamate.py", os.path.join(WORK, "one"))
        os.makedirs(folder)
        sources = [os.path.join(WORK, "one/src/cairn.c")] + ["extras/trace_semihosting.c"] * (name == "traced")
        libraries[name] = [os.path.join(folder, os.path.basename(source)[:-2] + ".o") for source in sources]
        for source, made in zip(sources, libraries[name]):
            # In one section: gdb takes the lines of functions that the linker drops for code at 0, where flash is.
            run(CROSS + "gcc", *CPU, "-Os", "-g", "-std=c11", *OPTIONS[name], "-Iinclude", "-Iport", "-Iextras",
                "-c", source, "-o", made)
    return libraries[name]


def built(bug, level, name):
    """The firmware with that bug and library. Returns its path."""
    image = os.path.join(WORK, f"{name}{bug}{level}.elf")
    if not os.path.exists(image):
        run(CROSS + "gcc", *CPU, level, "-g", "-nostartfiles", "--specs=nano.specs", "-std=c11", "-Wall", "-Wextra",
            "-Werror", "-Wl,--gc-sections", f"-DBUG={bug}", *OPTIONS[name], "-Iinclude", "-Iextras", "-T",
            f"boards/{BOARD}/memory.ld", "-T", "linker/sections.ld", SOURCE, *library(name),
            *(f"build/{BOARD}/{part}.o" for part in ("boards/runtime/startup", "boards/runtime/syscalls",
                                                     "extras/semihosting")), "-o", image)
    return os.path.abspath(image)


def stopped(image, place="cairn_fatal"):
    """What gdb says where the firmware has stopped: of `cairn check`, and of `backtrace`. On a board the BKPT in
    cairn_fatal() halts; the emulator makes a fault of it."""
    name = image[:-4]
    text = target(BOARD, image, name) + f"break {place}\ncontinue\n" + command("stack", "backtrace")
    text += "break fault_handler\ncontinue\n" if place == "cairn_fatal" else ""
    said = gdb(image, text + command("check", "cairn check") + KILL, name)
    return said["check"], said["stack"]


def writers(image):
    """file:line of each write to the byte that cairn_fatal() names, the last one first: who-writes.gdb."""
    name = image[:-4]
    with open(f"{name}.connect", "w", encoding="ascii") as script:
        script.write(target(BOARD, image, name))
    done = subprocess.run(["gdb-multiarch", "-q", "-nx", "-batch", "-x", f"{name}.connect", "-x",
                           "examples/debugging/who-writes.gdb", "-ex", "kill", image], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=100)
    said = done.stdout.partition("the byte is at")[2]
    said = re.split(r"\n.*hit Hardware|\nBreakpoint|\nProgram|\n.*hit Breakpoint", said)[0]
    found = re.findall(r"^written before (0x[0-9a-f]+)", said, re.M)
    assert found, done.stdout + done.stderr
    places, _ = run(CROSS + "addr2line", "-e", image, *(f"{int(address, 16) - 2:#x}" for address in found[::-1]))
    return [os.path.basename(place).split(" ")[0] for place in places.splitlines()]


# ---- The program ---------------------------------------------------------------------------------------


@for_each(LEVELS)
def without_a_bug_nothing_is_found(level):
    check, stack = stopped(built(0, level, "quarantine"), "gateway_stop")
    assert check.startswith("system heap ") and "sound" in check and "gateway_stop" in stack, check + stack


# ---- What level 2 finds ----------------------------------------------------------------------------------


@for_each(LEVELS)
def an_overrun_by_one_leads_to_who_asked_and_who_wrote(level):
    image = built(OVERRUN, level, "guarded")
    check, _ = stopped(image)
    assert "stopped in cairn_fatal(CAIRN_OVERRUN" in check, check
    damaged = next(text for text in check.splitlines() if "damaged: live block" in text)
    assert f"owner label_of ({line('guilty 1')})" in damaged, damaged
    equal(writers(image)[0], line("writes 1"))


@for_each(LEVELS)
def a_second_free_leads_to_both(level):
    check, stack = stopped(built(DOUBLE_FREE, level, "guarded"))
    assert "stopped in cairn_fatal(CAIRN_DOUBLE_FREE" in check, check
    assert re.search(rf"freed by drop \({line('first free 2')}\)", check), check
    frames = re.findall(r"^#\d+ .* (\S+:\d+)$", stack, re.M)
    assert any(frame.endswith(line("guilty 2")) for frame in frames), stack


@for_each(LEVELS)
def a_write_after_free_leads_to_who_wrote(level):
    image = built(WRITE, level, "guarded")
    check, _ = stopped(image)
    assert "stopped in cairn_fatal(CAIRN_WRITE_AFTER_FREE" in check, check
    equal(writers(image)[0], line("guilty 3"))


# ---- What the quarantine finds ---------------------------------------------------------------------------


@for_each([(bug, level) for bug in (WRITE, LATE_WRITE) for level in LEVELS])
def a_write_after_free_leads_to_who_freed_and_who_wrote(case):
    """At once, and five messages later."""
    bug, level = case
    image = built(bug, level, "quarantine")
    check, _ = stopped(image)
    assert "stopped in cairn_fatal(CAIRN_WRITE_AFTER_FREE" in check, check
    assert re.search(rf"freed by forget_device \({line(f'first free {bug}')}\)", check), check
    equal(writers(image)[0], line(f"guilty {bug}"))


@for_each(LEVELS)
def a_second_free_five_messages_later_leads_to_both(level):
    check, stack = stopped(built(LATE_FREE, level, "quarantine"))
    assert "stopped in cairn_fatal(CAIRN_DOUBLE_FREE" in check, check
    assert re.search(rf"freed by drop \({line('first free 5')}\)", check), check
    frames = re.findall(r"^#\d+ .* (\S+:\d+)$", stack, re.M)
    assert any(frame.endswith(line("guilty 5")) for frame in frames), stack


@for_each([LATE_WRITE, LATE_FREE])
def without_it_a_bug_five_messages_later_is_not_named(bug):
    """Or the two above would show nothing."""
    image = built(bug, "-Os", "guarded")
    name = image[:-4]
    said = gdb(image, target(BOARD, image, name) + "break cairn_fatal\nbreak gateway_stop\ncontinue\n" +
               "break fault_handler\ncontinue\n" + command("check", "cairn check") + KILL, name)
    text = said.get("check", "")
    assert f"freed by forget_device ({line('first free 4')})" not in text, text
    assert f"freed by drop ({line('first free 5')})" not in text, text


# ---- A leak ------------------------------------------------------------------------------------------------


def halves(image):
    """Two images of RAM, after half of the messages and after all; what gdb's `cairn sites` says then; cairn leaks."""
    name, dumps = image[:-4], []
    text = target(BOARD, image, name)
    for stop in ("gateway_half", "gateway_stop"):
        dumps.append(f"{name}-{stop}.bin")
        text += f"break {stop}\ncontinue\ndump binary memory {dumps[-1]} 0x20000000 0x20020000\n"
        text += command(stop, "cairn sites")
    said = gdb(image, text + KILL, name)
    out, errors = cairn("leaks", *(f"{dump}@0x20000000" for dump in dumps), "--elf", image)
    return dumps, {stop: said[stop] for stop in ("gateway_half", "gateway_stop")}, out, errors


@for_each(LEVELS)
def a_leak_is_named_by_two_images_of_ram(level):
    image = built(LEAK, level, "sited")
    name = image[:-4]
    _, said, out, errors = halves(image)
    first = out.splitlines()[2]
    assert errors == "" and re.search(rf"\badd_field {line('guilty 6')}", first), out + errors
    # 600 messages later 75 more topics are forgotten.
    new, blocks, growth = (int(cell.replace(",", "")) for cell in first.split()[:3])
    assert blocks >= 75 and 400 <= growth <= new, first
    assert re.search(r", in \d+ calls: \d+\.\d a call$", out.splitlines()[0]), out
    # And by two prints of `cairn sites`.
    tables = [f"{name}-{stop}.txt" for stop in said]
    for path, stop in zip(tables, said):
        with open(path, "w", encoding="utf-8") as table:
            table.write(said[stop])
    out, _ = cairn("leaks", *tables)
    assert re.search(rf"\badd_field {line('guilty 6')}", out.splitlines()[2]), out


@for_each(LEVELS)
def with_the_calls_of_its_site_a_leak_is_named_through_all_that_called(level):
    """What calls have left on the stack that have returned is in no stack."""
    image = built(LEAK, level, "chained")
    dumps, said, out, _ = halves(image)
    chain = [f"add_field {line('guilty 6')}", f"parse {line('calls add_field')}", f"handle {line('calls parse')}",
             f"main {line('calls handle')}"]
    assert "  " + " < ".join(chain) in out.splitlines()[2], out
    rows = [text.split(None, 3)[3] for text in said["gateway_stop"].splitlines()[1:]]
    equal(len(set(rows)), len(rows), "owners that are named once")
    out, _ = cairn("flame", image, f"{dumps[1]}@0x20000000")
    for row in out.splitlines():
        stack = row.rsplit(" ", 1)[0].split(";")
        outer = [frame for frame in stack if not frame.startswith(("reset_handler ", "start_program "))]
        equal(outer[0], chain[3], "where a stack begins")
        assert not any(frame.startswith(("copy_part ", "drop", "put_number ")) for frame in stack), stack


@for_each(LEVELS)
def a_leak_is_named_by_two_moments_of_a_trace(level):
    image = built(LEAK, level, "traced")
    folder = image + ".run"
    os.makedirs(folder)
    subprocess.run(["qemu-system-arm", "-machine", BOARD, "-kernel", image, "-semihosting-config",
                    "enable=on,target=native", "-display", "none", "-monitor", "none", "-serial", "none"], cwd=folder,
                   stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=60)
    trace = os.path.join(folder, "gateway.trace")
    cairn("trace", os.path.join(folder, "cairn.trace.bin"), "--elf", image, "-o", trace)
    out, _ = cairn("leaks", trace)
    # All else is freed before the program ends.
    row, = out.splitlines()[2:]
    assert re.search(rf"  add_field {line('guilty 6')}", row), out
    equal(row.split()[1:3], ["150", "150"])


# ---- Other builds ----------------------------------------------------------------------------------------


@test
def an_image_of_another_build_is_refused_by_its_name():
    images = [built(bug, "-Os", "sited") for bug in (LEAK, OVERRUN)]
    dump = images[0][:-4] + "-gateway_half.bin@0x20000000"
    _, said = cairn("leaks", dump, dump, "--elf", images[1], good=False)
    assert said.startswith(f"cairn leaks: {dump}: {images[1]} is not the build in this memory: "), said
    _, said = cairn("flame", images[1], dump, good=False)
    assert said.startswith(f"cairn flame: {images[1]} is not the build in this memory: "), said


@test
def the_flame_graph_of_an_image_has_what_its_sites_have():
    image = built(LEAK, "-O2", "sited")
    dump = image[:-4] + "-gateway_stop.bin@0x20000000"
    out, _ = cairn("flame", image, dump)
    sizes = {}
    for row in out.splitlines():
        stack, size = row.rsplit(" ", 1)
        sizes[" < ".join(stack.split(";")[::-1])] = int(size)
    table, _ = cairn("image", image, dump, "sites")
    wanted = {}
    for row in table.splitlines()[1:]:
        size, _, _, owner = row.split(None, 3)
        if int(size):
            wanted[re.sub(r" \((\S+:\d+)\)", r" \1", owner)] = int(size)
    equal(sizes, wanted)
    assert len(sizes) >= 5


run_tests()
