/* expat.c: expat parses a document in pieces; a tree is built of it, searched and dropped.
 *
 * SPDX-License-Identifier: MIT */
#include "program.h"

#include <expat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS = 160, DOCUMENTS = 8 };

struct node {
    struct node *parent, *first, *next;
    char *name, *text;
};

struct reader {
    struct node *root, *at;
    int failed;
};

static void on_start(void *context, const char *name, const char **attributes)
{
    struct reader *reader = context;
    struct node *node = calloc(1, sizeof *node);
    if (node == NULL || (node->name = strdup(name)) == NULL) {
        free(node);
        reader->failed = 1;
        return;
    }
    node->parent = reader->at;
    if (node->parent != NULL) {
        node->next = node->parent->first;
        node->parent->first = node;
    } else {
        reader->root = node;
    }
    if (attributes[0] != NULL)
        node->text = strdup(attributes[1]);
    reader->at = node;
}

static void on_text(void *context, const char *text, int length)
{
    struct reader *reader = context;
    if (reader->at == NULL)
        return;
    size_t had = reader->at->text != NULL ? strlen(reader->at->text) : 0;
    char *longer = realloc(reader->at->text, had + (size_t)length + 1);
    if (longer == NULL) {
        reader->failed = 1;
        return;
    }
    memcpy(longer + had, text, (size_t)length);
    longer[had + (size_t)length] = '\0';
    reader->at->text = longer;
}

static void on_end(void *context, const char *name)
{
    (void)name;
    struct reader *reader = context;
    if (reader->at != NULL)
        reader->at = reader->at->parent;
}

static int count_and_drop(struct node *node, uint32_t *sum)
{
    int count = 1;
    for (struct node *next, *child = node->first; child != NULL; child = next) {
        next = child->next;
        count += count_and_drop(child, sum);
    }
    *sum = program_sum(*sum, node->name, (uint32_t)strlen(node->name));
    if (node->text != NULL)
        *sum = program_sum(*sum, node->text, (uint32_t)strlen(node->text));
    free(node->name);
    free(node->text);
    free(node);
    return count;
}

static int feed(XML_Parser parser, const char *text)
{
    return XML_Parse(parser, text, (int)strlen(text), 0) == XML_STATUS_OK;
}

/* Returns how many elements there were, or 0 if it could not be read. */
static int read_document(uint32_t *seed, uint32_t *sum)
{
    struct reader reader = {0};
    XML_Parser parser = XML_ParserCreateNS(NULL, '|');
    if (parser == NULL)
        return 0;
    XML_SetHashSalt(parser, 1);
    XML_SetUserData(parser, &reader);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    int fed = feed(parser, "<?xml version='1.0'?><!DOCTYPE plant [<!ENTITY unit 'm3/h'>]><plant xmlns='urn:plant'>\n");
    for (int i = 0; fed && i < ITEMS; i++) {
        char text[160];
        snprintf(text, sizeof text, "<unit id='u%d'><flow>%u &unit;</flow><state code='%u'>%s</state></unit>\n", i,
                 (unsigned)(program_random(seed) % 500), (unsigned)(program_random(seed) % 9),
                 program_random(seed) % 2 ? "open &amp; running" : "closed");
        fed = feed(parser, text);
    }
    fed = fed && XML_Parse(parser, "</plant>", 8, 1) == XML_STATUS_OK && !reader.failed;
    XML_ParserFree(parser);
    int count = reader.root != NULL ? count_and_drop(reader.root, sum) : 0;
    return fed ? count : 0;
}

int program(void)
{
    uint32_t seed = 1, sum = 5381;
    for (int i = 0; i < DOCUMENTS; i++) {
        int count = read_document(&seed, &sum);
        if (count == 0)
            return 1;
        printf("document %d: %d elements\n", i, count);
    }
    printf("sum %lx\n", (unsigned long)sum);
    return 0;
}
