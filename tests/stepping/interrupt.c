/* interrupt.c: see interrupt.h.
 *
 * SPDX-License-Identifier: MIT */
#include "interrupt.h"

#include "blocks.h"
#include "picture.h"

unsigned interrupt_first;
unsigned interrupt_faults, interrupt_refused;

static void take(struct drawn *block, size_t size)
{
    void *p = launder(malloc(size));
    if (p == NULL)
        interrupt_refused++;
    else
        drawn_set(block, p, size);
}

static void resize(struct drawn *block, size_t size)
{
    char *p = launder(realloc(block->p, size));
    if (p == NULL) {
        interrupt_refused++;
        return;
    }
    if (!drawn_in(block, p, size))
        interrupt_faults++;
    drawn_set(block, p, size);
}

static void give_back(struct drawn *block)
{
    if (!drawn_in(block, block->p, block->size))
        interrupt_faults++;
    free(block->p);
    block->p = NULL;
}

static void free_drawn(void)
{
    for (unsigned i = 0; i < picture.count; i++)
        if (picture.blocks[i].kind == 'h')
            give_back(&picture.blocks[i]);
}

static void resize_drawn(void)
{
    for (unsigned i = 0; i < picture.count; i++) {
        struct drawn *block = &picture.blocks[i];
        if (block->kind == 'g')
            resize(block, block->size * 2);
        else if (block->kind == 's')
            resize(block, block->size / 2);
    }
}

static void take_drawn(void)
{
    for (unsigned i = 0; i < picture.count; i++)
        if (picture.blocks[i].kind == 'x')
            take(&picture.blocks[i], picture.blocks[i].size);
}

static void come_and_go(void)
{
    struct drawn *staying = picture_add('i');
    struct drawn *passing = picture_add('i');
    take(staying, 24);
    take(passing, 16);
    if (staying->p != NULL)
        resize(staying, 56);
    if (passing->p != NULL)
        give_back(passing);
}

void interrupt(void)
{
    static void (*const deeds[INTERRUPT_DEEDS])(void) = {free_drawn, resize_drawn, take_drawn, come_and_go};
    for (unsigned i = 0; i < INTERRUPT_DEEDS; i++)
        deeds[(interrupt_first + i) % INTERRUPT_DEEDS]();
}
