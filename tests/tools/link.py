"""tools/cairn link: its report of small firmwares, each finding with its remedy, and the tables of symbols that it
shares with region.c and stack_paint.c.

SPDX-License-Identifier: MIT
"""
import os
import random
import re
import shutil
import subprocess
import sys

from board import setting
from tap import directory, equal, for_each, run, run_tests, test

sys.path.insert(0, "tools")
from cairntools import linked, region  # noqa: E402
from cairntools.elf import Elf  # noqa: E402

WORK = directory("link-report")
CROSS = os.environ.get("CROSS", "arm-none-eabi-")
BOARD = "mps2-an385"
CPU = setting(BOARD, "CPU_FLAGS").split()
LINK = ["-nostartfiles", "-Wl,--gc-sections", "-Wl,--no-warn-rwx-segments", "-Ltests/foreign", "-Llinker"]
COMPILE = ["-Os", "-std=c11", "-ffunction-sections", "-fno-builtin", '-DCAIRN_PORT_HEADER="cortex-m/primask.h"',
           "-Iinclude", "-Iport", "-Iextras", "-iquote", "allocator", "-I" + WORK]
# Flags, the archive's folder, and what is linked behind it.
CALLS = [f"build/{BOARD}/boards/runtime/syscalls.o", f"build/{BOARD}/extras/semihosting.o"]
LIBRARIES: dict[str, tuple[list[str], str, list[str]]] = {
    "newlib": ([], "", CALLS),
    "nano": (["--specs=nano.specs"], "", CALLS),
    "picolibc": (["--specs=picolibc.specs"], "picolibc/", ["--oslib=semihost"]),
}
RAM, TOP = 0x20000000, 0x20020000  # of tests/foreign/memory.ld


def archive(tree=""):
    return f"build/{BOARD}/{tree}libcairn.a"


def script(name, *changes):
    """A script of tests/foreign, by its path; with changes, a copy that has them."""
    if not changes:
        return f"tests/foreign/{name}.ld"
    with open(f"tests/foreign/{name}.ld", encoding="utf-8") as file:
        text = file.read()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path = f"{WORK}/changed.ld"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def defsyms(**values):
    return [f"-Wl,--defsym={name}={value}" for name, value in values.items()]


def link(name="stm32cube", *words, library="newlib", ld=None, memory="tests/foreign/memory.ld", cairn=None,
         source="tests/linked/program.c", top=TOP):
    """A firmware of program.c and `words`. Returns the path of its image; beside it is its map."""
    specs, tree, calls = LIBRARIES[library]
    image = f"{WORK}/image.elf"
    run(f"{CROSS}gcc", *CPU, *specs, *COMPILE, *LINK, "-T", memory, "-T", ld or script(name), source,
        f"-Wl,-Map,{WORK}/image.map", *defsyms(image_stack_top=top), *words,
        *(cairn if cairn is not None else ["-u", "cairn_names", archive(tree)]), *calls, "-o", image)
    return image


def report(image, *words, status=0):
    """What the tool prints of an image. It ends with the status, and says nothing else."""
    done = subprocess.run(["tools/cairn", "link", *words, image], capture_output=True, text=True, timeout=120)
    assert "Traceback" not in done.stderr, done.stderr
    equal((done.returncode, done.stderr), (status, ""), done.stdout)
    return done.stdout


def mapped(image, status=0, *words):
    """The same, with the map."""
    return report(image[:-4] + ".map", *words, image, status=status)


def row(text, label):
    """What a row of the report says."""
    found = re.search(rf"^  {label} +(\S.*)$", text, re.M)
    assert found, f"no row {label}: {text}"
    return found[1]


def refuses(text, *words):
    """Does the report have a finding with these words, in this order, across its lines?"""
    found = " ".join(text.partition("\n\n")[2].split())
    assert re.search(".*".join(map(re.escape, words)), found), f"{words}: {text}"


def clean(text):
    assert text.endswith("\n\n0 errors, 0 warnings\n"), text


# ---- Clean firmwares -----------------------------------------------------------------------------------


def version():
    with open("include/cairn.h", encoding="utf-8") as file:
        parts = re.findall(r"^#define CAIRN_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)$", file.read(), re.M)
    equal(len(parts), 3)
    return ".".join(parts)


