"""What the tests of tools/cairn-gdb.py and `tools/cairn image` share: a firmware under gdb and QEMU, and what its
console and the tools say.

SPDX-License-Identifier: MIT
"""
import os
import re
import subprocess
import sys

TOOLS = os.path.abspath("tools")
sys.path[:0] = [TOOLS, "tests/tools"]

from board import setting  # noqa: E402

CROSS = os.environ.get("CROSS", "arm-none-eabi-")
WORK = "build/scripts/gdb"

# Where RAM is, and how much of it the heap's end may need (boards/<board>/memory.ld).
RAM = {"microbit": (0x20000000, 0x4000), "mps2-an385": (0x20000000, 0xa0000), "mps2-an505": (0x38000000, 0xa0000)}


def board_of(tree):
    return tree.split("/")[0]


def image_of(tree, program="scene"):
    return f"build/{tree}/gdb/{program}.elf"


def work(tree, name):
    """A file of the tests' own, for that tree."""
    folder = os.path.join(WORK, tree)
    os.makedirs(folder, exist_ok=True)
    return os.path.join(folder, name)


# ---- Running a firmware --------------------------------------------------------------------------------


def qemu(tree, elf, console):
    board = board_of(tree)
    return ["qemu-system-arm", "-machine", setting(board, "MACHINE"), "-icount", f"shift={setting(board, 'ICOUNT')}",
            "-kernel", elf, "-chardev", console, "-semihosting-config", "enable=on,chardev=console",
            "-display", "none", "-monitor", "none", "-serial", "none"]


def run_alone(tree, elf):
    """The console of a run without a debugger."""
    words = [elf] if board_of(tree) == "host" else qemu(tree, elf, "stdio,id=console")
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=120)
    return done.stdout


def gdb(elf, script, name):
    """Run gdb with these commands. Returns what it said, by the marks in it: `mark` of a command."""
    path = name + ".gdb"
    with open(path, "w", encoding="utf-8") as file:
        file.write("set confirm off\nset pagination off\nset width 0\n"
                   f"set debuginfod enabled off\nsource {TOOLS}/cairn-gdb.py\n" + script)
    done = subprocess.run(["gdb-multiarch", "-nx", "-batch", "-x", path, elf], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=200)
    with open(name + ".log", "w", encoding="utf-8") as file:
        file.write(done.stdout + done.stderr)
    said = {}
    for part in re.split(r"^@@ ", done.stdout, flags=re.M)[1:]:
        mark, _, text = part.partition("\n")
        said[mark] = text
    return said


def command(mark, words):
    """Lines for gdb: a command of cairn, its output under `mark`; its error, if it ends in one, too."""
    return (f"echo @@ {mark}\\n\npython\ntry:\n    gdb.execute({words!r})\nexcept gdb.error as error:\n"
            "    print('error:', error)\nend\necho @@ gdb\\n\n")


def target(tree, elf, name):
    """Lines for gdb: the firmware on the emulated board, stopped before its first instruction. gdb starts QEMU
    and is its only link, so that there is no port that is taken, and nothing that is left."""
    words = qemu(tree, elf, f"file,id=console,path={name}.console")
    return f"set remotetimeout 60\ntarget remote | exec {' '.join(words)} -S -gdb stdio\n"


KILL = "python\ntry:\n    gdb.execute('kill')\nexcept gdb.error:\n    pass\nend\n"


def tool(*words, notes=False):
    """`tools/cairn image`: its status and what it said, without notes on what the memory does not show."""
    done = subprocess.run([os.path.join(TOOLS, "cairn"), "image", *words], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=120)
    said = [line for line in done.stderr.splitlines(True) if notes or not line.startswith("cairn image: note: ")]
    return done.returncode, done.stdout + "".join(said)


# ---- What the firmware says of itself ------------------------------------------------------------------


def console(path):
    """The stages of tests/gdb/scene.c: of each its lines, as lists of words."""
    stages, lines = {}, []
    with open(path, encoding="ascii") as file:
        for line in file:
            word, *more = line.split()
            if word == "stage":
                lines = stages.setdefault(more[0], [])
            lines.append([word, *more])
    return stages


def heaps_of(lines):
    """Of each heap: its handle, its figures, its blocks: address, size, kind, asked, owner, the owner's line."""
    heaps, blocks = {}, None
    for word, *more in lines:
        if word == "heap":
            blocks = []
            heaps[more[0]] = int(more[1]), [int(n) for n in more[2:]], blocks
        elif word == "block" and blocks is not None:
            asked, owner, line = (int(more[3]), more[4], more[5]) if len(more) > 3 else (None, None, None)
            blocks.append((int(more[0]), int(more[1]), more[2], asked, owner, line))
    return heaps


def numbers_of(stages, word):
    """The numbers of the console's line that begins with the word."""
    return next([int(n) for n in line[1:]] for lines in stages.values() for line in lines if line[0] == word)


# ---- What the tools say of it ----------------------------------------------------------------------------

BLOCK = re.compile(r"  (0x[0-9a-f]+) +(\d+)  (used|free|reserved|unknown) *"
                   r"(?:(\d+)  (\w+)(\S*(?: \([^)]*\))?))?(  \? .*)?$")


def listed(text):
    """The blocks of each heap in the output of `cairn blocks`, by handle: address, size, kind, asked, owner,
    the rest of the owner's place, doubt."""
    heaps, blocks = {}, []
    for line in text.splitlines():
        found = re.match(r"[\w ()0-9,]* (0x[0-9a-f]+): \d+ bytes from", line)
        if found:
            blocks = heaps[int(found[1], 16)] = []
        found = BLOCK.match(line)
        if found:
            asked = int(found[4]) if found[4] else None
            blocks.append((int(found[1], 16), int(found[2]), found[3], asked, found[5], found[6], bool(found[7])))
    return heaps
