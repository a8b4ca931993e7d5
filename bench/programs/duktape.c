/* duktape.c: the JavaScript interpreter Duktape runs duktape.js.
 *
 * SPDX-License-Identifier: MIT */
#include "program.h"

#include <duktape.h>

#include <stdio.h>

PROGRAM_TEXT(script, "bench/programs/duktape.js");

static duk_ret_t print(duk_context *js)
{
    duk_push_string(js, " ");
    duk_insert(js, 0);
    duk_join(js, duk_get_top(js) - 1);
    printf("%s\n", duk_safe_to_string(js, -1));
    return 0;
}

int program(void)
{
    duk_context *js = duk_create_heap_default();
    if (js == NULL)
        return 1;
    duk_push_c_function(js, print, DUK_VARARGS);
    duk_put_global_string(js, "print");
    int failed = duk_peval_string(js, script) != 0;
    if (failed)
        printf("%s\n", duk_safe_to_string(js, -1));
    duk_destroy_heap(js);
    return failed;
}
