/* trace_task_threadx.c: port_task() and port_task_name() for ThreadX; the exception's number in an interrupt.
 *
 * Compile it with the kernel's folders.
 *
 * SPDX-License-Identifier: MIT */
#include "port.h"
#include "tx_api.h"

uintptr_t port_task(void)
{
    uint32_t exception;
    __asm volatile("mrs %0, ipsr" : "=r"(exception));
    return exception != 0 ? exception : (uintptr_t)tx_thread_identify();
}

const char *port_task_name(uintptr_t task)
{
    return ((const TX_THREAD *)task)->tx_thread_name;
}
