"""cairn leaks: what is new between two moments of a trace, and between two tables of sites.

SPDX-License-Identifier: MIT
"""
import os
import re

from tap import cairn, directory, equal, for_each, run, run_tests, test

WORK = directory("leaks")


def file(name, text):
    path = os.path.join(WORK, name)
    with open(path, "w", encoding="utf-8") as made:
        made.write(text)
    return path


def messages(count):
    """Each message takes two blocks and a buffer; every fourth one forgets its topic, and a table grows."""
    lines = ["# name: gateway", "# at main g.c:1", "m 0 100"]
    for n in range(count):
        slot = 10 + 2 * n
        lines += ["# at copy g.c:10 < receive g.c:20 < main g.c:30", f"m {slot} 18",
                  "# at receive g.c:22 < main g.c:30", f"m {slot + 1} 40",
                  "# at last g.c:40 < main g.c:30"] + ["f 1"] * (n > 0) + ["m 1 24"]
        lines += ["# at handle g.c:50", f"f {slot + 1}"] + [f"f {slot}"] * (n % 4 != 0)
        if n % 5 == 4:
            lines += ["# at table g.c:60", f"r 0 {100 + 8 * n}"]
    return "\n".join(lines) + "\n"


TRACE = file("gateway.trace", messages(40))
LEAK, KEPT, TABLE = "copy g.c:10 < receive g.c:20 < main g.c:30", "last g.c:40 < main g.c:30", "table g.c:60"


def operation(message):
    """Operations before a message."""
    lines = messages(message).splitlines()
    return sum(not line.startswith("#") for line in lines)


def leaks(*words):
    """The heading, the rows by stack (their columns by name), the last line, and what is said beside."""
    out, said = cairn("leaks", *words)
    heading, *lines = out.splitlines()
    heads = lines[0].split()
    rows = {}
    for line in lines[1:]:
        if not line.startswith("  and "):
            *cells, stack = line.split(None, len(heads) - 1)
            rows[stack] = dict(zip(heads, (cell.replace(",", "") for cell in cells)))
    return heading, rows, lines[-1], said


# ---- Two moments of a trace --------------------------------------------------------------------------


@test
def what_leaks_is_listed_with_its_growth_for_each_call():
    first, second = operation(8), operation(24)
    heading, rows, last, _ = leaks(TRACE, "--from", first, "--to", second)
    equal(rows[LEAK], {"new": "72", "blocks": "4", "kept": "4", "growth": "72", "calls": "16", "growth/call": "4.5",
                       "oldest": str(operation(8) + 1)})
    equal(list(rows), [LEAK, TABLE])
    equal((rows[TABLE]["new"], rows[TABLE]["growth"], rows[TABLE]["oldest"]), ("0", str(252 - 132), "-"))
    assert f"from {first} to {second} of" in heading and heading.endswith(f"grew by {72 + 120}"), heading
    equal(last, "  and 24 new bytes in 1 block of 1 stack that did not grow")


@test
def all_lists_what_took_the_place_of_as_much():
    _, rows, _, _ = leaks(TRACE, "--from", operation(8), "--to", operation(24), "--all")
    equal((rows[KEPT]["new"], rows[KEPT]["kept"], rows[KEPT]["growth"]), ("24", "0", "0"))


@test
def a_trace_alone_lists_what_is_live_at_its_end_the_oldest_first():
    _, rows, _, _ = leaks(TRACE)
    equal(list(rows), [TABLE, LEAK, KEPT])  # the block that main asked for first was resized at TABLE
    equal((rows[LEAK]["blocks"], rows[LEAK]["new"]), ("10", "180"))


@test
def two_words_name_the_moments_as_well():
    one = cairn("leaks", TRACE, "--from", "50", "--to", "peak")
    equal(cairn("leaks", f"{TRACE}@50", f"{TRACE}@peak"), one)
    equal(cairn("leaks", TRACE, "--from", "50"), cairn("leaks", f"{TRACE}@50", TRACE))


@test
def times_are_shown_where_the_trace_has_them():
    path = file("timed.trace", "# time 5\nm 0 1\n# time 900\n# at f a.c:1\n# task net\nm 1 2\n# time 800\nm 2 2\n")
    _, rows, _, _ = leaks(path)
    equal((rows["f a.c:1 < task net"]["time"], rows["unknown"]["time"]), ("900", "5"))


@for_each([(["--from", "9", "--to", "8"], "the first moment, 9, is later than the second one, 8"),
           (["--to", "9999"], "is not a moment of "), (["--from", "x"], "is not a moment of ")])
