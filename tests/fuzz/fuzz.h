/* fuzz.h: what the fuzzers share: reading an input, saying what should have held, cairn_fatal(), and a
 * new beginning for each input.
 *
 * SPDX-License-Identifier: MIT */
#ifndef FUZZ_H
#define FUZZ_H

#include "cairn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What libFuzzer calls for each input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- The input: numbers, one after the other; zeros past its end ------------------------------------ */

struct input {
    const uint8_t *next, *end;
};

static inline bool input_left(const struct input *input)
{
    return input->next < input->end;
}

static inline unsigned input_byte(struct input *input)
{
    return input_left(input) ? *input->next++ : 0;
}

static inline unsigned input_below(struct input *input, unsigned end)
{
    return input_byte(input) % end;
}

static inline unsigned input_half(struct input *input)
{
    unsigned low = input_byte(input);
    return low | input_byte(input) << 8;
}

/* A size: mostly small, sometimes near one of the ends of what can be asked for. */
size_t input_size(struct input *input);

/* ---- What should hold -------------------------------------------------------------------------------- */

/* Ends the run, which is what a fuzzer takes note of. */
#define REQUIRE(condition) ((condition) ? (void)0 : fuzz_failed(#condition, __FILE__, __LINE__))
_Noreturn void fuzz_failed(const char *text, const char *file, int line);

/* Run action(context). True if it ended in cairn_fatal(), which is a failure anywhere else. */
bool fuzz_is_fatal(void (*action)(void *), void *context);

/* No system heap, no regions, as when a firmware starts; the system heap's range is then this one. */
void fuzz_start_anew(char *heap_start, char *heap_limit);

#endif
