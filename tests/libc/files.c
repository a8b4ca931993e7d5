/* Streams of the C library, whose structures and buffers come from this heap, on files of the host.
 *
 * The file stands beside the image, whose path is the command line's last word.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "semihosting.h"
#include "tap.h"

#include <stdio.h>
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
    FILE *file = fopen(path, "w");
    if (!CHECK(file != NULL))
        return;
    CHECK(cairn_check(cairn_system(), NULL) == 0);
    for (int line = 0; line < 20; line++)
        CHECK(fprintf(file, "line %d: %.2f\n", line, line * 0.25) > 0);
    CHECK(cairn_check(cairn_system(), NULL) == 0);
    CHECK(fclose(file) == 0);
    CHECK(cairn_check(cairn_system(), NULL) == 0);
}

static void what_was_written_is_read(void)
{
    char text[40], expected[40];
    FILE *file = fopen(path, "r");
    if (!CHECK(file != NULL))
        return;
    for (int line = 0; line < 20; line++) {
        snprintf(expected, sizeof expected, "line %d: %.2f\n", line, line * 0.25);
        CHECK(fgets(text, sizeof text, file) != NULL && strcmp(text, expected) == 0);
    }
    CHECK(fgets(text, sizeof text, file) == NULL && feof(file));
    CHECK(fclose(file) == 0);
    CHECK(cairn_check(cairn_system(), NULL) == 0);
}

static void a_buffer_of_another_size_is_allocated(void)
{
    char text[40];
    FILE *file = fopen(path, "r");
    if (!CHECK(file != NULL))
        return;
    CHECK(setvbuf(file, NULL, _IOFBF, 300) == 0);
    size_t used = count_blocks(cairn_system(), CAIRN_USED).bytes;
    CHECK(fgets(text, sizeof text, file) != NULL && strcmp(text, "line 0: 0.00\n") == 0);
    CHECK(cairn_check(cairn_system(), NULL) == 0);
    CHECK(fclose(file) == 0);
    CHECK(count_blocks(cairn_system(), CAIRN_USED).bytes < used);
    CHECK(cairn_check(cairn_system(), NULL) == 0);
}

static void a_file_that_does_not_exist_costs_nothing(void)
{
    struct count before = count_blocks(cairn_system(), CAIRN_USED);
    CHECK(fopen("build/no/such/file", "r") == NULL);
    CHECK(count_blocks(cairn_system(), CAIRN_USED).bytes == before.bytes);
    CHECK(cairn_check(cairn_system(), NULL) == 0);
}

TAP_MAIN(TEST(there_is_a_path_for_the_file), TEST(a_file_is_written_line_by_line), TEST(what_was_written_is_read),
         TEST(a_buffer_of_another_size_is_allocated), TEST(a_file_that_does_not_exist_costs_nothing))
