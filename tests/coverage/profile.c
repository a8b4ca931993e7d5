/* profile.c: where a program's profile goes: into a file beside it, however the program ends.
 *
 * The runtime writes it after main() has returned. A test that ends in _exit(), as one does after
 * cairn_fatal(), comes through here on its way: it is linked with --wrap=_exit.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>

/* From the compiler's runtime: compiler-rt, profile/InstrProfiling.h. */
int __llvm_profile_write_file(void);
void __llvm_profile_set_filename(const char *name);

/* From glibc, which declares it only for _GNU_SOURCE. */
extern char *program_invocation_name;

_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

__attribute__((constructor)) static void name_profile(void)
{
    static char name[4096];
    snprintf(name, sizeof name, "%s.profraw", program_invocation_name);
    __llvm_profile_set_filename(name);
}

_Noreturn void __wrap__exit(int status)
{
    __real__exit(__llvm_profile_write_file() == 0 ? status : 3);
}
