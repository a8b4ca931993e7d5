/* sqlite.c: SQLite runs sqlite.sql in memory.
 *
 * SPDX-License-Identifier: MIT */
#include "program.h"

#include <sqlite3.h>

#include <stdio.h>
#include <string.h>

PROGRAM_TEXT(statements, "bench/programs/sqlite.sql");

/* There are no files; the rest must be the same in every run. */
static int no_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    (void)vfs, (void)name, (void)flags, (void)out;
    file->pMethods = NULL;
    return SQLITE_CANTOPEN;
}

static int randomness(sqlite3_vfs *vfs, int size, char *bytes)
{
    (void)vfs;
    memset(bytes, 1, (size_t)size);
    return size;
}

static int julian_day(sqlite3_vfs *vfs, double *day)
{
    (void)vfs;
    *day = 2461000.5;
    return SQLITE_OK;
}

static sqlite3_vfs system_of_none = {.iVersion = 1,
                                     .szOsFile = sizeof(sqlite3_file),
                                     .mxPathname = 64,
                                     .zName = "none",
                                     .xOpen = no_file,
                                     .xRandomness = randomness,
                                     .xCurrentTime = julian_day};

int sqlite3_os_init(void)
{
    return sqlite3_vfs_register(&system_of_none, 1);
}

int sqlite3_os_end(void)
{
    return SQLITE_OK;
}

static int row(void *context, int columns, char **values, char **names)
{
    (void)context, (void)names;
    for (int i = 0; i < columns; i++)
        printf("%s%s", i > 0 ? "|" : "", values[i] != NULL ? values[i] : "-");
    printf("\n");
    return 0;
}

int program(void)
{
    sqlite3 *database;
    if (sqlite3_open(":memory:", &database) != SQLITE_OK)
        return 1;
    char *error = NULL;
    int failed = sqlite3_exec(database, statements, row, NULL, &error) != SQLITE_OK;
    if (failed)
        printf("%s\n", error != NULL ? error : "no memory");
    sqlite3_free(error);
    sqlite3_close(database);
    return failed;
}
