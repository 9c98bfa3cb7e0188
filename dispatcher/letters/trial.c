#include "letters/trial.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"
#include "engine/client.h"

static void on_started(void *context UNUSED, const struct outgoing *item UNUSED)
{
}

static void on_done(void *context, const struct outgoing *item UNUSED, const struct disposition *d)
{
    struct trial *t = context;
    t->disposition = *d;
}

/* By mail it goes on: the limits of a session go by it. */
static int64_t on_now_ms(void *context)
{
    const struct trial *t = context;
    bool stands = t->transport->channel != CHANNEL_EMAIL;
    return stands ? t->now_ms : t->now_ms + clock_mono_ms() - t->begun_mono_ms;
}

static void on_seen(void *context, const struct smtp_sight *sight)
{
    struct trial *t = context;
    t->sight = *sight;
}

static uint64_t on_draw(void *context UNUSED)
{
    return random_bits();
}

int trial_check_recipient(const struct trial *t, const char *to, const char *missing,
                          trial_check_fn *check, struct error *err)
{
    const struct settings *s = t->settings;
    if (to == NULL)
        return error_set(err, ERR_USAGE, "%s", missing);
    if (check(to, err) != 0)
        return ERR_USAGE;
    if (s->trial && !settings_allows(s, to))
        return error_set(err, ERR_DENIED,
                         "trial mode: %s is not on the allow list; add it to `allow` in %s, or end "
                         "trial mode with `dispatcher live on`",
                         to, s->file);
    return 0;
}

void trial_address(struct trial *t, const char *address)
{
    buf_free(&t->item.wire); /* of the one before, where there are several */
    t->now_ms = clock_wall_ms();
    snprintf(t->identity, sizeof(t->identity), "test-%016" PRIx64, random_bits());
    t->item = (struct outgoing){
        .attempt = 1,
        .identity = t->identity,
        .address = address,
        .name = "",
        .date_ms = t->now_ms,
        .message = &t->message,
    };
}

int trial_send(struct trial *t, struct error *err)
{
    const struct channel *channel = channel_for(t->transport);
    const struct channel_reporter reporter = {.context = t,
                                              .started = on_started,
                                              .done = on_done,
                                              .now_ms = on_now_ms,
                                              .draw = on_draw,
                                              .seen = on_seen};
    struct channel_session *session = NULL;
    t->sight = (struct smtp_sight){0};
    int rc = channel->compose(t->settings, t->transport, &t->item, err);
    if (rc == 0)
        rc = channel->open(t->settings, t->transport, &session, err);
    if (rc == 0) {
        t->begun_mono_ms = clock_mono_ms();
        channel->deliver(session, &t->item, 1, &reporter);
        t->took_ms = clock_mono_ms() - t->begun_mono_ms;
    }
    channel->close(session);
    return rc;
}

int trial_status(const struct trial *t)
{
    return t->disposition.outcome == OUTCOME_DELIVERED ? 0 : 1;
}

void trial_put_member(struct buf *out, const char *key, const char *value)
{
    buf_printf(out, ",\"%s\":", key);
    buf_put_json(out, value[0] != '\0' ? value : NULL);
}

int trial_run(const struct invocation *inv, trial_fn *fn, struct error *err)
{
    struct trial t = {.inv = inv};
    int rc = invocation_load_settings(inv, true, &t.settings, err);
    if (rc == 0) {
        client_take_trial(t.settings);
        rc = fn(&t, err);
        settings_free(t.settings);
    }
    message_free(&t.message);
    buf_free(&t.item.wire);
    free(t.settings);
    return rc;
}
