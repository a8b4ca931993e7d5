"""A trace from which records are missing says so, and no tool takes it for the whole run.

SPDX-License-Identifier: MIT
"""
import json
import os
import re
import subprocess

import board
from records import ELF, FREE, MALLOC, converted, words, write_records
from tap import cairn, directory, equal, run, run_tests, test

WORK = directory("lost")


def ring_dump():
    """The trace of a ring that has lost its first records, and what was said of it."""
    folder = os.path.join(WORK, "ring")
    board.record("mps2-an385", "ring", folder)
    symbols, _ = run(os.environ.get("CROSS", "arm-none-eabi-") + "nm", ELF)
    start = re.search(r"^(\w+) . __data_start$", symbols, re.M)[1]
    path = os.path.join(folder, "node.trace")
    _, said = cairn("trace", os.path.join(folder, "ram.bin"), "--ram-at", "0x" + start, "--elf", ELF, "-o", path)
    return path, said


def whole_run():
    """The trace of the same firmware without a loss."""
    folder = os.path.join(WORK, "whole")
    board.record("mps2-an385", "semihosting", folder)
    path = os.path.join(folder, "node.trace")
    image = "build/mps2-an385/recorded/semihosting.elf"
    cairn("trace", os.path.join(folder, "cairn.trace.bin"), "--elf", image, "-o", path)
    return path


RING, SAID = ring_dump()
LOST = re.search(r": (\d+) lost before, (\d+) between", SAID)
WHOLE = whole_run()


def header(path):
    with open(path, encoding="utf-8") as file:
        text = file.read().partition("\n# at")[0]
    numbers = re.findall(r"(\w+): (0x[0-9a-f]+|\d+)\b", text)
    return {key: int(value, 16 if value.startswith("0x") else 10) for key, value in numbers}


@test
def the_trace_says_how_many_records_are_missing():
    about = header(RING)
    equal([about["lost_before"], about["lost_between"]], [int(number) for number in LOST.groups()])
    assert about["lost_before"] > 1000
    about = header(WHOLE)
    equal([about["lost_before"], about["lost_between"]], [0, 0])


@test
def size_recommends_nothing_from_a_part_of_a_run():
    out, said = cairn("size", RING, "--orders", 2, "--reach", 4)
    assert out.startswith(f"INCOMPLETE: {LOST[1]} records were lost before the first one"), out
    assert "Recommended:" not in out and "No size is recommended: " in out, out
    out, said = cairn("size", WHOLE, "--orders", 2, "--reach", 4)
    assert "INCOMPLETE" not in out + said and "\nRecommended: " in out, out


@test
def view_warns_in_the_page_in_the_picture_and_beside_it():
    for path, warned in ((RING, True), (WHOLE, False)):
        page, picture = path + ".html", path + ".svg"
        _, said = cairn("view", path, "-o", page, "--heap", 65536)
        with open(page, encoding="utf-8") as file:
            text = file.read()
        data = json.loads(re.search(r'id="data">(.*?)</script>', text, re.S)[1])
        cairn("view", path, "--svg", "end", "-o", picture, "--heap", 65536)
        with open(picture, encoding="utf-8") as file:
            drawn = file.read()
        words_ = f"INCOMPLETE: {LOST[1]} records were lost before the first one"
        equal([any(words_ in warning for warning in data["warnings"]), words_ in said, words_ in drawn], [warned] * 3)


@test
def a_loss_between_records_is_one_too():
    path = write_records(os.path.join(WORK, "between.bin"), [words(0, MALLOC, 0x20001000, 8),
                                                             words(3, MALLOC, 0x20001010, 8)])
    trace = os.path.join(WORK, "between.trace")
    cairn("trace", path, "--elf", ELF, "-o", trace)
    out, _ = cairn("size", trace, "--orders", 0)
    assert out.startswith("INCOMPLETE: 2 records were lost between others"), out


@test
def records_without_an_operation_make_no_trace():
    """As those of a ring that is dumped when the program has freed all."""
    out = os.path.join(WORK, "none.trace")
    _, said = converted(WORK, [words(500 + n, FREE, 0x20001000 + 8 * n) for n in range(9)], "-o", out, good=False)
    assert "no operation that can be replayed" in said and "500 lost before" in said, said
    assert not os.path.exists(out)


@test
def an_old_trace_says_nothing_and_is_believed():
    done = subprocess.run(["tools/cairn", "size", "tests/traces/lua-life.trace", "--orders", "0"], capture_output=True,
                          text=True, check=True)
    assert "INCOMPLETE" not in done.stdout and "Recommended: " in done.stdout, done.stdout


run_tests()
