/* linkage.h: what the linker calls a function. Internal.
 *
 * In C every function of allocator/ has a name of its own. Its symbol is part of its declaration, and is one of these:
 *
 *   declared as                            symbol
 *   heap_take(...) INTERNAL(heap_take)     cairn_heap_take        no firmware has a function of this name
 *   PUBLISH(cairn_check, heap_check)       cairn_check            what a program calls by the public name
 *   CONCEAL(cairn_check, heap_check)       cairn_heap_check       another function is published in its place
 *
 * private.h and names.h list what is published. tests/scripts/link.t finds a declaration without a symbol.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_LINKAGE_H
#define CAIRN_LINKAGE_H

/* What is neither taking nor freeing: compiled for size at any level. */
#define COLD __attribute__((cold))

#define INTERNAL(function) __asm__("cairn_" #function)

/* Declare `function` with the type of `name`, and give it a symbol: the name, or what the macro `name` gives. */
#define PUBLISH(name, function) PUBLISH_AS(name, function)
#define PUBLISH_AS(name, function) \
    extern __typeof__(name) function __asm__(#name) __attribute__((visibility("default")))
#define CONCEAL(name, function) extern __typeof__(name) function INTERNAL(function)

#endif
