/* cjson.c: messages in JSON are parsed, changed and printed again.
 *
 * SPDX-License-Identifier: MIT */
#include "program.h"

#include <cJSON.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Records of a message, and how many messages. */
#ifndef RECORDS
#define RECORDS 90
#endif
#ifndef MESSAGES
#define MESSAGES 12
#endif

static char *message(uint32_t *seed)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "device", "pump station 7");
    cJSON *records = cJSON_AddArrayToObject(root, "records");
    for (int i = 0; i < RECORDS; i++) {
        cJSON *record = cJSON_CreateObject();
        cJSON_AddNumberToObject(record, "time", 1000 + i);
        cJSON_AddNumberToObject(record, "flow", program_random(seed) % 1000);
        cJSON_AddBoolToObject(record, "open", program_random(seed) % 2);
        cJSON_AddStringToObject(record, "state", program_random(seed) % 3 ? "running" : "stopped because of an alarm");
        cJSON_AddItemToArray(records, record);
    }
    char *text = cJSON_PrintUnformatted(root);
    cJSON_Delete(root);
    return text;
}

/* The records that are open, newest first. */
static char *answer(const char *text)
{
    cJSON *root = cJSON_Parse(text);
    cJSON *records = cJSON_GetObjectItem(root, "records");
    cJSON *reply = cJSON_CreateArray();
    for (int i = cJSON_GetArraySize(records) - 1; i >= 0; i--) {
        cJSON *record = cJSON_GetArrayItem(records, i);
        if (cJSON_IsTrue(cJSON_GetObjectItem(record, "open")))
            cJSON_AddItemToArray(reply, cJSON_Duplicate(record, 1));
        else
            cJSON_DeleteItemFromArray(records, i);
    }
    char *printed = cJSON_Print(reply);
    cJSON_Delete(root);
    cJSON_Delete(reply);
    return printed;
}

int program(void)
{
    uint32_t seed = 1, sum = 5381;
    for (int i = 0; i < MESSAGES; i++) {
        char *text = message(&seed);
        char *reply = text != NULL ? answer(text) : NULL;
        if (reply == NULL)
            return 1;
        sum = program_sum(sum, text, (uint32_t)strlen(text));
        sum = program_sum(sum, reply, (uint32_t)strlen(reply));
        if (i % 10 == 0)
            printf("message of %d bytes, reply of %d\n", (int)strlen(text), (int)strlen(reply));
        free(text);
        free(reply);
    }
    printf("sum %lx\n", (unsigned long)sum);
    return 0;
}
