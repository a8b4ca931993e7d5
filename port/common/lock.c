/* lock.c: what the linker knows about the library's lock.
 *
 * `cairn_lock_has_a_ceiling` is defined if the lock holds back only some interrupts. port/freertos/heap_cairn.c asks
 * for it, so that a library whose lock holds all of them back does not link where the kernel has a ceiling. If the
 * ceiling is fixed in the library, `cairn_ceiling` is that: the linker refuses a firmware that defines another value.
 *
 * SPDX-License-Identifier: MIT */
#include "port.h"

#ifdef PORT_CEILING
__asm(".global cairn_lock_has_a_ceiling\n\t.set cairn_lock_has_a_ceiling, 1");
#ifndef CAIRN_CEILING_OF_FIRMWARE
/* A function without an instruction: only in one can the compiler hand a number to the assembler. */
__attribute__((naked, used)) static void define_ceiling(void)
{
    __asm(".global cairn_ceiling\n\t.set cairn_ceiling, %c0" : : "i"(CAIRN_CEILING));
}
#endif
#endif
