/* names.c: what picolibc needs besides the malloc family: nothing. Its own functions allocate by the
 * plain names, and its errno is thread-local.
 *
 * SPDX-License-Identifier: MIT */

/* Takes this object, and with it all names, out of the archive: linker/sections.ld asks for it, as
 * does `-u cairn_names` on a link line. */
extern const char cairn_names;
const char cairn_names = 0;
