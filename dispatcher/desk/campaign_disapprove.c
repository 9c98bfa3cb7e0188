/* An approval is taken back: nothing leaves before somebody gives it anew. */
#include "desk/command_list.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "campaign/campaign_read.h"
#include "cli/output.h"
#include "cli/say.h"
#include "desk/campaign_ask.h"
#include "model/json.h"

static void tell_nobody(void *context UNUSED, const struct problem *p UNUSED)
{
}

/* The campaign of a file, or what is a name already. */
static int find_id(const char *what, char **out, struct error *err)
{
    struct problems quiet = {.tell = tell_nobody};
    struct campaign *c = NULL;
    *out = NULL;
    if (!campaign_is_file(what)) {
        *out = xstrdup(what);
        return 0;
    }
    if (campaign_read(what, &quiet, &c) != 0)
        return error_set(err, ERR_INPUT,
                         "%s cannot be read: name the campaign itself (dispatcher campaign list)",
                         what);
    *out = xstrdup(c->id);
    campaign_free(c);
    return 0;
}

static int ask(const struct invocation *inv, const char *id, struct json_t **out, struct error *err)
{
    struct buf request = {0};
    request_begin(&request, "disapprove");
    request_put_text(&request, "campaign", id);
    if (option_given(inv, "as"))
        request_put_text(&request, "role", option_value(inv, "as"));
    request_put_text(&request, "reason", option_value(inv, "reason"));
    buf_putc(&request, '}');
    int rc = session_change(inv, &request, out, err);
    buf_free(&request);
    return rc;
}

static void print_json(const struct json_t *answer)
{
    struct buf out = {0};
    output_put_row(&out, answer);
    printf("%s\n", buf_text(&out));
    buf_free(&out);
}

static void tell(const struct invocation *inv, const char *id, const struct json_t *answer)
{
    const char *role = json_get_text(answer, "role", ""), *what = argument_at(inv, 0);
    char at[64];
    if (invocation_json(inv)) {
        print_json(answer);
        return;
    }
    say(inv, stdout,
        "%s: the approval as %s, which %s gave on %s, is taken back. Nothing of it leaves before "
        "somebody approves it as %s anew.\n",
        id, role, json_get_text(answer, "who", ""),
        output_time(json_get_text(answer, "at", NULL), at, sizeof(at)), role);
    fflush(stdout);
    say(inv, stderr, "When it is mended: dispatcher campaign approve %s --as %s\n",
        campaign_is_file(what) ? what : json_get_text(answer, "file", "CAMPAIGN.yaml"), role);
}

static int run(const struct invocation *inv, struct error *err)
{
    struct json_t *answer = NULL;
    char *id = NULL;
    int rc = find_id(argument_at(inv, 0), &id, err);
    if (rc == 0)
        rc = ask(inv, id, &answer, err);
    if (rc == 0)
        tell(inv, id, answer);
    json_free(answer);
    free(id);
    return rc;
}

static const struct option_row options[] = {
    {"as", 0, "ROLE", "whose approval; not needed if you have given one only"},
    {"reason", 0, "TEXT", "why; whoever wants to send reads it"},
};

const struct command command_campaign_disapprove = {
    .name = "campaign disapprove",
    .arguments = "NAME|CAMPAIGN.yaml",
    .summary = "take an approval back, as long as the campaign was not sent",
    .details =
        "  dispatcher campaign disapprove 2027-01-outage --reason \"the telephone number is "
        "wrong\"\n"
        "  dispatcher campaign disapprove campaign.yaml --as legal --reason \"lee is ill, his "
        "deputy reads it\"\n\n"
        "Whoever has approved takes their own approval back, and whoever may operate that of\n"
        "anybody. From then on nobody has approved the campaign in that role: `send` ends with 77 "
        "and\n"
        "says who took it back and why. Approval and withdrawal both stay in `campaign show`, in "
        "the\n"
        "report and in the evidence. What was sent already is stopped with campaign pause or "
        "campaign\n"
        "cancel.\n\n"
        "Exit status: 65 it was sent already; 66 nobody has approved it; 77 it is not yours to "
        "take\n"
        "back.\n\n"
        "JSON, one object: v, campaign, file, role, who and at (the approval), withdrawn (who, at, "
        "reason).",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
