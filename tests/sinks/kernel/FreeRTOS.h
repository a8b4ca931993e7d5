/* FreeRTOS.h: a stand-in for the header of that name, for tests/scripts/sinks.t.
 *
 * SPDX-License-Identifier: MIT */
#ifndef STAND_IN_FREERTOS_H
#define STAND_IN_FREERTOS_H

#include <stdint.h>

#endif
