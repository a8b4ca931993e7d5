/* ceiling.h: the lock by BASEPRI, with a ceiling that the firmware gives when it links: one library for all ceilings.
 *
 * The ceiling is the value of the symbol `cairn_ceiling`, as CAIRN_CEILING in basepri.h. port/freertos/heap_cairn.c
 * defines it from FreeRTOSConfig.h; any other firmware by the linker: -Wl,--defsym=cairn_ceiling=0x40. A firmware
 * without it does not link. It is a constant to the lock: the value lies in the code, not in RAM.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_CEILING_H
#define CAIRN_CEILING_H

#define CAIRN_CEILING_OF_FIRMWARE
#include "basepri.h"

#endif
