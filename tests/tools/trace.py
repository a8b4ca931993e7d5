"""cairn trace: what a firmware recorded replays to the same map; damaged records are told.

SPDX-License-Identifier: MIT
"""
import os
import re
import struct
import subprocess
import sys

import board
from records import ALIGNED, CALLER, CALLOC, ELF, FREE, MALLOC, REALLOC, converted as converted_records, words
from tap import cairn, directory, equal, for_each, run, run_tests, test

sys.path.insert(0, "tools")
from cairntools.unwind import Call, Rule, Unwinder  # noqa: E402

WORK = directory("trace")
BOARDS = [b for b in ("mps2-an385", "mps2-an505", "microbit") if os.path.exists(f"build/{b}/recorded/ring.elf")]
SOURCE = "tests/tools/recorded.c"
HEAP_RUN = "build/host/heap_run"


def header(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    numbers = re.findall(r"(\w+): (0x[0-9a-f]+|0|[1-9]\d*)\b", text.split("\n# at")[0])
    return {key: int(value, 0) for key, value in numbers}


def operations(path):
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\n") for line in file if not line.startswith("#")]


def without_one(lines):
    """The operations less the last request whose block nothing frees or resizes: the map has it."""
    used = set()
    for at in reversed(range(len(lines))):
        kind, slot = lines[at].split()[:2]
        if kind in "mca" and slot not in used:
            return lines[:at] + lines[at + 1:]
        used.add(slot)
    raise AssertionError("every block was freed or resized")


def converted(where, name, *words):
    """A run on a board, as a trace. Returns its path, the firmware's numbers, and what was said."""
    folder = os.path.join(WORK, name)
    numbers = board.record(where, "semihosting", folder, *words)
    path = os.path.join(folder, "recorded.trace")
    image = f"build/{where}/recorded/semihosting.elf"
    _, said = cairn("trace", os.path.join(folder, "cairn.trace.bin"), "--elf", image, "-o", path)
    return path, numbers, said


def control(path, start, size):
    return subprocess.run([HEAP_RUN, "control", path, str(start), str(size)], capture_output=True, check=True).stdout


# ---- From the board to the host --------------------------------------------------------------------


@for_each(BOARDS)
def a_replay_of_a_recorded_run_has_its_map_and_its_peak(where):
    path, numbers, said = converted(where, where)
    about = header(path)
    with open(os.path.join(os.path.dirname(path), "heap.bin"), "rb") as file:
        firmware = file.read()
    assert len(firmware) > 300, "no control data"
    equal(control(path, about["heap_start"], about["heap_size"]), firmware, "control data")
    # What would differ: another place for aligned blocks, another size, one operation less.
    assert control(path, about["heap_start"] + 8, about["heap_size"]) != firmware
    assert control(path, about["heap_start"], about["heap_size"] - 512) != firmware
    with open(path + ".less", "w", encoding="utf-8") as file:
        file.write("".join(line + "\n" for line in without_one(operations(path))))
    assert control(path + ".less", about["heap_start"], about["heap_size"]) != firmware
    sizes, _ = run(HEAP_RUN, "sizes", path, str(about["heap_start"]), str(about["heap_size"]))
    equal(sizes.split()[1:], [str(about["heap_size"]), "0", "0", str(numbers["highest"])], "replay")
    assert "0 lost before, 0 between" in said, said


@for_each(BOARDS)
def the_run_has_every_kind_of_call_from_main_and_from_an_interrupt(where):
    path, _, said = converted(where, f"{where}-kinds")
    kinds = [line[0] for line in operations(path)]
    for kind in "mcarf":
        assert kinds.count(kind) > 20, kind
    with open(path, encoding="utf-8") as file:
        text = file.read()
    assert text.count("\n# at receive ") > 50
    equal(text.count("\n# refused: "), 6)
    for refused in ("m \\d+", "a 64 \\d+", "r \\d+"):
        assert re.search(f"[12] x ask_for_too_much recorded.c:\\d+ < main recorded.c:\\d+: {refused}\n", said), said


@for_each(BOARDS)
def stacks_times_and_tasks_are_in_the_trace(where):
    folder = os.path.join(WORK, f"{where}-stacks")
    board.record(where, "stacks", folder)
    image, path = f"build/{where}/recorded/stacks.elf", os.path.join(folder, "stacks.trace")
    cairn("trace", os.path.join(folder, "cairn.trace.bin"), "--elf", image, "-o", path)
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    about = header(path)
    assert about["stacks"] > 500 and about["by_cfi"] >= 0.95 * about["stacks"], about
    chains = [line for line in lines if line.startswith("# at ")]
    # CFI ends each chain of main where the startup code calls it, or where the exception began.
    assert all(" < main recorded.c:" in chain or "main" in chain.split()[2] or "systick_handler" in chain
               for chain in chains), chains
    assert not any("receive" in chain and "main" in chain for chain in chains)
    times = [int(line[7:]) for line in lines if line.startswith("# time ")]
    # A record has its number before its time: with an interrupt in between they are in another order.
    assert len(times) > 500 and sum(high < low for low, high in zip(times, times[1:])) < len(times) // 20
    equal({line for line in lines if line.startswith("# task ")}, {"# task main task", "# task interrupt 15"})
    run(HEAP_RUN, "sizes", path, "0", "8404")


class Known(Unwinder):
    """Of code whose CFI is these rules: words from SP to the frame, and from that to the return address, by address."""

    def __init__(self, rules):
        super().__init__("", 4)
        self._of = rules

    def _rule(self, address):
        return next((Rule(at, *rule) for at, rule in self._of.items() if at <= address < at + 0x100), None)


# A handler at 0x100 that saves r4 and LR, what it calls at 0x200, and the interrupted main at 0x300.
HANDLER, CALLED, MAIN = 0x111, 0x221, 0x331
RULES = Known({0x100: (2, -1), 0x200: (2, -1), 0x300: (2, None)})


@test
def a_register_that_a_handler_saved_is_no_caller():
    # Words: the caller's address, saved by malloc; R4 and LR that the caller saved; R4 and LR that the handler saved.
    # The last of them is no return address. Either R4 is one, by chance.
    calls = [Call(CALLED, 0), Call(HANDLER, 1), Call(HANDLER, 2), Call(MAIN, 3)]
    equal(RULES.chain(CALLED, calls), ([HANDLER], True))


@test
def where_the_caller_was_not_saved_its_frame_is_the_first():
    equal(RULES.chain(CALLED, [Call(HANDLER, 1), Call(MAIN, 3)]), ([HANDLER, MAIN], True))


@test
def words_are_taken_as_they_are_where_code_has_no_rules():
    equal(Known({}).chain(CALLED, [Call(CALLED, 0), Call(HANDLER, 2), Call(MAIN, 3)]), ([HANDLER, MAIN], False))


@test
def a_damaged_context_is_told():
    """Calls have 2, 3, 4, 5, 7 ... words: their addresses, and where they are."""
    record = words(0, MALLOC, 0x20000100, 8)
    wrong = [(6 | 1 << 3, [CALLER]), (6 | 6 << 3, [CALLER] * 6), (6 | 1 << 3 | 1 << 8 | 1 << 9, [1]),
             (6 | 1 << 3 | 1 << 11, [1])]
    for first, more in wrong:
        _, said = converted_records(WORK, [[first, *more], record], good=False)
        assert "the context at word 0" in said, said
    ops, _ = converted_records(WORK, [[6 | 3 << 3 | 1 << 8, 5, CALLER, 0], record])
    equal(ops, ["m 0 8"])


@test
def the_header_counts_what_follows():
    path, _, _ = converted("mps2-an385", "header")
    live, peak, sizes = 0, 0, {}
    for line in operations(path):
        kind, slot, *rest = line.split()
        live -= sizes.pop(slot, 0)
        if kind != "f":
            sizes[slot] = int(rest[-1])
            live += sizes[slot]
        peak = max(peak, live)
    about = header(path)
    slots = {line.split()[1] for line in operations(path)}
    equal((about["ops"], about["slots"], about["peak_live_bytes"]), (len(operations(path)), len(slots), peak))


@test
def callers_are_named_by_function_and_line():
    path, _, _ = converted("mps2-an385", "places")
    with open(SOURCE, encoding="utf-8") as file:
        source = file.read().splitlines()
    with open(path, encoding="utf-8") as file:
        places = {line.rstrip("\n") for line in file if line.startswith("# at ")}
    wanted = {"write_log": "realloc(", "parse": "calloc(", "draw_frame": "memalign(", "receive": "malloc("}
    for function, call in wanted.items():
        lines = [n for n, line in enumerate(source, 1) if call in line]
        # Inlined into main, or not.
        found = [place for place in places for n in lines if place.startswith(f"# at {function} recorded.c:{n}")]
        assert found and all(re.search(r":\d+( < \w+ recorded\.c:\d+)*$", place) for place in found), (function, places)


@test
def fit_takes_the_trace():
    path, _, _ = converted("mps2-an385", "fit")
    name, peak, size, _ = run("build/host/fit", path)[0].split()
    equal((name, int(peak)), ("recorded", header(path)["peak_live_bytes"]))
    assert int(peak) < int(size) < header(path)["heap_size"]


@test
def interrupts_inside_realloc_leave_a_trace_that_runs():
    path, _, said = converted("mps2-an385", "inside", "let-in")
    found = re.search(r"(\d+) reallocs? moved a block with calls of interrupts inside", said)
    assert found and int(found[1]) > 0, said
    assert "not recorded" not in said, said
    run(HEAP_RUN, "sizes", path, "0", "8404")


@for_each(BOARDS)
def the_ring_in_an_image_of_the_ram_holds_the_last_records(where):
    folder = os.path.join(WORK, f"{where}-ring")
    board.record(where, "ring", folder)
    path = os.path.join(folder, "ring.trace")
    image = f"build/{where}/recorded/ring.elf"
    symbols, _ = run(os.environ.get("CROSS", "arm-none-eabi-") + "nm", image)
    start = re.search(r"^(\w+) . __data_start$", symbols, re.M)[1]
    _, said = cairn("trace", os.path.join(folder, "ram.bin"), "--ram-at", "0x" + start, "--elf", image, "-o", path)
    found = re.search(r"(\d+) records, numbers (\d+) to (\d+): (\d+) lost before, (\d+) between", said)
    assert found, said
    count, first, last, lost, between = map(int, found.groups())
    assert 1024 // 5 <= count <= 1024 // 3 and first == lost > 1000, said
    # A call takes its number before the interrupts that come before its record: the oldest may be theirs.
    assert between <= 2 and first + between == last + 1 - count, said
    assert "a replay does not have the firmware's map" in said
    run(HEAP_RUN, "sizes", path, "0", "65536")


# ---- Records made by hand --------------------------------------------------------------------------

def of_records(records, good=True, cut=0):
    return converted_records(WORK, records, good=good, cut=cut)


@test
def pointers_become_slots_that_are_used_again():
    ops, _ = of_records([words(0, MALLOC, 0x100, 8), words(1, CALLOC, 0x200, 9), words(2, FREE, 0x100),
                         words(3, ALIGNED, 0x140, 10, power=6), words(4, REALLOC, 0x200, 99, 0x300),
                         words(5, FREE, 0x300), words(6, FREE, 0x140)])
    equal(ops, ["m 0 8", "c 1 9", "f 0", "a 0 64 10", "r 1 99", "f 1", "f 0"])


@test
def records_out_of_order_are_sorted_by_number():
    ops, said = of_records([words(0, MALLOC, 0x100, 8), words(2, FREE, 0x100), words(1, MALLOC, 0x200, 16),
                            words(3, FREE, 0x200)])
    equal(ops, ["m 0 8", "m 1 16", "f 0", "f 1"])
    assert "0 lost before, 0 between" in said


@test
def numbers_wrap_round():
    start = (1 << 24) - 2
    ops, said = of_records([words(start + i, MALLOC, 0x100 * (i + 1), i + 1) for i in (0, 1, 3, 2, 4)])
    equal(ops, [f"m {i} {i + 1}" for i in range(5)])
    assert "0 between" in said, said


@test
def lost_records_are_counted_and_what_they_did_is_made_up_for():
    ops, said = of_records([words(5, MALLOC, 0x100, 8), words(6, FREE, 0x500),
                            words(9, MALLOC, 0x0f8, 24), words(10, REALLOC, 0x600, 40, 0x700), words(11, FREE, 0x0f8)])
    equal(ops, ["m 0 8", "f 0", "m 0 24", "m 1 40", "f 0"])
    assert "5 lost before, 2 between" in said and "2 blocks whose beginning, and 1 whose end" in said, said


@test
def a_refused_request_is_named_and_not_replayed():
    ops, said = of_records([words(0, MALLOC, 0x100, 8), words(1, MALLOC, 0, 5000), words(2, REALLOC, 0x100, 6000, 0),
                            words(3, FREE, 0x100)])
    equal(ops, ["m 0 8", "f 0"])
    assert "2 requests refused" in said and ": m 5000\n" in said and ": r 6000\n" in said, said


@test
def a_realloc_that_an_interrupt_came_before_has_the_higher_number():
    ops, said = of_records([words(0, MALLOC, 0x100, 8), words(1, MALLOC, 0x108, 8), words(2, MALLOC, 0x110, 8),
                            words(3, FREE, 0x108), words(4, REALLOC, 0x100, 16, 0x100)])
    equal(ops, ["m 0 8", "m 1 8", "m 2 8", "f 1", "r 0 16"])
    assert "inside" not in said and "not recorded" not in said, said


@test
def only_a_realloc_that_moves_its_block_leaves_the_order_of_calls_inside_open():
    for moved, inside in ((0x100, False), (0x300, True), (0, False)):
        ops, said = of_records([words(0, MALLOC, 0x100, 8), words(2, MALLOC, 0x200, 8),
                                words(1, REALLOC, 0x100, 16, moved)])
        equal(ops, ["m 0 8"] + ["r 0 16"] * (moved != 0) + ["m 1 8"])
        assert ("1 realloc moved a block with calls of interrupts inside" in said) == inside, said


@test
def a_realloc_before_an_interrupt_that_took_what_it_left_stays_there():
    ops, said = of_records([words(0, MALLOC, 0x100, 8), words(2, MALLOC, 0x100, 8),
                            words(1, REALLOC, 0x100, 16, 0x200)])
    equal(ops, ["m 0 8", "r 0 16", "m 1 8"])
    assert "not recorded" not in said, said


@test
def a_file_that_ends_in_a_record_gives_the_others():
    ops, said = of_records([words(0, MALLOC, 0x100, 8), words(1, MALLOC, 0x200, 8)], cut=5)
    equal(ops, ["m 0 8"])
    assert "cut off" in said and "3 bytes at the end" in said, said


@test
def what_are_no_records_is_refused():
    _, said = of_records([[7, 0, 0]], good=False)
    assert "word 0 is not the first one of a record: 0x7" in said, said
    _, said = of_records([], good=False)
    assert "holds no record" in said, said


@test
def a_word_that_is_damaged_is_refused():
    """Any but a size, whose value nothing confirms."""
    sound = [words(0, MALLOC, 0x20001000, 8), words(1, ALIGNED, 0x20001040, 10, power=6),
             words(2, CALLOC, 0x20001100, 9), words(3, REALLOC, 0x20001100, 99, 0x20001200),
             words(4, FREE, 0x20001000), words(5, FREE, 0x20001200)]
    of_records(sound)
    for n, record in enumerate(sound[:-1]):  # the last one may be cut off
        for place in range(len(record)):
            if place == 3:
                continue
            damaged = [list(other) for other in sound]
            damaged[n][place] ^= 0x41424345
            _, said = of_records(damaged, good=False)
            assert "damaged" in said or "not the first one" in said or "two records" in said, (n, place, said)


@test
def two_runs_in_one_file_are_refused():
    _, said = of_records([words(0, MALLOC, 0x100, 8), words(1, MALLOC, 0x200, 8), words(0, MALLOC, 0x100, 8)],
                         good=False)
    assert "two records of number 0" in said, said


@test
def an_image_without_the_ring_is_refused():
    path = os.path.join(WORK, "hand.bin")
    with open(path, "wb") as file:
        file.write(bytes(100))
    _, said = cairn("trace", path, "--ram-at", "0x20001000", "--elf", ELF, good=False)
    assert "is not in the image" in said, said
    with open(path, "wb") as file:
        file.write(bytes(100000))
    _, said = cairn("trace", path, "--ram-at", "0x20000000", "--elf", ELF, good=False)
    assert "there is no ring" in said, said
    other = "build/mps2-an385/recorded/semihosting.elf"
    _, said = cairn("trace", path, "--ram-at", "0x20000000", "--elf", other, good=False)
    assert "trace_ring.c is not linked" in said, said


@test
def a_host_program_has_words_of_64_bits():
    source, image = os.path.join(WORK, "host.c"), os.path.join(WORK, "host")
    with open(source, "w", encoding="utf-8") as file:
        file.write("int main(void)\n{\n    return 0;\n}\n")
    run(os.environ.get("CC", "gcc"), "-g", source, "-o", image)
    path = os.path.join(WORK, "host.bin")
    with open(path, "wb") as file:
        file.write(struct.pack("<7Q", *words(0, MALLOC, 1 << 40, 8), *words(1, FREE, 1 << 40)))
    out, _ = cairn("trace", path, "--elf", image)
    equal([line for line in out.splitlines() if line[0] != "#"], ["m 0 8", "f 0"])


run_tests()
