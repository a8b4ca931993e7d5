/* scheduler.c: tasks of the kernel that is not there: each runs to its end, the most urgent first, on the stack of
 * main(). Their control blocks and stacks are memory of the heap all the same.
 *
 * SPDX-License-Identifier: MIT */
#include "FreeRTOS.h"
#include "task.h"

#include <setjmp.h>
#include <stdbool.h>

enum { TASKS = 8 };

static struct task {
    TaskFunction_t run;
    void *argument;
    UBaseType_t priority;
    void *control, *stack;
    uint32_t notified;
} tasks[TASKS];

static struct task *running;
static jmp_buf scheduler;

BaseType_t xTaskCreate(TaskFunction_t run, const char *name, uint32_t words, void *argument, UBaseType_t priority,
                       TaskHandle_t *created)
{
    (void)name;
    struct task *task = tasks;
    while (task < tasks + TASKS && task->run != NULL)
        task++;
    if (task == tasks + TASKS)
        return pdFAIL;
    *task = (struct task){.run = run, .argument = argument, .priority = priority};
    task->stack = pvPortMalloc(words * sizeof(uint32_t));
    task->control = pvPortMalloc(92);
    if (created != NULL)
        *created = task;
    return task->stack != NULL && task->control != NULL ? pdPASS : pdFAIL;
}

void vTaskDelete(TaskHandle_t task)
{
    struct task *ended = task != NULL ? task : running;
    vPortFree(ended->stack);
    vPortFree(ended->control);
    ended->run = NULL;
    if (ended == running)
        longjmp(scheduler, 1);
}

static struct task *most_urgent(void)
{
    struct task *found = NULL;
    for (struct task *task = tasks; task < tasks + TASKS; task++)
        if (task->run != NULL && (found == NULL || task->priority > found->priority))
            found = task;
    return found;
}

void vTaskStartScheduler(void)
{
    (void)setjmp(scheduler);
    running = most_urgent();
    if (running != NULL)
        running->run(running->argument);
}

void vTaskDelay(TickType_t ticks)
{
    (void)ticks;
}

BaseType_t xTaskNotifyGive(TaskHandle_t task)
{
    ((struct task *)task)->notified++;
    return pdPASS;
}

/* 0 if it would have to wait: no other task could run. */
uint32_t ulTaskNotifyTake(BaseType_t clear, TickType_t ticks)
{
    (void)ticks;
    uint32_t notified = running->notified;
    running->notified = clear != pdFALSE || notified == 0 ? 0 : notified - 1;
    return notified;
}
