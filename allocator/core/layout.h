/* layout.h: tells the tools how this heap lies in memory. Internal.
 *
 * The lines "cairn: key value" are text in a section of the image that no loader loads, .comment: not a byte of flash
 * or RAM (`readelf -p .comment firmware.elf` shows them). Compilers leave their names there, so every linker script
 * knows that section; the linker merges equal lines. Each file describes what is its own, so that an image describes
 * what is linked. Offsets and sizes are bytes; tools/cairntools/elf.py reads it.
 *
 * Lines "key=symbol" are for tools/cairn link: the symbols that region.c was built with.
 *
 * There is no address in them, since a section that is not loaded and has relocations is dropped by
 * --gc-sections: the tools know the symbols by name. One that is static is given a name of its own there.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_LAYOUT_H
#define CAIRN_LAYOUT_H

/* A function without an instruction: only in one do the compiler's numbers get into a section of text. (Where
 * there is none, on an AArch64 host, it is one that returns.) */
#ifdef __has_attribute
#if __has_attribute(naked)
#define LAYOUT_NAKED naked,
#endif
#endif
#ifndef LAYOUT_NAKED
#define LAYOUT_NAKED
#endif
#define LAYOUT_OF(part) __attribute__((LAYOUT_NAKED used)) static void layout_of_##part(void)

#define LAYOUT(key, value) __asm(".pushsection .comment\n\t.asciz \"cairn: " key " %c0\"\n\t.popsection" : : "i"(value))

/* What a static object is called in the image. In a section of its own: without optimization GCC for Arm writes
 * a .size that its assembler refuses where such an object is in .bss itself. */
#define LAYOUT_SYMBOL(name) __asm(#name) __attribute__((section(".bss." #name)))

#endif
