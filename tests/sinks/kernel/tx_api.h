/* tx_api.h: a stand-in for the header of that name, for tests/scripts/sinks.t.
 *
 * SPDX-License-Identifier: MIT */
#ifndef STAND_IN_TX_API_H
#define STAND_IN_TX_API_H

typedef struct stand_in_thread {
    char *tx_thread_name;
} TX_THREAD;
TX_THREAD *tx_thread_identify(void);

#endif
