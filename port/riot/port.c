/* port.c: Cairn on RIOT: cairn_fatal() as a panic of the kernel.
 *
 * RIOT links modules as objects: what the application may define itself is weak.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.h"

#include "panic.h"

__attribute__((weak)) volatile struct cairn_failure cairn_failure;
#if CAIRN_CHECK == 2
__attribute__((weak)) struct cairn_report cairn_damage;
#endif

__attribute__((weak)) _Noreturn void cairn_fatal(enum cairn_reason reason, const void *address)
{
    cairn_failure.reason = reason;
    cairn_failure.address = address;
#if CAIRN_CHECK == 2
    cairn_explain(reason, address, &cairn_damage);
#endif
    core_panic(PANIC_GENERAL_ERROR, cairn_reason_text(reason));
}

__attribute__((weak)) void cairn_on_failure(const struct cairn_request *request, size_t largest_free)
{
    (void)request;
    (void)largest_free;
}
