/* What the C library keeps between calls: locale, environment, time zone, functions for the exit, signals, and what
 * newlib-nano allocates when it is first asked for. What is lost in the library is counted to the block.
 *
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "library.h"

#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

static void a_locale_costs_nothing(void)
{
    struct mark before = mark();
    const char *name = setlocale(LC_ALL, "C");
    CHECK(name != NULL && strcmp(name, "C") == 0);
    CHECK(setlocale(LC_ALL, "") != NULL && setlocale(LC_NUMERIC, NULL) != NULL);
    CHECK(setlocale(LC_ALL, "no_SUCH.locale") == NULL);
    CHECK(strcmp(localeconv()->decimal_point, ".") == 0 && strcmp(nl_langinfo(RADIXCHAR), ".") == 0);
    locale_t locale = newlocale(LC_ALL_MASK, "C", NULL);
    CHECK(locale != NULL);
    locale_t copy = duplocale(locale);
    CHECK(copy != NULL && uselocale(copy) != NULL);
    uselocale(LC_GLOBAL_LOCALE);
    freelocale(copy);
    freelocale(locale);
    CHECK(nothing_left(before));
}

static void the_environment_is_allocated_and_grows(void)
{
    struct mark before = mark();
    CHECK(getenv("NAME") == NULL && setenv("NAME", "value", 1) == 0 && strcmp(getenv("NAME"), "value") == 0);
    CHECK(setenv("OTHER", "a value", 1) == 0 && setenv("NAME", "short", 1) == 0 && setenv("NAME", "not", 0) == 0);
    CHECK(strcmp(getenv("NAME"), "short") == 0 && nothing_left(before));
    CHECK(mark().used.blocks == before.used.blocks + 3); /* the list and two texts */
}

/* Neither library frees a text that others may point to. */
static void what_leaves_the_environment_is_lost(void)
{
    struct mark before = mark();
    CHECK(setenv("NAME", "a value that is longer", 1) == 0 && blocks_more(before, 1));
    CHECK(unsetenv("NAME") == 0 && getenv("NAME") == NULL && blocks_more(before, 2));
    CHECK(unsetenv("OTHER") == 0 && blocks_more(before, 3));
    CHECK(mark().used.blocks == before.used.blocks + 1);
}

static void a_time_zone_is_kept_until_there_is_none(void)
{
    struct mark before = mark();
    time_t noon = 1000000000;
    CHECK(setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1) == 0);
    tzset();
    const struct tm *local = localtime(&noon);
    CHECK(local != NULL && local->tm_hour == 3 && local->tm_min == 46 && blocks_more(before, 1));
    CHECK(strcmp(asctime(gmtime(&noon)), "Sun Sep  9 01:46:40 2001\n") == 0);
    CHECK(unsetenv("TZ") == 0);
    tzset();
    CHECK(blocks_more(before, 1)); /* the variable's text, lost */
}

static void nothing_to_do(void)
{
}

static void nothing_to_do_either(int status, void *argument)
{
    (void)status;
    (void)argument;
}

/* All three have 32 places, and refuse the next one. */
static void functions_for_the_exit_cost_nothing(void)
{
    struct mark before = mark();
    int noted = 0;
    CHECK(on_exit(nothing_to_do_either, NULL) == 0);
    while (noted < 100 && atexit(nothing_to_do) == 0)
        noted++;
    CHECK(noted > 20 && noted < 32);
    CHECK(nothing_left(before) && mark().used.blocks == before.used.blocks);
}

#ifdef __PICOLIBC__
NOT_THERE(functions_for_a_quick_exit_are_a_block_each, "picolibc 1.8 has no at_quick_exit()")
NOT_THERE(names_of_files_are_made_up, "picolibc 1.8 has no tempnam()")
#else
static void functions_for_a_quick_exit_are_a_block_each(void)
{
    struct mark before = mark();
    CHECK(at_quick_exit(nothing_to_do) == 0 && at_quick_exit(nothing_to_do) == 0);
    CHECK(blocks_more(before, 2));
}

static void names_of_files_are_made_up(void)
{
    struct mark before = mark();
    char *name = tempnam("build/no/such", "name");
    CHECK(name != NULL && strncmp(name, "build/no/such/name", 18) == 0 && blocks_more(before, 1));
    free(name);
    CHECK(nothing_left(before));
    CHECK(tmpnam(NULL) != NULL);
    CHECK(nothing_left(before));
}
#endif

static volatile int signals;

static void count_signal(int signal)
{
    signals += signal;
}

static void a_signal_has_a_handler(void)
{
    struct mark before = mark();
    CHECK(signal(SIGUSR1, count_signal) == SIG_DFL && raise(SIGUSR1) == 0 && signals == SIGUSR1);
    CHECK(strsignal(SIGUSR1) != NULL && signal(SIGUSR1, SIG_DFL) != SIG_ERR);
    CHECK(nothing_left(before));
}

static void what_needs_a_state_has_one(void)
{
    char text[] = "one two";
    wchar_t wide;
    unsigned short seeds[7] = {1, 2, 3, 4, 5, 6, 7};
    struct mark before = mark();
    srand(1);
    srandom(1);
    CHECK(rand() != rand() && random() != random() && nothing_left(before));
    srand48(1);
    CHECK(drand48() < 1.0 && lrand48() >= 0 && mrand48() != 0 && seed48(seeds) != NULL && nothing_left(before));
    lcong48(seeds);
    CHECK(strcmp(strtok(text, " "), "one") == 0 && strcmp(strtok(NULL, " "), "two") == 0 && nothing_left(before));
    CHECK(mbtowc(&wide, "x", 1) == 1 && wide == L'x' && mblen("x", 1) == 1 && nothing_left(before));
    CHECK(strcmp(l64a(64), "./") == 0 && btowc('x') == L'x' && wctob(L'x') == 'x' && nothing_left(before));
}

TAP_MAIN(TEST(a_locale_costs_nothing), TEST(the_environment_is_allocated_and_grows),
         TEST(what_leaves_the_environment_is_lost), TEST(a_time_zone_is_kept_until_there_is_none),
         TEST(functions_for_the_exit_cost_nothing), TEST(functions_for_a_quick_exit_are_a_block_each),
         TEST(names_of_files_are_made_up), TEST(a_signal_has_a_handler), TEST(what_needs_a_state_has_one))
