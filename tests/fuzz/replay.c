/* replay.c: gives a fuzzer the inputs of its corpus again, without the fuzzing: all in tests/fuzz/NAME.corpus,
 * where NAME is this program's; or in the corpus that is named. corpus.py says how one is written.
 *
 * SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "tap.h"

#include <sanitizer/common_interface_defs.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 4096 };

static char path[1024];
static unsigned long line;

/* Before the program dies: of which input? */
static void tell_input(void)
{
    fprintf(stderr, "input: %s, line %lu\n", path, line);
}

static void tell_and_die(int signal_number)
{
    tell_input();
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

/* False where `text` is no input: a comment, or empty. */
static bool replay(const char *text)
{
    static uint8_t data[MOST];
    size_t size = 0;
    unsigned byte;
    while (size < MOST && sscanf(text + 2 * size, "%2x", &byte) == 1)
        data[size++] = (uint8_t)byte;
    if (size > 0)
        LLVMFuzzerTestOneInput(data, size);
    return size > 0;
}

static unsigned long replay_all(FILE *corpus)
{
    static char text[2 * MOST + 2];
    unsigned long replayed = 0;
    for (line = 1; fgets(text, sizeof text, corpus) != NULL; line++)
        replayed += replay(text);
    return replayed;
}

int main(int count, char **arguments)
{
    const char *slash = strrchr(arguments[0], '/');
    const char *name = slash != NULL ? slash + 1 : arguments[0];
    if (count == 2)
        snprintf(path, sizeof path, "%s", arguments[1]);
    else
        snprintf(path, sizeof path, "tests/fuzz/%s.corpus", name);
    __sanitizer_set_death_callback(tell_input);
    signal(SIGABRT, tell_and_die);
    tap_plan(1);
    FILE *corpus = fopen(path, "r");
    unsigned long replayed = corpus != NULL ? replay_all(corpus) : 0;
    if (corpus != NULL)
        fclose(corpus);
    tap_comment_number("inputs:", replayed);
    tap_result(replayed > 0, "every_input_of_the_corpus_ends_as_it_should");
    return tap_status();
}
