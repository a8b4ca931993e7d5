/* context.c: time and task of recorded.c: a time that each question advances, a task, and the interrupt's number.
 *
 * SPDX-License-Identifier: MIT */
#include "port.h"

static char task;

uint32_t port_time(void)
{
    static uint32_t now;
    uint32_t state = port_lock();
    uint32_t time = ++now;
    port_unlock(state);
    return time;
}

uintptr_t port_task(void)
{
    uint32_t exception;
    __asm volatile("mrs %0, ipsr" : "=r"(exception));
    return exception != 0 ? exception : (uintptr_t)&task;
}

const char *port_task_name(uintptr_t asked)
{
    (void)asked;
    return "main task";
}
