/* A region of which only one end is RAM. On the LM3S6965: flash at 0, RAM at 0x20000000, an I2C controller
 * that stores nothing, where QEMU has it, at 0x40020000.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "tap.h"

static const _Alignas(64) char flash[64] = {1};
static _Alignas(64) char ram[64];
extern char __stack_limit[]; /* the reserved stack's end: above the heap, and not in use */

enum { REGISTERS = 0x40020000, REGISTERS_SIZE = 0x1000 };

static void a_start_that_is_no_ram_is_out_of_range(void)
{
    size_t size = (uintptr_t)ram + sizeof ram - (uintptr_t)flash;
    CHECK(cairn_add_region(launder((void *)(uintptr_t)flash), size, 0) == CAIRN_REGION_OUT_OF_RANGE);
}

static void an_end_that_is_no_ram_is_out_of_range(void)
{
    size_t size = REGISTERS + REGISTERS_SIZE - (uintptr_t)__stack_limit;
    CHECK(cairn_add_region(launder(__stack_limit), size, 0) == CAIRN_REGION_OUT_OF_RANGE);
    CHECK(cairn_region(0, NULL) == NULL);
}

TAP_MAIN(TEST(a_start_that_is_no_ram_is_out_of_range), TEST(an_end_that_is_no_ram_is_out_of_range))
