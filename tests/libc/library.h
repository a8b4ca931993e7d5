/* library.h: what the C library holds of the heap, told from what a test has lost.
 *
 * A test takes a mark(), uses the library, frees what was given to it, and asks whether nothing_left().
 * newlib keeps some blocks for its next calls. They are counted by its own structures, block by block,
 * so that one more or one less is noticed. picolibc keeps nothing but the environment.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LIBRARY_H
#define LIBRARY_H

#include "blocks.h"
#include "port.h"
#include "tap.h"

#include <stdio.h>
#ifndef __PICOLIBC__
#include <reent.h>
#endif

/* Not declared together with what else is used here. */
extern char **environ;
char *ecvt(double value, int digits, int *point, int *sign);
char *fcvt(double value, int digits, int *point, int *sign);

/* A test of what this library does not have. */
#define NOT_THERE(test, reason) \
    static void test(void)      \
    {                           \
        tap_skip(reason);       \
    }

static inline bool in_region(const void *p)
{
    return (const char *)p >= port_heap_start() && (const char *)p < port_heap_limit();
}

static inline void add(struct count *count, void *block)
{
    if (!in_region(block))
        return;
    count->blocks++;
    count->bytes += malloc_usable_size(block);
}

/* The environment, once it was changed: the list, and what was put into it by setenv(). */
static inline void add_environment(struct count *count)
{
    if (!in_region(environ))
        return;
    add(count, environ);
    for (char **entry = environ; *entry != NULL; entry++)
        add(count, *entry);
}

#ifdef __PICOLIBC__
static inline struct count library_holds(void)
{
    struct count count = {0, 0};
    add_environment(&count);
    return count;
}
#else

/* Numbers of many digits, of the conversions between text and floating point: lists of those to be used again,
 * by size, the powers of five, and the text that the last conversion gave. */
static inline void add_numbers(struct count *count, struct _reent *reent)
{
#ifdef _REENT_SMALL
    if (reent->_mp == NULL)
        return;
    add(count, reent->_mp);
#endif
    struct _Bigint **lists = _REENT_MP_FREELIST(reent);
    add(count, lists);
    for (unsigned k = 0; lists != NULL && k <= _Kmax; k++)
        for (struct _Bigint *number = lists[k]; number != NULL; number = number->_next)
            add(count, number);
    for (struct _Bigint *number = _REENT_MP_P5S(reent); number != NULL; number = number->_next)
        add(count, number);
    add(count, _REENT_MP_RESULT(reent));
}

static inline void add_buffers(struct count *count, const FILE *file)
{
    if ((file->_flags & __SMBF) != 0)
        add(count, file->_bf._base);
    if (file->_ub._base != file->_ubuf)
        add(count, file->_ub._base);
}

/* Streams, which are never given back but used again, and the buffers of those that are open. */
static inline void add_streams(struct count *count)
{
    for (struct _glue *glue = &_GLOBAL_REENT->__sglue; glue != NULL; glue = glue->_next) {
        add(count, glue);
        for (int i = 0; i < glue->_niobs; i++)
            if (glue->_iobs[i]._flags != 0)
                add_buffers(count, &glue->_iobs[i]);
    }
}

/* What newlib-nano allocates on first use, where newlib has it in struct _reent. */
static inline void add_first_uses(struct count *count, struct _reent *reent)
{
#ifdef _REENT_SMALL
    add(count, reent->_emergency);
    add(count, reent->_r48);
    add(count, reent->_localtime_buf);
    add(count, reent->_asctime_buf);
    add(count, reent->_misc);
    add(count, reent->_signal_buf);
#endif
    add(count, reent->_sig_func);
    add(count, reent->_cvtbuf);
}

static inline struct count library_holds(void)
{
    struct count count = {0, 0};
    add_numbers(&count, _REENT);
    add_streams(&count);
    add_first_uses(&count, _REENT);
    add_environment(&count);
    return count;
}
#endif

struct mark {
    struct count used, held;
};

static inline struct mark mark(void)
{
    struct mark now = {{0, 0}, library_holds()};
    if (cairn_system() != NULL)
        now.used = count_blocks(cairn_system(), CAIRN_USED);
    return now;
}

/* Is the heap sound? It is also before its first request. */
static inline bool heap_is_sound(void)
{
    return cairn_system() == NULL || sound(cairn_system());
}

/* Is the heap sound, and is no more used than then, except for what the library has come to hold? */
static inline bool nothing_left(struct mark before)
{
    struct mark now = mark();
    return heap_is_sound() && now.used.blocks - now.held.blocks == before.used.blocks - before.held.blocks &&
           now.used.bytes - now.held.bytes == before.used.bytes - before.held.bytes;
}

/* Are so many blocks more used than then, besides what the library holds? */
static inline bool blocks_more(struct mark before, unsigned blocks)
{
    struct mark now = mark();
    return heap_is_sound() && now.used.blocks - now.held.blocks == before.used.blocks - before.held.blocks + blocks;
}

#endif
