/* Adding regions where a board would not let a test: without a system heap, and where no RAM is.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.h"
#include "host_port.h"
#include "names.h"
#include "system.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <cmocka.h>

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

/* For the test that calls it: cmocka has a handler of its own around each. */
static void make_rom(char *page)
{
    struct sigaction write = {.sa_sigaction = on_write, .sa_flags = SA_SIGINFO};
    struct sigaction trap = {.sa_sigaction = after_write, .sa_flags = SA_SIGINFO};
    assert_int_equal(sigaction(SIGSEGV, &write, NULL) | sigaction(SIGTRAP, &trap, NULL), 0);
    rom = page;
    rom_writes = 0;
    memcpy(rom_contents, rom, PAGE);
    assert_int_equal(mprotect(rom, PAGE, PROT_READ), 0);
}

static void make_ram(void)
{
    assert_int_equal(mprotect(rom, PAGE, PROT_READ | PROT_WRITE), 0);
    assert_memory_equal(rom, rom_contents, PAGE);
    rom = NULL;
}

static int set_up(void **state)
{
    (void)state;
    memory = mmap(NULL, (size_t)PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED;
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static void a_region_whose_first_word_does_not_hold_is_refused(void **state)
{
    (void)state;
    make_rom(memory);
    assert_int_equal(cairn_add_region(memory, (size_t)PAGES * PAGE, 0), CAIRN_REGION_OUT_OF_RANGE);
    assert_true(rom_writes > 0);
    make_ram();
    assert_null(cairn_region(0, NULL));
}

static void a_region_whose_last_word_does_not_hold_is_refused(void **state)
{
    (void)state;
    make_rom(memory + (PAGES - 1) * PAGE);
    assert_int_equal(cairn_add_region(memory, (size_t)PAGES * PAGE, 0), CAIRN_REGION_OUT_OF_RANGE);
    assert_true(rom_writes > 0);
    make_ram();
    assert_null(cairn_region(0, NULL));
}

static void a_region_is_added_where_the_system_heap_has_no_memory(void **state)
{
    (void)state;
    host_heap_start = host_heap_limit = memory + PAGE; /* inside the region, but empty */
    assert_int_equal(cairn_add_region(memory, (size_t)PAGES * PAGE, 0), CAIRN_REGION_ADDED);
    char *p = malloc(100);
    assert_in_range((uintptr_t)p, (uintptr_t)memory, (uintptr_t)memory + PAGES * PAGE);
    assert_null(cairn_system());
    free(p);
    assert_int_equal(cairn_check(cairn_region(0, NULL), NULL), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_region_whose_first_word_does_not_hold_is_refused),
        cmocka_unit_test(a_region_whose_last_word_does_not_hold_is_refused),
        cmocka_unit_test(a_region_is_added_where_the_system_heap_has_no_memory),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
