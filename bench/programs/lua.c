/* lua.c: the Lua interpreter runs lua.lua.
 *
 * SPDX-License-Identifier: MIT */
#include "program.h"

#include <lauxlib.h>
#include <lualib.h>

#include <stdio.h>

PROGRAM_TEXT(script, "bench/programs/lua.lua");

static const luaL_Reg libraries[] = {
    {LUA_GNAME, luaopen_base},        {LUA_COLIBNAME, luaopen_coroutine}, {LUA_TABLIBNAME, luaopen_table},
    {LUA_STRLIBNAME, luaopen_string}, {LUA_MATHLIBNAME, luaopen_math},    {LUA_UTF8LIBNAME, luaopen_utf8},
};

int program(void)
{
    lua_State *lua = luaL_newstate();
    if (lua == NULL)
        return 1;
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        luaL_requiref(lua, libraries[i].name, libraries[i].func, 1);
        lua_pop(lua, 1);
    }
    int failed = luaL_dostring(lua, script);
    if (failed)
        printf("%s\n", lua_tostring(lua, -1));
    lua_close(lua);
    return failed;
}
