/* SEGGER_SYSVIEW.h: a stand-in for the interface of that name, for tests/sinks/sink.c.
 *
 * SPDX-License-Identifier: MIT */
#ifndef STAND_IN_SEGGER_SYSVIEW_H
#define STAND_IN_SEGGER_SYSVIEW_H

void SEGGER_SYSVIEW_HeapAlloc(void *heap, void *block, unsigned int size);
void SEGGER_SYSVIEW_HeapFree(void *heap, void *block);

#endif
