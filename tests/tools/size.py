"""cairn size: the smallest heap, other orders, bounds.

SPDX-License-Identifier: MIT
"""
import glob
import os
import random
import re
import sys
import xml.etree.ElementTree

from tap import cairn, directory, equal, for_each, run, run_tests, test

sys.path.insert(0, "tools")
from cairntools.host import HostHeap as Heap, Trace  # noqa: E402
from cairntools.text import Problem  # noqa: E402
from cairntools.size import Needs, never_refuses, next_bin, no_allocator_below, reorder, write_ops  # noqa: E402

WORK = directory("size")
LUA = "tests/traces/lua-rules.trace"


def small_trace(operations=3000):
    """The first operations of a recorded program."""
    path = os.path.join(WORK, "small.trace")
    with open("tests/traces/jerryscript-node.trace", encoding="utf-8") as source:
        lines = [line for line in source if line[0] != "#"][:operations]
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(lines)
    return path


def number(text):
    return int(text.replace(",", ""))


SMALL = small_trace()
SAID, _ = cairn("size", SMALL, "--orders", 4, "--heap", 20000, "--svg", os.path.join(WORK, "small.svg"))
FIT = number(re.search(r"smallest heap that runs it: ([\d,]+) bytes", SAID)[1])


def rows():
    return [tuple(map(number, m)) for m in re.findall(r"^ +([\d,]+) +\d\.\d{3} +([\d,]+) +(?:[\d,]+|-)", SAID, re.M)]


# ---- What the recorded order needs -------------------------------------------------------------------


@test
def the_smallest_heap_is_that_of_make_fit_without_static_state():
    state = int(run("build/host/heap_run", "sizes", SMALL, "0", "0")[0].split()[0])
    assert 16 <= state <= 32
    equal(FIT, int(run("build/host/fit", SMALL)[0].split("\t")[2]) - state)


@test
def it_refuses_nothing_and_a_granule_less_does():
    sizes = [FIT, FIT - 8]
    lines = run("build/host/heap_run", "sizes", SMALL, "0", *map(str, sizes))[0].splitlines()[1:]
    refused = [int(line.split("\t")[1]) for line in lines]
    assert refused[0] == 0 and refused[1] > 0, refused


@test
def the_best_granule_is_named():
    def smallest(path, granule):
        said, _ = cairn("size", path, "--orders", 0, "--granule", granule)
        assert "best granule" not in said, said  # it was chosen
        return number(re.search(r"smallest heap that runs it: ([\d,]+) bytes", said)[1])

    large = os.path.join(WORK, "large.trace")
    with open(large, "w", encoding="utf-8") as file:
        file.writelines(f"m {i} 1008\n" for i in range(100))
    coarse = smallest(SMALL, 16)
    assert coarse > FIT, coarse
    assert f"with CAIRN_GRANULE=16: {coarse:,}. The best granule for this trace: 8 bytes" in SAID, SAID
    coarse = smallest(large, 16)
    assert coarse < smallest(large, 8), coarse
    said, _ = cairn("size", large, "--orders", 0)
    assert f"with CAIRN_GRANULE=16: {coarse:,}. The best granule for this trace: 16 bytes" in said, said


@test
def the_table_has_what_each_size_refuses():
    table = rows()
    assert len(table) == 12 and any(size == 20000 for size, _ in table) and table == sorted(table), table
    for size, refused in table:
        line = run("build/host/heap_run", "sizes", SMALL, "0", str(size))[0].splitlines()[1]
        equal(refused, int(line.split("\t")[1]), str(size))
    assert table[0][1] > 100 and dict(table)[FIT] == 0


@test
def the_curve_is_drawn():
    tree = xml.etree.ElementTree.parse(os.path.join(WORK, "small.svg"))
    texts = [element.text for element in tree.iter("{http://www.w3.org/2000/svg}text")]
    assert any(f"{FIT:,} bytes." in text for text in texts), texts
    curve = max((e.get("d").count("L") for e in tree.iter("{http://www.w3.org/2000/svg}path")))
    assert curve >= 160, curve


# ---- Other orders ------------------------------------------------------------------------------------


@for_each([0, 1, 7, 64, 5000])
def an_order_moves_no_operation_further_than_its_reach(reach):
    ops = Trace(SMALL).ops
    places = {id(op): i for i, op in enumerate(ops)}
    new = reorder(ops, reach, random.Random(3))
    moved = [abs(places[id(op)] - i) for i, op in enumerate(new)]
    equal(sorted(map(id, new)), sorted(map(id, ops)), "operations")
    assert max(moved) <= reach, max(moved)
    assert reach < 2 or sum(m > 0 for m in moved) > len(ops) / 4


