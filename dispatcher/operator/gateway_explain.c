#include "operator/command_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "channel/gateway_answer.h"
#include "cli/say.h"
#include "config/gateway_files.h"
#include "letters/gateway.h"
#include "model/json.h"

#define JSON_DEPTH 32

/* An answer as it lies in a file, and the description it is held to. */
struct explained {
    const struct invocation *inv;
    const struct gateway *gateway;
    struct gateway *owned; /* no transport uses it */
    struct http_answer answer;
    struct json_t *json; /* NULL: the body is none */
    struct gateway_reply reply;
    struct disposition disposition;
};

/* ---- why a line does not fit ---- */

static bool status_holds(const struct gateway_predicate *p, const struct gateway_reply *reply)
{
    const struct gateway_predicate one = {.status_from = p->status_from, .status_to = p->status_to};
    return gateway_predicate_holds(&one, reply);
}

static bool body_holds(const struct gateway_predicate *p, const struct gateway_reply *reply)
{
    const struct gateway_predicate one = {.body_regex = p->body_regex};
    return gateway_predicate_holds(&one, reply);
}

static bool json_holds(struct gateway_json_condition *c, const struct gateway_reply *reply)
{
    const struct gateway_predicate one = {.json = c, .json_count = 1};
    return gateway_predicate_holds(&one, reply);
}

static void put_status(const struct gateway_predicate *p, struct buf *out)
{
    if (p->status_from == p->status_to)
        buf_printf(out, "%d", p->status_from);
    else
        buf_printf(out, "%d-%d", p->status_from, p->status_to);
}

static void put_range(const struct invocation *inv, const struct gateway_json_condition *c,
                      struct buf *out)
{
    char lowest[32], highest[32];
    snprintf(lowest, sizeof(lowest), "%g", c->lowest);
    snprintf(highest, sizeof(highest), "%g", c->highest);
    say_put(inv, out, "between %s and %s", lowest, highest);
}

/* What it wants of the value: "one of 1, 10". */
static void put_wanted(const struct invocation *inv, const struct gateway_json_condition *c,
                       struct buf *out)
{
    switch (c->test) {
    case GATEWAY_JSON_EXISTS:
        buf_puts(out, c->absent ? say_word(inv, "absent") : say_word(inv, "there"));
        break;
    case GATEWAY_JSON_EQ:
    case GATEWAY_JSON_IN:
        buf_puts(out,
                 c->test == GATEWAY_JSON_IN && c->value_count > 1 ? say_word(inv, "one of ") : "");
        for (size_t i = 0; i < c->value_count; i++) {
            buf_puts(out, i > 0 ? ", " : "");
            if (c->values[i].kind == JSON_KIND_TEXT)
                buf_put_json(out, c->values[i].text);
            else
                buf_puts(out, c->values[i].text);
        }
        break;
    case GATEWAY_JSON_RANGE:
        put_range(inv, c, out);
        break;
    }
}

static void put_found(const struct invocation *inv, const struct json_t *root, const char *pointer,
                      struct buf *out)
{
    const struct json_t *value = json_find(root, pointer);
    struct buf plain = {0};
    if (json_kind_of(value) == JSON_KIND_TEXT && json_put_plain(&plain, value))
        buf_put_json(out, buf_text(&plain));
    else if (json_put_plain(&plain, value))
        buf_puts(out, buf_text(&plain));
    else
        buf_puts(out, value == NULL ? say_word(inv, "absent") : say_word(inv, "no plain value"));
    buf_free(&plain);
}

static void put_json_reason(const struct invocation *inv, const struct gateway_json_condition *c,
                            const struct gateway_reply *reply, struct buf *out)
{
    struct buf found = {0}, wanted = {0};
    if (reply->json == NULL) {
        say_put(inv, out, "the body is no JSON");
        return;
    }
    put_found(inv, reply->json, c->pointer, &found);
    put_wanted(inv, c, &wanted);
    say_put(inv, out, "%s is %s, not %s", c->pointer, buf_text(&found), buf_text(&wanted));
    buf_free(&found);
    buf_free(&wanted);
}

static void put_status_reason(const struct invocation *inv, const struct gateway_predicate *p,
                              int status, struct buf *out)
{
    struct buf wanted = {0};
    put_status(p, &wanted);
    say_put(inv, out, "the status is %d, not %s", status, buf_text(&wanted));
    buf_free(&wanted);
}

