/* damage.h: what becomes of a call where one field of what the heap keeps was overwritten.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXHAUSTIVE_DAMAGE_H
#define EXHAUSTIVE_DAMAGE_H

#include "trial.h"

struct damage {
    size_t at;      /* the field: bytes from the start of the heap's memory */
    uint32_t value; /* what it was overwritten with */
    struct call call;
    uint64_t found; /* calls that ended in cairn_fatal() */
};

/* The heap has just been put into its state, where no live block lies. Overwrite each field that the heap proves with
 * each index that there is, and make every call. The call must end in cairn_fatal() with the field's reason, or come back;
 * and in either case have spared the live blocks and all that is not the heap's. If it comes back, it must have given a
 * block that was free; and if the field is a link, it must have done what it does without the damage. NULL, or what is wrong, with the damage and the call in *damage. */
const char *damage_all(struct trial *trial, const struct bounds *bounds, struct damage *damage);

#endif