@for_each(LIBRARIES)
def a_sound_firmware_has_no_findings(library):
    image = link("stm32cube", "-DFORMATS", library=library)
    end = Elf(image).value("_end")
    for text in (report(image), mapped(image), mapped(image, 0, "--strict")):
        clean(text)
        equal(row(text, "Cairn"), f"{version()}, index bits 16, granule 8, check level 1, regions off, counts off, "
              "sites off, trace off")
        equal(row(text, "heap"), f"{end:#010x} to {TOP - 1536:#010x}, {TOP - 1536 - end:,} bytes: from _end to "
                                 "_estack - _Min_Stack_Size")
        equal(row(text, "stack"), f"{TOP - 1536:#010x} to {TOP:#010x}, 1,536 bytes: _estack - _Min_Stack_Size, _estack")
        equal((row(text, "above"), row(text, "malloc")), ("the stack", "Cairn's"))
        assert row(text, "C library").startswith("nothing of its allocator"), text


@test
def flash_and_ram_agree_with_the_size_of_the_archives_sections():
    """By the map: what the firmware is larger than the same one in which the archive's objects hold nothing."""
    image = link("stm32cube")
    flash, ram = (int(number.replace(",", "")) for number in
                  re.findall(r"([\d,]+) (?:bytes of flash|of static)", row(mapped(image), "takes")))
    equal(ram, sum(symbol.size for symbol in Elf(image).symbols
                   if symbol.name in ("cairn_system_state", "cairn_failure") and symbol.section))
    by_symbols = int(re.match(r"([\d,]+)", row(report(image), "takes"))[1].replace(",", ""))
    assert 0.85 * flash < by_symbols <= flash and 1000 < flash < 4000, (flash, by_symbols)


@test
def the_room_for_blocks_is_what_the_heap_can_give():
    """As in tests/foreign/region.c: of 8,192 bytes from a multiple of 8, after 31 tiles of the map and 20 bins."""
    text = report(link("cmsis"))
    start, end = (int(number, 16) for number in re.match(r"(\w+) to (\w+),", row(text, "heap")).groups())
    equal((start % 8, end - start), (0, 8192))
    assert "7,784 bytes for blocks" in text, text


@test
def an_image_without_options_is_still_read():
    """As where the linker script drops the section."""
    heap = "\n    ._user_heap"
    image = link("stm32cube", ld=script("stm32cube", (heap, "\n    /DISCARD/ : { *(.comment) }" + heap)))
    text = report(image)
    clean(text)
    equal(row(text, "Cairn"), "unknown version and options: the image has no lines of Cairn's in .comment")
    assert "to _estack - _Min_Stack_Size" in row(text, "heap"), text


@for_each(["guarded", "counted", "traced", "regions"])
def options_of_the_library_are_shown(tree):
    shown = {"guarded": "check level 2, regions on, counts off, sites off, trace off",
             "counted": "check level 1, regions off, counts on, sites 16, trace off",
             "traced": "check level 1, regions off, counts on, sites off, trace on",
             "regions": "check level 1, regions on, counts off, sites off, trace off"}[tree]
    library = archive(f"{tree}/")
    if tree == "traced":
        tracer = [f"build/{BOARD}/traced/extras/trace_ring.o"]
    else:
        tracer = []
    text = report(link("stm32cube", *tracer, cairn=["-u", "cairn_names", library]))
    assert row(text, "Cairn").endswith(shown), text
    clean(text)


@test
def a_private_heap_needs_no_region():
    text = report(link("bare", "-DPRIVATE", cairn=[archive()]))
    equal(row(text, "malloc"), "none of Cairn's: private heaps only")
    assert "  heap " not in text, text
    clean(text)


@test
def a_firmware_that_never_allocates_needs_no_heap():
    text = report(link("bare", "-DQUIET"))
    equal(row(text, "malloc"), "no code calls it: the linker dropped Cairn")
    clean(text)


