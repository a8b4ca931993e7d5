/* Who called, where the heap is watched: the code that used the language's or the library's name, not what
 * lies between it and the heap. For C++ and strdup().
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.h"
#include "tap.h"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <new>

#include <reent.h>

extern "C" char *strdup(const char *text);
extern "C" char *strndup(const char *text, std::size_t most);
extern "C" char *_strdup_r(struct _reent *reent, const char *text);
extern "C" char *_strndup_r(struct _reent *reent, const char *text, std::size_t most);
extern "C" void *malloc(std::size_t size);
extern "C" void free(void *p);

static volatile std::size_t some = 40;
static struct _reent mine; /* not the one that errno means */

/* Is there one live block of `size` bytes, from code within a few instructions behind `start`? */
static bool is_from(void *p, std::size_t size, const void *start)
{
    struct cairn_site site;
    for (std::uint32_t n = 0; cairn_read_site(n, &site); n++) {
        std::uintptr_t behind = reinterpret_cast<std::uintptr_t>(site.caller) - reinterpret_cast<std::uintptr_t>(start);
        if (site.blocks == 1 && site.bytes == size && behind < 60)
            return p != nullptr;
    }
    return false;
}

/* Each takes memory one way. Not inlined, and not ending in a jump. */
#define WAY(name, expression)                     \
    __attribute__((noinline)) static void *name() \
    {                                             \
        void *volatile p = expression;            \
        return p;                                 \
    }

struct alignas(64) over_aligned {
    unsigned char bytes[64];
};

WAY(by_new, ::operator new(some))
WAY(by_array_new, ::operator new[](some))
WAY(by_nothrow_new, ::operator new(some, std::nothrow))
WAY(by_aligned_new, new over_aligned)
WAY(by_aligned_nothrow_new, ::operator new (some, std::align_val_t{32}, std::nothrow))
WAY(by_array_aligned_new, ::operator new[](some, std::align_val_t{32}))
WAY(by_strdup, strdup("thirty-nine characters are in this text"))
WAY(by_strndup, strndup("thirty-nine characters are in this text, and more", 39))
WAY(by_strdup_r, _strdup_r(&mine, "thirty-nine characters are in this text"))
WAY(by_strndup_r, _strndup_r(&mine, "thirty-nine characters are in this text, and more", 39))

static void check(void *(*way)(), std::size_t size)
{
    void *p = way();
    CHECK(is_from(p, size, reinterpret_cast<const void *>(way)));
    free(p);
}

static void new_counts_for_who_used_it()
{
    check(by_new, 40);
    check(by_array_new, 40);
    check(by_nothrow_new, 40);
    check(by_aligned_new, sizeof(over_aligned));
    check(by_aligned_nothrow_new, 40);
}

static void every_delete_frees()
{
    static void (*const deletes[])(void *) = {
        [](void *p) { ::operator delete(p); },
        [](void *p) { ::operator delete[](p); },
        [](void *p) { ::operator delete(p, some); },
        [](void *p) { ::operator delete[](p, some); },
        [](void *p) { ::operator delete(p, std::nothrow); },
        [](void *p) { ::operator delete[](p, std::nothrow); },
        [](void *p) { ::operator delete (p, std::align_val_t{32}); },
        [](void *p) { ::operator delete[](p, std::align_val_t{32}); },
        [](void *p) { ::operator delete (p, some, std::align_val_t{32}); },
        [](void *p) { ::operator delete[](p, some, std::align_val_t{32}); },
        [](void *p) { ::operator delete (p, std::align_val_t{32}, std::nothrow); },
        [](void *p) { ::operator delete[](p, std::align_val_t{32}, std::nothrow); },
    };
    cairn_counts before, after;
    cairn_read_counts(&before);
    for (auto free_it : deletes)
        free_it(by_array_aligned_new());
    cairn_read_counts(&after);
    CHECK(after.live_blocks == before.live_blocks && after.used == before.used);
    CHECK(after.calls[4] - before.calls[4] == sizeof deletes / sizeof deletes[0]);
}

static void strdup_counts_for_who_called_it()
{
    check(by_strdup, 40);
    check(by_strndup, 40);
    check(by_strdup_r, 40);
    check(by_strndup_r, 40);
}

static void a_text_that_has_no_room_sets_errno_in_the_structure_named()
{
    void *held[64];
    unsigned n = 0;
    for (std::size_t size = 1 << 22; size >= 16;) {
        void *volatile p = malloc(size);
        if (p != nullptr && n < 64)
            held[n++] = p;
        else
            size /= 2;
    }
    mine._errno = 0;
    CHECK(by_strdup_r() == nullptr && mine._errno == ENOMEM);
    mine._errno = 0;
    CHECK(by_strndup_r() == nullptr && mine._errno == ENOMEM);
    while (n > 0)
        free(held[--n]);
    CHECK(cairn_check(cairn_system(), nullptr) == 0);
}

static const void *failed_for;

extern "C" void cairn_on_failure(const cairn_request *request, std::size_t)
{
    failed_for = request->caller;
}

WAY(too_much, ::operator new(some * 0x1000000, std::nothrow))
WAY(too_many, ::operator new[](some * 0x1000000, std::nothrow))
WAY(too_much_aligned, ::operator new (some * 0x1000000, std::align_val_t{32}, std::nothrow))
WAY(too_many_aligned, ::operator new[](some * 0x1000000, std::align_val_t{32}, std::nothrow))

static void a_new_that_fails_names_who_used_it()
{
    for (auto way : {too_much, too_many, too_much_aligned, too_many_aligned}) {
        CHECK(way() == nullptr);
        CHECK(reinterpret_cast<std::uintptr_t>(failed_for) - reinterpret_cast<std::uintptr_t>(way) < 60);
    }
}

TAP_MAIN(TEST(new_counts_for_who_used_it), TEST(strdup_counts_for_who_called_it), TEST(every_delete_frees),
         TEST(a_text_that_has_no_room_sets_errno_in_the_structure_named), TEST(a_new_that_fails_names_who_used_it))
