"""cairn flame: the bytes of each stack are those of the trace's live blocks, in the formats of the viewers.

SPDX-License-Identifier: MIT
"""
import json
import os
import re

import board
from tap import cairn, directory, equal, for_each, run_tests, test

WORK = directory("flame")
LONG = "std::_Rb_tree<std::pair<int, (a < b)>, std::allocator<int> >::_M_insert(int; char)"


def file(name, text):
    path = os.path.join(WORK, name)
    with open(path, "w", encoding="utf-8") as made:
        made.write(text)
    return path


TRACE = file("t.trace", f"""# name: t
# lost_before: 0  lost_between: 0
m 9 3
# at copy a.c:18 < make a.c:25 < main a.c:41
m 0 10
m 1 20
# at xmalloc a.c:9 < {LONG} b.h:7 < main a.c:50
m 2 30
# at copy a.c:18 < make a.c:25 < main a.c:41
f 1
# at grow a.c:60 < main a.c:44
r 0 15
c 4 0
""")
COPY, TREE, GROW = "main a.c:41;make a.c:25;copy a.c:18", f"main a.c:50;{LONG.replace(';', ':')} b.h:7", \
    "main a.c:44;grow a.c:60"


def folded(*words):
    out, said = cairn("flame", *words)
    return dict(line.rsplit(" ", 1) for line in out.splitlines()), said


# ---- Traces ------------------------------------------------------------------------------------------


@test
def without_a_moment_it_is_the_one_with_the_most_live_bytes():
    found, said = folded(TRACE)
    equal(found, {COPY: "30", TREE: "30", "unknown": "3"})
    assert "t after 4 of 7 operations: 63 bytes in 4 blocks, of 3 stacks" in said, said
    equal(folded(TRACE, "--peak")[0], found)


@for_each([("0", {}), ("2", {COPY: "10", "unknown": "3"}), ("5", {COPY: "10", TREE: "30", "unknown": "3"}),
           ("end", {GROW: "15", TREE: "30", "unknown": "3"})])
def a_block_is_of_the_stack_that_asked_for_it_last(moment):
    equal(folded(TRACE, "--at", moment[0])[0], moment[1])


@test
def wrappers_can_be_shown_and_more_skipped():
    found, _ = folded(TRACE, "--no-skip")
    equal(found[f"{TREE};xmalloc a.c:9"], "30")
    found, _ = folded(TRACE, "--skip", "copy")
    equal(found["main a.c:41;make a.c:25"], "30")


@test
def a_task_is_the_root_of_its_stacks():
    path = file("tasks.trace", "# at f a.c:1\nm 0 1\n# task net\nm 1 2\n# time 7\n# task idle\nm 2 4\nm 3 8\n")
    equal(folded(path)[0], {"f a.c:1": "1", "task net;f a.c:1": "2", "task idle;f a.c:1": "12"})


@test
def a_stack_without_bytes_is_left_out_and_the_others_are_in_order():
    path = file("order.trace", "# at z a.c:1\nm 0 0\nm 1 2\n# at y a.c:1\nm 2 0\n# at b a.c:2\nm 3 1\n")
    equal(cairn("flame", path, "--at", "end")[0], "b a.c:2 1\nz a.c:1 2\n")


@test
def of_two_peaks_it_is_the_first():
    path = file("peaks.trace", "# at a a.c:1\nm 0 9\nf 0\n# at b a.c:2\nm 0 9\n")
    equal(folded(path)[0], {"a a.c:1": "9"})


@test
def the_peak_of_a_recorded_program_is_that_of_its_header():
    trace = "tests/traces/cpp-events.trace"
    with open(trace, encoding="utf-8") as lines:
        peak = re.search(r"peak_live_bytes: (\d+)", lines.read())[1]
    equal(folded(trace)[0], {"unknown": peak})


@test
def an_incomplete_trace_says_so():
    path = file("lost.trace", "# lost_before: 5\nm 0 8\n")
    assert "INCOMPLETE: 5 records were lost" in folded(path)[1]


# ---- The format of speedscope ----------------------------------------------------------------------------


@test
def speedscope_gets_the_same_bytes_with_files_and_lines():
    path = os.path.join(WORK, "t.speedscope.json")
    out, _ = cairn("flame", TRACE, "--at", "end", "--format", "speedscope", "-o", path)
    equal(out, "")
    with open(path, encoding="utf-8") as made:
        data = json.load(made)
    equal(data["$schema"], "https://www.speedscope.app/file-format-schema.json")
    profile, = data["profiles"]
    equal((profile["type"], profile["unit"], profile["startValue"]), ("sampled", "bytes", 0))
    frames = data["shared"]["frames"]
    for frame in frames:
        assert set(frame) in ({"name"}, {"name", "file", "line"}), frame
    stacks = {}
    equal(len(profile["samples"]), len(profile["weights"]))
    for sample, weight in zip(profile["samples"], profile["weights"]):
        names = (f"{frames[n]['name']} {frames[n].get('file', '')}:{frames[n].get('line', '')}" for n in sample)
        stacks[";".join(names).replace(" :", "")] = str(weight)
    equal({stack.replace("int; char", "int: char"): size for stack, size in stacks.items()},
          folded(TRACE, "--at", "end")[0])
    equal(profile["endValue"], sum(profile["weights"]))
    assert {"name": "copy", "file": "a.c", "line": 18} not in frames  # its block was resized by another
    assert {"name": "grow", "file": "a.c", "line": 60} in frames


# ---- What it refuses ---------------------------------------------------------------------------------------


@for_each(["8", "-1", "soon", "١"])
def a_moment_that_is_none_is_refused(moment):
    _, said = cairn("flame", TRACE, f"--at={moment}", good=False)
    equal(said, f"cairn flame: {moment} is not a moment of {TRACE}: 0 to 7, peak or end\n")


@test
def an_elf_file_alone_is_refused():
    _, said = cairn("flame", "build/mps2-an385/recorded/ring.elf", good=False)
    assert said.splitlines()[-1].endswith("ring.elf is an ELF file: name an image of its RAM, too, or a core"), said


@test
def a_firmware_whose_blocks_keep_no_owner_is_refused():
    board.record("mps2-an385", "ring", WORK)
    with open(os.path.join(WORK, "ram.bin"), "ab") as ram, open(os.path.join(WORK, "heap.bin"), "rb") as control:
        ram.write(control.read() + bytes(16384))
    _, said = cairn("flame", "build/mps2-an385/recorded/ring.elf", os.path.join(WORK, "ram.bin@0x20000000"), good=False)
    assert "blocks do not keep their owners: build the library with CAIRN_CHECK=2 or CAIRN_SITES" in said, said


run_tests()