@test
def the_break_alone_is_known():
    text = mapped(link("stm32cube", "-u", "_sbrk", cairn=[f"build/{BOARD}/libcairn-sbrk.a"]))
    equal(row(text, "malloc"), "the C library's, over Cairn's sbrk (libcairn-sbrk.a)")
    assert "lib_a-mallocr.o" in row(text, "C library") and "from _end to _estack" in row(text, "heap"), text
    clean(text)


@test
def what_lies_above_the_heap_is_named():
    assert re.fullmatch(r"[\d,]+ bytes that are not used, then the stack", row(report(link("cmsis")), "above"))
    image = link("pico-2", top=0x20042000)
    equal((row(mapped(image), "above"), row(report(image), "above")),
          ("the end of RAM", "137,216 bytes that are not used, then the stack"))
    image = link("bare", *defsyms(__heap_start="my_heap", __heap_limit="my_heap+4096"))
    equal(row(report(image), "above"), "the stack")


@test
def the_heap_of_freertos_is_shown_apart():
    with open(f"{WORK}/pool.c", "w", encoding="utf-8") as file:
        file.write("unsigned char ucHeap[1000]; int main(void);\n"
                   "void *pvPortMalloc(void); void *pvPortMalloc(void) { return ucHeap; }\n")
    image = link("stm32cube", f"{WORK}/pool.c", "-u", "pvPortMalloc", "-Wl,--no-gc-sections")
    start, text = Elf(image).value("ucHeap"), report(image)
    equal(row(text, "FreeRTOS"),
          f"{start:#010x} to {start + 1000:#010x}, 1,000 bytes: ucHeap, apart from malloc's heap")
    clean(text)


@test
def symbols_that_a_library_was_built_with_are_shown():
    named = f"{WORK}/named.o"
    run(f"{CROSS}gcc", *CPU, *COMPILE, "-DCAIRN_HEAP_START=my_heap", "-DCAIRN_HEAP_LIMIT=my_stack", "-c",
        "port/common/region.c", "-o", named)
    text = report(link("bare", named, *defsyms(__heap_start="my_heap+64", __heap_limit="my_heap+4096")))
    size = TOP - 2051 - Elf(f"{WORK}/image.elf").value("my_heap")
    assert row(text, "heap").endswith(f"to {TOP - 2051:#010x}, {size:,} bytes: from my_heap to my_stack"), text
    clean(text)


@test
def hidden_symbols_of_a_script_count():
    image = link("bare", ld=script("bare", ("my_stack = my", "HIDDEN(__heap_limit = my_stack_top - 4K);\n"
                                            "    HIDDEN(__heap_start = my_heap);\n    my_stack = my")))
    assert "from __heap_start to __heap_limit" in row(report(image), "heap"), report(image)


@test
def a_static_variable_is_not_taken_for_a_symbol_of_the_script():
    with open(f"{WORK}/static.c", "w", encoding="utf-8") as file:
        file.write("static volatile int __heap_start; int other(void); int other(void) { return __heap_start++; }\n"
                   "__attribute__((section(\".init_array\"), used)) static int (*const call)(void) = other;\n")
    text = report(link("stm32cube", f"{WORK}/static.c", "-Wl,-u,other", "-Wl,--no-gc-sections"))
    assert "from _end to" in row(text, "heap"), text


def with_picolibcs_script(*words):
    """The stack's row of a firmware that asks for 4096 bytes of stack, by picolibc's own script."""
    ends = defsyms(__flash=0, __flash_size=0x400000, __ram=RAM, __ram_size=0x20000, __stack_size=4096,
                   image_stack_top="__stack")
    image = f"{WORK}/image.elf"
    run(f"{CROSS}gcc", *CPU, "--specs=picolibc.specs", "--crt0=semihost", "--oslib=semihost", *COMPILE, *ends, *words,
        "-Wl,--no-warn-rwx-segments", "tests/linked/program.c", "-u", "cairn_names", archive("picolibc/"), "-o", image)
    text = report(image)
    clean(text)
    return row(text, "stack")


@test
def the_stack_of_picolibcs_script_is_as_the_documents_say():
    equal(with_picolibcs_script(), "0x2001f800 to 0x20020000, 2,048 bytes: __heap_end, __stack")
    equal(with_picolibcs_script("-T", "picolibc.ld"), "0x2001f000 to 0x20020000, 4,096 bytes: __heap_end, __stack")


