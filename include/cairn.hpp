/* cairn.hpp: Cairn's heaps as memory resources of the C++ library.
 *
 * Header-only, for C++17 and later. Firmware that only says new and delete needs none of this.
 *
 *     static unsigned char memory[4096];
 *     cairn::heap_resource resource(memory, sizeof memory);
 *     std::pmr::vector<int> samples(&resource);
 *
 * Where exceptions are off (-fno-exceptions), a request that cannot be served ends in std::abort().
 * Build the whole firmware with one setting of exceptions and of RTTI, as for any C++ header.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_HPP
#define CAIRN_HPP

#include "cairn.h"

#include <cstddef>
#include <cstdlib>
#include <memory_resource>
#include <new>

namespace cairn
{

/* The last request that new (port/cxx/new.cpp) or a resource of this header refused, for a handler
 * of std::bad_alloc, for code that replaces abort(), and for a debugger (`print cairn::refused`):
 * what std::bad_alloc and std::abort() do not tell. All zero before the first one. */
struct refusal {
    std::size_t size;      /* bytes asked for */
    std::size_t alignment; /* and the alignment; 1 where any would do */
};
inline refusal refused;

/* Note the request in `refused`, and throw std::bad_alloc; without exceptions, call std::abort(). */
[[noreturn]] inline void refuse(std::size_t size, std::size_t alignment)
{
    refused.size = size;
    refused.alignment = alignment;
    __asm volatile("" : : : "memory"); /* abort() reads nothing, but what replaces it may */
#if defined(__cpp_exceptions)
    throw std::bad_alloc();
#else
    std::abort();
#endif
}

/* A private heap as a memory resource. It allocates and frees as cairn_malloc(),
 * cairn_aligned_alloc() and cairn_free() do.
 *
 * Lifetime  the heap is the caller's and is not ended with the resource: blocks may outlive it.
 * Context   does not lock. The caller keeps two users of the heap from meeting. */
class heap_resource : public std::pmr::memory_resource
{
  public:
    /* A resource over `heap`, as cairn_init() returned it. NULL makes one that refuses everything. */
    explicit heap_resource(cairn_heap *heap) noexcept : heap_(heap)
    {
    }

    /* A resource over a heap made of `size` bytes at `memory`. Where cairn_init() makes none, heap()
     * is nullptr and every request is refused. */
    heap_resource(void *memory, std::size_t size) noexcept : heap_(cairn_init(memory, size))
    {
    }

    /* The heap's handle, for cairn_stats() and cairn_check(). */
    cairn_heap *heap() const noexcept
    {
        return heap_;
    }

  protected:
    /* Returns  memory aligned to `alignment`; never nullptr. A request that no free block serves
     *          ends in refuse(), with the heap unchanged.
     * Time     O(1). */
    void *do_allocate(std::size_t size, std::size_t alignment) override
    {
        void *p = nullptr;
        if (heap_ != nullptr)
            p = alignment <= CAIRN_GRANULE ? cairn_malloc(heap_, size) : cairn_aligned_alloc(heap_, alignment, size);
        if (p == nullptr)
            refuse(size, alignment);
        return p;
    }

    /* Size and alignment are not needed: the heap knows its blocks.
     * Time     O(1).
     * Misuse   as cairn_free(). */
    void do_deallocate(void *p, std::size_t, std::size_t) override
    {
        cairn_free(heap_, p);
    }

    /* Does `other` free what this one has allocated? True for every resource over the same heap;
     * without RTTI, which is how another one is recognized, for this object alone. */
    bool do_is_equal(const std::pmr::memory_resource &other) const noexcept override
    {
        if (this == &other)
            return true;
#if defined(__cpp_rtti)
        const auto *resource = dynamic_cast<const heap_resource *>(&other);
        return resource != nullptr && resource->heap_ != nullptr && resource->heap_ == heap_;
#else
        return false;
#endif
    }

  private:
    cairn_heap *heap_;
};

/* The system heap as a memory resource: malloc(), aligned_alloc() and free().
 *
 * Unlike std::pmr::new_delete_resource() it asks no new-handler, and does not care whether operator
 * new was replaced.
 *
 * Context   locks as malloc() does: thread or interrupt. */
class system_resource : public std::pmr::memory_resource
{
  protected:
    /* As heap_resource's. */
    void *do_allocate(std::size_t size, std::size_t alignment) override
    {
        void *p = alignment <= CAIRN_GRANULE ? std::malloc(size) : ::aligned_alloc(alignment, size);
        if (p == nullptr)
            refuse(size, alignment);
        return p;
    }

    void do_deallocate(void *p, std::size_t, std::size_t) override
    {
        std::free(p);
    }

    /* True for every system_resource; without RTTI, for this object alone. */
    bool do_is_equal(const std::pmr::memory_resource &other) const noexcept override
    {
#if defined(__cpp_rtti)
        return this == &other || dynamic_cast<const system_resource *>(&other) != nullptr;
#else
        return this == &other;
#endif
    }
};

} // namespace cairn

#endif