/* The first of its conditions that does not hold; nothing if all do. `inv` NULL: for programs. */
static void put_reason(const struct invocation *inv, const struct gateway_predicate *p,
                       const struct gateway_reply *reply, struct buf *out)
{
    if (!status_holds(p, reply)) {
        put_status_reason(inv, p, reply->status, out);
        return;
    }
    if (!body_holds(p, reply)) {
        say_put(inv, out, "the body does not match `body_regex`");
        return;
    }
    for (size_t i = 0; i < p->json_count; i++) {
        if (!json_holds(&p->json[i], reply)) {
            put_json_reason(inv, &p->json[i], reply, out);
            return;
        }
    }
}

/* ---- telling ---- */

static const char *meaning(enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_DELIVERED:
        return SAID("the gateway has it: delivered");
    case OUTCOME_NOT_TRIED:
        return SAID("not tried: the transport rests for a while");
    case OUTCOME_THROTTLE:
        return SAID("too fast: again later, and this try does not count");
    case OUTCOME_TRANSIENT:
        return SAID("their trouble: again by the schedule of the transport");
    case OUTCOME_PERMANENT:
        return SAID("never for this number or this text: failed");
    case OUTCOME_CONFIG:
        return SAID(
            "our account or settings: nothing goes over the transport until that is mended");
    case OUTCOME_SUPPRESS:
        return SAID("the person does not want messages: suppressed");
    case OUTCOME_UNCERTAIN:
        return SAID("it may have been taken: not sent again by itself where a repeat costs money");
    }
    return "";
}

/* How far the list was read: the line that decided, by holding or by asking for JSON that cannot be
 * read; the count if none did. */
struct decision {
    size_t at;
    bool holds;
};

static struct decision decide(const struct explained *e)
{
    const struct gateway_predicate *hidden;
    const struct gateway_predicate *p = gateway_answer_find(e->gateway, &e->reply, &hidden);
    const struct gateway_predicate *last = p != NULL ? p : hidden;
    size_t at = last != NULL ? (size_t)(last - e->gateway->answers) : e->gateway->answer_count;
    return (struct decision){at, p != NULL};
}

static void print_line(const struct explained *e, const struct gateway_predicate *p)
{
    struct buf why = {0}, visible = {0};
    put_reason(e->inv, p, &e->reply, &why);
    text_put_visible(&visible, buf_text(&why), why.len);
    if (why.len > 0)
        say(e->inv, stdout, "%s:%d: no: %s\n", e->gateway->file, p->line, buf_text(&visible));
    else
        say(e->inv, stdout, "%s:%d: yes\n", e->gateway->file, p->line);
    buf_free(&why);
    buf_free(&visible);
}

static void print_lines(const struct explained *e)
{
    const struct decision d = decide(e);
    for (size_t i = 0; i <= d.at && i < e->gateway->answer_count; i++)
        print_line(e, &e->gateway->answers[i]);
    if (d.at == e->gateway->answer_count)
        say(e->inv, stdout, "none of them: what holds for every gateway\n");
    else if (!d.holds)
        say(e->inv, stdout, "a success that cannot be read: the lines behind are not asked\n");
}

static void print_value(const struct invocation *inv, const char *what, const char *text)
{
    say(inv, stdout, "  %-9s %s\n", say_word(inv, what), text);
}

static void print_text(const struct explained *e)
{
    const struct disposition *d = &e->disposition;
    struct buf reply = {0};
    print_lines(e);
    say(e->inv, stdout, "\n%s (%s): %s\n", outcome_name(d->outcome), d->cause,
        say_word(e->inv, meaning(d->outcome)));
    if (d->message_id[0] != '\0')
        print_value(e->inv, "their id", d->message_id);
    if (d->parts > 0)
        say(e->inv, stdout, "  %-9s %d\n", say_word(e->inv, "parts"), d->parts);
    if (d->retry_after_s > 0)
        say(e->inv, stdout, "  wait      %lld s at least\n", (long long)d->retry_after_s);
    text_put_visible(&reply, d->reply, strlen(d->reply));
    print_value(e->inv, "answer", buf_text(&reply));
    buf_free(&reply);
}

static void put_text(struct buf *out, const char *key, const char *value)
{
    buf_printf(out, ",\"%s\":", key);
    buf_put_json(out, value != NULL && value[0] != '\0' ? value : NULL);
}

static void put_lines(const struct explained *e, struct decision decision, struct buf *out)
{
    buf_puts(out, ",\"answers\":[");
    for (size_t i = 0; i <= decision.at && i < e->gateway->answer_count; i++) {
        struct buf why = {0};
        put_reason(NULL, &e->gateway->answers[i], &e->reply, &why);
        buf_printf(out, "%s{\"line\":%d,\"holds\":%s", i > 0 ? "," : "",
                   e->gateway->answers[i].line, why.len == 0 ? "true" : "false");
        put_text(out, "why", buf_text(&why));
        buf_putc(out, '}');
        buf_free(&why);
    }
    buf_putc(out, ']');
}