# ---- No heap -------------------------------------------------------------------------------------------


ENDS = "The first request ends in cairn_fatal(CAIRN_NO_HEAP)."


@test
def a_heap_without_a_start_is_found():
    text = report(link("bare", *defsyms(__heap_limit="my_stack", my_end_of_heap="my_stack")), status=1)
    refuses(text, f"error: There is no heap: no symbol gives its start. {ENDS} Looked for: __heap_start,",
            "-Wl,--defsym=__heap_start=", "my_heap (0x2", "my_end_of_heap (0x2001f7fd)", "1 error, 0 warnings")
    equal(row(text, "heap"), "none")


@test
def a_heap_without_a_limit_is_found():
    text = report(link("bare", *defsyms(_end="my_heap")), status=1)
    refuses(text, "error: There is no heap: no symbol gives a limit above its start, 0x2",
            f". {ENDS} Looked for: __heap_limit, __HeapLimit,", "-Wl,--defsym=__heap_start=", "my_stack (0x2001f7fd)")
    equal(row(text, "heap"), f"none (start _end {Elf(f'{WORK}/image.elf').value('my_heap'):#010x})")


@test
def a_limit_below_the_start_is_found():
    text = report(link("bare", *defsyms(__heap_start="my_stack_top", __heap_limit="my_heap")), status=1)
    refuses(text, "error: There is no heap: no symbol gives a limit above its start, 0x20020000.", ENDS,
            "__heap_limit is at 0x2")


@test
def an_empty_heap_is_found():
    text = report(link("bare", *defsyms(__heap_start="my_heap", __heap_limit="my_heap")), status=1)
    refuses(text, "error: There is no heap: its limit (__heap_limit, 0x2",
            ") is not above its start (__heap_start, 0x2", "Every malloc gives NULL.", "_heap_size")


@test
def a_heap_too_small_for_a_block_is_found():
    def sized(size):
        return link("bare", *defsyms(__heap_start="my_heap+5", __heap_limit=f"my_heap+5+{size}"))
    refuses(report(sized(48), status=1), "error: There is no heap: 48 bytes are too few", "Use less static data")
    clean(report(sized(56)))


# ---- Overlaps ------------------------------------------------------------------------------------------


@test
def a_heap_that_reaches_into_the_stack_is_found():
    text = report(link("cmsis", *defsyms(__heap_limit="__StackTop-8")), status=1)
    refuses(text, "error: The heap reaches 4,088 bytes into the stack (0x2001f000 to 0x20020000, by __StackLimit, "
                  "__StackTop).", "The limit is __heap_limit. Name a lower one")


@test
def a_heap_that_the_stack_grows_into_is_found():
    """No symbol names the stack: only the vector table says where it starts."""
    def limited(limit, top=TOP):
        return link("bare", *defsyms(__heap_start="my_heap", __heap_limit=limit), top=top)
    refuses(report(limited(TOP), status=1), "error: The stack grows down into the heap: the stack pointer starts at "
            "0x20020000, the heap's limit; no byte is kept for the stack.", "-Wl,--defsym=__heap_limit=STACK_TOP-")
    refuses(report(limited(TOP, TOP - 256), status=1), "the stack pointer starts at 0x2001ff00, inside the heap.")
    text = report(limited(TOP - 256))
    clean(text)
    equal(row(text, "stack"), "0x2001ff00 to 0x20020000, 256 bytes: down from the stack pointer to the heap")


@test
def a_heap_over_static_data_is_found():
    text = report(link("stm32cube", "-DSTATIC=4096", *defsyms(__heap_start="_ebss-4096+64")), status=1)
    refuses(text, "error: The heap takes ", " bytes of .bss (0x2", "-Wl,--defsym=__heap_start=SYMBOL")


@test
def a_section_behind_the_heaps_start_is_found():
    reserved = ". += _Min_Heap_Size + _Min_Stack_Size;\n    } >RAM"
    behind = script("stm32cube", (reserved, "} >RAM\n    .noinit (NOLOAD) : { *(.noinit) } >RAM"))
    image = link("stm32cube", "-DKEPT", ld=behind)
    refuses(report(image, status=1), "error: The heap takes ", " bytes of .noinit (0x2",
            "), which begins with kept_data.", "Name a start past all static data")


