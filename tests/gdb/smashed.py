"""The map of a heap of a thousand blocks, overwritten by a run of bytes: no command lists a wrong block without a mark.

SPDX-License-Identifier: MIT
"""
import random
import subprocess
from concurrent.futures import ProcessPoolExecutor

from look import work
from cairntools.elf import Elf
from cairntools.heap import HELD, USED, Heap, limit_of, map_granules
from cairntools.code import is_code
from cairntools.memory import Memory, Unreadable
from cairntools.survey import Survey
from cairntools.text import Problem
from tap import equal, for_each, run, run_tests, test

START, SIZE = 0x20000000, 80000
RUNS = 60
OPTIONS = {"plain": "-DCAIRN_CHECK=1", "guarded": "-DCAIRN_CHECK=2", "sited": "-DCAIRN_SITES=16",
           "held": "-DCAIRN_CHECK=2 -DCAIRN_QUARANTINE=8"}
FILLS = ("zeros", "ones", "text", "noise", "pointers")
SOURCES = ("tools/heap_run.c", "bench/trace.c", "port/host/port.c", "allocator/*/*.c")


def heap_run(kind):
    """tools/heap_run.c with the library's options, as 32-bit code of the host: the layout of the target."""
    program = work("host", f"heap_run-{kind}")
    flags = ("-m32 -no-pie -O2 -std=c11 -fno-builtin -include port/host/prefix.h -Iinclude -iquote allocator -Iport "
             "-Iport/host")
    run("sh", "-c", f"gcc {flags} {OPTIONS[kind]} -Ibench {' '.join(SOURCES)} -o {program}")
    return program


def middle():
    """A program's trace up to where it has many blocks."""
    path = work("host", "middle.trace")
    with open("tests/traces/lua-rules.trace", encoding="ascii") as source:
        lines = [line for line in source if line[0] != "#"][:26600]
    with open(path, "w", encoding="ascii") as file:
        file.writelines(lines)
    return path


class Scene:
    """That heap: its memory, and where it is."""

    def __init__(self, kind):
        self.elf = Elf(work("host", f"heap_run-{kind}"))
        self.layout = self.elf.layout()
        path = work("host", "middle.trace")
        command = [work("host", f"heap_run-{kind}"), "memory", path, str(START), str(SIZE)]
        self.memory = bytearray(subprocess.run(command, capture_output=True, check=True).stdout)
        limit = limit_of(SIZE // 8, 8, 8)
        self.handle = START + map_granules(limit, 8, 8) * 8
        self.trailed = kind != "plain"

    def read(self, address, size):
        offset = address - START
        if offset < 0 or offset + size > len(self.memory):
            raise Unreadable(address)
        return bytes(self.memory[offset:offset + size])

    def survey(self):
        heap = Heap(self.layout, Memory(self.read), self.handle, "heap", START + SIZE, trailed=self.trailed)
        heap.is_owner = lambda address: is_code(self.elf, address - 1)
        return Survey(heap, True)


def bytes_of(fill, size, noise):
    if fill == "noise":
        return noise.randbytes(size)
    if fill == "pointers":
        return b"".join((START + 8 * noise.randrange(SIZE // 8)).to_bytes(4, "little") for _ in range(size // 4))
    return {"zeros": b"\0", "ones": b"\xff", "text": b"A"}[fill] * size


def overwrite(kind, fill):
    """Blocks, and runs in which a wrong one has no mark; false overruns."""
    scene, noise = Scene(kind), random.Random(7)
    sound = scene.survey()
    truth = {block[:3] for block in sound.blocks}
    whole, control = bytes(scene.memory), scene.handle - START
    used = (sound.heap.top // 32 + 1) * 8  # bytes of the map that describe blocks
    wrong, overruns, marked, legal = [], 0, 0, 0
    for n in range(RUNS):
        size = (4, 8, 16, 32, 64)[n % 5]
        start = control - 4 * noise.randrange(used // 4 - 16) - size
        scene.memory[start:start + size] = bytes_of(fill, size, noise)
        try:
            survey = scene.survey()
        except Problem:
            continue  # nothing is said, so nothing is wrong
        finally:
            scene.memory[:] = whole
        certain = {block[:3] for block in survey.blocks if not block.doubt}
        if not certain <= truth and survey.faults:
            wrong.append((n, start, size, len(certain - truth)))
        legal += not survey.faults and not certain <= truth
        overruns += sum(damage.rule == "overrun" for damage in survey.damages)
        marked += sum(bool(block.doubt) for block in survey.blocks)
    return sound.damages, len(truth), wrong, overruns, marked / RUNS / len(truth), legal


middle()
with ProcessPoolExecutor(2) as pool:
    for _ in pool.map(heap_run, OPTIONS):
        pass
    jobs = {(kind, fill): pool.submit(overwrite, kind, fill) for kind in OPTIONS for fill in FILLS}
    found = {f"{kind} {fill}": job.result() for (kind, fill), job in jobs.items()}


@for_each(found)
def the_heap_is_sound_before_and_large(name):
    damages, blocks, *_ = found[name]
    equal(damages, [])
    assert blocks > 800, blocks


@for_each(found)
def a_run_over_the_map_leaves_no_wrong_block_without_a_mark(name):
    """Of a map that is not another sound one, in which nothing can be found."""
    _, blocks, wrong, overruns, marked, legal = found[name]
    print(f"# {len(wrong)} of {RUNS} runs, and {legal} that left a sound map; {100 * marked:.2f} % of {blocks} blocks "
          "are marked on average")
    assert not wrong and not overruns and legal <= RUNS // 10, (wrong, overruns, legal)
    assert marked < 0.1, marked


def freed_and_held(scene):
    return [block for block in scene.survey().blocks if block.kind == HELD]


@test
def blocks_in_the_quarantine_are_listed_as_held():
    """No more than the quarantine has; fewer after a request that found no room."""
    scene = Scene("held")
    assert 0 < len(freed_and_held(scene)) <= 8
    used = {block.i for block in scene.survey().blocks if block.kind == USED}
    assert not used & {block.i for block in freed_and_held(scene)}
    for kind in ("plain", "guarded", "sited"):
        equal(freed_and_held(Scene(kind)), [])


@test
def a_byte_written_in_a_held_block_is_found_and_named():
    scene = Scene("held")
    block = max(freed_and_held(scene), key=lambda block: block.size)
    start, size = scene.survey().heap.extent(block)
    asked, _ = scene.survey().heap.trailer(block)
    for offset in (0, asked - 1, asked, size - 9):
        scene.memory[start + offset - START] ^= 0x10
        damages = scene.survey().damages
        equal([(damage.rule, damage.address) for damage in damages], [("write after free", start + offset)])
        scene.memory[start + offset - START] ^= 0x10
    equal(scene.survey().damages, [])


run_tests()
