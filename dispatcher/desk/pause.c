/* pause and resume: two words for one request. */
#include "desk/command_list.h"

#include <stdio.h>

#include "base/text.h"
#include "cli/say.h"
#include "cli/session.h"
#include "model/json.h"

static int ask(const struct invocation *inv, const char *verb, struct json_t **out,
               struct error *err)
{
    struct buf request = {0};
    request_begin(&request, verb);
    request_put_text(&request, "batch", argument_at(inv, 0));
    request_put_text(&request, "reason", option_value(inv, "reason"));
    if (option_given(inv, "go-on"))
        buf_puts(&request, ",\"go_on\":true");
    buf_putc(&request, '}');
    int rc = session_change(inv, &request, out, err);
    buf_free(&request);
    return rc;
}

static void print_json(const struct invocation *inv, const char *verb, const struct json_t *answer)
{
    printf("{\"v\":1,\"verb\":\"%s\",\"batch\":\"%s\",\"changed\":%s,\"was\":\"%s\","
           "\"now\":\"%s\",\"go_on\":%s}\n",
           verb, argument_at(inv, 0), json_get_bool(answer, "changed", false) ? "true" : "false",
           json_get_text(answer, "was", ""), json_get_text(answer, "now", ""),
           json_get_bool(answer, "go_on", false) ? "true" : "false");
}

static int run_pause(const struct invocation *inv, struct error *err)
{
    struct json_t *answer = NULL;
    const char *id = argument_at(inv, 0);
    int rc = ask(inv, "stop", &answer, err);
    if (rc == 0 && invocation_json(inv))
        print_json(inv, "pause", answer);
    else if (rc == 0 && !json_get_bool(answer, "changed", false))
        say(inv, stdout, "%s was paused before.\n", id);
    else if (rc == 0)
        say(inv, stdout,
            "%s is paused: what is in flight ends, nothing more is sent. Undo: dispatcher "
            "resume %s\n",
            id, id);
    json_free(answer);
    return rc;
}

static int run_resume(const struct invocation *inv, struct error *err)
{
    struct json_t *answer = NULL;
    const char *id = argument_at(inv, 0);
    int rc = ask(inv, "go", &answer, err);
    bool go_on = json_get_bool(answer, "go_on", false);
    if (rc == 0 && invocation_json(inv))
        print_json(inv, "resume", answer);
    else if (rc == 0 && !json_get_bool(answer, "changed", false))
        say(inv, stdout, "%s was not stopped.\n", id);
    else if (rc == 0 && go_on)
        say(inv, stdout,
            "%s goes on, and failures do not halt it any more. Follow: dispatcher watch %s\n", id,
            id);
    else if (rc == 0)
        say(inv, stdout, "%s goes on. Follow: dispatcher watch %s\n", id, id);
    if (rc == 0 && !go_on && text_equal(json_get_text(answer, "was", ""), "halted"))
        say(inv, stderr,
            "It had halted by failures and will again while they are too many; --go-on "
            "prevents that.\n");
    json_free(answer);
    return rc;
}

static const struct option_row pause_options[] = {
    {"reason", 0, "TEXT", "why, for the record and for `batches`"},
};

const struct command command_pause = {
    .name = "pause",
    .arguments = "BATCH",
    .summary = "stop sending a batch until somebody resumes it",
    .details = "  dispatcher pause recall-2026 --reason \"wrong phone number in the letter\"\n\n"
               "Acts at once on everything that is not in flight. States of deliveries do not "
               "change. Survives a\n"
               "restart of the daemon. Who did it, when and why is recorded (dispatcher "
               "actions).\n\n"
               "JSON, one object: v, verb, batch, changed, was, now, go_on.",
    .options = pause_options,
    .option_count = COUNT_OF(pause_options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_pause,
};

static const struct option_row resume_options[] = {
    {"go-on", 0, NULL, "never halt it by failures again"},
    {"reason", 0, "TEXT", "why, for the record"},
};

const struct command command_resume = {
    .name = "resume",
    .arguments = "BATCH",
    .summary = "let a paused or halted batch go on",
    .details =
        "  dispatcher resume recall-2026 --go-on --reason \"addresses of 2009, expected\"\n\n"
        "A batch halts by itself when failures pass a number and a share (halt: in batch.json or "
        "in the\n"
        "configuration). Without --go-on it halts again if they still do. What failed is not "
        "tried again:\n"
        "that is `dispatcher retry --batch BATCH --state failed`. Recorded like every change.\n\n"
        "JSON, one object: v, verb, batch, changed, was, now, go_on.",
    .options = resume_options,
    .option_count = COUNT_OF(resume_options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_resume,
};