@test
def a_heap_past_the_end_of_ram_is_found_by_the_map():
    image = link("bare", *defsyms(__heap_start="my_heap", __heap_limit=f"{TOP + 512}"), top=TOP + 4096)
    clean(report(image))
    refuses(mapped(image, 1), "error: The heap ends 512 bytes past the end of RAM, at 0x20020000.", "Name a lower one")


@test
def regions_of_ram_that_touch_are_one():
    with open(f"{WORK}/two.ld", "w", encoding="utf-8") as file:
        file.write("MEMORY { FLASH (rx) : ORIGIN = 0, LENGTH = 4M  RAM (rwx) : ORIGIN = 0x20000000, LENGTH = 128K\n"
                   "MORE (rwx) : ORIGIN = 0x20020000, LENGTH = 4K }\n")
    image = link("bare", *defsyms(__heap_start="my_heap", __heap_limit=f"{TOP + 512}"), top=TOP + 4096,
                 memory=f"{WORK}/two.ld")
    clean(mapped(image))


# ---- Two heaps -----------------------------------------------------------------------------------------


def lacking(library, *names):
    """An archive in which these names cannot be found from outside."""
    path = f"{WORK}/lacking.a"
    shutil.copy(archive(LIBRARIES[library][1]), path)
    run(f"{CROSS}ar", "x", "lacking.a", "names.o", cwd=WORK)
    run(f"{CROSS}objcopy", *(f"--localize-symbol={name}" for name in names), f"{WORK}/names.o")
    run(f"{CROSS}ar", "rs", path, f"{WORK}/names.o")
    return ["-Wl,--allow-multiple-definition", "-u", "cairn_names", path]


TWO = {"newlib": (["_malloc_r"], "lib_a-mallocr.o", "__malloc_av_"),
       "nano": (["_malloc_r"], "lib_a-nano-mallocr.o", "__malloc_free_list"),
       "picolibc": (["malloc"], "nano-malloc-malloc.c.o", "__malloc_free_list")}


@for_each(TWO)
def a_second_heap_is_found_with_the_map_and_without(library):
    names, member, variable = TWO[library]
    image = link("stm32cube", "-DFORMATS", library=library, cairn=lacking(library, *names))
    refuses(mapped(image, 1), "error: The C library's allocator is in this image beside Cairn: ", member,
            "Put libcairn.a before -lc, and -u cairn_names on the link line.")
    refuses(report(image, status=1), "error: The C library's allocator is in this image beside Cairn: ", variable)


@test
def an_object_of_the_other_allocator_without_a_heap_is_found_with_the_map():
    """newlib's calloc reads a header before the block, which Cairn's have not."""
    image = link("stm32cube", "-DFORMATS", cairn=lacking("newlib", "_calloc_r"))
    refuses(mapped(image, 1), "beside Cairn: ", "lib_a-callocr.o")
    assert "a map shows every object" in row(report(image), "C library"), report(image)


@for_each(LIBRARIES)
def a_firmware_without_cairn_is_found(library):
    ends = defsyms(_sbrk=1, __heap_start="_end", __heap_end="_end+4096")
    image = link("stm32cube", *ends, library=library, cairn=[])
    for text in (mapped(image, 1), report(image, status=1)):
        refuses(text, "error: Cairn is not in this image, but the C library's is: ", "Put libcairn.a before -lc")
        equal(row(text, "malloc"), "not Cairn's")


@test
def a_firmware_without_cairn_and_without_any_malloc_is_found():
    text = report(link("bare", "-DQUIET", cairn=[]), status=1)
    refuses(text, "error: Cairn is not in this image, and no other malloc is.", "-u cairn_names on the link line.")


@test
def a_firmware_that_calls_the_other_allocator_only_is_found():
    """As where all of Cairn's names are hidden: its object is there, and no code of it is left."""
    names, _ = run(f"{CROSS}nm", "-g", "--defined-only", archive())
    hidden = set(re.findall(r" [TW] (\w+)$", names, re.M)) - {"cairn_names"}
    image = link("stm32cube", *defsyms(_sbrk=1), cairn=lacking("newlib", *hidden))
    for text in (report(image, status=1), mapped(image, 1)):
        equal(row(text, "malloc"), "no code calls it: the linker dropped Cairn")
        refuses(text, "error: No code calls Cairn's malloc, but the C library's is there: ")


