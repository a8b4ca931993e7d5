/* sketch.cpp: a user's C++ beside the library in one source.
 *
 * SPDX-License-Identifier: MIT */
#include <cairn.h>

extern "C" {
int sketch(void);
extern volatile int fatal_calls;
volatile int fatal_calls;
}

/* The firmware's own: the library's gives way. */
extern "C" void cairn_fatal(enum cairn_reason, const void *)
{
    fatal_calls = fatal_calls + 1;
    for (;;) {
    }
}

int sketch(void)
{
    delete[] new char[100];
    return cairn_system() != nullptr;
}
