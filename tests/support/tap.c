/* tap.c: see tap.h.
 *
 * SPDX-License-Identifier: MIT */
#include "tap.h"

#include <stddef.h>

enum { SHOWN = 5 }; /* failed checks that one test shows */

static int done, failed;
static int failed_checks;   /* in this test */
static const char *skipped; /* why nothing was tested in it */

static void write_number(unsigned long number)
{
    char text[24];
    char *p = text + sizeof text;
    *--p = '\0';
    do
        *--p = (char)('0' + number % 10u);
    while ((number /= 10u) != 0);
    tap_write(p);
}

/* A function's name as the sentence that it is. */
static void write_sentence(const char *name)
{
    char text[120];
    unsigned n = 0;
    for (; name[n] != '\0' && n < sizeof text - 1; n++)
        text[n] = name[n] == '_' ? ' ' : name[n];
    text[n] = '\0';
    tap_write(text);
}

void tap_plan(int count)
{
    tap_write("1..");
    write_number((unsigned long)count);
    tap_write("\n");
}

void tap_result(bool good, const char *name)
{
    done++;
    if (!good)
        failed++;
    tap_write(good ? "ok " : "not ok ");
    write_number((unsigned long)done);
    tap_write(" - ");
    write_sentence(name);
    if (good && skipped != NULL) {
        tap_write(" # SKIP ");
        tap_write(skipped);
        skipped = NULL;
    }
    tap_write("\n");
}

bool tap_check(bool condition, const char *text, const char *file, int line)
{
    if (condition || failed_checks++ >= SHOWN)
        return condition;
    tap_write("# ");
    tap_write(file);
    tap_write(":");
    write_number((unsigned long)line);
    tap_write(": not so: ");
    tap_write(text);
    tap_write("\n");
    return false;
}

void tap_skip(const char *reason)
{
    skipped = reason;
}

int tap_status(void)
{
    return failed != 0;
}

int tap_run(const struct tap_test *tests, int count)
{
    tap_plan(count);
    for (int i = 0; i < count; i++) {
        failed_checks = 0;
        tests[i].run();
        CHECK(tap_unlocked());
        tap_result(failed_checks == 0, tests[i].name);
    }
    return tap_status();
}

void tap_comment(const char *text)
{
    tap_write("# ");
    tap_write(text);
    tap_write("\n");
}

void tap_comment_number(const char *text, unsigned long number)
{
    tap_write("# ");
    tap_write(text);
    tap_write(" ");
    write_number(number);
    tap_write("\n");
}