# ---- Options -------------------------------------------------------------------------------------------


@test
def a_program_of_the_librarys_options_is_clean():
    clean(report(link("stm32cube", "-DHEADER")))
    clean(report(link("stm32cube", "-DHEADER", "-DCAIRN_COUNTS=1", "-DCAIRN_SITES=16",
                      cairn=["-u", "cairn_names", archive("counted/")])))


@test
def two_libraries_of_different_options_are_found():
    """The second one, of a private heap, has been made part of an object, under names of its own."""
    other = f"{WORK}/other.o"
    run(f"{CROSS}ld", "-r", "--whole-archive", archive("guarded/"), "-o", other)
    run(f"{CROSS}objcopy", "--prefix-symbols=other_", other)
    run(f"{CROSS}objcopy", *(f"--redefine-sym=other_{name}={name}" for name in undefined(other)), other)
    image = link("stm32cube", other, "-u", "other_cairn_init")
    refuses(report(image, status=1), "error: Two libraries of different options are linked: CAIRN_CHECK is 1 and 2.",
            "Link one libcairn.a only.")


def undefined(path):
    """The names that an object lacks, without their prefix other_."""
    names, _ = run(f"{CROSS}nm", "-u", path)
    return [name[6:] for name in re.findall(r"\bother_\w+", names)]


# ---- How far the index reaches -------------------------------------------------------------------------


def long_heap(size, cairn=None):
    """A firmware with a heap of so many bytes."""
    with open(f"{WORK}/large.ld", "w", encoding="utf-8") as file:
        file.write("MEMORY { FLASH (rx) : ORIGIN = 0, LENGTH = 4M  RAM (rwx) : ORIGIN = 0x20000000, LENGTH = 4M }\n")
    return link("bare", *defsyms(__heap_start="my_heap+5", __heap_limit=f"my_heap+5+{size}"), cairn=cairn,
                memory=f"{WORK}/large.ld", top=RAM + 0x400000)


@test
def a_heap_that_the_index_does_not_reach_is_a_warning():
    image = long_heap(0x80008)
    text = report(image)
    refuses(text, "warning: Only the first 524,288 of 524,296 bytes are served: an index of 16 bits reaches no "
            "further.", "CAIRN_INDEX_BITS=32 or CAIRN_GRANULE=16 (1 MiB)", "cairn_add_region", "0 errors, 1 warning")
    assert "508,152 bytes for blocks" in text, text
    equal(report(image, "--strict", status=1), text)
    clean(report(long_heap(0x80000)))


@test
def a_heap_that_granules_of_16_bytes_reach_is_none():
    coarse = ["-u", "cairn_names", archive("coarse/")]
    clean(report(long_heap(0x100000, cairn=coarse)))
    refuses(report(long_heap(0x100010, cairn=coarse)),
            "warning: Only the first 1,048,576 of 1,048,592 bytes are served",
            "Build the library with CAIRN_INDEX_BITS=32; or")


# ---- In front of malloc --------------------------------------------------------------------------------


@test
def wrappers_in_front_of_malloc_are_a_warning():
    image = link("stm32cube", "-DWRAPPED", "-Wl,--wrap=malloc", "-Wl,--wrap=free")
    text = report(image)
    refuses(text, "warning: Calls of the family reach these first: __wrap_malloc, __wrap_free; they call "
                  "mutex_enter_blocking, panic.", "set(SKIP_PICO_MALLOC 1)", "PICO_MALLOC_PANIC=0",
            "0 errors, 1 warning")
    equal(row(text, "malloc"), "Cairn's, behind __wrap_malloc, __wrap_free")
    report(image, "--strict", status=1)
    with open(f"{WORK}/quiet.c", "w", encoding="utf-8") as file:
        file.write("void __real_free(void *p); void __wrap_free(void *p); void __wrap_free(void *p) "
                   "{ __real_free(p); }\n")
    refuses(report(link("stm32cube", f"{WORK}/quiet.c", "-Wl,--wrap=free")),
            "warning: Calls of the family reach these first: __wrap_free. Take -Wl,--wrap=... off the link line")


