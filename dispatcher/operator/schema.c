#include "operator/command_list.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "campaign/campaign_read.h"
#include "campaign/fact_sheet_read.h"
#include "config/config.h"
#include "law/schema.h"
#include "model/batch.h"
#include "model/job.h"
#include "render/template.h"

static const struct kind {
    const char *name, *about;
    void (*put)(struct buf *out);
} kinds[] = {
    {"job", "a notice, as it is handed over", job_put_schema},
    {"batch", "batch.json: what all recipients share", batch_put_schema},
    {"recipient", "a line of notices.jsonl: one recipient of a batch", batch_put_line_schema},
    {"campaign", "campaign.yaml", campaign_put_schema},
    {"facts", "a fact sheet", fact_sheet_put_schema},
    {"template", "template.yaml of a letter", template_put_schema},
    {"config", "dispatcher.yaml", config_put_schema},
    {"rules", "rules.yaml: which letter, language and channels", config_put_rules_schema},
    {"law", "a rule file of law/", law_put_schema},
};

static void print(const struct kind *k)
{
    struct buf schema = {0};
    k->put(&schema);
    printf("{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"title\":\"%s\",%s\n",
           k->about, buf_text(&schema) + 1);
    buf_free(&schema);
}

static void list(void)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        printf("%-10s  %s\n", kinds[i].name, kinds[i].about);
}

static int run(const struct invocation *inv, struct error *err)
{
    const char *names[COUNT_OF(kinds)], *wanted = argument_at(inv, 0);
    struct buf all = {0};
    if (wanted == NULL) {
        list();
        return 0;
    }
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        names[i] = kinds[i].name;
        if (strcmp(names[i], wanted) == 0) {
            print(&kinds[i]);
            buf_free(&all);
            return 0;
        }
        text_put_choice(&all, names[i], i, COUNT_OF(kinds));
    }
    const char *meant = text_closest(wanted, names, COUNT_OF(kinds));
    int rc = meant != NULL
                 ? error_set(err, ERR_USAGE, "there is no schema \"%s\"; did you mean \"%s\"?",
                             wanted, meant)
                 : error_set(err, ERR_USAGE, "there is no schema \"%s\"; there are %s", wanted,
                             buf_text(&all));
    buf_free(&all);
    return rc;
}

const struct command command_schema = {
    .name = "schema",
    .arguments = "[job|batch|recipient|campaign|facts|template|config|rules|law]",
    .summary = "print what a file may hold, as JSON Schema",
    .example = "  dispatcher schema job >job.schema.json\n"
               "  dispatcher schema campaign >campaign.schema.json\n",
    .details =
        "JSON Schema, draft 2020-12, for editors, code generators and the tests of your own "
        "system. It is made\n"
        "of the tables by which this program reads, so it knows the members of this version. "
        "Without an\n"
        "argument: which ones there are.\n\n"
        "A file that the schema refuses is refused here too, never the other way round: what "
        "needs other files\n"
        "or the calendar (is there such a letter, does the day exist) only `check` and `enqueue` "
        "know.\n\n"
        "YAML: an editor with the YAML language server completes and checks while you type, with "
        "this in\n"
        "the first line:  # yaml-language-server: $schema=campaign.schema.json",
    .arguments_max = 1,
    .no_json = "JSON Schema, which is JSON already",
    .run = run,
};
