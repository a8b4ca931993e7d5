// The heap behind C++ containers, and a std::pmr one over a heap of the program's own.
//
// SPDX-License-Identifier: MIT
#include "cairn.hpp"

#include <cstdio>
#include <map>
#include <memory_resource>
#include <string>
#include <vector>

static std::map<std::string, int> counts{{"static", 1}}; // allocates before main()

int main()
{
    for (const char *word : {"map", "string", "map", "vector"})
        counts[word]++;
    for (const auto &[word, count] : counts)
        std::printf("%s: %d\n", word.c_str(), count);

    alignas(8) static unsigned char memory[2048];
    cairn::heap_resource resource(memory, sizeof memory);
    std::pmr::vector<int> squares(&resource);
    for (int i = 0; i < 50; i++)
        squares.push_back(i * i);
    std::printf("%d squares in a heap of their own, the last is %d\n", static_cast<int>(squares.size()),
                squares.back());
    return 0;
}
