#include <stdio.h>

#include "base/attributes.h"
#include "base/file.h"
#include "cli/say.h"
#include "desk/command_list.h"
#include "desk/follow.h"

static int deliver(const struct invocation *inv, const struct buf *table, int64_t count,
                   struct error *err)
{
    const char *file = option_value(inv, "out");
    if (file == NULL) {
        fwrite(buf_text(table), 1, table->len, stdout);
        return 0;
    }
    int rc = file_replace(file, table->data, table->len, err);
    if (rc == 0)
        say(inv, stderr,
            "%lld people are in %s. Name it in a campaign, have that approved, then: dispatcher "
            "send CAMPAIGN.yaml --to-those %s --of %s\n",
            (long long)count, file, option_value(inv, "state"), argument_at(inv, 0));
    return rc;
}

static int run(const struct invocation *inv, struct error *err)
{
    struct session s = {0};
    struct buf table = {0};
    int64_t count = 0;
    const char *states = option_value(inv, "state");
    if (states == NULL)
        return error_set(err, ERR_USAGE,
                         "say whom: --state failed, or several: --state failed,uncertain");
    int rc = session_open_beside(inv, &s, err);
    if (rc == 0)
        rc = follow_put_people(&s, argument_at(inv, 0), option_value(inv, "cohort"), states, &table,
                               &count, err);
    if (rc == 0)
        rc = deliver(inv, &table, count, err);
    buf_free(&table);
    session_close(&s);
    return rc;
}

static const struct option_row options[] = {
    {"state", 0, "STATES", "the last word on them: delivered, failed, uncertain, ..."},
    {"cohort", 0, "NAME", "only this cohort"},
    {"out", 'o', "FILE", "write it there"},
};

const struct command command_campaign_people = {
    .name = "campaign people",
    .arguments = "NAME --state STATES",
    .summary = "a table of the people of a campaign who were reached, or were not",
    .details =
        "  dispatcher campaign people leak-2026 --state failed,uncertain --out again.csv\n\n"
        "Everybody counts once, with the last word on them: whoever was told by one channel is "
        "`delivered`. The table has\n"
        "the ids, languages, names and addresses with which they were handed over, and is the "
        "audience of a campaign\n"
        "that follows: what the letter says of each person beyond that must be added by hand. The "
        "same books give the\n"
        "same table, byte by byte, so that `dispatcher send --to-those` can tell whether it still "
        "holds.\n\n"
        "JSON: there is none; the table is for programs, too.",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_min = 1,
    .arguments_max = 1,
    .no_json = "a CSV table, which `send` reads",
    .run = run,
};
