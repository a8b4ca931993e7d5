/* no_layout.h: in place of allocator/core/layout.h for cppcheck 2.10, which takes the name that a static object has for the
 * assembler for a function, and then misreads all assembly that follows. There is no code in it.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_LAYOUT_H
#define CAIRN_LAYOUT_H

#define LAYOUT_OF(part) static void layout_of_##part(void)
#define LAYOUT(key, value) ((void)(value))
#define LAYOUT_SYMBOL(name)

#endif

/* In place of allocator/core/linkage.h: an assembler name after a declaration hides it from cppcheck. */
#ifndef CAIRN_LINKAGE_H
#define CAIRN_LINKAGE_H
#define COLD
#define INTERNAL(function)
#define PUBLISH(name, function) extern __typeof__(name) function
#define CONCEAL(name, function) extern __typeof__(name) function
#endif
