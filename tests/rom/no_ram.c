/* A region where no RAM is: flash, which keeps what stood there.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "tap.h"

static const _Alignas(64) char flash[1024] = {1, 2, 3, 4};

static void what_does_not_hold_data_is_out_of_range(void)
{
    void *start = launder((void *)(uintptr_t)flash);
    CHECK(cairn_add_region(start, sizeof flash, 0) == CAIRN_REGION_OUT_OF_RANGE);
    CHECK(cairn_region(0, NULL) == NULL);
    CHECK(flash[0] == 1 && flash[3] == 4 && flash[sizeof flash - 1] == 0);
}

TAP_MAIN(TEST(what_does_not_hold_data_is_out_of_range))
