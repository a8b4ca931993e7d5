/* Streams of the C library, whose structures and buffers come from this heap, on files of the host.
 *
 * The file is beside the image, whose path is the command line's last word.
 *
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "library.h"
#include "semihosting.h"

#include <stdlib.h>
#include <string.h>

static char command_line[160];
static const char *path;

static void there_is_a_path_for_the_file(void)
{
    semihosting_command_line(command_line, sizeof command_line - sizeof ".txt");
    char *last = strrchr(command_line, ' ');
    path = last != NULL ? last + 1 : command_line;
    CHECK(strncmp(path, "build/", 6) == 0);
    strcat(command_line, ".txt");
}

static void a_file_is_written_line_by_line(void)
{
    struct mark before = mark();
    FILE *file = fopen(path, "w");
    if (!CHECK(file != NULL))
        return;
    CHECK(heap_is_sound());
    for (int line = 0; line < 20; line++)
        CHECK(fprintf(file, "line %d: %.2f\n", line, line * 0.25) > 0);
    CHECK(heap_is_sound());
    CHECK(fclose(file) == 0);
    CHECK(nothing_left(before));
}

static void what_was_written_is_read(void)
{
    char text[40], expected[40];
    struct mark before = mark();
    FILE *file = fopen(path, "r");
    if (!CHECK(file != NULL))
        return;
    for (int line = 0; line < 20; line++) {
        snprintf(expected, sizeof expected, "line %d: %.2f\n", line, line * 0.25);
        CHECK(fgets(text, sizeof text, file) != NULL && strcmp(text, expected) == 0);
    }
    CHECK(fgets(text, sizeof text, file) == NULL && feof(file));
    CHECK(fclose(file) == 0);
    CHECK(nothing_left(before));
}

static void a_buffer_of_another_size_is_allocated(void)
{
    char text[40];
    struct mark before = mark();
    FILE *file = fopen(path, "r");
    if (!CHECK(file != NULL))
        return;
    CHECK(setvbuf(file, NULL, _IOFBF, 300) == 0);
    size_t used = count_blocks(cairn_system(), CAIRN_USED).bytes;
    CHECK(fgets(text, sizeof text, file) != NULL && strcmp(text, "line 0: 0.00\n") == 0);
    CHECK(heap_is_sound());
    CHECK(fclose(file) == 0);
    CHECK(count_blocks(cairn_system(), CAIRN_USED).bytes < used);
    CHECK(nothing_left(before));
}

static void a_stream_is_opened_again(void)
{
    char text[40];
    struct mark before = mark();
    FILE *file = fopen(path, "r");
    if (!CHECK(file != NULL && fgets(text, sizeof text, file) != NULL))
        return;
    file = freopen(path, "r", file);
    CHECK(file != NULL && fgets(text, sizeof text, file) != NULL && strcmp(text, "line 0: 0.00\n") == 0);
    CHECK(heap_is_sound());
    CHECK(fclose(file) == 0);
    CHECK(nothing_left(before));
}

static void a_file_that_does_not_exist_costs_nothing(void)
{
    struct mark before = mark();
    size_t used = before.used.bytes;
    CHECK(fopen("build/no/such/file", "r") == NULL);
    CHECK(nothing_left(before) && mark().used.bytes == used);
}

#ifdef __PICOLIBC__
NOT_THERE(a_line_of_any_length_is_read, "picolibc 1.8 has neither getline() nor getdelim()")
NOT_THERE(what_was_read_is_put_back, "picolibc 1.8 takes two characters back, and has room for them in the stream")
#else
/* newlib 3.3 has getline() and getdelim() by these names alone. */
static void a_line_of_any_length_is_read(void)
{
    char *line = NULL;
    size_t size = 0;
    struct mark before = mark();
    FILE *file = fopen(path, "r");
    if (!CHECK(file != NULL))
        return;
    CHECK(__getline(&line, &size, file) == 13 && strcmp(line, "line 0: 0.00\n") == 0);
    CHECK(size >= 14 && malloc_usable_size(line) >= size);
    CHECK(__getdelim(&line, &size, '9', file) == 110 && line[109] == '9' && size >= 111);
    CHECK(__getdelim(&line, &size, '#', file) == 147 && size >= 148 && malloc_usable_size(line) >= size);
    CHECK(heap_is_sound() && __getline(&line, &size, file) == -1);
    CHECK(fclose(file) == 0 && blocks_more(before, 1));
    free(line);
    CHECK(nothing_left(before));
}

/* More than the three that a stream has room for, and others than were read. */
static void what_was_read_is_put_back(void)
{
    char text[40];
    struct mark before = mark();
    FILE *file = fopen(path, "r");
    if (!CHECK(file != NULL && getc(file) == 'l'))
        return;
    for (int i = 19; i >= 0; i--)
        CHECK(ungetc('a' + i, file) == 'a' + i);
    CHECK(nothing_left(before)); /* but what the open stream holds */
    CHECK(fgets(text, sizeof text, file) != NULL && strcmp(text, "abcdefghijklmnopqrstine 0: 0.00\n") == 0);
    for (int i = 0; i < 20; i++)
        CHECK(ungetc('z', file) == 'z');
    CHECK(fclose(file) == 0); /* with all of them put back */
    CHECK(nothing_left(before));
}
#endif

TAP_MAIN(TEST(there_is_a_path_for_the_file), TEST(a_file_is_written_line_by_line), TEST(what_was_written_is_read),
         TEST(a_buffer_of_another_size_is_allocated), TEST(a_stream_is_opened_again),
         TEST(a_file_that_does_not_exist_costs_nothing), TEST(a_line_of_any_length_is_read),
         TEST(what_was_read_is_put_back))
