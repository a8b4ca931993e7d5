"""A heap damaged in every way: `cairn check` finds what cairn_check() finds on the target, and no block that is
listed without a doubt is another than it was.

SPDX-License-Identifier: MIT
"""
import random
import subprocess
from concurrent.futures import ProcessPoolExecutor

from look import image_of, run_alone  # which knows where the others are
from cairntools.elf import Elf
from cairntools.heap import Heap, limit_of, map_granules
from cairntools.memory import Memory, Unreadable
from cairntools.survey import Survey
from cairntools.text import Problem
from tap import equal, for_each, run_tests

TREES = ("mps2-an385", "mps2-an385/guarded", "mps2-an385/coarse", "mps2-an385/wide-regions", "host/64",
         "host/64-wide")
RUNS = 1500  # overwrites of several words
# What cairn_check() has numbers for, of what is kept with each block and in free memory.
GUARDS = {"overrun": "I11", "write after free": "I12"}


class Scene:
    """The heap that tests/gdb/damage.c has printed, and what it has found."""

    def __init__(self, tree):
        self.layout = Elf(image_of(tree, "damage")).layout()
        lines = [line.split() for line in run_alone(tree, image_of(tree, "damage")).splitlines()]
        begin = next(n for n, line in enumerate(lines) if line[0] == "memory")
        self.start, self.handle = (int(word, 16) for word in lines[begin][1:])
        self.memory = bytearray()
        for line in lines[begin + 1:]:
            if len(line) == 1:
                self.memory += int(line[0], 16).to_bytes(4, "little")
        self.damages = [[int(word, 16) for word in line[1:]] for line in lines if line[0] == "damage"]

    def read(self, address, size):
        offset = address - self.start
        if offset < 0 or offset + size > len(self.memory):
            raise Unreadable(address)
        return bytes(self.memory[offset:offset + size])

    def survey(self, end=None, guards=False):
        heap = Heap(self.layout, Memory(self.read), self.handle, "heap", end, trailed=self.layout["check"] == 2)
        return Survey(heap, guards)

    def write(self, offset, change):
        word = int.from_bytes(self.memory[offset:offset + 4], "little") ^ change
        self.memory[offset:offset + 4] = word.to_bytes(4, "little")


def certain(survey):
    return {block[:3] for block in survey.blocks if not block.doubt}


def words(scene, truth):
    """Each damage that the firmware tried: how many were missed, found where there is none, listed wrongly; and
    of all blocks, the share that was listed without a doubt."""
    missed, extra, wrong, listed = [], [], [], 0
    for offset, change, invariant, where in scene.damages:
        scene.write(offset, change)
        survey = scene.survey(guards=True)
        scene.write(offset, change)
        found = {(GUARDS.get(damage.rule, damage.rule), damage.address) for damage in survey.damages}
        told = f"{offset:#x} ^ {change:#x}: cairn_check() I{invariant} at {where:#x}, here {survey.damages[:3]}"
        if invariant and (f"I{invariant}", scene.start + where) not in found:
            missed.append(told)
        if not invariant and found:
            extra.append(told)
        if not certain(survey) <= truth:
            wrong.append(told + f" {sorted(certain(survey) - truth)}")
        listed += len(certain(survey) & truth)
    return missed, extra, wrong, listed / len(truth) / len(scene.damages)


def runs(scene, truth):
    """Overwrites of 4 to 64 bytes of control data, with zeros, ones, text and noise; the limit, too, since the
    end of the memory is known. How many leave a wrong block without a doubt."""
    noise = random.Random(1)
    whole, control = bytes(scene.memory), scene.survey().heap.figures()["control"]
    wrong = done = 0
    for n in range(RUNS):
        start = noise.randrange(control - 4)
        size = min(noise.choice((4, 8, 16, 32, 64)), control - start)
        scene.memory[start:start + size] = (bytes(64), b"\xff" * 64, b"AbCd" * 16, noise.randbytes(64))[n % 4][:size]
        try:
            wrong += not certain(scene.survey(scene.start + len(whole))) <= truth
        except Problem:
            pass  # nothing is said, so nothing is wrong
        done += scene.memory != whole
        scene.memory[:] = whole
    return wrong, done


