/* Static objects, which allocate before main(): the heap starts itself at the first request.
 *
 * SPDX-License-Identifier: MIT */
#include "cxx.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

/* What constructors find and make; initialized without code. */
static cairn_heap *found = reinterpret_cast<cairn_heap *>(1);
static bool was_sound = true;
static int made, destroyed;

/* Runs first of all: this file is linked before any library. */
static bool look_around(void)
{
    found = cairn_system();
    return true;
}
static bool looked = look_around();

static std::string text = std::string("a static object's ") + "name, which is too long for the object itself";
static std::vector<int> numbers(50, 7);
static std::map<std::string, int> table{{"one", 1}, {"two", 2}, {"three", 3}};
static std::unique_ptr<std::string> pointer = std::make_unique<std::string>(100, 'p');

/* More objects with a destructor than the C library has places for (32). */
template <int number> struct object {
    char *memory;
    object() : memory(static_cast<char *>(launder(new char[8])))
    {
        made++;
        fill(memory, 8, number);
        was_sound = was_sound && cairn_check(cairn_system(), nullptr) == 0;
    }
    object(const object &) = delete;
    object &operator=(const object &) = delete;
    ~object()
    {
        destroyed++;
        delete[] memory;
    }
    bool kept() const
    {
        return filled(memory, 8, number);
    }
};

template <int number> struct objects {
    objects<number - 1> others;
    bool kept() const
    {
        static object<number> one;
        return one.kept() && others.kept();
    }
};
template <> struct objects<0> {
    bool kept() const
    {
        return true;
    }
};
static objects<40> many;
static bool all_kept = many.kept();

static void constructors_run_before_main(void)
{
    CHECK(looked && found == nullptr && cairn_system() != nullptr);
    CHECK(all_kept && made == 40);
}

static void what_they_allocated_is_kept(void)
{
    CHECK(was_sound && sound(cairn_system()));
    CHECK(text == "a static object's name, which is too long for the object itself" && in_region(text.data()));
    CHECK(numbers.size() == 50 && numbers[49] == 7 && in_region(numbers.data()));
    CHECK(table.size() == 3 && table["two"] == 2);
    CHECK(pointer->size() == 100 && in_region(pointer.get()) && in_region(pointer->data()));
    CHECK(many.kept() && destroyed == 0);
}

static void they_can_grow_and_be_emptied(void)
{
    mark before;
    unsigned blocks = used(cairn_system()).blocks;
    for (int i = 0; i < 50; i++)
        numbers.push_back(i);
    text += text;
    CHECK(sound(cairn_system()) && numbers.size() == 100 && text.size() == 126 && before.holds(0));
    numbers = std::vector<int>();
    std::string().swap(text);
    table.clear();
    pointer.reset();
    CHECK(sound(cairn_system()) && used(cairn_system()).blocks == blocks - 1 - 1 - 3 - 2);
}

static std::string &on_first_use(void)
{
    static std::string late("made when it is asked for, and not before");
    return late;
}

static void an_object_in_a_function_is_made_once(void)
{
    mark before;
    const char *data = on_first_use().data();
    CHECK(in_region(data) && before.holds(1));
    CHECK(on_first_use().data() == data && on_first_use().size() == 41 && before.holds(1));
    std::string().swap(on_first_use());
    CHECK(before.nothing_left());
}

TAP_MAIN(TEST(constructors_run_before_main), TEST(what_they_allocated_is_kept), TEST(they_can_grow_and_be_emptied),
         TEST(an_object_in_a_function_is_made_once))
