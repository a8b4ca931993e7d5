/* new and delete in all their forms, and what happens where they cannot be served.
 *
 * SPDX-License-Identifier: MIT */
#include "cxx.hpp"

#include <new>

struct alignas(64) over_aligned {
    unsigned char bytes[64];
};

/* Sizes that the compiler does not know: it would warn of, or drop, what cannot be served. */
static volatile std::size_t some = 40;
static volatile std::size_t too_much = 0x7ffffff0;

static void the_heap_is_there(void)
{
    delete static_cast<int *>(launder(new int));
    CHECK(cairn_system() != nullptr && sound(cairn_system()));
}

/* ---- All forms, by their names ----------------------------------------------------------------- */

static void is_served(const mark &before, void *p, std::size_t size, std::size_t alignment)
{
    CHECK(p != nullptr && in_region(p) && aligned(p, alignment));
    CHECK(malloc_usable_size(p) >= size && before.holds(1));
    fill(p, size, 1);
    CHECK(filled(p, size, 1));
}

static void every_form_of_new_and_delete_is_this_heap(void)
{
    mark before;
    void *p = launder(operator new(some));
    is_served(before, p, 40, 8);
    operator delete(p);
    CHECK(before.nothing_left());
    p = launder(operator new[](some));
    is_served(before, p, 40, 8);
    operator delete[](p);
    CHECK(before.nothing_left());
    p = launder(operator new(some, std::nothrow));
    is_served(before, p, 40, 8);
    operator delete(p, std::nothrow);
    CHECK(before.nothing_left());
    p = launder(operator new[](some, std::nothrow));
    is_served(before, p, 40, 8);
    operator delete[](p, std::nothrow);
    CHECK(before.nothing_left());
    p = launder(operator new(some));
    is_served(before, p, 40, 8);
    operator delete (p, std::size_t{40});
    CHECK(before.nothing_left());
    p = launder(operator new[](some));
    is_served(before, p, 40, 8);
    operator delete[](p, std::size_t{40});
    CHECK(before.nothing_left());
}

static void every_form_of_aligned_new_and_delete_is_this_heap(void)
{
    mark before;
    for (std::size_t alignment = 1; alignment <= 512; alignment *= 2) {
        auto align = static_cast<std::align_val_t>(alignment);
        void *p = launder(operator new(some, align));
        is_served(before, p, 40, alignment);
        operator delete(p, align);
        CHECK(before.nothing_left());
        p = launder(operator new[](some, align));
        is_served(before, p, 40, alignment);
        operator delete[](p, align);
        CHECK(before.nothing_left());
        p = launder(operator new(some, align, std::nothrow));
        is_served(before, p, 40, alignment);
        operator delete(p, align, std::nothrow);
        CHECK(before.nothing_left());
        p = launder(operator new[](some, align, std::nothrow));
        is_served(before, p, 40, alignment);
        operator delete[](p, align, std::nothrow);
        CHECK(before.nothing_left());
        p = launder(operator new(some, align));
        is_served(before, p, 40, alignment);
        operator delete (p, std::size_t{40}, align);
        CHECK(before.nothing_left());
        p = launder(operator new[](some, align));
        is_served(before, p, 40, alignment);
        operator delete[](p, std::size_t{40}, align);
        CHECK(before.nothing_left());
    }
}

/* nullptr, of which the compiler knows nothing. */
static void *nothing(void)
{
    return launder(nullptr);
}

static void what_is_not_there_can_be_deleted(void)
{
    mark before;
    auto align = static_cast<std::align_val_t>(64);
    operator delete(nothing());
    operator delete[](nothing());
    operator delete (nothing(), std::size_t{4});
    operator delete[](nothing(), std::size_t{4});
    operator delete(nothing(), align);
    operator delete[](nothing(), align);
    operator delete (nothing(), std::size_t{4}, align);
    operator delete[](nothing(), std::size_t{4}, align);
    operator delete(nothing(), std::nothrow);
    operator delete[](nothing(), std::nothrow);
    operator delete(nothing(), align, std::nothrow);
    operator delete[](nothing(), align, std::nothrow);
    CHECK(before.nothing_left());
}