class Found:
    """What there is to say of one library: worked out at once, in a process of its own."""

    def __init__(self, tree):
        scene = Scene(tree)
        whole = scene.survey(guards=True)
        truth = certain(whole)
        self.faults, self.blocks, self.tried = whole.damages, len(truth), len(scene.damages)
        self.missed, self.extra, self.wrong, self.share = words(scene, truth)
        self.runs_wrong, self.runs = runs(scene, truth)


@for_each(TREES)
def the_heap_is_sound_before(tree):
    equal((found[tree].faults, found[tree].blocks), ([], 29))


@for_each(TREES)
def each_damage_that_cairn_check_finds_is_found_and_no_other(tree):
    equal((found[tree].missed, found[tree].extra), ([], []))
    assert found[tree].tried > 3000


@for_each(TREES)
def with_a_word_of_it_damaged_no_block_is_listed_wrongly_without_a_doubt(tree):
    equal(found[tree].wrong, [])


@for_each(TREES)
def most_blocks_are_listed_without_a_doubt(tree):
    print(f"# {100 * found[tree].share:.1f} % of the blocks, in {found[tree].tried} damages")
    assert found[tree].share > 0.9


@for_each(TREES)
def with_many_words_damaged_few_blocks_are_listed_wrongly_without_a_doubt(tree):
    """With trailers none."""
    wrong, tried = found[tree].runs_wrong, found[tree].runs
    print(f"# with 4 to 64 bytes damaged, {wrong} times of {tried}")
    assert tried > RUNS / 2 and wrong <= (0 if tree.endswith("guarded") else tried // 50)


@for_each(TREES)
def a_ring_that_is_broken_in_one_place_is_followed_from_both_ends(tree):
    scene = Scene(tree)
    survey = scene.survey()
    heap = survey.heap
    number, blocks = max(survey.bins.items(), key=lambda item: len(item[1]))
    assert len(blocks) > 2
    scene.write(heap.address(blocks[0]) + scene.layout["free.next"] - scene.start, 0xffff)
    survey = scene.survey()
    equal((survey.bins[number], [damage[:2] for damage in survey.damages]), (blocks, [("I7", heap.address(blocks[0]))]))


@for_each([f"{tree} {field}" for tree in TREES for field in ("limit", "limit_again")])
def of_a_limit_that_is_overwritten_once_the_other_copy_is_taken(what):
    tree, field = what.split()
    scene = Scene(tree)
    truth, at = certain(scene.survey()), scene.handle - scene.start + scene.layout[f"heap.{field}"]
    for limit in (0, 5, 20, 100, 0x4141, 0xffff):
        scene.memory[at:at + 2] = limit.to_bytes(2, "little")
        survey = scene.survey()
        equal(([damage[:2] for damage in survey.damages], certain(survey)), ([("I1", scene.handle)], truth), str(limit))


@for_each(["mps2-an385", "mps2-an385/coarse"])
def what_the_index_does_not_reach_is_told(tree):
    """Of a heap that tools/heap_run.c has made of 64 KiB more than that."""
    layout, start = Elf(image_of(tree, "damage")).layout(), 0x20000000
    size = 0x10000 * layout["granule"] + 0x10000
    program = "build/host/coarse/heap_run" if tree.endswith("coarse") else "build/host/heap_run"
    control = subprocess.run([program, "control", "tests/traces/lua-life.trace", str(start), str(size)],
                             capture_output=True, check=True).stdout

    def read(address, count):
        if not start <= address <= address + count <= start + len(control):
            raise Unreadable(address)
        return control[address - start:address - start + count]

    below = map_granules(limit_of(0x10000, layout["granule"], 8), layout["granule"], 8) * layout["granule"]
    heap = Heap(layout, Memory(read), start + below, "heap", start + size)
    figures = heap.figures()
    equal((heap.limits, figures["control"], figures["left_over"]), ([heap.stored_limit], len(control), 0x10000))


with ProcessPoolExecutor(2) as pool:
    found = dict(zip(TREES, pool.map(Found, TREES)))
run_tests()
