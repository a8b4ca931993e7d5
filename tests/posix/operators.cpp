// C++ over this heap: the operators of libstdc++ call malloc() and free(), and throw what they must.
//
// SPDX-License-Identifier: MIT
#include "tap.h"

#include <malloc.h>

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace
{

std::size_t used()
{
    return mallinfo2().uordblks;
}

struct alignas(256) Wide {
    char bytes[300];
};

void operators_use_this_heap()
{
    std::size_t before = used();
    auto *one = new int(1);
    auto *many = new std::string[100];
    auto *wide = new Wide;
    CHECK(used() >= before + 16 + 100 * sizeof(std::string) + sizeof(Wide));
    CHECK(reinterpret_cast<std::uintptr_t>(wide) % 256 == 0);
    delete one;
    delete[] many;
    delete wide;
    CHECK(used() == before);
}

// The largest request that is not wrong in itself.
volatile std::size_t too_large = PTRDIFF_MAX;

void a_request_that_is_refused_throws()
{
    bool caught = false;
    try {
        ::operator delete(::operator new(too_large));
    } catch (const std::bad_alloc &) {
        caught = true;
    }
    CHECK(caught);
    CHECK(::operator new(too_large, std::nothrow) == nullptr);
    CHECK(::operator new(too_large, std::align_val_t(128), std::nothrow) == nullptr);
}

void containers_give_back_what_they_took()
{
    std::size_t before = used();
    {
        std::map<std::string, std::vector<int>> map;
        std::unordered_map<int, std::unique_ptr<std::string>> table;
        std::list<std::shared_ptr<Wide>> list;
        for (int i = 0; i < 2000; i++) {
            map["a key that is too long to lie in the string " + std::to_string(i % 100)].push_back(i);
            table[i * 7919] = std::make_unique<std::string>(i % 300, 'x');
            list.push_back(std::make_shared<Wide>());
        }
        std::size_t sum = 0;
        for (const auto &[key, values] : map)
            sum += values.size();
        CHECK(sum == 2000 && table[7919]->size() == 1 && used() > before + 2000 * sizeof(Wide));
    }
    CHECK(used() == before);
}

void threads_and_exceptions_go_together()
{
    std::vector<std::thread> threads;
    int caught[4] = {};
    for (int i = 0; i < 4; i++)
        threads.emplace_back([&caught, i] {
            for (int j = 0; j < 1000; j++) {
                try {
                    std::string text(static_cast<std::size_t>(j), 'x');
                    throw std::make_pair(i, text);
                } catch (const std::pair<int, std::string> &thrown) {
                    caught[i] += thrown.first == i && thrown.second.size() == static_cast<std::size_t>(j);
                }
            }
        });
    for (auto &thread : threads)
        thread.join();
    for (int n : caught)
        CHECK(n == 1000);
}

// A constructor of static storage allocates before main().
const std::vector<std::string> early(50, std::string(100, 'e'));

void constructors_can_allocate()
{
    CHECK(early.size() == 50 && early[49] == std::string(100, 'e'));
}

} // namespace

TAP_MAIN(TEST(operators_use_this_heap), TEST(a_request_that_is_refused_throws),
         TEST(containers_give_back_what_they_took), TEST(threads_and_exceptions_go_together),
         TEST(constructors_can_allocate))
