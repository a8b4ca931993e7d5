/* new.cpp: operator new and delete in all forms, over malloc(), aligned_alloc() and free().
 *
 * A firmware may link this object in place of the C++ library's operators, which reach the same heap,
 * but abort without a word where they are built without exceptions. Those of libstdc++_nano are
 * (--specs=nano.specs), and there new (std::nothrow) aborts, too, where it should return nullptr.
 *
 * Here a new that cannot be served
 *  - calls the new-handler and tries again, for as long as there is a handler;
 *  - without one throws std::bad_alloc, or where exceptions are off calls std::abort(); the request is
 *    then in cairn::refused (cairn.hpp);
 *  - and in the nothrow forms returns nullptr, also where the handler has thrown.
 *
 * What to know of exceptions with GCC for bare metal:
 *  - They are allocated by malloc(). When it has nothing left they come from a pool, so that
 *    std::bad_alloc can always be thrown. The pool is itself a block of the heap, allocated before
 *    main(): 2.5 KiB with GCC 12. It comes with libstdc++.a into every firmware that can throw, also
 *    if only one of the library's containers can; never with libstdc++_nano.a. Its size cannot be set
 *    (GLIBCXX_TUNABLES needs an environment); __gnu_cxx::__freeres() gives it back.
 *  - To throw takes 1 to 1.5 KiB of stack.
 *  - libstdc++_nano.a, as Debian builds it, has no unwind tables: each throw ends in abort(). Firmware
 *    with newlib-nano either is built with -fno-exceptions or links `-l:libstdc++.a`, by gcc, not g++.
 *  - With picolibc it takes --specs=picolibcpp.specs: the linker script of picolibc.specs drops the
 *    tables, and a firmware that can throw does not link.
 *  - The C++ library knows of no tasks. What is thrown and not yet handled is one list for the whole
 *    firmware: two tasks of an RTOS must not be between throw and the end of its handler at once.
 *
 * Compile it with the firmware's own flags. Its functions are in sections of their own if
 * -ffunction-sections is among them, and --gc-sections then drops those that have no caller.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.hpp"

#include <cstdlib>
#include <new>

namespace
{

/* Any alignment that malloc() gives will do. */
constexpr std::size_t any = 1;

/* Who called the operator: whose the block is, where the heap is watched. */
#if CAIRN_WATCHED
#define CALLER __builtin_return_address(0)
#define OPERATOR __attribute__((no_icf)) /* new[] does what new does: it would call it, and be the caller */
#else
#define CALLER nullptr
#define OPERATOR
#endif

inline void *take(const void *caller, std::size_t size, std::size_t alignment)
{
#if CAIRN_WATCHED
    return alignment <= CAIRN_GRANULE ? cairn_malloc_for(caller, size) : cairn_memalign_for(caller, alignment, size);
#else
    static_cast<void>(caller);
    return alignment <= CAIRN_GRANULE ? std::malloc(size) : ::aligned_alloc(alignment, size);
#endif
}

inline void give(const void *caller, void *p)
{
#if CAIRN_WATCHED
    cairn_free_for(caller, p);
#else
    static_cast<void>(caller);
    std::free(p);
#endif
}

/* Memory; or nullptr when there is none, and no new-handler. */
void *obtain(const void *caller, std::size_t size, std::size_t alignment)
{
    /* The alignment is invalid: no handler can help. */
    if ((alignment & (alignment - 1)) != 0 || alignment == 0)
        return nullptr;
    for (;;) {
        void *p = take(caller, size, alignment);
        if (p != nullptr)
            return p;
        std::new_handler handler = std::get_new_handler();
        if (handler == nullptr)
            return nullptr;
        handler();
    }
}

void *obtain_or_refuse(const void *caller, std::size_t size, std::size_t alignment)
{
    void *p = obtain(caller, size, alignment);
    if (p == nullptr)
        cairn::refuse(size, alignment);
    return p;
}

void *obtain_or_null(const void *caller, std::size_t size, std::size_t alignment) noexcept
{
#if defined(__cpp_exceptions)
    try {
        return obtain(caller, size, alignment);
    } catch (...) { /* the handler's answer: it cannot help */
        return nullptr;
    }
#else
    return obtain(caller, size, alignment);
#endif
}

} // namespace

/* ---- new ------------------------------------------------------------------------------------- */

OPERATOR void *operator new(std::size_t size)
{
    return obtain_or_refuse(CALLER, size, any);
}

OPERATOR void *operator new[](std::size_t size)
{
    return obtain_or_refuse(CALLER, size, any);
}

OPERATOR void *operator new(std::size_t size, std::align_val_t alignment)
{
    return obtain_or_refuse(CALLER, size, static_cast<std::size_t>(alignment));
}

OPERATOR void *operator new[](std::size_t size, std::align_val_t alignment)
{
    return obtain_or_refuse(CALLER, size, static_cast<std::size_t>(alignment));
}

OPERATOR void *operator new(std::size_t size, const std::nothrow_t &) noexcept
{
    return obtain_or_null(CALLER, size, any);
}

OPERATOR void *operator new[](std::size_t size, const std::nothrow_t &) noexcept
{
    return obtain_or_null(CALLER, size, any);
}

OPERATOR void *operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t &) noexcept
{
    return obtain_or_null(CALLER, size, static_cast<std::size_t>(alignment));
}

OPERATOR void *operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t &) noexcept
{
    return obtain_or_null(CALLER, size, static_cast<std::size_t>(alignment));
}

/* ---- delete: the heap knows its blocks, whatever their size and alignment ---------------------- */

OPERATOR void operator delete(void *p) noexcept
{
    give(CALLER, p);
}

OPERATOR void operator delete[](void *p) noexcept
{
    give(CALLER, p);
}

OPERATOR void operator delete(void *p, std::size_t) noexcept
{
    give(CALLER, p);
}

OPERATOR void operator delete[](void *p, std::size_t) noexcept
{
    give(CALLER, p);
}

OPERATOR void operator delete(void *p, std::align_val_t) noexcept
{
    give(CALLER, p);
}

OPERATOR void operator delete[](void *p, std::align_val_t) noexcept
{
    give(CALLER, p);
}

OPERATOR void operator delete(void *p, std::size_t, std::align_val_t) noexcept
{
    give(CALLER, p);
}

OPERATOR void operator delete[](void *p, std::size_t, std::align_val_t) noexcept
{
    give(CALLER, p);
}

OPERATOR void operator delete(void *p, const std::nothrow_t &) noexcept
{
    give(CALLER, p);
}

OPERATOR void operator delete[](void *p, const std::nothrow_t &) noexcept
{
    give(CALLER, p);
}

OPERATOR void operator delete(void *p, std::align_val_t, const std::nothrow_t &) noexcept
{
    give(CALLER, p);
}

OPERATOR void operator delete[](void *p, std::align_val_t, const std::nothrow_t &) noexcept
{
    give(CALLER, p);
}
