/* task.h: a stand-in for the header of that name, for tests/scripts/sinks.t.
 *
 * SPDX-License-Identifier: MIT */
#ifndef STAND_IN_TASK_H
#define STAND_IN_TASK_H

typedef struct stand_in_task *TaskHandle_t;
TaskHandle_t xTaskGetCurrentTaskHandle(void);
char *pcTaskGetName(TaskHandle_t task);

#endif
