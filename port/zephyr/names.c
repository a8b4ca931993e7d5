/* names.c: the names of Zephyr's C library besides the malloc family. Its minimal one allocates nothing by itself, and has
 * neither mallinfo() nor strdup().
 *
 * SPDX-License-Identifier: MIT */
#ifdef CONFIG_MINIMAL_LIBC
/* The tools know a firmware with the malloc family by it. */
extern const char cairn_names;
const char cairn_names = 0;
#else
#include "../libc/names.c"
#endif
