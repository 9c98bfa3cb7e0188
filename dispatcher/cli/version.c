#include "cli/command_list.h"

#include <stdio.h>

static int run(const struct invocation *inv, struct error *err UNUSED)
{
    if (invocation_json(inv))
        printf("{\"v\":1,\"name\":\"dispatcher\",\"version\":\"%s\"}\n", DISPATCHER_VERSION);
    else
        printf("dispatcher %s\n", DISPATCHER_VERSION);
    return 0;
}

const struct command command_version = {
    .name = "version",
    .arguments = "",
    .summary = "print the version",
    .example = "  dispatcher version\n",
    .details = "",
    .run = run,
};