@test
def a_port_of_the_firmwares_own_is_a_warning():
    text = report(link("bare", "-DOWN_PORT", "-DSTATIC=4096"))
    refuses(text, "warning: The heap's ends are not known here", "port_heap_start()")
    equal(row(text, "heap"), "by a port_heap_start() of the firmware's own")


# ---- Files and options ---------------------------------------------------------------------------------


@test
def the_bound_follows_the_report():
    image = link("stm32cube")
    text = report(image, "--bound", "--core", "cortex-m3")
    before, found, after = text.partition("0 errors, 0 warnings\n")
    assert found and before == report(image).partition(found)[0], text
    assert re.search(r"^  malloc +\d+ +\d+ +\d+ +\d+$", after, re.M) and "cortex-m3, cycles" in after, after


@test
def a_map_of_another_link_is_refused():
    image = link("stm32cube")
    os.rename(f"{WORK}/image.map", f"{WORK}/small.map")
    link("stm32cube", "-DSTATIC=64")
    done = subprocess.run(["tools/cairn", "link", image, f"{WORK}/small.map"], capture_output=True, text=True)
    equal((done.returncode, done.stdout), (2, ""))
    assert re.fullmatch(r"cairn link: \S+small.map is the map of another link: there \.\w+ has .*\n", done.stderr), done


# ---- The tables of symbols -----------------------------------------------------------------------------


def weak(source):
    """The symbols that a source of the port looks for."""
    path = f"{WORK}/weak.o"
    run(f"{CROSS}gcc", *CPU, *COMPILE, "-c", source, "-o", path)
    names, _ = run(f"{CROSS}nm", path)
    return set(re.findall(r"^ +w (\w+)$", names, re.M))


@test
def the_tables_have_the_symbols_that_the_port_looks_for():
    equal(region.names(), weak("port/common/region.c"))
    equal(region.stack_names(), weak("extras/stack_paint.c") - {"stack_guard_end"})


@test
def every_local_function_of_the_library_is_in_a_known_source():
    sources, source = set(), ""
    for tree in ("", "picolibc/", "guarded/", "counted/", "traced/", "regions/"):
        text, _ = run(f"{CROSS}readelf", "-sW", archive(tree))
        for kind, binding, name in re.findall(r"\d (FILE|FUNC|OBJECT) +(LOCAL|GLOBAL) .* (\S+)$", text, re.M):
            source = name if kind == "FILE" else source
            if kind != "FILE" and binding == "LOCAL":
                sources.add(source)
    assert len(sources) > 6, sources
    equal(sources - linked.SOURCES, set())


def console(image):
    """What a firmware prints on the board."""
    done = subprocess.run(["tests/run-one", f"build/{BOARD}/link-report/{os.path.basename(image)}"],
                          capture_output=True, text=True, timeout=120)
    equal(done.returncode, 0, done.stdout + done.stderr)
    return [[int(number, 16) for number in line.split()] for line in done.stdout.splitlines()]


def chosen(value, pointer):
    """The line that choices.c prints where this module makes the choice."""
    start = region.heap_start(value)
    limit = region.heap_limit(value, start.address) if start else None
    stack = region.stack(value)
    # stack_paint.c takes no stack that the stack pointer is not in.
    known = stack is not None and stack[0].address <= pointer <= stack[1].address
    return (start.address if start else 0, limit.address if limit else None,
            *((stack[0].address, stack[1].address) if known else (0, 0)))


def same(line, value, what):
    """Did the port choose as this module does? Where there is no limit, the port's is below the start."""
    start, limit, low, top = chosen(value, line[4])
    if limit is None:
        assert line[1] < max(line[0], 1), f"{what}: the port's limit is {line[1]:#x}"
        limit = line[1]
    equal([f"{number:08x}" for number in line[:4]], [f"{number:08x}" for number in (start, limit, low, top)], what)


