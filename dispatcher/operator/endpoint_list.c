#include "operator/command_list.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/session.h"
#include "model/json.h"
#include "operator/endpoint.h"

/* One of the configuration's endpoints, and what the daemon remembers of it. */
struct row {
    const struct invocation *inv;
    const struct endpoint *endpoint;
    const struct json_t *known; /* NULL: nothing was sent there yet */
    int64_t now_ms;
};

static const char *find_text(const struct row *row, const char *key)
{
    return json_get_text(row->known, key, NULL);
}

static const char *state_of(const struct row *row)
{
    if (json_get_bool(row->known, "disabled", false))
        return "disabled";
    if (json_get_bool(row->known, "probing", false))
        return "probing";
    if (find_text(row, "rests_until") != NULL)
        return "resting";
    return find_text(row, "failing_since") != NULL ? "failing" : "enabled";
}

/* ---- a table ---- */

static void print_row(struct table *t, const struct row *row)
{
    struct buf host = {0}, rotation = {0};
    char failing[64], ok[64];
    endpoint_put_host(&host, row->endpoint);
    endpoint_put_rotation(row->inv, &rotation, row->endpoint, row->now_ms);
    table_cell(t, row->endpoint->name);
    table_cell(t, buf_text(&host));
    table_cell(t, state_of(row));
    table_cell(t, output_time(find_text(row, "failing_since"), failing, sizeof(failing)));
    table_cell(t, output_time(find_text(row, "last_ok_at"), ok, sizeof(ok)));
    table_cell(t, endpoint_format_name(row->endpoint));
    table_cell(t, buf_text(&rotation));
    buf_free(&host);
    buf_free(&rotation);
}

/* ---- JSON ---- */

static void put_member(struct buf *out, const char *key, const char *value)
{
    buf_printf(out, ",\"%s\":", key);
    buf_put_json(out, value);
}

static void put_last_day(struct buf *out, const struct endpoint *e)
{
    char time[CLOCK_TEXT_SIZE];
    clock_format_rfc3339(e->old_secret_until_day * 86400000, time);
    time[10] = '\0';
    put_member(out, "old_secret_until", e->old_secret_until_day != 0 ? time : NULL);
}

static void print_json(const struct row *row)
{
    static const char *const remembered[] = {"reason", "disabled_since", "failing_since",
                                             "last_ok_at", "rests_until"};
    const struct endpoint *e = row->endpoint;
    struct buf out = {0}, host = {0};
    endpoint_put_host(&host, e);
    buf_puts(&out, "{\"v\":1,\"endpoint\":");
    buf_put_json(&out, e->name);
    put_member(&out, "host", buf_text(&host));
    put_member(&out, "state", state_of(row));
    for (size_t i = 0; i < COUNT_OF(remembered); i++)
        put_member(&out, remembered[i], find_text(row, remembered[i]));
    put_member(&out, "format", endpoint_format_name(e));
    if (e->concurrency > 0)
        buf_printf(&out, ",\"concurrency\":%d", e->concurrency);
    else
        buf_puts(&out, ",\"concurrency\":null");
    buf_printf(&out, ",\"old_secret\":%s", e->old_secret != NULL ? "true" : "false");
    put_last_day(&out, e);
    printf("%s,\"signing_key\":%s}\n", buf_text(&out), e->signing_key != NULL ? "true" : "false");
    buf_free(&out);
    buf_free(&host);
}

/* ---- one endpoint for people ---- */

static void print_value(const struct invocation *inv, const char *what, const char *text)
{
    say(inv, stdout, "  %-14s %s\n", say_word(inv, what), text);
}

static void print_signing(const struct row *row)
{
    struct buf rotation = {0};
    endpoint_put_rotation(row->inv, &rotation, row->endpoint, row->now_ms);
    print_value(row->inv, "signed with",
                row->endpoint->signing_key != NULL
                    ? say_word(row->inv, "secret (v1) and signing key (v1a)")
                    : say_word(row->inv, "secret (v1)"));
    if (row->endpoint->old_secret != NULL)
        print_value(row->inv, "rotation", buf_text(&rotation));
    buf_free(&rotation);
}

