/* fork.h: the heap over fork().
 *
 * The thread that forks freezes every arena and the table of large blocks, so that no step of another thread is
 * copied half done. Until fork() is over, another thread is served without waiting: it takes from an arena that is
 * not frozen, and what it frees is noted and freed afterwards. So it cannot hold up fork(), whatever locks it
 * holds: stdio's, the C library's for names, or those that other people's handlers take. The forking thread itself
 * goes on as if nothing was locked.
 *
 * In the child the frozen arenas are as they were. Another one may have been copied half done: it is dead. The
 * sizes of its blocks can be read, to free one does nothing, and nothing is taken from it.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_POSIX_FORK_H
#define CAIRN_POSIX_FORK_H

#include "lock.h"

/* Has this thread frozen the heap? */
bool fork_is_mine(void) __attribute__((visibility("hidden")));

/* Free the block at `p` when fork() is over: its lock is frozen. The misuse that it may be is found then. */
void fork_free_later(void *p) __attribute__((visibility("hidden")));

#endif
