/* Functions of the C library that give away memory of this heap, or grow what they are given.
 *
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "library.h"

#include <argz.h>
#include <envz.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static void strdup_copies_into_this_heap(void)
{
    struct mark before = mark();
    char *copy = strdup("something to keep");
    CHECK(strcmp(copy, "something to keep") == 0 && malloc_usable_size(copy) >= 18);
    char *part = strndup("something to keep", 9);
    CHECK(strcmp(part, "something") == 0 && malloc_usable_size(part) >= 10);
    wchar_t *wide = wcsdup(L"something wide");
    CHECK(wcscmp(wide, L"something wide") == 0 && malloc_usable_size(wide) >= 15 * sizeof *wide);
    CHECK(blocks_more(before, 3));
    free(copy);
    free(wide);
    free(part);
    CHECK(nothing_left(before) && system_empty());
}

static void a_vector_of_strings_grows_and_shrinks(void)
{
    char words[] = "one", *argv[] = {words, words, NULL}, *argz = NULL;
    size_t length = 0;
    struct mark before = mark();
    CHECK(argz_create(argv, &argz, &length) == 0 && length == 8 && blocks_more(before, 1));
    free(argz);
    CHECK(argz_create_sep("one:two:three", ':', &argz, &length) == 0 && length == 14);
    CHECK(argz_append(&argz, &length, "four", 5) == 0);
    for (int i = 0; i < 10; i++)
        CHECK(argz_add(&argz, &length, "another one") == 0);
    CHECK(argz_insert(&argz, &length, argz, "zero") == 0 && strcmp(argz, "zero") == 0);
    CHECK(argz_count(argz, length) == 15 && length == 19 + 10 * 12 + 5 && blocks_more(before, 1));
    argz_delete(&argz, &length, argz + 5);
    CHECK(argz_count(argz, length) == 14 && malloc_usable_size(argz) >= length && strcmp(argz + 5, "two") == 0);
    unsigned replaced = 0; /* newlib counts there without asking */
    CHECK(argz_replace(&argz, &length, "another", "one more", &replaced) == 0 && blocks_more(before, 1));
    free(argz);
    CHECK(nothing_left(before) && system_empty());
}

static void a_vector_of_names_grows_and_shrinks(void)
{
    char *envz = NULL;
    size_t length = 0;
    struct mark before = mark();
    CHECK(envz_add(&envz, &length, "name", "value") == 0 && envz_add(&envz, &length, "other", "thing") == 0);
    CHECK(envz_add(&envz, &length, "none", NULL) == 0 && envz_add(&envz, &length, "name", "a longer value") == 0);
    CHECK(strcmp(envz_get(envz, length, "name"), "a longer value") == 0 && blocks_more(before, 1));
    size_t with_none = length;
    envz_strip(&envz, &length);
    CHECK(length == with_none - sizeof "none" && blocks_more(before, 1));
    envz_remove(&envz, &length, "other");
    CHECK(envz_get(envz, length, "other") == NULL && blocks_more(before, 1));
    free(envz);
    CHECK(nothing_left(before) && system_empty());
}

#ifdef __PICOLIBC__
static void a_regular_expression_is_compiled_and_freed(void)
{
    regex_t pattern;
    regmatch_t found[2];
    struct mark before = mark();
    CHECK(regcomp(&pattern, "b(an|na)+$", REG_EXTENDED) == 0 && heap_is_sound() && !nothing_left(before));
    CHECK(regexec(&pattern, "a banana ban", 2, found, 0) == 0 && found[0].rm_so == 9 && found[1].rm_so == 10);
    CHECK(regexec(&pattern, "apple", 0, NULL, 0) == REG_NOMATCH && heap_is_sound());
    regfree(&pattern);
    CHECK(nothing_left(before));
}
#else
NOT_THERE(a_regular_expression_is_compiled_and_freed, "newlib 3.3 for arm-none-eabi has no regcomp()")
#endif

static void the_librarys_own_names_are_this_heaps(void)
{
    void *p = launder(calloc(4, 4));
    p = launder(realloc(p, 400));
    void *q = launder(reallocf(p, 500));
    CHECK(q != NULL && (char *)q > (char *)cairn_system());
    CHECK(count_blocks(cairn_system(), CAIRN_USED).blocks == 1);
    free(q);
    CHECK(system_empty());
}

/* The parts that are added stay behind in a block that no function frees, with newlib as with picolibc. */
static void argz_add_sep_loses_a_block(void)
{
    char *argz = NULL;
    size_t length = 0;
    struct mark before = mark();
    CHECK(argz_create_sep("one:two", ':', &argz, &length) == 0);
    CHECK(argz_add_sep(&argz, &length, "three:four", ':') == 0 && argz_count(argz, length) == 4);
    CHECK(blocks_more(before, 2));
    free(argz);
    CHECK(blocks_more(before, 1));
}

TAP_MAIN(TEST(strdup_copies_into_this_heap), TEST(a_vector_of_strings_grows_and_shrinks),
         TEST(a_vector_of_names_grows_and_shrinks), TEST(a_regular_expression_is_compiled_and_freed),
         TEST(the_librarys_own_names_are_this_heaps), TEST(argz_add_sep_loses_a_block))
