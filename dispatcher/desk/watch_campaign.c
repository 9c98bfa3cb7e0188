#include "desk/watch_campaign.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "desk/campaign_ask.h"
#include "model/delivery.h"
#include "model/json.h"

/* Of all batches together. */
struct sum {
    int64_t taken, deliveries, open, awaiting, refused;
    int64_t counts[DELIVERY_STATES];
    int64_t batches, loading;
    bool trial;
    struct json_t *waiting; /* the first that says what it waits for */
    char accepted[40];      /* the first of them */
};

static void add(struct sum *s, const struct json_t *facts)
{
    const char *accepted = json_get_text(facts, "accepted_at", "");
    s->batches++;
    s->loading += text_equal(json_get_text(facts, "state", ""), "loading") ? 1 : 0;
    s->taken += json_get_int(facts, "lines_taken", 0);
    s->deliveries += json_get_int(facts, "deliveries", 0);
    s->open += json_get_int(facts, "open", 0);
    s->awaiting += json_get_int(facts, "awaiting", 0);
    s->refused += json_get_int(facts, "refused", 0);
    s->trial = s->trial || json_get_bool(facts, "trial", false);
    for (int state = 0; state < DELIVERY_STATES; state++)
        s->counts[state] += json_get_int(facts, delivery_state_name((enum delivery_state)state), 0);
    if (accepted[0] != '\0' && (s->accepted[0] == '\0' || strcmp(accepted, s->accepted) < 0))
        snprintf(s->accepted, sizeof(s->accepted), "%s", accepted);
}

static int ask_batch(struct session *session, const char *batch, struct sum *s, struct error *err)
{
    struct buf request = {0};
    struct json_t *facts = NULL;
    request_begin(&request, "progress");
    request_put_text(&request, "batch", batch);
    buf_putc(&request, '}');
    int rc = session_ask(session, buf_text(&request), NULL, &facts, err);
    if (rc == 0)
        add(s, facts);
    bool waits = rc == 0 && (json_get_text(facts, "waits_for", NULL) != NULL ||
                             json_get_text(facts, "next_channel_at", NULL) != NULL);
    if (waits && s->waiting == NULL)
        s->waiting = facts;
    else
        json_free(facts);
    buf_free(&request);
    return rc;
}

/* ---- the answer ---- */

/* A campaign that is cancelled is over, whatever was never taken in. */
static const char *state_of(const struct json_t *row, const struct sum *s)
{
    int64_t people = json_get_int(row, "people", 0);
    if (text_equal(json_get_text(row, "state", ""), "cancelled"))
        return "running";
    if (s->batches == 0)
        return "new";
    return s->loading > 0 || s->taken < people ? "loading" : "running";
}

static const char *stop_of(const struct json_t *row)
{
    const char *state = json_get_text(row, "state", "");
    bool stopped = text_equal(state, "paused") || text_equal(state, "halted");
    return stopped ? state : "goes";
}

static void put_number(struct buf *out, const char *key, int64_t number)
{
    buf_printf(out, ",\"%s\":%lld", key, (long long)number);
}

/* Nothing leaves while the first ones or the wave are used up. */
static void put_portion(const struct json_t *row, struct buf *out)
{
    const struct json_t *canary = json_get(row, "canary"), *wave = json_get(row, "wave");
    int64_t first = json_get_int(canary, "first", 0), people = json_get_int(wave, "people", 0);
    bool held = first > 0 && !json_get_bool(canary, "passed", false) &&
                json_get_int(canary, "taken", 0) >= first;
    if (held) {
        put_number(out, "first_out", first);
        buf_printf(out, ",\"looks\":%s",
                   text_equal(json_get_text(canary, "then", "look"), "look") ? "true" : "false");
    } else if (people > 0 && json_get_int(wave, "taken", 0) >= people) {
        request_put_text(out, "next_wave_at", json_get_text(wave, "next_at", NULL));
    }
}

static void put_waiting(const struct sum *s, struct buf *out)
{
    static const char *const names[] = {"next_channel_at", "last_channel_at", "waits_for",
                                        "rests_because", "next_attempt_at"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        request_put_text(out, names[i], json_get_text(s->waiting, names[i], NULL));
}

static void put_facts(const char *id, const struct json_t *row, const struct sum *s,
                      struct buf *out)
{
    int64_t people = json_get_int(row, "people", 0);
    bool cancelled = text_equal(json_get_text(row, "state", ""), "cancelled");
    buf_puts(out, "{\"v\":1,\"campaign\":true");
    request_put_text(out, "batch", id);
    request_put_text(out, "state", state_of(row, s));
    request_put_text(out, "stop", stop_of(row));
    request_put_text(out, "stop_reason", json_get_text(row, "stop_reason", ""));
    put_number(out, "lines", cancelled || people < s->taken ? s->taken : people);
    put_number(out, "lines_taken", s->taken);
    put_number(out, "deliveries", s->deliveries);
    put_number(out, "open", s->open);
    put_number(out, "awaiting", s->awaiting);
    put_number(out, "refused", s->refused);
    buf_printf(out, ",\"trial\":%s", s->trial ? "true" : "false");
    for (int state = 0; state < DELIVERY_STATES; state++)
        put_number(out, delivery_state_name((enum delivery_state)state), s->counts[state]);
    put_waiting(s, out);
    put_portion(row, out);
    request_put_text(out, "accepted_at", s->accepted[0] != '\0' ? s->accepted : NULL);
    request_put_text(out, "finished_at", json_get_text(row, "finished_at", NULL));
    request_put_text(out, "at", json_get_text(row, "at", NULL));
    buf_putc(out, '}');
}

int watch_campaign_ask(struct session *s, const char *id, struct json_t **out, struct error *err)
{
    struct json_t *row = NULL;
    struct sum sum = {0};
    struct buf text = {0}, name = {0};
    *out = NULL;
    int rc = campaign_ask_row(s, id, &row, err);
    if (rc == 0 && text_equal(json_get_text(row, "state", ""), "draft"))
        rc = error_set(
            err, ERR_CONFLICT,
            "the campaign %s was not sent yet; what is next: dispatcher campaign show %s", id, id);
    const struct json_t *batches = json_get(row, "batches");
    for (size_t i = 0; rc == 0 && i < json_count(batches); i++) {
        buf_reset(&name);
        json_put_plain(&name, json_at(batches, i));
        rc = ask_batch(s, buf_text(&name), &sum, err);
    }
    if (rc == 0) {
        put_facts(id, row, &sum, &text);
        rc = json_parse(buf_text(&text), text.len, "answer", 1, 4, out, err);
    }
    json_free(sum.waiting);
    json_free(row);
    buf_free(&text);
    buf_free(&name);
    return rc;
}
