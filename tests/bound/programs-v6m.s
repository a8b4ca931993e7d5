@ programs-v6m.s: two small programs for a Cortex-M0, whose timing is another one.
@
@ SPDX-License-Identifier: MIT
        .syntax unified
        .cpu cortex-m0
        .thumb
        .text

        .global calls
        .thumb_func
        .type calls, %function
calls:                                  @ on M0 3 + 2 + 32 + 4 + 4 + 4 + 6, on M0+ 3 + 2 + 32 + 3 + 3 + 3 + 5
        push    {r4, lr}
        ldr     r0, [r0]
        muls    r0, r0, r0
        bl      leaf
        mrs     r1, primask
        pop     {r4, pc}
        .size calls, . - calls

        .global branches
        .thumb_func
        .type branches, %function
branches:                               @ 1 + 1 + 3 + 3, or 1 + 3 + 1 + 3; on M0+ 1 + 1 + 2 + 2
        cmp     r0, #0
        beq     1f
        b       2f
1:      nop
2:      bx      lr
        .size branches, . - branches

        .thumb_func
        .type leaf, %function
leaf:                                   @ 1 + 3; on M0+ 1 + 2
        nop
        bx      lr
        .size leaf, . - leaf