static void zero_bytes_give_a_pointer_of_their_own(void)
{
    mark before;
    auto align = static_cast<std::align_val_t>(64);
    void *p = launder(operator new(0));
    void *q = launder(operator new(0));
    void *r = launder(operator new(0, align));
    void *s = launder(new char[0]);
    CHECK(p != nullptr && q != nullptr && r != nullptr && s != nullptr);
    CHECK(p != q && p != r && p != s && q != r && q != s && r != s && aligned(r, 64));
    operator delete(p);
    operator delete(q);
    operator delete(r, align);
    delete[] static_cast<char *>(s);
    CHECK(before.nothing_left());
}

/* ---- As programs write them -------------------------------------------------------------------- */

static int alive;

struct counted {
    int value = 7;
    counted()
    {
        alive++;
    }
    counted(const counted &) = delete;
    counted &operator=(const counted &) = delete;
    virtual ~counted()
    {
        alive--;
    }
};

struct derived : counted {
    double more[6] = {};
};

static void objects_and_arrays_are_made_and_destroyed(void)
{
    mark before;
    auto *one = static_cast<counted *>(launder(new counted));
    counted *base = new derived;
    auto *many = static_cast<counted *>(launder(new counted[5]));
    CHECK(alive == 7 && one->value == 7 && many[4].value == 7 && before.holds(3));
    delete base; /* sized, of another size than its static type's */
    delete one;
    delete[] many;
    CHECK(alive == 0 && before.nothing_left());
}

static void over_aligned_types_lie_as_they_must(void)
{
    mark before;
    auto *one = static_cast<over_aligned *>(launder(new over_aligned));
    auto *many = static_cast<over_aligned *>(launder(new over_aligned[3]));
    auto *quiet = static_cast<over_aligned *>(launder(new (std::nothrow) over_aligned));
    CHECK(aligned(one, 64) && aligned(many, 64) && aligned(quiet, 64) && before.holds(3));
    fill(one, sizeof *one, 1);
    fill(many, 3 * sizeof *many, 2);
    fill(quiet, sizeof *quiet, 3);
    CHECK(filled(one, sizeof *one, 1) && filled(many, 3 * sizeof *many, 2) && filled(quiet, sizeof *quiet, 3));
    delete one;
    delete[] many;
    delete quiet;
    CHECK(before.nothing_left());
}

/* ---- Where there is no memory ------------------------------------------------------------------ */

static void nothrow_new_returns_nullptr(void)
{
    mark before;
    auto align = static_cast<std::align_val_t>(64);
    CHECK(launder(operator new(too_much, std::nothrow)) == nullptr);
    CHECK(launder(operator new[](too_much, std::nothrow)) == nullptr);
    CHECK(launder(operator new(too_much, align, std::nothrow)) == nullptr);
    CHECK(launder(operator new[](too_much, align, std::nothrow)) == nullptr);
    CHECK(launder(operator new(SIZE_MAX, std::nothrow)) == nullptr);
    CHECK(launder(operator new(some, static_cast<std::align_val_t>(24), std::nothrow)) == nullptr);
    CHECK(launder(new (std::nothrow) over_aligned[too_much / sizeof(over_aligned)]) == nullptr);
    CHECK(before.nothing_left());
}

static void *reserve;
static int handler_calls;

/* What a firmware does: give up something that it can do without, and then nothing more. */
static void give_up_the_reserve(void)
{
    handler_calls++;
    free(reserve);
    reserve = nullptr;
    std::set_new_handler(nullptr);
}

/* Take the largest piece that is left, at once. */
static void *take_the_rest(void)
{
    struct cairn_stats stats;
    cairn_stats(cairn_system(), &stats);
    return launder(malloc(stats.guaranteed));
}

static void the_new_handler_can_make_room(void)
{
    mark before;
    handler_calls = 0;
    reserve = launder(malloc(600));
    void *rest = take_the_rest();
    CHECK(rest != nullptr && launder(operator new(500, std::nothrow)) == nullptr);
    std::set_new_handler(give_up_the_reserve);
    void *p = launder(operator new(500));
    CHECK(p != nullptr && handler_calls == 1 && reserve == nullptr && std::get_new_handler() == nullptr);
    operator delete(p);

    reserve = launder(malloc(600));
    CHECK(reserve != nullptr);
    std::set_new_handler(give_up_the_reserve);
    p = launder(operator new(256, static_cast<std::align_val_t>(64), std::nothrow));
    CHECK(p != nullptr && aligned(p, 64) && handler_calls == 2 && reserve == nullptr);
    operator delete(p, static_cast<std::align_val_t>(64));
    free(rest);
    CHECK(before.nothing_left());
}

