"""The same without a target: from an image of RAM, or a core, and the ELF file, also a stripped one. And what the
ELF file must hold for it.

SPDX-License-Identifier: MIT
"""
import glob
import json
import re
import subprocess
import xml.etree.ElementTree
from concurrent.futures import ThreadPoolExecutor

from look import CROSS, KILL, RAM, board_of, command, console, gdb, heaps_of, image_of, listed, target, tool, work
from cairntools.firmware import REASONS
from tap import cairn, equal, for_each, run_tests, test

# Each with a way to get an image: QEMU's by physical and by virtual address, and gdb's own.
GDB_DUMP = "dump binary memory {path} {start} {start}+{size}"
TREES = {"mps2-an385": "monitor pmemsave {start} {size} \"{path}\"",
         "mps2-an385/guarded": "monitor memsave {start} {size} \"{path}\"",
         "mps2-an385/coarse": GDB_DUMP, "microbit/counted": GDB_DUMP, "mps2-an505/wide-regions": GDB_DUMP}
PLAIN = "mps2-an385"
COMMANDS = ("map", "blocks", "bins", "stats", "check", "find before_free")


# ---- The firmware, once ----------------------------------------------------------------------------------


class Dumped:
    """A firmware's RAM when it is sound, when its map is smashed, and a block; what gdb said then; at the first,
    a core."""

    def __init__(self, tree):
        self.tree, self.elf = tree, image_of(tree)
        name = work(tree, "image")
        self.core = name + ".core"
        start, size = RAM[board_of(tree)]
        text = target(tree, self.elf, name) + "break scene_stop\ncontinue\n"
        for stage in ("sound", "map", "overrun"):
            text += TREES[tree].format(start=start, size=size, path=f"{name}-{stage}.bin") + "\n"
            text += "".join(command(f"{stage} {words}", f"cairn {words}") for words in COMMANDS)
            text += f"gcore {self.core}\n" if stage == "sound" and tree == PLAIN else ""
            text += "continue\n" * (2 if stage == "map" else 1)
        self.said = gdb(self.elf, text + KILL, name)
        self.handle, _, self.blocks = heaps_of(console(name + ".console")["sound"])["system"]

    def ram(self, stage):
        """The image as the tools want it named."""
        return f"{work(self.tree, 'image')}-{stage}.bin@{RAM[board_of(self.tree)][0]:#x}"

    def copy(self, name, *flags):
        """The ELF file without a part of it."""
        path = work(self.tree, name)
        subprocess.run([CROSS + "objcopy", *flags, self.elf, path], check=True)
        return path


dumps = {}


def texts(said, stage, commands=COMMANDS):
    """What gdb said to the commands."""
    return "".join(said[f"{stage} {words}"].rstrip() + "\n" for words in commands)


# ---- The tests -------------------------------------------------------------------------------------------


@for_each(TREES)
def an_image_of_ram_says_what_the_target_does(tree):
    """And the status says whether the heap is damaged."""
    dump = dumps[tree]
    for stage, expected, commands in (("sound", 0, COMMANDS), ("map", 1, ["blocks"]), ("overrun", 1, ["check"])):
        text = ""
        for words in commands:
            status, out = tool(dump.elf, dump.ram(stage), *words.split())
            equal(status, expected, words)
            text += out.rstrip() + "\n"
        equal(text, texts(dump.said, stage, commands), stage)


@for_each(TREES)
def gdb_reads_an_image_where_there_is_no_target(tree):
    dump = dumps[tree]
    text = command("nothing", "cairn blocks") + f"cairn image {dump.ram('overrun')}\n"
    text += "".join(command(f"overrun {words}", f"cairn {words}") for words in COMMANDS)
    text += command("off", "cairn image off") + command("off check", "cairn check")
    alone = gdb(dump.elf, text, work(tree, "alone"))
    equal(texts(alone, "overrun"), texts(dump.said, "overrun"))
    assert "there is no memory to read: connect to a target" in alone["nothing"], alone["nothing"]
    assert "there is no memory to read" in alone["off check"], alone["off check"]


@for_each(TREES)
def without_debug_information_blocks_have_their_functions(tree):
    dump = dumps[tree]
    status, text = tool(dump.copy("bare.elf", "-g"), dump.ram("sound"), "blocks")
    seen = listed(text).get(dump.handle, [])
    owners = slice(3, 5) if tree.endswith(("guarded", "counted")) else slice(0)
    equal(status, 0)
    equal([block[:5] for block in seen], [(*block[:3], *(block[owners] or (None, None))) for block in dump.blocks])
    assert all(re.fullmatch(r"\+0x[0-9a-f]+", block[5] or "+0x0") for block in seen), text


