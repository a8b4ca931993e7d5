/* cairn.hpp: containers over a private heap and over the system heap.
 *
 * SPDX-License-Identifier: MIT */
#include "cxx.hpp"

#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <new>
#include <string>
#include <vector>

enum { MEMORY = 3000 };
alignas(8) static unsigned char memory[MEMORY];

/* Use containers over `resource`, whose heap is `heap`; `inside` tells its memory. */
static void use(std::pmr::memory_resource &resource, cairn_heap *heap, bool (*inside)(const void *p))
{
    mark before(heap);
    {
        std::pmr::vector<int> numbers(&resource);
        for (int i = 0; i < 100; i++)
            numbers.push_back(i);
        CHECK(inside(numbers.data()) && before.holds(1) && numbers[99] == 99);
        std::pmr::string text("as long as it takes to be allocated", &resource);
        text += text;
        CHECK(inside(text.data()) && before.holds(2));
        std::pmr::map<int, std::pmr::string> names(&resource);
        for (int i = 0; i < 10; i++) /* the map's resource reaches its strings */
            names[i] = text;
        CHECK(sound(heap) && before.holds(2 + 2 * 10) && inside(names[9].data()) && names[9] == text);
        names.erase(4);
        std::pmr::list<double> values({1, 2, 3, 4, 5}, &resource);
        values.remove(3);
        CHECK(sound(heap) && before.holds(2 + 2 * 9 + 4) && inside(&values.front()));
        std::pmr::vector<int> moved(std::move(numbers));
        CHECK(before.holds(2 + 2 * 9 + 4) && moved.get_allocator().resource() == &resource);
    }
    CHECK(before.nothing_left());
}

static bool in_memory(const void *p)
{
    return p >= memory && p < memory + MEMORY;
}

static void containers_live_on_a_private_heap_alone(void)
{
    mark system;
    cairn::heap_resource resource(memory, MEMORY);
    CHECK(resource.heap() != nullptr && in_memory(resource.heap()));
    use(resource, resource.heap(), in_memory);
    CHECK(all_free(resource.heap()) && used(cairn_system()).blocks == system.blocks());
}

static void containers_live_on_the_system_heap(void)
{
    cairn::system_resource resource;
    free(launder(malloc(1))); /* so that there is a handle to look at */
    use(resource, cairn_system(), in_region);
}

static void any_alignment_is_kept(void)
{
    cairn::heap_resource own(memory, MEMORY);
    cairn::system_resource system;
    for (std::pmr::memory_resource *resource :
         {static_cast<std::pmr::memory_resource *>(&own), static_cast<std::pmr::memory_resource *>(&system)}) {
        cairn_heap *heap = resource == &own ? own.heap() : cairn_system();
        mark before(heap);
        for (std::size_t alignment = 1; alignment <= 512; alignment *= 2) {
            void *p = launder(resource->allocate(24, alignment));
            CHECK(aligned(p, alignment) && before.holds(1));
            fill(p, 24, 1);
            resource->deallocate(p, 24, alignment);
            CHECK(before.nothing_left());
        }
        void *p = launder(resource->allocate(0));
        void *q = launder(resource->allocate(0));
        CHECK(p != nullptr && q != nullptr && p != q);
        resource->deallocate(p, 0);
        resource->deallocate(q, 0);
        CHECK(before.nothing_left());
    }
}

static void blocks_may_outlive_the_resource(void)
{
    cairn_heap *heap = cairn_init(memory, MEMORY);
    void *p = launder(cairn::heap_resource(heap).allocate(100));
    fill(p, 100, 1);
    CHECK(sound(heap) && filled(p, 100, 1) && cairn_usable_size(heap, p) == 104);
    cairn_free(heap, p);
    CHECK(all_free(heap));
}

static void resources_over_the_same_heap_are_equal(void)
{
    cairn_heap *heap = cairn_init(memory, MEMORY / 2);
    cairn::heap_resource first(heap), second(heap), other(memory + MEMORY / 2, MEMORY / 2);
    cairn::heap_resource none(nullptr), none_either(nullptr);
    cairn::system_resource system, also_system;
    CHECK(first == first && system == system && none == none);
#if defined(__cpp_rtti)
    CHECK(first == second && second == first && system == also_system);
#else
    CHECK(first != second && system != also_system); /* not known to be */
#endif
    CHECK(first != other && other != first && none != first && first != none && none != none_either);
    CHECK(first != system && system != first && none != system && system != none);
    CHECK(first != *std::pmr::new_delete_resource() && system != *std::pmr::new_delete_resource());
    std::pmr::vector<int> from({1, 2, 3}, &first);
    const int *data = from.data();
    std::pmr::vector<int> moved(std::move(from), &first);
    CHECK(moved.data() == data);
    std::pmr::vector<int> copied(std::move(moved), &other);
    CHECK(copied.data() != data && copied[2] == 3 && sound(heap) && sound(other.heap()));
}

