"""The gdb commands on a firmware that runs: what they list is what the firmware itself has printed.

SPDX-License-Identifier: MIT
"""
import re
from concurrent.futures import ThreadPoolExecutor

from look import KILL, command, console, gdb, heaps_of, image_of, listed, numbers_of, target, work
from tap import for_each, run_tests, test

BOARDS = ("microbit", "mps2-an385", "mps2-an505")
TREES = [f"{board}{kind}" for board in BOARDS for kind in ("", "/guarded", "/counted")]
TREES += ["mps2-an385/coarse", "mps2-an385/wide-regions", "mps2-an505/wide-regions"]

# Heaps whose blocks name their owners.
TRAILED = {"guarded": ("system", "region", "pool"), "counted": ("system",)}

# Parts of the control data, and what each is called.
FIELDS = {"tile0.used": "the map of ", "nonempty": "nonempty", "limit": "limit", "top": "top", "used": "used",
          "limit_again": "limit_again", "bin1[0]": "the link of bin 1 to its first block",
          "bin3[1]": "the link of bin 3 to its last block", "more_bins[1].prev": "the link of bin 5 to its last block",
          "more_bins[1].size": "a part of bin 5 that keeps nothing"}


class Session:
    """One firmware from its start to its end: what the commands have said, what the console has."""

    def __init__(self, tree):
        self.tree, self.kind = tree, tree.partition("/")[2]
        self.name = name = work(tree, "live")
        self.said = gdb(image_of(tree), self.script(name), name)
        self.stages = console(name + ".console")
        self.heaps = heaps_of(self.stages["sound"])
        self.handle, self.figures, self.blocks = self.heaps["system"]
        self.past, self.freed, self.above = numbers_of(self.stages, "written")
        self.before, self.behind = numbers_of(self.stages, "overrun")

    def script(self, name):
        text = target(self.tree, image_of(self.tree), name) + "break scene_stop\n" + command("early", "cairn check")
        for stage in ("sound", "map", "bytes", "overrun"):
            text += "continue\n"
            for word in ("map", "blocks", "bins", "stats", "sites", "check"):
                text += command(f"{stage} {word}", f"cairn {word}")
            if stage == "sound":
                text += self.questions()
        return text + "break fault_handler\ncontinue\n" + command("fatal check", "cairn check") + KILL

    @staticmethod
    def questions():
        return "".join(command(mark, words) for mark, words in (
            ("pool", "cairn blocks pool"), ("pool check", "cairn check *pool"),
            ("find used", "cairn find before_free+2"), ("find free", "cairn find behind"),
            ("find freed", "cairn find freed+10"), ("find in pool", "cairn find (char *)pool+200, pool"),
            ("find control", "cairn find (char *)cairn_system_state.heap-3"), ("find nowhere", "cairn find &pool"),
            *((f"part {field}", f"cairn find &cairn_system_state.heap->{field}") for field in FIELDS),
            ("find nonsense", "cairn find no_such_thing")))

    def listed(self, stage):
        """The blocks of the system heap, as they were listed then."""
        return listed(self.said[f"{stage} blocks"]).get(self.handle, [])

    def found(self):
        """Those of all heaps, when all was sound."""
        return {**listed(self.said["pool"]), **listed(self.said["sound blocks"])}


sessions = {}


def sentence(function):
    """A test of each tree's session, which must make the sentence true that is the function's name."""
    def check(tree):
        if not function(sessions[tree]):
            raise AssertionError(f"see {sessions[tree].name}.log and {sessions[tree].name}.console")
    check.__name__ = function.__name__
    return for_each(TREES)(check)


# ---- The tests -----------------------------------------------------------------------------------------


@sentence
def a_sound_heap_is_sound(s):
    text = s.said["sound check"] + s.said["pool check"] + s.said["sound map"]
    return "has not been started" in s.said["early"] and "sound: I1 to I10 hold" in text and "DAMAGED" not in text


@sentence
def the_blocks_are_those_of_cairn_walk(s):
    return all([block[:3] for block in blocks] == [block[:3] for block in s.found().get(handle, [])] and
               not any(block[6] for block in s.found()[handle]) for handle, _, blocks in s.heaps.values())


@sentence
def owners_and_sizes_are_those_that_asked(s):
    for name, (handle, _, blocks) in s.heaps.items():
        if name not in TRAILED.get(s.kind, ()):
            blocks = [(*block[:3], None, None, None) for block in blocks]
        expected = [(*block[3:5], f" (scene.c:{block[5]})" if block[5] else None) for block in blocks]
        if expected != [block[3:6] for block in s.found()[handle]]:
            return False
    return True


@sentence
def figures_are_those_of_cairn_stats(s):
    control, used, free, can_grow, guaranteed = s.figures
    reserved = sum(block[1] for block in s.blocks if block[2] == "reserved")
    lines = [f"  control data  {control:>8}", f"  used          {used - reserved:>8}  in",
             f"  reserved      {reserved:>8}  in", f"  free          {free:>8}  in", f"  above the top {can_grow:>8}",
             f"  guaranteed    {guaranteed:>8}"]
    return all(line in s.said["sound stats"] for line in lines)


