"""An ELF file of another build is named and not believed: over an image of RAM, by gdb, by cairn view and cairn trace.

SPDX-License-Identifier: MIT
"""
import os
import subprocess
import sys

from look import CROSS, KILL, command, gdb, image_of, target, tool, work
from board import record, setting
from tap import cairn, equal, for_each, run_tests, test

sys.path.insert(0, "tools")
from cairntools.elf import Elf  # noqa: E402
from cairntools.code import build_id, follows_call  # noqa: E402
from cairntools.firmware import Firmware  # noqa: E402

BOARD = "mps2-an385"
TREES = [BOARD, f"{BOARD}/guarded", f"{BOARD}/counted"]
RAM, STACK, FLASH = 0x20000000, 0x203ff000, 0
OTHER = "is not the build in this memory: "
RUNTIME = ("boards/runtime/startup", "extras/semihosting", "boards/runtime/syscalls")


def linked(tree, program, name, source, *flags):
    """A firmware like the tree's own, with a source file more. Returns its path."""
    path, more = work(tree, f"{name}.elf"), work(tree, f"{name}.c")
    with open(more, "w", encoding="utf-8") as file:
        file.write(source)
    cpu = setting(BOARD, "CPU_FLAGS") + " -mthumb"
    objects = [f"build/{tree}/{part}.o" for part in (f"tests/{program}", "tests/support/tap",
                                                     "tests/support/tap-target", *RUNTIME)]
    done = subprocess.run([CROSS + "gcc", *cpu.split(), "-Os", "-nostartfiles", "-Wl,--gc-sections", *flags, "-T",
                           f"boards/{BOARD}/memory.ld", "-T", "linker/sections.ld", more, *objects,
                           f"build/{tree}/libcairn.a", "-o", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return path


CODE = "__attribute__((used, constructor)) static void more(void) { __asm volatile(\".rept 21\\n nop\\n .endr\"); }\n"


def fresh(path):
    """A file that is not there yet."""
    if os.path.exists(path):
        os.remove(path)
    return path


class Dumped:
    """RAM, stack and flash of a firmware that has reached its first stop."""

    def __init__(self, tree, elf):
        self.tree, self.elf, name = tree, elf, work(tree, "builds")
        self.parts = {"ram": (RAM, 0xa0000), "stack": (STACK, 0x1000), "flash": (FLASH, 0x4000)}
        text = target(tree, elf, name) + "break scene_stop\ncontinue\n"
        for part, (start, size) in self.parts.items():
            text += f"monitor pmemsave {start} {size} \"{name}-{part}.bin\"\n"
        gdb(elf, text + KILL, name)

    def words(self, *parts):
        return [f"{work(self.tree, 'builds')}-{part}.bin@{self.parts[part][0]:#x}" for part in parts]


dumps = {tree: Dumped(tree, image_of(tree)) for tree in TREES}
shifted = {tree: linked(tree, "gdb/scene", "shifted", CODE) for tree in TREES}


def refused(*words):
    status, text = tool(*words)
    assert (status, OTHER in text) == (2, True) and "Traceback" not in text, f"{words}: {status} {text}"


# ---- Images ------------------------------------------------------------------------------------------------


@for_each(["stats", "blocks", "check", "sites", "find 0x20001000"])
def a_build_with_other_options_is_refused(words):
    guarded = dumps[f"{BOARD}/guarded"]
    refused(image_of(f"{BOARD}/counted"), *guarded.words("ram"), *words.split())


@for_each(TREES)
def code_that_was_moved_is_seen_by_the_stack(tree):
    refused(shifted[tree], *dumps[tree].words("ram", "stack"), "check")


@for_each(TREES)
def and_by_the_flash(tree):
    refused(shifted[tree], *dumps[tree].words("ram", "flash"), "check")


@for_each(TREES[1:])
def and_by_the_owners_of_blocks(tree):
    refused(shifted[tree], *dumps[tree].words("ram"), "check")


@for_each(TREES)
def the_own_build_is_believed(tree):
    for parts in (["ram"], ["ram", "stack"], ["ram", "flash"], ["flash", "ram", "stack"]):
        status, text = tool(image_of(tree), *dumps[tree].words(*parts), "check", notes=True)
        silent = tree == BOARD and parts == ["ram"]
        equal((status, "build" in text.replace("build/", "")), (0, silent), f"{parts} {text}")


@test
def where_nothing_can_be_compared_it_is_said():
    status, text = tool(shifted[BOARD], *dumps[BOARD].words("ram"), "check", notes=True)
    assert status == 0 and "note: this memory does not show whether" in text, text


@test
def a_breakpoint_in_flash_is_no_other_build():
    dump = dumps[BOARD]
    path = work(BOARD, "patched.bin")
    with open(dump.words("flash")[0].partition("@")[0], "rb") as file:
        data = bytearray(file.read())
    data[0x400:0x402] = b"\0\xbe"
    with open(path, "wb") as file:
        file.write(data)
    status, text = tool(dump.elf, *dump.words("ram"), f"{path}@0", "check")
    equal((status, "build" in text.replace("build/", "")), (0, False), text)


@test
def the_build_id_decides():
    """Of two builds that differ in a constant only."""
    one, two = (linked(BOARD, "gdb/scene", f"id-{n}", f"__attribute__((used)) const int version = {n};\n",
                       "-Wl,--build-id", "-Wl,--undefined=version") for n in (1, 2))
    assert len(build_id(Elf(one))) == 20 and build_id(Elf(one)) != build_id(Elf(two))
    dump = Dumped(BOARD, one)
    status, text = tool(one, *dump.words("ram", "flash"), "check")
    equal(status, 0, text)
    status, text = tool(two, *dump.words("ram", "flash"), "check")
    ids = [build_id(Elf(path)).hex() for path in (two, one)]
    assert status == 2 and f"its build id is {ids[0]}; that in memory is {ids[1]}" in text, text


@test
def cairn_view_refuses_it():
    dump = dumps[f"{BOARD}/counted"]
    ram, _, start = dump.words("ram")[0].rpartition("@")
    page = fresh(work(BOARD, "other.html"))
    _, said = cairn("view", ram, "--ram-at", start, "--elf", shifted[f"{BOARD}/counted"], "-o", page, good=False)
    assert OTHER in said and not os.path.exists(page), said


# ---- Why there is no heap, and what an address is ----------------------------------------------------------


@test
def a_region_that_is_too_small_for_a_heap_is_named():
    too_small = "has 40 bytes, and a heap needs 56; malloc returns NULL"
    for size, message in ((40, too_small), (600, "nothing has asked for")):
        elf = linked(BOARD, "gdb/scene", "small", "\n", f"-Wl,--defsym=_heap_size={size}")
        firmware = Firmware(Elf(elf), lambda address, count: bytes(count))
        equal((firmware.heaps(), message in firmware.no_heap()), ([], True), firmware.no_heap())


@test
def the_fill_of_freed_memory_is_named_as_a_pointer():
    dump = dumps[f"{BOARD}/guarded"]
    for address, named in (("0xdddddddd", True), ("0xddddddd8", True), ("0xdddd0000", False)):
        status, text = tool(dump.elf, *dump.words("ram"), "find", address)
        equal((status, "  free memory is filled with these bytes" in text), (0, named), text)
    _, text = tool(image_of(BOARD), *dumps[BOARD].words("ram"), "find", "0xdddddddd")
    assert "filled" not in text, text


# ---- gdb ---------------------------------------------------------------------------------------------------


@test
def gdb_refuses_it_on_a_live_target():
    """Which runs one build; gdb was given another."""
    name = work(BOARD, "live-other")
    text = target(BOARD, image_of(BOARD), name) + f"break *{Elf(image_of(BOARD)).value('scene_stop'):#x}\ncontinue\n"
    text += "".join(command(words, f"cairn {words}") for words in ("check", "blocks")) + KILL
    said = gdb(shifted[BOARD], text, name)
    assert all(OTHER in said[words] and "pieces of its code" in said[words] for words in ("check", "blocks")), said


# ---- Traces ------------------------------------------------------------------------------------------------


def recorded(port, name, *flags):
    tree = f"{BOARD}/traced"
    path = work(BOARD, f"{name}-{port}.elf")
    objects = [f"build/{tree}/{part}.o" for part in (f"extras/trace_{port}", "tests/tools/recorded",
                                                     "tests/support/blocks", *RUNTIME)]
    more = work(BOARD, f"{name}.c")
    with open(more, "w", encoding="utf-8") as file:
        file.write(CODE if name == "other" else "\n")
    cpu = setting(BOARD, "CPU_FLAGS") + " -mthumb"
    done = subprocess.run([CROSS + "gcc", *cpu.split(), "-Os", "-nostartfiles", "-Wl,--gc-sections", *flags,
                           "-Wl,--defsym=_heap_size=8404", "-T", f"boards/{BOARD}/memory.ld", "-T",
                           "linker/sections.ld", more, *objects, f"build/{tree}/libcairn.a", "-o", path],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return path


@test
def a_trace_of_another_build_is_refused():
    """By its callers; the file itself holds no build."""
    folder = work(BOARD, "records")
    record(BOARD, "semihosting", folder)
    other = recorded("semihosting", "other")
    out = fresh(work(BOARD, "other.trace"))
    _, said = cairn("trace", f"{folder}/cairn.trace.bin", "--elf", other, "-o", out, good=False)
    assert "is not the build that recorded these calls: " in said and not os.path.exists(out), said
    cairn("trace", f"{folder}/cairn.trace.bin", "--elf", f"build/{BOARD}/recorded/semihosting.elf", "-o", out)


@for_each(["semihosting", "ring"])
def records_carry_the_build_id(port):
    """A build that differs in its id alone is refused; the trace names the build."""
    own = f"build/{BOARD}/recorded/{port}.elf"
    folder = work(BOARD, f"id-{port}")
    record(BOARD, port, folder)
    words = [f"{folder}/cairn.trace.bin"]
    if port == "ring":
        words = [f"{folder}/ram.bin", "--ram-at", hex(Elf(own).value("__data_start"))]
    out = work(BOARD, f"id-{port}.trace")
    cairn("trace", *words, "--elf", own, "-o", out)
    with open(out, encoding="utf-8") as file:
        text = file.read()
    identity = build_id(Elf(own)).hex()
    assert len(identity) == 40 and f"\n# build: {identity[:32]}\n" in text, text[:400]
    with open(own, "rb") as file:
        data = file.read()
    other = work(BOARD, f"id-{port}-other.elf")
    with open(other, "wb") as file:
        file.write(data.replace(build_id(Elf(own)), bytes(20)))
    _, said = cairn("trace", *words, "--elf", other, "-o", out, good=False)
    assert f"its build id is {'0' * 32}, theirs {identity[:32]}" in said, said


@test
def addresses_that_follow_a_call_are_few():
    """Else none of this would show anything."""
    elf = Elf(image_of(BOARD))
    functions = [symbol for symbol in elf.symbols if symbol.kind == 2 and symbol.size]
    places = [symbol.value + n + 1 for symbol in functions for n in range(2, symbol.size, 2)]
    share = sum(follows_call(elf, place) for place in places) / len(places)
    print(f"# {100 * share:.1f} % of {len(places)} places in functions follow a call")
    assert 0.02 < share < 0.15, share


run_tests()
