/* lua5.4-deb-multiarch.h: Debian's build of Lua makes it, with the folder of modules. A firmware has none.
 *
 * SPDX-License-Identifier: MIT */
