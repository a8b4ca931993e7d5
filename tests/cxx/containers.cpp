/* What the C++ library allocates for: each container grows, shrinks, is copied and moved, with the
 * heap checked in between, and leaves nothing behind.
 *
 * Sizes are such that a board with 8 KiB of RAM can follow.
 *
 * SPDX-License-Identifier: MIT */
#include "cxx.hpp"

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

static bool fine(void)
{
    return cairn_check(cairn_system(), nullptr) == 0;
}

static void a_vector_grows_and_gives_back(void)
{
    mark before;
    {
        std::vector<int> numbers;
        for (int i = 0; i < 200; i++)
            numbers.push_back(i);
        CHECK(fine() && in_region(numbers.data()) && before.holds(1));
        CHECK(std::accumulate(numbers.begin(), numbers.end(), 0) == 19900);
        numbers.erase(numbers.begin() + 20, numbers.end());
        numbers.shrink_to_fit();
        CHECK(fine() && numbers.size() == 20);
#if defined(__cpp_exceptions) /* without them libstdc++ does not try */
        CHECK(numbers.capacity() == 20 && malloc_usable_size(numbers.data()) == 80);
#endif
        std::vector<int> copy(numbers), moved(std::move(numbers));
        CHECK(fine() && copy == moved && before.holds(2));
        std::vector<std::vector<char>> nested(10, std::vector<char>(30, 'x'));
        nested.insert(nested.begin() + 5, std::vector<char>(100, 'y'));
        CHECK(fine() && nested.size() == 11 && nested[5].size() == 100 && nested[10].back() == 'x');
        std::vector<bool> bits(300, true);
        bits[150] = false;
        CHECK(fine() && !bits[150] && bits[299]);
    }
    CHECK(before.nothing_left());
}

static void a_string_grows_is_cut_and_copied(void)
{
    mark before;
    {
        std::string text("short");
        CHECK(!in_region(text.data()) && before.holds(0)); /* kept in the object itself */
        for (int i = 0; i < 100; i++)
            text += static_cast<char>('a' + i % 26);
        CHECK(fine() && text.size() == 105 && in_region(text.data()) && before.holds(1));
        std::string part = text.substr(5, 30);
        CHECK(fine() && part == "abcdefghijklmnopqrstuvwxyzabcd" && text.find("xyzab") == 28);
        text.insert(3, part + part).replace(0, 2, "a much longer beginning");
        CHECK(fine() && text.size() == 105 + 60 + 21 && text.compare(0, 7, "a much ") == 0);
        text = std::to_string(1234567) + " and " + std::to_string(-89);
        text.shrink_to_fit();
        CHECK(fine() && text == "1234567 and -89");
        std::u32string wide(50, U'\u20ac');
        CHECK(fine() && wide.back() == U'\u20ac');
    }
    CHECK(before.nothing_left());
}

static void a_map_is_filled_and_emptied_in_another_order(void)
{
    mark before;
    {
        std::map<int, std::string> squares;
        for (int i = 0; i < 40; i++)
            squares[i * 7 % 40] = "the square of " + std::to_string(i * 7 % 40);
        CHECK(fine() && squares.size() == 40 && squares.at(39) == "the square of 39");
        for (int i = 0; i < 40; i += 2)
            squares.erase(i * 11 % 40);
        CHECK(fine() && squares.size() == 20 && squares.begin()->first == 1);
        auto node = squares.extract(1);
        node.key() = 100;
        squares.insert(std::move(node));
        CHECK(fine() && squares.rbegin()->second == "the square of 1");
        std::map<int, std::string> copy = squares;
        squares.clear();
        CHECK(fine() && copy.size() == 20);
        std::multiset<short> many{3, 1, 2, 3, 3, 1};
        CHECK(fine() && many.count(3) == 3);
    }
    CHECK(before.nothing_left());
}

static void an_unordered_map_rehashes(void)
{
    mark before;
    {
        std::unordered_map<std::string, int> counts;
        for (int i = 0; i < 60; i++)
            counts["a key that is long enough, number " + std::to_string(i % 20)]++;
        CHECK(fine() && counts.size() == 20 && counts["a key that is long enough, number 7"] == 3);
        counts.rehash(200);
        CHECK(fine() && counts.bucket_count() >= 200 && counts.count("nothing") == 0);
        while (counts.size() > 5)
            counts.erase(counts.begin());
        counts.rehash(0);
        CHECK(fine() && counts.size() == 5);
    }
    CHECK(before.nothing_left());
}

