/* Streams that are no files: over memory, over memory that grows, over functions.
 *
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "library.h"

#include <stdlib.h>
#include <string.h>

static void a_stream_over_memory_is_written_and_read(void)
{
    char memory[64], word[16] = "";
    int number = 0;
    struct mark before = mark();
    memset(memory, 0, sizeof memory);
    FILE *file = fmemopen(memory, sizeof memory, "w");
    if (!CHECK(file != NULL))
        return;
    CHECK(fprintf(file, "%d in %s", 17, "memory") == 12 && heap_is_sound());
    CHECK(fclose(file) == 0 && strcmp(memory, "17 in memory") == 0);
    CHECK(nothing_left(before));
    file = fmemopen(memory, strlen(memory), "r");
    if (!CHECK(file != NULL))
        return;
    CHECK(fscanf(file, "%d in %15s", &number, word) == 2 && number == 17 && strcmp(word, "memory") == 0);
    CHECK(getc(file) == EOF && fclose(file) == 0);
    CHECK(nothing_left(before));
}

static void a_stream_can_bring_its_own_memory(void)
{
    char text[40] = "";
    struct mark before = mark();
    FILE *file = fmemopen(NULL, 80, "w+");
    if (!CHECK(file != NULL))
        return;
    CHECK(fputs("a line that was written\n", file) >= 0 && fseek(file, 0, SEEK_SET) == 0);
    CHECK(fgets(text, sizeof text, file) != NULL && strcmp(text, "a line that was written\n") == 0);
    CHECK(heap_is_sound() && fclose(file) == 0);
    CHECK(nothing_left(before));
}

#ifdef __PICOLIBC__
NOT_THERE(a_stream_over_memory_grows_with_what_is_written, "picolibc 1.8 has no open_memstream()")

/* picolibc's own kind. */
static char written[40];
static size_t length, next;

static int put(char c, FILE *file)
{
    (void)file;
    written[length++] = c;
    return (unsigned char)c;
}

static int get(FILE *file)
{
    (void)file;
    return next < length ? written[next++] : _FDEV_EOF;
}

static void a_stream_over_functions_is_written_and_read(void)
{
    char text[40] = "";
    struct mark before = mark();
    FILE *file = fdevopen(put, get, NULL);
    if (!CHECK(file != NULL))
        return;
    CHECK(fprintf(file, "%s %.1f\n", "written", 2.5) == 12 && blocks_more(before, 1));
    CHECK(fgets(text, sizeof text, file) != NULL && strcmp(text, "written 2.5\n") == 0);
    CHECK(fclose(file) == 0);
    CHECK(nothing_left(before));
}
#else

static void a_stream_over_memory_grows_with_what_is_written(void)
{
    char *text = NULL;
    size_t size = 0;
    struct mark before = mark();
    FILE *file = open_memstream(&text, &size);
    if (!CHECK(file != NULL))
        return;
    for (int i = 0; i < 50; i++)
        CHECK(fprintf(file, "%d bytes|", 10) == 9);
    CHECK(fflush(file) == 0 && heap_is_sound() && size == 450 && malloc_usable_size(text) > 450);
    CHECK(fclose(file) == 0 && blocks_more(before, 1));
    CHECK(strlen(text) == 450 && strcmp(text + 441, "10 bytes|") == 0);
    free(text);
    CHECK(nothing_left(before));
}

static int put_all(void *cookie, const char *from, int size)
{
    strncat(cookie, from, (size_t)size);
    return size;
}

static ssize_t get_one(void *cookie, char *to, size_t size)
{
    const char **next = cookie;
    if (size == 0 || **next == '\0')
        return 0;
    *to = *(*next)++;
    return 1;
}

static void a_stream_over_functions_is_written_and_read(void)
{
    char written[40] = "", text[40] = "";
    const char *next = written;
    struct mark before = mark();
    FILE *file = funopen(written, NULL, put_all, NULL, NULL);
    if (!CHECK(file != NULL))
        return;
    CHECK(fprintf(file, "%s %.1f\n", "written", 2.5) == 12 && heap_is_sound());
    CHECK(fclose(file) == 0 && strcmp(written, "written 2.5\n") == 0);
    CHECK(nothing_left(before));
    file = fopencookie(&next, "r", (cookie_io_functions_t){get_one, NULL, NULL, NULL});
    if (!CHECK(file != NULL))
        return;
    CHECK(fgets(text, sizeof text, file) != NULL && strcmp(text, "written 2.5\n") == 0 && heap_is_sound());
    CHECK(fclose(file) == 0);
    CHECK(nothing_left(before));
}
#endif

/* As many at once as newlib has streams in one piece, and one more. */
static void streams_are_used_again(void)
{
    static char memory[5][16];
    FILE *files[5];
    struct mark before = mark();
    size_t held = 0;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 5; i++) {
            files[i] = fmemopen(memory[i], sizeof memory[i], "w");
            CHECK(files[i] != NULL && setvbuf(files[i], NULL, _IONBF, 0) == 0 && putc('a' + i, files[i]) == 'a' + i);
        }
        for (int i = 4; i >= 0; i--)
            CHECK(fclose(files[i]) == 0 && memory[i][0] == 'a' + i);
        CHECK(nothing_left(before) && (round == 0 || mark().used.bytes == held));
        held = mark().used.bytes;
    }
    tap_comment_number("bytes that the library holds for five streams:", mark().held.bytes);
}

/* stdout's buffer is the library's until stdout is closed. */
static void closing_the_console_gives_its_buffer_back(void)
{
    CHECK(printf("# %s\n", "printed") == 10 && fflush(stdout) == 0);
    struct mark before = mark();
    CHECK(fclose(stdout) == 0);
#ifndef __PICOLIBC__ /* whose console has none */
    CHECK(mark().used.blocks == before.used.blocks - 1);
#endif
    CHECK(nothing_left(before));
}

TAP_MAIN(TEST(a_stream_over_memory_is_written_and_read), TEST(a_stream_can_bring_its_own_memory),
         TEST(a_stream_over_memory_grows_with_what_is_written), TEST(a_stream_over_functions_is_written_and_read),
         TEST(streams_are_used_again), TEST(closing_the_console_gives_its_buffer_back))
