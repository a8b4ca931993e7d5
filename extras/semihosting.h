/* semihosting.h: files, console and exit of the host that runs the firmware. No libc, no heap.
 *
 * Numbers and parameter blocks: ARM, "Semihosting for AArch32 and AArch64", release 2.0.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_SEMIHOSTING_H
#define CAIRN_SEMIHOSTING_H

#include <stddef.h>
#include <stdint.h>

enum { SEMIHOSTING_READ = 1, SEMIHOSTING_WRITE = 5 }; /* modes "rb" and "wb" */

/* Returns a handle, or -1 if the file cannot be opened. */
int semihosting_open(const char *path, int mode);
void semihosting_close(int handle);

/* Returns the number of bytes read, 0 at the end of the file. */
size_t semihosting_read(int handle, void *buffer, size_t size);

/* Returns the number of bytes written. */
size_t semihosting_write(int handle, const void *buffer, size_t size);

/* Write a string to the console. */
void semihosting_puts(const char *text);

/* The command line, arguments apart by spaces, cut to `size` - 1 characters. */
void semihosting_command_line(char *buffer, size_t size);

_Noreturn void semihosting_exit(int status);

#endif