@test
def each_block_keeps_the_order_of_its_operations():
    ops = Trace(SMALL).ops
    places = {id(op): i for i, op in enumerate(ops)}
    last = {}
    for op in reorder(ops, 200, random.Random(3)):
        assert last.get(op.block, -1) < places[id(op)]
        last[op.block] = places[id(op)]


@test
def a_seed_makes_the_same_orders_again():
    again, _ = cairn("size", SMALL, "--orders", 4, "--heap", 20000)
    equal(again, SAID)
    other, _ = cairn("size", SMALL, "--orders", 4, "--heap", 20000, "--seed", 2)
    assert other != SAID.replace("seed 1", "seed 2")


@test
def the_worst_of_the_orders_is_the_smallest_heap_of_one_of_them():
    said, _ = cairn("size", SMALL, "--orders", 3, "--reach", 64, "--seed", 9)
    median, worst = map(number, re.search(r"^ +64 +([\d,]+) +([\d,]+) ", said, re.M).groups())
    ops, rng, fits = Trace(SMALL).ops, random.Random("9 64"), []
    for i in range(3):
        path = os.path.join(WORK, f"order-{i}.trace")
        write_ops(path, reorder(ops, 64, rng))
        fits += Heap().fit([path])
    equal((median, worst), (sorted(fits)[1], max(fits)))
    assert len(set(fits)) > 1


@test
def a_program_that_the_kernel_does_not_run_is_named():
    heap = Heap()
    heap.folder = os.path.relpath(os.path.join(WORK, "foreign")) + "/"
    os.makedirs(heap.folder, exist_ok=True)
    program = heap.folder + "heap_run"
    with open(program, "w", encoding="utf-8") as file:
        file.write("no program\n")
    os.chmod(program, 0o755)
    heap._made.add(program)
    try:
        heap.run("heap_run", "sizes", SMALL, 0, 0)
    except Problem as error:
        assert re.search("program of 32 bits: Exec format error; tools/install-packages", str(error)), error
    else:
        raise AssertionError("it ran")


@test
def an_order_is_a_trace_of_the_same_blocks():
    ops = reorder(Trace(SMALL).ops, 300, random.Random(4))
    path = os.path.join(WORK, "order.trace")
    write_ops(path, ops)
    again = Trace(path).ops
    equal([(op.kind, op.size) for op in again], [(op.kind, op.size) for op in ops])


# ---- Bounds ------------------------------------------------------------------------------------------


@test
def the_next_bin_is_that_of_the_allocator():
    def bin_of(size):  # allocator/core/bins.h
        zeros = 32 - size.bit_length()
        return 60 - 2 * zeros + ((size << zeros & 0xffffffff) >> 30)
    for size in list(range(1, 300)) + [1000, 4095, 4096, 6143, 6144, 60000]:
        larger = next_bin(size)
        assert bin_of(larger) > bin_of(size) == bin_of(larger - 1), size


@test
def the_bound_of_any_allocator_is_robsons():
    needs = Needs([], Heap())
    needs.live, needs.largest = 1000, 16
    equal(no_allocator_below(needs), 1000 * 3 - 16 + 1)
    needs.largest = 17
    equal(no_allocator_below(needs), 1000 * 3 - 16 + 1)


@test
def no_recorded_program_needs_more_than_the_bound():
    paths = sorted(glob.glob("tests/traces/*.trace"))
    assert len(paths) >= 11
    for path, fit in zip(paths, Heap().fit(paths)):
        needs = Needs(Trace(path).ops, Heap())
        assert fit <= Heap().region(never_refuses(needs)), path