static void print_one(const struct row *row)
{
    struct buf host = {0};
    char when[64];
    endpoint_put_host(&host, row->endpoint);
    if (json_get_bool(row->known, "disabled", false))
        say(row->inv, stdout, "%s at %s: disabled since %s\n", row->endpoint->name, buf_text(&host),
            output_time(find_text(row, "disabled_since"), when, sizeof(when)));
    else
        say(row->inv, stdout, "%s at %s: %s\n", row->endpoint->name, buf_text(&host),
            state_of(row));
    if (find_text(row, "reason") != NULL && find_text(row, "reason")[0] != '\0')
        print_value(row->inv, "reason", find_text(row, "reason"));
    print_value(row->inv, "failing since",
                output_time(find_text(row, "failing_since"), when, sizeof(when)));
    if (find_text(row, "rests_until") != NULL)
        print_value(row->inv, "rests until",
                    output_time(find_text(row, "rests_until"), when, sizeof(when)));
    print_value(row->inv, "last ok", output_time(find_text(row, "last_ok_at"), when, sizeof(when)));
    print_value(row->inv, "format", endpoint_format_name(row->endpoint));
    print_signing(row);
    if (row->endpoint->concurrency > 0)
        say(row->inv, stdout, "  %-14s %d\n", say_word(row->inv, "at once"),
            row->endpoint->concurrency);
    buf_free(&host);
}

/* ---- asking ---- */

struct listing {
    const struct invocation *inv;
    const struct settings *settings;
    struct json_t *known; /* an array of what the daemon remembers */
    struct table table;
};

static void print_all(struct listing *l)
{
    const struct invocation *inv = l->inv;
    const char *heads[] = {say_word(inv, "ENDPOINT"), say_word(inv, "HOST"),
                           say_word(inv, "STATE"),    say_word(inv, "FAILING SINCE"),
                           say_word(inv, "LAST OK"),  say_word(inv, "FORMAT"),
                           say_word(inv, "ROTATION")};
    bool json = invocation_json(inv);
    table_begin(&l->table, heads, COUNT_OF(heads));
    for (size_t i = 0; i < l->settings->endpoint_count; i++) {
        const struct endpoint *e = &l->settings->endpoints[i];
        const struct row row = {l->inv, e, endpoint_find_known(l->known, e->name), clock_wall_ms()};
        if (json)
            print_json(&row);
        else
            print_row(&l->table, &row);
    }
    if (l->settings->endpoint_count == 0 && !json)
        say(inv, stderr, "The configuration has no endpoints.\n");
    else if (!json)
        table_end(&l->table);
}

static int print_named(const struct listing *l, struct error *err)
{
    struct row row = {.inv = l->inv, .now_ms = clock_wall_ms()};
    int rc = endpoint_find(l->settings, argument_at(l->inv, 0), &row.endpoint, err);
    if (rc != 0)
        return rc;
    row.known = endpoint_find_known(l->known, row.endpoint->name);
    if (invocation_json(l->inv))
        print_json(&row);
    else
        print_one(&row);
    return 0;
}

static int run(const struct invocation *inv, struct error *err)
{
    struct session s;
    struct listing l = {.inv = inv};
    int rc = session_open(inv, LEDGER_READ, &s, err);
    if (rc == 0)
        rc = endpoint_ask_known(&s, &l.known, err);
    l.settings = s.settings;
    if (rc == 0 && argument_at(inv, 0) != NULL)
        rc = print_named(&l, err);
    else if (rc == 0)
        print_all(&l);
    json_free(l.known);
    session_close(&s);
    return rc;
}

#define DETAILS                                                                                    \
    "STATE: `resting` gets nothing until then because of faults (`endpoint enable` ends that), "   \
    "`failing` has\nonly failures since then, `disabled` gets nothing and what is due for "        \
    "it is held,\n"                                                                                \
    "`probing` was enabled again: one webhook asks first, the others follow.\n"                    \
    "It is disabled by itself when the receiver answers 410, or when it failed for as long as\n"   \
    "disable_after says; `dispatcher endpoint enable` ends that. Of the url only the host is "     \
    "shown.\n\n"                                                                                   \
    "JSON, one object per endpoint: v, endpoint, host, state, reason, disabled_since, "            \
    "failing_since, "                                                                              \
    "last_ok_at, rests_until,\n"                                                                   \
    "format, concurrency, old_secret, old_secret_until, signing_key."

const struct command command_endpoint_list = {
    .name = "endpoint list",
    .arguments = "",
    .summary = "the receivers of webhooks, and how they are",
    .example = "  dispatcher endpoint list\n",
    .details = DETAILS,
    .run = run,
};

const struct command command_endpoint_show = {
    .name = "endpoint show",
    .arguments = "ENDPOINT",
    .summary = "one receiver of webhooks",
    .example = "  dispatcher endpoint show shop\n",
    .details = DETAILS,
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
