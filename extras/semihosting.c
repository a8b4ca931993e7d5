/* semihosting.c: see semihosting.h.
 *
 * SPDX-License-Identifier: MIT */
#include "semihosting.h"

enum {
    SYS_OPEN = 0x01,
    SYS_CLOSE = 0x02,
    SYS_WRITE0 = 0x04,
    SYS_WRITE = 0x05,
    SYS_READ = 0x06,
    SYS_GET_CMDLINE = 0x15,
    SYS_EXIT_EXTENDED = 0x20,
};

enum { ADP_STOPPED_APPLICATION_EXIT = 0x20026 };

/* RISC-V knows the call by the two instructions around EBREAK, which are not compressed and lie on one page ("RISC-V
 * Semihosting", version 0.4). */
static int call(int operation, const void *parameters)
{
#ifdef __riscv
    register long a0 __asm("a0") = operation;
    register const void *a1 __asm("a1") = parameters;
    __asm volatile(".option push\n\t.option norvc\n\t.balign 16\n\t"
                   "slli x0, x0, 0x1f\n\tebreak\n\tsrai x0, x0, 7\n\t.option pop"
                   : "+r"(a0)
                   : "r"(a1)
                   : "memory");
    return (int)a0;
#else
    register int r0 __asm("r0") = operation;
    register const void *r1 __asm("r1") = parameters;
    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
#endif
}

static size_t length(const char *text)
{
    size_t n = 0;
    while (text[n] != '\0')
        n++;
    return n;
}

int semihosting_open(const char *path, int mode)
{
    const uintptr_t block[3] = {(uintptr_t)path, (uintptr_t)mode, length(path)};
    return call(SYS_OPEN, block);
}

void semihosting_close(int handle)
{
    const uintptr_t block[1] = {(uintptr_t)handle};
    call(SYS_CLOSE, block);
}

size_t semihosting_read(int handle, void *buffer, size_t size)
{
    const uintptr_t block[3] = {(uintptr_t)handle, (uintptr_t)buffer, size};
    return size - (size_t)call(SYS_READ, block);
}

size_t semihosting_write(int handle, const void *buffer, size_t size)
{
    const uintptr_t block[3] = {(uintptr_t)handle, (uintptr_t)buffer, size};
    return size - (size_t)call(SYS_WRITE, block);
}

void semihosting_puts(const char *text)
{
    call(SYS_WRITE0, text);
}

void semihosting_command_line(char *buffer, size_t size)
{
    const uintptr_t block[2] = {(uintptr_t)buffer, size};
    if (call(SYS_GET_CMDLINE, block) != 0)
        buffer[0] = '\0';
    buffer[size - 1] = '\0';
}

_Noreturn void semihosting_exit(int status)
{
    const uintptr_t block[2] = {ADP_STOPPED_APPLICATION_EXIT, (uintptr_t)status};
    for (;;)
        call(SYS_EXIT_EXTENDED, block);
}
