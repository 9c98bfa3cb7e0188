/* transport pause, transport resume. */
#include "operator/command_list.h"

#include <stdio.h>

#include "base/text.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/session.h"
#include "model/json.h"

static int ask(const struct invocation *inv, const char *verb, struct json_t **out,
               struct error *err)
{
    struct buf request = {0};
    request_begin(&request, verb);
    request_put_text(&request, "transport", argument_at(inv, 0));
    request_put_text(&request, "reason", option_value(inv, "reason"));
    buf_puts(&request, option_given(inv, "over") ? ",\"over\":true}" : "}");
    int rc = session_change(inv, &request, out, err);
    buf_free(&request);
    return rc;
}

static void print_json(const struct invocation *inv, const char *verb, const struct json_t *answer)
{
    static const char *const texts[] = {"since", "paused_since", "paused_by", "paused_because"};
    struct buf out = {0};
    buf_printf(&out, "{\"v\":1,\"verb\":\"%s\",\"transport\":", verb);
    buf_put_json(&out, argument_at(inv, 0));
    buf_printf(&out, ",\"changed\":%s,\"over\":%s",
               json_get_bool(answer, "changed", false) ? "true" : "false",
               json_get_bool(answer, "over", false) ? "true" : "false");
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        if (json_get(answer, texts[i]) == NULL)
            continue;
        buf_printf(&out, ",\"%s\":", texts[i]);
        buf_put_json(&out, json_get_text(answer, texts[i], NULL));
    }
    printf("%s}\n", buf_text(&out));
    buf_free(&out);
}

static int run_pause(const struct invocation *inv, struct error *err)
{
    struct json_t *answer = NULL;
    const char *name = argument_at(inv, 0);
    char since[64];
    int rc = ask(inv, "transport_pause", &answer, err);
    if (rc == 0 && invocation_json(inv))
        print_json(inv, "transport pause", answer);
    else if (rc == 0 && !json_get_bool(answer, "changed", false))
        say(inv, stdout, "%s is paused since %s.\n", name,
            output_time(json_get_text(answer, "since", NULL), since, sizeof(since)));
    else if (rc == 0 && json_get_bool(answer, "over", false))
        say(inv, stdout,
            "%s is paused: what is in flight ends, those of its failover carry the rest. Undo: "
            "dispatcher transport resume %s\n",
            name, name);
    else if (rc == 0)
        say(inv, stdout,
            "%s is paused: what is in flight ends, everything else for it waits. Undo: dispatcher "
            "transport resume %s\n",
            name, name);
    json_free(answer);
    return rc;
}

static int run_resume(const struct invocation *inv, struct error *err)
{
    struct json_t *answer = NULL;
    const char *name = argument_at(inv, 0);
    int rc = ask(inv, "transport_resume", &answer, err);
    if (rc == 0 && invocation_json(inv))
        print_json(inv, "transport resume", answer);
    else if (rc == 0 && !json_get_bool(answer, "changed", false))
        say(inv, stdout, "%s was not paused.\n", name);
    else if (rc == 0)
        say(inv, stdout,
            "%s sends again. Look: dispatcher transport list. Undo: dispatcher transport pause "
            "%s\n",
            name, name);
    json_free(answer);
    return rc;
}

static const struct option_row pause_options[] = {
    {"over", 0, NULL, "the transports of its failover carry meanwhile"},
    {"reason", 0, "TEXT", "why, for the record and for everybody who looks"},
};

const struct command command_transport_pause = {
    .name = "transport pause",
    .arguments = "NAME",
    .summary = "send nothing over a transport until somebody resumes it",
    .details =
        "  dispatcher transport pause sms --reason \"maintenance of the gateway\"\n"
        "  dispatcher transport pause mail --over --reason \"moving to the new relay\"\n\n"
        "Acts at once on everything that is not in flight, survives a restart, and is recorded\n"
        "(dispatcher actions). What waits for it says so: waits_for transport_paused, with\n"
        "since when, by whom and why, in queue, show, batches, status and transport list.\n\n"
        "The transports of its failover do not step in by themselves: they may cost more, or be\n"
        "what must not be used now. With --over they do. Nothing goes over a paused transport\n"
        "on behalf of another one either.\n\n"
        "JSON, one object: v, verb, transport, changed, over, since.",
    .options = pause_options,
    .option_count = COUNT_OF(pause_options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_pause,
};

static const struct option_row resume_options[] = {
    {"reason", 0, "TEXT", "why, for the record"},
};

const struct command command_transport_resume = {
    .name = "transport resume",
    .arguments = "NAME",
    .summary = "let a paused transport send again",
    .details = "  dispatcher transport resume sms --reason \"maintenance is over\"\n\n"
               "What waited for it leaves at its pace. Recorded like every change.\n\n"
               "JSON, one object: v, verb, transport, changed, over, paused_since, paused_by,\n"
               "paused_because.",
    .options = resume_options,
    .option_count = COUNT_OF(resume_options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_resume,
};
