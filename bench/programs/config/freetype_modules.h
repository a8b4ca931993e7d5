/* freetype_modules.h: the modules of FreeType that bench/programs/freetype.c needs.
 *
 * SPDX-License-Identifier: MIT */
FT_USE_MODULE(FT_Driver_ClassRec, bdf_driver_class)
FT_USE_MODULE(FT_Renderer_Class, ft_smooth_renderer_class)