@sentence
def counts_and_sites_are_those_of_the_firmware(s):
    """Where there are any."""
    counts = [line[1:] for line in s.stages["sound"] if line[0] == "counts"]
    expected = sorted((line[1:] for line in s.stages["sound"] if line[0] == "site"), reverse=True)
    if s.kind != "counted":
        return not counts and not expected and "counts of" not in s.said["sound stats"]
    used, peak, live, failures, mallocs, frees = counts[0]
    lines = [f"  used          {used:>8}  in {live} blocks", f"  peak          {peak:>8}",
             f"  served        malloc {mallocs}, ", f"free {frees}\n",
             f"  refused       {failures:>8}  the last: {0x7fffffff} bytes, for set_system (scene.c:"]
    found = sorted((line.split()[:3] for line in s.said["sound sites"].splitlines()[1:]), reverse=True)
    return (all(line in s.said["sound stats"] for line in lines) and expected == found and
            "take_small (scene.c:" in s.said["sound sites"])


@sentence
def a_smashed_map_leaves_the_blocks_elsewhere(s):
    """No block that is listed without a doubt is wrong; and none is in doubt, or missing, that lies farther from
    the smashed tile than one beside it."""
    start, size = numbers_of(s.stages, "smashed")
    certain = {block[:3] for block in s.listed("map") if not block[6]}
    truth = {block[:3] for block in s.blocks}
    must = {block for block in truth if block[0] + block[1] < start - size or block[0] >= start + 2 * size}
    return (certain <= truth and must <= certain and len(certain) < len(truth) and "DAMAGED" in s.said["map blocks"] and
            f", which describes {start:#x} to {start + size:#x}\n" in s.said["map check"])


@sentence
def a_smashed_block_leaves_all_blocks(s):
    """And what is smashed is told."""
    text = s.said["overrun check"]
    return ([block[:3] for block in s.blocks] == [block[:3] for block in s.listed("overrun")] and
            not any(block[6] for block in s.listed("overrun")) and f"  I5 at {s.behind:#x}: free block of " in text and
            f"below it: used block {s.before:#x}, " in text and ("  overrun at " in text) == (s.kind in TRAILED) and
            all("DAMAGED" in s.said[f"overrun {word}"] for word in ("map", "blocks", "bins", "stats")))


@sentence
def bytes_are_found_by_canaries_and_fill(s):
    """And by nothing else."""
    text = s.said["bytes check"]
    if s.kind != "guarded":
        return "sound: I1 to I10 hold; " in text and "DAMAGED" not in text
    return ("DAMAGED: 3 faults\n" in text and
            f"  overrun at {s.past:#x}: byte 1 past the end of the block of 21 bytes" in text and
            f"  write after free at {s.freed:#x}: byte 20 of the free block" in text and
            f"  write after free at {s.above:#x}: a byte above the top" in text)


@sentence
def what_lies_at_an_address_is_found(s):
    size, said = s.behind - s.before, s.said
    # At -Os the call of free() may be in a function that is inline elsewhere.
    freed = ("owner take_small (scene.c:" in said["find freed"] and
             re.search(r"freed by (set_system|give_back) \(scene.c:", said["find freed"]) is not None)
    return (f"{s.before + 2:#x} is 2 bytes into the used block {s.before:#x}, {size} bytes" in said["find used"] and
            f"{s.behind:#x} is 0 bytes into the free block {s.behind:#x}, " in said["find free"] and
            f"below: used block {s.before:#x}, {size} bytes" in said["find free"] and
            f"bytes into the free block {s.heaps['pool'][2][0][0]:#x}" in said["find in pool"] and
            "is control data: the map of " in said["find control"] and
            "is in no heap: pool+0x0" in said["find nowhere"] and
            "No symbol \"no_such_thing\"" in said["find nonsense"] and freed == (s.kind == "guarded"))


@sentence
def each_part_of_the_control_data_has_its_name(s):
    return all(re.search(f" is control data: {re.escape(name)}" + ("$" if name[-1] != " " else ""),
                         s.said[f"part {field}"], re.M) for field, name in FIELDS.items())


@sentence
def why_the_firmware_stopped_is_told(s):
    text = s.said["fatal check"]
    if s.kind in TRAILED:
        block = "damaged: live block " if s.kind == "guarded" else "into the used block "
        suspect = f"written, probably, by the owner of: live block {s.before:#x}"
        return (f"stopped in cairn_fatal(CAIRN_OVERRUN, {s.behind - 8:#x}): " in text and
                f"{block}{s.before:#x}" in text and (suspect in text) == (s.kind == "guarded"))
    return (f"stopped in cairn_fatal(CAIRN_CORRUPT_SIZE, {s.behind:#x}): " in text and
            f"  {s.behind:#x} is " in text and "is half done" in text)


@test
def an_operation_that_is_half_done_is_told_from_damage():
    """Stopped in the middle of sbrk()."""
    tree = "mps2-an385"
    name = work(tree, "inside")
    text = target(tree, image_of(tree), name) + "break cairn_heap_reserve\ncontinue\n"
    text += "".join("stepi\n" + command(f"step {n}", "cairn check") for n in range(30))
    said = gdb(image_of(tree), text + KILL, name)
    steps = [said[f"step {n}"] for n in range(30)]
    damaged = [step for step in steps if "DAMAGED" in step]
    told = [step for step in steps if "The program is stopped inside the heap, in " in step]
    assert len(damaged) > 3 and damaged == told, f"see {name}.log"


with ThreadPoolExecutor(2) as pool:
    sessions.update(zip(TREES, pool.map(Session, TREES)))
run_tests()
