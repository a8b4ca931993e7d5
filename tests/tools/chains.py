"""A caller that the compiler has inlined is named with those that it was inlined into, in every tool; and wrappers of
malloc() are passed over where more is known.

SPDX-License-Identifier: MIT
"""
import os
import re
import subprocess
import sys

from tap import cairn, directory, equal, for_each, run, run_tests, test

sys.path[:0] = ["tests/gdb", "tools"]
from look import KILL, command, gdb, target  # noqa: E402
from board import setting  # noqa: E402
from cairntools.callers import Callers  # noqa: E402
from cairntools.code import plausible_calls  # noqa: E402
from cairntools.elf import Elf  # noqa: E402

WORK = directory("chains")
CROSS = os.environ.get("CROSS", "arm-none-eabi-")
CHAIN = ["copy", "make", "dev_send"]
SOURCE = """
#include "cairn.h"
#include "semihosting.h"
#include <stdlib.h>

static inline __attribute__((always_inline)) void *xmalloc(size_t size)
{
    void *p = malloc(size); /* xmalloc */
    if (p == NULL)
        abort();
    return p;
}

static inline __attribute__((always_inline)) char *copy(const char *text)
{
    char *p = xmalloc(20); /* copy */
    p[0] = text[0];
    return p;
}

static inline __attribute__((always_inline)) char *make(const char *text)
{
    return copy(text); /* make */
}

/* Allocates for others, by what it takes and returns. */
static inline __attribute__((always_inline)) void *grab(unsigned short count, const char *why)
{
    return xmalloc((size_t)count * 7 + (why[0] == 'x')); /* grab */
}

/* Returns void *, and takes no number: a task. */
static inline __attribute__((always_inline)) void *run(void *argument)
{
    return grab(10, argument); /* run */
}

char *kept[7];
__attribute__((noinline)) void serve(const char *why)
{
    kept[4] = grab(11, why); /* serve */
    kept[5] = run(kept[4]); /* task */
}

__attribute__((noinline)) void dev_send(const char *text)
{
    kept[0] = make(text); /* dev_send */
    kept[1] = xmalloc(30); /* direct */
}

/* As docs/debugging.md has it. */
__attribute__((noinline)) void *pool_alloc(size_t size)
{
#if CAIRN_WATCHED
    return cairn_malloc_for(__builtin_return_address(0), size);
#else
    return malloc(size);
#endif
}

__attribute__((noinline)) void store(void)
{
    kept[3] = pool_alloc(60); /* store */
    __asm volatile("" ::: "memory");
}

__attribute__((noinline)) void *pool_take(size_t size)
{
    return malloc(size) ? malloc(size) : NULL;
}

__attribute__((noinline)) void scene_stop(void)
{
    __asm volatile("" ::: "memory");
}

int main(void)
{
    dev_send("hello");
    kept[2] = pool_take(50);
    store();
    serve("why");
    scene_stop();
    return 0;
}
"""


def line_of(mark):
    return next(n for n, line in enumerate(SOURCE.splitlines(), 1) if f"/* {mark} */" in line)


def option(library):
    return {"traced": ["-DCAIRN_TRACE=1"], "counted": ["-DCAIRN_COUNTS=1", "-DCAIRN_SITES=16"]}[library]


def built(optimization, library):
    """The firmware with that library, of tests/mk/watch.mk."""
    source, image = (os.path.join(WORK, f"{library}{optimization}.{kind}") for kind in ("c", "elf"))
    with open(source, "w", encoding="ascii") as file:
        file.write(SOURCE)
    parts = ["boards/runtime/startup.o", "extras/semihosting.o", "boards/runtime/syscalls.o"]
    parts += ["extras/trace_semihosting.o"] * (library == "traced") + ["libcairn.a"]
    run(CROSS + "gcc", *setting("mps2-an385", "CPU_FLAGS").split(), "-mthumb", optimization, "-g", "-nostartfiles",
        "-Wl,--gc-sections", *option(library), "-Iinclude", "-Iextras", "-T", "boards/mps2-an385/memory.ld", "-T",
        "linker/sections.ld", source, *(f"build/mps2-an385/{library}/{part}" for part in parts), "-o", image)
    return os.path.abspath(image)


def name(image):
    return os.path.basename(image)[:-4] + ".c"


def chain(image, form, *marks):
    return " < ".join(form.format(*frame) for frame in ((function, f"{name(image)}:{line_of(mark)}")
                                                        for function, mark in marks))


FULL = (("xmalloc", "xmalloc"), ("copy", "copy"), ("make", "make"), ("dev_send", "dev_send"))
DIRECT = (("xmalloc", "xmalloc"), ("dev_send", "direct"))


def traced(image, *options):
    """The callers in the trace of its run, by size."""
    folder = image + ".run"
    os.makedirs(folder, exist_ok=True)
    subprocess.run(["qemu-system-arm", "-machine", "mps2-an385", "-kernel", image, "-semihosting-config",
                    "enable=on,target=native", "-display", "none", "-monitor", "none", "-serial", "none"], cwd=folder,
                   stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=60)
    out, _ = cairn("trace", os.path.join(folder, "cairn.trace.bin"), "--elf", image, *options)
    return {int(size): place for place, size in re.findall(r"# at (.*)\nm \d+ (\d+)$", out, re.M)}


