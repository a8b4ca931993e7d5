/* What a firmware under test prints of its heap: see report.c.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REPORT_H
#define REPORT_H

#include "cairn.h"

/* Live bytes by calling site (CAIRN_SITES). */
void report_sites(const char *when);

#endif
