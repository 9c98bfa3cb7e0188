#include "desk/command_list.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/output.h"
#include "cli/say.h"
#include "desk/campaign_approvals.h"
#include "desk/campaign_ask.h"
#include "desk/campaign_dossier.h"
#include "desk/documents.h"
#include "model/json.h"

static bool is_wanted(const struct dossier *d, const char *role)
{
    for (size_t i = 0; i < d->role_count; i++) {
        if (strcmp(d->roles[i], role) == 0)
            return true;
    }
    return false;
}

static int check_role(const struct dossier *d, const char *role, struct error *err)
{
    const struct campaign *c = d->campaign;
    struct buf all = {0};
    for (size_t i = 0; i < d->role_count; i++)
        text_put_choice(&all, d->roles[i], i, d->role_count);
    int rc = 0;
    if (d->role_count == 0)
        rc = error_set(err, ERR_INPUT,
                       "%s wants no approval; write `approvals: [%s]` there if it should", c->file,
                       role != NULL ? role : "legal");
    else if (role == NULL)
        rc = error_set(err, ERR_USAGE, "as whom do you approve? Add --as %s", buf_text(&all));
    else if (!is_wanted(d, role)) {
        const char *meant = text_closest(role, d->roles, d->role_count);
        rc = error_set(err, ERR_INPUT, "%s wants no approval as \"%s\"; say --as %s", c->file, role,
                       meant != NULL ? meant : buf_text(&all));
    }
    buf_free(&all);
    return rc;
}

static int ask(const struct invocation *inv, struct session *s, const struct dossier *d,
               struct json_t **out, struct error *err)
{
    struct buf request = {0};
    campaign_begin_request(&request, "approve", d->campaign->id, &d->manifest);
    request_put_text(&request, "role", option_value(inv, "as"));
    campaign_put_roles(&request, d->campaign);
    campaign_put_file(&request, d->campaign->file);
    request_put_text(&request, "reason", option_value(inv, "reason"));
    buf_putc(&request, '}');
    int rc = documents_keep(s, &d->manifest, err);
    if (rc == 0)
        rc = session_ask(s, buf_text(&request), NULL, out, err);
    buf_free(&request);
    return rc;
}

static void tell_next(const struct invocation *inv, const struct dossier *d,
                      const struct json_t *answer)
{
    struct buf state = {0}, next = {0};
    campaign_put_approvals(inv, d, answer, &state);
    campaign_put_next(inv, d, answer, &next);
    say(inv, stdout, "Approvals  %s\n", buf_text(&state));
    fflush(stdout);
    say(inv, stderr, "%s", buf_text(&next));
    buf_free(&state);
    buf_free(&next);
}

/* Whose place it takes; nothing is lost by it. */
static void tell_replaced(const struct invocation *inv, const struct dossier *d,
                          const struct json_t *answer)
{
    const struct json_t *list = json_get(answer, "approvals");
    char at[64];
    for (size_t i = 0; i < json_count(list); i++) {
        const struct json_t *a = json_at(list, i), *replaced = json_get(a, "replaced");
        if (json_kind_of(replaced) != JSON_KIND_OBJECT ||
            !text_equal(json_get_text(a, "role", ""), option_value(inv, "as")))
            continue;
        say(inv, stdout,
            "It takes the place of the approval of %s of %s; both stay on record: dispatcher "
            "campaign show %s\n",
            json_get_text(replaced, "who", ""),
            output_time(json_get_text(replaced, "at", NULL), at, sizeof(at)), d->campaign->id);
    }
}

static void tell(const struct invocation *inv, const struct dossier *d, const struct json_t *answer)
{
    struct buf out = {0};
    if (invocation_json(inv)) {
        output_put_row(&out, answer);
        printf("%s\n", buf_text(&out));
        buf_free(&out);
        return;
    }
    say(inv, stdout,
        "%s is approved as %s: these %zu files, byte by byte (campaign, facts, letter, people). "
        "Whatever changes in one of them makes this void.\n",
        d->campaign->id, option_value(inv, "as"), d->manifest.count);
    tell_replaced(inv, d, answer);
    tell_next(inv, d, answer);
}

static int approve(const struct invocation *inv, const struct dossier *d, struct error *err)
{
    struct session s;
    struct json_t *answer = NULL;
    int rc = session_open(inv, LEDGER_WRITE, &s, err);
    if (rc == 0)
        rc = ask(inv, &s, d, &answer, err);
    if (rc == 0)
        tell(inv, d, answer);
    json_free(answer);
    session_close(&s);
    return rc;
}

static int run(const struct invocation *inv, struct error *err)
{
    struct dossier d;
    int rc = dossier_open(inv, argument_at(inv, 0), &d, err);
    if (rc == 0)
        rc = check_role(&d, option_value(inv, "as"), err);
    if (rc == 0)
        rc = dossier_check_rows(&d, err);
    if (rc == 0)
        rc = approve(inv, &d, err);
    dossier_close(&d);
    return rc;
}

static const struct option_row options[] = {
    {"as", 0, "ROLE", "one of `approvals` in the file or the configuration: comms, legal"},
    {"reason", 0, "TEXT", "for the record"},
};

const struct command command_campaign_approve = {
    .name = "campaign approve",
    .arguments = "CAMPAIGN.yaml --as ROLE",
    .summary = "agree that this campaign, exactly as it stands, is sent",
    .details =
        "  dispatcher campaign approve campaign.yaml --as legal\n"
        "  dispatcher campaign approve campaign.yaml --as comms --reason \"read in all three "
        "languages\"\n\n"
        "The campaign is checked first, with each row of its tables; one with mistakes cannot be\n"
        "approved. What you approve is\n"
        "every file that decides what people read and who they are: the campaign, its facts, the\n"
        "letter in all languages with all it includes, and each table of people. It is recorded\n"
        "with your login, and void as soon as one byte of it changes.\n\n"
        "One person approves in one role, and of those who approve one at least is not whoever "
        "sends.\n"
        "Of several who approve in one role the last one counts, and the answer says in whose "
        "place.\n"
        "To take an approval back before the campaign is sent: dispatcher campaign disapprove.\n\n"
        "Exit status: 65 mistakes in the campaign; 77 you may not approve as that.\n\n"
        "JSON, one object: v, campaign, digest, approvals (role, who, at, valid, changed, "
        "replaced,\n"
        "withdrawn), sender (who, may, because).",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
