#include "cli/session.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "cli/output.h"
#include "cli/say.h"
#include "config/quantity.h"
#include "model/json.h"

static int load(const struct invocation *inv, struct session *out, struct error *err)
{
    *out = (struct session){0};
    /* A command that looks or retries never sends: it needs no passwords, and its caller may not
     * read them. */
    return invocation_load_settings(inv, false, &out->settings, err);
}

static void warn_of_mistake(const struct error *why)
{
    struct error line = *why;
    line.text[strcspn(line.text, "\n")] = '\0';
    struct error said;
    error_set(&said, ERR_CONFIG,
              "%s (the running daemon goes on with its last good configuration; `dispatcher check` "
              "names all mistakes)",
              line.text);
    output_error(&said);
}

/*
 * A mistake in the configuration must not keep anybody from pausing a batch: a daemon that runs has
 * read another one. Without a daemon the mistake stands. Nothing but the place of its socket is
 * known, so all is asked of the daemon.
 */
static int reach_daemon(const struct invocation *inv, struct session *out, struct error *mistake)
{
    struct error ignored;
    int rc = config_locate_spool(invocation_config(inv), &out->settings, &ignored);
    if (rc == 0 && access(out->settings->control_socket, F_OK) == 0)
        rc = client_open(out->settings, LEDGER_READ, &out->client, &ignored);
    if (rc != 0 || out->client == NULL || !client_has_daemon(out->client))
        return mistake->code;
    if (invocation_tells_mistake(inv))
        warn_of_mistake(mistake);
    return 0;
}

/* Who names the socket needs no configuration at all. */
static struct settings *settings_of_socket(const char *path)
{
    struct settings *s = xcalloc(1, sizeof(*s));
    s->control_socket = xstrdup(path);
    s->spool = xstrdup("");
    s->file = xstrdup("");
    return s;
}

static int locate(const struct invocation *inv, struct session *out, struct error *err)
{
    struct error ignored;
    const char *path = option_value(inv, "socket");
    int rc = load(inv, out, err);
    if (rc == ERR_CONFIG &&
        config_locate_spool(invocation_config(inv), &out->settings, &ignored) == 0)
        return 0;
    if (rc == 0 || path == NULL)
        return rc;
    out->settings = settings_of_socket(path);
    return 0;
}

/* --verbose: how it was found out. */
static int tell_road(const struct invocation *inv, const struct session *s)
{
    bool daemon = s->client != NULL && client_has_daemon(s->client);
    const char *file = s->settings->file != NULL ? s->settings->file : "";
    if (!invocation_verbose(inv))
        return 0;
    if (daemon)
        say(inv, stderr, "Configuration %s; the daemon at %s answers.\n", file,
            s->settings->control_socket);
    else
        say(inv, stderr, "Configuration %s; read from the ledger in %s.\n", file,
            s->settings->spool);
    return 0;
}

int session_open_daemon(const struct invocation *inv, int64_t limit_ms, struct session *out,
                        struct error *err)
{
    int rc = locate(inv, out, err);
    if (rc == 0)
        rc = client_open_daemon(out->settings, limit_ms, &out->client, err);
    if (rc != 0) {
        session_close(out);
        return rc;
    }
    return tell_road(inv, out);
}

int session_open(const struct invocation *inv, enum ledger_mode mode, struct session *out,
                 struct error *err)
{
    if (option_given(inv, "socket"))
        return session_open_daemon(inv, 0, out, err);
    int rc = load(inv, out, err);
    if (rc == ERR_CONFIG)
        rc = reach_daemon(inv, out, err);
    else if (rc == 0)
        rc = client_open(out->settings, mode, &out->client, err);
    if (rc != 0) {
        session_close(out);
        return rc;
    }
    return tell_road(inv, out);
}

int session_open_beside(const struct invocation *inv, struct session *out, struct error *err)
{
    if (option_given(inv, "socket"))
        return session_open_daemon(inv, 0, out, err);
    struct error ignored;
    int rc = load(inv, out, err);
    if (rc == ERR_CONFIG)
        rc = reach_daemon(inv, out, err);
    else if (rc == 0 && client_open_beside(out->settings, &out->client, &ignored) != 0)
        rc = client_open(out->settings, LEDGER_READ, &out->client, err);
    if (rc != 0) {
        session_close(out);
        return rc;
    }
    return tell_road(inv, out);
}

int session_reach_again(struct session *s, struct error *err)
{
    client_close(s->client);
    s->client = NULL;
    return client_open_daemon(s->settings, 0, &s->client, err);
}

void session_close(struct session *s)
{
    client_close(s->client);
    if (s->settings != NULL)
        settings_free(s->settings);
    free(s->settings);
    *s = (struct session){0};
}

int session_ask(struct session *s, const char *request, struct buf *rows, struct json_t **out,
                struct error *err)
{
    struct buf end = {0};
    *out = NULL;
    int rc = client_ask(s->client, request, rows, &end, err);
    if (rc == 0)
        rc = json_parse(buf_text(&end), end.len, "answer", 1, 8, out, err);
    buf_free(&end);
    return rc;
}

int session_change(const struct invocation *inv, const struct buf *request, struct json_t **out,
                   struct error *err)
{
    struct session s;
    *out = NULL;
    int rc = session_open(inv, LEDGER_WRITE, &s, err);
    if (rc == 0)
        rc = session_ask(&s, buf_text(request), NULL, out, err);
    session_close(&s);
    return rc;
}

void request_begin(struct buf *out, const char *verb)
{
    buf_puts(out, "{\"v\":1");
    request_put_text(out, "verb", verb);
}

void request_put_text(struct buf *out, const char *key, const char *value)
{
    if (value == NULL)
        return;
    buf_printf(out, ",\"%s\":", key);
    buf_put_json(out, value);
}

/* Options whose text is a member of the same name. */
static const char *const texts[] = {"campaign", "batch", "template", "channel",
                                    "locale",   "state", "cause",    "domain"};

bool selector_given(const struct invocation *inv)
{
    bool given = option_given(inv, "older-than") || option_given(inv, "action") ||
                 option_given(inv, "everything");
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        given = given || option_given(inv, texts[i]);
    return given;
}

/* What is no age is left to the engine, which says so. */
static void put_age(struct buf *out, const char *age)
{
    int64_t age_ms = 0;
    if (age != NULL && quantity_parse_duration(age, &age_ms))
        buf_printf(out, ",\"older_than_ms\":%lld", (long long)age_ms);
    else
        request_put_text(out, "older_than", age);
}

void request_put_selector_of(struct buf *out, const struct invocation *inv, const char *id,
                             const char *channel)
{
    struct buf members = {0};
    request_put_text(&members, "id", id);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        const char *value = option_value(inv, texts[i]);
        bool is_channel = strcmp(texts[i], "channel") == 0;
        request_put_text(&members, texts[i], value == NULL && is_channel ? channel : value);
    }
    put_age(&members, option_value(inv, "older-than"));
    request_put_text(&members, "actions", option_value(inv, "action"));
    if (option_given(inv, "everything"))
        buf_puts(&members, ",\"everything\":true");
    buf_puts(out, ",\"selector\":{");
    if (members.len > 0)
        buf_puts(out, members.data + 1); /* without the first comma */
    buf_putc(out, '}');
    buf_free(&members);
}

void request_put_selector(struct buf *out, const struct invocation *inv, const char *id)
{
    request_put_selector_of(out, inv, id != NULL ? id : option_value(inv, "id"), NULL);
}