def choices(*words):
    """choices.c for the board, linked with these words."""
    os.makedirs(f"build/{BOARD}/link-report", exist_ok=True)
    image = f"build/{BOARD}/link-report/choices.elf"
    run(f"{CROSS}gcc", *CPU, *COMPILE, "-I" + WORK, *LINK, "tests/linked/choices.c",
        f"build/{BOARD}/extras/semihosting.o", *words, "-o", image)
    return image


def port_objects():
    for source in ("port/common/region.c", "extras/stack_paint.c"):
        name = os.path.basename(source).removesuffix(".c")
        run(f"{CROSS}gcc", *CPU, *COMPILE, "-c", source, "-o", f"{WORK}/{name}.o")
        yield f"{WORK}/{name}.o"


@test
def the_port_chooses_as_the_tables_do_for_many_sets_of_symbols():
    noise, sets = random.Random(1), []
    objects = list(port_objects())
    parts, words = [], []
    names = sorted(region.names() | region.stack_names())
    for number in range(150):
        prefix, values = f"s{number}_", {}
        share = noise.choice((0.3, 0.5, 0.8))
        for name in names:
            if noise.random() < share:
                values[name] = noise.choice((
                    0, RAM, RAM + 0x10000, RAM + 0x20000, RAM + noise.randrange(0x3f0000), 0x203ff000, 0x20400000,
                    0x20401000, 0xfffffff8, noise.randrange(1 << 32)))
        for name in (region.STACK_BYTES, region.RESERVE):
            if name in values and noise.random() < 0.8:
                values[name] = noise.choice((0x400, 0x1800, 1))
        sets.append(values)
        for path in objects:
            parts.append(path.replace(".o", f"-{number}.o"))
            run(f"{CROSS}objcopy", f"--prefix-symbols={prefix}", path, parts[-1])
        words += [f"{prefix}{name} = {value:#x};" for name, value in values.items()]
    with open(f"{WORK}/sets.inc", "w", encoding="ascii") as file:
        file.write("".join(f"SET(s{number}_)\n" for number in range(len(sets))))
    with open(f"{WORK}/sets.ld", "w", encoding="ascii") as file:
        file.write("\n".join(words))
    lines = console(choices(*parts, f"build/{BOARD}/boards/runtime/startup.o", archive(), f"{WORK}/sets.ld",
                            "-T", f"boards/{BOARD}/memory.ld", "-T", "linker/sections.ld"))
    equal(len(lines), len(sets))
    found = set()
    for values, line in zip(sets, lines):
        values[region.RESERVE_BUILT] = 1024
        same(line, lambda name, values=values: values.get(name, 0), values)
        start, limit, low, _ = chosen(lambda name, values=values: values.get(name, 0), line[4])
        found.add((start != 0, limit is not None, low != 0))
    assert len(found) >= 5, f"the sets are too much alike: {found}"


def scripts():
    """The scripts of tests/mk/foreign.mk that need no symbol of the link line: each with its names and its object."""
    with open("tests/mk/foreign.mk", encoding="utf-8") as file:
        calls = re.findall(r"^\$\(call foreign,([^()]*)\$\(SYSCALLS\)(.*)\)$", file.read(), re.M)
    found = []
    for words, extra in calls:
        _, program, name, names, flags, _ = words.split(",")
        if program == "region" and not flags and "named" not in extra:
            found.append((name, names, extra.strip()))
    assert len(found) > 15, found
    return found


@for_each(scripts())
def the_port_chooses_as_the_tables_do_by_the_script(case):
    name, names, extra = case
    made, _ = run("make", "-s", f"print-{names}_NAMES")
    with open(f"{WORK}/sets.inc", "w", encoding="ascii") as file:
        file.write("SET()\n")
    ends = [f"-Wl,--defsym={pair}" for pair in made.split()]
    image = choices(*port_objects(), *([extra.replace(".o", ".c")] if extra else []), "tests/foreign/startup.c", *ends,
                    "-T", "tests/foreign/memory.ld", "-T", script(name))
    line, = console(image)
    values = {symbol.name: symbol.value for symbol in Elf(image).symbols if symbol.is_global and symbol.section}
    same(line, lambda name: values.get(name, 0), name)
    found = linked.Linked(image)
    equal(line[:2], [found.start.address, found.limit.address])


run_tests()
