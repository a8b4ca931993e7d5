/* Exceptions: they are allocated on this heap, and what is thrown past is freed.
 *
 * SPDX-License-Identifier: MIT */
#include "cxx.hpp"

#include <exception>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/* Where they come from when malloc() has nothing left: libstdc++'s pool, which it allocates before
 * main(). There is no GLIBCXX_TUNABLES to set its size with, without an environment. */
static void the_emergency_pool_is_a_block_of_this_heap(void)
{
    count before_main = used(cairn_system());
    CHECK(before_main.blocks == 1 && sound(cairn_system()));
    tap_comment_number("libstdc++'s pool for exceptions, bytes:", static_cast<unsigned long>(before_main.bytes));
}

struct big {
    char data[200];
};

static void what_is_thrown_lies_on_this_heap_until_it_is_caught(void)
{
    mark before;
    bool caught = false;
    try {
        big thrown;
        fill(thrown.data, sizeof thrown.data, 1);
        throw thrown;
    } catch (const big &b) {
        caught = in_region(&b) && filled(b.data, sizeof b.data, 1);
        CHECK(before.holds(1));
    }
    CHECK(caught && before.nothing_left());
}

/* noinline: frames for the unwinder to go through. */
static __attribute__((noinline)) int dig(int depth)
{
    std::string text(static_cast<std::size_t>(40 + depth), 'd');
    std::unique_ptr<int> number(new int(depth));
    std::vector<std::string> texts(3, text);
    if (depth == 0)
        throw std::runtime_error("the bottom of " + text);
    return dig(depth - 1) + *number + static_cast<int>(texts.size());
}

static void objects_on_the_way_are_destroyed(void)
{
    mark before;
    bool caught = false;
    try {
        CHECK(dig(5) == 0);
    } catch (const std::exception &e) {
        caught = std::string(e.what()) == "the bottom of " + std::string(40, 'd');
    }
    CHECK(caught && before.nothing_left());
}

static void an_exception_is_thrown_again_and_nested(void)
{
    mark before;
    std::string said;
    try {
        try {
            try {
                throw std::out_of_range("inner, and long enough to be allocated");
            } catch (const std::logic_error &) {
                throw;
            }
        } catch (...) {
            std::throw_with_nested(std::runtime_error("outer"));
        }
    } catch (const std::exception &e) {
        said = e.what();
        CHECK(sound(cairn_system()));
        try {
            std::rethrow_if_nested(e);
        } catch (const std::out_of_range &inner) {
            said += inner.what();
        }
    }
    CHECK(said == "outerinner, and long enough to be allocated");
    std::string().swap(said);
    CHECK(before.nothing_left());
}

static void an_exception_is_kept_for_later(void)
{
    mark before;
    std::exception_ptr kept;
    try {
        throw big();
    } catch (...) {
        kept = std::current_exception();
    }
    CHECK(kept && before.holds(1));
    int caught = 0;
    for (int i = 0; i < 2; i++)
        try {
            std::rethrow_exception(kept);
        } catch (const big &) {
            caught++;
        }
    CHECK(caught == 2 && before.holds(1));
    kept = nullptr;
    CHECK(before.nothing_left());
}

static void a_half_made_array_is_taken_down(void)
{
    static int alive;
    struct third_throws {
        std::string text{"something that is allocated for each"};
        third_throws()
        {
            if (alive == 3)
                throw alive;
            alive++;
        }
        ~third_throws()
        {
            alive--;
        }
    };
    mark before;
    int caught = 0;
    try {
        delete[] static_cast<third_throws *>(launder(new third_throws[6]));
    } catch (int n) {
        caught = n;
    }
    CHECK(caught == 3 && alive == 0 && before.nothing_left());
}

static volatile std::size_t much = 0x10000000;

static void a_container_that_cannot_grow_throws_and_stays_as_it_was(void)
{
    mark before;
    int caught = 0;
    {
        std::vector<int> numbers(20, 3);
        std::string text(50, 't');
        try {
            numbers.reserve(much);
        } catch (const std::bad_alloc &) {
            caught += 1;
        }
        try {
            numbers.resize(SIZE_MAX / 2);
        } catch (const std::length_error &) {
            caught += 10;
        }
        try {
            text.resize(much);
        } catch (const std::bad_alloc &) {
            caught += 100;
        }
        try {
            launder(new big[SIZE_MAX / 8 + much]);
        } catch (const std::bad_array_new_length &) {
            caught += 1000;
        }
        try {
            caught += numbers.at(20);
        } catch (const std::out_of_range &) {
            caught += 10000;
        }
        CHECK(caught == 11111 && numbers.size() == 20 && numbers[19] == 3 && text.size() == 50 && text[49] == 't');
        CHECK(sound(cairn_system()));
    }
    CHECK(before.nothing_left());
}

/* Several at a time, too, as a pointer keeps each of them alive. */
static void with_the_heap_used_up_exceptions_come_from_the_pool(void)
{
    mark before;
    void *blocks = nullptr;
    for (std::size_t size = 0x40000; size > 0; size /= 2)
        while (void *p = launder(malloc(size))) {
            *static_cast<void **>(p) = blocks;
            blocks = p;
        }
    count full = used(cairn_system());
    int caught = 0;
    std::exception_ptr kept[3];
    for (int i = 0; i < 30; i++)
        try {
            std::string text(100, 'x');
            CHECK(text.empty());
        } catch (const std::bad_alloc &e) {
            caught += in_region(&e);
            kept[i % 3] = std::current_exception();
        }
    CHECK(caught == 30 && used(cairn_system()) == full && sound(cairn_system()));
    for (auto &exception : kept)
        exception = nullptr;
    while (void *p = blocks) {
        blocks = *static_cast<void **>(p);
        free(p);
    }
    CHECK(before.nothing_left());
}

TAP_MAIN_THAT_THROWS(TEST(the_emergency_pool_is_a_block_of_this_heap),
                     TEST(what_is_thrown_lies_on_this_heap_until_it_is_caught), TEST(objects_on_the_way_are_destroyed),
                     TEST(an_exception_is_thrown_again_and_nested), TEST(an_exception_is_kept_for_later),
                     TEST(a_half_made_array_is_taken_down),
                     TEST(a_container_that_cannot_grow_throws_and_stays_as_it_was),
                     TEST(with_the_heap_used_up_exceptions_come_from_the_pool))