static void give_up_after_three(void)
{
    if (++handler_calls == 3)
        std::set_new_handler(nullptr);
}

static void the_new_handler_is_called_until_there_is_none(void)
{
    mark before;
    handler_calls = 0;
    std::set_new_handler(give_up_after_three);
    CHECK(launder(operator new(too_much, std::nothrow)) == nullptr && handler_calls == 3);
    CHECK(before.nothing_left());
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

static void new_that_cannot_be_served_throws_bad_alloc(void)
{
    mark before;
    auto align = static_cast<std::align_val_t>(64);
    CHECK(throws_bad_alloc([] { return operator new(too_much); }));
    CHECK(cairn::refused.size == 0x7ffffff0 && cairn::refused.alignment == 1);
    CHECK(throws_bad_alloc([] { return operator new[](too_much); }));
    CHECK(throws_bad_alloc([] { return operator new(SIZE_MAX); }));
    CHECK(throws_bad_alloc([align] { return operator new(too_much - 16, align); }));
    CHECK(cairn::refused.size == 0x7fffffe0 && cairn::refused.alignment == 64);
    CHECK(throws_bad_alloc([align] { return operator new[](too_much, align); }));
    CHECK(throws_bad_alloc([] { return new char[too_much]; }));
    CHECK(throws_bad_alloc([] { return operator new(some, static_cast<std::align_val_t>(24)); }));
    CHECK(before.nothing_left());
}

static void bad_alloc_can_be_thrown_when_nothing_is_left(void)
{
    mark before;
    void *rest = take_the_rest();
    while (void *p = launder(malloc(0))) { /* and every hole */
        *static_cast<void **>(p) = reserve;
        reserve = p;
    }
    CHECK(throws_bad_alloc([] { return operator new(some); }));
    CHECK(throws_bad_alloc([] { return new over_aligned; }));
    CHECK(cairn::refused.size == sizeof(over_aligned) && cairn::refused.alignment == 64);
    CHECK(sound(cairn_system()));
    while (void *p = reserve) {
        reserve = *static_cast<void **>(p);
        free(p);
    }
    free(rest);
    CHECK(before.nothing_left());
}

static void refuse_by_exception(void)
{
    handler_calls++;
    throw std::bad_alloc();
}

static void what_the_new_handler_throws_is_kept_from_nothrow_new_alone(void)
{
    mark before;
    handler_calls = 0;
    std::set_new_handler(refuse_by_exception);
    CHECK(throws_bad_alloc([] { return operator new(too_much); }) && handler_calls == 1);
    CHECK(launder(operator new(too_much, std::nothrow)) == nullptr && handler_calls == 2);
    std::set_new_handler(nullptr);
    CHECK(before.nothing_left());
}

struct never_made {
    over_aligned member;
    explicit never_made(int reason)
    {
        throw reason;
    }
};

static void an_object_whose_constructor_throws_leaves_nothing(void)
{
    mark before;
    int caught = 0;
    try {
        launder(new never_made(5));
    } catch (int reason) {
        caught += reason;
    }
    try {
        launder(new (std::nothrow) never_made(6));
    } catch (int reason) {
        caught += reason;
    }
    CHECK(caught == 11 && before.nothing_left());
}

#define WITH_EXCEPTIONS                                                                                     \
    , TEST(new_that_cannot_be_served_throws_bad_alloc), TEST(bad_alloc_can_be_thrown_when_nothing_is_left), \
        TEST(what_the_new_handler_throws_is_kept_from_nothrow_new_alone),                                   \
        TEST(an_object_whose_constructor_throws_leaves_nothing)
#else
#define WITH_EXCEPTIONS
#endif

TAP_MAIN_THAT_THROWS(TEST(the_heap_is_there), TEST(every_form_of_new_and_delete_is_this_heap),
                     TEST(every_form_of_aligned_new_and_delete_is_this_heap), TEST(what_is_not_there_can_be_deleted),
                     TEST(zero_bytes_give_a_pointer_of_their_own), TEST(objects_and_arrays_are_made_and_destroyed),
                     TEST(over_aligned_types_lie_as_they_must), TEST(nothrow_new_returns_nullptr),
                     TEST(the_new_handler_can_make_room),
                     TEST(the_new_handler_is_called_until_there_is_none) WITH_EXCEPTIONS)
