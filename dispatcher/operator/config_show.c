#include "operator/command_list.h"

#include <stdio.h>

#include "base/buf.h"

static int run(const struct invocation *inv, struct error *err)
{
    struct buf out = {0};
    int rc = config_show(invocation_config(inv), invocation_json(inv), &out, err);
    if (rc == 0)
        fwrite(buf_text(&out), 1, out.len, stdout);
    buf_free(&out);
    return rc;
}

const struct command command_config_show = {
    .name = "config show",
    .arguments = "",
    .summary = "print every setting in force and where it comes from",
    .example = "  dispatcher config show\n"
               "  dispatcher config show --json | jq -r 'select(.origin != \"default\").key'\n",
    .details = "Defaults, file, environment and command line, in this order, the later one wins. "
               "Secrets are\n"
               "printed as ***.",
    .run = run,
};