@for_each(["-Os", "-O2"])
def a_trace_names_the_whole_chain_without_the_wrapper(optimization):
    image = built(optimization, "traced")
    found = traced(image)
    equal((found[20], found[30]), (chain(image, "{} {}", *FULL[1:]), chain(image, "{} {}", *DIRECT[1:])))
    equal((found[77], found[70]), (chain(image, "{} {}", ("serve", "serve")),
                                   chain(image, "{} {}", ("run", "run"), ("serve", "task"))))
    found = traced(image, "--skip", "copy", "--skip", "make")
    equal(found[20], chain(image, "{} {}", *FULL[3:]))
    found = traced(image, "--no-skip")
    equal((found[20], found[30]), (chain(image, "{} {}", *FULL), chain(image, "{} {}", *DIRECT)))
    equal(found[77], chain(image, "{} {}", ("xmalloc", "xmalloc"), ("grab", "grab"), ("serve", "serve")))


@for_each(["-Os", "-O2"])
def sites_and_blocks_have_it_in_gdb_and_without(optimization):
    image = built(optimization, "counted")
    dump = os.path.join(WORK, "ram.bin")
    text = target("mps2-an385", image, os.path.join(WORK, "gdb")) + "break scene_stop\ncontinue\n"
    text += f"dump binary memory {dump} 0x20000000 0x20020000\n" + command("sites", "cairn sites")
    text += "cairn skip copy\n" + command("skipped", "cairn sites") + "cairn skip -\n" + command("all", "cairn sites")
    said = gdb(image, text + KILL, os.path.join(WORK, "gdb"))
    options: dict[str, list[str]] = {"sites": [], "skipped": ["--skip", "copy"], "all": ["--no-skip"]}
    for mark, drop in (("sites", 1), ("skipped", 2), ("all", 0)):
        wanted = chain(image, "{} ({})", *FULL[drop:])
        assert f"  {wanted}\n" in said[mark], (mark, wanted, said[mark])
        words = ["image", *options[mark], image, f"{dump}@0x20000000", "sites"]
        out, _ = cairn(*words)
        equal(out.rstrip(), said[mark].rstrip(), mark)
    assert chain(image, "{} ({})", *DIRECT[1:]) in said["sites"], said["sites"]
    assert f"  store ({name(image)}:{line_of('store')})\n" in said["sites"], "a wrapper that passes its caller on"
    assert "  pool_take (" in said["sites"], "a wrapper that is not inlined hides its caller, and stays"


@test
def the_chain_is_that_of_addr2line():
    """Of each place in the text that follows a call."""
    image = built("-O2", "counted")
    callers = Callers(image)
    from cairntools.code import follows_call
    from cairntools.elf import Elf
    elf = Elf(image)
    places = [n for n in range(elf.value("dev_send"), elf.value("dev_send") + 60, 2) if follows_call(elf, n + 1)]
    assert len(places) >= 2
    for place in places:
        out, _ = run(CROSS + "addr2line", "-ife", image, hex(place - 1))
        lines = out.split("\n")
        wanted = [(function, os.path.basename(line).split(" (")[0]) for function, line in zip(lines[::2], lines[1::2])]
        equal(callers.chain(place - 1), wanted, hex(place))


STACKED = """
    .syntax unified
    .cpu cortex-m3
    .thumb
    .macro function name
    .type \\name, %function
    .thumb_func
\\name:
    .endm
    function f
    bl other
in_f: bx lr
    .size f, . - f
    function jumps
    b.w f
    .size jumps, . - jumps
    function jumps_short
    b.n f
    .size jumps_short, . - jumps_short
    function jumps_twice
    b.n jumps
    .size jumps_twice, . - jumps_twice
    function callers
    bl f
of_f: bl other
of_other: bl jumps
of_jumps: bl jumps_short
of_jumps_short: bl jumps_twice
of_jumps_twice: blx r3
of_pointer: bx lr
    .size callers, . - callers
    function other
    bx lr
    .size other, . - other
"""


@test
def words_that_calls_have_left_are_told_by_what_is_called():
    source, made = os.path.join(WORK, "stacked.s"), os.path.join(WORK, "stacked.elf")
    with open(source, "w", encoding="ascii") as file:
        file.write(STACKED)
    run(CROSS + "gcc", "-nostdlib", "-Wl,-e,f,-Ttext=0x1000", source, "-o", made)
    elf = Elf(made)
    symbols, _ = run(CROSS + "nm", "--defined-only", made)
    at = {name: int(value, 16) | 1 for value, _, name in (line.split() for line in symbols.splitlines())}
    for words, kept in (
            ("in_f of_other of_f", "in_f of_f"),                      # a call of another function
            ("in_f of_other of_other of_f", "in_f of_f"),
            ("in_f of_other", "in_f of_other"),                       # no later one fits
            ("in_f of_jumps of_f", "in_f of_jumps of_f"),             # by a jump
            ("in_f of_jumps_short of_f", "in_f of_jumps_short of_f"),
            ("in_f of_jumps_twice of_f", "in_f of_jumps_twice of_f"),
            ("in_f of_pointer of_f", "in_f of_pointer of_f"),         # of any function
            ("in_f", "in_f")):
        equal(plausible_calls(elf, [at[word] for word in words.split()]), [at[word] for word in kept.split()], words)


@for_each(["xmalloc", "safe_calloc", "my_realloc", "operator new(unsigned int)", "std::__new_allocator<int>::allocate",
           "luaM_malloc_", "sqlite3MemMalloc", "std::_Vector_base<int, std::allocator<int> >::_M_allocate",
           "mem_strdup"])
def a_function_that_is_called_like_an_allocator_is_passed_over(function):
    equal(Callers.kept([(function, "a.c:1"), ("user", "a.c:2")], []), [("user", "a.c:2")])
    equal(Callers.kept([(function, "a.c:1")], []), [(function, "a.c:1")])


@for_each(["malloc_test_case", "parse", "Sensor::Sensor", "allocation_report", "mallocator::run"])
def and_others_are_not(function):
    equal(Callers.kept([(function, "a.c:1"), ("user", "a.c:2")], []), [(function, "a.c:1"), ("user", "a.c:2")])


run_tests()
