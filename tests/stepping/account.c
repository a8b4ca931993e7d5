/* account.c: see account.h.
 *
 * SPDX-License-Identifier: MIT */
#include "account.h"

#include "clock.h"
#include "tap.h"

#include <stdbool.h>
#include <string.h>

struct totals account_totals;

enum { ADDRESSES = 500 };
static struct {
    unsigned open, held, locks, addresses;
    unsigned until; /* where the interrupts come that are held by the last lock */
    uint32_t address[ADDRESSES];
} account;

void account_begin(void)
{
    account.open = account.held = account.locks = account.addresses = account.until = 0;
}

/* Enter a return address, if it is another one. False if there is no room. */
static bool enter_address(uint32_t address)
{
    for (unsigned i = 0; i < account.addresses; i++)
        if (account.address[i] == address)
            return true;
    if (account.addresses == ADDRESSES)
        return false;
    account.address[account.addresses++] = address;
    return true;
}

/* Does the instruction that unlocks end at `address`? MSR PRIMASK, Rn (ARMv7-M ARM, B5.2.3); csrs mstatus, rs. */
static bool is_behind_unlock(uint32_t address)
{
    const uint16_t *next = (const uint16_t *)(uintptr_t)address;
#ifdef __riscv
    return (next[-2] & 0x7fffu) == 0x2073u && (next[-1] & 0xfff0u) == 0x3000u;
#else
    return (next[-2] & 0xfff0u) == 0xf380u && next[-1] == 0x8810u;
#endif
}

const char *account_enter(unsigned k)
{
    unsigned held = clock_interruption.held;
    account_totals.interrupts++;
    if (k <= account.until && k + held != account.until)
        return "it came elsewhere than the one before, which the same lock held";
    if (held == 0) {
        account.open++;
        return enter_address(clock_interruption.address) ? NULL : "there are too many addresses";
    }
    account.held++;
    if (k + held == account.until)
        return NULL;
    account.locks++;
    account.until = k + held;
    return is_behind_unlock(clock_interruption.address) ? NULL : "it was held, but came at no unlock";
}

const char *account_close(unsigned instructions)
{
    if (!clock_returned() || account.until >= instructions)
        return "the last interrupt did not come at the return";
    return account.open + account.held == instructions ? NULL : "not every instruction had its interrupt";
}

/* ---- The table ------------------------------------------------------------------------------ */

enum { NAME_WIDTH = 54, CELL_WIDTH = 9, CELLS = 5 };

static void write_blanks(size_t from, size_t to)
{
    for (; from < to; from++)
        tap_write(" ");
}

void account_name(const char *name)
{
    tap_write("# ");
    tap_write(name);
    write_blanks(strlen(name), NAME_WIDTH);
}

static void write_cell(const char *text)
{
    write_blanks(strlen(text), CELL_WIDTH);
    tap_write(text);
}

static void write_number(unsigned number)
{
    char text[12];
    char *p = text + sizeof text;
    *--p = '\0';
    do
        *--p = (char)('0' + number % 10u);
    while ((number /= 10u) != 0);
    write_cell(p);
}

void account_heading(void)
{
    static const char *const cells[CELLS] = {"all", "open", "held", "locks", "address"};
    account_name("instructions of a path");
    for (unsigned i = 0; i < CELLS; i++)
        write_cell(cells[i]);
    tap_write("\n");
}

void account_row(void)
{
    const unsigned cells[CELLS] = {account.open + account.held, account.open, account.held, account.locks,
                                   account.addresses};
    for (unsigned i = 0; i < CELLS; i++)
        write_number(cells[i]);
    tap_write("\n");
    account_totals.paths++;
    account_totals.open += account.open;
    account_totals.held += account.held;
    account_totals.locks += account.locks;
}