@for_each(TREES)
def without_symbols_a_heap_is_named_by_its_handle(tree):
    dump = dumps[tree]
    stripped = dump.copy("stripped.elf", "-S")
    status, text = tool(stripped, dump.ram("sound"), "blocks")
    equal(status, 2)
    assert "has no symbols: name the heap by its handle's address" in text, text
    status, text = tool(stripped, dump.ram("sound"), "blocks", hex(dump.handle))
    equal(status, 0, text)
    equal([block[:2] for block in listed(text).get(dump.handle, [])], [block[:2] for block in dump.blocks])


@for_each(TREES)
def the_page_of_an_image_has_the_blocks(tree):
    """cairn view: each with its bytes, as they were asked for where blocks tell, and its place."""
    dump, page = dumps[tree], work(tree, "view.html")
    ram, _, start = dump.ram("sound").rpartition("@")
    cairn("view", ram, "--ram-at", start, "--elf", dump.elf, "-o", page)
    with open(page, encoding="utf-8") as file:
        data = json.loads(re.search(r'id="data">(.*?)</script>', file.read(), re.S)[1])
    trailed = tree.endswith(("guarded", "counted"))
    seen = [(data["start"] + place * data["granule"], size) for place, size in zip(data["places"], data["sizes"])]
    equal(seen, [(at, asked if trailed and asked is not None else size)
                 for at, size, kind, asked, *_ in dump.blocks if kind != "free"])
    equal(data["start"] + data["control"] * data["granule"], dump.blocks[0][0])


@for_each(TREES)
def the_page_of_an_image_has_the_extents_and_owners_of_the_blocks(tree):
    """Trailers and rounding are parts of a block: what is free is what `cairn stats` has. Owners have lines."""
    dump, page, picture = dumps[tree], work(tree, "extents.html"), work(tree, "extents.svg")
    ram, _, start = dump.ram("sound").rpartition("@")
    cairn("view", ram, "--ram-at", start, "--elf", dump.elf, "-o", page)
    with open(page, encoding="utf-8") as file:
        data = json.loads(re.search(r'id="data">(.*?)</script>', file.read(), re.S)[1])
    equal([data["granule"] * granules for granules in data["extents"]],
          [size for _, size, kind, *_ in dump.blocks if kind != "free"])
    if tree.endswith(("guarded", "counted")):
        equal([data["sites"][site] for site in data["opSites"]],
              [f"{block[4]} (scene.c:{block[5]})" if block[4] else "" for block in dump.blocks if block[2] != "free"])
    _, stats = tool(dump.elf, dump.ram("sound"), "stats")
    free, above = (int(re.search(rf"^  {name} +(\d+)", stats, re.M)[1]) for name in ("free", "above the top"))
    cairn("view", ram, "--ram-at", start, "--elf", dump.elf, "--svg", "end", "-o", picture)
    texts = [element.text for element in xml.etree.ElementTree.parse(picture).iter("{http://www.w3.org/2000/svg}text")]
    equal([texts[texts.index(name) + 1] for name in ("free below the top", "above the top")],
          [f"{free:,}", f"{above:,}"])


