/* linkage.h: internal functions and tables as the linker sees them: all begin with cairn_, so that a
 * firmware may have a heap_free() of its own. Internal.
 *
 * tests/scripts/link.t fails if one is missing here.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_LINKAGE_H
#define CAIRN_LINKAGE_H

/* What is neither taking nor freeing: compiled for size at any level. */
#define COLD __attribute__((cold))

#define account_begin cairn_account_begin
#define account_call cairn_account_call
#define account_end cairn_account_end
#define account_failure cairn_account_failure
#define explain_note_free cairn_explain_note_free
#define explain_note_heap cairn_explain_note_heap
#define guard_begin cairn_guard_begin
#define guard_check cairn_guard_check
#define guard_close cairn_guard_close
#define guard_cut cairn_guard_cut
#define guard_describe cairn_guard_describe
#define guard_ends cairn_guard_ends
#define guard_fill cairn_guard_fill
#define guard_fill_heap cairn_guard_fill_heap
#define guard_hand_out cairn_guard_hand_out
#define guard_inspect cairn_guard_inspect
#define guard_inspect_tail cairn_guard_inspect_tail
#define guard_release cairn_guard_release
#define guard_resize cairn_guard_resize
#define guard_size cairn_guard_size
#define guard_take cairn_guard_take
#define guard_take_back cairn_guard_take_back
#define guard_vacate cairn_guard_vacate
#define heap_begin cairn_heap_begin
#define heap_cut cairn_heap_cut
#define heap_extend cairn_heap_extend
#define heap_fit_aligned cairn_heap_fit_aligned
#define heap_free cairn_heap_free
#define heap_free_size cairn_heap_free_size
#define heap_free_below cairn_heap_free_below
#define heap_left_over cairn_heap_left_over
#define heap_lay_out cairn_heap_lay_out
#define heap_live_size cairn_heap_live_size
#define heap_misuse cairn_heap_misuse
#define heap_reserve cairn_heap_reserve
#define heap_split cairn_heap_split
#define heap_take cairn_heap_take
#define plain_cairn_aligned_alloc cairn_plain_cairn_aligned_alloc
#define plain_cairn_calloc cairn_plain_cairn_calloc
#define plain_cairn_free cairn_plain_cairn_free
#define plain_cairn_init cairn_plain_cairn_init
#define plain_cairn_malloc cairn_plain_cairn_malloc
#define plain_cairn_realloc cairn_plain_cairn_realloc
#define plain_cairn_usable_size cairn_plain_cairn_usable_size
#define plain_calloc cairn_plain_calloc
#define plain_free cairn_plain_free
#define plain_malloc cairn_plain_malloc
#define plain_malloc_usable_size cairn_plain_malloc_usable_size
#define plain_memalign cairn_plain_memalign
#define plain_realloc cairn_plain_realloc
#define plain_sbrk cairn_plain_sbrk
#define region_heap cairn_region_heap
#define region_move cairn_region_move
#define region_take cairn_region_take
#define region_take_in cairn_region_take_in
#define heap_write_control cairn_heap_write_control
#define system_home cairn_system_home
#define system_keep_aligned cairn_system_keep_aligned
#define system_refuse cairn_system_refuse
#define system_start cairn_system_start
#define system_take cairn_system_take
#define trace_number cairn_trace_number
#define trace_record cairn_trace_record

#endif
