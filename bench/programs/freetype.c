/* freetype.c: FreeType reads a bitmap font, and strokes and fills outlines.
 *
 * The font is written here, in the format BDF; so are the outlines.
 *
 * SPDX-License-Identifier: MIT */
#include "program.h"

#include <ft2build.h>
#include FT_BITMAP_H
#include FT_FREETYPE_H
#include FT_GLYPH_H
#include FT_OUTLINE_H
#include FT_STROKER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GLYPHS = 96, HEIGHT = 16, ROUNDS = 6, CORNERS = 24 };

/* The font: 96 glyphs, 8 to 15 pixels wide. Returns its size. */
static size_t write_font(char *to, size_t room)
{
    uint32_t seed = 1;
    size_t n = (size_t)snprintf(to, room,
                                "STARTFONT 2.1\nFONT -own-made-medium-r-normal--16-160-75-75-c-80-iso10646-1\n"
                                "SIZE 16 75 75\nFONTBOUNDINGBOX 15 16 0 -2\nSTARTPROPERTIES 2\nFONT_ASCENT 14\n"
                                "FONT_DESCENT 2\nENDPROPERTIES\nCHARS %d\n",
                                GLYPHS);
    for (int i = 0; i < GLYPHS; i++) {
        int width = 8 + i % 8;
        n += (size_t)snprintf(to + n, room - n,
                              "STARTCHAR c%d\nENCODING %d\nSWIDTH 500 0\nDWIDTH %d 0\nBBX %d 16 0 -2\nBITMAP\n", i,
                              32 + i, width, width);
        for (int row = 0; row < HEIGHT; row++)
            n += (size_t)snprintf(to + n, room - n, "%04X\n",
                                  (unsigned)(program_random(&seed) & 0xFFFFu & (0xFFFFu << (16 - width))));
        n += (size_t)snprintf(to + n, room - n, "ENDCHAR\n");
    }
    n += (size_t)snprintf(to + n, room - n, "ENDFONT\n");
    return n < room ? n : 0;
}

static uint32_t sum = 5381;

static void add_bitmap(const FT_Bitmap *bitmap)
{
    for (unsigned row = 0; row < bitmap->rows; row++)
        sum = program_sum(sum, bitmap->buffer + (int)row * bitmap->pitch, bitmap->width);
}

/* A line of text: its glyphs are kept, as a display would, and converted to gray. */
static int text(FT_Library library, FT_Face face, int round)
{
    FT_Glyph line[40] = {0};
    int failed = 0;
    for (int i = 0; i < 40 && !failed; i++) {
        failed = FT_Load_Char(face, (FT_ULong)(32 + (i * 7 + round) % GLYPHS), FT_LOAD_DEFAULT) ||
                 FT_Get_Glyph(face->glyph, &line[i]);
    }
    for (int i = 0; i < 40; i++) {
        if (line[i] == NULL)
            continue;
        FT_Bitmap gray;
        FT_Bitmap_Init(&gray);
        failed |= FT_Bitmap_Convert(library, &((FT_BitmapGlyph)line[i])->bitmap, &gray, 4);
        if (!failed)
            add_bitmap(&gray);
        FT_Bitmap_Done(library, &gray);
        FT_Done_Glyph(line[i]);
    }
    return failed;
}

/* A star of `corners` corners, stroked, and both filled into a bitmap. */
static int star(FT_Library library, int corners, uint32_t *seed)
{
    static const int wave[8] = {0, 707, 1000, 707, 0, -707, -1000, -707};
    FT_Outline outline = {0}, border = {0};
    FT_Stroker stroker = NULL;
    FT_UInt points = 0, contours = 0;
    unsigned char pixels[96 * 96] = {0};
    FT_Bitmap bitmap = {
        .rows = 96, .width = 96, .pitch = 96, .buffer = pixels, .num_grays = 256, .pixel_mode = FT_PIXEL_MODE_GRAY};
    int failed = FT_Outline_New(library, (FT_UInt)corners, 1, &outline);
    if (failed)
        return failed;
    for (int i = 0; i < corners; i++) {
        int radius = i % 2 ? 900 : 2200 + (int)(program_random(seed) % 400);
        int step = i * 8 * 16 / corners; /* sixteenths of an eighth of a turn */
        int part = step % 16, from = step / 16;
        int x = wave[(from + 2) % 8] * (16 - part) + wave[(from + 3) % 8] * part;
        int y = wave[from % 8] * (16 - part) + wave[(from + 1) % 8] * part;
        outline.points[i] = (FT_Vector){3072 + x * radius / 16000, 3072 + y * radius / 16000};
        outline.tags[i] = i % 3 == 1 ? FT_CURVE_TAG_CONIC : FT_CURVE_TAG_ON;
    }
    outline.contours[0] = (short)(corners - 1);
    failed = FT_Stroker_New(library, &stroker);
    if (!failed) {
        FT_Stroker_Set(stroker, 100, FT_STROKER_LINECAP_ROUND, FT_STROKER_LINEJOIN_ROUND, 0);
        failed = FT_Stroker_ParseOutline(stroker, &outline, 0) || FT_Stroker_GetCounts(stroker, &points, &contours) ||
                 FT_Outline_New(library, points, (int)contours, &border);
    }
    if (!failed) {
        border.n_points = border.n_contours = 0;
        FT_Stroker_Export(stroker, &border);
        failed = FT_Outline_Get_Bitmap(library, &outline, &bitmap) || FT_Outline_Get_Bitmap(library, &border, &bitmap);
        add_bitmap(&bitmap);
    }
    FT_Stroker_Done(stroker);
    if (border.points != NULL)
        FT_Outline_Done(library, &border);
    FT_Outline_Done(library, &outline);
    return failed;
}

int program(void)
{
    enum { ROOM = 20000 };
    char *font = malloc(ROOM);
    size_t size = font != NULL ? write_font(font, ROOM) : 0;
    FT_Library library;
    if (size == 0 || FT_Init_FreeType(&library))
        return 1;
    uint32_t seed = 1;
    int failed = 0;
    for (int round = 0; round < ROUNDS && !failed; round++) {
        FT_Face face;
        failed = FT_New_Memory_Face(library, (const FT_Byte *)font, (FT_Long)size, 0, &face);
        if (failed)
            break;
        failed = FT_Select_Size(face, 0) || text(library, face, round);
        for (int corners = 6; corners <= CORNERS && !failed; corners += 6)
            failed = star(library, corners, &seed);
        FT_Done_Face(face);
        printf("round %d: %s, sum %lx\n", round, failed ? "failed" : "done", (unsigned long)sum);
    }
    FT_Done_FreeType(library);
    free(font);
    return failed;
}
