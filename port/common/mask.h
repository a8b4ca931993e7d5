/* mask.h: the lock that masks every interrupt, of the core that it is compiled for: by PRIMASK, or by mstatus.MIE. For
 * build systems that do not ask which core that is.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_MASK_H
#define CAIRN_MASK_H

#ifdef __riscv
#include "riscv/mie.h"
#else
#include "cortex-m/primask.h"
#endif

#endif
