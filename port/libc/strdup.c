/* strdup.c: strdup() and strndup() where the heap is watched: the C library's own would be the caller of
 * malloc(), and not the caller of strdup().
 *
 * SPDX-License-Identifier: MIT */
#include "system/names.h"

#if CAIRN_WATCHED

#include <errno.h>
#include <string.h>

#undef strdup
#undef strndup
char *strdup(const char *text);
char *strndup(const char *text, size_t most);

/* strnlen(), which C11 does not declare. */
static size_t length_up_to(const char *text, size_t most)
{
    const char *end = memchr(text, '\0', most);
    return end != NULL ? (size_t)(end - text) : most;
}

static char *duplicate(const void *caller, const char *text, size_t length)
{
    char *copy = malloc_for(caller, length + 1);
    if (copy == NULL)
        return NULL;
    copy[length] = '\0';
    return memcpy(copy, text, length);
}

char *strdup(const char *text)
{
    return duplicate(CALLER, text, strlen(text));
}

char *strndup(const char *text, size_t most)
{
    return duplicate(CALLER, text, length_up_to(text, most));
}

#if defined(_NEWLIB_VERSION) && !defined(__PICOLIBC__)
#include <reent.h>

char *_strdup_r(struct _reent *reent, const char *text);
char *_strndup_r(struct _reent *reent, const char *text, size_t most);

char *_strdup_r(struct _reent *reent, const char *text)
{
    char *copy = duplicate(CALLER, text, strlen(text));
    if (copy == NULL)
        reent->_errno = errno;
    return copy;
}

char *_strndup_r(struct _reent *reent, const char *text, size_t most)
{
    char *copy = duplicate(CALLER, text, length_up_to(text, most));
    if (copy == NULL)
        reent->_errno = errno;
    return copy;
}

#endif
#endif
