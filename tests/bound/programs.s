@ programs.s: small programs for tests/scripts/bound.t, for a Cortex-M3. What each is bounded by, or refused
@ for, is in programs.expected; a label at_NAME is where NAME is refused.
@
@ SPDX-License-Identifier: MIT
        .syntax unified
        .cpu cortex-m3
        .thumb

        .macro program name
        .section .text.\name, "ax", %progbits
        .balign 4
        .global \name
        .thumb_func
        .type \name, %function
\name:
        .endm
        .macro done name
        .size \name, . - \name
        .endm
        .macro refused name
        .global at_\name
at_\name:
        .endm

@ ---- Straight code and branches -------------------------------------------------------------------

        program straight                @ 6: 1 + 1 + 3 stores or loads of 2 + 1 + P
        movs    r1, #1
        adds    r1, r1, r0
        str     r1, [r0]
        ldr     r2, [r0, #4]
        str     r2, [r0, #8]
        bx      lr
        done straight

        program stalls                  @ the address comes from the instruction before: a cycle more
        adds    r0, r0, #4
        ldr     r0, [r0]
        ldr     r1, =0x12345678         @ a literal: a cycle more
        bx      lr
        .ltorg
        done stalls

        program branching               @ the longer arm: 1 + 1 + 4 + 1
        cmp     r0, #0
        beq     1f
        nop
        nop
        nop
        nop
        bx      lr
1:      nop
        bx      lr
        done branching

        program decided                 @ r1 is 3: the long arm is not taken
        movs    r1, #3
        cmp     r1, #2
        bhi     1f
        nop
        nop
        nop
1:      bx      lr
        done decided

        program decided_by_range        @ a byte is not above 255
        ldrb    r1, [r0]
        cmp     r1, #255
        bls     1f
        nop
        nop
        nop
1:      bx      lr
        done decided_by_range

        program decided_unsigned        @ a byte plus 5 is not below 5, nor above 260, nor 261
        ldrb    r1, [r0]
        adds    r1, r1, #5
        cmp     r1, #5
        blo     1f
        movw    r2, #260
        cmp     r1, r2
        bhi     1f
        cmp     r2, r1
        blo     1f
        cmp     r1, #0
        beq     1f
        bx      lr
1:      nop
        nop
        bx      lr
        done decided_unsigned

        program decided_signed          @ a byte is not below 0, nor is it below -1
        ldrb    r1, [r0]
        cmp     r1, #0
        blt     1f
        bmi     1f
        movs    r2, #0
        cmp     r2, r1
        bgt     1f
        bx      lr
1:      nop
        nop
        bx      lr
        done decided_signed

        program signs                   @ but a word is; and -1 is below 1 only if it is signed: 3f, not 2f
        ldr     r1, [r0]
        cmp     r1, #1
        blt     1f
        bx      lr
1:      mvn     r2, #0
        cmp     r2, #1
        blo     2f
        blt     3f
        bx      lr
2:      nop
        nop
3:      nop
        bx      lr
        done signs

        program cleared_bits            @ 3 without its bit of 4 is not 0: 1 + 1 + 1 + 1 + 3 + 1
        cmp     r0, #4
        bhi     1f
        bic     r0, r0, #4
        cbz     r0, 1f
        nop
        nop
        nop
1:      bx      lr
        done cleared_bits

        program twice_the_same          @ the same question twice: one long arm, never both
        cmp     r0, #0
        beq     1f
        nop
        nop
1:      mov     r1, r0
        cbnz    r1, 2f
        nop
        nop
2:      bx      lr
        done twice_the_same

        program it_block                @ 1 + IT + 3, whether they are skipped or not
        cmp     r0, #0
        itte    eq
        moveq   r1, #1
        ldreq   r2, [r0, #4]
        movne   r1, #2
        bx      lr
        done it_block

        program it_two_loads            @ one of the loads is skipped, in a cycle: 1 + 1 + 2 + 1 + 4
        cmp     r0, #0
        ite     eq
        ldreq   r1, [r2]
        ldrne   r1, [r3]
        bx      lr
        done it_two_loads

        program it_return               @ the longer way does not return in the IT block
        cmp     r0, #0
        it      eq
        bxeq    lr
        nop
        bx      lr
        done it_return

        program it_keeps_flags          @ a 16-bit MOV in an IT block does not set the flags: 1 + 1 + 1 + 1 + 3 + 1
        cmp     r0, #0
        it      eq
        moveq   r1, #1
        bne     1f
        nop
        nop
        nop
1:      bx      lr
        done it_keeps_flags

        program byte_table              @ the longest of four entries: 1 + 1 + 1 + 3 + 1
        cmp     r0, #3
        bhi     4f
        tbb     [pc, r0]
0:      .byte   (1f - 0b) / 2, (2f - 0b) / 2, (3f - 0b) / 2, (1f - 0b) / 2
1:      bx      lr
2:      nop
        nop
        nop
        bx      lr
3:      nop
4:      bx      lr
        done byte_table

        program halfword_table
        and     r0, r0, #1
        tbh     [pc, r0, lsl #1]
0:      .2byte  (1f - 0b) / 2, (2f - 0b) / 2
1:      bx      lr
2:      nop
        nop
        bx      lr
        done halfword_table

        program open_table              @ nothing says how many entries there are
        refused open_table
        tbb     [pc, r0]
0:      .byte   (1f - 0b) / 2, (1f - 0b) / 2
1:      bx      lr
        done open_table

        program long_multiply           @ 1 + 1; cycles differ from core to core
        umull   r0, r1, r2, r3
        bx      lr
        done long_multiply

@ ---- Calls ----------------------------------------------------------------------------------------

        program leaf                    @ 2
        nop
        bx      lr
        done leaf

        program caller                  @ 1 + 1 + 2 + 1 + 2 + 1
        push    {r4, lr}
        bl      leaf
        bl      leaf
        pop     {r4, pc}
        done caller

        program tail                    @ 1 + 1 + 2
        nop
        b.w     leaf
        done tail

        program tail_by_pointer         @ 1 + 1 + 2: the pointer is a literal
        ldr     r3, =leaf
        bx      r3
        .ltorg
        done tail_by_pointer

        program call_by_pointer         @ 1 + 1 + 1 + 2 + 1
        push    {r4, lr}
        ldr     r3, =leaf
        blx     r3
        pop     {r4, pc}
        .ltorg
        done call_by_pointer

        program zero_or_not             @ 0, quickly; or 7, slowly
        cbz     r0, 1f
        nop
        nop
        nop
        movs    r0, #7
        bx      lr
1:      bx      lr
        done zero_or_not

        program told_by_the_result      @ slow in the callee or here, never both: 1 + 1 + 6 + 1 + 1
        push    {r4, lr}
        bl      zero_or_not
        cbnz    r0, 1f
        nop
        nop
1:      pop     {r4, pc}
        done told_by_the_result

        program by_a_local              @ what a callee stores through a pointer is known: 2f is not come to
        push    {r4, lr}
        sub     sp, sp, #8
        add     r0, sp, #4
        bl      store_five
        ldr     r1, [sp, #4]
        cmp     r1, #5
        bne     2f
        add     sp, sp, #8
        pop     {r4, pc}
2:      nop
        nop
        nop
        add     sp, sp, #8
        pop     {r4, pc}
        done by_a_local

        program store_five
        movs    r1, #5
        str     r1, [r0]
        bx      lr
        done store_five

        program given_away              @ its address is in memory: who knows what is written through it
        push    {r4, lr}
        sub     sp, sp, #8
        str     lr, [sp, #4]
        add     r1, sp, #4
        str     r1, [r0]
        str     r2, [r3]
        ldr     r1, [sp, #4]
        refused given_away
        bx      r1
        done given_away

        program saved_is_no_object      @ where it returns to is saved beside what is given away: no pointer leads there
        push    {r4, lr}
        sub     sp, sp, #8
        add     r1, sp, #4
        str     r1, [r0]
        str     r2, [r0]
        add     sp, sp, #8
        pop     {r4, pc}
        done saved_is_no_object

        program recursion
        push    {r4, lr}
        refused recursion
        bl      recursion
        pop     {r4, pc}
        done recursion

        program mutual
        push    {r4, lr}
        bl      other_half
        pop     {r4, pc}
        done mutual

        program other_half
        push    {r4, lr}
        refused mutual
        bl      mutual
        pop     {r4, pc}
        done other_half

        program indirect_call
        push    {r4, lr}
        refused indirect_call
        blx     r0
        pop     {r4, pc}
        done indirect_call

        program indirect_jump
        refused indirect_jump
        bx      r0
        done indirect_jump

        program into_data
        cbz     r0, 1f
        bx      lr
1:      nop
        refused into_data
        .word   0
        done into_data

        program unbalanced
        push    {r4}
        refused unbalanced
        bx      lr
        done unbalanced

        program waits
        refused waits
        wfi
        bx      lr
        done waits

        program unknown_instruction     @ SMC is none of ARMv7-M
        refused unknown_instruction
        .inst.w 0xf7f08000
        bx      lr
        done unknown_instruction

        program stops                   @ the arm that does not return does not count: 2
        cbz     r0, 1f
        bx      lr
1:      push    {r4, lr}
        nop
        bl      cairn_fatal
        done stops

        program breaks                  @ nor does one that ends at a breakpoint
        cbz     r0, 1f
        bx      lr
1:      nop
        nop
        bkpt    0
        done breaks

        program never_returns
        refused never_returns
        udf     #0
        done never_returns

        program dies_in_a_loop          @ nor does one that ends in a loop that nothing returns from: 2
        cbz     r0, 1f
        bx      lr
1:      subs    r0, r0, #1
        bne     1b
        bl      cairn_fatal
        done dies_in_a_loop

        program lives_after_a_loop      @ but this one may return
        cbz     r0, 1f
        bx      lr
1:      ldr     r0, [r0]
        refused lives_after_a_loop
2:      subs    r0, r0, #1
        bne     2b
        bx      lr
        done lives_after_a_loop

@ ---- Loops ----------------------------------------------------------------------------------------

        program loop
        movs    r1, #4
        refused loop
1:      subs    r1, r1, #1
        bne     1b
        bx      lr
        done loop

        program loop_masked
        cpsid   i
        refused loop_masked
1:      subs    r0, r0, #1
        bne     1b
        cpsie   i
        bx      lr
        done loop_masked

        program rounds                  @ three rounds: 1 + 4 * 2 + 1
        nop
1:      subs    r0, r0, #1
        bne     1b
        bx      lr
        done rounds

        program rounds_in_rounds        @ the inner loop begins anew each time: (1 + 4 * 2 + 2) * 4 + 1
0:      mov     r1, r2
1:      subs    r1, r1, #1
        bne     1b
        subs    r0, r0, #1
        bne     0b
        bx      lr
        done rounds_in_rounds

        program rounds_with_call        @ 1 + (1 + 2 + 2) * 4 + 1
        push    {r4, lr}
1:      bl      leaf
        subs    r4, r4, #1
        bne     1b
        pop     {r4, pc}
        done rounds_with_call

        program rounds_entered_inside   @ three rounds at most: 1 + 1 + 4 + 3 * 5 + 1
        cbz     r0, 2f
1:      nop
2:      nop
        nop
        subs    r1, r1, #1
        bne     1b
        bx      lr
        done rounds_entered_inside

@ ---- Facts of calls -------------------------------------------------------------------------------

        program first                   @ 2
        nop
        bx      lr
        done first

        program second                  @ 3
        nop
        nop
        bx      lr
        done second

        program not_both                @ with the fact, second() alone: 1 + 1 + 1 + 1 + 3 + 1
        push    {r4, lr}
        cbz     r0, 1f
        bl      first
1:      cbz     r1, 2f
        bl      second
2:      pop     {r4, pc}
        done not_both

        program at_most_one             @ with the fact, one of two calls: 1 + 1 + 1 + 1 + 3 + 1
        push    {r4, lr}
        cbz     r0, 1f
        bl      second
1:      cbz     r1, 2f
        bl      second
2:      pop     {r4, pc}
        done at_most_one

@ ---- Interrupts -----------------------------------------------------------------------------------

        program masked                  @ off: the two NOPs and the MSR
        mrs     r3, primask
        cpsid   i
        nop
        nop
        msr     primask, r3
        bx      lr
        done masked

        program masked_twice            @ the longer of two: 3 + 1
        mrs     r3, primask
        cpsid   i
        nop
        msr     primask, r3
        nop
        nop
        nop
        nop
        cpsid   i
        nop
        nop
        nop
        msr     primask, r3
        bx      lr
        done masked_twice

        program masked_inside           @ a lock within a lock does not end it: 1 + 1 + 1 + 1 + 1 + 1
        mrs     r3, primask
        cpsid   i
        mrs     r2, primask
        cpsid   i
        nop
        msr     primask, r2
        nop
        msr     primask, r3
        bx      lr
        done masked_inside

        program masked_in_a_call        @ 1 + 1 + 2 + 1
        push    {r4, lr}
        mrs     r4, primask
        cpsid   i
        nop
        bl      leaf
        msr     primask, r4
        pop     {r4, pc}
        done masked_in_a_call

        program by_basepri              @ ISB, NOP, MSR
        mrs     r3, basepri
        movs    r2, #128
        msr     basepri_max, r2
        isb
        nop
        msr     basepri, r3
        bx      lr
        done by_basepri

        program left_masked
        cpsid   i
        nop
        refused left_masked
        bx      lr
        done left_masked

        program unknown_mask
        cpsid   i
        refused unknown_mask
        msr     primask, r0
        bx      lr
        done unknown_mask

        program copies                  @ the call alone counts: 1 + 1 + 1
        push    {r4, lr}
        bl      memset
        pop     {r4, pc}
        done copies

        program copies_use_registers    @ what memset leaves in r3 is not known: 1 + 1 + 1 + 1 + 2 + 1
        push    {r4, lr}
        movs    r3, #1
        bl      memset
        cmp     r3, #1
        beq     1f
        nop
        nop
1:      pop     {r4, pc}
        done copies_use_registers

        program copies_over_the_stack   @ nor is a word that it has written over: 4 and 2f
        push    {r4, lr}
        sub     sp, sp, #8
        movs    r4, #1
        str     r4, [sp]
        mov     r0, sp
        movs    r2, #4
        bl      memset
        ldr     r1, [sp]
        cmp     r1, #1
        beq     1f
        nop
        nop
1:      add     sp, sp, #8
        pop     {r4, pc}
        done copies_over_the_stack

        program copies_masked
        push    {r4, lr}
        mrs     r4, primask
        cpsid   i
        refused copies_masked
        bl      memset
        msr     primask, r4
        pop     {r4, pc}
        done copies_masked

@ ---- What the C library and the heap bring --------------------------------------------------------

        program cairn_fatal
        b       cairn_fatal
        done cairn_fatal

        .weak   memset                  @ bench/meter.c has one as well
        program memset
1:      subs    r2, r2, #1
        bne     1b
        bx      lr
        done memset
