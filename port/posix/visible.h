/* visible.h: what others see of the library: cairn.h, and the malloc family. For the compiler's -include: all else
 * is hidden.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_POSIX_VISIBLE_H
#define CAIRN_POSIX_VISIBLE_H

#pragma GCC visibility push(default)
#include "cairn.h"
#include "system/names.h"
#pragma GCC visibility pop

#endif
