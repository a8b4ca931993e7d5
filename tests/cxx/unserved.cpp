/* Without exceptions: what cannot be served ends in abort(), after the new-handler, and tells why.
 *
 * The abort() of this program goes back to the test.
 *
 * SPDX-License-Identifier: MIT */
#include "cxx.hpp"

#include <cstdlib>
#include <csetjmp>
#include <memory_resource>
#include <new>
#include <vector>

static jmp_buf catcher;
static int aborts;

extern "C" [[noreturn]] void abort(void)
{
    aborts++;
    std::longjmp(catcher, 1);
}

/* Does the request end in abort(), with this in cairn::refused? */
static bool aborts_for(void *(*ask)(void), std::size_t size, std::size_t alignment)
{
    cairn::refused = cairn::refusal{0, 0};
    aborts = 0;
    if (setjmp(catcher) == 0)
        launder(ask());
    return aborts == 1 && cairn::refused.size == size && cairn::refused.alignment == alignment;
}

static volatile std::size_t too_much = 0x7ffffff0;
static int handler_calls;

static void give_up_after_three(void)
{
    if (++handler_calls == 3)
        std::set_new_handler(nullptr);
}

static void new_aborts(void)
{
    mark before;
    CHECK(aborts_for([]() -> void * { return operator new(too_much); }, 0x7ffffff0, 1));
    CHECK(aborts_for([]() -> void * { return operator new[](too_much); }, 0x7ffffff0, 1));
    CHECK(aborts_for([]() -> void * { return operator new(too_much, std::align_val_t(64)); }, 0x7ffffff0, 64));
    CHECK(aborts_for([]() -> void * { return operator new[](too_much, std::align_val_t(64)); }, 0x7ffffff0, 64));
    CHECK(before.nothing_left());
}

static void the_new_handler_comes_first(void)
{
    handler_calls = 0;
    std::set_new_handler(give_up_after_three);
    CHECK(aborts_for([]() -> void * { return operator new(too_much); }, 0x7ffffff0, 1) && handler_calls == 3);
}

static void nothrow_new_does_not_abort(void)
{
    mark before;
    CHECK(aborts_for([]() -> void * { return operator new(too_much, std::nothrow); }, 0, 0) == false && aborts == 0);
    CHECK(launder(new (std::nothrow) char[too_much]) == nullptr);
    CHECK(launder(operator new(too_much, std::align_val_t(64), std::nothrow)) == nullptr);
    CHECK(before.nothing_left());
}

static void a_container_that_cannot_grow_aborts(void)
{
    static std::vector<char> characters(10, 'c'); /* not destroyed by the way back */
    CHECK(aborts_for([]() -> void * { return characters.reserve(too_much), nullptr; }, 0x7ffffff0, 1));
    CHECK(characters.size() == 10 && characters[9] == 'c' && sound(cairn_system()));
}

alignas(8) static unsigned char memory[600];
static cairn::heap_resource own(memory, sizeof memory), none(memory, 8);
static cairn::system_resource whole;

static void a_resource_aborts(void)
{
    CHECK(aborts_for([] { return own.allocate(601); }, 601, alignof(std::max_align_t)) && all_free(own.heap()));
    CHECK(aborts_for([] { return own.allocate(10, 1024); }, 10, 1024) && all_free(own.heap()));
    CHECK(none.heap() == nullptr && aborts_for([] { return none.allocate(1, 1); }, 1, 1));
    CHECK(aborts_for([] { return whole.allocate(too_much, 4); }, 0x7ffffff0, 4));
    CHECK(aborts_for([] { return whole.allocate(too_much, 32); }, 0x7ffffff0, 32));
}

TAP_MAIN(TEST(new_aborts), TEST(the_new_handler_comes_first), TEST(nothrow_new_does_not_abort),
         TEST(a_container_that_cannot_grow_aborts), TEST(a_resource_aborts))