static void a_list_is_spliced_and_sorted(void)
{
    mark before;
    {
        std::list<int> some, others;
        for (int i = 0; i < 50; i++) {
            some.push_front(i * 13 % 50);
            others.push_back(i);
        }
        CHECK(fine() && before.holds(100));
        some.sort();
        CHECK(fine() && some == others);
        some.splice(some.begin(), others);
        some.unique();
        some.remove_if([](int i) { return i % 3 == 0; });
        CHECK(fine() && others.empty() && some.size() == 66);
    }
    CHECK(before.nothing_left());
}

static void a_deque_moves_along(void)
{
    mark before;
    {
        std::deque<long> queue;
        for (int i = 0; i < 100; i++)
            queue.push_back(i);
        long sum = 0;
        for (int i = 0; i < 1000; i++) { /* blocks are left behind and taken in front */
            queue.push_back(i);
            sum += queue.front();
            queue.pop_front();
        }
        CHECK(fine() && queue.size() == 100 && sum == 4950 + 899 * 450);
        for (int i = 0; i < 100; i++)
            queue.push_front(-i);
        queue.resize(30);
        queue.shrink_to_fit();
        CHECK(fine() && queue.front() == -99 && queue.back() == -70);
    }
    CHECK(before.nothing_left());
}

static void a_function_keeps_what_it_captures(void)
{
    mark before;
    {
        long numbers[10] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
        std::function<long(int)> get = [numbers](int i) { return numbers[i]; };
        CHECK(fine() && before.holds(1) && get(9) == 10);
        std::function<long(int)> copy = get;
        get = [](int i) { return static_cast<long>(-i); };
        CHECK(fine() && before.holds(1) && copy(4) == 5 && get(4) == -4);
        std::vector<std::function<long(int)>> all(4, copy);
        CHECK(fine() && all[3](0) == 1);
    }
    CHECK(before.nothing_left());
}

struct alignas(32) leaf {
    char data[32];
};

struct node {
    std::shared_ptr<node> next;
    std::weak_ptr<node> previous;
    std::unique_ptr<leaf> data = std::make_unique<leaf>();
};

static void shared_pointers_free_at_the_last_one(void)
{
    mark before;
    {
        auto first = std::make_shared<node>();
        auto second = std::make_shared<node>();
        first->next = second;
        second->previous = first;
        CHECK(fine() && before.holds(4) && aligned(first->data.get(), 32) && aligned(second->data.get(), 32));
        std::weak_ptr<node> watch = second;
        second.reset();
        CHECK(fine() && before.holds(4) && !watch.expired());
        first.reset();
        CHECK(fine() && watch.expired() && before.holds(1)); /* the one that is watched */
        std::shared_ptr<leaf> aligned_too = std::make_shared<leaf>();
        std::shared_ptr<int[]> array(new int[20]);
        CHECK(fine() && aligned(aligned_too.get(), 32) && in_region(array.get()));
    }
    CHECK(before.nothing_left());
}

static void containers_of_over_aligned_elements_keep_their_alignment(void)
{
    mark before;
    {
        std::vector<leaf> leaves;
        std::list<leaf> listed;
        for (int i = 0; i < 12; i++) {
            leaves.emplace_back();
            listed.emplace_back();
            CHECK(aligned(leaves.data(), 32) && aligned(&listed.back(), 32));
        }
        CHECK(fine());
    }
    CHECK(before.nothing_left());
}

TAP_MAIN(TEST(a_vector_grows_and_gives_back), TEST(a_string_grows_is_cut_and_copied),
         TEST(a_map_is_filled_and_emptied_in_another_order), TEST(an_unordered_map_rehashes),
         TEST(a_list_is_spliced_and_sorted), TEST(a_deque_moves_along), TEST(a_function_keeps_what_it_captures),
         TEST(shared_pointers_free_at_the_last_one), TEST(containers_of_over_aligned_elements_keep_their_alignment))