@for_each(TREES)
def an_image_that_ends_in_the_heap_is_no_damage(tree):
    """Wherever it ends behind the control data: one line says where, no block is in doubt, and the status is 2."""
    dump = dumps[tree]
    ram, _, start = dump.ram("sound").rpartition("@")
    free = [(at, size) for at, size, kind, *_ in dump.blocks if kind == "free"]
    for n, (at, size) in enumerate((free[0], free[len(free) // 2], free[-1])):
        end = at + (8 if n == 1 else size // 2)
        path = work(tree, "cut.bin")
        with open(ram, "rb") as whole, open(path, "wb") as file:
            file.write(whole.read(end - int(start, 0)))
        for words in ("check", "blocks", "map"):
            status, text = tool(dump.elf, f"{path}@{start}", words)
            assert f"  INCOMPLETE: the memory ends at {end:#x}, the heap's blocks at " in text, text
            assert status == 2 and "DAMAGED" not in text and "uncertain:" not in text and " I7" not in text, text
            assert words == "map" or "  ? " not in text, text
            lines = text.partition("\nregion")[0].partition("\nprivate")[0].splitlines()
            assert words != "check" or len(lines) == 2, text
        seen = [block[:3] for block in listed(tool(dump.elf, f"{path}@{start}", "blocks")[1])[dump.handle]]
        equal(seen, [block[:3] for block in dump.blocks])


@for_each(TREES)
def damage_in_an_image_that_ends_in_the_heap_is_damage(tree):
    dump = dumps[tree]
    ram, _, start = dump.ram("map").rpartition("@")
    path = work(tree, "cut.bin")
    last = [at for at, _, kind, *_ in dump.blocks if kind == "free"][-1]
    with open(ram, "rb") as whole, open(path, "wb") as file:
        file.write(whole.read(last + 4 - int(start, 0)))
    status, text = tool(dump.elf, f"{path}@{start}", "check")
    assert status == 1 and "  DAMAGED: " in text and "  INCOMPLETE: " in text, text


@test
def reasons_have_the_words_of_the_library():
    with (open("include/cairn.h", encoding="ascii") as header,
          open("allocator/core/inspect.c", encoding="ascii") as source):
        names = re.search(r"enum cairn_reason \{(.*?)\};", header.read(), re.S)[1]
        text = source.read()
    names = re.findall(r"^    (CAIRN_\w+)", names, re.M)
    words = [re.search(rf"case {name}:\s+return \"(.*)\";", text)[1] for name in names]
    equal(REASONS, dict(enumerate(zip(names, words), 1)))


@test
def a_core_is_read_by_gdb_and_without():
    dump = dumps[PLAIN]
    text = f"core-file {dump.core}\n" + "".join(command(f"sound {words}", f"cairn {words}") for words in COMMANDS)
    equal(texts(gdb(dump.elf, text, work(PLAIN, "core")), "sound"), texts(dump.said, "sound"))
    status, text = tool(dump.elf, dump.core, "blocks")
    equal((status, listed(text)), (0, listed(dump.said["sound blocks"])))


def refusals():
    """What cannot be read, and what is said of it."""
    dump = dumps[PLAIN]
    good = dump.ram("sound")
    path, _, start = good.rpartition("@")
    short = work(PLAIN, "short.bin")
    with open(path, "rb") as whole, open(short, "wb") as file:
        file.write(whole.read(0x1000))
    no_layout = dump.copy("no-layout.elf", "-R", ".comment")
    return {
        "an ELF file without the layout": ((no_layout, good), "has no section .comment with Cairn's lines"),
        "an image that ends before the heap": ((dump.elf, f"{short}@{start}", "blocks"), "cannot be read"),
        "an image at another address": ((dump.elf, f"{path}@0x10000000", "blocks"), "cannot be read"),
        "an image without an address": ((dump.elf, path), "is no core: name the address"),
        "an image that is not there": ((dump.elf, "none.bin@0"), "none.bin: No such file"),
        "an address without a heap": ((dump.elf, good, "check", "0x20000100"), "no heap is at 0x20000100"),
        "a name that is no pointer": ((dump.elf, good, "check", "main"), "main is not a pointer variable"),
        "no image": ((dump.elf,), "cairn image FIRMWARE.elf"),
    }


@test
def what_cannot_be_read_is_refused_with_a_sentence():
    for name, (words, message) in refusals().items():
        status, text = tool(*words)
        assert status == 2 and message in text and "Traceback" not in text, f"{name}: {status} {text}"


@test
def the_layout_is_no_part_of_flash_or_ram_in_any_image():
    """Whatever the linker script: not allocated, without an address, in no segment."""
    images = [image_of(tree) for tree in TREES] + glob.glob("build/*/*/foreign/*.elf")
    print(f"# {len(images)} images")
    for path in images:
        text = subprocess.run([CROSS + "readelf", "-SlW", path], capture_output=True, text=True, check=True).stdout
        found = re.findall(r"\] \.comment +PROGBITS +(\w+) \w+ \w+ \w+ +([A-Z]*) +\d+ +\d+ +\d+$", text, re.M)
        assert found in ([("00000000", "")], [("00000000", "MS")]), f"{path}: {found}"
        assert ".comment" not in text.partition("Section to Segment")[2], path
    assert len(images) > 20


@test
def what_makes_the_layout_has_no_instruction():
    objects = glob.glob("build/mps2-an385/allocator/*/*.o") + glob.glob("build/microbit/guarded/allocator/*/*.o")
    text = subprocess.run([CROSS + "nm", "-S", *objects], capture_output=True, text=True, check=True).stdout
    assert text.count("layout_of_heap") == 2 and not re.search(r"^\w+ \w+ \w layout_of_", text, re.M), text


with ThreadPoolExecutor(2) as pool:
    dumps.update(zip(TREES, pool.map(Dumped, TREES)))
run_tests()
