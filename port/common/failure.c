/* failure.c: the cairn_on_failure() of a firmware that brings none of its own: nothing.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.h"

void cairn_on_failure(const struct cairn_request *request, size_t largest_free)
{
    (void)request;
    (void)largest_free;
}
