/* lock.c: the order of the steps of port/rp2/spin_lock.h: interrupts are off before the spin lock is taken, and on again
 * after it is released; within the lock only interrupts are looked at. Runs on the host.
 *
 * SPDX-License-Identifier: MIT */
#include "port.h"
#include "tap.h"

#include <string.h>

void note(char letter);
uint32_t interrupts;
spin_lock_t spin_locks[32];
unsigned core_number;
static char did[32];

void note(char letter)
{
    size_t length = strlen(did);
    if (length < sizeof did - 1)
        did[length] = letter;
}

/* Were these the steps since the last look? */
static int steps(const char *expected)
{
    int same = strcmp(did, expected) == 0;
    memset(did, 0, sizeof did);
    return same;
}

static int unlocked(void)
{
    for (size_t i = 0; i < sizeof spin_locks; i++)
        if (spin_locks[i] != 0)
            return 0;
    return 1;
}

int main(void)
{
    tap_plan(9);

    uint32_t state = port_lock();
    tap_result(steps("ds.") && interrupts == 1, "interrupts are off before the spin lock is taken");
    tap_result(spin_locks[PICO_SPINLOCK_ID_STRIPED_LAST] == 1, "the lock is the last of the striped ones");
    uint32_t inner = port_lock();
    tap_result(steps("d"), "a core that has the lock does not wait for itself");
    port_unlock(inner);
    tap_result(steps("r") && interrupts == 1 && spin_locks[PICO_SPINLOCK_ID_STRIPED_LAST] == 1,
               "the inner unlock releases nothing, and leaves interrupts off");
    port_unlock(state);
    tap_result(steps("ur") && interrupts == 0 && unlocked(), "the spin lock is released before interrupts are on");

    state = port_lock();
    tap_result(steps("ds."), "the same core takes the spin lock anew");
    port_unlock(state);
    (void)steps("");

    interrupts = 1;
    core_number = 1;
    state = port_lock();
    tap_result(steps("ds."), "the other core takes it");
    core_number = 0;
    (void)port_lock();
    tap_result(steps("ds!"), "meanwhile this core waits for the spin lock");
    core_number = 1;
    port_unlock(state);
    tap_result(interrupts == 1, "an unlock leaves interrupts off that the lock found off");
    return tap_status();
}
