#include "operator/command_list.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/session.h"
#include "model/json.h"
#include "operator/transport.h"

/* ---- what the configuration says ---- */

static void put_hosts(const struct transport *t, struct buf *out)
{
    for (size_t i = 0; i < transport_host_count(t); i++) {
        struct smtp_host host = transport_host(t, i);
        buf_printf(out, "%s%s:%d", i > 0 ? ", " : "", host.host, host.port);
    }
}

static void put_way(const struct transport *t, struct buf *out)
{
    switch (t->type) {
    case TRANSPORT_SMTP:
        put_hosts(t, out);
        break;
    case TRANSPORT_GATEWAY:
        buf_printf(out, "gateway %s", t->sms.gateway->name);
        break;
    case TRANSPORT_WEBHOOK:
        buf_puts(out, "endpoints");
        break;
    case TRANSPORT_OUTBOX:
        buf_printf(out, "outbox %s", t->directory);
        break;
    }
}

/* ---- what the daemon knows ---- */

static const struct json_t *find_known(const struct json_t *status, const char *name)
{
    const struct json_t *all = json_get(status, "transports");
    for (size_t i = 0; i < json_count(all); i++) {
        if (text_equal(json_get_text(json_at(all, i), "name", ""), name))
            return json_at(all, i);
    }
    return NULL;
}

static const struct json_t *find_stop(const struct json_t *status, const char *name)
{
    const struct json_t *all = json_get(status, "transports_paused");
    for (size_t i = 0; i < json_count(all); i++) {
        if (text_equal(json_get_text(json_at(all, i), "transport", ""), name))
            return json_at(all, i);
    }
    return NULL;
}

/* What is known of one transport. */
struct standing {
    const struct json_t *known; /* by the daemon; NULL: none tells */
    const struct json_t *stop;  /* an operator's; NULL: it is not paused */
};

static struct standing find_standing(const struct json_t *status, const char *name)
{
    return (struct standing){find_known(status, name), find_stop(status, name)};
}

/* "paused" (by an operator), "rests", "probing", "goes"; NULL: nobody tells. */
static const char *state_of(const struct standing *s)
{
    if (s->stop != NULL)
        return "paused";
    if (s->known == NULL)
        return NULL;
    if (json_get_int(s->known, "paused_ms", 0) > 0)
        return "rests";
    return text_equal(json_get_text(s->known, "breaker", ""), "closed") ? "goes" : "probing";
}

static void put_text(struct buf *out, const char *key, const char *value)
{
    buf_printf(out, ",\"%s\":", key);
    buf_put_json(out, value);
}

static void print_json(const struct transport *t, const struct standing *standing)
{
    const struct json_t *known = standing->known, *stop = standing->stop;
    struct buf out = {0}, way = {0};
    put_way(t, &way);
    buf_puts(&out, "{\"v\":1,\"transport\":");
    buf_put_json(&out, t->name);
    put_text(&out, "channel", channel_kind_name(t->channel));
    put_text(&out, "way", buf_text(&way));
    put_text(&out, "state", state_of(standing));
    put_text(&out, "since", json_get_text(stop != NULL ? stop : known, "since", NULL));
    put_text(&out, "until", stop != NULL ? NULL : json_get_text(known, "until", NULL));
    put_text(&out, "reason",
             stop != NULL ? json_get_text(stop, "because", NULL)
                          : json_get_text(known, "reason", NULL));
    put_text(&out, "paused_by", json_get_text(stop, "by", NULL));
    buf_printf(&out, ",\"over\":%s", json_get_bool(stop, "over", false) ? "true" : "false");
    printf("%s}\n", buf_text(&out));
    buf_free(&way);
    buf_free(&out);
}

static void print_row(const struct invocation *inv, struct table *table, const struct transport *t,
                      const struct standing *standing)
{
    const struct json_t *known = standing->stop != NULL ? NULL : standing->known;
    const char *state = state_of(standing);
    struct buf way = {0};
    char until[64];
    put_way(t, &way);
    table_cell(table, t->name);
    table_cell(table, channel_kind_name(t->channel));
    table_cell(table, buf_text(&way));
    table_cell(table, state != NULL ? say_word(inv, state) : NULL);
    table_cell(table, output_time(json_get_text(known, "until", NULL), until, sizeof(until)));
    buf_free(&way);
}

static void print_all(const struct invocation *inv, const struct settings *s,
                      const struct json_t *status)
{
    const char *heads[] = {say_word(inv, "TRANSPORT"), say_word(inv, "CHANNEL"),
                           say_word(inv, "WAY"), say_word(inv, "STATE"),
                           say_word(inv, "RESTS UNTIL")};
    struct table table;
    table_begin(&table, heads, COUNT_OF(heads));
    for (size_t i = 0; i < s->transport_count; i++) {
        const struct transport *t = &s->transports[i];
        const struct standing standing = find_standing(status, t->name);
        if (invocation_json(inv))
            print_json(t, &standing);
        else
            print_row(inv, &table, t, &standing);
    }
    if (!invocation_json(inv))
        table_end(&table);
}

/* Before the first start there is no spool: then the configuration is all there is to tell. */
static int list_configured(const struct invocation *inv, struct error *err)
{
    struct settings *settings = NULL;
    int rc = invocation_load_settings(inv, false, &settings, err);
    if (rc == 0) {
        print_all(inv, settings, NULL);
        settings_free(settings);
    }
    free(settings);
    return rc;
}

static int run(const struct invocation *inv, struct error *err)
{
    struct session s;
    struct json_t *status = NULL;
    int rc = session_open(inv, LEDGER_READ, &s, err); /* who rests only the daemon knows */
    if (rc == ERR_NOT_FOUND)
        return list_configured(inv, err);
    if (rc == 0)
        rc = session_ask(&s, "{\"v\":1,\"verb\":\"status\"}", NULL, &status, err);
    if (rc == 0)
        print_all(inv, s.settings, status);
    json_free(status);
    session_close(&s);
    return rc;
}

const struct command command_transport_list = {
    .name = "transport list",
    .arguments = "",
    .summary = "every transport, its servers, and whether it rests",
    .example = "  dispatcher transport list\n",
    .details =
        "STATE is paused where an operator said so; else as the daemon knows it: goes, rests "
        "(after faults),\n"
        "probing; - without one. Why, since when, by whom, and which of several servers "
        "rest:\n"
        "`dispatcher status`.\n\n"
        "JSON, one object per transport: v, transport, channel, way, state, since, until, "
        "reason,\n"
        "paused_by, over (its failover carries while it is paused).",
    .run = run,
};
