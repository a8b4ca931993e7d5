/* names.c: the names of whichever C library the compiler has, in one object: for build systems that compile sources and
 * do not ask which one it is. The Makefile compiles these files one by one instead.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h> /* says which C library it is */

#if defined(__PICOLIBC__)
#include "../picolibc/names.c"
#elif defined(_NEWLIB_VERSION)
#include "../newlib/reent.c"
#include "../newlib/sbrk_names.c"
#else
#error "Cairn knows newlib, newlib-nano and picolibc. For another C library: CONTRIBUTING.md, A C library"
#endif

#include "mallinfo.c"
#include "strdup.c"

/* Fetches the objects of the other names with this one: to an archive these are references, and the linker keeps no
 * code for them. Compile this file without -flto, which would resolve them too early. */
__asm(".global malloc, reallocarray, sbrk");
