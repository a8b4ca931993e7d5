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
static char *memory; /* for a region, and a page for a heap above it */

/* ---- Read-only memory: a store to it has no effect, and is no fault --------------------------- */

enum { TRAP_FLAG = 0x100 }; /* in RFLAGS: a SIGTRAP follows the next instruction */
static char *rom;
static uint32_t rom_contents[PAGE / sizeof(uint32_t)];
static uint32_t rom_bits; /* of each word, those that no store changes */
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
    uint32_t *word = (uint32_t *)(void *)rom;
    for (size_t i = 0; i < PAGE / sizeof(uint32_t); i++)
        word[i] = (word[i] & ~rom_bits) | (rom_contents[i] & rom_bits);
    mprotect(rom, PAGE, PROT_READ);
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
}

static void make_rom(char *page, uint32_t bits)
{
    struct sigaction write = {.sa_sigaction = on_write, .sa_flags = SA_SIGINFO};
    struct sigaction trap = {.sa_sigaction = after_write, .sa_flags = SA_SIGINFO};
    CHECK(sigaction(SIGSEGV, &write, NULL) == 0 && sigaction(SIGTRAP, &trap, NULL) == 0);
    rom = page;
    rom_bits = bits;
    rom_writes = 0;
    memcpy(rom_contents, rom, PAGE);
    CHECK(mprotect(rom, PAGE, PROT_READ) == 0);
}

static void make_ram(void)
{
    CHECK(mprotect(rom, PAGE, PROT_READ | PROT_WRITE) == 0);
    CHECK(rom_bits != UINT32_MAX || memcmp(rom, rom_contents, PAGE) == 0);
    rom = NULL;
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static void there_are_pages_to_try(void)
{
    memory = mmap(NULL, (size_t)(PAGES + 1) * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED);
}

static void a_region_whose_first_word_does_not_hold_is_refused(void)
{
    make_rom(memory, UINT32_MAX);
    CHECK(cairn_add_region(memory, (size_t)PAGES * PAGE, 0) == CAIRN_REGION_OUT_OF_RANGE);
    CHECK(rom_writes > 0);
    make_ram();
    CHECK(cairn_region(0, NULL) == NULL);
}

static void a_region_whose_last_word_does_not_hold_is_refused(void)
{
    make_rom(memory + (PAGES - 1) * PAGE, UINT32_MAX);
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
            make_rom(page, UINT32_MAX);
            CHECK(cairn_add_region(memory, (size_t)PAGES * PAGE, 0) == CAIRN_REGION_OUT_OF_RANGE);
            make_ram();
            CHECK(cairn_region(0, NULL) == NULL);
        }
}

/* The two patterns are each other's complement. */
static void a_word_with_one_bit_that_keeps_what_it_has_is_refused(void)
{
    for (uint32_t bit = 1; bit != 0; bit <<= 1)
        for (unsigned value = 0; value < 2; value++) {
            memset(memory, value == 0 ? 0 : 0xff, PAGE);
            make_rom(memory, bit);
            CHECK(cairn_add_region(memory, (size_t)PAGES * PAGE, 0) == CAIRN_REGION_OUT_OF_RANGE);
            make_ram();
            CHECK(cairn_region(0, NULL) == NULL);
        }
}

/* With its map in one tile, a heap's handle is where its memory begins: where the region ends. */
static void a_region_does_not_reach_into_a_heap_that_begins_where_it_ends(void)
{
    enum { SMALL = 200 };
    char *end = memory + PAGES * PAGE;
    CHECK(cairn_add_region(memory + PAGE, (size_t)(PAGES - 1) * PAGE, CAIRN_ON_REQUEST) == CAIRN_REGION_ADDED);
    host_heap_start = end;
    host_heap_limit = end + SMALL;
    char *p = malloc(1);
    CHECK((char *)cairn_system() == end && p > end && p < end + SMALL);
    CHECK(realloc(p, SMALL) == NULL); /* it would have to move, and what is left is on request */
    free(p);
    memset(&cairn_system_state, 0, sizeof cairn_system_state);
}

static void a_region_is_added_where_the_system_heap_has_no_memory(void)
{
    host_heap_start = host_heap_limit = memory + PAGE / 2; /* inside the region, but empty */
    CHECK(cairn_add_region(memory, PAGE, 0) == CAIRN_REGION_ADDED);
    char *p = malloc(100);
    CHECK((uintptr_t)p >= (uintptr_t)memory && (uintptr_t)p <= (uintptr_t)memory + PAGE);
    CHECK(cairn_system() == NULL);
    free(p);
    CHECK(cairn_check(cairn_region(1, NULL), NULL) == 0);
}

TAP_MAIN(TEST(there_are_pages_to_try), TEST(a_region_whose_first_word_does_not_hold_is_refused),
         TEST(a_region_whose_last_word_does_not_hold_is_refused),
         TEST(a_word_that_keeps_what_it_has_is_refused_whatever_that_is),
         TEST(a_word_with_one_bit_that_keeps_what_it_has_is_refused),
         TEST(a_region_does_not_reach_into_a_heap_that_begins_where_it_ends),
         TEST(a_region_is_added_where_the_system_heap_has_no_memory))
