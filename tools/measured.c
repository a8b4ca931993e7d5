/* measured.c: runs a program and says what it took, for tools/preload.py.
 *
 *   measured PRELOAD OUTPUT PROGRAM ARGUMENT...
 *
 * PRELOAD is what LD_PRELOAD is for the program, or empty. Its standard output goes to the file OUTPUT, its
 * standard error to OUTPUT.err. Prints: exit status (128 + signal, as a shell has it), wall time and
 * processor time in microseconds, and the largest resident set of it and all that it waited for, in KiB.
 *
 * The kernel counts what a process was before exec() to its resident set: so this program is small.
 *
 * SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000ll + time.tv_nsec / 1000;
}

static long long microseconds(struct timeval time)
{
    return time.tv_sec * 1000000ll + time.tv_usec;
}

static void redirect(int fd, const char *path, int flags)
{
    int file = open(path, flags, 0666);
    if (file < 0 || dup2(file, fd) < 0) {
        perror(path);
        _exit(127);
    }
    close(file);
}

static _Noreturn void run(char **words)
{
    char errors[4096];
    snprintf(errors, sizeof errors, "%s.err", words[2]);
    redirect(STDIN_FILENO, "/dev/null", O_RDONLY);
    redirect(STDOUT_FILENO, words[2], O_WRONLY | O_CREAT | O_TRUNC);
    redirect(STDERR_FILENO, errors, O_WRONLY | O_CREAT | O_TRUNC);
    if (words[1][0] != '\0')
        setenv("LD_PRELOAD", words[1], 1);
    execvp(words[3], words + 3);
    perror(words[3]);
    _exit(127);
}

int main(int count, char **words)
{
    if (count < 4) {
        fprintf(stderr, "usage: measured PRELOAD OUTPUT PROGRAM ARGUMENT...\n");
        return 2;
    }
    long long start = now();
    pid_t child = fork();
    if (child == 0)
        run(words);
    int status;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) != child) {
        perror("measured");
        return 2;
    }
    long long end = now();
    printf("%d %lld %lld %ld\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), end - start,
           microseconds(usage.ru_utime) + microseconds(usage.ru_stime), usage.ru_maxrss);
    return 0;
}
