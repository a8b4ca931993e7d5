/* SEGGER_RTT.h: a stand-in for the interface of that name, for tests/sinks/sink.c.
 *
 * SPDX-License-Identifier: MIT */
#ifndef STAND_IN_SEGGER_RTT_H
#define STAND_IN_SEGGER_RTT_H

unsigned SEGGER_RTT_WriteSkipNoLock(unsigned channel, const void *bytes, unsigned size);

#endif
