/* cxx.hpp: what the C++ tests share: the tests' C headers, what a heap holds, how much stack there is.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CXX_HPP
#define CXX_HPP

#include "cairn.hpp"
#include "tap.h"

#include <cstddef>
#include <cstdint>

/* The tests' C headers know nothing of C++. */
extern "C" {
#include "blocks.h"
#include "port.h"
}

/* Is `p` in the region of the system heap? */
inline bool in_region(const void *p)
{
    return p >= port_heap_start() && p < port_heap_limit();
}

inline count used(cairn_heap *heap)
{
    return heap == nullptr ? count{0, 0} : count_blocks(heap, CAIRN_USED);
}

inline bool operator==(count a, count b)
{
    return a.blocks == b.blocks && a.bytes == b.bytes;
}

/* What a heap holds now, to ask later whether it is back there. The system heap's handle is asked for
 * each time, as it may not have started yet. */
class mark
{
  public:
    mark() : before_(used(heap()))
    {
    }
    explicit mark(cairn_heap *of) : of_(of), before_(used(heap()))
    {
    }
    bool nothing_left() const
    {
        return is_sound() && used(heap()) == before_;
    }
    unsigned blocks() const
    {
        return before_.blocks;
    }
    bool holds(unsigned blocks) const /* more than then */
    {
        return is_sound() && used(heap()).blocks == before_.blocks + blocks;
    }

  private:
    cairn_heap *heap() const
    {
        return of_ != nullptr ? of_ : cairn_system();
    }
    bool is_sound() const
    {
        return heap() == nullptr || sound(heap());
    }
    cairn_heap *of_ = nullptr;
    count before_;
};

/* As TAP_MAIN, for tests that throw. Finding the handler takes 1 KiB of stack and more: boards that
 * reserve less than twice that leave these tests out. */
#if defined(__cpp_exceptions)
extern "C" char __stack_top[], __stack_limit[]; /* linker/sections.ld */
enum { STACK_TO_THROW = 2048 };
#define TAP_MAIN_THAT_THROWS(...)                                                                    \
    int main()                                                                                       \
    {                                                                                                \
        static const tap_test tests[] = {__VA_ARGS__};                                               \
        if (__stack_top - __stack_limit < STACK_TO_THROW) {                                          \
            tap_write("1..0 # SKIP exceptions need 2 KiB of stack, and this board reserves less\n"); \
            return 0;                                                                                \
        }                                                                                            \
        return tap_run(tests, static_cast<int>(sizeof tests / sizeof tests[0]));                     \
    }
#else
#define TAP_MAIN_THAT_THROWS TAP_MAIN
#endif

#endif
