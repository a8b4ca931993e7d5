/* trcRecorder.h: a stand-in for the interface of that name, for tests/sinks/sink.c.
 *
 * SPDX-License-Identifier: MIT */
#ifndef STAND_IN_TRCRECORDER_H
#define STAND_IN_TRCRECORDER_H

#include <stdint.h>

typedef uintptr_t TraceStringHandle_t;
int xTraceStringRegister(const char *name, TraceStringHandle_t *channel);
int xTracePrintF(TraceStringHandle_t channel, const char *format, ...);

#endif
