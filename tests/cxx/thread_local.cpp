/* Thread-local variables, of which bare metal has one set, in RAM below the heap: they are there before
 * main(), and the objects among them are made, on this heap, when they are asked for.
 *
 * For picolibc alone: newlib has no thread pointer (__aeabi_read_tp), and such a program does not link.
 *
 * SPDX-License-Identifier: MIT */
#include "cxx.hpp"

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

static thread_local volatile int seven = 7; /* for the compiler not to know */
static thread_local int counter;
alignas(32) static thread_local unsigned char buffer[40] = {1, 2, 3};

/* Set before main(), too. */
static int seen_by_constructors = seven * 10 + counter++;

static void variables_start_with_their_values(void)
{
    CHECK(seen_by_constructors == 70 && seven == 7 && counter == 1);
    CHECK(aligned(launder(buffer), 32) && buffer[2] == 3 && buffer[3] == 0 && buffer[39] == 0);
    CHECK(static_cast<void *>(&buffer) < static_cast<void *>(port_heap_start()));
}

static std::string &name(void)
{
    static thread_local std::string made("a thread-local object that is long enough to be allocated");
    return made;
}

static void an_object_is_made_on_first_use(void)
{
    mark before;
    const char *data = name().data();
    CHECK(in_region(data) && before.holds(2)); /* the text, and libstdc++'s note of the destructor */
    CHECK(name().data() == data && name().size() == 57 && before.holds(2));
    std::string().swap(name());
    CHECK(before.holds(1));
}

static thread_local std::vector<int> numbers(20, 4);
static thread_local std::unique_ptr<int> number = std::make_unique<int>(5);

static void those_of_the_file_are_made_together(void)
{
    mark before;
    CHECK(numbers[19] == 4 && in_region(numbers.data()) && before.holds(2 + 2));
    CHECK(*number == 5 && in_region(number.get()) && before.holds(2 + 2));
    std::vector<int>().swap(numbers);
    number.reset();
    CHECK(before.holds(2));
}

static void errno_is_one_of_them(void)
{
    static volatile std::size_t too_much = 0x7ffffff0;
    errno = 0;
    CHECK(launder(malloc(too_much)) == nullptr && errno == ENOMEM);
    CHECK(static_cast<void *>(&errno) < static_cast<void *>(port_heap_start()));
    errno = 0;
    CHECK(seven == 7 && counter == 1 && buffer[2] == 3 && buffer[3] == 0);
}

TAP_MAIN(TEST(variables_start_with_their_values), TEST(an_object_is_made_on_first_use),
         TEST(those_of_the_file_are_made_together), TEST(errno_is_one_of_them))
