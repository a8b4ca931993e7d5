/* Adding regions where a board would not let a test: without a system heap, and where no RAM is.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.h"
#include "host_port.h"
#include "system/names.h"
#include "system/system.h"
#include "tap.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { PAGE = 4096, PAGES = 3 };
static char *memory;

/* ---- Read-only memory: a store to it has no effect, and is no fault --------------------------- */

enum { TRAP_FLAG = 0x100 }; /* in RFLAGS: a SIGTRAP follows the next instruction */
static char *rom;
static char rom_contents[PAGE];
static unsigned rom_writes;

/* Let the one store pass that has met the write protection. */
static void on_write(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    if (rom == NULL || (uintptr_t)info->si_addr - (uintptr_t)rom >= PAGE)
        abort();
    rom_writes++;
    mprotect(rom, PAGE, PROT_READ | PROT_WRITE);
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
}

/* And undo it. */
static void after_write(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    memcpy(rom, rom_contents, PAGE);
    mprotect(rom, PAGE, PROT_READ);
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
}

static void make_rom(char *page)
{
    struct sigaction write = {.sa_sigaction = on_write, .sa_flags = SA_SIGINFO};
    struct sigaction trap = {.sa_sigaction = after_write, .sa_flags = SA_SIGINFO};
    CHECK(sigaction(SIGSEGV, &write, NULL) == 0 && sigaction(SIGTRAP, &trap, NULL) == 0);
    rom = page;
    rom_writes = 0;
    memcpy(rom_contents, rom, PAGE);
    CHECK(mprotect(rom, PAGE, PROT_READ) == 0);
}

static void make_ram(void)
{
    CHECK(mprotect(rom, PAGE, PROT_READ | PROT_WRITE) == 0);
    CHECK(memcmp(rom, rom_contents, PAGE) == 0);
    rom = NULL;
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static void there_are_pages_to_try(void)
{
    memory = mmap(NULL, (size_t)PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED);
}

static void a_region_whose_first_word_does_not_hold_is_refused(void)
{
    make_rom(memory);
    CHECK(cairn_add_region(memory, (size_t)PAGES * PAGE, 0) == CAIRN_REGION_OUT_OF_RANGE);
    CHECK(rom_writes > 0);
    make_ram();
    CHECK(cairn_region(0, NULL) == NULL);
}

static void a_region_whose_last_word_does_not_hold_is_refused(void)
{
    make_rom(memory + (PAGES - 1) * PAGE);
    CHECK(cairn_add_region(memory, (size_t)PAGES * PAGE, 0) == CAIRN_REGION_OUT_OF_RANGE);
    CHECK(rom_writes > 0);
    make_ram();
    CHECK(cairn_region(0, NULL) == NULL);
}

/* One that holds a pattern by chance does not hold its complement. */
static void a_word_that_keeps_what_it_has_is_refused_whatever_that_is(void)
{
    static const uint32_t kept[] = {0, 0xffffffff, 0x5aa55aa5, 0xa55aa55a};
    for (unsigned end = 0; end < 2; end++)
        for (unsigned k = 0; k < sizeof kept / sizeof kept[0]; k++) {
            char *page = memory + (end == 0 ? 0 : (PAGES - 1) * PAGE);
            char *word = end == 0 ? memory : memory + PAGES * PAGE - sizeof kept[k];
            memcpy(word, &kept[k], sizeof kept[k]);
            make_rom(page);
            CHECK(cairn_add_region(memory, (size_t)PAGES * PAGE, 0) == CAIRN_REGION_OUT_OF_RANGE);
            make_ram();
            CHECK(cairn_region(0, NULL) == NULL);
        }
}

static void a_region_is_added_where_the_system_heap_has_no_memory(void)
{
    host_heap_start = host_heap_limit = memory + PAGE; /* inside the region, but empty */
    CHECK(cairn_add_region(memory, (size_t)PAGES * PAGE, 0) == CAIRN_REGION_ADDED);
    char *p = malloc(100);
    CHECK((uintptr_t)p >= (uintptr_t)memory && (uintptr_t)p <= (uintptr_t)memory + PAGES * PAGE);
    CHECK(cairn_system() == NULL);
    free(p);
    CHECK(cairn_check(cairn_region(0, NULL), NULL) == 0);
}

TAP_MAIN(TEST(there_are_pages_to_try), TEST(a_region_whose_first_word_does_not_hold_is_refused),
         TEST(a_region_whose_last_word_does_not_hold_is_refused),
         TEST(a_word_that_keeps_what_it_has_is_refused_whatever_that_is),
         TEST(a_region_is_added_where_the_system_heap_has_no_memory))