static void print_json(const struct explained *e)
{
    const struct disposition *d = &e->disposition;
    const struct decision decision = decide(e);
    struct buf out = {0};
    buf_puts(&out, "{\"v\":1,\"gateway\":");
    buf_put_json(&out, e->gateway->name);
    put_text(&out, "file", e->gateway->file);
    put_lines(e, decision, &out);
    if (decision.holds)
        buf_printf(&out, ",\"line\":%d", e->gateway->answers[decision.at].line);
    else
        buf_puts(&out, ",\"line\":null");
    put_text(&out, "outcome", outcome_name(d->outcome));
    put_text(&out, "cause", d->cause);
    put_text(&out, "message_id", d->message_id);
    buf_printf(&out, ",\"parts\":%d,\"retry_after_s\":%" PRId64, d->parts, d->retry_after_s);
    put_text(&out, "reply", d->reply);
    printf("%s}\n", buf_text(&out));
    buf_free(&out);
}

/* ---- the whole ---- */

static int read_answer(struct explained *e, struct error *err)
{
    const char *path = option_value(e->inv, "answer");
    int64_t status = 0, wait = 0;
    if (path == NULL)
        return error_set(err, ERR_USAGE,
                         "--answer FILE is missing: the body of the answer; - reads standard "
                         "input");
    int rc = option_int(e->inv, "status", 100, 599, 200, &status, err);
    if (rc == 0)
        rc = option_int(e->inv, "retry-after", 0, HTTP_RETRY_AFTER_MAX_S, 0, &wait, err);
    if (rc == 0)
        rc = strcmp(path, "-") == 0
                 ? file_read_stream(0, "standard input", HTTP_ANSWER_MAX, &e->answer.body, err)
                 : file_read_path(path, HTTP_ANSWER_MAX, &e->answer.body, err);
    e->answer.error = HTTP_ANSWERED;
    e->answer.status = (int)status;
    e->answer.retry_after_s = wait;
    return rc;
}

/* A transport's, or any description of the directory. */
static int find_gateway(struct explained *e, const struct settings *s, const char *name,
                        struct error *err)
{
    const struct transport *t = settings_find_transport(s, name);
    if (t != NULL && t->channel == CHANNEL_SMS) {
        e->gateway = t->sms.gateway;
        return 0;
    }
    int rc = gateway_files_read(s->gateways, name, &e->owned, err);
    e->gateway = e->owned;
    return rc;
}

static void explain(struct explained *e)
{
    gateway_judge(e->gateway, &e->answer, &e->disposition);
    e->json = gateway_answer_json(&e->answer);
    e->reply = (struct gateway_reply){e->answer.status, buf_text(&e->answer.body), e->json};
    if (invocation_json(e->inv))
        print_json(e);
    else
        print_text(e);
}

static int run(const struct invocation *inv, struct error *err)
{
    struct explained e = {.inv = inv};
    struct settings *settings = NULL;
    int rc = invocation_load_settings(inv, false, &settings, err);
    if (rc == 0)
        rc = find_gateway(&e, settings, argument_at(inv, 0), err);
    if (rc == 0)
        rc = read_answer(&e, err);
    if (rc == 0)
        explain(&e);
    json_free(e.json);
    gateway_free(e.owned);
    buf_free(&e.answer.body);
    if (settings != NULL)
        settings_free(settings);
    free(settings);
    return rc;
}

static const struct option_row options[] = {
    {"answer", 0, "FILE", "the body of the answer; - reads standard input"},
    {"status", 0, "N", "its HTTP status (default: 200)"},
    {"retry-after", 0, "SECONDS", "what its Retry-After says"},
};

const struct command command_gateway_explain = {
    .name = "gateway explain",
    .arguments = "GATEWAY|TRANSPORT --answer FILE",
    .summary = "what an answer of a gateway means by its description, and why",
    .details =
        "  dispatcher gateway explain twilio --answer answer.json --status 400\n"
        "  echo 'Error \"No route found\"' | dispatcher gateway explain jasmin --status 412 "
        "--answer -\n\n"
        "Prints the lines of `response.answers` in their order, for each that does not hold the\n"
        "condition that fails, and what follows from the first that holds: outcome, cause, the\n"
        "gateway's id of the message. Nothing is sent.\n\n"
        "JSON: v, gateway, file, answers (line, holds, why), line (null: none held), outcome,\n"
        "cause, message_id, parts, retry_after_s, reply.",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