def moments_that_are_none_are_refused(words):
    _, said = cairn("leaks", TRACE, *words[0], good=False)
    assert words[1] in said and len(said.splitlines()) == 1, said


# ---- Two traces, and two tables -----------------------------------------------------------------------


@test
def two_recordings_are_compared_by_stack():
    other = file("more.trace", messages(60))
    _, rows, _, said = leaks(TRACE, other)
    equal((rows[LEAK]["growth"], rows[LEAK]["blocks"], rows[LEAK]["before"]), (str(5 * 18), "5", "180"))
    assert "has no build id: whether both are of one build is not known" in said, said


@test
def recordings_of_different_builds_are_refused_by_name():
    one, other = (file(f"{n}.trace", f"# name: x\n# build: {n}f\nm 0 1\n") for n in (1, 2))
    _, said = cairn("leaks", one, other, good=False)
    equal(said, f"cairn leaks: {one} and {other} are of different builds: 1f and 2f\n")
    same = file("same.trace", "# name: x\n# build: 1f\nm 0 1\nm 1 1\n")
    equal(leaks(one, same)[3], "")


SITES = """     bytes  blocks    peak  owner
       570      30     589  copy (leak.c:15) < receive (leak.c:23)
        40       1      40  main (leak.c:50)
         0       0       8  0x1234
"""
MORE = SITES.replace("       570      30", "       760      40")
MORE = MORE.replace(" 0       0       8  0x1234", "16       2      16  0x1234")


@test
def tables_of_sites_are_compared_by_stack():
    _, rows, _, _ = leaks(file("a.txt", SITES), file("b.txt", MORE))
    equal(list(rows), ["copy leak.c:15 < receive leak.c:23", "0x1234"])
    equal(rows["copy leak.c:15 < receive leak.c:23"],
          {"growth": "190", "blocks": "10", "before": "570", "after": "760"})


@test
def what_a_firmware_has_printed_is_read_and_named():
    image = "build/mps2-an385/debugging/leak.elf"
    said, _ = run("tests/run-one", image)
    parts = said.split("after ")
    one, two = file("first.txt", parts[1]), file("second.txt", parts[3])
    _, rows, _, _ = leaks(one, two, "--elf", image)
    with open("examples/debugging/leak.c", encoding="utf-8") as source:
        line = next(n for n, text in enumerate(source, 1) if "return strdup(text)" in text)
    equal(list(rows), [f"copy leak.c:{line}"])
    equal(rows[f"copy leak.c:{line}"]["growth"], "380")


def returns_to(code, function, callee):
    """Where a call of `callee` in the function returns to, as a word on the stack is."""
    body = code.partition(f"<{function}>:")[2].partition(">:")[0]
    return int(re.search(rf"<{callee}>\n *([0-9a-f]+):", body)[1], 16) | 1


@test
def calls_that_a_firmware_has_printed_are_read_and_named():
    """As with CAIRN_SITES_STACK; one of them is left over from a call that has returned."""
    image = "build/mps2-an385/debugging/leak.elf"
    code, _ = run("arm-none-eabi-objdump", "-d", image)
    calls = [returns_to(code, *call) for call in (("copy", "strdup"), ("receive", "copy"), ("receive", "malloc"),
                                                  ("main", "receive"))]
    row = "  {} bytes in {} blocks, at most 300, from " + " < ".join(f"{call:#x}" for call in calls) + "\n"
    _, rows, _, _ = leaks(file("early.txt", row.format(100, 5)), file("late.txt", row.format(290, 15)), "--elf", image)
    stack, = rows
    assert re.fullmatch(r"copy leak.c:\d+ < receive leak.c:\d+ < main leak.c:\d+", stack), stack
    equal(rows[stack]["growth"], "190")


@for_each([[TRACE, "a.txt"], ["a.txt", TRACE]])
def two_of_different_kinds_are_refused(words):
    names = [os.path.join(WORK, word) if word == "a.txt" else word for word in words]
    _, said = cairn("leaks", *names, good=False)
    assert said.endswith(": two of a kind are compared\n") and "a table of sites" in said and "a trace" in said, said


@test
def an_image_needs_its_firmware_and_a_table_a_second_one():
    image = file("ram.bin", "\0\0\0")
    _, said = cairn("leaks", f"{image}@0x20000000", f"{image}@0x20000000", good=False)
    assert "needs --elf" in said, said
    _, said = cairn("leaks", image, image, good=False)
    assert f"name the address of its first byte, {image}@0x20000000" in said, said
    _, said = cairn("leaks", os.path.join(WORK, "a.txt"), good=False)
    assert "two are compared; one file alone is a trace" in said, said


run_tests()
