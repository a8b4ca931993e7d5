/* port.c: Cairn on Zephyr: the heap of a fixed size, and cairn_fatal() as a panic of the kernel.
 *
 * Zephyr links the libraries of modules whole: what the application may define itself is weak.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.h"

#include <zephyr/kernel.h>
#include <zephyr/sys/printk.h>

#if CONFIG_CAIRN_HEAP_SIZE >= 0
#if CONFIG_CAIRN_HEAP_SIZE < 1024
#error "CONFIG_CAIRN_HEAP_SIZE must be 1024 bytes or more, or -1 for all RAM behind the image"
#endif

extern char cairn_zephyr_heap[];
char __noinit cairn_zephyr_heap[CONFIG_CAIRN_HEAP_SIZE];

/* A function without an instruction: only in one can the compiler hand a number to the assembler. */
__attribute__((naked, used)) static void define_end(void)
{
    __asm(".global cairn_zephyr_heap_end\n\t.set cairn_zephyr_heap_end, cairn_zephyr_heap + %c0"
          :
          : "i"(CONFIG_CAIRN_HEAP_SIZE));
}
#endif

__attribute__((weak)) volatile struct cairn_failure cairn_failure;
#if CAIRN_CHECK == 2
__attribute__((weak)) struct cairn_report cairn_damage;
#endif

/* k_panic() takes the lock away and ends in k_sys_fatal_error_handler(), the application's place to restart. */
__attribute__((weak)) _Noreturn void cairn_fatal(enum cairn_reason reason, const void *address)
{
    cairn_failure.reason = reason;
    cairn_failure.address = address;
#if CAIRN_CHECK == 2
    cairn_explain(reason, address, &cairn_damage);
#endif
    printk("cairn: %s: %p\n", cairn_reason_text(reason), address);
    for (;;)
        k_panic();
}

__attribute__((weak)) void cairn_on_failure(const struct cairn_request *request, size_t largest_free)
{
    (void)request;
    (void)largest_free;
}
