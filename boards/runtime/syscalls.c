/* syscalls.c: newlib's system calls by semihosting, for the firmwares of tests and examples: files
 * of the host, and the console as standard output and error. Memory is not here: see sbrk.c. `used`: see reent.c.
 *
 * SPDX-License-Identifier: MIT */
#include "semihosting.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int _open(const char *path, int flags, ...);
int _close(int file);
int _read(int file, char *buffer, int size);
int _write(int file, const char *buffer, int size);
int _lseek(int file, int offset, int whence);
int _fstat(int file, struct stat *status);
int _isatty(int file);
int _getpid(void);
int _kill(int pid, int signal);
_Noreturn void _exit(int status);

/* The host's handles start at 1: files 0 to 2 are the console, 3 + h is handle h. */
enum { CONSOLE = 3 };

__attribute__((used)) int _open(const char *path, int flags, ...)
{
    int handle = semihosting_open(path, (flags & O_ACCMODE) == O_RDONLY ? SEMIHOSTING_READ : SEMIHOSTING_WRITE);
    if (handle < 0) {
        errno = ENOENT;
        return -1;
    }
    return handle + CONSOLE;
}

__attribute__((used)) int _close(int file)
{
    if (file >= CONSOLE)
        semihosting_close(file - CONSOLE);
    return 0;
}

__attribute__((used)) int _read(int file, char *buffer, int size)
{
    return file < CONSOLE ? 0 : (int)semihosting_read(file - CONSOLE, buffer, (size_t)size);
}

__attribute__((used)) int _write(int file, const char *buffer, int size)
{
    if (file >= CONSOLE)
        return (int)semihosting_write(file - CONSOLE, buffer, (size_t)size);
    char text[33];
    for (int done = 0; done < size;) {
        int n = 0;
        while (n < (int)sizeof text - 1 && done < size)
            text[n++] = buffer[done++];
        text[n] = '\0';
        semihosting_puts(text);
    }
    return size;
}

__attribute__((used)) int _lseek(int file, int offset, int whence)
{
    (void)file;
    (void)offset;
    (void)whence;
    errno = ESPIPE;
    return -1;
}

__attribute__((used)) int _fstat(int file, struct stat *status)
{
    *status = (struct stat){.st_mode = file < CONSOLE ? S_IFCHR : S_IFREG};
    return 0;
}

__attribute__((used)) int _isatty(int file)
{
    return file < CONSOLE;
}

__attribute__((used)) int _getpid(void)
{
    return 1;
}

__attribute__((used)) int _kill(int pid, int signal)
{
    (void)pid;
    (void)signal;
    errno = EINVAL;
    return -1;
}

__attribute__((used)) _Noreturn void _exit(int status)
{
    semihosting_exit(status);
}