def fragmenting():
    """Pins of one granule with gaps of seven between, then as many blocks of eight as were gaps."""
    lines, pins = [], 300
    for i in range(pins):
        lines += [f"m {2 * i} 56", f"m {2 * i + 1} 8"]
    lines += [f"f {2 * i}" for i in range(pins)]
    lines += [f"m {2 * i} 64" for i in range(pins * 7 // 8)]
    path = os.path.join(WORK, "fragmenting.trace")
    with open(path, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
    return path


@test
def a_program_made_to_fragment_runs_at_the_bound_and_not_far_below():
    path = fragmenting()
    heap = Heap()
    needs = Needs(Trace(path).ops, heap)
    equal((needs.live, needs.blocks, needs.largest), (2400, 600, 8))
    bound = heap.region(never_refuses(needs))
    sizes = heap.sizes(path, [bound, bound + 8, bound + 5000, bound // 3])
    refused = {size: count for size, count, _, _ in sizes}
    assert refused[bound] == refused[bound + 8] == refused[bound + 5000] == 0
    assert refused[bound // 3 // 8 * 8] > 0
    assert heap.fit([path])[0] > 1.7 * needs.live * 8


def within(most, blocks, largest, rng):
    """A random program of these needs, in granules, that keeps close to them."""
    sizes, lines, live = {}, [], 0
    for _ in range(4000):
        size = rng.choice([1, 1, 2, largest, rng.randint(1, largest)])
        if len(sizes) < blocks and live + size <= most and rng.random() < 0.7:
            slot = next(slot for slot in range(blocks) if slot not in sizes)
            lines.append(f"m {slot} {8 * size}")
            sizes[slot], live = size, live + size
        elif sizes:
            slot = rng.choice(list(sizes))
            lines.append(f"f {slot}")
            live -= sizes.pop(slot)
    return lines


@test
def random_programs_are_never_refused_at_the_bound():
    path, heap, short = os.path.join(WORK, "within.trace"), Heap(), 0
    for seed in range(12):
        rng = random.Random(seed)
        most, blocks, largest = rng.randint(60, 200), rng.randint(8, 40), rng.choice([4, 5, 8, 9, 20, 33])
        with open(path, "w", encoding="ascii") as file:
            file.write("\n".join(within(most, blocks, largest, rng)) + "\n")
        needs = Needs(Trace(path).ops, heap)
        assert needs.live <= most and needs.blocks <= blocks and needs.largest <= largest
        bound = heap.region(never_refuses(needs))
        tight = heap.region(needs.live)
        refused = {size: count for size, count, _, _ in heap.sizes(path, [tight, bound, bound + 8, bound + 64])}
        equal([refused[bound], refused[bound + 8], refused[bound + 64]], [0, 0, 0], f"seed {seed}")
        short += refused[tight] > 0
    assert short >= 6, short


@for_each(["16/8", "16/16", "32/16"])
def the_bound_leaves_room_for_the_control_data_with_bits_and_bytes(kind):
    """Of an index and of a granule. The region is the smallest one."""
    heap = Heap(*map(int, kind.split("/")))
    for size in [256, 1000, 1040, 1056, 4096, 10000, 65536, 100000, 500000]:
        lines = heap.run("heap_run", "blocks", SMALL, 0, size)
        granule, control, granules = map(int, lines[0])
        equal(granule, heap.granule)
        equal(heap.blocks(size // granule), granules - control, str(size))
        region = heap.region(granules - control)
        blocks = [heap.blocks(total) for total in (region // granule - 1, region // granule)]
        assert region <= size and blocks[0] < granules - control <= blocks[1]


# ---- The answer --------------------------------------------------------------------------------------


@test
def what_is_recommended_is_the_worst_found_and_a_margin():
    worst = max(map(number, re.findall(r"^ +\d+ +[\d,]+ +([\d,]+) +\d\.\d{3} +[\d,]+$", SAID, re.M)))
    size, base = map(number, re.search(r"Recommended: ([\d,]+) bytes: ([\d,]+) for", SAID).groups())
    equal(base, max(worst, FIT))
    assert 1.1 * base <= size < 1.1 * base + 64
    said, _ = cairn("size", SMALL, "--orders", 0, "--margin", 0)
    assert f"{FIT:,} for the recorded order" in said


@test
def granules_of_16_bytes_need_more_with_either_index():
    found = [FIT]
    for words in (("--granule", 16), ("--index-bits", 32)):
        said, _ = cairn("size", SMALL, "--orders", 0, *words)
        found.append(number(re.search(r"runs it: ([\d,]+)", said)[1]))
    assert found[0] < found[1] == found[2], found
    _, said = cairn("size", SMALL, "--index-bits", 32, "--granule", 8, good=False)
    assert "an index of 32 bits has no granules of 8 bytes" in said, said


@test
def what_is_no_trace_is_refused_with_its_line():
    path = os.path.join(WORK, "bad.trace")
    for text, message in [("m 0 8\nf 1\n", "bad.trace:2: the slot is empty"),
                          ("m 0 8\nm 0 9\n", "bad.trace:2: the slot is in use"),
                          ("# x\nhello\n", "bad.trace:2: not an operation: hello"),
                          ("", "holds no operation"),
                          ("m 0 600000\n", "needs more than 524288 bytes")]:
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        _, said = cairn("size", path, good=False)
        assert message in said, said


run_tests()
