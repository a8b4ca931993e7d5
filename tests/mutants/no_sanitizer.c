/* no_sanitizer.c: what tests/fuzz/replay.c asks of the sanitizers, for a program without them.
 *
 * SPDX-License-Identifier: MIT */
void __sanitizer_set_death_callback(void (*callback)(void));

void __sanitizer_set_death_callback(void (*callback)(void))
{
    (void)callback;
}