static void a_library_resource_can_stand_on_top(void)
{
    cairn::heap_resource resource(memory, MEMORY);
    {
        std::pmr::monotonic_buffer_resource steps(100, &resource);
        std::pmr::list<int> numbers(&steps);
        for (int i = 0; i < 40; i++)
            numbers.push_back(i);
        CHECK(sound(resource.heap()) && in_memory(&numbers.back()));
        std::pmr::unsynchronized_pool_resource pools({8, 64}, &resource);
        std::pmr::map<int, int> table(&pools);
        for (int i = 0; i < 20; i++)
            table[i] = -i;
        table.erase(7);
        CHECK(sound(resource.heap()) && in_memory(&table[8]) && table[19] == -19);
    }
    CHECK(all_free(resource.heap()));
}

static void the_default_resource_can_be_this_heap(void)
{
    mark system;
    cairn::heap_resource resource(memory, MEMORY);
    std::pmr::memory_resource *usual = std::pmr::set_default_resource(&resource);
    {
        std::pmr::string text(100, 'x');
        CHECK(in_memory(text.data()));
    }
    std::pmr::set_default_resource(usual);
    CHECK(all_free(resource.heap()) && used(cairn_system()).blocks == system.blocks());
}

#if defined(__cpp_exceptions)

template <typename request> static bool throws_bad_alloc(request ask)
{
    try {
        launder(ask());
    } catch (const std::bad_alloc &) {
        return true;
    }
    return false;
}

static volatile std::size_t too_much = 0x7ffffff0;

static void what_cannot_be_served_throws_bad_alloc(void)
{
    cairn::heap_resource own(memory, MEMORY), none(memory, 8);
    cairn::system_resource system;
    mark before;
    CHECK(none.heap() == nullptr && throws_bad_alloc([&] { return none.allocate(1); }));
    CHECK(cairn::refused.size == 1);
    CHECK(throws_bad_alloc([&] { return own.allocate(MEMORY); }) && all_free(own.heap()));
    CHECK(cairn::refused.size == MEMORY && cairn::refused.alignment == alignof(std::max_align_t));
    CHECK(throws_bad_alloc([&] { return own.allocate(1, 0x10000000); }) && all_free(own.heap()));
    CHECK(cairn::refused.size == 1 && cairn::refused.alignment == 0x10000000);
    CHECK(throws_bad_alloc([&] { return system.allocate(too_much); }));
    CHECK(throws_bad_alloc([&] { return system.allocate(too_much, 64); }));
    CHECK(throws_bad_alloc([&] { return system.allocate(too_much, 0x40000000); }));
    CHECK(before.nothing_left());
}

static void a_private_heap_is_used_up_and_filled_again(void)
{
    cairn::heap_resource resource(memory, MEMORY);
    for (int round = 0; round < 3; round++) {
        std::pmr::list<int> numbers(&resource);
        bool full = false;
        try {
            for (;;)
                numbers.push_back(static_cast<int>(numbers.size()));
        } catch (const std::bad_alloc &) {
            full = true;
        }
        CHECK(full && sound(resource.heap()) && numbers.size() > MEMORY / 16 * 9 / 10);
        int i = 0;
        for (int number : numbers)
            CHECK(number == i++);
    }
    CHECK(all_free(resource.heap()));
}

#define WITH_EXCEPTIONS , TEST(what_cannot_be_served_throws_bad_alloc), TEST(a_private_heap_is_used_up_and_filled_again)
#else
#define WITH_EXCEPTIONS
#endif

TAP_MAIN_THAT_THROWS(TEST(containers_live_on_a_private_heap_alone), TEST(containers_live_on_the_system_heap),
                     TEST(any_alignment_is_kept), TEST(blocks_may_outlive_the_resource),
                     TEST(resources_over_the_same_heap_are_equal), TEST(a_library_resource_can_stand_on_top),
                     TEST(the_default_resource_can_be_this_heap) WITH_EXCEPTIONS)
