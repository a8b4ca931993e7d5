/* cairn_zephyr.h: the options of zephyr/Kconfig, as cairn_config.h takes them. Zephyr's autoconf.h is read before every
 * file of a firmware.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_ZEPHYR_H
#define CAIRN_ZEPHYR_H

#ifndef CONFIG_CAIRN
#error "Set CONFIG_CAIRN=y in prj.conf"
#endif

#define CAIRN_PORT_HEADER "zephyr/lock_by_irq.h"

/* port/common/region.c: the array in port.c; or from the end of the image, which has all stacks in it, to that of the
 * SRAM, by the names of Zephyr's linker script. */
#if CONFIG_CAIRN_HEAP_SIZE >= 0
#define CAIRN_HEAP_START cairn_zephyr_heap
#define CAIRN_HEAP_LIMIT cairn_zephyr_heap_end
#else
#define CAIRN_HEAP_START _end
#define CAIRN_HEAP_LIMIT __kernel_ram_end
#endif

#if defined(CONFIG_CAIRN_REACH_2G)
#define CAIRN_INDEX_BITS 32
#elif defined(CONFIG_CAIRN_REACH_1M)
#define CAIRN_GRANULE 16
#endif
#ifdef CONFIG_CAIRN_GUARD
#define CAIRN_CHECK 2
#endif
#ifdef CONFIG_CAIRN_COUNTS
#define CAIRN_COUNTS 1
#endif
#define CAIRN_SITES CONFIG_CAIRN_SITES
#ifdef CONFIG_CAIRN_TRACE
#define CAIRN_TRACE 1
#endif
#ifdef CONFIG_CAIRN_REGIONS
#define CAIRN_REGIONS 1
#endif

#endif
