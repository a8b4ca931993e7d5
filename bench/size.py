"""What Cairn costs a firmware: bytes of flash (code and constants), by core, optimization and what
the firmware calls.

    SIZE_CFLAGS=... size.py CROSS BUILD SOURCE...     core, optimization, closure, bytes: tab-separated

A closure is what the linker keeps of libcairn.a for a firmware that calls these functions, less the
same firmware without them. memcpy, memmove, memset and __errno are the C library's, and empty here.
"""
import os
import shlex
import subprocess
import sys

CORES = ("cortex-m0", "cortex-m3", "cortex-m4")
OPTIMIZATIONS = ("-Os", "-O2")
FAMILY = ("malloc free calloc realloc reallocf reallocarray memalign aligned_alloc posix_memalign valloc pvalloc cfree "
          "malloc_usable_size malloc_trim mallopt mallinfo sbrk").split()
REENTRANT = ("_malloc_r _free_r _calloc_r _realloc_r _reallocf_r _memalign_r _valloc_r _pvalloc_r _cfree_r "
             "_malloc_usable_size_r _malloc_trim_r _mallopt_r _mallinfo_r _sbrk _sbrk_r "
             "__malloc_lock __malloc_unlock").split()
PRIVATE = ("cairn_init cairn_malloc cairn_calloc cairn_free cairn_realloc cairn_aligned_alloc "
           "cairn_usable_size").split()
INSPECTION = "cairn_stats cairn_walk cairn_check cairn_reason_text malloc_stats _malloc_stats_r".split()
CLOSURES = {
    "malloc+free": ["malloc", "free", "sbrk"],
    "family": FAMILY + REENTRANT,
    "all": FAMILY + REENTRANT + PRIVATE,
    "all+inspection": FAMILY + REENTRANT + PRIVATE + INSPECTION,
}
STUBS = """
#include <stddef.h>
void reset_handler(void);
void *memcpy(void *to, const void *from, size_t n) { (void)from; (void)n; return to; }
void *memmove(void *to, const void *from, size_t n) { (void)from; (void)n; return to; }
void *memset(void *to, int c, size_t n) { (void)c; (void)n; return to; }
int write(int f, const void *p, size_t n) { (void)f; (void)p; return (int)n; }
int *__errno(void) { static int e; return &e; }
void *volatile kept[5];
void reset_handler(void) { kept[0] = (void *)memcpy; kept[1] = (void *)memmove; kept[2] = (void *)memset;
    kept[3] = (void *)__errno; kept[4] = (void *)write; for (;;) ; }
"""
SCRIPT = """
MEMORY { FLASH : ORIGIN = 0, LENGTH = 1M  RAM : ORIGIN = 0x20000000, LENGTH = 64K }
ENTRY(reset_handler)
SECTIONS {
  .text : { *(.text* .rodata*) } >FLASH
  .ARM.exidx : { *(.ARM.exidx*) } >FLASH
  .data : { *(.data*) } >RAM AT>FLASH
  .bss : { *(.bss* COMMON) } >RAM
  __heap_start = .; __heap_limit = ORIGIN(RAM) + LENGTH(RAM) - 4K;
}
"""


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"size: {' '.join(command)}\n{done.stderr}")
    return done.stdout


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def flash(cross, cpu, objects, script, kept):
    """Bytes of flash of a firmware that keeps these symbols."""
    image = os.path.join(os.path.dirname(script), "image.elf")
    run([cross + "gcc"] + cpu + ["-nostdlib", "-nostartfiles", "-Wl,--gc-sections", "-Wl,--no-warn-rwx-segments",
        "-T", script] + [f"-Wl,-u,{name}" for name in kept] + objects + ["-lgcc", "-o", image])
    text, data = run([cross + "size", image]).splitlines()[1].split()[:2]
    return int(text) + int(data)


def main():
    cross, build, *sources = sys.argv[1:]
    cflags = shlex.split(os.environ["SIZE_CFLAGS"])
    for core in CORES:
        for optimization in OPTIMIZATIONS:
            folder = os.path.join(build, core + optimization)
            os.makedirs(folder, exist_ok=True)
            script, stubs = os.path.join(folder, "size.ld"), os.path.join(folder, "stubs.c")
            write(script, SCRIPT)
            write(stubs, STUBS)
            cpu = [f"-mcpu={core}", "-mthumb"]
            objects = []
            for source in sources + [stubs]:
                objects.append(os.path.join(folder, os.path.basename(source)[:-2] + ".o"))
                flags = cflags if source != stubs else ["-fno-builtin", "-ffunction-sections"]
                run([cross + "gcc"] + cpu + [optimization] + flags + ["-c", source, "-o", objects[-1]])
            base = flash(cross, cpu, objects, script, [])
            for closure, kept in CLOSURES.items():
                print(f"{core}\t{optimization}\t{closure}\t{flash(cross, cpu, objects, script, kept) - base}", flush=True)


main()
